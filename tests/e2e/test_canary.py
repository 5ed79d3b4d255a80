"""The canary: an event that goes through every sink now and then."""
import sqlite3
import time

from .helpers import free_port, read_jsonl, wait_until
from .mailserver import PASSWORD, USER, MailServer, certificate
from .planted import jane_spec
from .receiver import Receiver
from .test_webhook import hook

CANARY = "dev.indelible.canary.v1"


def canaries(path):
    """Those in a file."""
    return [e for e in read_jsonl(path) if e["type"] == CANARY]


def prepare(work, server, receiver, canary):
    """Sinks of several kinds, one of them for a single tenant."""
    log = server.new_log([jane_spec()])
    ledger = {"name": "ledger", "jsonl": {"path": str(work.ledger)}}
    room = {"name": "room", "tenants": ["beta"],
            "chat": {"url": receiver.url("/room")}}
    work.prepare([(log, "static")], alerts={
        "canary": canary, "sinks": [
            ledger, hook(work, receiver.url("/hook")), room]})


def test_every_sink(work, server):
    """It comes through each, with the same id, and with nobody's data; once an
    interval, however often the service is started."""
    with Receiver() as receiver:
        prepare(work, server, receiver, "3s")
        begun = time.time()
        monitor = work.monitor()
        wait_until(lambda: canaries(work.ledger), "a canary")
        assert time.time() - begun > 3
        monitor.stop()
        monitor = work.monitor()
        wait_until(lambda: len(canaries(work.ledger)) >= 3, "more")
        wait_until(lambda: len(receiver.at("/room")) >= 2, "in the room")
        monitor.stop()
    found = canaries(work.ledger)
    assert len({e["time"] for e in found}) == len(found) \
        == len({e["id"] for e in found})
    assert all(e["data"] == {"interval_s": 3} for e in found)
    hooked = [one.event for one in receiver.at("/hook")]
    hooked = {e["id"]: e for e in hooked if e["type"] == CANARY}
    assert set(hooked) & {e["id"] for e in found}
    for one in receiver.at("/room"):
        assert "Event: canary" in one.event["text"]
        assert b"jane" not in one.body.lower()


def test_mail_to_nobody(work, server):
    """A sink that writes to people asks its server, and nobody gets a mail; it
    fails when that one is not there, or takes no login."""
    log = server.new_log([jane_spec()])
    key = certificate(work.path / "mx.pem")
    secret = work.write("mx.password", PASSWORD + "\n")
    wrong = work.write("wrong.password", "another\n")
    secret.chmod(0o600)
    wrong.chmod(0o600)
    with MailServer(tls=key) as mail:
        def sink(name, url, password):
            return {"name": name, "tenants": ["beta"], "mail": {
                "server": url, "from": "ct@example.net", "to": "record",
                "user": USER, "password_file": str(password)}}
        ledger = {"name": "ledger", "jsonl": {"path": str(work.ledger)}}
        gone = "smtp://127.0.0.1:%d" % free_port()
        work.prepare([(log, "static")], alerts={
            "canary": "2s", "sinks": [
                ledger, sink("people", mail.url, secret),
                sink("gone", gone, secret), sink("wrong", mail.url, wrong)]},
            fetch={"ca_file": str(key)})
        monitor = work.monitor()

        def states():
            out = work.with_config("status", "--json").events[-1]
            return {s["name"]: (s["state"], s["last_delivered"] is not None)
                    for s in out["sinks"]}
        wait_until(lambda: states() == {
            "ledger": ("ok", True), "people": ("ok", True),
            "gone": ("failing", False), "wrong": ("failing", False)},
            "states")
        monitor.stop()
        assert mail.mails == [] and set(mail.heard) == {"NOOP"}


def test_not_at_once(work, server):
    """The first comes a whole interval after the service was first started,
    and then at its time also after a long pause."""
    with Receiver() as receiver:
        prepare(work, server, receiver, "24h")
        monitor = work.monitor()
        wait_until(lambda: work.ids(), "an alert")
        time.sleep(2.5)
        monitor.stop()
        assert canaries(work.ledger) == []
        with sqlite3.connect(work.path / "indelible.db") as store:
            store.execute("UPDATE log SET first_seen_ms ="
                          " first_seen_ms - 3 * 86400000")
        monitor = work.monitor()
        wait_until(lambda: canaries(work.ledger), "a canary")
        monitor.stop()
        monitor = work.monitor()
        time.sleep(2.5)
        monitor.stop()
        assert len(canaries(work.ledger)) == 1


def test_none(work, server):
    """`canary: off`."""
    with Receiver() as receiver:
        prepare(work, server, receiver, "off")
        monitor = work.monitor()
        wait_until(lambda: work.ids(), "an alert")
        time.sleep(2.5)
        monitor.stop()
        assert canaries(work.ledger) == []
