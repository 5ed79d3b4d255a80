"""inspect: the report for people, into a file and on terminals."""
import fcntl
import os
import pathlib
import pty
import re
import struct
import subprocess
import termios
import unicodedata

import pytest

from tests.fakelog.mint import Mint
from tests.pii import build

from .helpers import BINARY, ROOT, environment
from .test_inspect import CONFIDENCES, FINDING, FORMATS, KINDS, OBJECT, \
    STATUSES, pem, request

# The certificate of README.md: new.crt.
SAMPLE = {
    "subject": [["C", "ES"], ["GN", "Jane"], ["SN", "Roe"],
                ["CN", "Jane Roe"], ["serialNumber", "IDCES-12345678Z"],
                ["emailAddress", "jane.roe@example.com"]],
    "sans": [["rfc822", "jane.roe@example.com"]],
    "eku": ["emailProtection"], "policies": ["2.23.140.1.5.4.2"]}
HOSTILE = ["Jane\x1b[31m Roe", "Jane\x1b]0;x\x07 Roe", "Jane \u202eeoR",
           "Jane\nRoe", "Jane\r Roe", "Jane\x00 Roe", "Jane\u2066 Roe\u2069",
           "Jane\x9b31m Roe", "Jane\u2028Roe", "Jane \u200bRoe"]
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def terminal(work, *arguments, columns=80, **env):
    """Run inspect on a terminal of that width; what it shows."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ,
                struct.pack("HHHH", 24, columns, 0, 0))
    variables = dict(environment(), **dict({"TERM": "xterm"}, **env))
    if "NO_COLOR" not in env:
        del variables["NO_COLOR"]
    with subprocess.Popen(
            [BINARY, "inspect"] + [str(a) for a in arguments], stdout=theirs,
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            cwd=work.path, env=variables) as process:
        os.close(theirs)
        out = b""
        while True:
            try:
                some = os.read(ours, 65536)
            except OSError:     # the other side is closed
                break
            if not some:
                break
            out += some
    os.close(ours)
    return out.decode().replace("\r\n", "\n")


def width(line):
    """Columns of a line."""
    return sum(0 if unicodedata.combining(c) else
               2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in line)


def report(work, der, *arguments, name="a.der"):
    """What a person reads about a certificate."""
    return work.run("inspect", *arguments, work.write(name, der).name
                    ).expect(0).out


def flowing(text):
    """The text without its lines."""
    return " ".join(text.split())


def test_readme(work):
    """README.md shows what the program prints."""
    shown = report(work, build.certificate(**SAMPLE), name="new.crt")
    readme = (pathlib.Path(ROOT) / "README.md").read_text(encoding="utf-8")
    block = readme.split("$ indelible inspect new.crt\n")[1].split("```")[0]
    assert block == shown


def test_words(work):
    """The whole report of one certificate, in words."""
    text = flowing(report(work, build.certificate(**SAMPLE)))
    for words in (
            "a.der: certificate class e-mail of a person issuer Example "
            "Issuing CA, Example Trust valid 2026-01-01 to 2027-01-01",
            "This publishes for ever, once logged: an e-mail address, a name "
            "and a national identity number.",
            "E-mail address (high) jane.roe@example.com the subject's e-mail "
            "field (subject[5]) alternative names, no. 1 "
            "(ext[2.5.29.17][0]) Name",
            "Name (high) Jane Roe the subject's given name and surname "
            "(subject[1]) the subject's common name (subject[3]): beside given "
            "name and surname National",
            "National identity number (high) …8Z the subject's serial number "
            "field (subject[4]): identity card number",
            "Not known to be logged: it carries no log's timestamp, but "
            "whoever has it can log it. The next one can say less: a mailbox-"
            "validated certificate carries the address alone; the CA can put",
            "--reveal shows them."):
        assert words in text


def test_reveal(work):
    """Masked or not."""
    der = build.certificate(**SAMPLE)
    assert "12345678Z" not in report(work, der)
    text = report(work, der, "--reveal")
    assert "IDCES-12345678Z" in text and "--reveal" not in text


JANE = [["GN", "Jane"], ["SN", "Roe"]]
MAIL = [["rfc822", "jane@example.com"]]


@pytest.mark.parametrize("parts,ways", [
    ({"sans": MAIL, "eku": ["serverAuth"]}, [
        "no server needs an e-mail address in its certificate, so take it out "
        "of the request and its template"]),
    ({"subject": JANE, "sans": MAIL, "eku": ["serverAuth"]}, [
        "no server needs an e-mail address in its certificate, so take it out "
        "of the request and its template",
        "a domain-validated certificate carries no name"]),
    ({"subject": JANE, "sans": MAIL, "eku": ["emailProtection"]}, [
        "a mailbox-validated certificate carries the address alone"]),
    ({"subject": [["serialNumber", "PNOES-12345678Z"]]}, [
        "the CA can put a number of its own, which means nothing elsewhere, "
        "in place of a national one"]),
    ({"sans": MAIL, "eku": ["emailProtection"]}, [
        "leave out what need not be public, or ask whoever orders it to"]),
    ({"sans": [["rfc822", "webmaster@example.com"]]}, None),
    ({"subject": [["O", "Example"]], "issuer": build.ISSUER + [
        ["emailAddress", "ca@example.com"]]}, None),
])
def test_advice(work, parts, ways):
    """What would say less; nothing of what hardly concerns anybody."""
    text = flowing(report(work, build.certificate(**parts)))
    assert ("less: " + "; ".join(ways) + "." in text) if ways else (
        "less: " not in text)


@pytest.mark.parametrize("form,lead", [
    ("tbs", "There is still time: leave out"),
    ("precertificate", "There is still time, unless a log has it already: "
     "leave out"),
    ("final", "It stays: anybody can read, search and copy it, and revoking "
     "hides nothing. The next one can say less: leave out")])
def test_advice_is_for_now(work, form, lead):
    """Before, there is still time; after, only the next one is left."""
    minted = Mint().mint({"sans": MAIL, "eku": ["emailProtection"]})
    assert lead in flowing(report(work, getattr(minted, form)))


def test_advice_is_given_once(work):
    """Not with every certificate of many; another way out is news."""
    path = work.write("a.der", build.certificate(sans=MAIL))
    other = work.write("b.der", build.certificate(
        sans=MAIL, eku=["serverAuth"]))
    text = work.run("inspect", path, path, other, path).expect(0).out
    assert text.count("Not known to be logged: ") == 2
    assert text.count("leave out what") == 1
    assert text.index("no server needs") > text.index("b.der")


@pytest.mark.parametrize("form,sentence", [
    ("tbs", "This would publish for ever: an e-mail address."),
    ("precertificate", "This would publish for ever: an e-mail address."),
    ("final", "Logged already, this is public for ever: an e-mail address."),
])
def test_sentence(work, form, sentence):
    """Whether it would be public, or is."""
    minted = Mint().mint({"sans": [["rfc822", "j@example.com"]]})
    assert sentence in report(work, getattr(minted, form))


def test_request(work):
    """A request would publish."""
    der = request([["CN", "Jane Roe"]], [["rfc822", "jane@example.com"]])
    text = report(work, pem(der, "NEW CERTIFICATE REQUEST"))
    assert "a.der: certificate signing request\n" in text
    assert "This would publish for ever: an e-mail address and possibly a " \
        "name." in flowing(text)


def test_nothing_is_one_line(work):
    """A line for each certificate without findings."""
    der = build.certificate(
        subject=[["CN", "www.example.com"]], sans=[["dns", "www.example.com"]],
        eku=["serverAuth"], policies=["2.23.140.1.2.1"])
    assert report(work, der) == ("a.der: certificate, TLS server, only its "
                                 "domain validated: no personal data found\n")


def test_issuer_is_apart(work):
    """What is the issuer's is neither in the sentence nor judged."""
    der = build.certificate(issuer=build.ISSUER + [
        ["emailAddress", "ca@example.com"]], subject=[["O", "Example"]])
    text = report(work, der)
    assert "No personal data of the subject." in text
    assert "Of the issuer itself:\n  E-mail address\n    ca@example.com" in text
    assert "the issuer's e-mail field (issuer[3])" in flowing(text)


@pytest.mark.parametrize("subject,sans,severity", [
    ([], [["rfc822", "webmaster@example.com"]], "E-mail address (low)"),
    ([], [["rfc822", "jane@example.com"]], "E-mail address (medium)"),
    ([["GN", "Jane"], ["SN", "Roe"]], [["rfc822", "jane@example.com"]],
     "E-mail address (high)"),
    ([["GN", "Jane"], ["SN", "Roe"]], None, "Name (medium)"),
    ([["telephoneNumber", "+1 555 0100"], ["SN", "Roe"], ["GN", "Jane"]],
     None, "Phone number (high)"),
    ([["pseudonym", "JR"]], None, "Pseudonym (info)"),
])
def test_severity(work, subject, sans, severity):
    """As alerts judge it."""
    text = report(work, build.certificate(subject=subject, sans=sans))
    assert "\n  %s\n" % severity in text


def test_flags_and_places(work):
    """What is odd, in words; the gravest kind first."""
    text = flowing(report(work, build.certificate(
        subject=[["GN", "Jаne"], ["SN", "Roe"]],     # the a is Cyrillic
        sans=[["dns", "example.com"], ["upn", "ja\u200bne@example.com"],
              ["dirname", [["emailAddress", "j@example.com"]]]],
        extra=[["2.5.29.9", build.directory_attributes(
            [("1.3.6.1.5.5.7.9.1", build.raw(0x18, b"19800101120000Z"))])]])))
    assert "look-alike letters" in text
    assert "hidden characters" in text
    assert "alternative names, no. 2, a user principal name " \
        "(ext[2.5.29.17][1]): hidden characters" in text
    assert "alternative names, no. 3, a directory name: e-mail field" in text
    assert "the subject's directory attributes, date of birth " \
        "(ext[2.5.29.9][0])" in text


def test_confidence(work):
    """A name by its looks, one that is possible, an address in a text."""
    der = build.certificate(
        subject=[["CN", "Jane Roe"]], sans=[["rfc822", "jane@example.com"]],
        eku=["emailProtection"])
    assert "common name (subject[0]): a name; two to six words" in flowing(
        report(work, der))
    der = build.certificate(subject=[["CN", "Jane Roe"]], eku=["serverAuth"],
                            extra=[["2.16.840.1.113730.1.13", build.raw(
                                0x16, b"ask jane@example.com")]])
    text = flowing(report(work, der))
    assert "possibly a name" in text and "(subject[0]): possibly; " in text
    assert "the extension Netscape comment " \
        "(ext[2.16.840.1.113730.1.13]): in other text" in text


@pytest.mark.parametrize("parts,words", [
    ({"subject": [["SN", "Roe"]]}, "(subject[0]): without a given name"),
    ({"subject": [["GN", "Jane"]]}, "(subject[0]): without a surname"),
    ({"sans": [["uri", "mailto:jane@example.com"]]},
     "a URI (ext[2.5.29.17][0]): a link to write mail"),
    ({"sans": [["dns", "jane@example.com"]]},
     "(ext[2.5.29.17][0]): an address, where a DNS name belongs")])
def test_reasons(work, parts, words):
    """Without the specification's names of fields."""
    text = flowing(report(work, build.certificate(eku=["emailProtection"],
                                                  **parts)))
    assert words in text


def test_problems(work):
    """What is wrong, and where."""
    der = build.certificate(subject=[
        ["O", "Example"], ["CN", b"\0J\0a\0n\0e\0", "BMPString"]])
    text = report(work, der)
    assert "    the subject, no. 2 (subject[1]): BMPString of odd length\n" \
        in text
    text = report(work, build.certificate(**SAMPLE)[:-30])
    assert "damaged, read as far as it goes" in text
    assert "    the certificate: cut short" in text


def test_fail_on_says_what(work):
    """Which kinds were the reason."""
    path = work.write("a.der", build.certificate(**SAMPLE))
    text = work.run("inspect", "--fail-on", "email,phone,name",
                    path).expect(1).out
    assert text.splitlines()[0].endswith(
        "a.der: certificate, refused by --fail-on: email, name")
    assert "refused" not in work.run("inspect", "--fail-on", "phone",
                                     path).expect(0).out


def test_summary(work):
    """After several files, on stderr, unless it is unwanted."""
    path = work.write("a.der", build.certificate(**SAMPLE))
    assert work.run("inspect", path).expect(0).err == ""
    said = ("indelible: 2 files, 2 certificates, 2 with personal data of the "
            "subject: email 2, name 2, national-id 2\n")
    assert work.run("inspect", path, path).expect(0).err == said
    bundle = pem(build.certificate(**SAMPLE)) * 3
    assert work.run("inspect", "-", stdin=bundle).expect(0).err.startswith(
        "indelible: 1 file, 3 certificates, 3 with")
    for quiet in ("-q", "--quiet", "--json"):
        assert work.run("inspect", quiet, path, path).expect(0).err == ""


# --- terminals --------------------------------------------------------------

def test_colours(work):
    """On a terminal; not into a file, with NO_COLOR or a dumb terminal."""
    path = work.write("a.der", build.certificate(**SAMPLE))
    shown = terminal(work, path)
    assert "\x1b[1;31mhigh\x1b[0m" in shown
    assert ESCAPES.sub("", shown) == work.run("inspect", path).out
    assert shown.endswith("\x1b[0m\n")      # nothing stays coloured
    assert "\x1b" not in terminal(work, path, NO_COLOR="1")
    assert "\x1b" not in terminal(work, path, TERM="dumb")
    assert "\x1b" not in work.run("inspect", path, env={"NO_COLOR": "",
                                                        "TERM": "xterm"}).out
    assert "\x1b" not in terminal(work, "--json", path)


@pytest.mark.parametrize("columns", [40, 57, 80, 120, 200])
def test_width(work, columns):
    """No line is wider than the terminal, whatever stands in it."""
    path = work.write("a.der", build.certificate(
        subject=[["GN", "花子" * 20], ["SN", "山田"], ["CN", "e\u0301" * 60],
                 ["street", "Long Street " * 12], ["title", "x" * 300],
                 ["emailAddress", "jane." * 30 + "roe@example.com"]],
        sans=[["rfc822", "jane@%s.example.com" % ("a" * 60)],
              ["uri", "https://jane:secret@example.com/" + "x" * 200]],
        eku=["emailProtection"]))
    shown = ESCAPES.sub("", terminal(work, "--reveal", path, columns=columns))
    lines = shown.splitlines()
    assert max(width(line) for line in lines) <= columns
    assert all(line == line.rstrip() for line in lines)
    if columns >= 80:       # and the room is used
        assert max(width(line) for line in lines) > min(columns, 120) - 25


def test_long_values_stay_whole_in_a_file(work):
    """What is piped can be searched."""
    address = "jane." * 12 + "roe@a-rather-long-domain.example.com"
    der = build.certificate(sans=[["rfc822", address]])
    assert "    %s\n" % address in report(work, der)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text(work, text):
    """Nothing in a certificate moves the terminal, wherever it stands."""
    name = text.replace("\0", "").replace("/", "") + ".der"
    der = build.certificate(
        subject=[["GN", text], ["SN", "Roe"], ["CN", text], ["UID", text],
                 ["pseudonym", text], ["title", text]],
        issuer=[["O", text], ["CN", text], ["GN", text], ["SN", text]],
        sans=[["upn", text + "@example.com"], ["dirname", [["CN", text]]],
              ["rfc822", text.encode() + b"@example.com"]])
    path = work.write(name, der)
    outputs = [ESCAPES.sub("", terminal(work, path)),
               work.run("inspect", "--reveal", path, path).out,
               work.run("inspect", "--json", path).out]
    for out in outputs:
        for character in out:
            assert character == "\n" or unicodedata.category(
                character) not in ("Cc", "Cf", "Zl", "Zp"), hex(
                    ord(character))
    missing = work.run("inspect", "x" + name).expect(66).err
    assert "\x1b" not in missing and "\u202e" not in missing


# --- what is written about it -----------------------------------------------

def manual():
    """indelible-inspect(1), without its markup."""
    text = (pathlib.Path(ROOT) / "monitor" / "indelible-inspect.1"
            ).read_text(encoding="utf-8")
    return text, set(re.findall(r"[a-z][a-z0-9_-]+", text))


def test_manual_has_every_word(work):
    """Members, kinds, flags and formats of JSON, options, sure or not."""
    text, words = manual()
    assert set(FINDING) | set(OBJECT) | set(KINDS) | set(FORMATS) | set(
        STATUSES) | set(CONFIDENCES) <= words
    source = (pathlib.Path(ROOT) / "monitor" / "pii" / "kind.c").read_text(
        encoding="utf-8")
    flags, = re.findall(r"flags\[\] = \{([^}]*)\}", source)
    assert set(re.findall('"(.*?)"', flags)) <= words
    assert list(OBJECT) + list(FINDING) == re.findall(
        r"\n\.It Cm (\S+)(?=\n)", text)
    options = re.findall(r"--([a-z-]+)", work.run("inspect", "--help").out)
    assert all("Fl -" + option in text for option in options
               if option != "help")


def test_help_fits():
    """80 columns."""
    shown = subprocess.run([BINARY, "inspect", "--help"], check=True,
                           stdout=subprocess.PIPE).stdout.decode()
    lines = shown.splitlines()[1:]
    assert max(map(len, lines)) <= 80 and "indelible-inspect(1)" in shown


def test_completions_know_the_options(work):
    """As many as --help."""
    text = (pathlib.Path(ROOT) / "config" / "completions" / "indelible"
            ).read_text(encoding="utf-8")
    known, = re.findall(r"\[inspect\]='(.*?)'", text)
    shown = work.run("inspect", "--help").out.split("\n\n")[2]
    assert set(re.findall(r"(?<!\S)--?[a-z-]+", shown)) == set(
        known.split()) | {"-h", "--help"}
    kinds, = re.findall(r"_indelible_kinds='(.*?)'", text, re.S)
    assert kinds.split() == ["any"] + KINDS
