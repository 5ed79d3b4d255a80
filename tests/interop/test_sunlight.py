"""Logs of others: what Sunlight writes is read and proven, through its own
reading side and through nginx.
"""
import pytest

from tests.e2e.helpers import Workspace, wait_until
from tests.e2e.planted import PLANTED, SIMILAR, between, expected_ids, \
    jane_spec

CONTACT = "ct-ops@indelible.internal"
TILE = 256


@pytest.fixture(scope="session", autouse=True)
def planted(sunlight):
    """Two tiles and a part of the third; the timestamps are verified as
    they come in."""
    new = sunlight.add(between(40))
    assert sorted(e["index"] for e in new) == list(range(len(new)))
    assert sunlight.size == len(new) > 2 * TILE
    assert len(new) % TILE


def configured(work, reading, contact=CONTACT, **sections):
    """A workspace for one way of reading the log."""
    fetch = sections.setdefault("fetch", {})
    if reading.ca_pem:
        fetch["ca_file"] = str(work.write("roots.pem", reading.ca_pem))
    return work.prepare([(reading, "static")], contact=contact, **sections)


def scan(work, *arguments):
    """A backfill of all that is configured, as JSON."""
    return work.with_config("backfill", "--json", "--quiet", *arguments)


def since(before, after):
    """The counts that have grown, by so much."""
    return {key: after[key] - before.get(key, 0) for key in after
            if after[key] > before.get(key, 0)}


def test_whole_log(work, sunlight, reading):
    """All that was planted is found, each entry is read and proven."""
    size = sunlight.size
    result = scan(configured(work, reading)).expect(0)
    assert result.summary["entries"] == size
    assert result.summary["verified"] is True
    assert sorted(result.ids) == sorted(expected_ids(sunlight.truth))
    for alert in result.alerts:
        for sighting in alert["data"]["sightings"]:
            assert sighting["verified"] is True
            assert sighting["log_id"] == sunlight.log_id


@pytest.mark.parametrize("begin,end", [
    (100, 555), (256, 512), (511, 513), (600, 601)])
def test_part_of_a_log(work, sunlight, reading, begin, end):
    """A range is proven to be in the tree by the log's hash tiles."""
    result = scan(configured(work, reading), "--from", begin, "--to",
                  end).expect(0)
    assert result.summary["entries"] == end - begin
    assert result.summary["verified"] is True
    assert sorted(result.ids) == sorted(expected_ids(
        sunlight.truth, begin, end))


def test_wrong_name(work, sunlight, nginx):
    """The same log under another name is refused: the name is not signed,
    so that it must be the one expected."""
    result = work.run(
        "backfill", "--log-url", nginx.bare.url("static"), "--log-key",
        work.key(nginx.bare), "--log-api", "static", "--origin",
        sunlight.origin + "7", "--records", work.records()).expect(76)
    assert sunlight.origin + "7" in result.err


def test_skylight_knows_whom_to_write_to(work, skylight):
    """With a contact no request is anonymous, and none is refused."""
    before = skylight.counts()
    configured(work, skylight)
    scan(work, "--to", 300).expect(0)
    scan(work).expect(0)
    asked = since(before, skylight.counts())
    assert {key[1:] for key in asked} == {("with-email", "200")}
    assert {key[0] for key in asked} == {"checkpoint", "tile", "data",
                                         "partial"}


def test_skylight_slows_down_the_unknown(tmp_path, sunlight, skylight):
    """Without one the limit for all the unknown is met; what is refused is
    asked for again, when Retry-After says so."""
    before = skylight.counts()
    spaces = [Workspace(tmp_path / ("w%d" % k)) for k in range(6)]
    for space in spaces:
        space.path.mkdir()
        configured(space, skylight, contact=None)
    scans = [space.start("backfill", "--json", "--quiet", "-c",
                         space.config_file) for space in spaces]
    results = [scan.wait().expect(0) for scan in scans]
    for space in spaces:
        space.close()
    for result in results:
        assert result.summary["verified"] is True
        assert sorted(result.ids) == sorted(expected_ids(sunlight.truth))
    asked = since(before, skylight.counts())
    assert {key[1] for key in asked} == {"anonymous"}
    assert {key[2] for key in asked} == {"200", "429"}


def test_follows_a_growing_log(work, sunlight, reading):
    """The service alerts of what comes, over the edges of tiles, each
    once; partial tiles are read, and their full ones afterwards."""
    monitor = configured(work, reading).monitor()
    work.wait_for_ids(expected_ids(sunlight.truth), monitor)
    for filler in (30, 90, TILE - sunlight.size % TILE, 300):
        sunlight.add([{"filler": filler}, jane_spec(), SIMILAR[0],
                      PLANTED[2], {"filler": 5}])
        work.wait_for_ids(expected_ids(sunlight.truth), monitor)
    monitor.stop()
    assert sorted(work.ids()) == sorted(expected_ids(sunlight.truth))
    for alert in work.alerts():
        for sighting in alert["data"]["sightings"]:
            assert sighting["verified"] is True


def test_resumes_where_it_stopped(work, sunlight, skylight):
    """What was logged while the service was down is found; tiles that had
    been read are not read again."""
    monitor = configured(work, skylight).monitor()
    work.wait_for_ids(expected_ids(sunlight.truth), monitor)
    wait_until(lambda: str(sunlight.size) in work.with_config(
        "status", "--json").out, "the position")
    monitor.stop()
    before = skylight.counts()
    sunlight.add([{"filler": 40}, jane_spec()])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(sunlight.truth), monitor)
    monitor.stop()
    assert sorted(work.ids()) == sorted(expected_ids(sunlight.truth))
    asked = since(before, skylight.counts())
    assert sum(count for key, count in asked.items()
               if key[0] == "data") <= 1
