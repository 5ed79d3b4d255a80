"""Signals: SIGTERM in every state, and processes of the program that are
killed, stopped or cannot be started."""
import os
import signal
import time

import pytest

from tests.crash.rig import build_nth
from .helpers import descendants, parents, read_jsonl, wait_until
from .injected import attached, cpu_seconds, strace
from .planted import between, expected_ids, jane_spec

ZYGOTE_DEPTH, WORKER_DEPTH = 1, 2


@pytest.fixture
def log(server):
    """A log with some planted certificates."""
    return server.new_log(between(30), page=64)


def stop_in_time(process, seconds=10):
    """SIGTERM, and 0 within 10 s; how long it took."""
    start = time.monotonic()
    process.signal(signal.SIGTERM)
    result = process.wait(seconds).expect(0)
    return time.monotonic() - start, result


def hanging(call):
    """The words before a command whose first such call never ends."""
    strace("fsync:error=EIO")   # skips where tracing is not allowed
    return [build_nth(), "-w", "-n", "1", "-c", call]


# --- SIGTERM ------------------------------------------------------------------

@pytest.mark.parametrize("on", ["head", "entries", "proof"])
def test_while_a_log_hangs(work, server, on):
    """A log that answers nothing more."""
    log = server.new_log([{"filler": 600}])
    log.fault("stall", on=on)
    work.prepare([(log, "rfc6962")],
                 logs={"start": "head" if on == "proof" else "zero"})
    monitor = work.monitor()
    wait_until(log.hits, "the stall")
    assert stop_in_time(monitor)[0] < 5


def test_while_a_sink_hangs(work, log):
    """A pipe that nobody reads holds up neither reading nor the end."""
    os.mkfifo(work.ledger)
    work.prepare([(log, "rfc6962")])
    reader = os.open(work.ledger, os.O_RDONLY | os.O_NONBLOCK)
    filler = os.open(work.ledger, os.O_WRONLY | os.O_NONBLOCK)
    try:
        while True:
            os.write(filler, b"\n" * 4096)
    except BlockingIOError:
        pass
    monitor = work.monitor()
    wait_until(lambda: "sink ledger" in monitor.diagnostics(), "words")
    asked = len(log.requests("head"))
    wait_until(lambda: len(log.requests("head")) > asked + 2, "reading")
    assert cpu_seconds(monitor.pid) < 2
    assert stop_in_time(monitor)[0] < 5
    os.close(filler)
    os.close(reader)


def test_while_the_disk_hangs(work, log):
    """One sink's file never comes back: the others get theirs, reading goes
    on, and so does the end; what was stored before is found again."""
    files = [work.path / "one.jsonl", work.path / "two.jsonl"]
    work.prepare([(log, "rfc6962")], alerts={"sinks": [
        {"name": file.stem, "jsonl": {"path": str(file)}} for file in files]})
    monitor = work.monitor(hanging("fsync"))
    wait_until(lambda: all(read_jsonl(file) for file in files), "first lines")
    new = expected_ids(log.append([{"filler": 5}, jane_spec()]))

    def lacking():
        return [file for file in files
                if not set(new) <= {e["id"] for e in read_jsonl(file)}]
    hung, = wait_until(lambda: len(lacking()) == 1 and lacking(), "the other")
    time.sleep(1)
    assert lacking() == [hung]
    took, result = stop_in_time(monitor, 12)
    assert took < 5
    assert "sink %s: its file hangs" % hung.stem in result.err
    monitor = work.monitor()
    wait_until(lambda: not lacking(), "the rest", 60)
    monitor.stop()


def test_twice(work, log):
    """The second signal ends it at once."""
    work.prepare([(log, "rfc6962")])
    monitor = work.monitor(hanging("fsync"))
    wait_until(lambda: work.ids(), "a line that is never synced")
    monitor.signal(signal.SIGTERM)
    wait_until(lambda: "stopping" in monitor.diagnostics(), "the first one")
    time.sleep(0.2)
    start = time.monotonic()
    monitor.signal(signal.SIGTERM)
    assert monitor.wait(5).status == 75
    assert time.monotonic() - start < 2


def test_a_scan_that_is_stopped(work, server):
    """SIGTERM and SIGINT end a scan with 75, and it can be gone on with."""
    log = server.new_log([{"filler": 6000}, jane_spec()], page=64)
    log.fault("slow", on="entries", seconds=0.1)
    work.prepare([(log, "rfc6962")])
    for number in (signal.SIGTERM, signal.SIGINT):
        before = len(log.requests("entries"))
        scan = work.start("backfill", "-c", work.config_file)
        wait_until(lambda: len(log.requests("entries")) > before + 8,
                   "reading")
        scan.signal(number)
        result = scan.wait(10).expect(75)
        assert "goes on" in result.err
    log.calm()
    work.with_config("backfill").expect(0)


def test_a_signal_that_is_handed_on(work, server):
    """One that comes at once again, as of timeout(1), is no second one: the
    scan still ends in order, with its summary and its report."""
    log = server.new_log([{"filler": 6000}, jane_spec()], page=64)
    log.fault("slow", on="entries", seconds=0.1)
    scan = work.start(
        "backfill", *work.log_arguments(log, "rfc6962"), "--records",
        work.records(), "--report", work.path / "report.html")
    wait_until(lambda: len(log.requests("entries")) > 8, "reading")
    scan.signal(signal.SIGINT)
    time.sleep(0.01)
    scan.signal(signal.SIGINT)
    result = scan.wait(10).expect(75)
    assert "stopped before the end" in result.out
    assert (work.path / "report.html").exists()


# --- its other processes ------------------------------------------------------

def test_zygote_killed(work, log):
    """Without the process that starts workers it says so and ends, with 70;
    nothing is left running and nothing lost."""
    work.prepare([(log, "rfc6962")])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    zygote, = descendants(monitor.pid, ZYGOTE_DEPTH)
    workers = descendants(monitor.pid, WORKER_DEPTH)
    os.kill(zygote, signal.SIGKILL)
    result = monitor.wait(5)
    assert result.status == 70
    assert "signal 9" in result.err
    wait_until(lambda: not set(workers) & set(parents()), "their end", 10)
    new = log.append([jane_spec()])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(new), monitor)
    monitor.stop()


def test_zygote_killed_while_reading(work, server):
    """The same in the middle of things."""
    log = server.new_log([{"filler": 3000}, jane_spec()], page=64)
    log.fault("slow", on="entries", seconds=0.05)
    work.prepare([(log, "rfc6962")])
    for _ in range(3):
        before = len(log.requests("entries"))
        monitor = work.monitor()
        wait_until(lambda: len(log.requests("entries")) > before + 4,
                   "reading")
        zygote, = descendants(monitor.pid, ZYGOTE_DEPTH)
        os.kill(zygote, signal.SIGKILL)
        assert monitor.wait(5).status == 70
    log.calm()
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    monitor.stop()


def test_no_more_processes(work, log):
    """Workers that cannot be started are started later."""
    work.prepare([(log, "rfc6962")])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    zygote, = descendants(monitor.pid, ZYGOTE_DEPTH)
    with attached(zygote, "clone,fork,vfork,clone3:error=EAGAIN:when=1..4"):
        for worker in descendants(monitor.pid, WORKER_DEPTH):
            os.kill(worker, signal.SIGKILL)
        new = log.append([jane_spec()])
        work.wait_for_ids(expected_ids(new), monitor)
    assert "cannot be started" in monitor.diagnostics()
    assert cpu_seconds(zygote) < 2
    monitor.stop()


def test_no_process_at_all(work, log):
    """Said, with 74, when it begins."""
    work.prepare([(log, "rfc6962")])
    monitor = work.monitor(strace("clone,fork,vfork:error=EAGAIN:when=1"))
    result = monitor.wait(10)
    assert result.status == 74
    assert "cannot start" in result.err


@pytest.mark.skipif("SLOW" not in os.environ, reason="takes two minutes; "
                    "SLOW=1 runs it")
def test_stopped_worker(work, log):
    """A worker that sleeps is replaced; nothing waits for it for ever."""
    work.prepare([(log, "rfc6962")])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    stopped = descendants(monitor.pid, WORKER_DEPTH)
    for worker in stopped:
        os.kill(worker, signal.SIGSTOP)
    new = log.append([jane_spec()])
    wait_until(lambda: set(expected_ids(new)) <= set(work.ids()),
               "another worker", 180)
    assert len(work.ids()) == len(expected_ids(log.truth()))
    assert set(descendants(monitor.pid, WORKER_DEPTH)) != set(stopped)
    monitor.stop()


def test_stopped_main(work, log):
    """Asleep for a while, as on a machine that was suspended."""
    work.prepare([(log, "rfc6962")])
    monitor = work.monitor()
    for _ in range(5):
        time.sleep(0.1)
        monitor.signal(signal.SIGSTOP)
        log.append([{"filler": 50}, jane_spec()])
        time.sleep(0.4)
        monitor.signal(signal.SIGCONT)
    expected = expected_ids(log.truth())
    work.wait_for_ids(expected, monitor)
    monitor.stop()
    assert sorted(work.ids()) == sorted(expected)
