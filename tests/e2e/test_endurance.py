"""What must not stop a service or a scan: many logs with little memory, heads
that are older than what was read, forks, pages of a broken proxy, a log that
is down when the service starts, and the short moments in which all that can
be interrupted."""
import signal
import time

import pytest

from .helpers import MISBEHAVIOUR, read_jsonl, wait_until
from .planted import between, expected_ids, jane_spec

APIS = ["static", "rfc6962"]


@pytest.fixture
def log(server):
    """A log with some planted certificates."""
    return server.new_log(between(60), page=100)


def asked_for_heads(log):
    """Fail unless the log is asked for its head now."""
    log.calm()
    log.fault("slow", on="head", seconds=0)
    wait_until(lambda: log.hits() >= 2, "heads being asked for")


def test_many_logs_and_little_memory(work, server):
    """More logs than there are places: none waits for another for ever."""
    logs = [server.new_log([{"filler": 700}, jane_spec()], page=32)
            for _ in range(10)]
    work.prepare([(log, "rfc6962") for log in logs],
                 fetch={"memory": "64MiB", "body_limit": "16MiB"})
    result = work.with_config("backfill", "--json", seconds=120).expect(0)
    assert len(result.of_type("dev.indelible.scan.summary.v1")) == 10


@pytest.mark.parametrize("api", APIS)
def test_stale_head_at_the_start(work, log, api):
    """A cache serves an older head after a restart: wait, do not fall."""
    work.prepare([(log, api)])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    monitor.stop()
    log.fault("rollback", size=log.describe()["size"] - 10, honest=True,
              count=8)
    monitor = work.monitor()
    wait_until(lambda: log.hits() >= 8, "stale heads being read")
    monitor.assert_running()
    new = log.append([jane_spec()])
    work.wait_for_ids(expected_ids(new), monitor)
    monitor.stop()
    assert not [e for e in read_jsonl(work.ledger)
                if e["type"] == MISBEHAVIOUR]


@pytest.mark.parametrize("api", APIS)
def test_a_fork_does_not_deafen(work, log, api):
    """After a fork was told the log is still followed."""
    work.prepare([(log, api)])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    log.fault("fork", count=3)
    wait_until(lambda: [e for e in read_jsonl(work.ledger)
                        if e["type"] == MISBEHAVIOUR], "the event")
    asked_for_heads(log)
    new = log.append([jane_spec()])
    work.wait_for_ids(expected_ids(new), monitor)
    monitor.stop()


def test_pages_of_a_proxy(work, server):
    """Several parallel questions get a web page once each: no crime."""
    log = server.new_log([{"filler": 6000}], page=100)
    log.fault("html", on="entries", count=6, after=8)
    work.backfill(log, "rfc6962", seconds=120).expect(0)


def test_parallel_blips(work, server):
    """Failures of different batches are not failures of one."""
    log = server.new_log([{"filler": 6000}])
    for tile in ("003", "004", "005"):
        log.fault("status", code=500, glob="static/tile/data/" + tile,
                  count=4)
    work.backfill(log, "static", seconds=120).expect(0)


def test_down_at_the_start(work, log):
    """A log whose protocol is not given does not answer at first."""
    work.prepare([(log, "static")])
    text = work.config_file.read_text()
    assert 'api: "static"' in text
    work.config_file.write_text(text.replace('      api: "static"\n', ""))
    log.fault("status", on="head", code=500, count=6)
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    monitor.stop()


def test_stop_at_every_step_of_the_start(work, server):
    """SIGTERM right after the signals are looked after ends it at once."""
    log = server.new_log(between(10))
    work.prepare([(log, "static")])
    for step in range(12):
        monitor = work.monitor()
        wait_until(lambda: monitor.heeds(signal.SIGTERM), "the handler")
        time.sleep(step % 6 * 0.004)
        monitor.signal(signal.SIGTERM)
        assert monitor.wait(10).status == 0


def test_failed_anchor_has_sane_numbers(work, log):
    """No proofs for a part of a log: 69, and a summary without nonsense."""
    log.fault("status", on="proof", code=404)
    result = work.backfill(log, "rfc6962", "--from", "100")
    result.expect(69)
    assert result.summary["entries"] == 0
    assert result.summary["from"] == 100
    assert result.summary["verified"] is False


def test_a_grown_log_is_searched_again(work, log):
    """`backfill -c` after the log grew reads what came, under a new head."""
    work.prepare([(log, "rfc6962")])
    first = work.with_config("backfill", "--json").expect(0)
    log.append([{"filler": 10}])
    second = work.with_config("backfill", "--json").expect(0)
    assert second.summary["to"] == first.summary["to"] + 10
    assert second.summary["entries"] == second.summary["to"]
