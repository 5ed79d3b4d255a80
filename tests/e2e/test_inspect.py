"""inspect: the personal data in certificates given as files.

The report for people and terminals is in test_inspect_report.py.
"""
import base64
import json
import os
import re
import subprocess
import threading

import pytest

from tests.fakelog import der
from tests.fakelog.mint import Mint
from tests.pii import build

from .helpers import BINARY, environment

SPEC = {"subject": [["GN", "Jane"], ["SN", "Roe"], ["CN", "Jane Roe"],
                    ["serialNumber", "PNOES-12345678Z"]],
        "sans": [["rfc822", "Jane.Roe@Example.com"],
                 ["upn", "jroe@corp.example.com"], ["dns", "example.com"]],
        "eku": ["emailProtection"], "policies": ["2.23.140.1.5.3.2"],
        "issuer": 1}
# interface.md section 4: the members of an object and of a finding, in order,
# each with the types that it may have.
OBJECT = {"file": str, "index": int, "format": (str, type(None)),
          "status": str, "sha256": (str, type(None)), "tbs_sha256": str,
          "classes": list, "ca": bool, "findings": list, "problems": list}
FINDING = {"kind": str, "side": str, "carrier": str, "path": str,
           "oid": (str, type(None)), "string_type": (str, type(None)),
           "value": str, "canonical": str, "confidence": str, "score": int,
           "reasons": list, "flags": list}
KINDS = ("email upn jid username name pseudonym national-id birth-date "
         "birth-place gender citizenship phone address title account-id "
         "uri-userinfo").split()
FORMATS = ["certificate", "precertificate", "tbs", "csr"]
STATUSES = ["parsed", "partial", "unparsed"]
CONFIDENCES = ["structured", "name", "possible", "free-text"]


def check_members(thing, members):
    """Exactly these, in this order, of these types."""
    assert list(thing) == list(members)
    for member, types in members.items():
        value = thing[member]
        assert isinstance(value, types), (member, value)
        assert types is not int or not isinstance(value, bool)


def check_object(thing):
    """All that the contract says of an object."""
    check_members(thing, OBJECT)
    assert thing["status"] in STATUSES
    assert thing["format"] in FORMATS + [None]
    assert (thing["format"] is None) <= (thing["status"] == "unparsed")
    assert (thing["sha256"] is None) == (thing["format"] == "tbs")
    for name in ("sha256", "tbs_sha256"):
        assert thing[name] is None or re.fullmatch("[0-9a-f]{64}",
                                                   thing[name])
    for finding in thing["findings"]:
        check_members(finding, FINDING)
        assert finding["kind"] in KINDS
        assert finding["side"] in ("subject", "issuer")
        assert finding["confidence"] in CONFIDENCES
        assert 0 <= finding["score"] <= 100
        assert finding["canonical"] and finding["reasons"]
        assert finding["oid"] is None or re.fullmatch(
            r"\d+(\.\d+)+", finding["oid"])
        assert all(isinstance(text, str) for text in
                   finding["reasons"] + finding["flags"])
    for problem in thing["problems"]:
        check_members(problem, {"path": str, "what": str})


@pytest.fixture(scope="module")
def minted():
    """One certificate in all its forms."""
    return Mint().mint(SPEC)


def inspect(work, *arguments, status=0, **how):
    """The objects that inspect --json prints, one a line."""
    result = work.run("inspect", "--json", *arguments, **how).expect(status)
    assert result.out == "" or result.out.endswith("\n")
    objects = [json.loads(line) for line in result.out.split("\n")[:-1]]
    for thing in objects:
        check_object(thing)
    return objects


def pem(der, label="CERTIFICATE"):
    """The PEM form."""
    body = base64.encodebytes(der).decode()
    return "-----BEGIN %s-----\n%s-----END %s-----\n" % (label, body, label)


def request(subject, sans):
    """A certification request (RFC 2986) with a subjectAltName."""
    wanted = der.seq(*build.extensions_of(sans=sans))
    return build.seal(der.seq(
        der.integer(0), build.name(subject), build.SPKI,
        der.explicit(0, der.seq(der.oid("1.2.840.113549.1.9.14"),
                                der.setof(wanted)))))


@pytest.mark.smoke
@pytest.mark.parametrize("form,attribute", [
    ("certificate", "final"), ("precertificate", "precertificate"),
    ("tbs", "tbs")])
def test_object(work, minted, form, attribute):
    """The object's shape, and what is in it, in each form."""
    path = work.write("in.der", getattr(minted, attribute))
    found, = inspect(work, path)
    assert found["format"] == form and found["status"] == "parsed"
    assert found["file"].endswith("in.der") and found["index"] == 0
    assert found["tbs_sha256"] == minted.family.hex()
    assert found["ca"] is False and found["problems"] == []
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


def test_nothing_in_it(work):
    """65 when there is no certificate; still one object."""
    path = work.write("no.txt", "hello, world\n")
    found, = inspect(work, path, status=65)
    assert found["format"] is None and found["status"] == "unparsed"
    assert found["classes"] == [] and found["ca"] is False
    assert found["findings"] == []
    assert [p["path"] for p in found["problems"]] == ["file"]
    for bad in ("empty", "address"):
        path = work.write(bad, "" if bad == "empty" else "jane@example.com")
        found, = inspect(work, path, status=65)
        assert found["format"] is None
        assert [f["confidence"] for f in found["findings"]] == (
            [] if bad == "empty" else ["free-text"])


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


def test_fail_on_counts_what_the_contract_says(work):
    """Not the issuer, nor what is only possible or in other text."""
    issuer = build.ISSUER + [["emailAddress", "ca@example.com"]]
    texts = [["2.16.840.1.113730.1.13", der.string(
        "ask jane@example.com", "IA5String")]]
    path = work.write("a.der", build.certificate(
        issuer=issuer, subject=[["CN", "Jane Roe"]], eku=["serverAuth"],
        extra=texts))
    found, = inspect(work, path)
    assert {(f["side"], f["confidence"]) for f in found["findings"]} >= {
        ("issuer", "structured"), ("subject", "free-text")}
    work.run("inspect", "--fail-on", "email", path).expect(0)


@pytest.mark.parametrize("word", ["shoe-size", "", "email,", "Email", "all"])
def test_unknown_kind(work, minted, word):
    """64, nothing read, and every kind is named."""
    path = work.write("in.der", minted.final)
    result = work.run("inspect", "--fail-on", word, path).expect(64)
    assert result.out == ""
    line, = result.err.splitlines()
    assert line.endswith("kinds are any, " + ", ".join(KINDS))


# --- several inputs ---------------------------------------------------------

def test_worst_status(work, minted):
    """Every input is read; 66 goes before 65, 65 before 1, 1 before 0."""
    good = work.write("good.der", minted.final)
    bad = work.write("bad.txt", "nothing")
    for status, names in ((1, [good]), (65, [good, bad]),
                          (66, [good, bad, "nowhere"]),
                          (66, ["nowhere", bad, good]), (66, [".", good]),
                          (74, ["nowhere", "/proc/self/mem", bad, good])):
        result = work.run("inspect", "--json", "--fail-on", "any",
                          *names).expect(status)
        read = [n for n in names if n in (good, bad)]
        assert [json.loads(line)["file"] for line in
                result.out.splitlines()] == [str(n) for n in read]
        assert len(result.err.splitlines()) == len(names) - len(read)


def test_folder(work):
    """A folder is named, and how its files are."""
    result = work.run("inspect", work.path).expect(66)
    assert "is a directory" in result.err and "find DIR" in result.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(work, minted):
    """77, and the others are read."""
    closed = work.write("closed.der", minted.final)
    closed.chmod(0)
    good = work.write("good.der", minted.final)
    result = work.run("inspect", "--json", closed, good).expect(77)
    assert "closed.der" in result.err and "good.der" in result.out


def test_three_thousand_files(work, minted):
    """One call; a line for each, and the sum of it."""
    host = Mint().mint({"subject": [["CN", "www.example.com"]],
                        "sans": [["dns", "www.example.com"]]})
    names = []
    for k in range(3000):
        names.append("%d.der" % k)
        work.write(names[-1], host.final if k % 10 else minted.final)
    found = inspect(work, *names)
    assert [f["file"] for f in found] == names
    assert [bool(f["findings"]) for f in found] == [
        k % 10 == 0 for k in range(3000)]
    result = work.run("inspect", "--fail-on", "email", *names).expect(1)
    assert result.err == (
        "indelible: 3000 files, 3000 certificates, 300 with personal data of "
        "the subject: email 300, upn 300, name 300, national-id 300; 300 "
        "refused by --fail-on\n")
    assert result.out.count(": no personal data found\n") == 2700


def peak(work, names):
    """The most memory, in KiB, that a run over these files takes. The last
    thing it reads is a pipe, at which it can be looked at."""
    fifo = work.path / "gate"
    if not fifo.exists():
        os.mkfifo(fifo)
    with subprocess.Popen(
            [BINARY, "inspect", "--json"] + names + ["gate"], cwd=work.path,
            env=environment(), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL) as process:
        timer = threading.Timer(60, process.kill)
        timer.start()
        with open(fifo, "wb"), open("/proc/%d/status" % process.pid,
                                    encoding="utf-8") as status:
            most, = re.findall(r"VmHWM:\s*(\d+)", status.read())
        assert process.wait() == 65
        timer.cancel()
    return int(most)


@pytest.mark.skipif("san/" in BINARY, reason="sanitizers keep what is freed")
def test_memory_is_constant(work, minted):
    """Ten thousand certificates take no more than a hundred."""
    work.write("in.der", minted.final)
    few = peak(work, ["in.der"] * 100)
    assert peak(work, ["in.der"] * 10000) < few + 2048


@pytest.mark.parametrize("json_form", [True, False])
def test_written_at_once(work, minted, json_form):
    """What is known is written while the next input is waited for."""
    path = work.write("in.der", minted.final)
    fifo = work.path / "slow"
    os.mkfifo(fifo)
    arguments = ["inspect"] + (["--json"] if json_form else [])
    with subprocess.Popen(
            [BINARY] + arguments + [str(path), str(fifo)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment()) as process:
        timer = threading.Timer(60, process.kill)
        timer.start()
        first = process.stdout.readline()
        assert b"in.der" in first
        fifo.write_bytes(minted.precertificate)
        rest, _ = process.communicate(timeout=60)
        timer.cancel()
        assert b"precertificate" in rest and process.returncode == 0


def test_mixed_bundle(work, minted):
    """Everything in one stream; keys between are passed over."""
    wanted = request([["CN", "Jane Roe"]], [["rfc822", "j@example.com"]])
    text = pem(b"secret", "PRIVATE KEY") + pem(wanted, "CERTIFICATE REQUEST") \
        + "noise\n" + pem(minted.precertificate).replace("\n", "\r\n") \
        + pem(minted.final, "TRUSTED CERTIFICATE") + pem(b"?") \
        + pem(b"secret", "EC PRIVATE KEY")
    found = inspect(work, "-", stdin=text)
    assert [f["format"] for f in found] == [
        "csr", "precertificate", "certificate", None]
    assert [f["index"] for f in found] == [0, 1, 2, 3]
    assert {f["file"] for f in found} == {"-"}
    work.run("inspect", "--fail-on", "upn", "-", stdin=text).expect(1)
    result = work.run("inspect", "-", stdin=text).expect(0)
    assert result.out.startswith("standard input: certificate signing")
    assert "standard input, no. 4: no certificate" in result.out


def test_der_on_stdin(minted):
    """DER behind DER."""
    done = subprocess.run(
        [BINARY, "inspect", "--json", "-"], check=True, env=environment(),
        input=minted.final + minted.precertificate, stdout=subprocess.PIPE)
    assert [json.loads(line)["format"] for line in
            done.stdout.splitlines()] == ["certificate", "precertificate"]


def test_number_in_other_values(work):
    """A number that is masked is masked wherever it stands."""
    path = work.write("a.der", build.certificate(
        subject=[["CN", "ROE JANE 47101010033"], ["GN", "Jane"],
                 ["SN", "Roe"], ["serialNumber", "PNOEE-47101010033"],
                 ["UID", "47101010033"]],
        sans=[["rfc822", "47101010033@example.ee"],
              ["upn", "47101010033@example.ee"]],
        eku=["emailProtection"]))
    for arguments in ([], ["--json"]):
        assert "47101010033" not in work.run("inspect", *arguments, path).out
        assert "47101010033@example.ee" in work.run(
            "inspect", "--reveal", *arguments, path).out
    assert "…33@example.ee" in work.run("inspect", path).out


@pytest.mark.parametrize("common,shown", [
    ("DOE.JOHN.Q.1234567890", "DOE.JOHN.Q.…90"),
    ("JANE ROE:12345678909", "JANE ROE:…09"),
    ("ROE JANE - 12345678Z", "ROE JANE - …8Z"),
    ("홍길동(Hong)0011041202012281110003", "홍길동(Hong)…03"),
    ("Jane Roe 80.01.01-123.45", "Jane Roe …45")])
def test_number_in_a_name(work, common, shown):
    """It is masked, and nothing else of the name."""
    path = work.write("a.der", build.certificate(
        subject=[["CN", common], ["GN", "Jane"]]))
    found = json.loads(work.run("inspect", "--json", path).out)["findings"]
    assert shown in [f["value"] for f in found]


def test_names_of_files(work, minted):
    """Names that are not UTF-8 do not spoil the JSON."""
    name = os.fsencode(work.path) + b"/\xff\x1b[31m.der"
    with open(name, "wb") as file:
        file.write(minted.final)
    for arguments in (["--json"], []):
        done = subprocess.run(
            [os.fsencode(BINARY), b"inspect"] +
            [os.fsencode(a) for a in arguments] + [name], check=True,
            env=environment(), stdout=subprocess.PIPE)
        assert b"\x1b" not in done.stdout
        text = done.stdout.decode()
        assert not arguments or json.loads(text)["file"].endswith(
            "/\ufffd\x1b[31m.der")
