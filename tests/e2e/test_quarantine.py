"""Entries that cannot be read, or kill who reads them: each costs itself and
nothing else, is kept, and is read again by a program that can.

A test build of the binary dies of certificates with a certain word in them,
and never ends with others; it stands for the older program here.
"""
import os
import signal
import sqlite3
import time

import pytest

from .helpers import BINARY, QUARANTINED, ROOT, descendants, read_jsonl, \
    wait_until
from .planted import PERSONAL, PLANTED, expected_ids, jane_spec

APIS = ["static", "rfc6962"]
PILL = b"indelible-test-poison"
KILLED = "reading the entry killed a worker"


def is_test_build(path):
    """Whether this binary dies of what it should die of."""
    try:
        with open(path, "rb") as file:
            return PILL in file.read()
    except FileNotFoundError:
        return False


def first(paths, wanted):
    """The first binary of the kind that is wanted, or None."""
    return next((p for p in paths if os.path.exists(p) and
                 is_test_build(p) == wanted), None)


BUILDS = [BINARY] + [os.path.join(ROOT, "build", flavour, "indelible")
                     for flavour in ("release", "asan", "tsan", "cov")]
MORTAL = first(BUILDS, True)
SOUND = first(BUILDS, False)
mortal = pytest.mark.skipif(MORTAL is None, reason="no build for tests here")
both = pytest.mark.skipif(MORTAL is None or SOUND is None,
                          reason="needs a release build and one for tests")


def spoiled(spec, word="poison"):
    """The same certificate with a word that kills, or stupefies."""
    return dict(spec, sans=spec["sans"] + [
        ["rfc822", "indelible-test-%s@example.com" % word]])


def deadly(number, word="poison", **more):
    """A certificate that kills, without anybody's address."""
    return spoiled(dict(
        PERSONAL, subject=[["CN", "Nobody %d" % number]], log="final",
        sans=[["rfc822", "nobody-%d@example.com" % number]], **more), word)


def with_deadly(size, places, word="poison"):
    """A log's entries: Jane's certificate at three places, everyday ones, and
    deadly ones at these places."""
    jane = {3, size // 2, size - 3} - set(places)
    specs = []
    for i in range(size):
        if i in places:
            specs.append(deadly(i, word))
        elif i in jane:
            specs.append(jane_spec(log="final", serial="%04x" % (i + 1)))
        else:
            specs.append({"filler": 1})
    return specs


def rows(work):
    """(index, reason) of what is in quarantine."""
    with sqlite3.connect("file:%s?mode=ro" % (work.path / "indelible.db"),
                         uri=True) as store:
        return list(store.execute(
            "SELECT ix, reason FROM quarantine ORDER BY ix"))


# --- entries that kill --------------------------------------------------------

PLACES = {
    "first": [0], "middle": [77], "last": [255], "ends": [0, 127, 128, 255],
    "neighbours": [60, 61, 62, 63, 64, 65],
    "many": list(range(2, 256, 13)),      # more than 16 in a batch
}


@mortal
@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("name", sorted(PLACES))
def test_one_entry_costs_one_entry(work, server, api, name):
    """Exactly those that kill are quarantined; all others are matched."""
    places = PLACES[name]
    log = server.new_log(with_deadly(256, places), page=128)
    work.binary = MORTAL
    work.prepare([(log, api)])
    result = work.with_config("backfill", "--json").expect(0)
    assert sorted(result.ids) == sorted(expected_ids(log.truth()))
    assert result.summary["quarantined"] == len(places)
    assert result.summary["verified"] is True
    assert rows(work) == [(place, KILLED) for place in places]


@mortal
@pytest.mark.smoke
@pytest.mark.parametrize("api", APIS)
def test_the_service_survives_them(work, server, api):
    """They are told of, reading goes on, and other logs are not held up."""
    log = server.new_log(with_deadly(200, [0, 50, 51, 199]), page=64)
    other = server.new_log([{"filler": 300}, jane_spec(log="final")])
    work.binary = MORTAL
    work.prepare([(log, api), (other, "static")])
    monitor = work.monitor()
    expected = dict(expected_ids(log.truth()), **expected_ids(other.truth()))
    work.wait_for_ids(expected, monitor)
    more = log.append([deadly(1000), jane_spec(log="final")])
    work.wait_for_ids(expected_ids(more), monitor)
    new = other.append([jane_spec(log="precert")])
    work.wait_for_ids(expected_ids(new), monitor)

    def told():
        return {(entry["index"], entry["reason"])
                for event in read_jsonl(work.ledger)
                if event["type"] == QUARANTINED
                for entry in event["data"]["entries"]}
    wait_until(lambda: len(told()) >= 5, "the events")
    assert told() == {(i, KILLED) for i in (0, 50, 51, 199, 200)}
    assert len(descendants(monitor.pid, 2)) <= 2
    monitor.stop()
    assert len(work.ids()) == len(set(work.ids()))


@mortal
def test_a_storm_is_calmed(work, server):
    """Nothing but entries that kill: each is quarantined, at a bounded rate
    of new workers, and another log goes on at once."""
    log = server.new_log([deadly(i) for i in range(100)], page=100)
    other = server.new_log([{"filler": 300}, jane_spec(log="final")])
    work.binary = MORTAL
    work.prepare([(log, "rfc6962"), (other, "static")])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(other.truth()), monitor)
    wait_until(lambda: len(rows(work)) == 100, "all of them")
    monitor.stop()


@mortal
@pytest.mark.parametrize("api", APIS)
def test_an_entry_without_end(work, server, api):
    """A worker that does not come back is killed for its time."""
    log = server.new_log(with_deadly(150, [99], "stupor"), page=128)
    work.binary = MORTAL
    work.prepare([(log, api)])
    result = work.with_config("backfill", "--json").expect(0)
    assert sorted(result.ids) == sorted(expected_ids(log.truth()))
    assert rows(work) == [(99, KILLED)]
    assert "too long" in result.err


# --- reading again ------------------------------------------------------------

def reparse(work, status=0):
    """`verify --reparse --json`: the entries, and the end."""
    *entries, end = work.with_config(
        "verify", "--reparse", "--json").expect(status).events
    assert all(entry["type"] == "entry" for entry in entries)
    assert end["type"] == "reparse"
    return entries, end


def timeless(alert):
    """An alert without the time at which it was found."""
    return dict(alert, time=None)


def spoil_all(specs):
    """All of them with the word that kills."""
    return [spoiled(spec) for spec in specs if spec.get("sans")]


@both
@pytest.mark.parametrize("api", APIS)
def test_reparse_gives_the_same_alerts(work, server, api):
    """After an upgrade: what killed the older program is read, and each alert
    is the one that a first reading would have given."""
    specs = []
    for spec in spoil_all(PLANTED):
        specs += [{"filler": 20}, spec]
    log = server.new_log(specs, page=64)
    expected = expected_ids(log.truth())
    work.binary = MORTAL
    work.prepare([(log, api)])
    monitor = work.monitor()
    wait_until(lambda: len(rows(work)) == len(log.truth()), "quarantine")
    monitor.stop()
    assert work.ids() == []
    work.binary = SOUND
    entries, end = reparse(work)
    assert (end["read"], end["unreadable"]) == (len(log.truth()), 0)
    assert end["exposures"] == len(expected) and end["complete"] is True
    assert sorted(e["index"] for e in entries) == sorted(
        e["index"] for e in log.truth())
    assert rows(work) == []
    with sqlite3.connect(work.path / "indelible.db") as store:
        assert store.execute("SELECT count(*), count(entry), count(due_ms)"
                             " FROM evidence").fetchone() == (
                                 (len(expected),) * 3)
    store.close()
    monitor = work.monitor()
    work.wait_for_ids(expected, monitor)
    monitor.stop()
    assert sorted(work.ids()) == sorted(expected)
    direct = {alert["id"]: alert for alert in work.run(
        "backfill", "-c", work.config_file, "--records", work.records(),
        "--json").expect(0).alerts}
    for alert in work.alerts():
        assert timeless(alert) == timeless(direct[alert["id"]])
        for seen in alert["data"]["sightings"]:
            assert seen["verified"] is True


@both
def test_reparse_of_many(work, server):
    """More than are read at a time; again, it finds nothing to do; and a
    person is told in one line."""
    log = server.new_log(
        [spoiled(jane_spec(log="final", serial="%04x" % (i + 1)))
         for i in range(50)], page=64)
    work.binary = MORTAL
    work.prepare([(log, "rfc6962")])
    work.with_config("backfill", "--quiet").expect(0)
    work.binary = SOUND
    out = work.with_config("verify", "--reparse").expect(0).out
    assert out == "50 read, 0 still unreadable; 50 new exposures\n"
    out = work.with_config("verify", "--reparse").expect(0).out
    assert out == "0 read, 0 still unreadable; 0 new exposures\n"


@mortal
def test_what_still_kills_stays(work, server):
    """The same program again: each entry kills a worker, and stays."""
    log = server.new_log(with_deadly(60, [7, 8, 30]))
    work.binary = MORTAL
    work.prepare([(log, "static")])
    work.with_config("backfill", "--quiet").expect(0)
    entries, end = reparse(work)
    assert (end["read"], end["unreadable"]) == (0, 3)
    assert {e["reason"] for e in entries} == {KILLED}
    assert rows(work) == [(i, KILLED) for i in (7, 8, 30)]


@mortal
def test_reparse_is_stopped(work, server):
    """75, soon, and what is not done stays to be done."""
    log = server.new_log(with_deadly(60, [7, 8], "stupor"))
    work.binary = MORTAL
    work.prepare([(log, "static")])
    work.with_config("backfill", "--quiet").expect(0)
    process = work.start("verify", "--reparse", "-c", work.config_file)
    wait_until(lambda: process.heeds(signal.SIGTERM) and
               descendants(process.pid, 2), "its start")
    time.sleep(1)
    process.signal(signal.SIGTERM)
    result = process.wait(10).expect(75)
    assert result.out.startswith("0 read, 0 still unreadable")
    assert [index for index, _ in rows(work)] == [7, 8]


MALFORMED = {
    "static": ["garbage", "empty", "oversize"],
    "rfc6962": ["garbage", "empty", "oversize", "type", "version",
                "trailing", "truncated"],
}


@pytest.mark.smoke
@pytest.mark.parametrize("api", APIS)
def test_what_is_unreadable_stays(work, server, api):
    """Each kind of entry that the contract names is kept, shown by verify,
    and stays when it is read again."""
    log = server.new_log(
        [{"filler": 5}] + [{"malformed": how} for how in MALFORMED[api]] +
        [jane_spec(log="final")])
    work.prepare([(log, api)])
    result = work.with_config("backfill", "--json").expect(0)
    assert sorted(result.ids) == sorted(expected_ids(
        [e for e in log.truth() if e["plants"]]))
    before = rows(work)
    assert [index for index, _ in before] == list(
        range(5, 5 + len(MALFORMED[api])))
    shown, = [e for e in work.with_config("verify", "--json").expect(0).events
              if e["type"] == "log"]
    assert sum(q["entries"] for q in shown["quarantined"]) == len(before)
    assert {q["reason"] for q in shown["quarantined"]} == \
        {reason for _, reason in before}
    text = work.with_config("verify").expect(0).out
    assert text.count("quarantine: ") == len(shown["quarantined"])
    entries, end = reparse(work)
    assert (end["read"], end["unreadable"]) == (0, len(before))
    assert all(e["readable"] is False and e["reason"] for e in entries)
    after = dict(rows(work))
    for index, reason in before:
        assert after[index] == reason or "was kept" in after[index]


def test_reparse_beside_the_service(work, server):
    """It writes: not while the store is in use, and it says by whom."""
    log = server.new_log([{"malformed": "garbage"}, jane_spec()])
    work.prepare([(log, "static")])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(
        [e for e in log.truth() if e["plants"]]), monitor)
    refused = work.with_config("verify", "--reparse").expect(69)
    assert "in use by pid %d" % monitor.pid in refused.err
    assert work.with_config("verify").expect(0).out.count("quarantine: 1 ")
    monitor.stop()


def test_reparse_of_nothing(work, server):
    """An empty quarantine is read at once; a store must be there."""
    log = server.new_log([jane_spec()])
    work.config([(log, "static")])
    work.with_config("verify", "--reparse").expect(66)
    work.prepare([(log, "static")])
    assert work.with_config("verify", "--reparse").expect(0).out == \
        "0 read, 0 still unreadable; 0 new exposures\n"


# --- retention ----------------------------------------------------------------

def test_the_service_erases_what_is_old(work, server):
    """retention.quarantine: what is older goes at the next start, and not
    what is younger."""
    log = server.new_log([{"filler": 5}, {"malformed": "garbage"},
                          {"malformed": "garbage"}, jane_spec()])
    work.prepare([(log, "static")], retention={"quarantine": "2d"})
    monitor = work.monitor()
    wait_until(lambda: len(rows(work)) == 2, "quarantine")
    monitor.stop()
    with sqlite3.connect(work.path / "indelible.db") as store:
        store.execute("UPDATE quarantine SET time_ms = time_ms - ?"
                      " WHERE ix = 5", [49 * 3600 * 1000])
        key, = store.execute("SELECT wrapped FROM quarantine_key, quarantine"
                             " WHERE id = quarantine AND ix = 5").fetchone()
    store.close()
    monitor = work.monitor()
    wait_until(lambda: len(rows(work)) == 1, "the erasing")
    assert [index for index, _ in rows(work)] == [6]
    monitor.stop()
    assert key not in (work.path / "indelible.db").read_bytes()
