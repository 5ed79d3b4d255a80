"""People are asked to confirm their address by mail: through a real service
and a real SMTP server with STARTTLS and a login."""
import base64
import contextlib
import email.utils
import hashlib
import http.client
import os
import re
import socket
import sqlite3
import time

import pytest

from .browser import Browser
from .helpers import free_port, wait_until
from .mailserver import PASSWORD, USER, MailServer, certificate

URL = "https://ct-privacy.example/people/"
ADDRESS = "jane.roe@example.com"


def pending(address=ADDRESS, name="acme/jane", tenant="acme", **more):
    """A record without consent."""
    return {"id": name, "tenant": tenant, "kind": "email", "value": address,
            "consent": {}, **more}


@pytest.fixture
def tls(tmp_path):
    """The server's certificate."""
    return certificate(tmp_path / "mail.pem")


class Rig:
    """A service with a mail sink."""

    def __init__(self, work, server, tls):
        self.work = work
        self.log = server.new_log([{}])
        self.tls = tls
        self.process = None
        secret = work.write("mail.password", PASSWORD + "\n")
        os.chmod(secret, 0o600)
        self.secret = secret

    def configure(self, server, **public):
        """The configuration, and a store."""
        mail = {"server": server, "from": "ct@ct-privacy.example",
                "user": USER, "password_file": str(self.secret)}
        self.work.config(
            [(self.log, "static")],
            fetch={"ca_file": str(self.tls)},
            alerts={"sinks": [
                {"name": "ledger", "jsonl": {"path": str(self.work.ledger)}},
                {"name": "people", "mail": mail}]},
            public={"listen": None, "url": URL, **public})
        if not (self.work.path / "indelible.db").exists():
            self.work.with_config("store", "init").expect(0)

    def enrol(self, *records):
        """Import them while no service runs, then start it."""
        self.work.with_config(
            "records", "import", self.work.records(records)).expect(0)
        self.process = self.work.monitor()

    def row(self, query, *values):
        """One row out of the store, read beside the service."""
        with contextlib.closing(sqlite3.connect(
                "file:%s?mode=ro" % (self.work.path / "indelible.db"),
                uri=True)) as store:
            return store.execute(query, values).fetchone()

    def said(self):
        """What the service has said so far."""
        return self.process.diagnostics()

    def hurry(self):
        """Make what waits for a later time due, while no service runs."""
        with contextlib.closing(sqlite3.connect(
                self.work.path / "indelible.db")) as store, store:
            store.execute("UPDATE letter SET due_ms = 0")


@pytest.fixture
def rig(work, server, tls):
    """A service with a mail sink, not yet configured."""
    return Rig(work, server, tls)


# --- the letter -------------------------------------------------------------

def assert_letter(mail, address=ADDRESS):
    """It is what the standards and the person expect."""
    message = mail.message
    assert [mail.sender] == ["ct@ct-privacy.example"]
    assert mail.recipients == [address]
    for part in message.walk():
        assert part.defects == []
        assert all(not value.defects for value in part.values()
                   if hasattr(value, "defects"))
    assert message["To"] == address
    assert message["From"] == "ct@ct-privacy.example"
    assert message["Auto-Submitted"] == "auto-generated"
    assert abs(email.utils.parsedate_to_datetime(message["Date"]).timestamp()
               - time.time()) < 300
    assert re.fullmatch(r"<[0-9a-f]{32}@ct-privacy\.example>",
                        message["Message-ID"])
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == \
        ["text/plain", "text/html"]
    assert all(len(line) <= 78 for line in mail.raw.decode().split("\r\n"))
    assert b"\n" not in mail.raw.replace(b"\r\n", b"")
    assert all(len(line) <= 78 or line == mail.link()
               for line in mail.part("plain").splitlines())


@pytest.mark.smoke
def test_letter(rig, tls):
    """A record without consent is asked for; with STARTTLS and a login."""
    with MailServer(tls=tls, host="localhost") as mails:
        rig.configure(mails.url)
        rig.enrol(pending(match={"plus": True}, notify=["sink:ledger"],
                          id="acme/BUY-GOLD", tenant="acme"))
        wait_until(lambda: mails.mails, "the letter")
        wait_until(lambda: rig.row("SELECT count(*) FROM letter") == (0,),
                   "its end")
        rig.process.stop()
    letter, = mails.mails
    assert_letter(letter)
    text, page = letter.part("plain"), letter.part("html")
    for part in (text, page):
        assert letter.link() in part
        assert "ct-privacy.example" in part and "48 hours" in part
        assert "do nothing" in part
        assert "Never write to this address" in " ".join(part.split())
        # Not a word of whoever registered it.
        assert "GOLD" not in part and "acme" not in part
        assert "jane" not in part.lower()
    assert not re.search(r"<img|<script|<link|src=|url\(", page)
    assert letter.link().startswith(URL + "confirm?t=")
    token = letter.token()
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    # The store has its hash alone.
    raw = base64.urlsafe_b64decode(token + "=")
    row = rig.row("SELECT expires_ms - made_ms FROM token WHERE hash = ?",
                  hashlib.sha256(raw).digest())
    assert row == (48 * 3600 * 1000,)
    for path in rig.work.path.glob("indelible.db*"):
        held = path.read_bytes()
        assert raw not in held and token.encode() not in held
    assert ADDRESS not in rig.said() and token not in rig.said()


def test_unicode(rig, tls):
    """An address with a domain, and one with a local part, beyond ASCII."""
    with MailServer(tls=tls) as mails:
        rig.configure(mails.url)
        rig.enrol(pending("jane@münchen.example", "a/1"),
                  pending("jäne@example.com", "a/2"))
        wait_until(lambda: len(mails.mails) == 2, "both")
    got = {mail.recipients[0]: mail for mail in mails.mails}
    assert set(got) == {"jane@xn--mnchen-3ya.example", "jäne@example.com"}
    assert_letter(got["jane@xn--mnchen-3ya.example"],
                  "jane@xn--mnchen-3ya.example")
    assert got["jäne@example.com"].utf8
    assert "jäne@example.com" in got["jäne@example.com"].message["To"]


def test_page(rig, tls, tmp_path):
    """The HTML part in a browser, on a phone too: no request, nothing that
    does not fit."""
    with MailServer(tls=tls) as mails:
        rig.configure(mails.url)
        rig.enrol(pending())
        wait_until(lambda: mails.mails, "the letter")
    page = tmp_path / "letter.html"
    page.write_text(mails.mails[0].part("html"))
    with Browser() as browser:
        for width in (360, 1000):
            browser.size(width, 800, phone=width < 500)
            browser.open(page)
            assert browser.script(
                "return document.documentElement.scrollWidth") <= width
            assert browser.script(
                "return document.querySelector('a').href") == \
                mails.mails[0].link()
            browser.picture(tmp_path / ("letter-%d.png" % width))
        assert browser.complaints() == [] and browser.requests() == []


# --- what the links do ------------------------------------------------------

def press(rig, page, token):
    """Press the button of a page of the public door; the answer's code."""
    where = rig.work.config_file.read_text().partition(
        "public:")[2].partition("listen: \"")[2].partition("\"")[0]
    host, _, port = where.rpartition(":")
    door = http.client.HTTPConnection(host, int(port), timeout=20)
    with contextlib.closing(door):
        door.request("POST", "/" + page, "t=" + token, {
            "Content-Type": "application/x-www-form-urlencoded"})
        return door.getresponse().status


def states(rig):
    """{id: state} of all records."""
    rows = rig.work.with_config("records", "list", "--json").expect(0).events
    return {row["id"]: row["state"] for row in rows}


@pytest.mark.smoke
def test_confirmed(rig, tls):
    """The letter's token makes the record active, once; a record that comes
    beside the running service is asked for at once."""
    with MailServer(tls=tls) as mails:
        rig.configure(mails.url, listen="127.0.0.1:%d" % free_port())
        rig.process = rig.work.monitor()
        wait_until(lambda: "following" in rig.said(), "the service")
        rig.work.with_config("records", "import", rig.work.records(
            [pending(), pending("john.doe@example.com", "acme/john")]
        )).expect(0)
        wait_until(lambda: len(mails.mails) == 2, "the letters", 10)
        mail, = [m for m in mails.mails if m.recipients == [ADDRESS]]
        assert press(rig, "confirm", mail.token()) == 200
        wait_until(lambda: states(rig)["acme/jane"] == "active",
                   "the confirmation")
        assert press(rig, "confirm", mail.token()) == 200
        assert states(rig)["acme/john"] == "pending"
        rig.process.stop()


def test_never_again(rig, tls):
    """Who wants no mail gets none, whoever registers the address anew."""
    with MailServer(tls=tls) as mails:
        rig.configure(mails.url, listen="127.0.0.1:%d" % free_port())
        rig.enrol(pending())
        wait_until(lambda: mails.mails, "the letter")
        assert press(rig, "never", mails.mails[0].token()) == 200
        wait_until(lambda: states(rig) == {} or
                   set(states(rig).values()) == {"erased"}, "the erasure")
        rig.work.with_config("records", "import", rig.work.records(
            [pending("Jane.Roe@example.com", "b/1", "beta"),
             pending("john.doe@example.com", "b/2", "beta")])).expect(0)
        wait_until(lambda: len(mails.mails) == 2, "the other letter", 10)
        time.sleep(2)
        rig.process.stop()
        rig.hurry()
        rig.process = rig.work.monitor()
        time.sleep(3)
        rig.process.stop()
    assert mails.tried == [ADDRESS, "john.doe@example.com"]


# --- abuse ------------------------------------------------------------------

def test_thousand_registrations(rig, tls):
    """Of one address, over tenants and ids, in several spellings: one mail."""
    spellings = [ADDRESS, "Jane.Roe@example.com", "jane.roe@EXAMPLE.com"]
    with MailServer(tls=tls) as mails:
        rig.configure(mails.url)
        rig.enrol(*[pending(spellings[i % 3], "r/%d" % i, "t%d" % (i % 50))
                    for i in range(1000)],
                  pending("john.doe@example.com", "r/john"))
        wait_until(lambda: len(mails.mails) >= 2, "two letters")
        time.sleep(3)
        rig.process.stop()
        rig.hurry()
        rig.process = rig.work.monitor()
        time.sleep(4)
        rig.process.stop()
    assert sorted(mail.recipients[0].lower() for mail in mails.mails) == \
        [ADDRESS, "john.doe@example.com"]


def test_hostile_addresses(rig, tls):
    """Line ends and brackets in an address are refused at import."""
    with MailServer(tls=tls) as mails:
        rig.configure(mails.url)
        for wrong in ("jane@example.com\r\nRCPT TO:<eve@example.com>",
                      "jane@example.com\nBcc: eve@example.com",
                      "<jane@example.com>", "jane@example.com>",
                      "jane@example.com, eve@example.com"):
            rig.work.with_config("records", "import", rig.work.records(
                [pending(wrong)])).expect(65)
        rig.process = rig.work.monitor()
        time.sleep(2)
        rig.process.stop()
    assert mails.heard == []


# --- when it does not work --------------------------------------------------

def test_refused_for_now(rig, tls):
    """4yz: tried again, with a token of its own; the refused one counts for
    nothing."""
    with MailServer(tls=tls) as mails:
        mails.refuse = ["451 4.7.1 <%s> later" % ADDRESS]
        rig.configure(mails.url)
        rig.enrol(pending())
        wait_until(lambda: "451 4.7.1" in rig.said(), "a word about it")
        wait_until(lambda: (rig.row("SELECT due_ms FROM letter") or (0,))[0] >
                   (time.time() + 30) * 1000, "the next time")
        assert rig.row("SELECT due_ms FROM letter")[0] < \
            (time.time() + 70) * 1000
        assert ADDRESS not in rig.said()
        rig.process.stop()
        rig.hurry()
        rig.process = rig.work.monitor()
        wait_until(lambda: mails.mails, "the letter")
        rig.process.stop()
    assert mails.tried == [ADDRESS] * 2
    assert_letter(mails.mails[0])


def test_refused_for_good(rig, tls):
    """5yz: given up; the record stays pending."""
    with MailServer(tls=tls) as mails:
        mails.refuse_data = ["554 5.7.1 %s is not wanted" % ADDRESS]
        rig.configure(mails.url)
        rig.enrol(pending())
        wait_until(lambda: "given up" in rig.said(), "a word about it")
        wait_until(lambda: rig.row("SELECT count(*) FROM letter") == (0,),
                   "its end")
        rig.process.stop()
    assert "554 5.7.1" in rig.said() and ADDRESS not in rig.said()
    assert mails.mails == []
    listed = rig.work.with_config("records", "list", "--json").expect(0)
    assert [row["state"] for row in listed.events] == ["pending"]


@pytest.mark.parametrize("how", ["away", "plain", "stranger", "login", "mode"])
def test_nothing_is_sent(rig, tls, tmp_path, how):
    """A server that is away, has no STARTTLS, another's certificate, or takes
    no such login; a password that others may read."""
    words = {"away": "connect", "plain": "no STARTTLS",
             "stranger": "certificate", "login": "535", "mode": "mode 0644"}
    other = certificate(tmp_path / "other.pem") if how == "stranger" else tls
    with MailServer(tls=None if how == "plain" else other,
                    host="localhost") as mails:
        rig.configure(mails.url if how != "away" else
                      "smtp://localhost:%d" % free_port())
        if how == "login":
            rig.secret.write_text("wrong\n")
        if how == "mode":
            os.chmod(rig.secret, 0o644)
        rig.enrol(pending())
        wait_until(lambda: words[how] in rig.said(), "a word about it")
        time.sleep(1)
        rig.process.stop()
    assert mails.heard == [] and PASSWORD not in rig.said()
    assert rig.said().count("tried again later") == 1
    assert rig.row("SELECT count(*) FROM letter") == (1,)


@pytest.mark.parametrize("missing", ["url", "sink"])
def test_nobody_can_be_asked(rig, tls, missing):
    """Without public.url or a mail sink records stay pending: said once."""
    with MailServer(tls=tls) as mails:
        rig.configure(mails.url)
        if missing == "url":
            rig.configure(mails.url, url=None)
        else:
            rig.work.config([(rig.log, "static")], public={"url": URL})
        both = [pending(), pending("john.doe@example.com", "acme/john")]
        said = rig.work.with_config(
            "records", "import", rig.work.records(both)).expect(0).err
        assert said.count("stays pending") == 2
        assert said.count("nobody is asked to confirm it: ") == 1
        rig.process = rig.work.monitor()
        wait_until(lambda: "nobody is asked for" in rig.said(), "a word")
        time.sleep(2)
        rig.process.stop()
    assert rig.said().count("nobody is asked for") == 1
    assert mails.mails == []


def test_silent_server(rig, tls):
    """A server that takes the mail and says nothing more does not hold up
    the service, nor its end."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        rig.configure("smtp://127.0.0.1:%d" % silent.getsockname()[1])
        rig.enrol(pending())
        peer, _ = silent.accept()
        with peer, peer.makefile("rwb", buffering=0) as talk:
            for reply in (b"220 hello", b"250 there", b"250 ok", b"250 ok",
                          b"354 go"):
                talk.write(reply + b"\r\n")
                assert talk.readline()
            time.sleep(1)
            begin = time.monotonic()
            rig.process.stop()
            assert time.monotonic() - begin < 5
    # It may have been delivered, so it is not sent again today.
    rig.hurry()
    with MailServer(tls=tls) as mails:
        rig.configure(mails.url)
        rig.process = rig.work.monitor()
        time.sleep(3)
        rig.process.stop()
    assert mails.heard == []
