"""What people get instead of every alert: few of them one by one, the rest in
digests, of which a retry is the same message; machines get all at once."""
import sqlite3

import pytest

from .helpers import EXPOSURE, wait_until
from .mailserver import MailServer
from .planted import FOR_DOMAIN, JANE, PERSONAL, expected_ids, jane_spec
from .receiver import Receiver
from .test_webhook import hook

DIGEST = "dev.indelible.digest.v1"
SOON = {"day": "2s", "week": "2s"}


@pytest.fixture
def receiver():
    """A receiver on a port of its own."""
    with Receiver() as running:
        yield running


def start(work, log, sinks, **alerts):
    """A service whose digests go soon."""
    ledger = {"name": "ledger", "jsonl": {"path": str(work.ledger)}}
    work.prepare([(log, "static")], alerts=dict(
        {"sinks": [ledger] + sinks, "digest": SOON,
         "hold_unverified": "1s"}, **alerts))
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    return monitor


def people(work, receiver):
    """A webhook that people read."""
    return dict(hook(work, receiver.url("/people"), "people"), digest=True)


def told(receiver):
    """What arrived of both kinds: single alerts' ids, digests."""
    seen = [one.event for one in receiver.at("/people")]
    return ([e["id"] for e in seen if e["type"] == EXPOSURE],
            [e for e in seen if e["type"] == DIGEST])


def inside(digests):
    """The ids of the alerts in these digests."""
    return [one for digest in digests for group in digest["data"]["groups"]
            for one in group["alerts"]]


def employees(count):
    """Certificates of different people of one organisation."""
    return [dict(PERSONAL, subject=[["CN", "E%d" % i]], plants=FOR_DOMAIN,
                 sans=[["rfc822", "e%d@example.org" % i]])
            for i in range(count)]


@pytest.mark.smoke
def test_renewals_are_a_number(work, server, receiver):
    """Twelve certificates that say the same: one alert, and a digest that
    counts the others; a machine gets twelve."""
    log = server.new_log([jane_spec(log="final") for _ in range(12)])
    monitor = start(work, log, [
        people(work, receiver),
        {"name": "room", "chat": {"url": receiver.url("/room")}}])
    expected = set(expected_ids(log.truth()))
    assert len(expected) == 12

    def complete():
        singles, digests = told(receiver)
        return set(singles + inside(digests)) == expected
    wait_until(complete, "digests")
    monitor.stop()
    singles, digests = told(receiver)
    assert len(singles) == 1 and len(inside(digests)) == 11
    assert sorted(work.ids()) == sorted(expected)
    for digest in digests:
        assert digest["subject"] == "acme/jane"
        assert digest["data"]["record"] == {
            "id": "acme/jane", "tenant": "acme", "kind": "email"}
        group, = digest["data"]["groups"]
        assert group["count"] == len(group["alerts"]) \
            == digest["data"]["count"]
        assert group["match"] == {"kind": "email", "value": "j…@e….com"}
    titles = [one.event["text"] for one in receiver.at("/room")]
    assert titles[0].startswith("Personal data in a public certificate: ")
    assert all(title.startswith("Personal data in public certificates: ")
               for title in titles[1:])
    assert sum(int(title.split()[-2]) for title in titles[1:]) == 11
    for one in receiver.seen:
        assert b"jane.roe@" not in one.body


def test_flood(work, server, receiver):
    """Of many alerts about one record as many as the cap go one by one."""
    log = server.new_log(employees(9))
    monitor = start(work, log, [people(work, receiver)], per_day=3)
    expected = set(expected_ids(log.truth()))
    wait_until(lambda: set(told(receiver)[0] + inside(told(receiver)[1]))
               == expected, "digests")
    monitor.stop()
    singles, digests = told(receiver)
    assert len(singles) == 3 and len(inside(digests)) == 6
    assert all(g["count"] == 1 for d in digests for g in d["data"]["groups"])


def test_no_limit(work, server, receiver):
    """0 is no limit, and other words for a sink are kept to."""
    log = server.new_log(employees(9))
    monitor = start(work, log, [
        people(work, receiver),
        {"name": "room", "digest": False,
         "chat": {"url": receiver.url("/room")}}], per_day=0)
    wait_until(lambda: len(receiver.at("/people")) == 9, "alerts")
    wait_until(lambda: len(receiver.at("/room")) == 9, "chat")
    monitor.stop()
    assert len(told(receiver)[0]) == 9


def test_by_mail(work, server):
    """Two recipients of a record, each with one mail at once and digests of
    their own, whose renewals are counted."""
    log = server.new_log([jane_spec(log="final") for _ in range(6)])
    jane = dict(JANE, notify=["mailto:jane.roe@example.com",
                              "mailto:lawyer@example.org"])
    with MailServer() as mail:
        ledger = {"name": "ledger", "jsonl": {"path": str(work.ledger)}}
        work.prepare([(log, "static")], records=[jane], alerts={
            "hold_unverified": "1s", "digest": SOON, "sinks": [
                ledger, {"name": "people", "mail": {
                    "server": mail.url, "from": "ct@example.net",
                    "to": "record"}}]})
        monitor = work.monitor()

        def came(address):
            return [one for one in mail.mails if one.recipients == [address]]
        for address in ("jane.roe@example.com", "lawyer@example.org"):
            wait_until(lambda a=address: len(came(a)) >= 2, "a digest")
        monitor.stop()
    for one in mail.mails:
        assert len(one.recipients) == 1
        assert one.raw.count(b"List-Unsubscribe") == 0  # no public door
    ids = [one.message["Message-ID"] for one in mail.mails]
    assert len(set(ids)) == len(ids)
    with sqlite3.connect(work.path / "indelible.db") as store:
        rows = store.execute(
            "SELECT address, cadence, count(*) FROM outbox"
            " WHERE sink = 'people' GROUP BY address, cadence").fetchall()
    assert sorted((cadence, n) for _, cadence, n in rows) == [
        (0, 1), (0, 1), (2, 5), (2, 5)]


@pytest.mark.parametrize("how", ["refused", "killed"])
def test_retry_is_the_same(work, server, receiver, how):
    """A digest that was refused, or lost by a crash, comes again as it was."""
    receiver.script = {"/people": [
        (204, {}), (500, {}) if how == "refused" else "hang"]}
    log = server.new_log([jane_spec(log="final") for _ in range(4)])
    monitor = start(work, log, [people(work, receiver)])
    wait_until(lambda: len(receiver.at("/people")) == 2, "a digest")
    if how == "killed":
        monitor.kill()
        receiver.over.set()
        monitor = work.monitor()
    wait_until(lambda: len(inside(told(receiver)[1][1:])) >= 3, "it again")
    monitor.stop()
    first, again = receiver.at("/people")[1:3]
    assert again.id == first.id and again.body == first.body
    assert first.event["type"] == DIGEST and first.event["id"] == first.id
