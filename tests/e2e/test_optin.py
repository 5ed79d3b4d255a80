"""The life of an opt-in: asked by mail, confirmed in a browser, alerted,
exported, withdrawn, erased; and at the end nothing of it is left on disk.

The person's words stand nowhere else, and are looked for everywhere all the
time (reference pii.md 7, reliability.md T11).
"""
import json
import sqlite3
import time

import pytest

from .browser import Browser
from .canaries import about, family, found_in, left_behind
from .door import Door
from .helpers import free_port, wait_until
from .mailserver import MailServer
from .planted import PERSONAL, alert_id

ADDRESS = "Quokkamail.Wombat@example.com"
# Of the address, and of what the record says besides.
CANARIES = ["quokkamail", "bilbyevidence"]


def canaries_in(content):
    """Those that stand there, in any case and disguise."""
    return found_in(content, CANARIES)


def shown_by_system(process):
    """Whatever other users of the machine may see of its processes."""
    return b"".join(
        about(pid, name) for pid in family(process)
        for name in ("cmdline", "environ", "comm", "status"))


class Life:
    """One service with a log, a mail server, and somebody who opts in."""

    def __init__(self, work, server, inbox):
        self.work, self.inbox = work, inbox
        self.log = server.new_log([{"filler": 100}])
        self.public = free_port()
        work.config([(self.log, "static")], alerts={"sinks": [
            {"name": "ledger", "jsonl": {"path": str(work.ledger)}},
            {"name": "people", "mail": {
                "server": inbox.url, "from": "ct@indelible-e2e.org"}}]},
            public={"listen": "127.0.0.1:%d" % self.public,
                    "url": "http://127.0.0.1:%d/" % self.public})
        work.with_config("store", "init").expect(0)
        self.monitor = work.monitor()
        wait_until(lambda: (work.path / "admin.sock").exists(), "its socket")

    def add(self, **record):
        """Enrol beside the running service."""
        record = dict({"id": "q/1", "tenant": "acme", "kind": "email",
                       "value": ADDRESS, "notify": ["sink:ledger"],
                       "consent": {}}, **record)
        return self.work.with_config(
            "records", "add", stdin=json.dumps(record)).expect(0)

    def records(self, verb, *more):
        """A command about the record."""
        said = self.work.with_config("records", verb, "q/1", "--tenant",
                                     "acme", *more).expect(0)
        assert not canaries_in(said.err.encode())
        return said

    def state(self):
        """The record's."""
        return json.loads(self.records("show", "--json").out)["state"]

    def letter(self, number):
        """The number-th mail, parsed; and the token in its link."""
        wait_until(lambda: len(self.inbox.mails) > number, "a mail")
        mail = self.inbox.mails[number]
        return mail.message, mail.token()

    def publish(self, serial):
        """Log a certificate with the address; the alert's id."""
        self.log.append([
            dict(PERSONAL, serial=serial, subject=[["CN", "Mailbox"]],
                 sans=[["rfc822", ADDRESS]], log="final", plants=["q/1"]),
            {"filler": 20}])
        entry = self.log.truth()[-1]
        return alert_id("acme", "q/1", bytes.fromhex(entry["tbs_sha256"]))

    def read_to(self):
        """How far the log has been proven."""
        with sqlite3.connect("file:%s?mode=ro" % (
                self.work.path / "indelible.db"), uri=True) as store:
            return store.execute(
                "SELECT max(proven_to) FROM stretch").fetchone()[0]

    def wait_read(self):
        """Until all that is logged is proven."""
        size = len(self.log.truth(everything=True))
        wait_until(lambda: self.read_to() == size, "all to be read")

    def assert_quiet(self):
        """Nobody else learns of it."""
        assert not canaries_in(shown_by_system(self.monitor))
        assert not left_behind(self.work.path, CANARIES)


@pytest.fixture
def inbox():
    """A mail server that keeps what it gets."""
    with MailServer() as running:
        yield running


@pytest.fixture
def life(work, server, inbox):
    """See Life."""
    return Life(work, server, inbox)


def test_from_enrolment_to_erasure(life):
    """Enrol, mail, browser, certificate, alert, export, withdrawal, erasure."""
    life.add()
    assert life.state() == "pending"
    mail, token = life.letter(0)
    assert mail["to"].lower() == ADDRESS.lower()
    life.assert_quiet()

    # Not confirmed: nothing is matched.
    life.publish("51")
    life.wait_read()
    assert not life.work.ids()

    with Browser() as browser:
        url = "http://127.0.0.1:%d/confirm?t=%s" % (life.public, token)
        browser.do("url", url=url)
        time.sleep(1)    # a mail program that looks at the link
        assert life.state() == "pending"
        browser.script("document.querySelector('button').click()")
        wait_until(lambda: life.state() == "active", "the confirmation")
        assert not [url for url in browser.requests()
                    if "127.0.0.1" not in url]

    # From then on it is, within seconds.
    alert = life.publish("52")
    life.work.wait_for_ids([alert], life.monitor)
    assert life.work.ids() == [alert]
    life.assert_quiet()

    held = json.loads(life.records("export").out)
    text = json.dumps(held)
    assert ADDRESS in text and alert in text
    assert "ledger" in text and "confirmed" in text
    assert "registered" in text
    masked = life.records("show").out
    assert not canaries_in(masked.encode())
    assert "static" in masked    # the log, and what was read of it
    assert not canaries_in(life.work.with_config("records", "list").out
                           .encode())

    life.records("withdraw")
    life.publish("53")
    life.wait_read()
    assert life.state() == "withdrawn"
    time.sleep(1)
    assert life.work.ids() == [alert]

    life.records("erase")
    assert not left_behind(life.work.path, CANARIES)
    life.monitor.stop()
    assert not left_behind(life.work.path, CANARIES)
    trail = life.work.with_config("verify", "--json").expect(0)
    assert not canaries_in(trail.out.encode())


def test_changes_reach_a_running_service(life):
    """Within five seconds: a new record, a pause, a withdrawal."""
    consent = {"purpose": "ct-exposure/1", "method": "import",
               "at": "2024-05-01T10:00:00Z", "evidence": "bilbyevidence"}
    life.wait_read()
    said = life.add(consent=consent)
    assert "backfill" in said.out
    time.sleep(5)
    alerts = [life.publish("61")]
    life.work.wait_for_ids(alerts, life.monitor)
    life.records("pause")
    life.publish("62")
    life.wait_read()
    life.records("resume")
    time.sleep(5)
    alerts.append(life.publish("63"))
    life.work.wait_for_ids(alerts, life.monitor)
    assert life.work.ids() == alerts
    life.assert_quiet()
    life.monitor.stop()


def test_tenants_do_not_see_each_other(life):
    """Over HTTP, with a token for one tenant."""
    tokens = life.work.path / "admin.token"
    life.monitor.stop()
    with open(tokens, "a", encoding="ascii") as file:
        file.write("%s write beta betas\n" % ("b" * 43))
    life.monitor = life.work.monitor()
    wait_until(lambda: (life.work.path / "admin.sock").exists(), "a socket")
    life.add()
    theirs = Door(life.work.path / "admin.sock", "b" * 43)
    for method, path in (("GET", "/api/v1/records/q/1"),
                         ("GET", "/api/v1/records/q/1?tenant=acme"),
                         ("GET", "/api/v1/records/q/1:export?tenant=acme"),
                         ("POST", "/api/v1/records/q/1:withdraw?tenant=acme"),
                         ("DELETE", "/api/v1/records/q/1?tenant=acme")):
        body = None if method == "GET" else "{}"
        there = theirs.ask(method, path, body)
        none = theirs.ask(method, path.replace("q/1", "q/2"), body)
        assert there.code == none.code == 404
        assert there.text.replace("q/1", "q/2") == none.text
    assert theirs.get("/api/v1/records").json["records"] == []
    assert life.state() == "pending"
