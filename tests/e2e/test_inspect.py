"""inspect: the personal data in certificates given as files."""
import base64
import json

import pytest

from tests.fakelog.mint import Mint

SPEC = {"subject": [["GN", "Jane"], ["SN", "Roe"], ["CN", "Jane Roe"],
                    ["serialNumber", "PNOES-12345678Z"]],
        "sans": [["rfc822", "Jane.Roe@Example.com"],
                 ["upn", "jroe@corp.example.com"], ["dns", "example.com"]],
        "eku": ["emailProtection"], "policies": ["2.23.140.1.5.3.2"],
        "issuer": 1}
KEYS = {"file", "index", "format", "status", "sha256", "tbs_sha256",
        "classes", "ca", "findings", "problems"}
FINDING = {"kind", "side", "carrier", "path", "oid", "string_type", "value",
           "canonical", "confidence", "score", "reasons", "flags"}


@pytest.fixture(scope="module")
def minted():
    """One certificate in all its forms."""
    return Mint().mint(SPEC)


def inspect(work, *arguments, status=0, **how):
    """The objects that inspect --json prints."""
    result = work.run("inspect", "--json", *arguments, **how).expect(status)
    return [json.loads(line) for line in result.out.splitlines()]


def pem(der, label="CERTIFICATE"):
    """The PEM form."""
    body = base64.encodebytes(der).decode()
    return "-----BEGIN %s-----\n%s-----END %s-----\n" % (label, body, label)


@pytest.mark.smoke
@pytest.mark.parametrize("form,attribute", [
    ("certificate", "final"), ("precertificate", "precertificate"),
    ("tbs", "tbs")])
def test_object(work, minted, form, attribute):
    """The object's shape, and what is in it, in each form."""
    path = work.write("in.der", getattr(minted, attribute))
    found, = inspect(work, path)
    assert set(found) == KEYS
    assert found["format"] == form and found["status"] == "parsed"
    assert found["file"].endswith("in.der") and found["index"] == 0
    assert found["tbs_sha256"] == minted.family.hex()
    assert found["ca"] is False and found["problems"] == []
    assert all(set(f) == FINDING for f in found["findings"])
    canonical = {(f["kind"], f["canonical"]) for f in found["findings"]
                 if f["side"] == "subject"}
    assert ("email", "jane.roe@example.com") in canonical
    assert ("name", "jane roe") in canonical
    assert any(kind == "upn" for kind, _ in canonical)
    assert any(kind == "national-id" for kind, _ in canonical)


def test_email_finding(work, minted):
    """One finding field by field."""
    path = work.write("in.der", minted.final)
    found, = inspect(work, path)
    email, = [f for f in found["findings"]
              if f["carrier"] == "san.rfc822Name"]
    assert email["value"] == "Jane.Roe@Example.com"
    assert email["canonical"] == "jane.roe@example.com"
    assert email["string_type"] == "IA5String"
    assert email["confidence"] == "structured" and email["score"] == 100
    assert email["path"] == "ext[2.5.29.17][0]"
    assert email["oid"] == "2.5.29.17"
    assert email["flags"] == []


def test_numbers_are_masked(work, minted):
    """National numbers only with --reveal."""
    path = work.write("in.der", minted.final)
    assert "12345678Z" not in work.run("inspect", "--json", path).out
    assert "12345678Z" not in work.run("inspect", path).expect(0).out
    assert "12345678Z" in work.run("inspect", "--json", "--reveal",
                                   path).out


def test_bundle(work, minted):
    """Several certificates in one PEM file, several files, stdin."""
    bundle = pem(minted.final) + "text between\n" + pem(minted.final)
    path = work.write("bundle.pem", bundle)
    found = inspect(work, path)
    assert [f["index"] for f in found] == [0, 1]
    other = work.write("one.der", minted.precertificate)
    assert len(inspect(work, path, other)) == 3
    assert len(inspect(work, "-", stdin=bundle)) == 2


def test_text(work, minted):
    """Without --json: for people, on stdout."""
    path = work.write("in.der", minted.final)
    result = work.run("inspect", path).expect(0)
    assert "Jane.Roe@Example.com" in result.out and result.err == ""


def test_nothing_in_it(work):
    """65 when there is no certificate; still one object."""
    path = work.write("no.txt", "hello, world\n")
    found, = inspect(work, path, status=65)
    assert found["format"] is None and found["status"] == "unparsed"


def test_missing_file(work):
    """66."""
    result = work.run("inspect", "nowhere.der").expect(66)
    assert "nowhere.der" in result.err


def test_partial_is_done(work, minted):
    """Cut short: partial, and 0."""
    path = work.write("cut.der", minted.final[:-40])
    found, = inspect(work, path)
    assert found["status"] == "partial"
    assert any(f["canonical"] == "jane.roe@example.com"
               for f in found["findings"])


@pytest.mark.parametrize("kinds,status", [
    ("email", 1), ("name", 1), ("phone", 0), ("phone,email", 1),
    ("any", 1), ("gender,title", 0)])
def test_fail_on(work, minted, kinds, status):
    """1 when a kind is found."""
    path = work.write("in.der", minted.final)
    work.run("inspect", "--fail-on", kinds, path).expect(status)


def test_fail_on_nonsense(work, minted):
    """64 for a kind that there is not; 65 goes before 1."""
    path = work.write("in.der", minted.final)
    work.run("inspect", "--fail-on", "shoe-size", path).expect(64)
    bad = work.write("no.txt", "nothing")
    work.run("inspect", "--fail-on", "email", path, bad).expect(65)


def test_fail_on_nothing_to_find(work):
    """A host's certificate has nobody's data."""
    host = Mint().mint({"subject": [["CN", "www.example.com"]],
                        "sans": [["dns", "www.example.com"]]})
    path = work.write("host.der", host.final)
    work.run("inspect", "--fail-on", "any", path).expect(0)


@pytest.mark.parametrize("text", [
    "Jane\x1b[31m Roe", "Jane\u202eeoR", "Jane\nRoe", "Jane\x00Roe"])
def test_hostile_text_is_made_safe(work, text):
    """Nothing in a certificate moves the terminal."""
    hostile = Mint().mint({"subject": [["CN", text]], "sans": [
        ["rfc822", "jane@example.com"]]})
    path = work.write("hostile.der", hostile.final)
    for arguments in ([], ["--json"]):
        out = work.run("inspect", *arguments, path).expect(0).out
        for character in "\x1b\u202e\x00":
            assert character not in out
