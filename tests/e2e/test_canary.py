"""The canary: an event that goes through every sink now and then."""
import sqlite3
import time

from .helpers import read_jsonl, wait_until
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
