"""inspect: what else people give to it: PKCS #7, keys by mistake, wrappings.

Certificates and requests themselves are in test_inspect.py.
"""
import base64
import json
import os
import subprocess
import threading

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from tests.fakelog import der
from tests.pii import build

from .helpers import BINARY, environment
from .test_inspect import inspect, pem, request

JANE = build.certificate(sans=[["rfc822", "jane@example.com"]])
JOHN = build.certificate(sans=[["rfc822", "john@example.com"]])
DATA = "1.2.840.113549.1.7.1"
SIGNED_DATA = "1.2.840.113549.1.7.2"
Form = serialization.PrivateFormat
Coding = serialization.Encoding


def bundle(*certificates):
    """PKCS #7 that only carries certificates."""
    return der.seq(der.oid(SIGNED_DATA), der.explicit(0, der.seq(
        der.integer(1), der.setof(), der.seq(der.oid(DATA)),
        der.explicit(0, b"".join(certificates)), der.setof())))


def endless(tlv):
    """The same with an indefinite length (BER)."""
    length = tlv[1] - 0x80 if tlv[1] > 0x80 else 0
    return tlv[:1] + b"\x80" + tlv[2 + length:] + b"\0\0"


def mails(objects):
    """The addresses of each object."""
    return [[f["value"] for f in o["findings"]] for o in objects]


BOTH = bundle(JANE, JOHN)
PKCS7_FORMS = {
    "der": BOTH, "ber": endless(BOTH),
    "pem": pem(BOTH, "PKCS7"), "cms": pem(BOTH, "CMS"),
    "windows": pem(BOTH).replace("\n", "\r\n"),
    "base64": base64.encodebytes(BOTH),
    "mark": b"\xef\xbb\xbf\r\n" + base64.encodebytes(BOTH),
    "between": "text\n" + pem(BOTH, "PKCS7") + "text\n",
}


@pytest.mark.smoke
@pytest.mark.parametrize("form", PKCS7_FORMS)
def test_pkcs7(work, form):
    """The certificates in PKCS #7, however it is wrapped."""
    path = work.write("chain.p7b", PKCS7_FORMS[form])
    found = inspect(work, path)
    assert mails(found) == [["jane@example.com"], ["john@example.com"]]
    assert [(f["index"], f["format"], f["status"]) for f in found] == [
        (0, "certificate", "parsed"), (1, "certificate", "parsed")]
    work.run("inspect", "--fail-on", "email", path).expect(1)


def test_pkcs7_among_others(work):
    """Blocks before and behind it are read too."""
    text = pem(JOHN) + pem(BOTH, "PKCS7") + pem(b"?", "PKCS7") + pem(JANE)
    found = inspect(work, "-", stdin=text)
    assert mails(found) == [["john@example.com"], ["jane@example.com"],
                            ["john@example.com"], ["jane@example.com"]]


@pytest.mark.parametrize("content", [
    bundle(), bundle(der.integer(1)), BOTH[:40], pem(bundle(), "PKCS7"),
    pem(BOTH[:40], "CMS")])
def test_pkcs7_without_certificates(work, content):
    """65, and said so."""
    path = work.write("a.p7b", content)
    assert work.run("inspect", path).expect(65).out == (
        "%s: no certificate: PKCS #7, but no certificate in it\n" % path)
    found, = inspect(work, path, status=65)
    assert found["problems"] == [{
        "path": "file", "what": "PKCS #7, but no certificate in it"}]


def keys():
    """Private keys in all forms."""
    curve = ec.generate_private_key(ec.SECP256R1())
    prime = rsa.generate_private_key(65537, 2048)
    plain = serialization.NoEncryption()
    secret = serialization.BestAvailableEncryption(b"x")
    for name, key in (("ec", curve), ("rsa", prime)):
        for form in (Form.PKCS8, Form.TraditionalOpenSSL):
            for code in (Coding.PEM, Coding.DER):
                yield "%s-%s-%s" % (name, form.name, code.name), \
                    key.private_bytes(code, form, plain)
        for code in (Coding.PEM, Coding.DER):
            yield "%s-secret-%s" % (name, code.name), key.private_bytes(
                code, Form.PKCS8, secret)
        yield name + "-ssh", key.private_bytes(
            Coding.PEM, Form.OpenSSH, plain)


def test_key_by_mistake(work):
    """Said what it is; nothing of it is shown, nor looked at."""
    for name, content in keys():
        forms = [content]
        if not content.startswith(b"-----"):
            forms.append(base64.encodebytes(content))
        for text in forms:
            path = work.write(name, text)
            result = work.run("inspect", path).expect(65)
            assert result.out == (
                "%s: no certificate: a private key: nobody should see it, and "
                "it was not looked at\n" % path)
            found, = inspect(work, path, status=65)
            assert found["format"] is None and found["findings"] == []
            assert "a private key" in found["problems"][0]["what"]


def test_key_under_another_label(work):
    """What it is counts, not what it is called."""
    for name, content in keys():
        if name.endswith("DER"):
            path = work.write("a.pem", pem(content))
            assert work.run("inspect", path).expect(65).out.startswith(
                "%s: no certificate: a private key" % path)
            path = work.write("b.pem", pem(content) + pem(JANE))
            assert mails(inspect(work, path)) == [["jane@example.com"]]


def test_text_beside_key(work):
    """An address around a key is the key's, not to be shown."""
    path = work.write("a.key", "jane@example.com\n" + pem(b"?", "PRIVATE KEY"))
    assert "jane" not in work.run("inspect", path).expect(65).out


@pytest.mark.parametrize("arguments", [[], ["--json"], ["-q"]])
def test_key_beside_certificate(work, arguments):
    """The certificate is read, and the key warned of."""
    content = pem(b"?", "EC PRIVATE KEY") + pem(JANE)
    path = work.write("both.pem", content)
    result = work.run("inspect", *arguments, path).expect(0)
    assert "jane@example.com" in result.out
    assert result.err == ("indelible: %s: a private key is in it too; it was "
                          "passed over\n" % path)
    assert work.run("inspect", *arguments, "-", stdin=content).err.startswith(
        "indelible: standard input: a private key")


def test_pkcs12(work):
    """How to take the certificates out."""
    key = ec.generate_private_key(ec.SECP256R1())
    path = work.write("jane.p12", pkcs12.serialize_key_and_certificates(
        b"jane", key, None, None, serialization.BestAvailableEncryption(b"x")))
    text = work.run("inspect", path).expect(65).out
    assert "PKCS #12, which holds a private key too" in text
    assert "`openssl pkcs12 -nokeys -in FILE`" in text


OTHERS = {
    "": "the file is empty",
    "secret": "neither PEM, nor DER of a certificate or request",
    "MAAAAA==": "neither PEM, nor DER of a certificate or request",
    "\n<!DOCTYPE html><p>404": "a web page or XML, as of a download that "
                               "failed",
    pem(b"?", "PUBLIC KEY"): "a public key, without a certificate",
    pem(b"?", "X509 CRL"): "a list of revoked certificates (CRL)",
    pem(b"?", "DH PARAMETERS"): "PEM, but no certificate or request in it",
    pem(JANE).encode("utf-16"): "text in UTF-16; save it as UTF-8",
    b"PK\x03\x04more": "a ZIP archive; unpack it",
    b"\x1f\x8bmore": "compressed with gzip; unpack it",
    b"\xfe\xed\xfe\xed\0\0\0\2": "a key store of Java; `keytool -list -rfc "
    "-keystore FILE` prints the certificates in it",
    "ssh-ed25519 AAAA": "a public key of SSH, without a certificate",
    "Content-Type: application/pkcs7-mime\n\nMIIB": "a signed mail; `openssl "
    "smime -pk7out -in FILE | indelible inspect -` shows the certificates in "
    "it",
    der.seq(der.oid("1.2.840.113549.1.7.3")): "PKCS #7 that is encrypted or "
    "not signed",
}


@pytest.mark.parametrize("content", OTHERS)
def test_others(work, content):
    """One line that says what it is instead, and what to do."""
    path = work.write("a.txt", content)
    assert work.run("inspect", path).expect(65).out == (
        "%s: no certificate: %s\n" % (path, OTHERS[content]))
    found, = inspect(work, path, status=65)
    assert found["problems"] == [{"path": "file", "what": OTHERS[content]}]


def test_wrappings(work):
    """Text around PEM, CRLF, marks, and base64 alone are no hindrance."""
    wanted = request([["CN", "Jane Roe"]], [["rfc822", "jane@example.com"]])
    for text in ("\ufeff" + pem(wanted, "CERTIFICATE REQUEST"),
                 pem(JANE).replace("\n", "\r\n"),
                 "<pre>" + pem(JANE) + "</pre>",
                 "Bag Attributes\n  friendlyName: jane\n" + pem(JANE),
                 "\r\n \t" + base64.encodebytes(JANE).decode(),
                 base64.b64encode(JANE).decode()):
        found, = inspect(work, work.write("a", text))
        assert "jane@example.com" in mails([found])[0]
        assert found["status"] == "parsed"


@pytest.mark.skipif("san/" in BINARY, reason="sanitizers keep what is freed")
def test_endless(work):
    """65 once it is too much, and no more memory than that takes."""
    with subprocess.Popen(
            [BINARY, "inspect", "/dev/zero"], env=environment(),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        timer = threading.Timer(60, process.kill)
        timer.start()
        said = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 65
    assert said == b"indelible: /dev/zero: is larger than any input may be " \
        b"(1 GiB)\n"
    assert usage.ru_maxrss < 1100 << 10
    path = work.write("a.der", JANE)
    os.truncate(path, (1 << 30) + 1)
    assert "is larger" in work.run("inspect", path, seconds=1).expect(65).err


def test_closed_output(work):
    """Nobody reads on: 74 and a message, or the end by the signal."""
    path = work.write("a.der", JANE)
    reader, writer = os.pipe()
    os.close(reader)
    for restore, status in ((True, -13), (False, 74)):
        done = subprocess.run(
            [BINARY, "inspect", "--json", str(path)], stdout=writer,
            env=environment(), stderr=subprocess.PIPE, check=False,
            restore_signals=restore)
        assert done.returncode == status
        assert status < 0 or done.stderr == (
            b"indelible: standard output: Broken pipe\n")
    os.close(writer)
    with open("/dev/full", "wb") as full:
        done = subprocess.run([BINARY, "inspect", str(path)], stdout=full,
                              env=environment(), stderr=subprocess.PIPE,
                              check=False)
    assert done.returncode == 74 and b"No space left" in done.stderr
    assert json.loads(work.run("inspect", "--json", path).out)
