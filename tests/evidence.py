#!/usr/bin/python3
"""Check misbehaviour events offline, trusting nobody but the log's key.

    tests/evidence.py [FILE...]

reads events (JSON Lines of CloudEvents; other types are passed over) and
says of each, in one line, what it is worth:

    proven   a head that the log's key signed is contradicted by another
             signed head, by the log's own proof, by the entries read (their
             hashes are in the event), or by the clock
    told     nothing signed could prove it, but all that is said fits together
    WRONG    it does not hold, and why

The exit status is 0 when none is WRONG. That the log sent a reply or served
an entry is the reporter's word, wherever no signature says so: ask it again.

Needs the standard library and python3-cryptography. It shares no code with
the program that writes these events, nor with the log that tests it: RFC 6962
section 2, signed notes and tlog-tiles are worked out here once more.
"""
import base64
import binascii
import collections
import datetime
import hashlib
import json
import re
import struct
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

MISBEHAVIOUR = "dev.indelible.log.misbehaviour.v1"
STALE = "dev.indelible.log.stale.v1"
HEADS = ("head", "newest", "newest_before", "proven_before", "received")
DAY_MS = 86400 * 1000
LAST_MS = 253402300799999     # of the year 9999
# Entries by which no log grows at once, and in a second.
JUMP, GROWTH = 1 << 24, 1000
TILE_PATH = re.compile(r"(?:^|/)tile/([0-5])/((?:x\d{3}/)*\d{3})"
                       r"(?:\.p/([1-9]\d{0,2}))?$")
PROOF_PATH = re.compile(r"(?:^|/)ct/v1/get-sth-consistency"
                        r"\?first=(\d+)&second=(\d+)$")
ENTRY_PATH = re.compile(r"(?:^|/)ct/v1/get-entry-and-proof"
                        r"\?leaf_index=(\d+)&tree_size=(\d+)$")
READ_PATH = re.compile(r"(?:^|/)(?:tile/data/[x0-9/]+(?:\.p/\d+)?|"
                       r"ct/v1/get-entries\?start=\d+&end=\d+)$")

Head = collections.namedtuple("Head", "size timestamp root")


class Wrong(Exception):
    """The event does not hold."""


class Missing(Wrong):
    """A subtree that is needed is not among those given."""


class Refuted(Wrong):
    """The log's proof proves nothing."""


def want(condition, why, *values, error=Wrong):
    """Wrong, unless the condition is true."""
    if not condition:
        raise error(why % values if values else why)


# --- fields -----------------------------------------------------------------

def member(data, name, kind=None):
    """A member of an object, of that type."""
    want(isinstance(data, dict) and name in data, "there is no `%s`", name)
    value = data[name]
    want(kind is None or isinstance(value, kind), "`%s` is no %s", name,
         kind.__name__ if kind else "")
    return value


def number(data, name):
    """A member that is a whole number, not negative."""
    value = member(data, name, int)
    want(not isinstance(value, bool) and 0 <= value < 1 << 64,
         "`%s` is out of range", name)
    return value


def octets(text, what, size=None):
    """Base64, standard alphabet, padded, canonical."""
    want(isinstance(text, str), "%s is no text", what)
    try:
        out = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Wrong("%s is not base64" % what) from None
    want(base64.b64encode(out).decode() == text, "%s is not base64", what)
    want(size is None or len(out) == size, "%s has %d bytes", what, len(out))
    return out


def nodes_of(data, name):
    """A member that is a list of hashes."""
    return [octets(each, "a hash in `%s`" % name, 32)
            for each in member(data, name, list)]


def when(data, name):
    """A member that is a time, in ms since 1970."""
    text = member(data, name, str)
    want(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", text),
         "`%s` is no time in UTC with milliseconds", name)
    epoch = datetime.datetime(1970, 1, 1)
    try:
        past = datetime.datetime.fromisoformat(text[:-1]) - epoch
    except ValueError as wrong:
        raise Wrong("`%s`: %s" % (name, wrong)) from None
    return past // datetime.timedelta(milliseconds=1)


# --- the tree (RFC 6962 2.1) ------------------------------------------------

def inner_hash(left, right):
    """The hash of an inner node."""
    return hashlib.sha256(b"\1" + left + right).digest()


def middle_of(begin, end):
    """Where a tree over more than one leaf is divided."""
    return begin + (1 << (end - begin - 1).bit_length() - 1)


def parts(begin, end):
    """The fewest complete subtrees that make up [begin, end), in order."""
    out = []
    while begin < end:
        width = 1 << (end - begin).bit_length() - 1
        while begin % width:
            width >>= 1
        out.append((begin, begin + width))
        begin += width
    return out


def located(begin, end, digests, what):
    """{subtree: hash} for the hashes of a compact range."""
    where = parts(begin, end)
    want(len(where) == len(digests), "%s: %d hashes for a range of %d",
         what, len(digests), len(where))
    return dict(zip(where, digests))


class Tree:
    """The tree over the leaves [0, size) out of the subtrees that are known,
    each of which has to fit in with all others."""

    def __init__(self, size, known):
        self.size = size
        self.known = {where: digest for where, digest in known.items()
                      if where[1] <= size}
        self.divided = set()
        for where in self.known:
            self._divide(where)
        self.hashes = {}
        self.root = self._hash(0, size) if size \
            else hashlib.sha256(b"").digest()

    def _divide(self, where):
        """Mark the subtrees above this one."""
        begin, end = 0, self.size
        while (begin, end) != where:
            self.divided.add((begin, end))
            middle = middle_of(begin, end)
            if where[1] <= middle:
                end = middle
            else:
                begin = middle
            want(begin <= where[0] and where[1] <= end,
                 "[%d, %d) is no subtree", *where)

    def _hash(self, begin, end):
        where = begin, end
        own = self.known.get(where)
        if where in self.divided:
            middle = middle_of(begin, end)
            digest = inner_hash(self._hash(begin, middle),
                                self._hash(middle, end))
            want(own in (None, digest), "the hash of [%d, %d) is not that of "
                 "its parts", begin, end, error=Refuted)
        else:
            digest = own
        if digest is None:
            raise Missing("the hash of [%d, %d) is not given" % where)
        self.hashes[where] = digest
        return digest

    def prefix_root(self, size):
        """The root of the first leaves of this very tree."""
        if size == self.size:
            return self.root
        known = {}
        for where in parts(0, size):
            if where not in self.hashes:
                raise Missing("the hash of [%d, %d) is not proven" % where)
            known[where] = self.hashes[where]
        return Tree(size, known).root


# --- the log's proofs -------------------------------------------------------

def proof_subtrees(first, second):
    """The subtrees in a consistency proof, in its order (2.1.2)."""
    out = []

    def subproof(begin, end, whole):
        if first == end:
            if not whole:
                out.append((begin, end))
            return
        middle = middle_of(begin, end)
        if first <= middle:
            subproof(begin, middle, whole)
            out.append((middle, end))
        else:
            subproof(middle, end, False)
            out.append((begin, middle))
    if 0 < first < second:
        subproof(0, second, True)
    return out


def tile_subtrees(level, index, width):
    """The subtrees whose hashes are in a tile."""
    size = 1 << 8 * level
    first = index * 256
    return [(n * size, (n + 1) * size) for n in range(first, first + width)]


def reply_subtrees(path, body, head, at):
    """{subtree: hash} out of one reply to what was asked for at `at`."""
    tile = TILE_PATH.search(path)
    if tile:
        level, groups, width = tile.groups()
        width = int(width or 256)
        want(width <= 256, "`%s` is no tile", path)
        want(len(body) == 32 * width,
             "%s has %d bytes", path, len(body), error=Refuted)
        index = int(groups.replace("x", "").replace("/", ""))
        where = tile_subtrees(int(level), index, width)
        want(where[0][1] <= head.size, "%s is beyond the tree", path)
        digests = [body[at:at + 32] for at in range(0, len(body), 32)]
        return dict(zip(where, digests))
    proof = PROOF_PATH.search(path)
    want(proof, "`%s` is neither a hash tile nor a consistency proof", path)
    first, second = (int(each) for each in proof.groups())
    want((first, second) == (at, head.size), "the proof is from %d to %d",
         first, second)
    try:
        digests = nodes_of(json.loads(body.decode()), "consistency")
    except (ValueError, Wrong):
        raise Refuted("the proof is no list of hashes") from None
    where = proof_subtrees(first, second)
    want(len(where) == len(digests), "a proof from %d to %d has %d hashes, "
         "not %d", first, second, len(where), len(digests), error=Refuted)
    return dict(zip(where, digests))


def root_of_reply(reply, path, head):
    """The root of the tree that the last entry's audit path leads to. The
    entry is left out; without it this is the reporter's word, until a
    consistency proof, in which no complete tree has its own hash, fits."""
    entry = ENTRY_PATH.search(path)
    at = reply["at"]
    want(entry and [int(each) for each in entry.groups()] == [at - 1, at],
         "`%s` does not ask for the last entry of %d", path, at)
    want(at & at - 1 == 0 or at == head.size, "no root is needed at %d", at)
    return octets(reply["root"], "`root`", 32)


def subtrees_of(where, head, positions, known=None):
    """{subtree: hash} out of an object's replies, which were asked for at
    these positions, and of what is known besides."""
    out = dict(known or {})
    for reply in member(where, "replies", list):
        at = number(reply, "at")
        want(at in positions, "no proof is needed at %d", at)
        path = member(reply, "path", str)
        if "root" in reply:
            found = {(0, at): root_of_reply(reply, path, head)}
        else:
            found = reply_subtrees(path, octets(
                member(reply, "body"), "a reply's body"), head, at)
        for subtree, digest in found.items():
            want(out.get(subtree, digest) == digest,
                 "two hashes for [%d, %d)", *subtree, error=Refuted)
            out[subtree] = digest
    return out


def signed_tree(head, subtrees):
    """The head's tree out of some of its subtrees; Wrong when that is not
    what they lead to."""
    tree = Tree(head.size, subtrees)
    want(tree.root == head.root, "the proof does not lead to the head",
         error=Refuted)
    return tree


# --- heads (RFC 6962 3.5, static-ct-api) ------------------------------------

def signature_of(signed):
    """(algorithm, signature) of a DigitallySigned."""
    want(len(signed) >= 4 and signed[0] == 4, "the signature is no SHA-256")
    want(struct.unpack(">H", signed[2:4])[0] == len(signed) - 4,
         "the signature's length is wrong")
    return signed[1], signed[4:]


class Log:
    """A log as the event describes it: its key, and what it signed."""

    def __init__(self, data):
        spki = octets(member(data, "log_key"), "`log_key`")
        self.id = octets(member(data, "log_id"), "`log_id`", 32)
        want(hashlib.sha256(spki).digest() == self.id,
             "`log_id` is not the hash of `log_key`")
        try:
            self.key = serialization.load_der_public_key(spki)
        except ValueError:
            raise Wrong("`log_key` is no key") from None
        self.api = member(data, "api", str)
        want(self.api in ("static", "rfc6962"), "`api`: %r", self.api)
        self.origin = member(data, "origin", str) \
            if self.api == "static" else None

    def check(self, head, signed):
        """Wrong when this is not the log's signature of the head."""
        algorithm, signature = signature_of(signed)
        message = b"\0\1" + struct.pack(
            ">QQ", head.timestamp, head.size) + head.root
        try:
            if isinstance(self.key, rsa.RSAPublicKey):
                want(algorithm == 1, "the signature is not RSA")
                self.key.verify(signature, message, padding.PKCS1v15(),
                                hashes.SHA256())
            else:
                want(algorithm == 3, "the signature is not ECDSA")
                self.key.verify(signature, message,
                                ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            raise Wrong("the signature is not the log's") from None

    def read(self, raw, origin=None):
        """(head, its signatures) as they came, not yet checked."""
        if self.api == "rfc6962":
            return read_sth(raw)
        return read_note(raw, origin or self.origin, self.id)

    def verified(self, raw):
        """The head in these bytes, its signature good."""
        try:
            head, signatures = self.read(raw)
        except ValueError:
            raise Wrong("it is no text") from None
        want(signatures, "it has no signature of the log")
        for timestamp, signed in signatures:
            self.check(head._replace(timestamp=timestamp), signed)
        return head._replace(timestamp=signatures[0][0])


def read_sth(raw):
    """The reply of get-sth."""
    sth = json.loads(raw.decode())
    head = Head(number(sth, "tree_size"), number(sth, "timestamp"),
                octets(member(sth, "sha256_root_hash"), "the root", 32))
    return head, [(head.timestamp, octets(
        member(sth, "tree_head_signature"), "the signature"))]


def read_note(raw, origin, log_id):
    """A checkpoint: three lines, a blank one, signature lines, of which
    those count that bear the log's name and key id."""
    text, blank, lines = raw.decode().rpartition("\n\n")
    fields = text.split("\n")
    want(blank and len(fields) == 3, "it is no checkpoint")
    want(fields[0] == origin, "its origin is %r, not %r", fields[0], origin)
    want(re.match(r"(0|[1-9]\d{0,18})$", fields[1]), "its size is no number")
    head = Head(int(fields[1]), 0, octets(fields[2], "the root", 32))
    key_id = hashlib.sha256(origin.encode() + b"\n\5" + log_id).digest()[:4]
    signatures = []
    want(lines.endswith("\n"), "its last line has no end")
    for line in lines.split("\n"):
        words = line.split(" ")
        if len(words) != 3 or words[:2] != ["\u2014", origin]:
            continue
        body = octets(words[2], "a signature line")
        if body[:4] == key_id:
            want(len(body) > 12, "a signature line is too short")
            signatures.append((struct.unpack(">Q", body[4:12])[0],
                               body[12:]))
    return head, signatures


def stated_head(log, data, name):
    """A head of the event, its signature good, its fields those that were
    signed; None when there is none."""
    if name not in data:
        return None
    stated = member(data, name, dict)
    try:
        head = log.verified(octets(member(stated, "signed"), "`signed`"))
        want(number(stated, "size") == head.size, "the size is another one")
        want(octets(member(stated, "root"), "the root", 32) == head.root,
             "the root is another one")
        want(head.timestamp > LAST_MS or
             when(stated, "timestamp") == head.timestamp,
             "the timestamp is another one")
    except Wrong as wrong:
        raise Wrong("%s: %s" % (name, wrong)) from None
    return head


# --- the kinds --------------------------------------------------------------
# Each is given the log, its verified heads by name, data and the event, and
# returns (verdict, what holds).

def is_fork(_log, heads, _data, _event):
    """Two heads of one size, both signed, with different roots."""
    received = member(heads, "received")
    for name, head in heads.items():
        if head.size == received.size > 0 and head.root != received.root:
            return "proven", "two signed trees of %d entries, in `received`" \
                " and `%s`" % (head.size, name)
    raise Wrong("no other head has the size of `received` and another root")


def is_rollback(_log, heads, data, _event):
    """A smaller head that the larger one does not continue, as the log's
    own proof says."""
    received = member(heads, "received")
    want(received.size > 0, "every tree continues the empty one")
    why = Wrong("no head is larger than `received`")
    for name, head in heads.items():
        if head.size <= received.size:
            continue
        try:
            root = signed_tree(head, subtrees_of(
                data, head, [received.size])).prefix_root(received.size)
        except Wrong as wrong:
            why = wrong
            continue
        want(root != received.root, "the signed tree of %d entries continues "
             "that of %d", head.size, received.size)
        return "proven", "the tree of %d in `%s` does not continue the " \
            "signed one of %d" % (head.size, name, received.size)
    raise why


def is_root_mismatch(_log, heads, data, _event):
    """What was read is not what was signed."""
    head = member(heads, "head")
    if "gap" not in data:
        return is_other_root(head, data)
    gap = member(data, "gap", dict)
    begin, end = number(gap, "from"), number(gap, "to")
    want(begin < end <= head.size, "the gap [%d, %d) is no range of the "
         "head's tree", begin, end)
    before = located(0, begin, nodes_of(gap, "tree"), "`tree`")
    entries = located(begin, end, nodes_of(gap, "entries"), "`entries`")
    ours = Tree(end, {**before, **entries}).root
    computed = member(data, "computed", dict) if "computed" in data else {}
    if computed.get("size") == end:
        want(octets(member(computed, "root"), "`computed`") == ours,
             "`computed` is not what `tree` and `entries` make up")
    earlier = head_not_continued(heads, head, gap)
    if earlier:
        return "proven", "the signed tree of %d does not continue the one " \
            "of %d in `%s`" % (head.size, heads[earlier].size, earlier)
    if "replies" in gap:
        tree = signed_tree(head, subtrees_of(gap, head, (begin, end), before))
        want(tree.prefix_root(begin) == Tree(begin, before).root,
             "the log's root at %d is not that of `tree`", begin)
        theirs = tree.prefix_root(end)
    elif end == head.size:
        theirs = head.root
    else:
        return is_other_root(head, data)
    want(theirs != ours, "the log's root at %d is that of the entries", end)
    return "proven", "the entries [%d, %d) are not those of the signed tree" \
        " of %d" % (begin, end, head.size)


def head_not_continued(heads, head, gap):
    """The name of an earlier head that is contradicted by the log's proof at
    its size, if there is one."""
    for name, earlier in heads.items():
        replies = [reply for reply in gap.get("replies", [])
                   if number(reply, "at") == earlier.size]
        if not replies or earlier.size >= head.size:
            continue
        try:
            root = signed_tree(head, subtrees_of(
                {"replies": replies}, head, [earlier.size])).prefix_root(
                    earlier.size)
        except Missing:     # it is for who knows the tree before
            continue
        if root != earlier.root:
            return name
    return None


def is_other_root(head, data):
    """All was read from the first entry on, and the root is another one."""
    computed = member(data, "computed", dict)
    root = octets(member(computed, "root"), "`computed`", 32)
    want(number(computed, "size") == head.size,
         "`computed` is of another size than `head`")
    want(root != head.root, "`computed` has the root of `head`")
    return "proven", "the %d entries read have not the signed root" % \
        head.size


def is_bad_proof(_log, heads, data, _event):
    """The log's proof does not lead to its head."""
    head = member(heads, "head")
    positions = {number(reply, "at") for reply in
                 member(data, "replies", list)}
    want(len(positions) == 1, "the replies are not those of one proof")
    at, = positions
    want(0 < at <= head.size, "no proof can be at %d", at)
    try:
        signed_tree(head, subtrees_of(data, head, positions))
    except Refuted as wrong:
        return "proven", str(wrong)
    raise Wrong("the proof at %d leads to the head" % at)


def is_bad_signature(log, _heads, data, _event):
    """The head that was refused is not signed by the log."""
    raw = octets(member(data["received"], "signed"), "`signed`")
    try:
        log.read(raw)
    except ValueError:
        raise Wrong("it is no text") from None
    try:
        log.verified(raw)
    except Wrong as wrong:
        return "told", "received: %s" % wrong
    raise Wrong("the signature is good")


def is_wrong_origin(log, _heads, data, _event):
    """A checkpoint under another name."""
    want(log.api == "static", "STHs have no origin")
    raw = octets(member(data["received"], "signed"), "`signed`")
    try:
        found = raw.decode().split("\n")[0]
        log.read(raw, found)
    except ValueError:
        raise Wrong("it is no text") from None
    want(found != log.origin, "the origin is the one expected")
    return "told", "a checkpoint of %r, not of %r" % (found, log.origin)


def is_size_jump(_log, heads, _data, event):
    """A signed head over more entries than there can be."""
    received = member(heads, "received")
    before = [head for name, head in heads.items()
              if name != "received" and head.size < received.size]
    size = max((head.size for head in before), default=0)
    since = max((head.timestamp for head in before), default=0)
    # Without an earlier head: since the first CT log, March 2013.
    past = max(when(event, "time") - (since or 1362096000000), 0) / 1000
    want(received.size - size > JUMP + GROWTH * past,
         "from %d to %d entries a log can grow", size, received.size)
    return "proven", "a signed tree of %d entries, after one of %d" % (
        received.size, size)


def is_future_head(_log, heads, _data, event):
    """A signed head from a time to come."""
    received = member(heads, "received")
    ahead = received.timestamp - when(event, "time")
    want(ahead > DAY_MS, "it is not a day ahead")
    return "proven", "a signed head %d days ahead" % (ahead // DAY_MS)


def is_bad_reply(_log, _heads, data, _event):
    """A reply to a request for entries that cannot be right."""
    reply = member(data, "reply", dict)
    path = member(reply, "path", str)
    want(READ_PATH.search(path), "`%s` asks for no entries", path)
    want(re.match(r"[0-9a-f]{64}$", member(reply, "sha256", str)),
         "`sha256` is no hash")
    empty = reply["sha256"] == hashlib.sha256(b"").hexdigest()
    want((number(reply, "bytes") == 0) == empty,
         "`bytes` and `sha256` do not fit")
    return "told", "%d bytes for %s" % (reply["bytes"], path)


def is_bad_leaf_index(_log, heads, data, _event):
    """An entry that calls itself another one, or nothing."""
    entry = member(data, "entry", dict)
    octets(member(entry, "leaf_hash"), "`leaf_hash`", 32)
    index = number(entry, "index")
    says = None if entry.get("says", 0) is None else number(entry, "says")
    want(index != says, "the entry says its own index")
    for head in [heads["head"]] if "head" in heads else []:
        want(index < head.size, "the entry is beyond the head")
    return "told", "entry %d says that it is %s" % (index, says)


def is_silent(_log, heads, data, _event):
    """A log that does not serve what it signed: what is signed is here."""
    head = heads.get("head")
    want(head is not None, "there is no signed head")
    proven = number(data, "proven")
    want(proven <= head.size, "more is proven than was signed")
    return "told", "%d of %d entries are proven" % (proven, head.size)


KINDS = {
    "fork": is_fork,
    "rollback": is_rollback,
    "root-mismatch": is_root_mismatch,
    "bad-proof": is_bad_proof,
    "bad-signature": is_bad_signature,
    "wrong-origin": is_wrong_origin,
    "size-jump": is_size_jump,
    "future-head": is_future_head,
    "zero-entries": is_bad_reply,
    "too-many-entries": is_bad_reply,
    "unreadable": is_bad_reply,
    "not-served": is_silent,
    "bad-leaf-index": is_bad_leaf_index,
}


# --- events -----------------------------------------------------------------

def judge_misbehaviour(event, data):
    """(verdict, sentence) for a misbehaviour event."""
    kind = member(data, "kind", str)
    want(kind in KINDS, "there is no kind %r", kind)
    member(data, "detail", str)
    member(data, "url", str)
    want(number(data, "proven") <= number(data, "read"),
         "more is proven than read")
    log = Log(data)
    heads = {}
    for name in HEADS:
        if name == "received" and kind in ("bad-signature", "wrong-origin"):
            member(data, name, dict)
            continue
        head = stated_head(log, data, name)
        if head is not None:
            heads[name] = head
    return KINDS[kind](log, heads, data, event)


def judge_stale(event, data):
    """(verdict, sentence) for a log that was not heard from."""
    octets(member(data, "log_id"), "`log_id`", 32)
    member(data, "detail", str)
    member(data, "url", str)
    want(when(data, "since") <= when(event, "time"),
         "it is stale from a time to come on")
    return "told", "since %s" % data["since"]


def judge(event):
    """(verdict, what holds) for an event; Wrong when it does not."""
    want(member(event, "specversion") == "1.0", "it is no CloudEvent 1.0")
    want(re.match(r"[0-9a-f]{32}$", member(event, "id", str)),
         "`id` is not 16 bytes in hex")
    data = member(event, "data", dict)
    when(event, "time")
    want(member(event, "subject") == member(data, "log_name", str),
         "`subject` is not the log's name")
    if event["type"] == STALE:
        return judge_stale(event, data)
    return judge_misbehaviour(event, data)


def report(line, number_of):
    """Print what this line of a file is worth; whether it holds."""
    name = "line %d" % number_of
    try:
        event = json.loads(line)
        if member(event, "type") not in (MISBEHAVIOUR, STALE):
            return True
        data = event.get("data")
        if isinstance(data, dict):
            name = "%s %s" % (data.get("kind", "stale"),
                              data.get("log_name"))
        verdict, why = judge(event)
    except (Wrong, ValueError) as wrong:
        verdict, why = "WRONG", wrong
    print("%s: %s: %s" % (verdict, ascii(name)[1:-1], ascii(str(why))[1:-1]))
    return verdict != "WRONG"


def main():
    """The program."""
    good = True
    for name in sys.argv[1:] or [0]:
        with open(name, "rb") as lines:
            for at, line in enumerate(lines, 1):
                if line.strip():
                    good = report(line, at) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
