"""kill -9: a random part of what `make crash` and `make kill` try whole."""
import os
import random

import pytest

from tests.crash.campaign import BigLogs
from tests.crash.kill import Backfills, Campaign
from tests.crash.kill_backfill import ScanKills, scanned
from tests.crash.points import SCENARIOS, Sweep
from tests.crash.powercut import NoMount, PowerCuts
from tests.crash.rig import NoPtrace, Rig, build_nth

# One point in so many is tried here.
SHARE = int(os.environ.get("CRASH_SHARE", 12))


@pytest.mark.parametrize("kind", SCENARIOS, ids=lambda kind: kind.name)
def test_crash_points(tmp_path, server, kind):
    """Nothing is lost, damaged or told wrongly after any of them."""
    seed = random.randrange(1 << 30)
    print("seed %d, one point in %d" % (seed, SHARE))
    sweep = Sweep(Rig(server, tmp_path, build_nth()), SHARE, seed, print)
    try:
        sweep.scenario(kind)
    except NoPtrace as no:
        pytest.skip("this machine lets no process watch another: %s" % no)
    print(sweep.summary())
    assert sweep.points > 0
    assert sweep.failures == []


def test_kills_during_a_scan(tmp_path):
    """At random moments, six logs at once."""
    seed = random.randrange(1 << 30)
    print("seed %d" % seed)
    big = BigLogs(30000, 60, seed)
    campaign = Campaign(tmp_path, big, 12, seed, print)
    try:
        campaign.run()
    finally:
        campaign.work.close()
        big.close()
    print(campaign.summary())
    assert campaign.kills > 0
    assert campaign.wrong == []


def test_kills_between_units(tmp_path):
    """At random moments of scans by units, in either order."""
    seed = random.randrange(1 << 30)
    print("seed %d" % seed)
    big = BigLogs(2 * 70000, 40, seed, logs=2)
    scans = Backfills(tmp_path, big, seed)
    try:
        scans.run(12)
    finally:
        scans.work.close()
        big.close()
    assert scans.kills > 0
    assert scans.wrong == []


def test_kills_of_parts_of_a_scan(tmp_path):
    """Workers, the zygote, main, all of them: the same command goes on."""
    seed = random.randrange(1 << 30)
    print("seed %d" % seed)
    big = scanned(2 * 70000, 40, seed, logs=2)
    kills = ScanKills(tmp_path, big, 10, seed, print)
    try:
        kills.run()
    finally:
        kills.work.close()
        big.close()
    print(kills.summary())
    assert sum(kills.kills.values()) > 0
    assert kills.wrong == []


def test_power_cuts(tmp_path):
    """What the disk holds at any moment has all that was acknowledged."""
    seed = random.randrange(1 << 30)
    print("seed %d" % seed)
    big = BigLogs(20000, 300, seed)
    cuts = None
    try:
        cuts = PowerCuts(tmp_path, big, 10, seed)
        cuts.run()
    except NoMount as no:
        pytest.skip("no disk can be mounted here: %s" % no)
    finally:
        if cuts is not None:
            cuts.close()
        big.close()
    print(cuts.summary())
    assert cuts.acknowledged > 0
    assert cuts.wrong == []
