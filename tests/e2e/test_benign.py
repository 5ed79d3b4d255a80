"""No false alarms: what honest logs, their caches and their front ends do is
no misbehaviour. A small version of tests/bench/benign.py.
"""
import pytest

from tests.bench.benign import Campaign
from tests.fakelog.client import Server


@pytest.mark.parametrize("seed", [1, 2])
def test_benign_polls(work, seed):
    """Some hundred polls of twelve logs: no event, and all well."""
    server = Server()
    try:
        campaign = Campaign(work, server, 12, seed)
        made, _ = campaign.run(500)
    finally:
        work.close()
        server.close()
    assert made >= 500
    assert campaign.events() == [] and campaign.unhealthy == []
    assert campaign.mishaps["cached"] > 50
    assert campaign.mishaps["status"] > 5
