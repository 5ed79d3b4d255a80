"""What goes wrong between a log and us, and what the contract says then:
passing troubles are waited out, broken entries are quarantined, and a log
that contradicts itself is 76 with evidence.
"""
import json
import os
import subprocess

import pytest

from .helpers import BINARY, MISBEHAVIOUR, QUARANTINED, environment, \
    read_jsonl, wait_until
from .planted import PLANTED, between, expected_ids, jane_spec

APIS = ["static", "rfc6962"]
READS = {"static": "data", "rfc6962": "entries"}
SPECS = between(90, PLANTED[:4])


@pytest.fixture
def log(server):
    """A log of 458 entries with four planted certificates."""
    return server.new_log(SPECS, page=100)


def assert_all_found(result, log):
    """Done, verified, each match once."""
    result.expect(0)
    assert sorted(result.ids) == sorted(expected_ids(log.truth()))
    assert result.summary["verified"] is True
    assert result.summary["entries"] == log.describe()["size"]


# --- passing troubles -------------------------------------------------------

PASSING = {
    "429": ("status", {"code": 429, "retry_after": 1, "count": 2}),
    "429-no-hint": ("status", {"code": 429, "count": 1}),
    "429-odd-hint": ("status", {"code": 429, "retry_after": "soon",
                                "count": 1}),
    "503-date": ("status", {"code": 503, "retry_after": "date",
                            "seconds": 2, "count": 1}),
    "500": ("status", {"code": 500, "count": 2}),
    "502-long": ("status", {"code": 502, "text": "x" * 100000, "count": 1}),
    "408": ("status", {"code": 408, "count": 1}),
    "reset": ("reset", {"count": 2}),
    "truncate": ("truncate", {"count": 2}),
    "too-long": ("length", {"delta": 100, "count": 1}),
    "html": ("html", {"count": 2}),
    "garbage": ("garbage", {"count": 1}),
    "zero": ("zero", {"count": 2}),
    "drip": ("drip", {"bytes": 8192, "seconds": 0.01}),
    "bomb": ("bomb", {"count": 1}),
    "redirect": ("redirect", {"count": 1}),
}


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("name", sorted(PASSING))
def test_passing_trouble_with_entries(work, log, api, name):
    """Reading entries fails now and then: everything is found."""
    kind, how = PASSING[name]
    log.fault(kind, on=READS[api], **how)
    assert_all_found(work.backfill(log, api), log)
    assert log.hits() >= how.get("count", 1)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("kind,how", [
    ("status", {"code": 503}), ("reset", {}), ("html", {}),
    ("garbage", {}), ("bad-signature", {})])
def test_passing_trouble_with_heads(work, log, api, kind, how):
    """The head is not to be had at first."""
    log.fault(kind, on="head", count=2, **how)
    assert_all_found(work.backfill(log, api), log)


@pytest.mark.smoke
@pytest.mark.parametrize("api", APIS)
def test_one_request_in_four_fails(work, log, api):
    """All sorts of failures at random."""
    for kind in ("reset", "truncate", "html"):
        log.fault(kind, probability=0.08)
    log.fault("status", code=503, retry_after=1, probability=0.05)
    assert_all_found(work.backfill(log, api), log)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("code,retry", [(429, 3), (503, 3), (429, "date")])
def test_retry_after_is_honoured(work, log, api, code, retry):
    """No earlier than told is anything asked for again; nor much later."""
    log.fault("status", on=READS[api], code=code, retry_after=retry,
              seconds=3, count=1)
    assert_all_found(work.backfill(log, api), log)
    reads = log.requests()
    refused, = [r for r in reads if r["fault"]]
    again = [r["at"] - refused["at"] for r in reads
             if r["at"] > refused["at"] + 0.5]   # others were under way
    assert 2.9 <= again[0] <= 5


@pytest.mark.parametrize("n", [1, 7, 63])
def test_short_pages(work, server, n):
    """Fewer entries than asked for is normal."""
    log = server.new_log(between(20, PLANTED[:2]))
    log.fault("short", n=n)
    assert_all_found(work.backfill(log, "rfc6962"), log)


def test_pages_of_changing_length(work, log):
    """As long as a page is not empty, reading goes on."""
    log.fault("short", n=33, probability=0.4)
    log.fault("short", n=5, probability=0.4)
    assert_all_found(work.backfill(log, "rfc6962"), log)


def test_overlong_pages(work, log):
    """Entries beyond those asked for are dropped."""
    log.fault("extra", n=5)
    assert_all_found(work.backfill(log, "rfc6962"), log)


def test_user_agent(work, log):
    """Each request names the program."""
    work.backfill(log, "static").expect(0)
    agents = {r["user_agent"] for r in log.requests()}
    assert all(agent.startswith("indelible/") for agent in agents)


@pytest.mark.parametrize("api", APIS)
def test_stall(work, log, api):
    """Half an answer, then silence: given up and asked again."""
    work.prepare([(log, api)], fetch={"timeout": "2s"})
    log.fault("stall", on=READS[api], count=1)
    log.fault("stall", on="head", count=1)
    work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), work.running[-1])
    assert log.hits() == 2


@pytest.mark.parametrize("how,status", [
    ("valid", 0), ("expired", 69), ("wrong-host", 69)])
def test_https(work, server, how, status):
    """HTTPS with our own roots; certificates are checked."""
    ready = server.listen(tls=how)
    log = server.new_log(SPECS, base_url=ready["url"])
    roots = work.write("roots.pem", ready["ca_pem"])
    work.prepare([(log, "static")], fetch={"ca_file": str(roots)})
    work.with_config("backfill", "--json", "--quiet",
                     seconds=240).expect(status)
    assert bool(log.requests()) == (status == 0)


# --- lasting troubles -------------------------------------------------------

@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("code", [404, 410, 500, 503])
def test_lasting_refusal(work, log, api, code):
    """69 when entries are not to be had, and the status is named."""
    log.fault("status", on=READS[api], code=code)
    result = work.backfill(log, api, seconds=60).expect(69)
    assert result.alerts == [] and str(code) in result.err


def test_redirects_are_not_followed(work, server, log):
    """A log that sends us elsewhere is not reached."""
    other = server.new_log(SPECS, share_key=log.name)
    path = other.static[len(server.url):]
    log.fault("redirect", on="data", location=path + "tile/data/000")
    work.backfill(log, "static", seconds=240).expect(69)
    assert other.requests() == []


@pytest.mark.parametrize("kind", ["huge", "bomb"])
def test_bodies_without_end(work, log, kind):
    """Bodies beyond the limit: refused, in bounded memory."""
    log.fault(kind, on="data", size=1 << 27)
    arguments = ["backfill", *work.log_arguments(log, "static"),
                 "--records", work.records(), "--json"]
    with open(work.path / "out", "wb") as out:
        process = subprocess.Popen(
            [BINARY] + [str(a) for a in arguments], stdout=out, stderr=out,
            stdin=subprocess.DEVNULL, cwd=work.path, env=environment())
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in (69, 76)
    if "asan" not in BINARY and "tsan" not in BINARY:
        assert usage.ru_maxrss < 300 * 1024


# --- misbehaviour -----------------------------------------------------------

def evidence(result):
    """The data of the misbehaviour events on stdout."""
    return [e["data"] for e in result.of_type(MISBEHAVIOUR)]


@pytest.mark.smoke
@pytest.mark.parametrize("api", APIS)
def test_wrong_root(work, log, api):
    """A signed root that is not the tree's: 76, the hits unproven, and an
    event with both sides."""
    log.fault("wrong-root")
    result = work.backfill(log, api, seconds=240).expect(76)
    assert evidence(result)
    for alert in result.alerts:
        assert not any(s["verified"] for s in alert["data"]["sightings"])
    for event in result.events:
        if event["type"].endswith("summary.v1"):
            assert event["data"]["verified"] is False


@pytest.mark.parametrize("api", APIS)
def test_flipped_leaf(work, log, api):
    """A leaf that is not the one in the tree: 76 with evidence."""
    log.fault("flip", index=150)
    result = work.backfill(log, api, seconds=240).expect(76)
    assert evidence(result)


@pytest.mark.parametrize("api", APIS)
def test_flipped_leaf_in_a_range(work, log, api):
    """The same where only a part is read."""
    log.fault("flip", index=150)
    result = work.backfill(log, api, "--from", 100, "--to", 300,
                           seconds=240).expect(76)
    assert evidence(result)


@pytest.mark.parametrize("api", APIS)
def test_bad_signature(work, log, api):
    """Three more tries, then 76; nothing of the head is used."""
    log.fault("bad-signature")
    result = work.backfill(log, api, seconds=240).expect(76)
    assert result.alerts == []
    assert len(log.requests("head")) == 4
    assert log.requests(READS[api]) == []


def test_other_origin(work, log):
    """A checkpoint of another name is not this log's."""
    log.fault("other-origin", origin="mallory.example/2026")
    result = work.backfill(log, "static", seconds=240)
    assert result.status not in (0, 1, 70)
    assert "mallory.example/2026" in result.err
    assert log.requests("data") == []


@pytest.mark.parametrize("api", APIS)
def test_size_beyond_reason(work, log, api):
    """A signed head over 2^63 - 1 entries allocates nothing."""
    log.fault("size-jump")
    result = work.backfill(log, api, seconds=240)
    assert result.status in (65, 69, 76)


@pytest.mark.parametrize("api,what", [("static", "hash"),
                                      ("rfc6962", "proof")])
def test_wrong_proofs(work, log, api, what):
    """Proofs that do not lead to the head: never 0."""
    log.fault("flip-hash", on=what)
    result = work.backfill(log, api, "--from", 100, "--to", 300,
                           seconds=240)
    assert result.status in (69, 76)
    for alert in result.alerts:
        assert not any(s["verified"] for s in alert["data"]["sightings"])


def test_no_proofs(work, log):
    """A log without proofs for a part of it: unverified, and 69."""
    log.fault("status", on="proof", code=404)
    result = work.backfill(log, "rfc6962", "--from", 100, "--to", 300,
                           seconds=240).expect(69)
    assert result.summary["verified"] is False


def test_whole_log_needs_no_proofs(work, log):
    """Reading from 0 to the head is proof in itself."""
    log.fault("status", on="proof", code=404)
    assert_all_found(work.backfill(log, "rfc6962"), log)


# --- entries that cannot be read --------------------------------------------

@pytest.mark.smoke
@pytest.mark.parametrize("kind", ["type", "version", "trailing",
                                  "truncated", "empty", "oversize"])
def test_bad_framing_is_quarantined(work, server, kind):
    """In the tree, but no entry we can read: counted, kept, passed over."""
    log = server.new_log([{"filler": 40}, {"malformed": kind},
                          {"filler": 40}, jane_spec(log="final")])
    result = work.backfill(log, "rfc6962").expect(0)
    assert result.summary["quarantined"] == 1
    assert result.summary["verified"] is True
    assert len(result.alerts) == 1


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("kind", ["garbage", "empty"])
def test_garbage_is_quarantined(work, server, api, kind):
    """A certificate that is none."""
    log = server.new_log([{"filler": 300}, {"malformed": kind},
                          {"malformed": kind}, jane_spec(log="final")])
    result = work.backfill(log, api).expect(0)
    assert result.summary["quarantined"] == 2
    assert result.summary["verified"] is True
    assert len(result.alerts) == 1


def test_quarantine_is_reported(work, server):
    """The service tells the operator of each entry it could not read."""
    log = server.new_log([{"filler": 9}, {"malformed": "garbage"},
                          jane_spec(log="final")])
    work.prepare([(log, "static")])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(
        [e for e in log.truth() if e["plants"]]), monitor)

    def reported():
        return [e for e in read_jsonl(work.ledger)
                if e["type"] == QUARANTINED]
    wait_until(reported, "the quarantine event")
    monitor.stop()
    assert len(reported()) == 1


@pytest.mark.parametrize("how", ["truncated", "trailing", "type", "width",
                                 "issuers"])
def test_broken_tiles(work, log, how):
    """A tile whose framing is broken, for good: never 0 without saying
    which entries were not read."""
    log.fault("broken-tile", how=how, glob="static/tile/data/000")
    result = work.backfill(log, "static", seconds=240)
    if how == "issuers":    # not in the hash: costs no entry
        assert_all_found(result, log)
    elif result.status == 0:
        assert result.summary["quarantined"] > 0
    else:
        assert result.status in (65, 69, 76) and "0" in result.err


@pytest.mark.parametrize("how", ["truncated", "trailing", "type", "width",
                                 "issuers"])
def test_tiles_broken_for_once(work, log, how):
    """The same, but right when asked again."""
    log.fault("broken-tile", how=how, glob="static/tile/data/000", count=1)
    result = work.backfill(log, "static", seconds=240).expect(0)
    assert sorted(result.ids) == sorted(expected_ids(log.truth()))


# --- the service and a log that turns bad ------------------------------------

def misbehaviour(work):
    """The misbehaviour events that reached the ledger."""
    return [e for e in read_jsonl(work.ledger)
            if e["type"] == MISBEHAVIOUR]


def followed(work, log, api):
    """The service, having found all there is."""
    work.prepare([(log, api)])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    return monitor


@pytest.mark.parametrize("api", APIS)
def test_fork_is_told(work, log, api):
    """Two heads of one size: an event with both; the service lives on."""
    monitor = followed(work, log, api)
    log.fault("fork")
    wait_until(lambda: misbehaviour(work), "the misbehaviour event")
    assert json.dumps(misbehaviour(work)[0]["data"]).count("root") >= 1 \
        or misbehaviour(work)[0]["data"]
    monitor.stop()


@pytest.mark.parametrize("api", APIS)
def test_rollback_is_told(work, log, api):
    """A smaller tree with another root."""
    monitor = followed(work, log, api)
    log.fault("rollback", size=200)
    wait_until(lambda: misbehaviour(work), "the misbehaviour event")
    monitor.stop()


@pytest.mark.parametrize("api", APIS)
def test_stale_head_is_no_crime(work, log, api):
    """An older head that was true once is a cache's, not a fork."""
    monitor = followed(work, log, api)
    log.fault("rollback", size=200, honest=True, count=20)
    wait_until(lambda: log.hits() >= 20, "stale heads being read")
    new = log.append([jane_spec()])
    work.wait_for_ids(expected_ids(new), monitor)
    assert misbehaviour(work) == []
    monitor.stop()


@pytest.mark.smoke
@pytest.mark.parametrize("api", APIS)
def test_split_view_is_told(work, server, log, api):
    """The log grows into a tree that does not continue the one we read."""
    other = server.new_log([], share_key=log.name, fork_of=log.name,
                           fork_at=300, origin=log.origin)
    other.grow(400)
    monitor = followed(work, log, api)
    log.fault("view", log=other.name)
    wait_until(lambda: misbehaviour(work), "the misbehaviour event")
    monitor.stop()


def test_other_logs_are_not_affected(work, server, log):
    """While one log fails in every way, another is followed."""
    elsewhere = server.listen()["url"]     # patience is for each host
    bad = server.new_log(SPECS, base_url=elsewhere)
    bad.fault("status", code=503, probability=0.7)
    bad.fault("stall", seconds=30)
    work.prepare([(bad, "static"), (log, "static")])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    new = log.append([jane_spec()])
    work.wait_for_ids(expected_ids(new), monitor)
    monitor.stop()
