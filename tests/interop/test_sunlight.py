"""Logs of others: what Sunlight writes is read and proven, through its own
reading side and through nginx.
"""
import gzip
import shutil
import types

import pytest

from tests.e2e.helpers import EXPOSURE, Workspace, read_jsonl, wait_until
from tests.e2e.planted import PLANTED, SIMILAR, between, expected_ids, \
    jane_spec
from .conftest import program
from .services import Nginx, Sunlight

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


def test_tampered_tile(work, sunlight, tmp_path):
    """Somebody on the way turns a bit of the log's data: refused."""
    store = tmp_path / "store"
    shutil.copytree(sunlight.store, store)
    tile = store / "tile/data/001"
    content = bytearray(gzip.decompress(tile.read_bytes()))
    content[7] ^= 1     # a timestamp; not all of a tile is in the hash
    tile.unlink()
    tile.write_bytes(gzip.compress(content))
    nginx = Nginx(tmp_path / "nginx", types.SimpleNamespace(
        store=store, key_pem=sunlight.key_pem, origin=sunlight.origin))
    try:
        result = work.backfill(nginx.bare, "static").expect(76)
    finally:
        nginx.daemon.stop()
    assert result.summary["verified"] is False


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
    assert {event["type"] for event in read_jsonl(work.ledger)} == {EXPOSURE}
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


# --- a log that sweeps ------------------------------------------------------

@pytest.fixture
def on_the_edge(sunlight):
    """The log ends in the middle of a tile; the tile's number."""
    sunlight.add([{"filler": 2 * TILE - 40 - sunlight.size % TILE},
                  jane_spec()])
    assert 0 < sunlight.size % TILE < TILE - 5
    return sunlight.size // TILE


def fill_and_sweep(sunlight, tile):
    """The tile becomes full, and its partial ones are removed."""
    sunlight.add([jane_spec(), {"filler": 100}, jane_spec()])
    assert sunlight.size // TILE > tile
    assert sunlight.partial_tiles(tile)
    sunlight.sweep(program("partial-aftersun"))
    assert sunlight.partial_tiles(tile) == []


def test_swept_while_away(work, sunlight, skylight, on_the_edge):
    """The service stops amid a tile and comes back when only the full one
    is there."""
    monitor = configured(work, skylight).monitor()
    work.wait_for_ids(expected_ids(sunlight.truth), monitor)
    monitor.stop()
    fill_and_sweep(sunlight, on_the_edge)
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(sunlight.truth), monitor)
    monitor.stop()
    assert sorted(work.ids()) == sorted(expected_ids(sunlight.truth))


@pytest.mark.parametrize("before_the_end", [None, 10, 150])
def test_swept_behind_a_cache(work, sunlight, nginx, on_the_edge,
                              before_the_end):
    """An older checkpoint, whose partial tiles are gone, is proven by the
    first entries of the full ones; all of it, or a range near its end."""
    size = sunlight.size
    nginx.cached_checkpoint.write_text(sunlight.checkpoint)
    fill_and_sweep(sunlight, on_the_edge)
    begin = size - before_the_end if before_the_end else 0
    result = work.backfill(nginx.cached, "static", "--from",
                           begin).expect(0)
    assert result.summary["entries"] == size - begin
    assert result.summary["verified"] is True
    assert sorted(result.ids) == sorted(expected_ids(
        sunlight.truth, begin, size))


# --- a log that begins ------------------------------------------------------

def test_from_nothing(work, tmp_path):
    """An empty log is proven empty; its first entries are found."""
    log = Sunlight(program("sunlight"), tmp_path / "sunlight")
    nginx = Nginx(tmp_path / "nginx", log)
    try:
        assert log.size == 0
        configured(work, nginx.bare)
        assert scan(work).expect(0).summary["entries"] == 0
        monitor = work.monitor()
        for _ in range(3):
            log.add([dict(jane_spec(), log="precert")])
            work.wait_for_ids(expected_ids(log.truth), monitor)
        monitor.stop()
    finally:
        nginx.daemon.stop()
        log.daemon.stop()
    assert sorted(work.ids()) == sorted(expected_ids(log.truth))
    assert {event["type"] for event in read_jsonl(work.ledger)} == {EXPOSURE}
