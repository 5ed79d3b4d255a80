"""Letters to CAs: their texts in all languages, the directory of CAs that they
are addressed by, and `alerts letter` beside a running service.
"""
import base64
import hashlib
import json
import os
import re

import jsonschema
import pytest

from .browser import Browser
from .planted import PERSONAL, JANE, alert_id
from .report_page import UNSAFE, Page

HERE = os.path.join(os.path.dirname(__file__), "..", "..", "alerts")
FOLDER = os.path.join(HERE, "requests")
LANGUAGES = sorted(name for name in os.listdir(FOLDER)
                   if os.path.isdir(os.path.join(FOLDER, name)))
TEXTS = ["ca", "identrust", "problem-report", "sectigo"]
BLOCK = re.compile(r"((?:\{[?!]\w+\})*)(# |- |> |---|\d+\. )?(.*)")
KINDS = """email upn jid username name pseudonym national-id birth-date
    birth-place gender citizenship phone address title account-id
    uri-userinfo""".split()
MOST_COLUMNS = 76

# --- the texts ---------------------------------------------------------------


def text_of(language, name):
    """A text."""
    path = os.path.join(FOLDER, language, name + ".txt")
    with open(path, encoding="utf-8") as file:
        return file.read()


def blocks_of(text):
    """What a translator may not change: for each block its conditions, kind,
    fields, and how much there is to be filled in."""
    out = []
    for line in text.splitlines():
        conditions, kind, rest = BLOCK.fullmatch(line).groups()
        out.append((conditions, kind, sorted(re.findall(r"\{\w+\}", rest)),
                    rest.count("["), bool(line)))
    return out


def words_of(language):
    """{key: words}."""
    lines = text_of(language, "words").splitlines()
    pairs = [line.split(": ", 1) for line in lines]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


@pytest.mark.parametrize("name", TEXTS)
def test_languages_say_the_same(name):
    """The same blocks with the same fields, in other words."""
    assert LANGUAGES == ["de", "en"]
    english = text_of("en", name)
    assert english.count("\n---\n") == 1
    for language in LANGUAGES:
        text = text_of(language, name)
        assert blocks_of(text) == blocks_of(english), language
        assert text.isprintable() or not UNSAFE.search(text)
        assert text.count("[") == text.count("]")
        # What stands between the fields is translated, too.
        if language != "en":
            same = set(text.split("\n")) & set(english.split("\n"))
            assert all(re.sub(r"\{[^}]*\}", "", line) in (
                "", "---", "> ") or "openssl" in line for line in same), same


def test_languages_have_the_same_words():
    """For all kinds and classes there are."""
    with open(os.path.join(HERE, "..", "monitor", "pii", "carriers.tsv"),
              encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    classes = {row[2] for row in rows if row[0] == "class"}
    english = words_of("en")
    for language in LANGUAGES:
        words = words_of(language)
        assert words.keys() == english.keys()
        assert {"kind." + kind for kind in KINDS} <= words.keys()
        assert {"class." + name for name in classes} <= words.keys()
        assert sorted(os.listdir(os.path.join(FOLDER, language))) == \
            sorted(name + ".txt" for name in TEXTS + ["words"])


# --- the directory -----------------------------------------------------------

TEXT = {"type": "string", "minLength": 1, "pattern": "^[^\\x00-\\x1f]+$"}
LINK = {"type": "string", "pattern": "^https://[!-~]+$"}
DAY = {"type": "string", "pattern": "^20[0-9]{2}-[01][0-9]-[0-3][0-9]$"}


def fact(value):
    """A value with its source and date."""
    return {"type": "object", "additionalProperties": False,
            "required": ["value", "source", "date"],
            "properties": {"value": value, "source": TEXT, "date": DAY}}


def lines(item):
    """A list with something in it."""
    return {"type": "array", "minItems": 1, "items": item}


DIRECTORY = {
    "type": "object", "additionalProperties": False,
    "required": ["about", "cas"],
    "properties": {"about": lines(TEXT), "cas": lines({
        "type": "object", "additionalProperties": False,
        "required": ["id", "issuer_organizations", "name", "policy"],
        "properties": {
            "id": {"type": "string", "pattern": "^[a-z0-9-]+$"},
            "letter": {"enum": TEXTS},
            # ca.c: a name that ends in * has six letters before it.
            "issuer_organizations": fact(lines({
                "type": "string",
                "pattern": "^([^*]+|[^*]{6,}\\*)$"})),
            "name": fact(TEXT),
            "privacy_post": fact(lines(TEXT)),
            "privacy_email": fact({"type": "string",
                                   "pattern": "^[^@ ]+@[^@ ]+$"}),
            "privacy_web": fact(LINK), "support_web": fact(LINK),
            "report": fact(lines(TEXT)), "policy": fact(LINK),
            "policy_day": fact(DAY), "cps": fact(LINK),
            "answer_days": fact({"type": "integer", "minimum": 1}),
            "retention": fact(TEXT)}})}}


def test_directory():
    """As it is described; nobody twice; a letter has what it asks for."""
    with open(os.path.join(HERE, "ca-directory.json"),
              encoding="utf-8") as file:
        tree = json.load(file)
    jsonschema.Draft202012Validator(DIRECTORY).validate(tree)
    ids = [row["id"] for row in tree["cas"]]
    assert ids == [*dict.fromkeys(ids)]
    names = [name for row in tree["cas"]
             for name in row["issuer_organizations"]["value"]]
    assert len(set(names)) == len(names)
    called = {"web": "privacy_web", "post": "privacy_post",
              "email": "privacy_email", "support": "support_web"}
    for row in tree["cas"]:
        text = text_of("en", row.get("letter", "ca"))
        asked = set(re.findall(r"\{(\w+)\}", text)) - \
            set(re.findall(r"\{\?(\w+)\}", text))
        for name in asked & (called.keys() | {"policy", "policy_day"}):
            assert called.get(name, name) in row, (row["id"], name)


# --- the command -------------------------------------------------------------


@pytest.fixture(scope="module")
def served(server, tmp_path_factory):
    """A running service with an alert about an unknown and a known CA each:
    the workspace and their ids."""
    from .helpers import Workspace
    work = Workspace(tmp_path_factory.mktemp("letter"))
    log = server.new_log([
        dict(PERSONAL, subject=[["CN", "Jane Roe"]], log="final",
             sans=[["rfc822", "jane.roe@example.com"]], plants=["acme/jane"],
             policies=["2.23.140.1.5.3.2"], issuer=issuer)
        for issuer in (1, 2)] + [{"filler": 20}])
    work.prepare([(log, "static")], [JANE])
    work.monitor()
    ids = [alert_id("acme", "acme/jane", bytes.fromhex(entry["tbs_sha256"]))
           for entry in log.truth()]
    work.wait_for_ids(ids)
    yield work, ids
    work.close()


def letter(served, *more, known=False):
    """A letter, asked for beside the service."""
    work, ids = served
    result = work.with_config("alerts", "letter", ids[known], *more)
    result.expect(0)
    assert result.err == ""
    # Nothing of the person but what anybody can read in the log.
    assert "jane" not in result.out.lower()
    assert UNSAFE.search(result.out.replace("\t", "")) is None
    return result.out


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("to", ["ca", "problem-report"])
@pytest.mark.parametrize("known", [False, True])
def test_letter(served, language, to, known):
    """The certificate's facts in it, as text and as a page alike."""
    work, ids = served
    text = letter(served, "--lang", language, "--to", to, known=known)
    page = Page(letter(served, "--lang", language, "--to", to, "--html",
                       known=known))
    alert = json.loads(work.with_config(
        "alerts", "show", "--json", ids[known]).expect(0).out)["data"]
    cert = alert["certificate"]
    assert alert["ca"]["id"] == ("sectigo" if known else None)
    for said in (" ".join(text.split()), " ".join(page.visible.split())):
        for fact_there in (cert["serial"], cert["sha256"], cert["issuer"],
                           cert["not_before"][:10], cert["not_after"][:10],
                           alert["sightings"][0]["log_name"],
                           words_of(language)["kind.email"],
                           words_of(language)["class.smime-sponsor"]):
            assert fact_there in said, fact_there
        assert "{" not in said
        assert ("Bradford" in said) == (known and to == "ca")
        assert ("certificatePolicies" in said) == (not known)
    # A word alone may be longer.
    assert [line for line in text.splitlines() if len(line) > MOST_COLUMNS
            and " " in line.strip(" -")] == []
    assert ("html", {"lang": language}) in page.tags
    assert page.loads == [] and page.count("script") == 0
    digest = hashlib.sha256(page.element("style").encode()).digest()
    assert page.policy["style-src"] == [
        "'sha256-%s'" % base64.b64encode(digest).decode()]
    assert page.policy["default-src"] == ["'none'"]


def test_defaults(served):
    """English, to the CA, as text; the tenant may be said."""
    work, ids = served
    plain = letter(served)
    assert plain == letter(served, "--lang", "en", "--to", "ca",
                           "--tenant", "acme")
    assert plain.startswith("Before you send it\n")
    work.with_config("alerts", "letter", ids[0], "--tenant",
                     "beta").expect(66)


def test_wrong_use(served):
    """What is said to whoever asks for something that there is not."""
    work, ids = served
    for arguments, status, word in (
            ([], 64, "which alert"),
            ([ids[0], ids[1]], 64, "one operand too many"),
            ([ids[0], "--lang", "fr"], 64, "en, de"),
            ([ids[0], "--to", "me"], 64, "problem-report"),
            ([ids[0], "--record", "x"], 64, "does not go with"),
            (["0" * 32], 66, "no alert"),
            (["../x y"], 64, "no id")):
        result = work.with_config("alerts", "letter", *arguments)
        result.expect(status)
        assert word in result.err and result.out == ""


def test_without_service(server, work):
    """The store alone is enough."""
    log = server.new_log([dict(
        PERSONAL, subject=[["CN", "Jane Roe"]], log="final",
        sans=[["rfc822", "jane.roe@example.com"]], plants=["acme/jane"])])
    work.prepare([(log, "static")], [JANE])
    monitor = work.monitor()
    entry, = log.truth()
    found = alert_id("acme", "acme/jane", bytes.fromhex(entry["tbs_sha256"]))
    work.wait_for_ids([found], monitor)
    monitor.stop().expect(0)
    assert "entry 0" in letter((work, [found]))


def test_page_in_a_browser(served):
    """It asks for nothing, fits a phone, and prints as the letter alone."""
    work, _ = served
    wide = "return document.documentElement.scrollWidth"
    with Browser() as browser:
        for known in (False, True):
            path = work.write("letter.html", letter(
                served, "--html", "--lang", "de", known=known))
            browser.size(1000, 1400)
            browser.open(path)
            assert browser.script(wide) <= 1000
            pictures = os.environ.get("INDELIBLE_PICTURES")
            if pictures:
                browser.picture("%s/letter-%d.png" % (pictures, known))
            browser.size(360, 700, phone=True)
            assert browser.script(wide) <= 360
            browser.media("print")
            assert browser.script("return getComputedStyle(document."
                                  "querySelector('aside')).display") == "none"
            pdf = browser.pdf()
            assert pdf.startswith(b"%PDF-")
            if pictures:
                with open("%s/letter-%d.pdf" % (pictures, known),
                          "wb") as file:
                    file.write(pdf)
            browser.media()
        assert browser.complaints() == [] and browser.requests() == []
