"""Whole logs by units of 65,536 entries: in either order, cut at the ends,
resumed, with a unit or a hash tile that is wrong, and what is final when."""
import json
import re
import subprocess
import sys
import time
import urllib.request

import pytest

from tests.fakelog import client
from .helpers import MISBEHAVIOUR, ROOT, wait_until
from .planted import JANE
from .test_disk import disk  # noqa: F401 pylint: disable=unused-import
from .test_misbehaviour import verdicts

UNIT = 65536
SIZE = 3 * UNIT + 3392      # the tip is in a partial tile
TILES = -(-SIZE // 256)
APIS = ["static", "rfc6962"]
READS = {"static": "data", "rfc6962": "entries"}
ORDERS = [[], ["--newest-first"]]
NAMES = ["oldest", "newest"]
# Requests whose replies may have been on their way, or not yet stored.
IN_FLIGHT = 8


class BigServer(client.Server):
    """The server of one big log; all tests here share it."""

    def __init__(self):  # pylint: disable=super-init-not-called
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.biglog", "--entries",
             str(SIZE), "--planted", "60", "--logs", "1"], cwd=ROOT,
            text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        ready = json.loads(self.process.stdout.readline())
        self.url = ready["url"]
        self.ca_pem = None
        self.described, = ready["logs"]
        self.rewritten = set()

    def _ask(self, path, number):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        opener.open("%s/crash/%s=%d" % (self.url, path, number)).close()

    def pace(self, rate):
        """So many entries a second; 0: as fast as it can."""
        self._ask("pace?rate", rate)

    def rewrite(self, index):
        """Another entry stands there, or the right one again, and the whole
        of that is signed."""
        self._ask("rewrite?index", index)
        self.rewritten ^= {index}


class BigLog(client.Log):
    """The log, and what was asked of it lately."""

    def __init__(self, server):
        super().__init__(server, server.described)
        self.before = 0

    def fresh(self):
        """Well-behaved, and nothing asked yet."""
        self.calm()
        self.server.pace(0)
        for index in list(self.server.rewritten):
            self.server.rewrite(index)
        self.publish()
        self.options(gzip="auto", page=256)
        self.before = len(self.requests())
        return self

    def asked(self, what=None):
        """The requests since then."""
        return [r for r in self.requests()[self.before:]
                if what in (None, r["what"])]

    def tiles(self):
        """The numbers of the data tiles asked for, in order."""
        return [int(re.sub(r"\.p.*|[^0-9]", "", r["path"]))
                for r in self.asked("data")]

    def planted(self, begin=0, end=SIZE):
        """Where Jane is."""
        return sorted(e["index"] for e in self.truth()
                      if begin <= e["index"] < end)


@pytest.fixture(scope="module", name="big_server")
def _big_server():
    server = BigServer()
    yield server
    server.close()


@pytest.fixture(name="big")
def _big(big_server):
    log = BigLog(big_server)
    yield log.fresh()
    log.calm()
    big_server.pace(0)


def places(result, verified=True):
    """The indices of the sightings, in the order of the alerts."""
    return [s["index"] for a in result.alerts for s in a["data"]["sightings"]
            if s["verified"] is verified]


def check(result, log, begin=0, end=SIZE):
    """All of the range was read and proven, and all hits are there."""
    summary = result.expect(0).summary
    assert (summary["from"], summary["to"]) == (begin, end)
    assert summary["entries"] == end - begin
    assert summary["verified"] is True
    assert sorted(places(result)) == log.planted(begin, end)
    assert places(result, False) == []


def scan(work, log, api, *more):
    """A scan for Jane alone."""
    return work.backfill(log, api, *more, records=[JANE], seconds=300)


def state(work):
    """The options of a scan that keeps its progress."""
    return ["--state", work.path / "state"]


@pytest.mark.parametrize("api", APIS)
def test_whole_log(work, big, api):
    """Verified, with hardly a request more than there are tiles or pages;
    each of these once."""
    check(scan(work, big, api), big)
    assert len(big.asked(READS[api])) <= 1.01 * TILES
    assert len(big.asked()) <= 1.05 * TILES
    if api == "static":
        assert sorted(big.tiles()) == list(range(TILES))


@pytest.mark.parametrize("api", APIS)
def test_newest_first(work, big, api):
    """Unit by unit from the end back, and the hits of a unit are told when it
    is proven, before the next ones; each tile or page once."""
    result = scan(work, big, api, "--newest-first")
    check(result, big)
    units = [at // UNIT for at in places(result)]
    assert units == sorted(units, reverse=True)
    assert len(set(units)) > 2
    assert len(big.asked(READS[api])) <= 1.01 * TILES
    assert len(big.asked()) <= 1.05 * TILES
    if api == "static":
        order = [tile // 256 for tile in big.tiles()]
        assert len(set(big.tiles())) == len(order) == TILES
        late = [i for i in range(1, len(order)) if order[i] > order[i - 1]]
        assert order[0] == 3 and order[-1] == 0
        assert len(late) <= IN_FLIGHT * 3


def test_pages_that_cut_units(work, big):
    """Pages of a size of which a unit is no multiple."""
    big.options(page=1000)
    check(scan(work, big, "rfc6962", "--newest-first"), big)
    # At each of the three borders a page is asked for in two parts.
    assert len(big.asked("entries")) <= 1.03 * SIZE / 1000
    # ... and before each piece the log is asked for its tree there, twice.
    assert len(big.asked()) - len(big.asked("entries")) <= 2 * 3 + 1


@pytest.mark.parametrize("order", ORDERS, ids=NAMES)
@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("limits,begin,end", [
    (["--from", 120000, "--to", 140000], 120000, 140000),
    (["--from", 70000, "--to", 70001], 70000, 70001),
    (["--last", 5000], SIZE - 5000, SIZE),
    (["--from", 2 * UNIT - 1, "--to", 2 * UNIT + 1], 2 * UNIT - 1,
     2 * UNIT + 1),
])
def test_cut(work, big, api, order, limits, begin, end):
    """The first and the last unit need not be whole."""
    check(scan(work, big, api, *limits, *order), big, begin, end)
    if api == "static":
        tiles = -(-end // 256) - begin // 256
        # A border in a tile is a place where two pieces share it.
        assert len(big.tiles()) <= tiles + 1


@pytest.mark.parametrize("order", ORDERS, ids=NAMES)
def test_one_unit(work, big, order):
    """From border to border, of tiles that are always compressed."""
    big.options(gzip="always")
    check(scan(work, big, "static", "--from", UNIT, "--to", 2 * UNIT, *order),
          big, UNIT, 2 * UNIT)
    assert sorted(big.tiles()) == list(range(256, 512))


def test_no_audit_paths(work, big):
    """A log that tells nothing of its tree in between is read from the
    oldest on."""
    big.fault("status", code=404, glob="*get-entry-and-proof*")
    result = scan(work, big, "rfc6962", "--newest-first")
    assert "reading the oldest first" in result.err
    check(result, big)


def test_no_audit_paths_any_more(work, big):
    """The same when that comes while a unit is just being stored: it is not
    read again, for it would be proven, and counted, twice."""
    end = 2 * UNIT + 200
    big.fault("status", code=404, glob="*get-entry-and-proof*", after=1)
    work.prepare([(big, "rfc6962")], records=[JANE])
    result = work.with_config("backfill", "--json", "--newest-first", "--to",
                              str(end), seconds=300).expect(0)
    assert "reading the oldest first" in result.err
    assert result.summary["verified"] is True
    only, = json.loads(work.with_config("status", "--json").out
                       .splitlines()[0])["stretches"]
    assert (only["begin"], only["proven"]) == (0, end)
    wanted = [int(re.search(r"start=(\d+)", r["query"]).group(1))
              for r in big.asked("entries")]
    assert sum(start >= 2 * UNIT for start in wanted) == 1


@pytest.mark.parametrize("second", ORDERS, ids=NAMES)
@pytest.mark.parametrize("first", ORDERS, ids=NAMES)
def test_killed(work, big, first, second):
    """Killed in the middle, and gone on with in the same order or the other:
    what was proven is not read again, and nothing else but what was on its
    way."""
    command = ["backfill", *work.log_arguments(big, "static"), "--records",
               work.records([JANE]), "--json", *state(work)]
    big.server.pace(60000)
    process = work.start(*command, *first)
    wait_until(lambda: len(big.tiles()) > TILES // 2, "half of it")
    process.kill()
    big.server.pace(0)
    settle(big)
    before = big.tiles()
    result = work.run(*command, *second, seconds=300).expect(0)
    summary = result.summary
    assert summary["entries"] == SIZE and summary["verified"] is True
    told = places(result) + [
        s["index"] for line in process.out().splitlines(True)
        if line.endswith("\n") and "sightings" in json.loads(line)["data"]
        for s in json.loads(line)["data"]["sightings"]]
    assert set(told) == set(big.planted())
    again = big.tiles()[len(before):]
    assert set(before) | set(again) == set(range(TILES))
    twice = [tile for tile in again if tile in before]
    # What is accepted is stored five times a second at least.
    other = 256 if first != second else 0
    assert len(twice) <= 60000 // 256 // 2 + IN_FLIGHT + other
    assert "resuming" in result.err
    assert "already done" in work.run(*command, *first).expect(0).err


@pytest.mark.parametrize("order", ORDERS, ids=NAMES)
def test_flipped_entry(work, big, order):
    """One wrong entry costs its unit: the others are proven, their alerts
    final, and the place is told. When it is mended only that is read."""
    wrong = UNIT + 4711
    big.fault("flip", index=wrong, offset=100)
    result = scan(work, big, "static", *order, *state(work)).expect(76)
    begin = wrong - wrong % 256
    assert "entries %d to %d do not fit" % (begin, begin + 255) in \
        result.summary["reason"]
    assert "unit 1" in result.summary["reason"]
    event, = result.of_type(MISBEHAVIOUR)
    assert event["data"]["kind"] == "root-mismatch"
    assert event["data"]["gap"]["from"] == begin
    assert event["data"]["gap"]["to"] == begin + 256
    assert verdicts([event]) == ["proven"]
    final = set(places(result))
    assert set(big.planted(0, UNIT) + big.planted(2 * UNIT)) <= final
    assert set(big.planted(0, begin)) <= final
    assert not final & set(big.planted(begin, begin + 256))
    assert result.summary["verified"] is False
    big.fresh()
    result = scan(work, big, "static", *order, *state(work)).expect(0)
    assert result.summary["verified"] is True
    assert result.summary["entries"] == SIZE
    assert len(big.tiles()) <= 256
    assert set(big.tiles()) <= set(range(begin // 256, 512))


@pytest.mark.parametrize("order", ORDERS, ids=NAMES)
def test_flipped_entry_of_pages(work, big, order):
    """The same in pages."""
    wrong = UNIT + 4711
    big.fault("flip", index=wrong, offset=100)
    result = scan(work, big, "rfc6962", *order).expect(76)
    begin, last = (int(n) for n in re.search(
        r"entries (\d+) to (\d+) do not fit",
        result.summary["reason"]).groups())
    assert begin <= wrong <= last < begin + 512
    assert set(big.planted(3 * UNIT)) <= set(places(result)) or not order


@pytest.mark.parametrize("order", ORDERS, ids=NAMES)
def test_wrong_hash_tile(work, big, order):
    """The hashes of the units contradict the head: asked for once more, then
    the log misbehaves; nothing is called proven."""
    big.fault("flip-hash", glob="static/tile/2/*")
    result = scan(work, big, "static", *order).expect(76)
    event, = result.of_type(MISBEHAVIOUR)
    assert event["data"]["kind"] == "bad-proof"
    assert verdicts([event]) == ["proven"]
    assert "contradict its signed head" in result.summary["reason"]
    assert places(result) == []


@pytest.mark.parametrize("order", ORDERS, ids=NAMES)
def test_wrong_hash_tile_once(work, big, order):
    """A cache's fault passes."""
    big.fault("flip-hash", glob="static/tile/2/*", count=1)
    check(scan(work, big, "static", "--to", 2 * UNIT, *order), big, 0,
          2 * UNIT)


def test_other_tree(work, big):
    """What was proven before has to be in the tree that is signed now."""
    command = ["backfill", *work.log_arguments(big, "static"), "--records",
               work.records([JANE]), "--json", *state(work),
               "--newest-first"]
    big.server.pace(60000)
    big.publish(SIZE - 1000)
    process = work.start(*command)
    wait_until(lambda: len(big.tiles()) > TILES // 2, "half of it")
    process.kill()
    big.server.pace(0)
    settle(big)
    read = len(big.tiles())
    big.server.rewrite(SIZE - 2000)
    result = work.run(*command).expect(76)
    assert "does not continue" in result.summary["reason"]
    event, = result.of_type(MISBEHAVIOUR)
    assert event["data"]["kind"] == "rollback"
    assert verdicts([event]) == ["proven"]
    assert len(big.tiles()) <= read + 2 * IN_FLIGHT
    big.server.rewrite(SIZE - 2000)
    summary = work.run(*command, seconds=300).expect(0).summary
    assert summary["entries"] == SIZE - 1000
    assert summary["head"]["size"] == SIZE


def half_way(work, big):
    """A scan from the end on that has read half of a tree that is not yet
    the whole log."""
    big.server.pace(60000)
    big.publish(SIZE - 10)
    process = work.start(
        "backfill", *work.log_arguments(big, "static"), "--records",
        work.records([JANE]), "--json", "--newest-first")
    wait_until(lambda: len(big.tiles()) > TILES // 2, "half of it")
    return process


def test_other_tree_meanwhile(work, big):
    """A head that is adopted in the middle has to continue the one under
    which units were proven."""
    process = half_way(work, big)
    big.server.rewrite(SIZE - 2000)
    big.fault("status", code=404, glob="static/tile/data/000", count=1)
    big.server.pace(0)
    result = process.wait(seconds=300).expect(76)
    assert "does not continue" in result.summary["reason"]
    assert result.summary["verified"] is False
    event, = result.of_type(MISBEHAVIOUR)
    assert event["data"]["kind"] == "rollback"
    assert verdicts([event]) == ["proven"]


def test_larger_tree_meanwhile(work, big):
    """... and does."""
    process = half_way(work, big)
    big.publish()
    big.fault("status", code=404, glob="static/tile/data/000", count=1)
    big.server.pace(0)
    result = process.wait(seconds=300)
    check(result, big, 0, SIZE - 10)
    assert result.summary["head"]["size"] == SIZE


def settle(big):
    """Until the log has served what was asked for before the kill."""
    seen = -1
    while seen != len(big.tiles()):
        seen = len(big.tiles())
        time.sleep(0.3)


def half(work, big, *more):
    """A scan from the newest on that was killed in the middle; its command."""
    command = ["backfill", *work.log_arguments(big, "static"), "--records",
               work.records([JANE]), "--json", *state(work),
               "--newest-first", *more]
    big.server.pace(60000)
    process = work.start(*command)
    wait_until(lambda: len(big.tiles()) > TILES // 2, "half of it")
    process.kill()
    big.server.pace(0)
    settle(big)
    return command


def test_smaller_tree(work, big):
    """Nothing is read under a head that is smaller than the one before: that
    it was true once is not known."""
    command = half(work, big, "--to", str(3 * UNIT))
    big.server.rewrite(SIZE - 2000)
    big.publish(SIZE - 1000)
    read = len(big.tiles())
    result = work.run(*command, seconds=300).expect(69)
    assert "at least %d entries" % SIZE in result.summary["reason"]
    assert result.summary["verified"] is False
    assert len(big.tiles()) == read


def test_no_word_of_the_tree_before(work, big):
    """A log that does not tell whether its tree continues the one before is
    asked again; without an answer nothing is called proven."""
    big.publish(SIZE - 1000)
    command = half(work, big)
    big.server.rewrite(SIZE - 2000)
    read = len(big.tiles())
    big.fault("status", code=500, glob="static/tile/[012]/*", count=3)
    result = work.run(*command, seconds=300).expect(76)
    assert "does not continue" in result.summary["reason"]
    big.fault("status", code=404, glob="static/tile/[012]/*")
    result = work.run(*command, seconds=300).expect(69)
    assert "continues" in result.summary["reason"]
    assert result.summary["verified"] is False
    assert len(big.tiles()) <= read + 4 * IN_FLIGHT


def test_missing_hash_tile(work, big):
    """Without the hashes of units a log is read from the oldest on, and
    compared with its head."""
    big.fault("status", code=404, glob="static/tile/2/*")
    result = scan(work, big, "static", "--newest-first")
    check(result, big)
    assert "reading the oldest first" in result.err


def test_status_and_verify(work, big):
    """A scan with several parts in the service's store: what is covered, what
    each is a part of, and that all of it was proven."""
    work.prepare([(big, "static")], records=[JANE])
    big.server.pace(60000)
    process = work.start("backfill", "-c", work.config_file,
                         "--newest-first")
    wait_until(lambda: len(big.tiles()) > TILES // 2, "half of it")
    process.kill()
    big.server.pace(0)
    status = json.loads(work.with_config("status", "--json").out
                        .splitlines()[0])
    parts = status["stretches"]
    whole, = [p for p in parts if "part_of" not in p]
    assert len(parts) in (2, 3)
    assert {p["part_of"] for p in parts if "part_of" in p} == \
        {whole["job_id"]}
    (begin, end), = status["covered"]
    assert begin % UNIT == 0 and begin > 0 and end == SIZE
    text = work.with_config("status").out
    assert "part of job %s" % whole["job_id"] in text
    assert "bridged" not in text
    verify = work.with_config("verify").expect(0)
    assert "part of scan %s: [%d, %d) verified" % (
        whole["job_id"], begin, SIZE) in verify.out
    assert "unproven" not in verify.out
    work.with_config("backfill", "--newest-first", seconds=300).expect(0)
    line = json.loads(work.with_config("status", "--json").out
                      .splitlines()[0])
    only, = line["stretches"]
    assert (only["begin"], only["read"], only["proven"], only["limit"]) == \
        (0, SIZE, SIZE, SIZE)
    assert line["covered"] == [[0, SIZE]]
    assert "[0, %d) verified" % SIZE in work.with_config(
        "verify").expect(0).out


def test_full_disk(work, big, disk):  # pylint: disable=redefined-outer-name
    """No space in the middle: it waits, and goes on by itself."""
    big.server.pace(60000)
    process = work.start(
        "backfill", *work.log_arguments(big, "static"), "--records",
        work.records([JANE]), "--json", "--newest-first", "--state",
        disk.path / "state")
    wait_until(lambda: len(big.tiles()) > TILES // 3, "a third of it")
    disk.fill()
    wait_until(lambda: "paused" in process.diagnostics(), "words about it")
    disk.free()
    big.server.pace(0)
    check(process.wait(), big)
