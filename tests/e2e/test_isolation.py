"""One log that attacks does not hold up the others, nor take more memory than
there may be. Exact figures: make attack.
"""
import pytest

from tests.fakelog.client import Server
from .gauge import MIB
from .helpers import BINARY
from .neighbours import NGINX, Neighbours, Run, attackers, disarm

ROUNDS = 3          # the best of them counts: others use this machine, too
MOST_LOSS = 1.2     # in time, and a little more because the run is short
SLACK = 0.5
MEMORY = 96         # MiB: fetch.memory
BASE = 64           # MiB: for main itself
WORKER = 128        # MiB: for the only parser process
SLOW = ["stall", "slow", "drip", "loris", "large-drip", "patience", "refuse",
        "reset", "too-many"]

pytestmark = pytest.mark.skipif(
    NGINX is None or "asan" in BINARY or "tsan" in BINARY,
    reason="needs nginx, and a build at full speed")


class Side:
    """Four healthy logs, read alone and beside attackers."""

    def __init__(self, folder):
        self.folder = folder
        self.healthy = Neighbours(folder, entries=234 * 256, rate=3 * MIB)
        self.hostile = Server()
        self.number = 0
        self.alone = None

    def run(self, others=()):
        """One run."""
        self.number += 1
        return Run(self.folder / ("run%d" % self.number), self.healthy,
                   others, memory="%dMiB" % MEMORY, body_limit="64MiB")

    def run_alone(self, anew):
        """The healthy logs alone; from before if that will do."""
        if anew or self.alone is None:
            self.alone = self.run()
        return self.alone

    def run_beside(self, names):
        """(the same beside attackers, requests made to them)."""
        pairs = attackers(self.hostile, names)
        try:
            return self.run(pairs), disarm(pairs)
        except AssertionError:
            disarm(pairs)
            raise

    def close(self):
        """Stop all servers."""
        self.hostile.close()
        self.healthy.close()


@pytest.fixture(scope="module")
def side(tmp_path_factory):
    """Shared: the healthy logs are always the same."""
    both = Side(tmp_path_factory.mktemp("healthy"))
    yield both
    both.close()


@pytest.mark.parametrize("names", [
    ["stall"], ["huge"], ["bomb"], ["flood-numbers"], ["large-drip"],
    ["patience"], ["reset"], SLOW], ids="+".join)
@pytest.mark.alone
def test_neighbours(side, names):
    """The healthy logs are read as fast as without the attacker; memory and
    requests are bounded."""
    told = []
    for number in range(ROUNDS):
        alone = side.run_alone(anew=number > 0)
        beside, asked = side.run_beside(names)
        assert beside.peak < (MEMORY + BASE + WORKER) * MIB
        assert asked < 100 * len(names)
        told.append("%.2f s alone, %.2f s beside" % (
            alone.seconds, beside.seconds))
        if beside.seconds < MOST_LOSS * alone.seconds + SLACK and \
                beside.cpu < alone.cpu + beside.seconds:
            return
    raise AssertionError("; ".join(told))
