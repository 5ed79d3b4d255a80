"""What a hostile or broken server sends: JSON and headers out of shape, odd
heads, odd Retry-After, other places to go to, bad lines. Passing troubles are
waited out and lasting ones said, in bounded memory and with few requests.
"""
import signal
import time

import pytest

from tests.fakelog.attacks import ATTACKS, arm
from .gauge import MIB, Gauge
from .helpers import BINARY, MISBEHAVIOUR, read_jsonl, wait_until
from .planted import PLANTED, between, expected_ids, jane_spec

APIS = ["static", "rfc6962"]
READS = {"static": "data", "rfc6962": "entries"}
SPECS = between(90, PLANTED[:4])
SANITIZED = "asan" in BINARY or "tsan" in BINARY


@pytest.fixture
def log(server):
    """A log of 458 entries with four planted certificates."""
    return server.new_log(SPECS, page=100)


def assert_all_found(result, log):
    """Done, verified, each match once."""
    result.expect(0)
    assert sorted(result.ids) == sorted(expected_ids(log.truth()))
    assert result.summary["verified"] is True
    assert result.of_type(MISBEHAVIOUR) == []


def backfill(work, log, api, *more):
    """A scan, and the most memory that it had."""
    process = work.start(
        "backfill", *work.log_arguments(log, api), "--records",
        work.records(), "--json", *more)
    gauge = Gauge(process.pid)
    try:
        result = process.wait(240)
    finally:
        gauge.stop()
    return result, gauge.peak


def assert_bounded(peak, most):
    """In MiB; a sanitizer's own memory is not counted."""
    assert SANITIZED or peak < most * MIB, "%d MiB" % (peak / MIB)


def misbehaviour(work):
    """The misbehaviour events that reached the ledger."""
    return [e for e in read_jsonl(work.ledger)
            if e["type"] == MISBEHAVIOUR]


# --- JSON out of shape --------------------------------------------------------

BENT = {
    "deep": {"how": "deep"},
    "deep-objects": {"how": "deep", "open": '{"entries":'},
    "nest": {"how": "nest"},
    "nest-a-little": {"how": "nest", "n": 33},
    "flood": {"how": "flood", "name": "entries", "size": 63 * MIB},
    "flood-unknown": {"how": "flood", "size": 63 * MIB},
    "entries-twice": {"how": "member", "name": "entries", "value": "[]",
                      "last": True},
    "entries-empty-first": {"how": "member", "name": "entries",
                            "value": "[]"},
    "leaf-twice": {"how": "twice", "name": "leaf_input"},
    "extra-twice": {"how": "twice", "name": "extra_data"},
    "entries-number": {"how": "value", "name": "entries", "value": "1e400"},
    "entries-null": {"how": "value", "name": "entries", "value": "null"},
}


@pytest.mark.smoke
@pytest.mark.parametrize("name", sorted(BENT))
def test_bent_page(work, log, name):
    """A page that is none: asked for again, and nothing is lost."""
    log.fault("json", on="entries", count=2, **BENT[name])
    result, peak = backfill(work, log, "rfc6962")
    assert_all_found(result, log)
    assert log.hits() == 2
    assert_bounded(peak, 160)


@pytest.mark.parametrize("how", [
    {"value": "1e400"}, {"value": "-18446744073709551616"},
    {"value": '"\\u0000"'}, {"hex": b'"\0\xff\xfe"'.hex()},
    {"name": "x\\n\\u001b[31m"}, {"last": True, "value": "[[[[0]]]]"}])
def test_unknown_members_of_a_page(work, log, how):
    """What nobody asked for may hold anything that ends."""
    log.fault("json", on="entries", how="member", **how)
    assert_all_found(work.backfill(log, "rfc6962"), log)


@pytest.mark.parametrize("name,says", [
    ("flood", "expected a member's name"), ("nest", "nested too deep"),
    ("entries-twice", "is there twice"),
    ("leaf-twice", "a second leaf_input")])
def test_pages_bent_for_good(work, log, name, says):
    """Said with place and reason; bounded, and not asked for for ever."""
    log.fault("json", on="entries", **BENT[name])
    result, peak = backfill(work, log, "rfc6962")
    result.expect(76)
    assert "entries 0 to" in result.err and says in result.err
    assert result.alerts == [] and len(log.requests("entries")) < 20
    assert_bounded(peak, 160)


HEADS = {   # seven failures in a row end a scan
    "sizes": [{"how": "value", "name": "tree_size", "value": v} for v in (
        "9223372036854775808", "18446744073709551617", "-1", "1e400",
        "4.58e2", '"458"')],
    "more": [{"how": "value", "name": "tree_size", "value": v} for v in (
        "null", "[458]", "true", "0458", "1e-1", "9223372036854775807")],
    "times": [{"how": "value", "name": "timestamp", "value": v} for v in (
        "-1", "1e400", "99999999999999999999", "null", "0.5", "{}")],
    "others": [{"how": "value", "name": "sha256_root_hash", "value": '""'},
               {"how": "value", "name": "tree_head_signature",
                "value": '"AAAA="'},
               {"how": "member", "name": "tree_size", "value": "458"},
               {"how": "member", "hex": b'"\0"'.hex()},
               {"how": "member", "hex": b'"\xff\xc0\x80"'.hex()},
               {"how": "member", "value": '"\\u0000"'}],
    "floods": [{"how": "flood", "size": MIB - 4096},
               {"how": "flood", "size": MIB - 4096, "item": "0"},
               {"how": "nest", "n": 400000}, {"how": "nest", "n": 5000},
               {"how": "deep"}, {"how": "deep", "open": '{"a":'}],
}


@pytest.mark.smoke
@pytest.mark.parametrize("name", sorted(HEADS))
def test_bent_heads(work, log, name):
    """Heads that are none: nothing of them is used."""
    for how in HEADS[name]:
        log.fault("json", on="head", count=1, **how)
    result, peak = backfill(work, log, "rfc6962")
    assert_all_found(result, log)
    assert len(log.requests("head")) == 1 + len(HEADS[name])
    assert "get-sth" in result.err
    assert_bounded(peak, 80)


PROOFS = [{"how": "value", "name": "consistency", "value": v} for v in (
    "1e400", "[[]]", '["AAAA"]', "null", '[' + '"",' * 99 + '""]')] + [
        {"how": "flood", "size": MIB - 4096}]
LEAVES = [{"how": "member", "name": "leaf_input", "value": '"AA=="'},
          {"how": "value", "name": "leaf_input", "value": "-1"},
          {"how": "value", "name": "audit_path", "value": "{}"},
          {"how": "deep"}, {"how": "nest"},
          {"how": "flood", "size": 2 * MIB - 9000}]


@pytest.mark.smoke
@pytest.mark.parametrize("request_name,bends", [
    ("get-sth-consistency", PROOFS), ("get-entry-and-proof", LEAVES)])
def test_bent_proofs(work, log, request_name, bends):
    """The same for the proofs of a part of a log."""
    for how in bends:
        log.fault("json", glob="rfc6962/ct/v1/" + request_name, count=1,
                  **how)
    result, peak = backfill(work, log, "rfc6962", "--from", 100, "--to",
                            300)
    result.expect(0)
    assert log.hits() == len(bends)
    assert result.summary["verified"] is True
    assert_bounded(peak, 80)


@pytest.mark.parametrize("api", APIS)
def test_one_at_a_time(work, server, api):
    """Until a log has given something of use, nothing more is on its way, so
    that its first replies are not in the way of others in great number."""
    log = server.new_log(between(2000, PLANTED[:4]), page=100)
    log.fault("slow", on=READS[api], count=1, seconds=1)
    work.prepare([(log, api)])
    monitor = work.monitor()
    wait_until(lambda: log.requests(READS[api]), "the first request")
    time.sleep(0.5)
    assert len(log.requests(READS[api])) == 1
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    monitor.stop()


# --- headers and bodies ---------------------------------------------------------

@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("name", ["headers", "long-header"])
def test_header_floods(work, log, api, name):
    """100,000 header lines, or one of 10 MiB: a fault that is named."""
    kind, how = ATTACKS[name][0]
    log.fault(kind, on="head", count=1, **how)
    log.fault(kind, on=READS[api], **how)
    result, peak = backfill(work, log, api)
    result.expect(69)
    assert "header" in result.err and "memory" not in result.err
    assert_bounded(peak, 64)


@pytest.mark.parametrize("api", APIS)
def test_header_floods_pass(work, log, api):
    """The same for once."""
    for name in ("headers", "long-header"):
        kind, how = ATTACKS[name][0]
        log.fault(kind, count=2, **how)
    result, _ = backfill(work, log, api)
    assert_all_found(result, log)


@pytest.mark.parametrize("name", ["loris", "drip", "slow", "stall"])
def test_time_is_limited(work, log, name):
    """Headers, or a body, that never end: given up, and asked again."""
    work.prepare([(log, "static")], fetch={"timeout": "2s"})
    kind, how = ATTACKS[name][0]
    log.fault(kind, on="head", count=1, **how)
    log.fault(kind, on="data", count=1, **how)
    begin = time.monotonic()
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    assert time.monotonic() - begin < 30
    assert log.hits() == 2
    monitor.stop()
    assert misbehaviour(work) == []


@pytest.mark.parametrize("api", APIS)
def test_bombs_are_not_kept(work, log, api):
    """Memory that a bomb took is given back when it has gone off."""
    if SANITIZED:
        pytest.skip("the sanitizer has memory of its own")
    work.prepare([(log, api)], workers=1)
    log.fault("bomb", on=READS[api], count=3)
    log.fault("huge", on=READS[api], size=100 * MIB, count=2)
    monitor = work.monitor()
    gauge = Gauge(monitor.pid)
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    assert log.hits() == 5
    assert gauge.peak < 256 * MIB
    wait_until(lambda: gauge.now() < 40 * MIB, "memory to be given back", 20)
    gauge.stop()
    monitor.stop()


@pytest.mark.parametrize("api", APIS)
def test_bodies_are_not_fetched_often(work, log, api):
    """A body without a length is fetched with some room, with more, and with
    all there may be; how long it is is not tried out."""
    log.fault("huge", on=READS[api], size=60 * MIB, count=3)
    work.prepare([(log, api)], fetch={"body_limit": "50MiB"})
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    assert log.hits() == 3
    assert monitor.diagnostics().count("asking again") == 1
    monitor.stop()


@pytest.mark.parametrize("api", APIS)
def test_announced_bodies_get_their_room(work, log, api):
    """One that says how long it is gets that much room at once: the second
    of these is waited for, and ends too early."""
    log.fault("length", on=READS[api], delta=30 * MIB, count=2)
    work.prepare([(log, api)])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    assert log.hits() == 2
    assert monitor.diagnostics().count("bytes remaining to read") == 1
    monitor.stop()


# --- odd heads -------------------------------------------------------------------

@pytest.mark.parametrize("api", APIS)
def test_stale_head(work, log, api):
    """A head five days old does not fail a scan."""
    log.fault("stale", ms=5 * 86400000)
    assert_all_found(work.backfill(log, api), log)


@pytest.mark.parametrize("api", APIS)
def test_restamped_heads(work, log, api):
    """The same tree signed again and again is no news and no crime."""
    work.prepare([(log, api)])
    log.fault("restamp")
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    seen = log.hits()
    wait_until(lambda: log.hits() >= seen + 10, "more heads")
    new = log.append([jane_spec()])
    work.wait_for_ids(expected_ids(new), monitor)
    monitor.stop()
    assert misbehaviour(work) == []


@pytest.mark.parametrize("how", [
    {"lines": 500}, {"lines": 3, "own": 3}])
def test_grease(work, log, how):
    """Lines by strangers, and more than one of the log's own."""
    log.fault("grease", **how)
    assert_all_found(work.backfill(log, "static"), log)


@pytest.mark.parametrize("how,says", [
    ({"own": 50}, "signatures by one key"),
    ({"extension": "more to sign"}, "extension lines")])
def test_checkpoints_of_wrong_form(work, log, how, says):
    """What the specification forbids is refused, and no crime."""
    log.fault("grease", **how)
    result = work.backfill(log, "static").expect(69)
    assert says in result.err
    assert result.of_type(MISBEHAVIOUR) == [] and not log.requests("data")


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("kind", ["swap", "leaf-index"])
def test_entries_out_of_place(work, log, api, kind):
    """Two entries exchanged, or one that says it stands elsewhere: not the
    tree that was signed."""
    log.fault(kind, index=150)
    result = work.backfill(log, api, seconds=240).expect(76)
    assert result.of_type(MISBEHAVIOUR)


@pytest.mark.parametrize("api", APIS)
def test_wrong_leaf_index_in_the_tree(work, server, api):
    """The log signed it so: what the entry holds is found all the same."""
    log = server.new_log([{"filler": 40}, jane_spec(leaf_index_off=1),
                          {"filler": 40}])
    result = work.backfill(log, api).expect(0)
    assert sorted(result.ids) == sorted(expected_ids(log.truth()))
    assert result.summary["verified"] is True


# --- being told to wait, or to go elsewhere ----------------------------------------

WAITS = {"0": 1, "2": 2, "-7": 0, "soon": 0, "1e9": 0, "2.5": 0, "": 0,
         "Thu, 01 Jan 1970 00:00:00 GMT": 1,
         "Sunday, 06-Nov-94 08:49:37 GMT": 1, "\x01\xff": 0}


@pytest.mark.parametrize("api,code", [("static", 429), ("rfc6962", 503)])
def test_retry_after(work, log, api, code):
    """Every form of it: honoured from 1 s on, or our own backoff."""
    for text in WAITS:
        log.fault("status", on=READS[api], code=code, retry_after=text,
                  count=1)
    assert_all_found(work.backfill(log, api), log)
    reads = log.requests(READS[api])
    refused = [r for r in reads if r["fault"]]
    assert len(refused) == len(WAITS)
    least = sum(WAITS.values())
    # Up to four are asked for at the same time, and refused together.
    assert reads[-1]["at"] - refused[0]["at"] >= least / 4 - 0.2


@pytest.mark.parametrize("text", ["1000000000", "date"])
def test_patience_without_end(work, log, text):
    """An hour at most, said, and not a request in the meantime."""
    log.fault("status", on="data", code=429, retry_after=text,
              seconds=86400 * 3650)
    process = work.start("backfill", *work.log_arguments(log, "static"),
                         "--records", work.records(), "--json")
    wait_until(lambda: "left alone for 3600 s" in process.diagnostics(),
               "the message")
    asked = len(log.requests("data"))
    time.sleep(2)
    assert len(log.requests("data")) == asked <= 4
    process.signal(signal.SIGINT)
    process.wait(20).expect(75)


@pytest.mark.parametrize("code", [301, 308])
def test_redirects_lead_nowhere(work, server, log, code):
    """Neither another host nor a port of this machine is asked."""
    trap = server.trap()
    log.fault("redirect", on="data", code=code, location=trap.url + "/x")
    log.fault("redirect", on="head", code=code, count=1,
              location="http://metadata.invalid/latest")
    work.backfill(log, "static", seconds=240).expect(69)
    assert trap.asked() == []


# --- logs that are gone, and bad lines ----------------------------------------------

@pytest.mark.parametrize("api", APIS)
def test_nobody_listens(work, server, api):
    """Connection refused: 69 with the place, soon."""
    proxy = server.proxy()
    log = server.new_log(SPECS, base_url=proxy.url)
    proxy.set(gone=True)
    result = work.backfill(log, api, seconds=60).expect(69)
    assert "127.0.0.1:%d" % proxy.port in result.err


def test_no_such_name(work, server, log):
    """A name that does not exist is said, and another log is followed."""
    other = server.new_log()
    work.prepare([(log, "static")], contact="ops@ct-lab.internal", logs={
        "extra": [work.log_of(log, "static"),
                  dict(work.log_of(log, "static"), name="nowhere",
                       url="https://no-such-log.invalid/",
                       key_file=str(work.key(other)))]})
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    wait_until(lambda: "nowhere: no head: no-such-log.invalid" in
               monitor.diagnostics(), "the message")
    monitor.stop()
    assert misbehaviour(work) == []


@pytest.mark.parametrize("api", APIS)
def test_gone_and_back(work, server, api):
    """The service waits, bothers nobody, and goes on when it is back."""
    proxy = server.proxy()
    log = server.new_log(SPECS, base_url=proxy.url)
    work.prepare([(log, api)])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    proxy.set(gone=True)
    new = log.append([{"filler": 300}, jane_spec()])
    time.sleep(3)
    proxy.set(gone=False)
    back = time.monotonic()
    work.wait_for_ids(expected_ids(new), monitor)
    assert time.monotonic() - back < 20
    monitor.stop()
    assert misbehaviour(work) == []


@pytest.mark.parametrize("how", ["self-signed", "silent", "noise"])
def test_no_tls(work, server, how):
    """A certificate that nobody vouches for; a handshake that never ends."""
    roots = work.write("roots.pem", server.listen(tls="valid")["ca_pem"])
    if how == "self-signed":
        url = server.listen(tls=how)["url"]
    else:
        url = server.trap(how).url.replace("http:", "https:")
    log = server.new_log(SPECS, base_url=url)
    work.prepare([(log, "static")], fetch={
        "ca_file": str(roots), "connect_timeout": "500ms", "timeout": "2s"})
    result = work.with_config("backfill", "--json", "--quiet",
                              seconds=240).expect(69)
    assert url.split("//")[1] in result.err
    assert log.requests() == []


@pytest.mark.parametrize("api", APIS)
def test_bad_line(work, server, api):
    """Late, irregular, narrow, lossy: everything is found, and there are
    never more connections than there may be."""
    proxy = server.proxy(delay=0.02, jitter=0.03, rate=2 * MIB, reset=0.15,
                         stall=0.1)
    log = server.new_log([{"filler": 3000}, jane_spec()], page=100,
                         base_url=proxy.url)
    work.prepare([(log, api)], fetch={"timeout": "3s", "per_host": 3})
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    monitor.stop()
    counts = proxy.counts()
    assert counts["reset"] + counts["stall"] > 0
    assert counts["most"] <= 3
    assert misbehaviour(work) == []


@pytest.mark.parametrize("per_host,most", [(1, 1), (4, 4), (9, 9)])
def test_number_of_connections(work, server, per_host, most):
    """However slow the answers are."""
    proxy = server.proxy(delay=0.02)
    log = server.new_log([{"filler": 6000}, jane_spec()], page=100,
                         base_url=proxy.url)
    log.fault("slow", seconds=0.1, probability=0.3)
    work.prepare([(log, "static")], fetch={
        "per_host": per_host, "max_connections": 9})
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    monitor.stop()
    assert 1 <= proxy.counts()["most"] <= most


# --- the service outlives it all ------------------------------------------------------

@pytest.mark.parametrize("name,api", zip([
    "refuse", "reset", "truncate", "stall", "headers", "huge", "redirect",
    "bomb", "patience-1", "stall"], APIS * 5))
def test_the_service_recovers(work, log, name, api):
    """Under attack for a while, heads and all: few requests, no false
    charge; when it is over, what came in the meantime is found."""
    work.prepare([(log, api)], fetch={"timeout": "2s"})
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    before = len(log.requests())
    if name == "patience-1":
        log.fault("status", code=429, retry_after=1)
    else:
        arm(log, name, heads=True)
    new = log.append([{"filler": 300}, jane_spec()])
    time.sleep(3)
    assert len(log.requests()) - before < 60
    log.calm()
    calm = time.monotonic()
    work.wait_for_ids(expected_ids(new), monitor)
    assert time.monotonic() - calm < 30
    monitor.stop()
    assert misbehaviour(work) == []
