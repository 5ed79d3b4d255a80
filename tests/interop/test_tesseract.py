"""Logs of others: what TesseraCT writes with POSIX storage is read and proven
through nginx. It takes certificates for people, which Sunlight refuses.
"""
import base64
import hashlib

import pytest

from tests.e2e.helpers import EXPOSURE, read_jsonl, wait_until
from tests.e2e.planted import PLANTED, SIMILAR, between, expected_ids, \
    jane_spec
from tests.fakelog.tree import Tree, tile_path
from .chains import SigningMint, submissions
from .conftest import program
from .services import Nginx, Tesseract

TILE = 256
PEOPLE = [spec for spec in PLANTED if "emailProtection" in spec.get("eku", [])]


@pytest.fixture(scope="session", autouse=True)
def planted(tesseract):
    """Two tiles and a part of the third; the timestamps are verified as
    they come in."""
    new = tesseract.add(between(40))
    assert sorted(e["index"] for e in new) == list(range(len(new)))
    assert tesseract.size == len(new) > 600
    assert len(new) % TILE


def in_order(log):
    """Its entries as the fake log would have them, by their index."""
    return sorted(log.entries, key=lambda entry: entry.index)


def scan(work, *arguments):
    """A backfill of all that is configured, as JSON."""
    return work.with_config("backfill", "--json", "--quiet", *arguments)


def assert_read(result, log, begin=0, end=None):
    """The range was read and proven, and all that is planted was found."""
    end = log.size if end is None else end
    assert result.summary["entries"] == end - begin
    assert result.summary["verified"] is True
    assert sorted(result.ids) == sorted(expected_ids(log.truth, begin, end))


def assert_watched(work, log):
    """The service has told each exposure once, and nothing else."""
    assert sorted(work.ids()) == sorted(expected_ids(log.truth))
    assert {event["type"] for event in read_jsonl(work.ledger)} == {EXPOSURE}


# --- what it has written ----------------------------------------------------

def test_tiles_and_root(tesseract):
    """Byte for byte what the fake log would have written: each entry at the
    index of its timestamp, with the fingerprints of its chain."""
    entries = in_order(tesseract)
    assert [e.index for e in entries] == list(range(tesseract.size))
    for number in range(tesseract.size // TILE):
        tile = tesseract.store / "tile/data" / tile_path(number)
        assert tile.read_bytes() == b"".join(
            e.tile_leaf() for e in entries[number * TILE:][:TILE])
    tree = Tree()
    for entry in entries:
        tree.append(entry.hash)
    origin, _, root = tesseract.checkpoint.split("\n")[:3]
    assert origin == tesseract.origin
    assert base64.b64decode(root) == tree.root()


def test_issuers(tesseract):
    """The chains' certificates are kept by their fingerprint, no others."""
    # The third authority has issued nothing in this log.
    chains = {certificate for authority in tesseract.mint.authorities[:2]
              for certificate in authority.chain}
    kept = {path.name: path.read_bytes()
            for path in (tesseract.store / "issuer").iterdir()}
    assert kept == {hashlib.sha256(certificate).hexdigest(): certificate
                    for certificate in chains}


def test_people_are_not_for_sunlight(tesseract, sunlight):
    """What has no key usage of the web is refused there, not here."""
    mint = SigningMint()
    mint.authorities = sunlight.mint.authorities
    size = sunlight.size
    for submission in submissions(mint, PEOPLE):
        status, body = sunlight.post(submission)
        assert status == 400 and b"EKU" in body, body
    assert sunlight.size == size
    new = tesseract.add(PEOPLE)
    assert {entry["plants"][0] for entry in new} == {
        "acme/jane", "acme/dom", "beta/mgl"}


# --- scans ------------------------------------------------------------------

@pytest.mark.parametrize("named", [True, False])
def test_whole_log(work, tesseract, mirror, named):
    """All is read, proven and found; the API is told, or found out."""
    options = ["--log-url", mirror.bare.url("static"), "--log-key",
               work.key(mirror.bare), "--origin", tesseract.origin]
    if named:
        options += ["--log-api", "static"]
    result = work.run("backfill", *options, "--records", work.records(),
                      "--json").expect(0)
    assert_read(result, tesseract)


def test_sightings(work, tesseract, mirror):
    """Each tells where in the log it is, and what the log said of it."""
    result = work.backfill(mirror.bare, "static").expect(0)
    at = {entry["index"]: entry for entry in tesseract.truth}
    seen = {}
    for alert in result.alerts:
        for sighting in alert["data"]["sightings"]:
            assert sighting["verified"] is True
            assert sighting["log_id"] == tesseract.log_id
            assert sighting["leaf_hash"] == at[sighting["index"]]["leaf_hash"]
            seen.setdefault(alert["id"], set()).add(sighting["index"])
    for alert, entries in expected_ids(tesseract.truth).items():
        assert seen[alert] <= {entry["index"] for entry in entries}


@pytest.mark.parametrize("begin,end", [
    (0, 256), (100, 555), (256, 512), (511, 513), (600, 601)])
def test_part_of_a_log(work, tesseract, mirror, begin, end):
    """A range is proven to be in the tree by the log's hash tiles."""
    result = work.backfill(mirror.bare, "static", "--from", begin, "--to",
                           end).expect(0)
    assert_read(result, tesseract, begin, end)


def test_ranges_make_the_whole(work, tesseract, mirror):
    """Read in pieces, each entry is met once."""
    size = tesseract.size
    edges = list(range(0, size, 150)) + [size]
    found = set()
    for begin, end in zip(edges, edges[1:]):
        result = work.backfill(mirror.bare, "static", "--from", begin,
                               "--to", end).expect(0)
        assert_read(result, tesseract, begin, end)
        found |= set(result.ids)
    assert found == set(expected_ids(tesseract.truth))


def test_wrong_name(work, tesseract, mirror):
    """The same log under another name is refused."""
    result = work.run(
        "backfill", "--log-url", mirror.bare.url("static"), "--log-key",
        work.key(mirror.bare), "--log-api", "static", "--origin",
        tesseract.origin + "7", "--records", work.records()).expect(76)
    assert tesseract.origin + "7" in result.err


# --- the service ------------------------------------------------------------

def configured(work, reading):
    """A workspace that reads the log."""
    return work.prepare([(reading, "static")])


def test_follows_a_growing_log(work, tesseract, mirror):
    """The service alerts of what comes, over the edges of tiles, each
    once; partial tiles are read, and removed when there are full ones."""
    monitor = configured(work, mirror.bare).monitor()
    work.wait_for_ids(expected_ids(tesseract.truth), monitor)
    for filler in (30, 90, TILE - tesseract.size % TILE, 300):
        tesseract.add([{"filler": filler}, jane_spec(), SIMILAR[0],
                       PLANTED[2], {"filler": 5}])
        work.wait_for_ids(expected_ids(tesseract.truth), monitor)
    monitor.stop()
    assert_watched(work, tesseract)


def test_resumes_where_it_stopped(work, tesseract, mirror):
    """What was logged while the service was down is found, after the log
    itself was started again, and tiles' edges were passed."""
    monitor = configured(work, mirror.bare).monitor()
    work.wait_for_ids(expected_ids(tesseract.truth), monitor)
    wait_until(lambda: str(tesseract.size) in work.with_config(
        "status", "--json").out, "the position")
    monitor.stop()
    told = len(work.ids())
    tesseract.daemon.stop()
    tesseract.start()
    tesseract.add([{"filler": TILE}, jane_spec(), {"filler": 40}])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(tesseract.truth), monitor)
    monitor.stop()
    assert len(work.ids()) == told + 1
    assert_watched(work, tesseract)


@pytest.fixture
def on_the_edge(tesseract):
    """The log ends in the middle of a tile; the tile's number."""
    tesseract.add([{"filler": 2 * TILE - 40 - tesseract.size % TILE},
                   jane_spec()])
    assert 0 < tesseract.size % TILE < TILE - 5
    return tesseract.size // TILE


def fill(tesseract, tile):
    """The tile becomes full, and the log removes its partial ones."""
    assert tesseract.partial_tiles(tile)
    tesseract.add([jane_spec(), {"filler": 100}, jane_spec()])
    assert tesseract.size // TILE > tile
    tesseract.daemon.wait_for(
        lambda: tesseract.partial_tiles(tile) == [], "their removal")


def test_swept_while_away(work, tesseract, mirror, on_the_edge):
    """The service stops amid a tile and comes back when only the full one
    is there."""
    monitor = configured(work, mirror.bare).monitor()
    work.wait_for_ids(expected_ids(tesseract.truth), monitor)
    monitor.stop()
    fill(tesseract, on_the_edge)
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(tesseract.truth), monitor)
    monitor.stop()
    assert_watched(work, tesseract)


@pytest.mark.parametrize("before_the_end", [None, 10, 150])
def test_swept_behind_a_cache(work, tesseract, mirror, on_the_edge,
                              before_the_end):
    """An older checkpoint, whose partial tiles are gone, is proven by the
    first entries of the full ones; all of it, or a range near its end."""
    size = tesseract.size
    mirror.cached_checkpoint.write_text(tesseract.checkpoint)
    fill(tesseract, on_the_edge)
    begin = size - before_the_end if before_the_end else 0
    result = work.backfill(mirror.cached, "static", "--from",
                           begin).expect(0)
    assert_read(result, tesseract, begin, size)


# --- logs of their own ------------------------------------------------------

@pytest.fixture
def new_log(tmp_path):
    """Another log, and nginx over it."""
    log = Tesseract(program("tesseract"), tmp_path / "tesseract")
    nginx = Nginx(tmp_path / "nginx", log)
    yield log, nginx.bare
    nginx.daemon.stop()
    log.daemon.stop()


def test_from_nothing(work, new_log):
    """An empty log is proven empty; its first entries are found."""
    log, reading = new_log
    assert log.size == 0
    configured(work, reading)
    assert scan(work).expect(0).summary["entries"] == 0
    monitor = work.monitor()
    for _ in range(3):
        log.add([dict(jane_spec(), log="precert")])
        work.wait_for_ids(expected_ids(log.truth), monitor)
    monitor.stop()
    assert_watched(work, log)


def test_larger_log(work, new_log):
    """Dozens of tiles, read whole and as a range; what is planted is far
    apart."""
    log, reading = new_log
    log.add(between(400))
    log.add([{"filler": 15 * TILE}, jane_spec()])
    assert log.size > 40 * TILE
    assert_read(work.backfill(reading, "static").expect(0), log)
    result = work.backfill(reading, "static", "--from", 10 * TILE - 3,
                           "--to", log.size - 2).expect(0)
    assert_read(result, log, 10 * TILE - 3, log.size - 2)
