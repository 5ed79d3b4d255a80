"""Parser processes that die: the batch is done again, nothing is lost."""
import os
import random
import signal
import time

import pytest

from .helpers import descendants, wait_until
from .planted import between, expected_ids, jane_spec

WORKER_DEPTH = 2    # main, zygote, worker


def kill_workers(pid, dice):
    """SIGKILL to one worker or all of them; how many were hit."""
    workers = descendants(pid, WORKER_DEPTH)
    if workers and dice.random() < 0.5:
        workers = [dice.choice(workers)]
    hit = 0
    for worker in workers:
        try:
            os.kill(worker, signal.SIGKILL)
            hit += 1
        except ProcessLookupError:
            pass
    return hit


@pytest.mark.smoke
@pytest.mark.parametrize("api", ["static", "rfc6962"])
def test_workers_killed_while_following(work, server, api):
    """The service goes on, and every match is alerted exactly once."""
    dice = random.Random(9)
    log = server.new_log(between(100), page=64)
    work.prepare([(log, api)])
    monitor = work.monitor()
    wait_until(lambda: descendants(monitor.pid, WORKER_DEPTH), "workers")
    hit = 0
    for _ in range(15):
        hit += kill_workers(monitor.pid, dice)
        log.append([{"filler": dice.randrange(1, 60)}, jane_spec()])
        time.sleep(dice.uniform(0.0, 0.2))
    assert hit >= 5
    expected = expected_ids(log.truth())
    work.wait_for_ids(expected, monitor)
    monitor.stop()
    assert sorted(work.ids()) == sorted(expected)


def test_workers_killed_during_a_scan(work, server):
    """A scan ends with 0, verified, nothing quarantined without need."""
    dice = random.Random(10)
    log = server.new_log(between(200), page=64)
    log.fault("slow", on="entries", seconds=0.05)
    process = work.start("backfill", *work.log_arguments(log, "rfc6962"),
                         "--records", work.records(), "--json")
    for _ in range(12):
        if process.process.poll() is not None:
            break
        kill_workers(process.pid, dice)
        time.sleep(dice.uniform(0.02, 0.15))
    result = process.wait().expect(0)
    assert sorted(result.ids) == sorted(expected_ids(log.truth()))
    assert result.summary["verified"] is True


def test_workers_come_back(work, server):
    """As many as before, soon."""
    log = server.new_log([jane_spec()])
    work.prepare([(log, "static")])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    before = descendants(monitor.pid, WORKER_DEPTH)
    assert before
    for worker in before:
        os.kill(worker, signal.SIGKILL)

    def replaced():
        now = descendants(monitor.pid, WORKER_DEPTH)
        return len(now) == len(before) and not set(now) & set(before)
    wait_until(replaced, "new workers")
    monitor.assert_running()
    monitor.stop()
