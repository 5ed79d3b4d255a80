"""Following a static log's tip: partial tiles and what proves a checkpoint
without them (static-ct-api, section on monitors).
"""
import pytest

from .helpers import wait_until
from .planted import expected_ids, jane_spec


def partials(log, what):
    """The requests for partial tiles of this kind."""
    return [r for r in log.requests(what) if ".p/" in r["path"]]


def polls(log):
    """How many heads have been asked for."""
    return len(log.requests("head"))


@pytest.mark.smoke
def test_partial_tile_that_stays(work, server):
    """A tile that stays partial is read after partial_tile_after."""
    log = server.new_log([{"filler": 300}, jane_spec()])
    work.prepare([(log, "static")])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    assert partials(log, "data")
    monitor.stop()


def test_partial_tile_is_waited_for(work, server):
    """Before that it is left alone; the checkpoint is proven by the partial
    hash tile, and hits in full tiles go out verified."""
    log = server.new_log([{"filler": 100}, jane_spec(), {"filler": 300}])
    work.prepare([(log, "static")],
                 fetch={"partial_tile_after": "1h"})
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    alert, = work.alerts()
    assert all(s["verified"] for s in alert["data"]["sightings"])
    assert partials(log, "data") == []
    assert partials(log, "hash")
    monitor.stop()


def test_full_tile_is_read_instead(work, server):
    """When the tile fills up it is read, never the partial one."""
    log = server.new_log([{"filler": 200}, jane_spec()])
    work.prepare([(log, "static")],
                 fetch={"partial_tile_after": "1h"})
    monitor = work.monitor()
    seen = polls(log)
    wait_until(lambda: polls(log) > seen + 3, "some polls")
    assert work.ids() == [] and partials(log, "data") == []
    log.grow(100)
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    assert partials(log, "data") == []
    monitor.stop()


def test_grown_partial_tile(work, server):
    """Entries of a tile that was read while partial are not alerted again
    when it has grown; new ones are."""
    log = server.new_log([jane_spec()])
    work.prepare([(log, "static")])
    monitor = work.monitor()
    for _ in range(6):
        work.wait_for_ids(expected_ids(log.truth()), monitor)
        log.append([{"filler": 60}, jane_spec()])
    expected = expected_ids(log.truth())
    work.wait_for_ids(expected, monitor)
    monitor.stop()
    assert sorted(work.ids()) == sorted(expected)


@pytest.mark.smoke
def test_partial_tile_that_vanished(work, server):
    """The checkpoint wants a partial tile that is gone, since the full one
    is there: its first entries are used."""
    log = server.new_log([{"filler": 280}, jane_spec(), {"filler": 600}])
    size = 300
    log.fault("rollback", size=size, honest=True)
    result = work.backfill(log, "static").expect(0)
    assert result.summary["entries"] == size
    assert sorted(result.ids) == sorted(expected_ids(log.truth()))
    assert result.summary["verified"] is True


def test_partial_tile_that_is_nowhere(work, server):
    """Neither partial nor full: the service waits for a newer checkpoint
    and goes on when there is one."""
    log = server.new_log([{"filler": 100}, jane_spec()])
    log.fault("missing-partial")
    work.prepare([(log, "static")])
    monitor = work.monitor()
    wait_until(lambda: log.hits() >= 2, "requests for it")
    log.grow(300)
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    log.calm()
    monitor.stop()
    requests = [r for r in partials(log, "data")
                if r["path"].endswith("000.p/102")]
    assert len(requests) <= 20


def test_tip_of_a_scan(work, server):
    """A scan takes the tip's partial tile at once."""
    log = server.new_log([{"filler": 10}, jane_spec()])
    result = work.backfill(log, "static").expect(0)
    assert len(result.alerts) == 1 and partials(log, "data")


def test_strange_signature_lines(work, server):
    """Grease, witnesses, a second line of the log's own name."""
    log = server.new_log([jane_spec()], strange=True)
    assert len(work.backfill(log, "static").expect(0).alerts) == 1
    plain = server.new_log([jane_spec()], strange=False)
    assert len(work.backfill(plain, "static").expect(0).alerts) == 1


@pytest.mark.parametrize("tiles", [1, 2, 3])
def test_growth_to_a_tiles_edge(work, server, tiles):
    """Sizes that are a multiple of 256: no partial tile then."""
    log = server.new_log([{"filler": 255 * tiles}])
    work.prepare([(log, "static")])
    monitor = work.monitor()
    log.append([{"filler": tiles - 2}] if tiles > 2 else [])
    log.append([jane_spec(log="final")])
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    log.append([jane_spec(log="final")])
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    monitor.stop()
    assert sorted(work.ids()) == sorted(expected_ids(log.truth()))
