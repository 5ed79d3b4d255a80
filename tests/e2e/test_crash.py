"""kill -9 at every moment: a random part of what `make crash` tries whole."""
import os
import random

import pytest

from tests.crash.points import SCENARIOS, Sweep
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
