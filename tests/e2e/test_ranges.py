"""Ranges by number and by date: what is read, what is said of it, and that it
stays the same when a scan is resumed."""
import datetime
import json
import random
import re
import signal

import pytest

from .helpers import MISBEHAVIOUR, SUMMARY, wait_until
from .planted import DOMAIN, jane_spec
from .test_misbehaviour import verdicts

APIS = ["static", "rfc6962"]
READS = {"static": "data", "rfc6962": "entries"}
PROOFS = {"static": "hash", "rfc6962": "proof"}
HOUR = 3600000
DAY = 24 * HOUR
START = 1740787200000   # 2025-03-01T00:00:00Z
MMD = {"static": 60000, "rfc6962": DAY}   # where no list tells another


def date(ms):
    """RFC 3339."""
    return datetime.datetime.fromtimestamp(
        ms / 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(number):
    """The so many-th day of the test's logs as YYYY-MM-DD."""
    return date(START + number * DAY)[:10]


def hourly(server, count, **options):
    """A log with an entry in the middle of each hour, every fiftieth Jane's."""
    specs = []
    for begin in range(0, count, 50):
        filler = min(50, count - begin)
        specs.append({"filler": filler - 1})
        specs.append(jane_spec(log="final"))
    return server.new_log(specs, begin_ms=START - HOUR // 2, step_ms=HOUR,
                          **options)


def places(result):
    """The indices of all sightings."""
    return sorted(s["index"] for a in result.alerts
                  for s in a["data"]["sightings"])


def check(result, log, begin, end):
    """A summary of this range, done and verified, and its alerts."""
    summary = result.expect(0).summary
    assert (summary["from"], summary["to"]) == (begin, end)
    assert summary["entries"] == end - begin
    assert summary["verified"] is True
    assert summary["head"]["size"] == log.describe()["size"]
    if begin == end:
        assert result.alerts == []


def needed(log, begin_ms, end_ms):
    """The entries of a period, by their own timestamps."""
    return [e["index"] for e in log.truth(everything=True)
            if begin_ms <= e["timestamp"] < end_ms]


# --- what dates become ------------------------------------------------------

@pytest.mark.smoke
@pytest.mark.parametrize("api", APIS)
def test_period(work, server, api):
    """Entries of the period, widened by the MMD on both sides, to the entry;
    the indices are said, and few entries are looked at for them."""
    log = hourly(server, 1000)
    margin = MMD[api] // HOUR
    result = work.backfill(log, api, "--from", day(10), "--to", day(20))
    begin, end = 240 - margin, 480 + margin
    check(result, log, begin, end)
    assert places(result) == [i for i in range(49, 1000, 50)
                              if begin <= i < end]
    assert "%s to %s: entries %d to %d, widened by %s" % (
        day(10), day(20), begin, end,
        "24 h" if margin else "60 s") in result.err
    asked = [r["query"] for r in log.requests("entries")]
    probes = [q for q in asked if len(set(re.findall(r"=(\d+)", q))) == 1]
    assert len(probes) <= 20


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_of_a_period_is_missed(work, server, api, seed):
    """Timestamps out of order, within the MMD that the list gives."""
    dice = random.Random(seed)
    mmd = 6 * HOUR
    now, times = START, []
    for _ in range(700):
        now += dice.randrange(HOUR)
        times.append(now - dice.randrange(mmd + 1))
    log = server.new_log([{"filler": 700}], times_ms=times, mmd=mmd // 1000)
    path = work.write("list.json", json.dumps(
        server.log_list((log, api))))
    for _ in range(3):
        begin = START + dice.randrange(12) * DAY
        end = begin + dice.randrange(3 * DAY)
        end -= end % 1000
        result = work.run("backfill", "--log-list", path, "--records",
                          work.records(), "--json", "--from", date(begin),
                          "--to", date(end)).expect(0)
        assert "widened by 6 h" in result.err
        summary = result.summary
        wanted = needed(log, begin, end)
        assert all(summary["from"] <= i < summary["to"] for i in wanted)
        got = range(summary["from"], summary["to"])
        around = needed(log, begin - 2 * mmd, end + 2 * mmd)
        assert set(got) <= set(around)


@pytest.mark.parametrize("limits,begin,end", [
    (["--from", "2001-01-01"], 0, 400),
    (["--from", "0001-01-01"], 0, 400),
    (["--from", "2026-01-01"], 400, 400),
    (["--from", "2025-06-01"], 400, 400),
    (["--to", "2001-01-01"], 0, 0),
    (["--to", "1969-07-20"], 0, 0),
    (["--to", "9999-12-31T23:59:59Z"], 0, 400),
    (["--from", "2001-01-01", "--to", "2002-01-01"], 0, 0),
    (["--from", "2025-03-05", "--to", "2025-03-05"], 96, 96),
    (["--from", "100", "--to", "2025-03-06"], 100, 120),
    (["--from", "2025-03-05", "--to", "100"], 96, 100),
    (["--from", "2025-03-05T02:00:00+02:00"], 96, 400),
    (["--from", "2025-03-04t23:59:60z"], 96, 400),
    (["--from", "2025-03-05 00:00:00.000-00:00"], 96, 400),
])
def test_dates_and_numbers(work, server, limits, begin, end):
    """At the edges, mixed with numbers, and however they are written."""
    log = hourly(server, 400)
    check(work.backfill(log, "static", *limits), log, begin, end)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("limits,begin,end", [
    ([], 0, 300), (["--to", 0], 0, 0), (["--from", 300], 300, 300),
    (["--from", 120, "--to", 120], 120, 120), (["--last", 0], 300, 300),
    (["--last", 299], 1, 300), (["--last", 300], 0, 300),
    (["--last", 5000], 0, 300), (["--from", 299], 299, 300),
    (["--to", 300], 0, 300), (["--to", 1], 0, 1)])
def test_numbers(work, server, api, limits, begin, end):
    """Ranges by number up to the last entry, and empty ones."""
    log = hourly(server, 300)
    check(work.backfill(log, api, *limits), log, begin, end)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("limits", [
    [], ["--from", "2025-03-01"], ["--to", "2025-03-01"], ["--last", 7],
    ["--from", "2025-03-01", "--to", "2025-04-01"], ["--to", 0]])
def test_an_empty_log(work, server, api, limits):
    """Has nothing of any time, and that is proven."""
    log = server.new_log()
    check(work.backfill(log, api, *limits), log, 0, 0)


def test_an_empty_range_needs_no_proof(work, server):
    """Of nothing there is nothing to prove."""
    log = hourly(server, 100)
    log.fault("status", on="proof", code=404)
    check(work.backfill(log, "rfc6962", "--from", 50, "--to", 50),
          log, 50, 50)
    work.backfill(log, "rfc6962", "--from", 50, "--to", 60).expect(69)


# --- what is refused --------------------------------------------------------

@pytest.mark.parametrize("limits", [
    ["--from", "2025-03-05", "--to", "2025-03-04"],
    ["--from", "2025-03-05T00:00:01Z", "--to", "2025-03-05"],
    ["--last", "2025-03-05"], ["--last", "3", "--to", "2025-03-05"],
    ["--from", "2025-03-05", "--last", "3"]])
def test_contradictions(work, server, limits):
    """64 before anything is asked."""
    log = hourly(server, 10)
    work.backfill(log, "static", *limits).expect(64)
    assert log.requests() == []


@pytest.mark.parametrize("text", [
    "2025-02-29", "2025-13-01", "2025-3-1", "20250301T000000Z", "-5",
    "2025-03-01T00:00:00", "2025-03-01T24:00:00Z", "2025-03-01T00:00:61Z",
    "2025-03-01T00:00Z", "2025-03-01Z", "2025-03-01T00:00:00+1", "", " 5",
    "yesterday", "99999999999999999999999", "18446744073709551615",
    "2025-03-01T00:00:00+24:00", "2025-03-01\x1b[31m"])
@pytest.mark.parametrize("option", ["--from", "--to"])
def test_malformed(work, server, option, text):
    """64, and how it is written."""
    log = hourly(server, 10)
    result = work.backfill(log, "static", "%s=%s" % (option, text))
    result.expect(64)
    assert option in result.err and "2026-01-31T12:00:00Z" in result.err
    assert "\x1b" not in result.err
    assert log.requests() == []


@pytest.mark.parametrize("limits,said", [
    (["--to", 101], ["101", "100 entries"]),
    (["--from", 101], ["101", "100 entries"]),
    (["--from", 101, "--to", "9999-12-31"], ["101", "100 entries"]),
    (["--from", "2025-03-01", "--to", 101], ["101", "100 entries"]),
    (["--from", 99, "--to", "2025-03-02"],
     ["end 24", "up to 2025-03-02: entries 99 to 24"]),
    (["--from", "2025-03-03T12:00:00Z", "--to", 40],
     ["end 40", "from 2025-03-03T12:00:00Z on: entries 60 to 40"])])
def test_beyond_the_log(work, server, limits, said):
    """64, with the numbers; the range does not become another one."""
    log = hourly(server, 100)
    result = work.backfill(log, "static", *limits).expect(64)
    assert all(text in result.err for text in said)


# --- faults while a date is looked for --------------------------------------

@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("fault", [
    {"kind": "status", "code": 429, "retry_after": 1, "count": 2},
    {"kind": "status", "code": 503, "count": 2},
    {"kind": "status", "code": 404, "count": 3},
    {"kind": "html", "count": 2}, {"kind": "garbage", "count": 2},
    {"kind": "reset", "count": 2}, {"kind": "truncate", "count": 2},
    {"kind": "zero", "count": 2}])
def test_passing_faults(work, server, api, fault):
    """Asked again, as for any entry."""
    log = hourly(server, 600)
    log.fault(on=READS[api], **fault)
    margin = MMD[api] // HOUR
    check(work.backfill(log, api, "--from", day(10), "--to", day(20)),
          log, 240 - margin, 480 + margin)
    assert log.hits() == fault["count"]


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("kind,how,code", [
    ("status", {"code": 404}, 69), ("status", {"code": 500}, 69),
    ("html", {}, 76)])
def test_lasting_faults(work, server, api, kind, how, code):
    """Given up as for any entry; nothing is called verified."""
    log = hourly(server, 600)
    log.fault(kind, on=READS[api], **how)
    summary = work.backfill(log, api, "--from", day(10)) \
        .expect(code).summary
    assert summary["verified"] is False and summary["entries"] == 0
    assert summary["reason"]


def test_a_partial_tile_that_is_full_now(work, server):
    """The tip's tile of the first head may be gone: the full one is there."""
    log = hourly(server, 300)
    log.fault("slow", glob="*tile/data/000", seconds=1, count=1)
    process = work.start(
        "backfill", *work.log_arguments(log, "static"), "--records",
        work.records(), "--json", "--from", date(START + 290 * HOUR))
    wait_until(lambda: log.requests("data"), "the first look")
    log.grow(300)
    summary = process.wait().expect(0).summary
    assert (summary["from"], summary["to"]) == (290, 300)
    assert [r["status"] for r in log.requests("data")
            if ".p/44" in r["path"]][:1] == [404]


def test_entries_without_a_timestamp(work, server):
    """Leaves of an unknown version prove nothing about time: the period is
    not cut at them."""
    specs = []
    for _ in range(100):
        specs += [{"malformed": "version"}, {"filler": 2}]
    log = server.new_log(specs, begin_ms=START, step_ms=DAY, mmd=60)
    path = work.write("list.json", json.dumps(
        server.log_list((log, "rfc6962"))))
    for number in (31, 100, 151):
        summary = work.run(
            "backfill", "--log-list", path, "--records", work.records(),
            "--json", "--from", day(number), "--to", day(number + 2)) \
            .expect(0).summary
        wanted = needed(log, START + number * DAY,
                        START + (number + 2) * DAY)
        assert all(summary["from"] <= i < summary["to"] for i in wanted)
        assert summary["quarantined"] >= 1


@pytest.mark.parametrize("api", APIS)
def test_a_log_that_lies_about_time(work, server, api):
    """What it is asked for by such times is proven for what it is."""
    dice = random.Random(4)
    times = [dice.choice([0, START, 2 ** 63, 2 ** 64 - 1, START + DAY])
             for _ in range(500)]
    log = server.new_log([{"filler": 500}], times_ms=times)
    summary = work.backfill(log, api, "--from", day(0), "--to",
                            day(1)).expect(0).summary
    assert summary["verified"] is True
    assert summary["entries"] == summary["to"] - summary["from"]


# --- lies about the edges ---------------------------------------------------

# The lowest bit of these bytes of a leaf puts its timestamp before 2001, and
# behind 9999. In a log of 1000 entries the search for the beginning looks at
# 500 first and, when it lies behind that, at 750.
LONG_AGO, FAR_AHEAD = 4, 3
LIES = [(["--from", "2001-01-01"], 500, LONG_AGO),
        (["--from", day(25)], 750, LONG_AGO),
        (["--to", day(30)], 500, FAR_AHEAD),
        (["--from", day(5), "--to", day(30)], None, FAR_AHEAD)]


def looks(log, api, index):
    """How many looks come before the first one at this entry."""
    asked = log.requests(READS[api])
    if api == "static":
        return next(i for i, r in enumerate(asked) if re.search(
            r"tile/data/%03d(\.p/\d+)?$" % (index // 256), r["path"]))
    return next(i for i, r in enumerate(asked)
                if r["query"] == "start=%d&end=%d" % (index, index))


def lie(log, api, honest, index, byte, **how):
    """Let an entry in the middle of an honest scan lie about its time."""
    begin, end = honest["from"], honest["to"]
    if index is None:
        index = begin + (1000 - begin) // 2
    assert begin <= index < end
    log.fault("flip", on=READS[api], index=index, offset=byte,
              after=looks(log, api, index), **how)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("limits,index,byte", LIES)
def test_one_wrong_bit(work, server, api, limits, index, byte):
    """Of one reply hides nothing: the search is made again."""
    log = hourly(server, 1000, page=100)
    honest = work.backfill(log, api, *limits).expect(0)
    lie(log, api, honest.summary, index, byte, count=1)
    result = work.backfill(log, api, *limits)
    check(result, log, honest.summary["from"], honest.summary["to"])
    assert log.hits() == 1
    assert places(result) == places(honest) != []
    assert "not what the log signed; searching again" in result.err
    assert result.of_type(MISBEHAVIOUR) == []


@pytest.mark.smoke
@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("limits,index,byte", LIES)
def test_a_lasting_lie(work, server, api, limits, index, byte):
    """Is misbehaviour, proven by the log's own hashes; nothing of a wrong
    range is read."""
    log = hourly(server, 1000, page=100)
    honest = work.backfill(log, api, *limits).expect(0).summary
    lie(log, api, honest, index, byte)
    result = work.backfill(log, api, *limits).expect(76)
    assert result.summary["verified"] is False
    assert result.summary["entries"] == 0 and result.alerts == []
    event, = result.of_type(MISBEHAVIOUR)
    assert event["data"]["kind"] == "root-mismatch"
    assert "show where the period %s" % (
        "begins" if byte == LONG_AGO else "ends") in event["data"]["detail"]
    assert verdicts([event]) == ["proven"]


@pytest.mark.parametrize("api", APIS)
def test_a_lie_that_hides_all(work, server, api):
    """An empty range is proven, too, when it was found by a date."""
    log = hourly(server, 1000)
    check(work.backfill(log, api, "--from", day(60)), log, 1000, 1000)
    log.fault("flip", on=READS[api], index=999, offset=LONG_AGO)
    work.backfill(log, api, "--from", date(START + 999 * HOUR)).expect(76)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("count,code", [(1, 0), (None, 76)])
def test_wrong_proofs(work, server, api, count, code):
    """Of the edges: searched for again once, then misbehaviour."""
    log = hourly(server, 1000)
    log.fault("flip-hash", count=count)
    result = work.backfill(log, api, "--from", day(10), "--to", day(20))
    summary = result.expect(code).summary
    assert summary["verified"] is (code == 0)
    if code == 76:
        event, = result.of_type(MISBEHAVIOUR)
        assert event["data"]["kind"] == "bad-proof"
        assert summary["entries"] == 0


@pytest.mark.parametrize("api", APIS)
def test_no_proofs(work, server, api):
    """Without proofs nothing tells that a range is the period's; where nothing
    is taken off, nothing needs one."""
    log = hourly(server, 600)
    log.fault("status", on=PROOFS[api], code=404)
    for limits in (["--from", day(10)], ["--to", day(10)]):
        summary = work.backfill(log, api, *limits).expect(69).summary
        assert summary["verified"] is False and summary["entries"] == 0
    for limits in (["--from", day(0)], ["--to", day(60)]):
        check(work.backfill(log, api, *limits), log, 0, 600)


@pytest.mark.parametrize("api", APIS)
def test_a_lie_about_what_came_later(work, server, api):
    """A finished scan whose period goes on is made further all the same."""
    log = hourly(server, 240)
    work.prepare([(log, api)])
    scan = ["backfill", "--json", "--to", day(15)]
    work.with_config(*scan).expect(0)
    log.grow(360)
    log.fault("flip", on=READS[api], index=240, offset=FAR_AHEAD, count=1)
    summary = work.with_config(*scan).expect(0).summary
    assert log.hits() == 1
    assert summary["to"] == 360 + MMD[api] // HOUR
    assert summary["verified"] is True


# --- resuming ---------------------------------------------------------------

@pytest.mark.parametrize("api", APIS)
def test_state_keeps_the_indices(work, server, api):
    """A scan that is resumed reads the range that it began with, without a
    search, whatever the log has become; other dates are another scan."""
    log = hourly(server, 2000, page=64)
    arguments = ["backfill", *work.log_arguments(log, api), "--records",
                 work.records(), "--json", "--state", work.path / "state",
                 "--from", day(5)]
    log.fault("slow", on=READS[api], seconds=0.1)
    process = work.start(*arguments)
    searched = 13 if api == "rfc6962" else 6
    wait_until(lambda: len(log.requests(READS[api])) >= searched + 3,
               "some progress")
    process.signal(signal.SIGINT)
    first = process.wait(30).expect(75)
    begin = 120 - MMD[api] // HOUR
    assert (first.summary["from"], first.summary["to"]) == (begin, 2000)
    assert 0 < first.summary["entries"] < 2000 - begin
    assert first.summary["verified"] is False
    log.calm()
    log.append([{"filler": 500}])
    seen = len(log.requests(READS[api]))
    second = work.run(*arguments).expect(0)
    assert (second.summary["from"], second.summary["to"]) == (begin, 2000)
    assert second.summary["entries"] == 2000 - begin
    assert set(places(first)) | set(places(second)) == {
        i for i in range(49, 2000, 50) if i >= begin}
    if api == "rfc6962":
        asked = [re.findall(r"=(\d+)", r["query"])
                 for r in log.requests("entries")[seen:]]
        assert all(int(a) >= begin and a != b for a, b in asked)
    again = work.run(*arguments).expect(0)
    assert again.summary["to"] == 2000
    work.run(*arguments[:-1], day(6)).expect(65)
    work.run(*arguments[:-1], 120).expect(65)
    work.run(*arguments, "--to", day(60)).expect(65)


def test_the_same_date_otherwise_written(work, server):
    """Is the same scan."""
    log = hourly(server, 100)
    state = ["--state", work.path / "state"]
    for text in ("2025-03-02", "2025-03-02T00:00:00Z",
                 "2025-03-02T03:00:00+03:00"):
        work.backfill(log, "static", "--from", text, *state).expect(0)
    work.backfill(log, "static", "--from", "2025-03-02", *state,
                  records=[DOMAIN]).expect(65)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("on", [READS, PROOFS])
def test_stopped_while_searching(work, server, api, on):
    """75; nothing was read, and the next run is whole."""
    log = hourly(server, 1500)
    arguments = ["backfill", *work.log_arguments(log, api), "--records",
                 work.records(), "--json", "--state", work.path / "state",
                 "--from", day(10), "--to", day(20)]
    log.fault("slow", on=on[api], seconds=5)
    process = work.start(*arguments)
    wait_until(lambda: log.requests(on[api]), "the first look")
    process.signal(signal.SIGINT)
    summary = process.wait(30).expect(75).summary
    assert summary["entries"] == 0 and summary["verified"] is False
    log.calm()
    margin = MMD[api] // HOUR
    check(work.run(*arguments), log, 240 - margin, 480 + margin)


def covered(work):
    """The proven parts, as `status --json` tells them, and the stretches."""
    log, = [e for e in work.with_config("status", "--json").events
            if e["type"] == "log"]
    return log["covered"], log["stretches"]


@pytest.mark.parametrize("api", APIS)
def test_coverage(work, server, api):
    """Scans into the service's store: a finished one is not made again; what
    is proven are parts that do not touch."""
    log = hourly(server, 2000)
    work.prepare([(log, api)])
    scan = ["backfill", "--json"]
    m = MMD[api] // HOUR
    assert work.with_config(*scan, "--to", 5).expect(0).summary["to"] == 5
    for _ in range(2):
        summary = work.with_config(*scan, "--from", day(10), "--to",
                                   day(20)).expect(0).summary
        assert (summary["from"], summary["to"]) == (240 - m, 480 + m)
    assert covered(work)[0] == [[0, 5], [240 - m, 480 + m]]
    work.with_config(*scan, "--from", day(15), "--to", 600).expect(0)
    work.with_config(*scan, "--from", 600, "--to", 700).expect(0)
    work.with_config(*scan, "--from", 1000, "--to", 1000).expect(0)
    work.with_config(*scan, "--last", 100).expect(0)
    parts, stretches = covered(work)
    assert parts == [[0, 5], [240 - m, 700], [1900, 2000]]
    assert len(stretches) == 5
    assert all(s["begin"] < s["proven"] == s["read"] == s["limit"]
               for s in stretches)
    text = work.with_config("status").out
    assert "covered      [0, 5), [%d, 700), [1900, 2000)\n" % (240 - m) \
        in text
    assert text.count("scanned ") == 5


def test_nothing_is_covered_yet(work, server):
    """An empty list, and no line."""
    log = hourly(server, 300)
    work.prepare([(log, "static")])
    work.with_config("backfill", "--from", 7, "--to", 7).expect(0)
    assert covered(work) == ([], [])
    assert "covered" not in work.with_config("status").out


@pytest.mark.parametrize("api", APIS)
def test_a_period_that_goes_on(work, server, api):
    """A period that the log had not reached the end of is scanned further
    when the log has grown; one that was over is not."""
    log = hourly(server, 240)
    work.prepare([(log, api)])
    m = MMD[api] // HOUR

    def scan(*limits):
        summary = work.with_config("backfill", "--json", *limits) \
            .expect(0).summary
        return summary["from"], summary["to"]
    over, open_end = ["--to", day(5)], ["--from", day(5), "--to", day(15)]
    ahead = ["--from", day(9), "--to", "9999-12-31"]
    assert scan(*over) == (0, 120 + m)
    assert scan(*open_end) == (120 - m, 240)
    assert scan(*ahead) == (216 - m, 240)
    log.grow(360)
    seen = len(log.requests(READS[api]))
    assert scan(*over) == (0, 120 + m)
    assert len(log.requests(READS[api])) == seen + 1
    assert scan(*open_end) == (120 - m, 360 + m)
    assert scan(*open_end) == (120 - m, 360 + m)
    assert scan(*ahead) == (216 - m, 600)
    assert covered(work)[0] == [[0, 600]]


# --- several logs, and the rest of the contract -----------------------------

def test_several_logs(work, server):
    """Each has its own indices for a date, and its own MMD."""
    logs = [hourly(server, 600, mmd=7200),
            server.new_log([{"filler": 300}], begin_ms=START, mmd=60,
                           step_ms=DAY),
            server.new_log()]
    path = work.write("list.json", json.dumps(server.log_list(
        *[(log, api) for log, api in zip(logs, APIS + APIS)])))
    result = work.run("backfill", "--log-list", path, "--records",
                      work.records(), "--json", "--from", day(10), "--to",
                      day(20)).expect(0)
    found = {s["data"]["log_id"]: (s["data"]["from"], s["data"]["to"])
             for s in result.of_type(SUMMARY)}
    assert found == {logs[0].log_id: (238, 482), logs[1].log_id: (9, 20),
                     logs[2].log_id: (0, 0)}
    assert "widened by 2 h" in result.err
    result = work.run("backfill", "--log-list", path, "--records",
                      work.records(), "--json", "--quiet", "--from",
                      day(10), "--to", day(20)).expect(0)
    assert "widened" not in result.err


def test_lists_that_differ(work, server):
    """The longest MMD that a list gives is the one that misses nothing."""
    log = hourly(server, 600, mmd=7200)
    arguments = []
    for mmd in (60, 3 * 3600, 7200):
        log_list = server.log_list((log, "static"))
        log_list["operators"][0]["tiled_logs"][0]["mmd"] = mmd
        arguments += ["--log-list", work.write("list-%d.json" % mmd,
                                               json.dumps(log_list))]
    check(work.run("backfill", *arguments, "--records", work.records(),
                   "--json", "--from", day(10), "--to", day(20)),
          log, 237, 483)


@pytest.mark.parametrize("api", APIS)
def test_entries_or_a_status(work, server, api):
    """What was not read to its end is not 0, and its entries tell."""
    log = hourly(server, 1500, page=256)
    log.fault("status", on=READS[api], code=404, after=3)
    result = work.backfill(log, api, "--to", 1400).expect(69)
    assert result.summary["to"] == 1400
    assert result.summary["entries"] < 1400
    assert result.summary["verified"] is False


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("limits", [[], ["--from", "2025-03-01"]])
def test_head_is_not_chased(work, server, api, limits):
    """The range ends where the first head did."""
    log = hourly(server, 600, page=50)
    log.fault("slow", on=READS[api], seconds=0.1)
    process = work.start("backfill", *work.log_arguments(log, api),
                         "--records", work.records(), "--json", *limits)
    wait_until(lambda: log.requests(READS[api]), "the first page")
    log.append([jane_spec()])
    summary = process.wait().expect(0).summary
    assert summary["to"] == summary["entries"] == 600
    assert summary["head"]["size"] == 600
