"""What a log answers: RFC 6962 section 4 and static-ct-api, read side.

An Ask is a request taken apart, a Reply an answer before it is sent. Faults
of the meaning are applied here.
"""
import base64
import gzip
import hashlib
import json
import re
import time

from .keys import grease_lines
from .log import Head
from .tree import TILE, tile_number

TILE_PATH = re.compile(r"tile/(data|[0-5])/([x0-9/]+?)"
                       r"(?:\.p/([1-9]\d{0,2}))?$")
V1 = "ct/v1/"
IMMUTABLE = {"Cache-Control": "public, max-age=604800, immutable"}


class Reply:
    """An answer: status, body, type and further headers."""

    def __init__(self, body, ctype="application/json", status=200,
                 headers=None):
        self.body = body if isinstance(body, bytes) else body.encode()
        self.ctype = ctype
        self.status = status
        self.headers = dict(headers or {})


def as_json(value, **kwargs):
    """A JSON answer."""
    return Reply(json.dumps(value, separators=(",", ":")), **kwargs)


def refuse(status, text):
    """A refusal in plain text, as CTFE has it."""
    return Reply(text + "\n", "text/plain; charset=utf-8", status)


class Ask:
    """A request to a log: which protocol, what, and with what in it."""

    def __init__(self, api, rest, query, gzip_ok):
        self.api = api
        self.rest = rest
        self.query = query
        self.gzip_ok = gzip_ok
        self.path = api + "/" + rest
        self.tile = TILE_PATH.match(rest) if api == "static" else None
        self.partial = bool(self.tile and self.tile.group(3))
        self.what = self._what()

    def _what(self):
        if self.api == "rfc6962":
            return {"get-sth": "head", "get-entries": "entries",
                    "get-sth-consistency": "proof",
                    "get-proof-by-hash": "proof",
                    "get-entry-and-proof": "proof",
                    "get-roots": "roots"}.get(self.rest[len(V1):])
        if self.rest == "checkpoint":
            return "head"
        if self.tile:
            return "data" if self.tile.group(1) == "data" else "hash"
        return "issuer" if self.rest.startswith("issuer/") else None

    def number(self, name):
        """A parameter as a number not below 0; None when it is not one."""
        text = self.query.get(name, "")
        return int(text) if text.isdigit() else None


def answer(log, ask, faults):
    """The reply of the log to the request."""
    if ask.what is None:
        return refuse(404, "404 page not found")
    for fault in faults:
        if fault.kind == "missing-partial":
            return refuse(404, "not found")
    if ask.what == "head":
        return _head(log, ask, faults)
    if ask.what == "entries":
        return _get_entries(log, ask, faults)
    if ask.what == "proof":
        return _proof(log, ask, faults)
    if ask.what == "roots":
        return as_json({"certificates": [
            base64.b64encode(log.mint.root.certificate).decode()]})
    if ask.what == "issuer":
        return _issuer(log, ask)
    return _tile(log, ask, faults)


# --- heads ------------------------------------------------------------------

def _head(log, ask, faults):
    head = log.head
    for fault in faults:
        head = _twisted_head(log, head, fault)
    if ask.api == "rfc6962":
        return as_json(head.sth())
    return Reply(head.checkpoint(), "text/plain; charset=utf-8",
                 headers={"Cache-Control": "no-store"})


def _other_root(root):
    return hashlib.sha256(b"another tree" + root).digest()


def _twisted_head(log, head, fault):
    size, root, when, origin = head.size, head.root, head.timestamp, None
    if fault.kind == "fork" and fault.hits % 2 == 1:
        return head
    if fault.kind == "cached":
        return log.faults.dice.choice(log.heads[-fault.get("back", 10):])
    if fault.kind in ("wrong-root", "fork"):
        root = _other_root(root)
    elif fault.kind == "other-origin":
        origin = fault.get("origin", "elsewhere.example/log")
    elif fault.kind == "rollback":
        size = fault.get("size", head.size // 2)
        root = log.tree.root(size)
        if not fault.get("honest", False):
            root = _other_root(root)
    elif fault.kind == "size-jump":
        size = fault.get("size", (1 << 63) - 1)
    elif fault.kind == "future":
        when = int(time.time() * 1000) + fault.get("ms", 10 * 365 * 86400000)
    elif fault.kind == "stale":
        when = int(time.time() * 1000) - fault.get("ms", 5 * 86400000)
    elif fault.kind == "restamp":
        when = int(time.time() * 1000)
    elif fault.kind == "grease":
        return _greased_head(log, head, fault)
    elif fault.kind != "bad-signature":
        return head
    twisted = Head(log, size, root, when, origin)
    if fault.kind == "bad-signature":
        other = Head(log, size, _other_root(root), when)
        twisted.signature = other.signature
    return twisted


def _greased_head(log, head, fault):
    """The head, with more lines in its checkpoint than anyone needs."""
    greased = Head(log, head.size, head.root, head.timestamp, head.origin)
    own = Head(log, head.size, head.root, head.timestamp, head.origin)
    greased.extension = fault.get("extension", "")
    greased.lines = list(head.lines) + grease_lines(
        head.origin, fault.get("lines", 64))
    greased.lines += [own.own_line()] * fault.get("own", 0)
    return greased


# --- RFC 6962 ---------------------------------------------------------------

def _get_entries(log, ask, faults):
    start, end = ask.number("start"), ask.number("end")
    if start is None or end is None or start > end:
        return refuse(400, "Bad Request: start and end values must be >= 0 "
                      "and start <= end")
    size = log.head.size
    if start >= size:
        return refuse(400, "need tree size: %d to get leaves but only got: "
                      "%d" % (start + 1, size))
    entries = log.entries[start:_entries_end(log, start, end, size)]
    for fault in faults:
        entries = _twisted_entries(log, entries, fault)
    return as_json({"entries": [e.json() for e in entries]})


def _entries_end(log, start, end, size):
    """Where the reply ends (exclusive): CTFE's paging."""
    page = log.options["page"]
    end += 1
    if end - start >= page:
        end = start + page
        if log.options["align"] and end - end % page > start:
            end -= end % page
    return min(end, size)


def _twisted_entries(log, entries, fault):
    if fault.kind == "short":
        return entries[:fault.get("n", 1)]
    if fault.kind == "zero":
        return []
    if fault.kind == "extra":
        after = entries[-1].index + 1
        more = log.entries[after:after + fault.get("n", 3)]
        more += [entries[-1]] * (fault.get("n", 3) - len(more))
        return entries + more
    if fault.kind == "flip":
        return [e.flipped(fault.get("offset"))
                if fault.get("index") in (None, e.index) else e
                for e in entries]
    if fault.kind == "leaf-index":
        return [e.misplaced(fault.get("delta", 1))
                if fault.get("index") in (None, e.index) else e
                for e in entries]
    if fault.kind == "swap":
        return _swapped(entries, fault.get("index", 0))
    return entries


def _swapped(entries, index):
    """The entries, that of the index and the next one exchanged."""
    for at, entry in enumerate(entries[:-1]):
        if entry.index == index:
            return entries[:at] + [entries[at + 1], entry] + entries[at + 2:]
    return entries


def _b64(hashes):
    return [base64.b64encode(h).decode() for h in hashes]


def _proof(log, ask, faults):
    flip = any(f.kind == "flip-hash" for f in faults)
    kind = ask.rest[len(V1):]
    if kind == "get-sth-consistency":
        return _consistency(log, ask, flip)
    size = ask.number("tree_size")
    if not size or size > log.head.size:
        return refuse(400, "tree_size out of range")
    if kind == "get-proof-by-hash":
        index = _index_of(log, ask.query.get("hash", ""), size)
        if index is None:
            return refuse(404, "leaf not found")
        return as_json({"leaf_index": index, "audit_path": _b64(
            _flipped(log.tree.inclusion(index, size), flip))})
    index = ask.number("leaf_index")
    if index is None or index >= size:
        return refuse(400, "leaf_index out of range")
    return as_json(dict(log.entries[index].json(), audit_path=_b64(
        _flipped(log.tree.inclusion(index, size), flip))))


def _consistency(log, ask, flip):
    first, second = ask.number("first"), ask.number("second")
    if first is None or second is None or first > second or \
            second > log.head.size:
        return refuse(400, "first and second out of range")
    return as_json({"consistency": _b64(_flipped(
        log.tree.consistency(first, second), flip))})


def _flipped(hashes, flip):
    """The hashes, the first with a wrong bit if asked for."""
    if not flip or not hashes:
        return hashes
    return [bytes((hashes[0][0] ^ 1,)) + hashes[0][1:]] + hashes[1:]


def _index_of(log, text, size):
    try:
        wanted = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    for entry in log.entries[:size]:
        if entry.hash == wanted:
            return entry.index
    return None


# --- static-ct-api ----------------------------------------------------------

def _issuer(log, ask):
    for certificate in log.issuers:
        if ask.rest == "issuer/" + hashlib.sha256(certificate).hexdigest():
            return Reply(certificate, "application/pkix-cert",
                         headers=IMMUTABLE)
    return refuse(404, "not found")


def _tile(log, ask, faults):
    kind, path, width = ask.tile.groups()
    number = tile_number(path)
    width = int(width or TILE)
    level = 0 if kind == "data" else int(kind)
    if number is None or not _tile_there(log, level, number, width):
        return refuse(404, "not found")
    if kind != "data":
        body = log.tree.tile(level, number, width)
        if any(f.kind == "flip-hash" for f in faults):
            body = bytes((body[0] ^ 1,)) + body[1:]
        return Reply(body, "application/octet-stream", headers=IMMUTABLE)
    entries = log.entries[number * TILE:number * TILE + width]
    return _packed(log, ask, _data_tile(log, entries, faults))


def _tile_there(log, level, number, width):
    """Whether this tile is published (and, a partial one, not yet gone)."""
    published = log.head.size >> 8 * level
    full = (number + 1) * TILE <= published
    if width == TILE:
        return full
    if width > TILE or (full and log.options["vanish"]):
        return False
    return (level, number, width) in log.partials


def _data_tile(log, entries, faults):
    for fault in faults:
        if fault.kind in ("flip", "zero", "swap", "leaf-index"):
            entries = _twisted_entries(log, entries, fault)
    leaves = [e.tile_leaf() for e in entries]
    for fault in faults:
        if fault.kind == "broken-tile":
            leaves = _broken(leaves, fault.get("how", "truncated"))
    return b"".join(leaves)


def _broken(leaves, how):
    """The leaves with their framing broken, from the middle one on."""
    middle = len(leaves) // 2
    leaf = leaves[middle]
    if how == "trailing":
        return leaves + [b"more"]
    if how == "width":
        return leaves[:-1]
    if how == "type":
        leaf = leaf[:8] + b"\0\7" + leaf[10:]
    elif how == "issuers":
        leaf = leaf[:-66] + b"\0\x3f" + leaf[-63:]
    else:
        return leaves[:-1] + [leaves[-1][:-20]]
    return leaves[:middle] + [leaf] + leaves[middle + 1:]


def _packed(log, ask, body):
    """A data tile's reply, compressed as the log does it."""
    how = log.options["gzip"]
    headers = dict(IMMUTABLE)
    if how == "always" or how == "auto" and ask.gzip_ok:
        headers["Content-Encoding"] = "gzip"
    if how == "headerless" or "Content-Encoding" in headers:
        body = gzip.compress(body, 1, mtime=0)
    return Reply(body, "application/octet-stream", headers=headers)
