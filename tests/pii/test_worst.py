"""Certificates made to cost time (reference pii.md 6.4: O(n), bounded
memory): each near the largest entry there can be, each of them read to an
end, and soon. What is not read of them is said."""
import json
import os
import resource
import subprocess

import pytest

from tests.e2e.helpers import BINARY, environment
from tests.fakelog import der
from tests.fakelog.mint import extension

from .build import certificate, general, seal, tbs

SIZE = 900_000
# An everyday certificate takes 20 MiB, tables and libraries included.
MEMORY = 32 << 20
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


def limited():
    """In the child: the memory that it may have."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


def read(folder, body):
    """What inspect says of a certificate, and the processor time it took,
    within the memory that an everyday certificate takes and a few MiB."""
    path = folder / "worst.der"
    path.write_bytes(body)
    with open(folder / "out", "w+b") as out:
        process = subprocess.Popen(
            [BINARY, "inspect", "--json", str(path)], stdout=out,
            env=environment(), preexec_fn=limited)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        assert process.returncode in (0, 65)
        found, = [json.loads(line) for line in out]
    return found, used.ru_utime


@pytest.mark.parametrize("shape", SHAPES)
def test_bounded(tmp_path, shape):
    """Read within a second of processor time (some ms, as a rule)."""
    body = SHAPES[shape]()
    found, seconds = read(tmp_path, body)
    print("%-32s %7d bytes %6.3f s %5d findings, %s" % (
        shape, len(body), seconds, len(found["findings"]), found["status"]))
    assert seconds < 1
    assert found["status"] != "partial" or found["problems"]
    assert len(found["findings"]) <= 4096
    assert len(found["problems"]) <= 64
