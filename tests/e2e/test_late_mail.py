"""Late proof by mail: who was written to before it was there, and then there
was none, has a correction that belongs to the first mail; nobody else has."""
import time

import pytest

from .door import Door
from .helpers import free_port, wait_until
from .mailserver import MailServer
from .planted import jane_spec
from .test_late_proof import AT, SPECS
from .test_mail import FROM, JANES, one_click, told

DESK = "desk@example.org"
LAWYER = "lawyer@example.net"
OFFICE = "office@example.org"
EVERYBODY = [DESK, JANES, LAWYER, OFFICE]
FIRST = "A finding in the public logs of certificates"
CORRECTION = "Correction of a finding in the public logs of certificates"


class Scene:
    """A log whose last entries come slowly, and never prove the first; Jane is
    written to with two others, and so is an office."""

    def __init__(self, work, server, mails):
        self.work, self.mails = work, mails
        self.log = server.new_log(SPECS, page=64)
        self.log.fault("slow", on="entries", seconds=1)
        self.fault = self.log.fault("flip", index=AT + 10)
        self.port = free_port()
        door = "127.0.0.1:%d" % self.port

        def sink(name, to):
            return {"name": name, "mail": {
                "server": mails.url, "from": FROM, "to": to}}
        jane = told(JANES, DESK, LAWYER)
        jane["notify"].append("sink:office")
        work.prepare([(self.log, "rfc6962")], [jane], public={
            "listen": door, "url": "http://" + door}, alerts={
                "hold_unverified": "500ms", "sinks": [
                    {"name": "ledger", "jsonl": {"path": str(work.ledger)}},
                    sink("people", "record"), sink("office", OFFICE)]})
        self.monitor = work.monitor()

    def sent(self, subject):
        """Mails about that, by their recipient."""
        found = [mail for mail in self.mails.mails
                 if str(mail.message["Subject"]) == subject]
        out = {mail.recipients[0]: mail for mail in found}
        assert len(out) == len(found), "twice"
        return out

    def came(self, subject, *to):
        """Until these have it."""
        wait_until(lambda: sorted(self.sent(subject)) == sorted(to),
                   subject, 60)


@pytest.fixture
def mails():
    """A mail server."""
    with MailServer() as running:
        yield running


def thread(mail):
    """The mail that it belongs to."""
    before = mail.message["In-Reply-To"].strip()
    assert mail.message["References"].strip() == before
    return before


def test_corrections(work, server, mails):
    """One for each who was told, also when the service starts anew; but none
    for the one who wants no more mails."""
    scene = Scene(work, server, mails)
    scene.came(FIRST, *EVERYBODY)
    first = scene.sent(FIRST)
    assert scene.sent(CORRECTION) == {}
    assert "In-Reply-To" not in first[JANES].message
    assert Door(scene.port).post(
        one_click(first[LAWYER]), "List-Unsubscribe=One-Click",
        "application/x-www-form-urlencoded").code == 200
    scene.came(CORRECTION, DESK, JANES, OFFICE)
    scene.monitor.stop()
    scene.monitor = work.monitor()
    time.sleep(4)
    scene.monitor.stop()
    second = scene.sent(CORRECTION)
    assert sorted(second) == [DESK, JANES, OFFICE]
    assert len(mails.mails) == len(EVERYBODY) + len(second)
    ids = {str(mail.message["Message-ID"]) for mail in mails.mails}
    assert len(ids) == len(mails.mails)
    for to, mail in second.items():
        assert thread(mail) == str(first[to].message["Message-ID"]).strip()
        for kind in ("plain", "html"):
            assert "cannot be proven" in mail.part(kind)
        assert ("List-Unsubscribe" in mail.message) == (to != OFFICE)
