"""The service: following growing logs, stopping, being killed, resuming."""
import json
import os
import random
import signal
import time

import pytest

from .helpers import descendants, parents, read_jsonl, wait_until
from .planted import PLANTED, RECORDS, SIMILAR, between, expected_ids, \
    jane_spec

APIS = ["static", "rfc6962"]


def settled(work, monitor, count):
    """Wait until so many alerts are in the ledger, then that no more come."""
    wait_until(lambda: len(work.ids()) >= count, "alerts")
    time.sleep(1)
    monitor.assert_running()
    return work.ids()


@pytest.mark.smoke
@pytest.mark.parametrize("api", APIS)
def test_follows_a_growing_log(work, server, api):
    """What is there, and what comes, each once; SIGTERM ends it with 0."""
    log = server.new_log(between(60))
    work.prepare([(log, api)])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    for _ in range(3):
        log.append([{"filler": 40}, jane_spec(), SIMILAR[0],
                    PLANTED[2], {"filler": 100}])
        work.wait_for_ids(expected_ids(log.truth()), monitor)
    expected = expected_ids(log.truth())
    assert sorted(settled(work, monitor, len(expected))) == sorted(expected)
    monitor.stop()
    for alert in work.alerts():
        for sighting in alert["data"]["sightings"]:
            assert sighting["verified"] is True
            assert sighting["log_id"] == log.log_id


def test_follows_several_logs(work, server):
    """Logs of both kinds, also a pair of the same certificates."""
    one = server.new_log(between(30))
    two = server.new_log(between(20, PLANTED[:3]), page=32, key="rsa")
    work.prepare([(one, "static"), (two, "rfc6962")])
    monitor = work.monitor()
    expected = expected_ids(one.truth() + two.truth())
    work.wait_for_ids(expected, monitor)
    assert sorted(settled(work, monitor, len(expected))) == sorted(expected)
    monitor.stop()


@pytest.mark.parametrize("api", APIS)
def test_start_at_the_head(work, server, api):
    """start: head leaves what is there (but for the tile that the head is
    in), and takes what comes."""
    log = server.new_log(between(50, PLANTED[:2]) + [{"filler": 400}])
    work.prepare([(log, api)], logs={"start": "head"})
    monitor = work.monitor()
    wait_until(lambda: len(log.requests("head")) >= 3, "some polls")
    new = log.append([{"filler": 10}, jane_spec(), {"filler": 500}])
    work.wait_for_ids(expected_ids(new), monitor)
    assert sorted(settled(work, monitor, 1)) == sorted(expected_ids(new))
    monitor.stop()


def test_restart_resumes(work, server):
    """After a restart nothing is read twice and nothing is left out."""
    log = server.new_log(between(300))
    work.prepare([(log, "static")])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    wait_until(lambda: log.requests("data"), "reads")
    monitor.stop()
    before = len(log.requests())
    log.append([{"filler": 300}, jane_spec()])
    monitor = work.monitor()
    expected = expected_ids(log.truth())
    work.wait_for_ids(expected, monitor)
    monitor.stop()
    assert sorted(work.ids()) == sorted(expected)
    again = [r["path"] for r in log.requests()[before:]
             if r["what"] == "data"]
    assert "static/tile/data/000" not in again


def test_sigint_ends_it(work, server):
    """SIGINT is as good as SIGTERM."""
    log = server.new_log([jane_spec()])
    work.prepare([(log, "static")])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    monitor.signal(signal.SIGINT)
    assert monitor.wait(10).status in (0, 75)


@pytest.mark.parametrize("api", APIS)
def test_sigterm_at_any_moment(work, server, api):
    """SIGTERM is heeded from the start on, whatever is under way."""
    dice = random.Random(15)
    log = server.new_log(between(20), page=64)
    work.prepare([(log, api)])
    for _ in range(25):
        monitor = work.monitor()
        wait_until(lambda: monitor.heeds(signal.SIGTERM), "its start",
                   pause=0)
        time.sleep(dice.choice([0, dice.uniform(0.0, 0.03)]))
        monitor.stop()


def test_sigterm_under_load(work, server):
    """SIGTERM within 10 s also when much is under way."""
    log = server.new_log([{"filler": 20000}], page=64)
    log.fault("slow", on="entries", seconds=0.2)
    work.prepare([(log, "rfc6962")])
    monitor = work.monitor()
    wait_until(lambda: len(log.requests("entries")) > 8, "some progress")
    monitor.stop()
    log.remove()


def test_sigterm_while_a_log_hangs(work, server):
    """SIGTERM within 10 s also when an answer does not come."""
    log = server.new_log([{"filler": 600}])
    log.fault("stall", on="data")
    work.prepare([(log, "static")])
    monitor = work.monitor()
    wait_until(lambda: log.hits() > 0, "the stall")
    monitor.stop()


def children_of(pid):
    """All processes below this one."""
    return [child for depth in (1, 2, 3) for child in descendants(pid, depth)]


def assert_gone(pids):
    """None of the processes is left, in a while."""
    def gone():
        tree = parents()
        return not [pid for pid in pids if pid in tree]
    wait_until(gone, "the children's end", 20)


@pytest.mark.smoke
@pytest.mark.parametrize("how", ["stop", "crash"])
def test_no_process_is_left(work, server, how):
    """Children end with the main process, however it ends."""
    log = server.new_log([{"filler": 10}, jane_spec()])
    work.prepare([(log, "static")])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    children = children_of(monitor.pid)
    assert children
    getattr(monitor, how)()
    assert_gone(children)


@pytest.mark.smoke
@pytest.mark.parametrize("api", APIS)
def test_kill_at_random(work, server, api):
    """kill -9 at random moments: nothing lost, one id for each exposure."""
    dice = random.Random(6962)
    log = server.new_log(between(150), page=64)
    work.prepare([(log, api)])
    for _ in range(10):
        monitor = work.monitor()
        time.sleep(dice.uniform(0.02, 0.6))
        log.append([{"filler": dice.randrange(1, 90)}, jane_spec(),
                    {"filler": dice.randrange(1, 90)}])
        time.sleep(dice.uniform(0.0, 0.4))
        monitor.crash()
    monitor = work.monitor()
    expected = expected_ids(log.truth())
    work.wait_for_ids(expected, monitor)
    monitor.stop()
    assert set(work.ids()) == set(expected)
    assert len(work.ids()) <= len(expected) + 10 * 8


def test_times_are_stable(work, server):
    """A repeated delivery is the same alert, down to its time."""
    log = server.new_log(between(40))
    work.prepare([(log, "static")])
    for pause in (0.15, 0.25, 0.35):
        monitor = work.monitor()
        time.sleep(pause)
        monitor.crash()
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    monitor.stop()
    times = {}
    for alert in work.alerts():
        times.setdefault(alert["id"], set()).add(alert["time"])
    assert all(len(each) == 1 for each in times.values())


def test_undelivered_alerts_are_kept(work, server):
    """A sink that fails stops neither reading nor, for good, its alerts:
    they come after a restart under the same ids."""
    log = server.new_log(between(100))
    os.symlink("/dev/full", work.ledger)
    work.prepare([(log, "static")])
    monitor = work.monitor()
    size = log.describe()["size"]
    wait_until(lambda: [r for r in log.requests("data") if
                        r["path"].endswith("/%03d.p/%d" % (
                            size // 256, size % 256))], "the whole log")
    new = log.append([{"filler": 300}, jane_spec()])
    wait_until(lambda: [r for r in log.requests("data") if
                        "/%03d" % (new[0]["index"] // 256) in r["path"]],
               "the log being followed")
    time.sleep(1)
    monitor.assert_running()
    monitor.crash()
    os.unlink(work.ledger)
    monitor = work.monitor()
    expected = expected_ids(log.truth())
    work.wait_for_ids(expected, monitor)
    monitor.stop()
    assert set(work.ids()) == set(expected)


def test_sinks_are_independent(work, server):
    """A dead sink does not hold up the other."""
    log = server.new_log(between(50))
    work.prepare([(log, "static")], alerts={"sinks": [
        {"name": "dead", "jsonl": {"path": "/dev/full"}},
        {"name": "ledger", "jsonl": {"path": str(work.ledger)}}]})
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    monitor.stop()


def test_tenants_of_a_sink(work, server):
    """A sink that names tenants gets theirs alone."""
    log = server.new_log(between(20))
    beta = work.path / "beta.jsonl"
    work.prepare([(log, "static")], alerts={"sinks": [
        {"name": "beta", "tenants": ["beta"], "jsonl": {"path": str(beta)}},
        {"name": "ledger", "jsonl": {"path": str(work.ledger)}}]})
    monitor = work.monitor()
    expected = expected_ids(log.truth())
    work.wait_for_ids(expected, monitor)
    wait_until(lambda: read_jsonl(beta), "beta's alert")
    monitor.stop()
    assert {e["subject"] for e in read_jsonl(beta)
            if e["type"].endswith("exposure.v1")} == {"beta/mgl"}


def test_reveal(work, server):
    """reveal: true on a sink shows the matched value, and only that."""
    log = server.new_log([PLANTED[5]])
    work.prepare([(log, "static")], alerts={"sinks": [
        {"name": "ledger", "reveal": True,
         "jsonl": {"path": str(work.ledger)}}]})
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    monitor.stop()
    values = {a["subject"]: a["data"]["match"]["value"]
              for a in work.alerts()}
    assert values == {"acme/jane": "jane.roe@example.com",
                      "acme/dom": "ops@example.org"}
    jane, = [a for a in work.alerts() if a["subject"] == "acme/jane"]
    assert "ops@example.org" not in json.dumps(jane)


def test_one_service_for_one_store(work, server):
    """A second one is refused and told who holds the store."""
    log = server.new_log([jane_spec()])
    work.prepare([(log, "static")])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    second = work.with_config("monitor").expect(69)
    assert str(monitor.pid) in second.err
    monitor.stop()


def test_records_imported_later(work, server):
    """After withdrawal of nothing and import of more: a restart sees the
    new records from then on."""
    log = server.new_log([{"filler": 5}, jane_spec()])
    work.prepare([(log, "static")], records=RECORDS[1:])
    monitor = work.monitor()
    wait_until(lambda: len(log.requests("head")) >= 3, "some polls")
    monitor.stop()
    assert work.ids() == []
    work.with_config("records", "import", work.records(
        RECORDS[:1], "later.jsonl")).expect(0)
    monitor = work.monitor()
    new = log.append([jane_spec()])
    work.wait_for_ids(expected_ids(new), monitor)
    monitor.stop()
    assert set(work.ids()) == set(expected_ids(new))


def test_no_personal_data_at_rest(work, server):
    """Neither records nor what they matched stand readable in the store,
    nor on stderr."""
    log = server.new_log(between(20))
    work.prepare([(log, "static")])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    monitor.stop()
    texts = [monitor.err_path.read_bytes()] + [
        path.read_bytes() for path in work.path.iterdir()
        if path.name.startswith("indelible.db")]
    assert len(texts) >= 2
    for text in texts:
        for secret in ("jane.roe@", "García", "ops@example.org"):
            assert secret.encode() not in text
