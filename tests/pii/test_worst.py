"""Certificates made to cost time (reference pii.md 6.4: O(n), bounded
memory): each near the largest entry there can be, each of them read to an
end, and soon. What is not read of them is said."""
import resource
import time

import pytest

from tests.fakelog import der
from tests.fakelog.mint import extension

from .build import certificate, general, seal, tbs
from .inspect import inspect_files

SIZE = 900_000
UNKNOWN = "1.3.6.1.4.1.99999.4"


def names(one):
    """A subjectAltName of very many of these."""
    return certificate(extra=[("2.5.29.17", der.seq(
        one * (SIZE // len(one))))])


def subject(values):
    """A subject of very many attributes."""
    rdn = b"".join(der.setof(der.seq(der.oid(dotted), der.string(text)))
                   for dotted, text in values)
    signed = der.children(tbs())
    signed[5] = der.seq(rdn * (SIZE // len(rdn)))
    return seal(der.seq(*signed))


def scanned(body):
    """An extension that nobody knows, with this in it."""
    return certificate(extra=[(UNKNOWN, body)])


def fill(text):
    """This again and again."""
    return (text * (SIZE // len(text) + 1))[:SIZE]


def nested(depth):
    """SEQUENCEs inside of each other."""
    body = b""
    for _ in range(depth):
        body = der.seq(body)
    return body


def deep_names(depth):
    """directoryName in directoryName."""
    body = der.string("jane.roe@example.com")
    for _ in range(depth):
        body = der.explicit(4, der.seq(der.setof(der.seq(
            der.oid("2.5.4.3"), body))))
    return certificate(extra=[("2.5.29.17", der.seq(body))])


SHAPES = {
    "many rfc822Names": lambda: names(general("rfc822", "j@example.com")),
    "many empty names": lambda: names(general("rfc822", "")),
    "many URIs": lambda: names(general(
        "uri", "mailto:%6a%40example.com,k@example.com")),
    "many UPNs": lambda: names(general("upn", "j@example.com")),
    "many directoryNames": lambda: names(general("dirname", [
        ["GN", "Jane"], ["SN", "Roe"], ["CN", "Jane Roe"]])),
    "many commonNames": lambda: subject([("2.5.4.3", "Jane Roe")]),
    "many names": lambda: subject([("2.5.4.42", "Jane"),
                                   ("2.5.4.4", "Roe"),
                                   ("2.5.4.3", "Roe, Jane")]),
    "one endless name": lambda: subject([("2.5.4.3", "Jane " * 170000)]),
    "one endless address": lambda: scanned(der.string("a" * SIZE + "@b.c")),
    "only at signs": lambda: scanned(fill(b"@")),
    "at signs in a string": lambda: scanned(der.string("@" * SIZE)),
    "addresses in a string": lambda: scanned(der.string(
        "jane@example.com " * (SIZE // 17))),
    "addresses without a string": lambda: scanned(fill(
        b"jane@example.com \0")),
    "dots": lambda: scanned(der.string("a@" + "b." * (SIZE // 2))),
    "quotation marks": lambda: scanned(der.string('"@' * (SIZE // 2))),
    "brackets": lambda: scanned(der.string("<(@" * (SIZE // 3))),
    "escapes": lambda: scanned(der.string("%40&#64;" * (SIZE // 8))),
    "marks": lambda: scanned(der.string("e\u0301\u0323@" * (SIZE // 6))),
    "the longest fold": lambda: scanned(der.string("\ufdfa@" * (SIZE // 4))),
    "accents before letters": lambda: scanned(der.tlv(
        0x14, b"\xc8u\xc2e@" * (SIZE // 5))),
    "UTF-8 in UTF-8": lambda: scanned(der.string(
        "Ã©@" * (SIZE // 5))),
    "tiny TLVs": lambda: scanned(der.seq(b"\5\0" * (SIZE // 2))),
    "tiny strings": lambda: scanned(der.seq(b"\x0c\1@" * (SIZE // 3))),
    "segments": lambda: scanned(der.seq(
        b"\x2c\5\x0c\3a@b" * (SIZE // 7))),
    "segments in segments": lambda: scanned(
        b"\x2c\x80" * 400 + b"\x0c\3a@b" + b"\0\0" * 400),
    "indefinite lengths": lambda: scanned(fill(b"\x30\x80")),
    "indefinite, ended": lambda: scanned(
        b"\x30\x80" * (SIZE // 4) + b"\0\0" * (SIZE // 4)),
    "too deep": lambda: scanned(nested(20000)),
    "names too deep": lambda: deep_names(200),
    "octet strings in octet strings": lambda: scanned(
        b"".join(b"\4\x84" + (SIZE - 6 * k).to_bytes(4, "big")
                 for k in range(1, SIZE // 6))),
    "many extensions": lambda: seal(tbs(extensions=[extension(
        UNKNOWN, der.string("j@example.com"))] * (SIZE // 40))),
    "many subjectAltNames": lambda: seal(tbs(extensions=[extension(
        "2.5.29.17", der.seq(general("rfc822", "j@example.com")))] *
        (SIZE // 35))),
    "many requests for classes": lambda: seal(tbs(extensions=[extension(
        "2.5.29.37", der.seq(der.oid("1.3.6.1.5.5.7.3.4") * 100))] *
        (SIZE // 1100))),
    "strings, none of them whole": lambda: b"\x30\x83\x0d\xbb\xa0" + fill(
        b"\x30\x80\x16\x09j@exam.pl,\xff\xfe"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_bounded(tmp_path, shape):
    """Read within a second of processor time, in little memory."""
    body = SHAPES[shape]()
    path = tmp_path / "worst.der"
    path.write_bytes(body)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    (found,), = inspect_files([path], 30)
    spent = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime - before.ru_utime
    print("%-32s %7d bytes %6.3f s  %5d findings, %s" % (
        shape, len(body), used, len(found["findings"]), found["status"]))
    assert used < 1, "%.2f s (%.2f s by the clock)" % (used, spent)
    assert found["status"] != "partial" or found["problems"]
    assert len(found["findings"]) <= 4096
    assert len(found["problems"]) <= 64
