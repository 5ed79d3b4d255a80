"""Every case of reference pii.md 6.1: what inspect says of it, in its own
words (expected.jsonl), and the words that the table there has for it.

In expected.jsonl stand, for each case: `findings` (side subject, confidence
structured and no flags unless told; `carrier` may be a pattern; `country` and
`reason` are looked for in the reasons; `count` and a canonical with a % stand
for many), `problems` (parts of what is said), `classes`, `status`, and
`table`: the columns "Other" and "Flags".
"""
import fnmatch
import json
import pathlib
import re

import pytest

from tests.e2e.helpers import ROOT

from .inspecting import tokens
from .make import CASES

pytestmark = pytest.mark.smoke
EXPECTED = {}
for line in (pathlib.Path(__file__).parent / "expected.jsonl").read_text(
        encoding="utf-8").splitlines():
    EXPECTED[json.loads(line)["id"]] = json.loads(line)

# How a reason names a country, when not by its code.
COUNTRIES = {
    "BR": "Brazil", "CL": "Chile", "CN": "Chin(a|ese)", "CZ": "Czech",
    "DK": "Danish|Denmark", "EE": "Estonia", "ES": "Spain|Spanish",
    "KR": "Korea", "KZ": "Kazakh", "PL": "Poland|Polish", "RU": "Russia",
    "SE": "Swed(en|ish)", "UA": "Ukrain", "US": "United States",
}


def says_country(finding, code):
    """Whether the reasons name the country."""
    return re.search(r"\b(%s\b|%s)" % (code, COUNTRIES[code]),
                     " ".join(finding["reasons"])) is not None


# --- the findings ----------------------------------------------------------

def wanted_findings(expected):
    """The findings expected, with all that is not told filled in."""
    out = []
    for finding in expected["findings"]:
        finding = dict({"side": "subject", "confidence": "structured",
                        "flags": [], "carrier": "*"}, **finding)
        if "count" in finding:
            out += [dict(finding, canonical=finding["canonical"] % k)
                    for k in range(finding["count"])]
        else:
            out.append(finding)
    return out


def is_name(finding):
    """Names are compared by their words."""
    return finding["kind"] == "name"


def fits(found, want):
    """Whether what is found is what is wanted."""
    if is_name(want):
        if not tokens(want) <= tokens(found):
            return False
    elif found["canonical"] != want["canonical"]:
        return False
    return found["kind"] == want["kind"] and found["side"] == want["side"] \
        and found["confidence"] == want["confidence"] \
        and sorted(found["flags"]) == sorted(want["flags"]) \
        and fnmatch.fnmatchcase(found["carrier"], want["carrier"]) \
        and want.get("reason", "") in " ".join(found["reasons"]) \
        and ("country" not in want or says_country(found, want["country"]))


def is_wanted(found, wanted):
    """Whether a finding is one of those wanted, or a name (or a part of it)
    found once more. What is only possible may be there."""
    if is_name(found):
        return found["confidence"] == "possible" or any(
            is_name(w) and w["side"] == found["side"] and
            tokens(found) <= tokens(w) for w in wanted)
    return any((w["kind"], w["side"], w["canonical"]) == (
        found["kind"], found["side"], found["canonical"]) for w in wanted)


def test_every_case_is_there():
    """Certificates and expectations go together; the table is complete."""
    assert set(EXPECTED) == set(CASES)
    numbers = ["E%02d" % k for k in range(1, 41)] + \
        ["N%02d" % k for k in range(1, 31)] + \
        ["P%02d" % k for k in range(1, 6)] + \
        ["B%02d" % k for k in range(1, 5)]
    assert set(numbers) <= set(CASES)


def test_fuzzing_begins_with_them():
    """The corpus of the target that knows certificates is of these cases; a
    case that changes is written there again with make.py."""
    corpus = pathlib.Path(ROOT) / "tests/fuzz/corpus/fuzz_tree"
    seeds = {path.stem: path.read_bytes() for path in corpus.iterdir()
             if path.stem in CASES}
    assert len(seeds) > 30
    assert seeds == {name: CASES[name] for name in seeds}


@pytest.mark.parametrize("case", EXPECTED)
def test_findings(seen, case):
    """All that is expected, and nothing else."""
    found, wanted = seen[case]["findings"], wanted_findings(EXPECTED[case])
    missing = [w for w in wanted if not any(fits(f, w) for f in found)]
    foreign = [f for f in found if not is_wanted(f, wanted)]
    assert not missing and not foreign, \
        "%s\nmissing %s\nforeign %s\nfound %s" % (
            EXPECTED[case]["what"], missing[:5], foreign[:5], found[:10])


@pytest.mark.parametrize("case", EXPECTED)
def test_certificate(seen, case):
    """Format, status, classes and problems."""
    found, expected = seen[case], EXPECTED[case]
    assert found["format"] == "certificate"
    assert found["status"] == expected.get("status", "parsed")
    assert sorted(found["classes"]) == sorted(expected["classes"])
    assert found["ca"] is ("ca" in expected["classes"])
    said = {p["what"] for p in found["problems"]}
    for part in expected.get("problems", []):
        assert any(part in what for what in said), said
    if found["status"] == "parsed":
        assert len(said) == len(expected.get("problems", [])), said


# --- the words of the table ------------------------------------------------

def flag(word):
    """One of our flags."""
    return lambda o, _: any(word in f["flags"] for f in o["findings"])


def kind(word):
    """One of our kinds."""
    return lambda o, _: any(f["kind"] == word for f in o["findings"])


def problem(part):
    """One of the problems."""
    return lambda o, _: any(part in p["what"] for p in o["problems"])


def some(test):
    """A finding that is so."""
    return lambda o, rest: any(test(f, rest) for f in o["findings"])


def text(finding, rest):
    """The value that the table tells."""
    return rest.casefold() in finding["canonical"].casefold()


def number(finding, rest):
    """"ES:12345678Z", "BR-CPF:12345678909", "CZ-IDC": a country, perhaps
    the number's own name, perhaps the number."""
    country, value = rest[:2], rest.partition(":")[2]
    return finding["kind"] == "national-id" and \
        says_country(finding, country) and text(finding, value)


def nothing(*_):
    """No word of its own: see the comment where it is used."""
    return True


# The table's words, and how inspect says the same.
WORDS = {
    # Flags by the same name.
    **{word: flag(word) for word in (
        "nul", "bad-encoding", "ignorable", "confusable", "unknown-ext",
        "t61-latin1", "t61-iso6937", "mojibake", "odd-length", "html-entity",
        "control")},
    "multi-in-one": flag("multiple"),
    # Kinds.
    "upn": kind("upn"), "uri-userinfo": kind("uri-userinfo"),
    "gender": kind("gender"), "address": kind("address"),
    "phone": kind("phone"), "title": kind("title"),
    "not-mailbox": kind("jid"),
    "username": some(lambda f, rest: f["kind"] == "username" and text(
        f, rest.partition("/")[2] or rest)),
    "pseudonym": some(lambda f, rest: f["kind"] == "pseudonym" and
                      text(f, rest)),
    "dob": some(lambda f, rest: f["kind"] == "birth-date" and text(f, rest)),
    "natid": some(number),
    "edipi": some(lambda f, rest: f["kind"] == "national-id" and
                  text(f, rest)),
    "dob-derivable": some(lambda f, _: f["kind"] == "national-id" and
                          "birth date" in " ".join(f["reasons"])),
    # Accounts of all sorts are one kind.
    "account": some(lambda f, rest: f["kind"] == "account-id" and
                    says_country(f, rest)),
    "krb5": some(lambda f, rest: f["kind"] == "account-id" and
                 text(f, rest)),
    "ms-sid": some(lambda f, _: f["kind"] == "account-id" and
                   f["value"].startswith("S-1-5-")),
    "oidc-subject": kind("account-id"),
    # The identity provider is nobody's personal data.
    "oidc-issuer": nothing,
    # Side, confidence, carrier.
    "issuer-side": some(lambda f, rest: f["side"] == "issuer" and
                        text(f, rest)),
    "free-text": some(lambda f, _: f["confidence"] == "free-text"),
    "possible-name": some(lambda f, _: f["confidence"] == "possible"),
    "O==CN": some(lambda f, _: "the organisation has the same name" in
                  f["reasons"]),
    "wrong-type": some(lambda f, _: f["carrier"] == "san.dNSName"),
    "org": lambda o, _: not o["findings"],
    # What is wrong with the certificate.
    "malformed-email": problem("no address in it"),
    "truncated": problem("cut short"),
    "trailing": problem("more bytes behind its end"),
    "ber": problem("BER"),
    "oversize": problem("longer than 4,096 bytes"),
    "bulk": lambda o, _: len(o["findings"]) == 1000,
    # Compared as it is matched, shown as it stands.
    "compat": some(lambda f, _: f["canonical"] != f["value"]),
    # The value shown is the address alone: nothing more to be said of it.
    "syntax": nothing,
    # Read as if it were not there.
    "structure": nothing, "depth": nothing,
    # Severity, told by alerts: test_matching.py has roles and the like.
    "role": nothing, "role?": nothing, "internal": nothing,
    # A matter of matching: test_matching.py.
    "no-domain-match": nothing, "truncated-cn": nothing,
}


@pytest.mark.parametrize("case,word", [
    (case, word) for case, e in EXPECTED.items() for word in e["table"]])
def test_table(seen, case, word):
    """The table's word, said our way."""
    head, _, rest = word.partition(":")
    assert WORDS[head](seen[case], rest), seen[case]["findings"][:10]
