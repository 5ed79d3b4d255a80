"""The fake log itself, checked by other means: a plain recursive tree hash,
the proof algorithms of RFC 9162, and python-cryptography. The program under
test has no part in this file.
"""
import base64
import gzip
import hashlib
import http.client
import json
import ssl
import struct
import time
import urllib.parse

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding

from tests.fakelog import der
from tests.fakelog.client import FakeLogError
from tests.fakelog.tree import tile_number, tile_path

JANE = {"subject": [["GN", "Jane"], ["SN", "Roe"], ["CN", "Jane Roe"]],
        "sans": [["rfc822", "jane.roe@example.com"], ["upn", "jr@corp.test"],
                 ["dns", "jane.example.com"]],
        "eku": ["emailProtection"], "plants": ["acme/jane"]}


def sha(data):
    """SHA-256."""
    return hashlib.sha256(data).digest()


def mth(leaves):
    """The tree hash as RFC 6962 2.1 writes it down."""
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return sha(b"\0" + leaves[0])
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha(b"\1" + mth(leaves[:k]) + mth(leaves[k:]))


def root_from_inclusion(index, size, leaf, path):
    """RFC 9162 2.1.3.2."""
    fn, sn, r = index, size - 1, sha(b"\0" + leaf)
    for p in path:
        assert sn > 0
        if fn & 1 or fn == sn:
            r = sha(b"\1" + p + r)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = sha(b"\1" + r + p)
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    return r


def roots_from_consistency(first, second, root1, path):
    """RFC 9162 2.1.4.2: (first root, second root)."""
    path = list(path)
    if first & (first - 1) == 0:
        path.insert(0, root1)
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        assert sn > 0
        if fn & 1 or fn == sn:
            fr, sr = sha(b"\1" + c + fr), sha(b"\1" + c + sr)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = sha(b"\1" + sr + c)
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    return fr, sr


def connect(url):
    """(connection, path prefix) for a base URL."""
    parts = urllib.parse.urlsplit(url)
    return http.client.HTTPConnection(parts.netloc, timeout=10), parts.path


def get(url, path, **headers):
    """(status, body, headers) of a GET."""
    connection, prefix = connect(url)
    try:
        connection.request("GET", prefix + path, headers=headers)
        reply = connection.getresponse()
        return reply.status, reply.read(), reply.headers
    finally:
        connection.close()


def get_json(log, path):
    """The JSON answer of an RFC 6962 request."""
    status, body, _ = get(log.rfc6962, "ct/v1/" + path)
    assert status == 200, body
    return json.loads(body)


def verify(log, signature, message):
    """Check a DigitallySigned with the log's key; raises when it is wrong."""
    key = serialization.load_pem_public_key(log.key_pem.encode())
    algorithm, size = struct.unpack(">2sH", signature[:4])
    assert len(signature) == 4 + size
    if algorithm == b"\4\3":
        key.verify(signature[4:], message, ec.ECDSA(hashes.SHA256()))
    else:
        assert algorithm == b"\4\1"
        key.verify(signature[4:], message, padding.PKCS1v15(),
                   hashes.SHA256())


def verified_sth(log):
    """(size, root) of get-sth, its signature checked."""
    sth = get_json(log, "get-sth")
    root = base64.b64decode(sth["sha256_root_hash"])
    verify(log, base64.b64decode(sth["tree_head_signature"]),
           b"\0\1" + struct.pack(">QQ", sth["timestamp"],
                                 sth["tree_size"]) + root)
    return sth["tree_size"], root


def verified_checkpoint(log):
    """(size, root) of the checkpoint, its signature checked."""
    _, body, _ = get(log.static, "checkpoint")
    text, signatures = body.decode().split("\n\n")
    origin, size, root = text.split("\n")
    assert origin == log.origin
    root = base64.b64decode(root)
    key_id = sha(origin.encode() + b"\n\5" + base64.b64decode(log.log_id))[:4]
    ours = []
    for line in signatures.splitlines():
        dash, name, blob = line.split(" ")
        blob = base64.b64decode(blob)
        assert dash == "\u2014"
        if name == origin and blob[:4] == key_id:
            ours.append(blob[4:])
    assert len(ours) == 1 and signatures.count("\n") >= 3
    verify(log, ours[0][8:], b"\0\1" + ours[0][:8] +
           struct.pack(">Q", int(size)) + root)
    return int(size), root


def all_entries(log, size):
    """All entries by get-entries, page by page."""
    out = []
    while len(out) < size:
        out += get_json(log, "get-entries?start=%d&end=%d" % (
            len(out), size - 1))["entries"]
    return out


def split_tile(body):
    """[(leaf bytes, precertificate or None, fingerprints)] of a data tile."""
    out, at = [], 0

    def take(width):
        nonlocal at
        size = int.from_bytes(body[at:at + width], "big")
        at += width + size
        assert at <= len(body)
        return body[at - size:at]

    while at < len(body):
        start = at
        kind = int.from_bytes(body[at + 8:at + 10], "big")
        at += 10 + 32 * kind
        take(3)
        take(2)
        leaf = b"\0\0" + body[start:at]
        precertificate = take(3) if kind else None
        chain = take(2)
        out.append((leaf, precertificate,
                    [chain[k:k + 32] for k in range(0, len(chain), 32)]))
    return out


@pytest.fixture
def small(server):
    """A log of 700 entries, two of them Jane's."""
    return server.new_log([{"filler": 300}, JANE, {"filler": 398}])


@pytest.mark.parametrize("kind", ["p256", "rsa"])
def test_heads_verify(server, kind):
    """Both heads are signed by the key and say the same."""
    log = server.new_log([{"filler": 5}], key=kind)
    assert verified_sth(log) == verified_checkpoint(log)


@pytest.mark.smoke
def test_one_tree_in_both_protocols(small):
    """Entries, tiles and both heads describe one tree."""
    size, root = verified_sth(small)
    assert (size, root) == verified_checkpoint(small)
    entries = all_entries(small, size)
    leaves = [base64.b64decode(e["leaf_input"]) for e in entries]
    assert size == len(leaves) == 700
    assert mth(leaves) == root
    tiled = []
    for number, width in ((0, 256), (1, 256), (2, 188)):
        part = "" if width == 256 else ".p/%d" % width
        status, body, _ = get(small.static, "tile/data/%03d%s" % (
            number, part))
        assert status == 200
        rows = split_tile(body)
        _, tile, _ = get(small.static, "tile/0/%03d%s" % (number, part))
        assert tile == b"".join(sha(b"\0" + row[0]) for row in rows)
        tiled += rows
    assert [row[0] for row in tiled] == leaves
    _, top, _ = get(small.static, "tile/1/000.p/2")
    assert top == mth(leaves[:256]) + mth(leaves[256:512])


def test_entries_carry_what_they_should(small):
    """leaf_index, chains, precertificates, families."""
    entries = all_entries(small, 700)
    for index, entry in enumerate(entries):
        leaf = base64.b64decode(entry["leaf_input"])
        assert leaf[-10:] == b"\0\x08\0\0\5" + index.to_bytes(5, "big")
    planted = small.truth()
    assert [e["index"] for e in planted] == [300, 301]
    assert planted[0]["tbs_sha256"] == planted[1]["tbs_sha256"]
    leaf = base64.b64decode(entries[300]["leaf_input"])
    assert leaf[10:12] == b"\0\1"
    tbs = leaf[47:-10]
    assert sha(tbs).hex() == planted[0]["tbs_sha256"]
    extra = base64.b64decode(entries[300]["extra_data"])
    pre = extra[3:3 + int.from_bytes(extra[:3], "big")]
    assert sha(pre).hex() == planted[0]["sha256"]
    final = base64.b64decode(entries[301]["leaf_input"])[15:-10]
    for certificate in (pre, final):
        parsed = x509.load_der_x509_certificate(certificate)
        names = parsed.extensions.get_extension_for_class(
            x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.RFC822Name) == \
            ["jane.roe@example.com"]
    assert x509.load_der_x509_certificate(
        final).tbs_precertificate_bytes == tbs
    issuer = extra[len(pre) + 9:]
    issuer = x509.load_der_x509_certificate(
        issuer[:len(der.tlv(0x30, der.contents(issuer)))])
    assert leaf[12:44] == sha(issuer.public_key().public_bytes(
        serialization.Encoding.DER,
        serialization.PublicFormat.SubjectPublicKeyInfo))


def test_issuers(small):
    """Fingerprints in a tile lead to certificates that hash to them."""
    _, body, _ = get(small.static, "tile/data/001")
    chain = split_tile(body)[300 - 256][2]
    assert len(chain) == 2
    for fingerprint in chain:
        status, issuer, _ = get(small.static, "issuer/" + fingerprint.hex())
        assert status == 200 and sha(issuer) == fingerprint
    assert get(small.static, "issuer/" + "0" * 64)[0] == 404


@pytest.mark.parametrize("index,size", [
    (0, 1), (0, 700), (699, 700), (255, 256), (256, 257), (511, 700)])
def test_inclusion(small, index, size):
    """get-proof-by-hash and get-entry-and-proof."""
    leaves = [base64.b64decode(e["leaf_input"])
              for e in all_entries(small, size)]
    reply = get_json(small, "get-entry-and-proof?leaf_index=%d&tree_size=%d"
                     % (index, size))
    path = [base64.b64decode(h) for h in reply["audit_path"]]
    leaf = base64.b64decode(reply["leaf_input"])
    assert leaf == leaves[index]
    assert root_from_inclusion(index, size, leaf, path) == mth(leaves)
    by_hash = get_json(small, "get-proof-by-hash?" + urllib.parse.urlencode({
        "hash": base64.b64encode(sha(b"\0" + leaf)), "tree_size": size}))
    assert by_hash["leaf_index"] == index
    assert by_hash["audit_path"] == reply["audit_path"]


@pytest.mark.parametrize("first,second", [
    (1, 2), (1, 700), (256, 700), (255, 257), (300, 699), (699, 700)])
def test_consistency(small, first, second):
    """get-sth-consistency between any two sizes."""
    leaves = [base64.b64decode(e["leaf_input"])
              for e in all_entries(small, second)]
    reply = get_json(small, "get-sth-consistency?first=%d&second=%d" % (
        first, second))
    path = [base64.b64decode(h) for h in reply["consistency"]]
    root1, root2 = mth(leaves[:first]), mth(leaves)
    assert roots_from_consistency(first, second, root1, path) == \
        (root1, root2)


def test_get_entries_pages(small):
    """Aligned pages, shortened at the end, refused beyond it."""
    def count(start, end):
        return len(get_json(small, "get-entries?start=%d&end=%d" % (
            start, end))["entries"])
    assert count(0, 9999) == 256
    assert count(10, 9999) == 246
    assert count(690, 9999) == 10
    assert count(5, 7) == 3
    status, body, _ = get(small.rfc6962,
                          "ct/v1/get-entries?start=700&end=701")
    assert status == 400 and b"need tree size" in body
    assert get(small.rfc6962, "ct/v1/get-entries?start=5&end=4")[0] == 400
    small.options(align=False, page=100)
    assert count(10, 9999) == 100


def test_roots(small):
    """get-roots has one certificate, the root of the chains."""
    roots = get_json(small, "get-roots")["certificates"]
    parsed = x509.load_der_x509_certificate(base64.b64decode(roots[0]))
    assert parsed.subject == parsed.issuer


def test_partial_tiles_come_and_go(server):
    """A partial tile is there for published sizes, until the full one is."""
    log = server.new_log([{"filler": 250}])
    assert get(log.static, "tile/data/000.p/250")[0] == 200
    assert get(log.static, "tile/data/000.p/249")[0] == 404
    assert get(log.static, "tile/0/000")[0] == 404
    log.append([{"filler": 10}], publish=False)
    assert get(log.static, "tile/data/000")[0] == 404
    log.publish()
    assert get(log.static, "tile/data/000.p/250")[0] == 404
    assert get(log.static, "tile/data/000")[0] == 200
    assert get(log.static, "tile/0/001.p/4")[0] == 200
    log.options(vanish=False)
    assert get(log.static, "tile/data/000.p/250")[0] == 200


@pytest.mark.parametrize("how,asked,packed,named", [
    ("auto", "gzip", True, True), ("auto", "identity", False, False),
    ("always", "identity", True, True), ("never", "gzip", False, False),
    ("headerless", "identity", True, False)])
def test_compression(small, how, asked, packed, named):
    """Data tiles come packed or not, with and without saying so."""
    small.options(gzip=how)
    _, body, headers = get(small.static, "tile/data/000",
                           **{"Accept-Encoding": asked})
    assert (body[:2] == b"\x1f\x8b") == packed
    assert (headers["Content-Encoding"] == "gzip") == named
    plain = gzip.decompress(body) if packed else body
    assert len(split_tile(plain)) == 256


@pytest.mark.parametrize("number,path", [
    (0, "000"), (999, "999"), (1000, "x001/000"),
    (1234067, "x001/x234/067"), (15999001, "x015/x999/001")])
def test_tile_paths(number, path):
    """The examples of the specification."""
    assert tile_path(number) == path
    assert tile_number(path) == number


@pytest.mark.parametrize("path", ["0", "x000/001", "001/002", "x1/000", ""])
def test_tile_paths_refused(path):
    """Other spellings of a number are no path."""
    assert tile_number(path) is None


def test_without_extensions():
    """Taking out the only extension takes the whole field out."""
    one = der.seq(der.oid("1.2.3"), der.octets(b"x"))
    other = der.seq(der.oid("1.2.4"), der.octets(b"y"))
    tbs = der.seq(der.integer(1), der.explicit(3, der.seq(one, other)))
    assert der.without_extensions(tbs, ["1.2.3"]) == der.seq(
        der.integer(1), der.explicit(3, der.seq(other)))
    assert der.without_extensions(tbs, ["1.2.3", "1.2.4"]) == \
        der.seq(der.integer(1))
    assert der.without_extensions(tbs, ["1.2.5"]) == tbs


# --- faults -----------------------------------------------------------------

def test_wrong_root_is_validly_signed(small):
    """The signature is good, the root another."""
    honest = verified_sth(small)
    small.fault("wrong-root")
    assert verified_sth(small)[1] != honest[1]
    assert verified_checkpoint(small)[1] != honest[1]
    small.calm()
    assert verified_sth(small) == honest


def test_bad_signature(small):
    """The head is the true one, its signature is not."""
    small.fault("bad-signature", count=2)
    with pytest.raises(InvalidSignature):
        verified_sth(small)
    with pytest.raises(InvalidSignature):
        verified_checkpoint(small)
    verified_sth(small)


def test_fork_takes_turns(small):
    """True head, other head, both signed, of one size."""
    small.fault("fork")
    first, second, third = (verified_sth(small) for _ in range(3))
    assert first == third and first[0] == second[0] and first != second


def test_rollback_and_origin(small):
    """Older heads, and heads of another name."""
    leaves = [base64.b64decode(e["leaf_input"])
              for e in all_entries(small, 400)]
    small.fault("rollback", size=400, honest=True)
    assert verified_sth(small) == (400, mth(leaves))
    small.calm()
    small.fault("other-origin", origin="other.example/x")
    assert get(small.static, "checkpoint")[1].startswith(b"other.example/x\n")


def test_page_faults(small):
    """Short, empty and overlong pages, and flipped leaves."""
    def page():
        return get_json(small, "get-entries?start=0&end=9")["entries"]
    honest = page()
    small.fault("short", n=3, count=1)
    small.fault("zero", after=1, count=1)
    small.fault("extra", n=4, after=2, count=1)
    small.fault("flip", index=2, after=3)
    assert page() == honest[:3]
    assert page() == []
    assert len(page()) == 14
    flipped = page()
    assert flipped[2] != honest[2]
    assert flipped[:2] + flipped[3:] == honest[:2] + honest[3:]
    assert small.hits() == 4


def test_flip_shows_in_tiles(small):
    """The tile with the flipped leaf no longer matches its hashes."""
    small.fault("flip", index=300)
    _, body, _ = get(small.static, "tile/data/001")
    _, hashes_, _ = get(small.static, "tile/0/001")
    wrong = [k for k, row in enumerate(split_tile(body))
             if sha(b"\0" + row[0]) != hashes_[32 * k:32 * k + 32]]
    assert wrong == [300 - 256]


def test_split_view(server):
    """Two logs of one key agree up to where they part."""
    one = server.new_log([{"filler": 300}])
    two = server.new_log([], share_key=one.name, fork_of=one.name,
                         fork_at=200, origin=one.origin)
    two.grow(100)
    assert verified_sth(two)[0] == 300
    assert verified_sth(one)[1] != verified_sth(two)[1]
    assert all_entries(one, 200) == all_entries(two, 200)
    one.fault("view", log=two.name)
    assert verified_sth(one) == verified_sth(two)


def test_status_and_retry_after(small):
    """A status with Retry-After in both forms."""
    small.fault("status", code=429, retry_after=7, count=1)
    small.fault("status", code=503, retry_after="date", count=1)
    status, _, headers = get(small.static, "checkpoint")
    assert (status, headers["Retry-After"]) == (429, "7")
    status, _, headers = get(small.static, "checkpoint")
    assert status == 503 and headers["Retry-After"].endswith("GMT")
    assert get(small.static, "checkpoint")[0] == 200


@pytest.mark.parametrize("kind,how", [
    ("reset", {}), ("truncate", {}), ("length", {"delta": 50})])
def test_cut_connections(small, kind, how):
    """The client does not get a whole answer."""
    small.fault(kind, count=1, **how)
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        get(small.static, "tile/0/000")
    assert get(small.static, "tile/0/000")[0] == 200


def test_slow_answers(small):
    """Drips arrive whole in the end; a stall does not."""
    small.fault("drip", bytes=1000, seconds=0.01, count=1)
    assert len(get(small.static, "tile/0/000")[1]) == 8192
    small.fault("stall", count=1)
    connection, prefix = connect(small.static)
    connection.timeout = 0.5
    connection.request("GET", prefix + "tile/0/000")
    reply = connection.getresponse()
    with pytest.raises((TimeoutError, http.client.HTTPException)):
        reply.read()
    connection.close()


def test_large_bodies(small):
    """A small bomb and a large body."""
    small.fault("bomb", size=1 << 24, count=1)
    _, body, headers = get(small.static, "tile/0/000")
    assert headers["Content-Encoding"] == "gzip" and len(body) < 1 << 16
    assert len(gzip.decompress(body)) == 1 << 24
    small.fault("huge", size=1 << 20, count=1)
    assert len(get(small.static, "tile/0/000")[1]) == 1 << 20


def test_other_answers(small):
    """HTML with 200, and a redirect."""
    small.fault("html", count=1)
    status, body, _ = get(small.rfc6962, "ct/v1/get-sth")
    assert status == 200 and body.startswith(b"<!DOCTYPE html>")
    small.fault("redirect", count=1, location="/elsewhere")
    status, _, headers = get(small.rfc6962, "ct/v1/get-sth")
    assert (status, headers["Location"]) == (302, "/elsewhere")


@pytest.mark.parametrize("how", ["truncated", "trailing", "type", "width",
                                 "issuers"])
def test_broken_tiles(small, how):
    """A broken tile is not the true one."""
    _, honest, _ = get(small.static, "tile/data/000")
    small.fault("broken-tile", how=how)
    assert get(small.static, "tile/data/000")[1] != honest


def test_greased_checkpoint(small):
    """Many strangers' lines, and the log's own twice: still true."""
    small.fault("grease", lines=50, own=1, extension="more")
    _, body, _ = get(small.static, "checkpoint")
    small.calm()
    text, signatures = body.decode().split("\n\n")
    assert text.splitlines()[3:] == ["more"]
    assert len(signatures.splitlines()) >= 52


def test_stale_and_restamped_heads(small):
    """The same tree, signed at another time."""
    true = get_json(small, "get-sth")
    small.fault("stale", ms=1000000)
    assert verified_sth(small)[0] == true["tree_size"]
    assert get_json(small, "get-sth")["timestamp"] < \
        true["timestamp"] - 900000
    small.calm()
    small.fault("restamp")
    assert get_json(small, "get-sth")["timestamp"] > true["timestamp"]
    small.calm()


def test_entries_out_of_place(small):
    """Two exchanged; one that says another index."""
    honest = get_json(small, "get-entries?start=4&end=6")["entries"]
    small.fault("swap", index=4)
    swapped = get_json(small, "get-entries?start=4&end=6")["entries"]
    assert swapped == [honest[1], honest[0], honest[2]]
    small.calm()
    small.fault("leaf-index", index=5)
    wrong = get_json(small, "get-entries?start=4&end=6")["entries"]
    small.calm()
    assert [w == h for w, h in zip(wrong, honest)] == [True, False, True]
    assert base64.b64decode(wrong[1]["leaf_input"])[-1] == 6


def test_bent_json(small):
    """What is deep is deep, what is a flood is one, and so on."""
    def bent(**how):
        small.fault("json", on="head", count=1, **how)
        return get(small.rfc6962, "ct/v1/get-sth")[1]
    assert bent(how="deep", n=1000) == b"[" * 1000
    assert b"[" * 99 + b"]" * 99 in bent(how="nest", n=99)
    assert len(bent(how="flood", size=1 << 20)) > 1 << 20
    assert b'"tree_size":1e400' in bent(
        how="value", name="tree_size", value="1e400").replace(b" ", b"")
    assert bent(how="member", name="timestamp", value="1",
                last=True).count(b'"timestamp"') == 2
    assert b"\xff\0" in bent(how="member", hex="22ff0022")


def test_header_flood(small):
    """A hundred lines; the answer is whole all the same."""
    small.fault("headers", lines=90, size=100, count=1)
    status, body, headers = get(small.rfc6962, "ct/v1/get-sth")
    assert status == 200 and json.loads(body)
    assert len(headers.get_all("X-flood")) == 90


def test_proxy(server):
    """Late, narrow, gone and back."""
    proxy = server.proxy(delay=0.1)
    log = server.new_log([{"filler": 40}], base_url=proxy.url)
    begin = time.monotonic()
    assert get_json(log, "get-sth")["tree_size"] == 40
    assert time.monotonic() - begin >= 0.2
    proxy.set(delay=0, rate=20000)
    begin = time.monotonic()
    get_json(log, "get-entries?start=0&end=39")
    assert time.monotonic() - begin >= 1
    proxy.set(gone=True, rate=0)
    with pytest.raises(ConnectionRefusedError):
        get(log.rfc6962, "ct/v1/get-sth")
    proxy.set(gone=False, reset=1.0, after=0)
    with pytest.raises(ConnectionError):
        get(log.rfc6962, "ct/v1/get-sth")
    counts = proxy.counts()
    assert counts["connections"] == 3 and counts["most"] == 1
    assert counts["reset"] == 1 and counts["bytes"] > 40000
    with pytest.raises(FakeLogError):
        proxy.set(colour="blue")


def test_trap(server):
    """It remembers who came."""
    trap = server.trap()
    assert trap.asked() == []
    assert get(trap.url + "/", "here")[0] == 200
    assert trap.asked()[0].startswith("GET /here")


def test_malformed_entries_are_in_the_tree(server):
    """They hash to the signed root, whatever they are."""
    kinds = ["type", "version", "trailing", "truncated", "garbage", "empty"]
    log = server.new_log([{"malformed": kind} for kind in kinds])
    size, root = verified_sth(log)
    entries = all_entries(log, size)
    assert mth([base64.b64decode(e["leaf_input"])
                for e in entries]) == root
    assert [e["malformed"] for e in log.truth()] == kinds


def test_control_refuses(server):
    """Mistakes in tests are told, not swallowed."""
    log = server.new_log()
    with pytest.raises(FakeLogError, match="no such fault"):
        log.fault("nonsense")
    with pytest.raises(FakeLogError, match="there is a log"):
        server.new_log(name=log.name)


def test_tls(server, tmp_path):
    """HTTPS with a certificate that is valid, expired, or another's."""
    log = server.new_log([{"filler": 1}])
    for how, good in (("valid", True), ("expired", False),
                      ("wrong-host", False)):
        ready = server.listen(tls=how)
        context = ssl.create_default_context(cadata=ready["ca_pem"])
        port = urllib.parse.urlsplit(ready["url"]).port
        connection = http.client.HTTPSConnection(
            "127.0.0.1", port, context=context, timeout=10)
        path = urllib.parse.urlsplit(log.static).path + "checkpoint"
        if good:
            connection.request("GET", path)
            assert connection.getresponse().status == 200
        else:
            with pytest.raises(ssl.SSLCertVerificationError):
                connection.request("GET", path)
        connection.close()


def test_log_list(server):
    """A list in the schema that monitors read."""
    one = server.new_log(description="First")
    two = server.new_log(operator="Second Operator")
    listed = server.log_list((one, "static"), (two, "rfc6962"))
    first, second = listed["operators"]
    assert first["tiled_logs"][0]["monitoring_url"] == one.static
    assert first["tiled_logs"][0]["description"] == "First"
    assert second["logs"][0]["log_id"] == two.log_id


def test_twenty_thousand_entries_are_quick(server):
    """Large logs are made in seconds."""
    log = server.new_log([{"filler": 20000}])
    assert log.describe()["size"] == 20000
    log.remove()
