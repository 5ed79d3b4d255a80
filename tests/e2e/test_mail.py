"""Alerts by mail: from the store to a real SMTP server, once for each
recipient, with a link that ends it."""
import asyncio
import contextlib
import http.client
import os
import re
import signal
import sqlite3
import time
import urllib.parse

import pytest

from .helpers import free_port, read_jsonl, wait_until
from .mailserver import PASSWORD, USER, MailServer, certificate
from .planted import JANE, PERSONAL, PLANTED, expected_ids, jane_spec
from .receiver import Receiver, new_secret

FROM = "ct@ct-privacy.example"
JANES = JANE["value"]
OTHER = PLANTED[1]
ACME = ("--tenant", "acme")


def told(*addresses, **more):
    """Jane's record, with others to be told."""
    return dict(JANE, notify=["mailto:" + a for a in addresses], **more)


def person(number):
    """A record of somebody, and a certificate with their address."""
    address = "person%d@example.com" % number
    return (dict(JANE, id="acme/p%d" % number, value=address),
            dict(PERSONAL, subject=[["CN", "Person"]], plants=["acme/jane"],
                 sans=[["rfc822", address]]))


class Rig:
    """A service with mail sinks."""

    def __init__(self, work, server):
        self.work = work
        self.server = server
        self.log = None
        self.door = free_port()
        self.process = None

    def url(self):
        """The public door's."""
        return "http://127.0.0.1:%d" % self.door

    def configure(self, sinks, **more):
        """The configuration; sinks by name."""
        ledger = {"name": "ledger", "jsonl": {"path": str(self.work.ledger)}}
        self.work.config(
            [(self.log, "static")],
            alerts={"sinks": [ledger] + [
                dict(sink, name=name) if "mail" in sink or "webhook" in sink
                else {"name": name, "mail": dict({"from": FROM}, **sink)}
                for name, sink in sinks.items()]},
            public={"listen": "127.0.0.1:%d" % self.door, "url": self.url()},
            **more)

    def start(self, sinks, records=(JANE,), specs=None, **more):
        """Everything from nothing; it waits for no mail."""
        self.log = self.server.new_log(specs or [jane_spec()])
        self.configure(sinks, **more)
        self.work.with_config("store", "init").expect(0)
        imported = self.work.with_config(
            "records", "import", self.work.records(list(records))).expect(0)
        self.process = self.work.monitor()
        return imported

    def again(self):
        """The service is started once more, and all that waits is due."""
        self.process.stop()
        with contextlib.closing(sqlite3.connect(
                self.work.path / "indelible.db")) as store, store:
            store.execute("UPDATE outbox SET due_ms = due_ms & (1 << 60)"
                          " WHERE state = 0")  # that bit: it is paused
        self.process = self.work.monitor()

    def rows(self, query="SELECT sink, state, attempts FROM outbox"
             " WHERE sink <> 'ledger' ORDER BY id"):
        """Rows out of the store, read beside the service."""
        with contextlib.closing(sqlite3.connect(
                "file:%s?mode=ro" % (self.work.path / "indelible.db"),
                uri=True)) as store:
            return store.execute(query).fetchall()

    def settled(self, *states):
        """Wait until the deliveries are so: 0 waiting, 1 done, 2 dead."""
        wait_until(lambda: sorted(row[1] for row in self.rows()) ==
                   sorted(states), "deliveries %s" % (states,))

    def said(self):
        """What the service has said so far."""
        return self.process.diagnostics()

    def ask(self, method, path, body=None):
        """The public door's answer."""
        door = http.client.HTTPConnection("127.0.0.1", self.door, timeout=30)
        with contextlib.closing(door):
            door.request(method, path, body=body, headers={} if body is None
                         else {"Content-Type":
                               "application/x-www-form-urlencoded"})
            answer = door.getresponse()
            return answer.status, answer.read().decode()

    def state(self, name="acme/jane"):
        """The state of a record."""
        return self.work.with_config(
            "records", "show", name, *ACME).expect(0).out

    def export(self, name="acme/jane"):
        """Everything that is held of a record."""
        return self.work.with_config(
            "records", "export", name, *ACME).expect(0).out


@pytest.fixture
def rig(work, server):
    """A service, not yet configured."""
    return Rig(work, server)


def to_records(mails, **more):
    """A sink that mails to the people whom records name, if not to: others."""
    return dict({"server": mails.url, "from": FROM}, **more)


def one_click(mail):
    """The path of the link in the header, as RFC 8058 wants it."""
    assert mail.message["List-Unsubscribe-Post"] == \
        "List-Unsubscribe=One-Click"
    header = mail.message["List-Unsubscribe"].strip()
    url = re.fullmatch(r"<(.*)>", header).group(1)
    parts = urllib.parse.urlsplit(url)
    return parts.path + "?" + parts.query


# --- to whom -----------------------------------------------------------------

@pytest.mark.smoke
def test_arrives(rig):
    """An alert is one mail, to whom it is about; a fixed address has it, too,
    and neither stands in what is shown of deliveries."""
    with MailServer() as mails:
        rig.start({"people": to_records(mails),
                   "desk": to_records(mails, to="desk@example.org")})
        wait_until(lambda: len(mails.mails) == 2, "mails")
        rig.settled(1, 1)
        only, = expected_ids(rig.log.truth())
        by = {mail.recipients[0]: mail for mail in mails.mails}
        assert set(by) == {JANES, "desk@example.org"}
        for mail in mails.mails:
            assert mail.sender == FROM and len(mail.recipients) == 1
            assert only in mail.message["Message-ID"]
        assert by[JANES].message["Message-ID"] != \
            by["desk@example.org"].message["Message-ID"]
        assert by["desk@example.org"].message["List-Unsubscribe"] is None
        one_click(by[JANES])
        shown = rig.export()
        address, = rig.rows("SELECT hex(address) FROM outbox"
                            " WHERE sink = 'people'")
        assert '"people"' in shown
        assert address[0].lower() not in shown.lower()
        rig.process.stop()
    assert "example" not in rig.said().replace("ct-privacy.example", "")


def test_notify(rig):
    """`mailto:` is who is told, in one mail for a mailbox, and no other kind
    of sink is."""
    with MailServer() as mails:
        rig.start({"people": to_records(mails)},
                  [told("desk@example.org", "desk+2@example.org",
                        JANES)])
        wait_until(lambda: len(mails.mails) == 2, "mails")
        rig.settled(1, 1)
        rig.process.stop()
        assert sorted(mails.tried) == ["desk@example.org", JANES]
        assert rig.work.alerts() == []


def test_unserved(rig):
    """`mailto:` without a sink for it is told of by the import and by the
    service."""
    with MailServer() as mails:
        done = rig.start({"desk": to_records(mails, to="desk@example.org")},
                         [told("jane@example.net")])
        assert "no sink mails to records of its tenant" in done.err
        wait_until(lambda: "1 record names in `notify`" in rig.said(),
                   "a warning")
        rig.process.stop()
        assert mails.tried == []


def test_tenants(rig):
    """Each tenant's people hear from its own sink."""
    other = dict(JANE, id="beta/jane", tenant="beta")
    with MailServer() as ours, MailServer() as theirs:
        rig.start({"acme": {"tenants": ["acme"], "mail": to_records(ours)},
                   "beta": {"tenants": ["beta"], "mail": to_records(
                       theirs, **{"from": "beta@ct-privacy.example"})}},
                  [JANE, other])
        wait_until(lambda: ours.mails and theirs.mails, "mails")
        rig.settled(1, 1)
        rig.process.stop()
        assert [len(ours.mails), len(theirs.mails)] == [1, 1]
        assert ours.mails[0].sender == FROM
        assert theirs.mails[0].sender == "beta@ct-privacy.example"
        assert one_click(ours.mails[0]) != one_click(theirs.mails[0])


# --- what servers do -----------------------------------------------------------

def test_greylisted(rig):
    """Put off at first, it comes again, the same."""
    with MailServer() as mails:
        mails.refuse = ["451 4.7.1 come again"]
        rig.start({"people": to_records(mails)})
        wait_until(lambda: rig.rows() == [("people", 0, 1)], "an attempt")
        assert "sink people: " in rig.said() and "451 4.7.1" in rig.said()
        rig.again()
        wait_until(lambda: mails.mails, "a mail")
        rig.settled(1)
        rig.process.stop()
        assert mails.tried == [JANES, JANES]


def test_sink_for_others(rig):
    """What waits for people when their sink gets an address of its own, or for
    an address when its sink begins to write to people, goes to nobody; when
    somebody asks for it, it goes to those who are told now."""
    office = "office@example.org"
    with MailServer() as mails:
        mails.refuse = ["451 later"] * 2
        rig.start({"one": to_records(mails),
                   "two": to_records(mails, to=office)})
        wait_until(lambda: [row[2] for row in rig.rows()] == [1, 1],
                   "attempts")
        assert sorted(mails.tried) == sorted([JANES, office])
        rig.configure({"one": to_records(mails, to=office),
                       "two": to_records(mails)})
        rig.again()

        def states():
            return sorted(rig.rows(
                "SELECT state FROM outbox WHERE sink <> 'ledger'"
                " AND exposure IS NOT NULL"))
        wait_until(lambda: states() == [(2,), (2,)], "the end of them")
        dead = rig.work.with_config("alerts", "list", "--dead").out
        assert dead.count("the sink is for others") == 2
        alert, = expected_ids(rig.log.truth())
        rig.work.with_config("alerts", "resend", alert).expect(0)
        wait_until(lambda: states() == [(1,), (1,), (2,), (2,)], "mails")
        rig.process.stop()
        # The office is also told that something was given up.
        assert sorted(mail.recipients for mail in mails.mails
                      if "finding" in mail.message["Subject"]) == [
                          [JANES], [office]]


def test_one_refused(rig):
    """One of many has no such mailbox: the others have theirs at once."""
    people = [person(n) for n in range(12)]
    gone = people[3][0]["value"]

    class Server(MailServer):
        """It knows one of them not."""
        async def handle_RCPT(self, server, session, envelope, address,
                              options):
            self.refuse = ["550 5.1.1 <%s> unknown" % address] \
                if address == gone else []
            return await super().handle_RCPT(
                server, session, envelope, address, options)

    with Server() as mails:
        begun = time.monotonic()
        rig.start({"people": to_records(mails)}, [p[0] for p in people],
                  [p[1] for p in people])
        wait_until(lambda: len(mails.mails) == 11, "mails")
        rig.settled(*[1] * 11, 2)
        assert time.monotonic() - begun < 30
        rig.process.stop()
        assert mails.tried.count(gone) == 1
        assert "is given up" in rig.said() and "550 5.1.1" in rig.said()
        assert gone not in rig.said()
        failed = [e for e in read_jsonl(rig.work.ledger)
                  if e["type"].endswith("delivery.failed.v1")]
        assert len(failed) == 1


def test_reply_lost(rig):
    """Taken, but nobody heard it: it comes twice, and looks the same."""
    class Server(MailServer):
        """It hangs up once, with the mail."""
        async def handle_DATA(self, server, session, envelope):
            await super().handle_DATA(server, session, envelope)
            if len(self.mails) == 1:
                server.transport.close()
            return "250 2.0.0 OK"

    with Server() as mails:
        rig.start({"people": to_records(mails)})
        wait_until(lambda: rig.rows() == [("people", 0, 1)], "an attempt")
        rig.again()
        wait_until(lambda: len(mails.mails) == 2, "two mails")
        rig.settled(1)
        rig.process.stop()
        first, second = mails.mails
        assert first.message["Message-ID"] == second.message["Message-ID"]


def test_killed(rig):
    """The service dies between the mail and the acknowledgement: it comes
    again, with the same id."""
    class Server(MailServer):
        """It thinks about the first for long."""
        async def handle_DATA(self, server, session, envelope):
            await super().handle_DATA(server, session, envelope)
            if len(self.mails) == 1:
                await asyncio.sleep(60)
            return "250 2.0.0 OK"

    with Server() as mails:
        rig.start({"people": to_records(mails)})
        wait_until(lambda: mails.mails, "a mail")
        rig.process.kill()
        assert rig.rows() == [("people", 0, 0)]
        rig.process = rig.work.monitor()
        wait_until(lambda: len(mails.mails) == 2, "it again")
        rig.settled(1)
        rig.process.stop()
        first, second = mails.mails
        assert first.message["Message-ID"] == second.message["Message-ID"]


def test_slow(rig):
    """A server that does not answer keeps other sinks from nothing, nor the
    service from its end."""
    class Server(MailServer):
        """It never answers."""
        async def handle_DATA(self, server, session, envelope):
            await super().handle_DATA(server, session, envelope)
            await asyncio.sleep(120)
            return "250 2.0.0 OK"

    people = [person(n) for n in range(10)]
    secret = rig.work.write("hook.key", new_secret() + "\n")
    os.chmod(secret, 0o600)
    with Server() as slow, MailServer() as quick, Receiver() as receiver:
        rig.start({"slow": to_records(slow), "quick": to_records(quick),
                   "hook": {"webhook": {"url": receiver.url("/"),
                                        "secret_file": str(secret)}}},
                  [p[0] for p in people], [p[1] for p in people])
        wait_until(lambda: slow.mails and len(quick.mails) == 10, "mails")
        wait_until(lambda: len(receiver.seen) == 10, "the hook's")
        wait_until(lambda: len(rig.work.alerts()) == 10, "the ledger's")
        begun = time.monotonic()
        rig.process.stop()
        assert time.monotonic() - begun < 8
        assert {row[1:] for row in rig.rows() if row[0] == "slow"} == {(0, 0)}


# --- security ------------------------------------------------------------------

def secured(rig, tls, mails, password=PASSWORD, **more):
    """A sink with a login; the file with its password."""
    secret = rig.work.write("mail.password", password + "\n")
    os.chmod(secret, 0o600)
    return secret, {"people": to_records(
        mails, user=USER, password_file=str(secret), **more)}


def test_login(rig, tmp_path):
    """STARTTLS and a login; a wrong password is tried again with another, as
    soon as there is a SIGHUP."""
    tls = certificate(tmp_path / "mail.pem")
    with MailServer(tls) as mails:
        secret, sinks = secured(rig, tls, mails, password="wrong")
        rig.start(sinks, fetch={"ca_file": str(tls)})
        wait_until(lambda: "sink people: " in rig.said(), "a warning")
        assert "535" in rig.said() and mails.tried == []
        secret.write_text(PASSWORD + "\n")
        wait_until(lambda: rig.rows() == [("people", 0, 1)], "an attempt")
        rig.process.signal(signal.SIGHUP)
        rig.again()
        wait_until(lambda: mails.mails, "a mail")
        rig.settled(1)
        rig.process.stop()
        assert PASSWORD not in rig.said()


def test_expired_certificate(rig, tmp_path):
    """Nothing goes to a server whose certificate has expired, and that is
    said."""
    tls = certificate(tmp_path / "mail.pem", days=-1)
    with MailServer(tls) as mails:
        _, sinks = secured(rig, tls, mails)
        rig.start(sinks, fetch={"ca_file": str(tls)})
        wait_until(lambda: "sink people: " in rig.said(), "a warning")
        assert "expired" in rig.said()
        wait_until(lambda: rig.rows() == [("people", 0, 1)], "an attempt")
        rig.process.stop()
        assert mails.tried == [] and "MAIL" not in mails.heard


def test_no_starttls(rig):
    """A server elsewhere that offers none gets nothing: neither the mail nor
    the login."""
    with MailServer(host="localhost") as mails:
        _, sinks = secured(rig, None, mails)
        rig.start(sinks)
        wait_until(lambda: "STARTTLS" in rig.said(), "a warning")
        rig.process.stop()
        assert mails.tried == [] and mails.heard == []


def test_smtputf8(rig):
    """An address beyond ASCII goes to a server that takes it; for another one
    it is given up with the reason. Its domain is ASCII for both."""
    with MailServer() as mails, MailServer(enable_SMTPUTF8=False) as old:
        rig.start({"people": to_records(mails), "old": to_records(old)},
                  [told("jürgen@bücher.example", "jane@bücher.example")])
        wait_until(lambda: len(mails.mails) == 2, "mails")
        rig.settled(1, 1, 1, 2)
        rig.process.stop()
        assert sorted(mails.tried) == ["jane@xn--bcher-kva.example",
                                       "jürgen@xn--bcher-kva.example"]
        assert {m.recipients[0]: m.utf8 for m in mails.mails} == {
            "jane@xn--bcher-kva.example": False,
            "jürgen@xn--bcher-kva.example": True}
        assert old.tried == ["jane@xn--bcher-kva.example"]
        assert "(SMTPUTF8)" in rig.said() and "rgen" not in rig.said()


def test_too_large(rig):
    """A mail that is more than the server takes is given up."""
    with MailServer(data_size_limit=300) as mails:
        rig.start({"people": to_records(mails)})
        rig.settled(2)
        rig.process.stop()
        assert mails.mails == [] and "552" in rig.said()


# --- the end of it --------------------------------------------------------------

@pytest.mark.smoke
def test_one_click(rig):
    """The link of the mail, through the public door: looking changes nothing,
    one click withdraws the record."""
    with MailServer() as mails:
        rig.start({"people": to_records(mails)})
        wait_until(lambda: mails.mails, "a mail")
        link = one_click(mails.mails[0])
        status, page = rig.ask("GET", link)
        assert status == 200 and "<form" in page
        assert "active" in rig.state()
        status, _ = rig.ask("POST", link, "List-Unsubscribe=One-Click")
        assert status == 200
        assert "withdrawn" in rig.state()
        rig.log.append([OTHER])
        time.sleep(3)
        rig.process.stop()
        assert len(mails.mails) == 1


def test_others_click(rig):
    """The link of somebody else who is told ends that, and no more; Jane goes
    on hearing of it."""
    with MailServer() as mails:
        rig.start({"people": to_records(mails)},
                  [told("desk@example.org", JANES)])
        wait_until(lambda: len(mails.mails) == 2, "mails")
        rig.settled(1, 1)
        desk, = [m for m in mails.mails
                 if m.recipients == ["desk@example.org"]]
        rig.ask("POST", one_click(desk), "List-Unsubscribe=One-Click")
        assert "active" in rig.state()
        assert '"unsubscribed"' in rig.export()
        rig.log.append([OTHER])
        wait_until(lambda: len(mails.mails) == 3, "a third mail")
        rig.settled(1, 1, 1)
        rig.process.stop()
        assert mails.mails[2].recipients == [JANES]


def test_never(rig):
    """Who wants no mail ever again gets none of what waits, whichever record
    it is of; who is told beside them does."""
    class Server(MailServer):
        """It takes one mail to Jane, and no other until it is told."""
        patient = False

        async def handle_RCPT(self, server, session, envelope, address,
                              options):
            first = address == JANES and address not in self.tried
            self.refuse = [None if first or self.patient else "451 later"]
            return await super().handle_RCPT(
                server, session, envelope, address, options)

    second, spec = person(2)
    second["notify"] = ["mailto:" + JANES, "mailto:desk@example.org"]
    with Server() as mails:
        rig.start({"people": to_records(mails)}, [JANE, second],
                  [jane_spec(), spec])
        wait_until(lambda: len(rig.rows()) == 3 and sum(
            row[1] or row[2] for row in rig.rows()) == 3, "attempts")
        token = one_click(mails.mails[0]).partition("t=")[2]
        status, _ = rig.ask("POST", "/never", "t=" + token)
        assert status == 200
        mails.patient = True
        rig.again()
        rig.settled(1, 1)
        rig.process.stop()
        assert [m.recipients for m in mails.mails] == \
            [[JANES], ["desk@example.org"]]


def test_waiting(rig):
    """What waits while its record is paused waits on; with the record it is
    withdrawn, and erased, and then nothing on disk has it."""
    people = [person(n) for n in range(3)]
    with MailServer() as mails:
        mails.refuse = ["451 later"] * 3
        rig.start({"people": to_records(mails)}, [p[0] for p in people],
                  [p[1] for p in people])
        wait_until(lambda: [row[2] for row in rig.rows()] == [1, 1, 1],
                   "attempts")
        for name, verb in zip(("acme/p0", "acme/p1", "acme/p2"),
                              ("pause", "withdraw", "erase")):
            rig.work.with_config("records", verb, name, *ACME).expect(0)
        rig.again()
        time.sleep(2)
        assert mails.mails == []
        rig.work.with_config(
            "records", "resume", "acme/p0", *ACME).expect(0)
        wait_until(lambda: mails.mails, "a mail")
        rig.settled(1)
        rig.process.stop()
        assert mails.mails[0].recipients == ["person0@example.com"]
        for path in rig.work.path.glob("indelible.db*"):
            assert b"person2" not in path.read_bytes()
