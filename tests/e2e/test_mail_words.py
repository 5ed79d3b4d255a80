"""Mails as those who get them see them: parsed by another library, read as
text, and looked at in a browser."""
import html
import os
import re

import pytest

from .browser import Browser
from .helpers import Workspace, free_port, wait_until
from .mailserver import MailServer
from .planted import JANE

URL = "https://watch.example/ct"
LANGUAGES = {"en": ["letter.txt", "report.txt"],
             "de": ["brief.txt", "meldung.txt"]}
SUBJECTS = {
    "en": "A finding in the public logs of certificates",
    "de": "Ein Fund in den öffentlichen Logs von Zertifikaten"}
WIDTH = 72
EVIL = "<b>Eve</b>\r\nBcc: eve@example.com\u202e{from}"
# A certificate that the rules forbid, with an organisation that is hostile.
SPECS = [{"subject": [["CN", "www.example.com"], ["O", EVIL]],
          "log": "final", "sans": [["dns", "www.example.com"],
                   ["rfc822", "jane.roe@example.com"]],
          "policies": ["2.23.140.1.2.1"], "plants": ["acme/jane"]}]


@pytest.fixture(name="mails", scope="module")
def mails_fixture(server, tmp_path_factory):
    """One finding as a mail in each language, by language; and its alert."""
    work = Workspace(tmp_path_factory.mktemp("words"))
    log = server.new_log(SPECS + [{"filler": 20}])
    with MailServer() as receiver:
        sinks = [{"name": "ledger", "jsonl": {"path": str(work.ledger)}}] + [
            {"name": lang, "mail": {
                "server": receiver.url, "lang": lang,
                "from": "%s@ct-privacy.example" % lang}}
            for lang in LANGUAGES]
        work.config([(log, "static")], alerts={"sinks": sinks}, public={
            "listen": "127.0.0.1:%d" % free_port(), "url": URL})
        work.with_config("store", "init").expect(0)
        work.with_config("records", "import", work.records([JANE])).expect(0)
        process = work.monitor()
        wait_until(lambda: len(receiver.mails) == len(LANGUAGES), "mails")
        wait_until(lambda: len(work.alerts()) == 1, "an alert")
        process.stop()
    by = {mail.sender.partition("@")[0]: mail for mail in receiver.mails}
    yield by, work.alerts()[0]
    work.close()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_headers(mails, lang):
    """They say nothing of anybody, and what a mail program wants to know."""
    mail = mails[0][lang]
    message = mail.message
    assert message.defects == []
    assert all(part.defects == [] for part in message.walk())
    assert message["Subject"] == SUBJECTS[lang]
    assert message["To"] == "jane.roe@example.com"
    assert message["Content-Language"] == lang
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Unsubscribe"].strip().startswith(
        "<%s/unsubscribe?t=" % URL)
    assert mails[1]["id"] in message["Message-ID"]
    assert message["Bcc"] is None
    # The link's token is random: it may hold any word.
    head = re.sub("t=[A-Za-z0-9_-]{43}>", "", mail.raw.partition(
        b"\r\n\r\n")[0].decode("ascii"))
    assert not re.search("(?i)eve|acme|trust|serial|rfc822|crt.sh", head)
    assert max(map(len, mail.raw.split(b"\r\n"))) <= 120
    assert all(byte in b"\r\n" or 32 <= byte < 127 for byte in mail.raw)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_words(mails, lang):
    """Text and page say the same; what is shown of the value is masked."""
    mail, alert = mails[0][lang], mails[1]["data"]
    text, page = mail.part("plain"), mail.part("html")
    cert = alert["certificate"]
    for said in (alert["match"]["value"], cert["sha256"], cert["serial"],
                 alert["permanence"]["searchable_at"][0], mails[1]["id"],
                 alert["sightings"][0]["log_name"], URL + "/unsubscribe?t=",
                 "%s@ct-privacy.example" % lang):
        assert said in text
        assert said in html.unescape(page)
    for part in (text, page):
        assert "jane.roe" not in part and "\u202e" not in part
        assert "acme" not in part
    for line in text.splitlines():
        assert len(line) <= WIDTH or " " not in line.strip()
        assert line == line.rstrip()
    assert "{" not in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_letters(mails, lang):
    """The letter to the CA and the report are those of `alerts letter`."""
    files = {part.get_filename(): part.get_content()
             for part in mails[0][lang].message.iter_attachments()}
    assert sorted(files) == sorted(LANGUAGES[lang])
    for content in files.values():
        assert mails[1]["data"]["certificate"]["serial"] in content
        assert "jane.roe" not in content


def test_page_in_a_browser(mails, tmp_path):
    """It asks for nothing, and fits a window and a phone."""
    wide = "return document.documentElement.scrollWidth"
    pictures = os.environ.get("INDELIBLE_PICTURES")
    with Browser() as browser:
        for lang in LANGUAGES:
            path = tmp_path / (lang + ".html")
            path.write_text(mails[0][lang].part("html"), encoding="utf-8")
            browser.size(1000, 1400)
            browser.open(str(path))
            assert browser.script(wide) <= 1000
            assert browser.script(
                "return document.querySelectorAll('script, img, link, "
                "iframe, form, object').length") == 0
            browser.size(390, 800, phone=True)
            assert browser.script(wide) <= 390
            if pictures:
                browser.picture("%s/mail-%s.png" % (pictures, lang))
        assert browser.complaints() == [] and browser.requests() == []
