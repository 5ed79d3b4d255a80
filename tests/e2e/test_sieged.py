"""A log that misbehaves in several ways at once, or just when something else
is under way, neither stops nor deceives the service."""
import json
import os
import time

import pytest

from tests.fakelog.client import Server

from .helpers import wait_until
from .planted import expected_ids, jane_spec
from .test_misbehaviour import READS, Scene, misdeeds, status

APIS = ["static", "rfc6962"]
MOST = 8            # events of one kind in a day
DAY_MS = 86400000


def kinds_of(work):
    """The kinds of misbehaviour that were told."""
    return [e["data"]["kind"] for e in misdeeds(work)]


@pytest.mark.parametrize("api", APIS)
def test_old_head_after_a_bridge(work, server, api):
    """The first head after `logs bridge` is older than where to begin: it is
    waited for a newer one."""
    scene = Scene(work, server, api)
    scene.bad.fault("flip", index=478)
    scene.bad.grow(100)
    wait_until(lambda: misdeeds(work), "the event", 60)
    scene.let_pass(3)
    scene.monitor.stop()
    scene.bad.calm()
    work.with_config("logs", "bridge", scene.name).expect(0)
    scene.bad.fault("rollback", honest=True, size=300)
    scene.begin()
    scene.let_pass(10)
    scene.monitor.assert_running()
    scene.bad.calm()
    new = scene.bad.append([{"filler": 30}, jane_spec()])
    work.wait_for_ids(expected_ids(new), scene.monitor)


@pytest.mark.parametrize("api", APIS)
def test_fork_while_a_gap_is_sought(work, server, api):
    """Both are told, and reading goes on."""
    scene = Scene(work, server, api)
    scene.bad.fault("slow", on="proof" if api == "rfc6962" else "hash",
                    seconds=2)
    scene.bad.fault("flip", index=478)
    scene.bad.grow(300)
    wait_until(lambda: "finding out where" in scene.monitor.diagnostics(),
               "the search", 60)
    scene.bad.fault("wrong-root", count=2)
    wait_until(lambda: "fork" in kinds_of(work), "the fork", 30)
    wait_until(lambda: "root-mismatch" in kinds_of(work), "the gap", 60)
    scene.bad.calm()
    scene.bad.append([{"filler": 600}, jane_spec(), {"filler": 20}])
    wait_until(lambda: status(work, 1)[scene.name]["stretches"][0]["read"] >
               1300, "reading on", 60)


@pytest.mark.parametrize("how", [{"code": 503},
                                 {"code": 429, "retry_after": 3600}],
                         ids=["503", "429"])
def test_entries_that_are_never_served(work, server, how):
    """Signed, but not to be had: told, and over when they come."""
    scene = Scene(work, server, "rfc6962")
    scene.bad.fault("status", on="entries", **how)
    scene.bad.grow(300)
    wait_until(lambda: kinds_of(work) == ["not-served"], "the event", 120)
    scene.unhealthy("not-served")
    scene.bad.calm()
    if "retry_after" not in how:
        wait_until(lambda: work.with_config("status").status == 0, "health",
                   90)
    assert kinds_of(work) == ["not-served"]


def test_two_wrong_tiles_accuse_nobody(work, server):
    """Nothing was read since the last proof: it cannot be the entries."""
    log = server.new_log([{"filler": 300}], base_url=server.listen()["url"])
    work.prepare([(log, "static")], fetch={"poll_static": "200ms",
                                           "partial_tile_after": "1h"})
    monitor = work.monitor()
    name = "%s-static" % log.name
    wait_until(lambda: work.with_config("status").status == 0 and status(
        work, 0)[name]["stretches"][0]["proven"] == 256, "the proof")
    log.fault("flip-hash", on="hash", count=2)
    log.grow(5)
    wait_until(lambda: log.hits() == 2, "two wrong tiles")
    log.calm()
    log.grow(600)
    wait_until(lambda: status(work, 0)[name]["stretches"][0]["proven"] >= 768,
               "the proof of more", 60)
    assert not misdeeds(work)
    monitor.stop()


@pytest.mark.parametrize("api", APIS)
def test_two_troubles(work, server, api):
    """When one is over the other is not."""
    scene = Scene(work, server, api)
    ahead = scene.bad.fault("future", ms=10 * DAY_MS)
    scene.bad.fault("garbage", on=READS[api])
    scene.bad.grow(300)
    wait_until(lambda: {"future-head", "unreadable"} <= set(kinds_of(work)),
               "both", 120)
    scene.bad.server.call("DELETE", "faults/%s?id=%d" % (
        scene.bad.name, ahead))
    scene.bad.grow(1)
    wait_until(lambda: "behaves again (future-head)" in
               scene.monitor.diagnostics(), "the end of the first", 60)
    scene.let_pass(10)
    scene.unhealthy("unreadable")


def test_a_head_ahead_of_time_is_no_health(work, server):
    """How old such a head is nobody knows."""
    scene = Scene(work, server, "rfc6962")
    scene.bad.fault("future", count=10, ms=40 * 365 * DAY_MS)
    scene.bad.grow(10)
    wait_until(lambda: scene.bad.hits() >= 10, "heads")
    scene.let_pass(10)
    bad = status(work, 1)[scene.name]
    assert any("time to come" in reason for reason in bad["reasons"])


@pytest.fixture
def padded():
    """A log server whose heads are as large as they may be."""
    os.environ["FAKELOG_PAD"] = "900000"
    running = Server()
    del os.environ["FAKELOG_PAD"]
    yield running
    running.close()


def resident(pid):
    """Resident memory in MiB."""
    with open("/proc/%d/status" % pid, encoding="utf-8") as file:
        return int(next(line for line in file if line.startswith(
            "VmRSS")).split()[1]) / 1024


def test_flood_of_oddities(work, padded):
    """Every second reply is odd, every head enormous: one event."""
    log = padded.new_log([{"filler": 20000}], page=16,
                         base_url=padded.listen()["url"])
    log.fault("extra", n=1, probability=0.5, on="entries")
    work.prepare([(log, "rfc6962")])
    monitor = work.monitor()
    most = 0
    end = time.monotonic() + 60
    while time.monotonic() < end and status_read(work) < 20000:
        most = max(most, resident(monitor.pid))
        time.sleep(0.1)
    assert status_read(work) == 20000
    assert most < 256, most
    assert set(kinds_of(work)) == {"too-many-entries"}
    assert len(misdeeds(work)) <= MOST
    assert len(json.dumps(misdeeds(work))) < 65536
    assert monitor.diagnostics().count("misbehaviour") <= 2 * MOST


def status_read(work):
    """How far the only log was read."""
    for line in work.with_config("status", "--json").out.splitlines():
        stretches = json.loads(line).get("stretches")
        if stretches:
            return stretches[0]["read"]
    return 0


def test_flood_of_heads(work, padded):
    """True heads and such of a time to come by turns: told once."""
    log = padded.new_log([{"filler": 300}],
                         base_url=padded.listen()["url"])
    work.prepare([(log, "rfc6962")])
    monitor = work.monitor()
    wait_until(lambda: status_read(work) == 300, "the entries", 60)
    log.fault("future", probability=0.5)
    wait_until(lambda: log.hits() >= 20, "heads", 60)
    assert set(kinds_of(work)) == {"future-head"}
    assert len(misdeeds(work)) <= MOST
    assert os.path.getsize(work.ledger) < 65536
    monitor.stop()
