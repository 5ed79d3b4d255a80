"""The verifier of misbehaviour events: it says `proven` of what is, and every
byte of the evidence counts. The trees here are made leaf by leaf from the
definitions of RFC 6962 2.1, the events by hand.
"""
import base64
import copy
import functools
import hashlib
import json
import os
import struct
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from tests import evidence
from tests.evidence import Missing, Wrong, judge

APIS = ["static", "rfc6962"]
ORIGIN = "log.example/2026"
TIME, TIME_MS = "2026-10-06T13:35:07.250Z", 1791293707250
SCRIPT = os.path.join(os.path.dirname(evidence.__file__), "evidence.py")


# --- a small Merkle tree ----------------------------------------------------

def sha256(data):
    """SHA-256."""
    return hashlib.sha256(data).digest()


def below(size):
    """The largest power of two smaller than size."""
    k = 1
    while 2 * k < size:
        k *= 2
    return k


def tile_path(level, tile, size):
    """A tile of the tree of that size."""
    width = min(256, (size >> 8 * level) - 256 * tile)
    return "tile/%d/%03d%s" % (level, tile, "" if width == 256
                               else ".p/%d" % width)


def tiles_for(begin, end, size):
    """The tiles that hold the complete subtrees of [begin, end)."""
    out = set()
    while begin < end:
        height = 0
        while begin % (2 << height) == 0 and begin + (2 << height) <= end:
            height += 1
        out.add(tile_path(height // 8, begin >> height // 8 * 8 >> 8, size))
        begin += 1 << height
    return out


class Leaves:
    """Leaves with the definitions of RFC 6962 2.1 over them. The first
    `shared` are those of all trees."""

    def __init__(self, size, shared=None, salt="x"):
        shared = size if shared is None else shared
        self.leaf = [b"%d" % n if n < shared else b"%d%s" % (
            n, salt.encode()) for n in range(size)]
        self.mth = functools.lru_cache(None)(self._mth)

    def _mth(self, begin, end):
        if end - begin == 1:
            return sha256(b"\0" + self.leaf[begin])
        k = begin + below(end - begin)
        return sha256(b"\1" + self.mth(begin, k) + self.mth(k, end))

    def root(self, size=None):
        """MTH(D[0:size])"""
        return self.mth(0, size or len(self.leaf))

    def proof(self, first, second):
        """PROOF(m, D[n])"""
        return self._subproof(first, 0, second, True)

    def _subproof(self, m, begin, end, whole):
        n = end - begin
        if m == n:
            return [] if whole else [self.mth(begin, end)]
        k = below(n)
        if m <= k:
            return self._subproof(m, begin, begin + k, whole) + \
                [self.mth(begin + k, end)]
        return self._subproof(m - k, begin + k, end, False) + \
            [self.mth(begin, begin + k)]

    def compact(self, begin, end):
        """The hashes of the fewest complete subtrees of [begin, end)."""
        out = []
        while begin < end:
            width = 1
            while begin % (2 * width) == 0 and begin + 2 * width <= end:
                width *= 2
            out.append(self.mth(begin, begin + width))
            begin += width
        return out

    def tiles(self, size):
        """{path: body} of all hash tiles of the tree with that size."""
        out = {}
        level, span = 0, 1
        while size // span:
            width = size // span
            for tile in range((width + 255) // 256):
                first = 256 * tile
                out[tile_path(level, tile, size)] = b"".join(
                    self.mth(n * span, (n + 1) * span)
                    for n in range(first, min(first + 256, width)))
            level, span = level + 1, 256 * span
        return out


# --- a log that signs -------------------------------------------------------

def b64(data):
    """Base64 as text."""
    return base64.b64encode(data).decode()


class Signer:
    """A log's key, and heads in the words of a protocol."""

    def __init__(self, api, kind="p256"):
        self.api = api
        self.key = rsa.generate_private_key(65537, 2048) \
            if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
        self.spki = self.key.public_key().public_bytes(
            serialization.Encoding.DER,
            serialization.PublicFormat.SubjectPublicKeyInfo)

    def sign(self, timestamp, size, root):
        """A DigitallySigned tree head."""
        message = b"\0\1" + struct.pack(">QQ", timestamp, size) + root
        if isinstance(self.key, rsa.RSAPrivateKey):
            kind, raw = 1, self.key.sign(message, padding.PKCS1v15(),
                                         hashes.SHA256())
        else:
            kind, raw = 3, self.key.sign(message, ec.ECDSA(hashes.SHA256()))
        return struct.pack(">BBH", 4, kind, len(raw)) + raw

    def head(self, size, root, timestamp=TIME_MS, origin=ORIGIN):
        """A head as it stands in an event."""
        return {"size": size, "timestamp": TIME if timestamp == TIME_MS
                else "2100-01-01T00:00:00.000Z", "root": b64(root),
                "signed": b64(self.raw(size, root, timestamp, origin))}

    def raw(self, size, root, timestamp=TIME_MS, origin=ORIGIN):
        """A head as it is served."""
        signed = self.sign(timestamp, size, root)
        if self.api == "rfc6962":
            return json.dumps({
                "tree_size": size, "timestamp": timestamp,
                "sha256_root_hash": b64(root),
                "tree_head_signature": b64(signed)}).encode()
        key_id = sha256(origin.encode() + b"\n\5" + sha256(self.spki))[:4]
        return ("%s\n%d\n%s\n\n\u2014 %s %s\n" % (
            origin, size, b64(root), origin, b64(
                key_id + struct.pack(">Q", timestamp) + signed))).encode()

    def event(self, kind, **data):
        """An event of this log."""
        base = {"kind": kind, "log_id": b64(sha256(self.spki)),
                "log_name": "A log", "log_key": b64(self.spki),
                "api": self.api, "url": "http://127.0.0.1/", "read": 900,
                "origin": ORIGIN, "detail": "It is so.", "proven": 400}
        return {"specversion": "1.0", "id": "0" * 32, "time": TIME,
                "source": "indelible/test", "type": evidence.MISBEHAVIOUR,
                "subject": "A log", "data": {**base, **data}}

    def replies(self, leaves, at, size, anchor=True):
        """The log's proof at this position, if the tree before it is not
        known (anchor) or if it is."""
        if self.api == "static":
            needed = tiles_for(at, size, size)
            if anchor:
                needed |= tiles_for(0, at, size)
            return [{"at": at, "path": path, "body": b64(body)}
                    for path, body in leaves.tiles(size).items()
                    if path in needed]
        replies = [{"at": at, "body": b64(json.dumps({"consistency": [
            b64(h) for h in leaves.proof(at, size)]}).encode()),
            "path": "ct/v1/get-sth-consistency?first=%d&second=%d" % (
                at, size)}]
        if at & at - 1 == 0 and anchor:
            replies.append({
                "at": at, "root": b64(leaves.root(at)),
                "path": "ct/v1/get-entry-and-proof?leaf_index=%d&tree_size"
                "=%d" % (at - 1, at)})
        return replies


@pytest.fixture(scope="module", params=APIS)
def signer(request):
    """A log of each protocol."""
    return Signer(request.param)


# --- the tree ---------------------------------------------------------------

def test_proof_subtrees():
    """The hashes of a consistency proof are those of the subtrees said."""
    leaves = Leaves(70)
    for second in range(1, 71):
        for first in range(1, second + 1):
            where = evidence.proof_subtrees(first, second)
            assert leaves.proof(first, second) == [
                leaves.mth(*each) for each in where]
            for begin, end in where:
                assert begin < end <= second


@pytest.mark.parametrize("size", [2, 7, 255, 256, 257, 700, 66000])
def test_tiles_rebuild_the_tree(size):
    """All tiles lead to the root, and to that of every prefix."""
    leaves = Leaves(size)
    head = evidence.Head(size, 0, leaves.root())
    data = {"replies": [{"at": 1, "path": path, "body": b64(body)}
                        for path, body in leaves.tiles(size).items()]}
    tree = evidence.signed_tree(head, evidence.subtrees_of(data, head, [1]))
    for at in {1, 2, 3, 128, 255, 256, 257, 300, 511, 65536, size - 1}:
        if 0 < at < size:
            assert tree.prefix_root(at) == leaves.root(at)


def root_at(data, head, at):
    """The root of the first leaves, as the replies have it."""
    tree = evidence.signed_tree(head, evidence.subtrees_of(data, head, [at]))
    return tree.prefix_root(at)


def test_consistency_proofs_rebuild_both_roots():
    """Both roots come out of a proof; that of a complete smaller tree has to
    be told."""
    leaves, signer = Leaves(70), Signer("rfc6962")
    for size in (3, 8, 45, 64, 70):
        head = evidence.Head(size, 0, leaves.root(size))
        for at in range(1, size):
            data = {"replies": signer.replies(leaves, at, size)}
            assert root_at(data, head, at) == leaves.root(at)
            data = {"replies": signer.replies(leaves, at, size, False)}
            if at & at - 1 == 0:
                with pytest.raises(Missing):
                    root_at(data, head, at)


ARGON_KEY = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEKHRm0H/zUaFA6Idz5cGvGO3tCP" \
    "QyfGMgJmVBOPyKAP6mGM1IiNXi4CLomOUyYj0YN74p+eGVApFMsM4h/jzCsA=="
ARGON = [
    {"tree_size": 384065451, "timestamp": 1791095073447,
     "sha256_root_hash": "62+t2XxLmSqJnk7pxUna6EVA7+u+dotyl8q6wojifD8=",
     "tree_head_signature":
     "BAMARzBFAiAOhTncRJL5E4FfPVNWRYhsEeGThRG21r4e5gOi1yK0WwIhAM/2qDFMO5uJh"
     "Z/mK17c1YcSK3vIjbE9qTTc/V5z4aTu"},
    {"tree_size": 384071894, "timestamp": 1791095139948,
     "sha256_root_hash": "PRK7kHXyMbv9nTQAKoubWZ0KhDKtI6z/gPRWrnc+sGs=",
     "tree_head_signature":
     "BAMARzBFAiBtlUTOF4jid3uymYHrCs9kWDFv2uA+Z1Lt+KBfeHQd4AIhAIK+tWh1lpR54"
     "bbmL0liu/vm9IM3kSFemUSEALEW/83N"}]
ARGON_PROOF = """
9u3YdOZDgbN2wSbaJP7U7/84pejnGTBu/NWZd3mmvO0=
qlplbDbJ35QNcAUu+Yjt5n20a9ZrFh7MCXzuIMDUy5Y=
GnKudDI2CNMwvgv951u8aHtf5LK0VsGn3QXjRcw104I=
Twu4yAFNF4jpxnrw6sxMJurSSgT1Vc67clwD/0TRSI0=
/3mVXmJqUx3i1WtQwn2ApkNCPLyv4PXzI0m0jNuNQ2Q=
E4tTksYQPO1mJmTHIPKbrasFDy5TmMAXFreOkUdsozU=
cdYdgfYY96e/3/r/njenmouHyhCAJuRgxTw0G0+SbPQ=
Z9x1/ZFk/cu7LKwf7aM/sxjK78pT/vECwOOHyOQiJgs=
HiSQC7Ym01GaiBr6nZ/7ya16vqWcCunLY5U9myxS/Fc=
GIZGmqlNtv7tam3IsJunxZMX5Q+tMcGp3s5q3IGufsk=
Foz0cJyd4oKFqUV3tNSk2ZPZlEvx80VOif3jiAWzgXk=
rYKbwB6vesfESl1Z6WS+j0+iyxYWbpwALp4/uo4K0u8=
7US3OehJNbJCURkhajomq6/fOBeaeRq5rixbAgDE6Hk=
p/TyuZ7+afBqLJBBTwHbhgDqVbBgkoqg7wo16aICLUs=
eUsJwf94b3sLzRjjVFHZ3Tipbbaa1p31VHZnKpbAJOc=
3JxaG+LYLt7/DBG9XpuieNRxM4Ik6yPBK3jJ069Px7c=
JfHQShc8Qdq0dHFJCLhQbyiRhN0MF5a0n6cbVyctrBo=
KjiTKgxN1O+q6jLLTQClBWdqRGWZi5HcK1uPJsG8jII=
JGjL9a4XEaexPPyc3nmSe9C/vDV74ILWLRRtfqSqpU0=
Fl7mMkWi4+OU6ANJ5lI+8WDd2y+3qKKfcf+FJhecZAs=
YQDbMi+MXqTmckWgwjaMvxvEcCSNq4k2umsobJ4xPJc=
NoHD/4b8CYUtVcDSafX+kjG4oR0MydtCmC9uUcc/y8I=
tEv0P40KfnW9PqT0m1YNG3dVZOg2q+V26CR2k20QJ/c=
""".split()
PARCELYARD = "parcelyard2026h2.prod.certificate.transparency.goog"
PARCELYARD_KEY = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEP2H56bHx6pPm5mCku6PFp" \
    "eRuA5Ux0gs8iwXIVhvVdbojs0pPwZqLtlIEoJNbjxMEePTYo/qDW85AjhMJITlavA=="
PARCELYARD_NOTE = PARCELYARD + """
1587930800
SVJjVAjX0Ya5ibcpFy1V4CHHnUOnlJfuH9XSm7nbrqo=

\u2014 grease.invalid AAAAAEdyZWFzZQ==
\u2014 """ + PARCELYARD + " k6eK4AAAAaEUmZpEBAMARzBFAiEAj+rDFyvxv0nXRqyVQqhK" \
    "+AYnNK0DPJmerqSweQMwdBYCIGdC4tf4sGVPxmOhnBIokS/GIuRaaSsszde4lnryqLOQ\n"


def real_log(key, api, origin=None):
    """The verifier's log with this key."""
    return evidence.Log({
        "log_key": key, "api": api, "origin": origin,
        "log_id": b64(sha256(base64.b64decode(key)))})


def test_real_heads():
    """Heads of logs that are out there; and their proof fits."""
    log = real_log(ARGON_KEY, "rfc6962")
    old, new = (log.verified(json.dumps(sth).encode()) for sth in ARGON)
    path = "ct/v1/get-sth-consistency?first=%d&second=%d" % (
        old.size, new.size)
    data = {"replies": [{"at": old.size, "path": path, "body": b64(
        json.dumps({"consistency": ARGON_PROOF}).encode())}]}
    assert root_at(data, new, old.size) == old.root
    log = real_log(PARCELYARD_KEY, "static", PARCELYARD)
    head = log.verified(PARCELYARD_NOTE.encode())
    assert head.size == 1587930800 and head.timestamp == 1791346973252
    with pytest.raises(Wrong):
        log.verified(PARCELYARD_NOTE.replace("1587930800\n", "1587930801\n")
                     .encode())


# --- each kind: proven, and no more when something is altered ----------------

def fork(signer):
    """Two trees of 700."""
    return signer.event("fork", newest=signer.head(700, Leaves(700).root()),
                        received=signer.head(700, Leaves(700, 9).root()))


def rollback(signer, at=300):
    """A tree of 300 that is not what the one of 700 began with."""
    leaves = Leaves(700)
    return signer.event(
        "rollback", newest=signer.head(700, leaves.root()),
        received=signer.head(at, Leaves(at, 0).root()),
        replies=signer.replies(leaves, at, 700))


def root_mismatch(signer, begin=300, end=600):
    """Entry 400 is not the one in the tree."""
    signed, read = Leaves(700), Leaves(700)
    read.leaf[400] = b"another"
    replies = []
    if begin:
        replies += signer.replies(signed, begin, 700, False)
    if end < 700:
        replies += signer.replies(signed, end, 700, not begin)
    gap = {"from": begin, "to": end,
           "tree": [b64(h) for h in signed.compact(0, begin)],
           "entries": [b64(h) for h in read.compact(begin, end)]}
    if replies:
        gap["replies"] = replies
    return signer.event(
        "root-mismatch", head=signer.head(700, signed.root()), gap=gap,
        computed={"size": end, "root": b64(read.root(end))})


def split_view(signer):
    """What was proven under the head before is not in this one's tree."""
    old, new = Leaves(450, 0), Leaves(700)
    return signer.event(
        "root-mismatch", head=signer.head(700, new.root()),
        proven_before=signer.head(450, old.root()),
        gap={"from": 256, "to": 700,
             "tree": [b64(h) for h in old.compact(0, 256)],
             "entries": [b64(h) for h in new.compact(256, 700)],
             "replies": signer.replies(new, 450, 700)})


def whole_mismatch(signer):
    """All was read, and the root is another one."""
    return signer.event(
        "root-mismatch", head=signer.head(700, Leaves(700).root()),
        computed={"size": 700, "root": b64(Leaves(700, 9).root())})


def size_jump(signer):
    """Out of nowhere."""
    return signer.event(
        "size-jump", newest=signer.head(700, Leaves(700).root()),
        received=signer.head(1 << 50, sha256(b"")))


def future_head(signer):
    """From the year 2100."""
    return signer.event("future-head", received=signer.head(
        700, Leaves(700).root(), 4102444800000))


def bad_proof(signer):
    """The head's proof is for another tree."""
    return signer.event(
        "bad-proof", head=signer.head(700, Leaves(700).root()),
        replies=signer.replies(Leaves(700, 9), 300, 700))


def bad_path(signer):
    """The last entry's audit path leads to another root."""
    return signer.event(
        "bad-proof", head=signer.head(700, Leaves(700).root()), replies=[{
            "at": 700, "root": b64(Leaves(700, 9).root()), "path":
            "ct/v1/get-entry-and-proof?leaf_index=699&tree_size=700"}])


SIGNED = {"fork": fork, "rollback": rollback, "root-mismatch": root_mismatch,
          "split": split_view, "whole": whole_mismatch,
          "rollback-256": lambda signer: rollback(signer, 256),
          "size-jump": size_jump, "future-head": future_head,
          "bad-proof": bad_proof, "bad-path": bad_path}



REPLY = {"path": "tile/data/000", "bytes": 0,
         "sha256": hashlib.sha256(b"").hexdigest()}


def told(kind, **data):
    """An event for which nothing is signed."""
    return lambda signer: signer.event(kind, **data)


TOLD = {
    "zero-entries": told("zero-entries", reply=REPLY),
    "too-many-entries": told("too-many-entries", reply=dict(
        REPLY, path="ct/v1/get-entries?start=0&end=9", bytes=5,
        sha256="1" * 64)),
    "unreadable": told("unreadable", reply=dict(
        REPLY, path="tile/data/x001/234.p/7", bytes=5, sha256="1" * 64)),
    "bad-leaf-index": told("bad-leaf-index", entry={
        "index": 7, "says": 8, "leaf_hash": b64(sha256(b"leaf"))}),
}


@pytest.mark.parametrize("kind", sorted(SIGNED))
def test_proven(signer, kind):
    """What the signed heads show is proven."""
    assert judge(SIGNED[kind](signer))[0] == "proven"


@pytest.mark.parametrize("kind", sorted(TOLD))
def test_told(signer, kind):
    """What no signature shows is told, when it fits together."""
    assert judge(TOLD[kind](signer))[0] == "told"


@pytest.mark.parametrize("key", ["p256", "rsa"])
@pytest.mark.parametrize("api", APIS)
def test_bad_signature(api, key):
    """The signature has to fail, of a head that can be read."""
    signer = Signer(api, key)
    root = Leaves(9).root()
    for size in (8, 9):
        raw = signer.raw(9, root)
        event = signer.event("bad-signature", received={"signed": b64(
            raw.replace(b"9", b"8", 1) if size == 8 and api == "rfc6962"
            else raw.replace(b"\n9\n", b"\n%d\n" % size))})
        if size == 9:
            with pytest.raises(Wrong, match="good"):
                judge(event)
        else:
            assert judge(event)[0] == "told"
    for raw in (b"", b"\xff", b"{}", b"<html>", raw[:40]):
        event["data"]["received"]["signed"] = b64(raw)
        with pytest.raises(Wrong):
            judge(event)


def test_rsa_heads():
    """RSA signatures are as good."""
    for api in APIS:
        event = fork(Signer(api, "rsa"))
        assert judge(event)[0] == "proven"
        event["data"]["log_key"] = b64(Signer(api, "rsa").spki)
        with pytest.raises(Wrong, match="log_id"):
            judge(event)


def test_wrong_origin():
    """A checkpoint of another name; not one of the name expected."""
    signer = Signer("static")
    for origin, good in (("mallory.example/1", True), (ORIGIN, False)):
        event = signer.event("wrong-origin", received={"signed": b64(
            signer.raw(9, Leaves(9).root(), origin=origin))})
        if good:
            assert judge(event)[0] == "told"
            continue
        with pytest.raises(Wrong):
            judge(event)


@pytest.mark.parametrize("at", [1, 2, 255, 256, 257, 512, 698, 699])
def test_rollback_to(signer, at):
    """At complete trees and beside them."""
    assert judge(rollback(signer, at))[0] == "proven"
    event = rollback(signer, at)
    event["data"]["received"] = signer.head(at, Leaves(at).root())
    with pytest.raises(Wrong, match="continues"):
        judge(event)


@pytest.mark.parametrize("begin,end", [
    (0, 700), (0, 401), (0, 512), (256, 512), (256, 600), (399, 401),
    (400, 401), (300, 700), (1, 699), (384, 448)])
def test_gaps(signer, begin, end):
    """Wherever the gap begins and ends."""
    event = root_mismatch(signer, begin, end)
    assert judge(event)[0] == "proven"
    honest = Leaves(700)
    event["data"]["gap"]["entries"] = [
        b64(h) for h in honest.compact(begin, end)]
    event["data"]["computed"]["root"] = b64(honest.root(end))
    with pytest.raises(Wrong, match="that of the entries"):
        judge(event)


# What nothing signed depends on: our own account, and where it was heard.
UNSIGNED = ["detail", "url", "kind", "read", "proven", "log_name"]
# These hashes can be anything but the right ones.
FREE = {"whole": ["computed.root"], "bad-proof": ["replies"],
        "bad-path": ["replies.0.root"],
        "split": ["gap.tree", "gap.entries"],
        "root-mismatch": ["computed.size"]}


def places(value, path=()):
    """The paths of all strings and numbers in a JSON value."""
    items = value.items() if isinstance(value, dict) else \
        enumerate(value) if isinstance(value, list) else None
    if items is None:
        yield path
        return
    for name, item in items:
        yield from places(item, path + (name,))


def altered(value):
    """All values that differ from this one in a bit, or by one."""
    if isinstance(value, int):
        yield value + 1
        if value:
            yield value - 1
        return
    try:
        raw = base64.b64decode(value, validate=True)
    except ValueError:
        raw = b""
    for at, byte in enumerate(raw):
        yield b64(raw[:at] + bytes((byte ^ 1,)) + raw[at + 1:])
    if raw:
        yield b64(raw[:-1])
        return
    for at, char in enumerate(value):
        yield value[:at] + chr(ord(char) ^ 1) + value[at + 1:]


def with_changed(event, path, value):
    """A copy of the event with another value there."""
    event = copy.deepcopy(event)
    inner = event["data"]
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return event


@pytest.mark.parametrize("kind", sorted(SIGNED))
def test_every_byte_counts(signer, kind):
    """Alter what you like: it is proven no more."""
    event = SIGNED[kind](signer)
    tried = 0
    for path in places(event["data"]):
        name = ".".join(str(step) for step in path)
        if name.startswith(tuple(UNSIGNED + FREE.get(kind, []))) or \
                name == "origin" and signer.api == "rfc6962":
            continue
        changes = list(altered(
            functools.reduce(lambda v, n: v[n], path, event["data"])))
        if len(changes) > 600:      # a tile, a bulky reply
            changes = changes[::31]
        for change in changes:
            tried += 1
            with pytest.raises(Wrong):
                judge(with_changed(event, path, change))
                print(path, change)
    assert tried > 300


@pytest.mark.parametrize("kind", sorted(SIGNED))
def test_every_part_is_needed(signer, kind):
    """Leave something out: it is proven no more."""
    event = SIGNED[kind](signer)
    needed = set(event["data"]) - {"computed", "origin"}
    if kind in ("whole",):
        needed.add("computed")
    if signer.api == "static":
        needed.add("origin")
    if kind == "size-jump":
        needed.discard("newest")
    for name in needed:
        poorer = copy.deepcopy(event)
        del poorer["data"][name]
        with pytest.raises(Wrong):
            judge(poorer)


def test_of_no_interest(signer):
    """What no log can be blamed for."""
    root = Leaves(700).root()
    head = signer.head(700, root)
    for event in (
            signer.event("fork", newest=head, received=head),
            signer.event("size-jump", newest=head,
                         received=signer.head(900, Leaves(900).root())),
            signer.event("future-head", received=head),
            signer.event("whole", head=head),
            signer.event("root-mismatch", head=head,
                         computed={"size": 700, "root": b64(root)}),
            signer.event("bad-proof", head=head, replies=signer.replies(
                Leaves(700), 300, 700)),
            signer.event("rollback", newest=head, received=signer.head(
                300, Leaves(300).root()), replies=signer.replies(
                    Leaves(700), 300, 700)),
            signer.event("bad-leaf-index", entry={
                "index": 7, "leaf_hash": b64(sha256(b""))}),
            signer.event("bad-leaf-index", entry={
                "index": 7, "says": 7, "leaf_hash": b64(sha256(b""))}),
            signer.event("zero-entries", reply=dict(REPLY, bytes=9))):
        with pytest.raises(Wrong):
            judge(event)


def run(*lines):
    """The script over these lines: its status, and what it prints."""
    done = subprocess.run(
        [sys.executable, SCRIPT], input="".join(
            (line if isinstance(line, str) else json.dumps(line)) + "\n"
            for line in lines), capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def test_script(signer):
    """A line for each event, and 1 when one is wrong."""
    other = {"type": "dev.indelible.exposure.v1", "data": {}}
    good = [fork(signer), other, TOLD["bad-leaf-index"](signer), "",
            rollback(signer)]
    status, lines = run(*good)
    assert status == 0
    assert [line.split(":")[0] for line in lines] == [
        "proven", "told", "proven"]
    bad = fork(signer)
    bad["data"]["log_name"] = bad["subject"] = "A\x1b[2Jlog"
    bad["data"]["received"]["size"] += 1
    status, lines = run(bad, *good, "not JSON", "7", '{"type":null}')
    assert status == 1
    assert lines[0].startswith("WRONG: fork A\\x1b[2Jlog: received: ")
    assert [line.split(":")[0] for line in lines] == [
        "WRONG", "proven", "told", "proven", "WRONG", "WRONG"]
    assert run() == (0, [])


def test_stale(signer):
    """A log not heard from: told, from a time that has been."""
    event = fork(signer)
    event["type"] = evidence.STALE
    event["data"] = {"log_id": event["data"]["log_id"], "log_name": "A log",
                     "url": "http://127.0.0.1/", "detail": "Old.",
                     "since": "2026-10-05T13:00:00.000Z"}
    assert judge(event)[0] == "told"
    event["data"]["since"] = "2026-10-07T13:00:00.000Z"
    with pytest.raises(Wrong):
        judge(event)
