"""status and verify: what the store says of itself, beside a running service
and without one."""
import json
import random
import sqlite3
import time

import pytest

from .helpers import MISBEHAVIOUR, read_jsonl, wait_until
from .planted import between, expected_ids, jane_spec

APIS = ["static", "rfc6962"]
READS = {"static": "data", "rfc6962": "entries"}


def status(work, code=0):
    """The logs by name, and the store, as `status --json` tells them."""
    lines = work.with_config("status", "--json").expect(code).events
    assert [line["type"] for line in lines].count("store") == 1
    return {line["name"]: line for line in lines if line["type"] == "log"}, \
        lines[-1]


def verify(work, code=0):
    """The logs as `verify --json` tells them."""
    events = work.with_config("verify", "--json").expect(code).events
    return [event for event in events if event["type"] == "log"]


def proven(work, size):
    """Whether all of the only log is proven, whatever `status` thinks."""
    result = work.with_config("status", "--json")
    log = [e for e in result.events if e["type"] == "log"][0]
    return [s["proven"] for s in log["stretches"]] == [size]


def settle(work, log, monitor):
    """Wait until the whole log is proven; its size."""
    size = log.describe()["size"]
    wait_until(lambda: proven(work, size), "the proof")
    monitor.assert_running()
    return size


def change(work, sql, *values):
    """Change the store behind its back."""
    with sqlite3.connect(work.path / "indelible.db") as store:
        store.execute(sql, values)
    store.close()


@pytest.fixture(params=APIS)
def done(request, work, server):
    """A workspace whose monitor has read and proven a log, and stopped."""
    log = server.new_log(between(60))
    work.prepare([(log, request.param)])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    work.size = settle(work, log, monitor)
    monitor.stop()
    work.log, work.api = log, request.param
    return work


@pytest.mark.smoke
def test_after_a_run(done):
    """Both say the truth of a stopped service."""
    logs, store = status(done)
    only, = logs.values()
    assert only["log_id"] == done.log.log_id
    assert only["api"] == done.api
    assert only["url"].rstrip("/") == done.log.url(done.api).rstrip("/")
    assert only["stretches"] == [{"job": 0, "job_id": "0", "begin": 0,
                                  "read": done.size, "proven": done.size,
                                  "limit": None}]
    assert only["covered"] == [[0, done.size]] and only["unproven"] == []
    assert only["newest"]["size"] == only["proven"]["size"] == done.size
    assert only["lag_entries"] == 0
    assert 0 <= only["lag_seconds"] < 3600
    assert only["unhealthy"] is False and only["reasons"] == []
    assert store["healthy"] is True
    assert store["unhealthy"] is False
    assert store["service"] == {"running": False, "writer": None}
    assert store["outbox"] == {"waiting": 0, "dead": 0, "next_due": None}
    assert store["quarantined"] == len(
        [e for e in done.log.truth(everything=True) if e.get("broken")])
    assert sum(store["records"].values()) == store["records"]["active"] > 0
    only, = verify(done)
    assert only["newest"]["result"] == only["proven"]["result"] == "verified"
    stretch, = only["stretches"]
    assert (stretch["begin"], stretch["proven"]) == (0, done.size)
    assert stretch["result"] == "verified"
    assert stretch["head"]["size"] == done.size
    text = done.with_config("verify").expect(0).out
    assert "[0, %d) verified by the head of %d" % (
        done.size, done.size) in text
    text = done.with_config("status").expect(0).out
    assert text.endswith("healthy\n")
    assert "followed     [0, %d), proven\n" % done.size in text
    assert "proven head  %d entries" % done.size in text
    assert "service      not running\n" in text
    assert "jane.roe" not in text


def counters(work):
    """What `status --json` counted: certificates, and findings by place."""
    only, = status(work)[0].values()
    counted = only["counters"]
    found = {(f["carrier"], f["kind"], f["side"]): f["count"]
             for f in counted["findings"]}
    assert len(found) == len(counted["findings"])
    return counted["certificates"], counted["classes"], found


@pytest.mark.parametrize("api", APIS)
def test_counters(work, server, api):
    """Numbers of what is proven, exact over restarts; no values."""
    host = {"subject": [["CN", "www.example.com"]],
            "sans": [["dns", "www.example.com"]]}
    upn = {"subject": [["CN", "bob"]], "sans": [["upn", "bob@example.net"]],
           "eku": ["clientAuth"], "log": "precert"}
    mail = ("san.rfc822Name", "email", "subject")
    login = ("san.userPrincipalName", "upn", "subject")
    log = server.new_log([host] * 150 + [jane_spec(), jane_spec(), upn])
    work.prepare([(log, api)])
    monitor = work.monitor()
    size = settle(work, log, monitor)
    monitor.stop()
    certificates, classes, found = counters(work)
    assert certificates == size == 305
    assert classes["precert"] == 150 + 2 + 1
    assert (found[mail], found[login]) == (4, 1)
    log.append([jane_spec()] + [host] * 200)
    monitor = work.monitor()
    size = settle(work, log, monitor)
    monitor.stop()
    certificates, classes, found = counters(work)
    assert certificates == size == 707
    assert (found[mail], found[login]) == (6, 1)
    text = work.with_config("status", "--counters").expect(0).out
    assert "707 certificates" in text
    assert " 6  san.rfc822Name  email\n" in text
    for value in (b"bob@example.net", b"jane.roe"):
        assert value not in (work.path / "indelible.db").read_bytes()


@pytest.mark.parametrize("api", APIS)
def test_counters_read_again(work, server, api):
    """What was read wrong and read again counts once."""
    host = {"subject": [["CN", "www.example.com"]],
            "sans": [["dns", "www.example.com"]]}
    log = server.new_log([host] * 150 + [jane_spec()] * 2)
    work.prepare([(log, api)])
    monitor = work.monitor()
    settle(work, log, monitor)
    log.fault("flip", on=READS[api], index=400, offset=90, count=1)
    log.append([jane_spec()] * 2 + [host] * 300)
    size = settle(work, log, monitor)
    assert "reading again" in monitor.diagnostics()
    monitor.stop()
    certificates, _, found = counters(work)
    assert certificates == size == 304 + 604
    assert found[("san.rfc822Name", "email", "subject")] == 8


def counted(work):
    """How much of the only log is proven, and what was counted in it."""
    log = work.with_config("status", "--json").events[0]
    return sum(s["proven"] - s["begin"] for s in log["stretches"]), \
        log["counters"]


@pytest.mark.parametrize("api", APIS)
def test_counters_after_kills(work, server, api):
    """Whenever it is killed: what is proven is counted, each entry once."""
    host = {"subject": [["CN", "www.example.com"]],
            "sans": [["dns", "www.example.com"]], "log": "final"}
    dice, size = random.Random(11), 0
    log = server.new_log([host] * 37 + [jane_spec()], page=64)
    work.prepare([(log, api)])
    for _ in range(6):
        log.append(([host] * 60 + [jane_spec()]) * 8)
        log.fault("slow", on=READS[api], seconds=0.05)
        monitor, before = work.monitor(), size
        wait_until(lambda before=before: counted(work)[0] > before,
                   "progress")
        time.sleep(dice.uniform(0, 0.4))
        monitor.kill()
        log.calm()
        size, found = counted(work)
        assert found["certificates"] == size > before
        assert sum(f["count"] for f in found["findings"]
                   if f["kind"] == "email") == \
            sum(e["index"] < size for e in log.truth() if e["plants"])
    monitor = work.monitor()
    size = settle(work, log, monitor)
    monitor.stop()
    assert counters(work)[0] == size == counted(work)[0]


@pytest.mark.smoke
@pytest.mark.parametrize("api", APIS)
def test_beside_a_running_service(work, server, api):
    """Neither disturbs it, nor is disturbed, while it writes."""
    log = server.new_log(between(60))
    work.prepare([(log, api)])
    monitor = work.monitor()
    for _ in range(5):
        log.append([jane_spec(), {"filler": 50}])
        work.with_config("status")
        verify(work)
    size = settle(work, log, monitor)
    logs, store = status(work)
    assert [log["proven"]["size"] for log in logs.values()] == [size]
    assert store["healthy"] is True
    assert store["service"]["running"] is True
    assert "pid %d " % monitor.pid in store["service"]["writer"]
    assert "service      running, pid %d " % monitor.pid in \
        work.with_config("status").expect(0).out
    assert verify(work)[0]["stretches"][0]["result"] == "verified"
    monitor.stop()


def test_lag(work, server):
    """The newest head is known although what it covers cannot be read."""
    log = server.new_log([{"filler": 700}])
    work.prepare([(log, "rfc6962")])
    log.fault("status", on="entries", code=503)
    monitor = work.monitor()

    def seen():
        event = work.with_config("status", "--json").events[0]
        return event if event["newest"] else None
    only = wait_until(seen, "the head in the store")
    monitor.assert_running()
    assert only["newest"]["size"] == only["lag_entries"] == 700
    assert only["proven"] is None
    only, = verify(work)
    assert only["newest"]["result"] == "verified"
    assert only["stretches"][0]["result"] == "nothing"
    monitor.kill()


@pytest.mark.parametrize("api", APIS)
def test_start_at_the_head(work, server, api):
    """What lies before the beginning is part of what is verified."""
    log = server.new_log([{"filler": 700}])
    work.prepare([(log, api)], logs={"start": "head"})
    monitor = work.monitor()
    wait_until(lambda: len(log.requests("head")) >= 3, "some polls")
    log.append([{"filler": 100}])
    settle(work, log, monitor)
    monitor.stop()
    stretch = verify(work)[0]["stretches"][0]
    assert stretch["begin"] > 0 and stretch["proven"] == 800
    assert stretch["result"] == "verified"


def test_after_a_switch(done):
    """Heads are verified as what they came as, whatever is configured now:
    another protocol, another origin, or both in turn."""
    turns = [api for api in APIS if api != done.api] + [done.api]
    for number, api in enumerate(turns):
        done.config([(done.log, api)])
        assert verify(done)[0]["newest"]["result"] == "verified"
        monitor = done.monitor()
        done.log.append([jane_spec()] if number == 0 else [{"filler": 9}])
        settle(done, done.log, monitor)
        monitor.stop()
        only, = verify(done)
        assert only["newest"]["result"] == "verified"
        assert only["proven"]["result"] == "verified"
    conf = done.config([(done.log, "static")])
    text = conf.read_text()
    assert text.count('origin: "') == 1
    conf.write_text(text.replace('origin: "', 'origin: "was.'))
    only, = verify(done)
    assert only["newest"]["result"] == only["proven"]["result"] == "verified"


def test_scan_within_a_log(done):
    """A scan that ends between two heads was proven when it was read."""
    done.with_config("backfill", "--from", 10, "--to", 50,
                     "--json").expect(0)
    only, = verify(done)
    assert [(s["begin"], s["proven"], s["result"])
            for s in only["stretches"]] == [
                (0, done.size, "verified"), (10, 50, "proven-when-read")]
    assert "proven when it was read" in done.with_config("verify").out
    logs, _ = status(done)
    only, = logs.values()
    assert len(only["stretches"]) == 2
    assert only["covered"] == [[0, done.size]]


@pytest.mark.parametrize("api", APIS)
def test_misbehaviour(work, server, api):
    """A log whose entries are not what it signed is unhealthy; what was
    proven before it stays so."""
    log = server.new_log([{"filler": 400}], page=100)
    work.prepare([(log, api)])
    monitor = work.monitor()
    settle(work, log, monitor)
    log.fault("flip", index=450)
    log.append([{"filler": 400}])
    wait_until(lambda: [e for e in read_jsonl(work.ledger)
                        if e["type"] == MISBEHAVIOUR], "the event")
    monitor.assert_running()
    logs, store = status(work, 1)
    only, = logs.values()
    assert only["unhealthy"] is True
    assert any("misbehaved" in text for text in only["reasons"])
    assert store["healthy"] is False
    text = work.with_config("status").expect(1).out
    assert "misbehaved" in text and text.endswith("unhealthy\n")
    assert verify(work)[0]["stretches"][0]["proven"] == 400
    monitor.stop()


def test_nothing_seen_yet(work, server):
    """A configured log without a head is named; no store is 66."""
    log = server.new_log([{"filler": 3}])
    work.config([(log, "static")])
    for command in ("status", "verify"):
        result = work.with_config(command, "--json").expect(66)
        assert result.out == "" and "store init" in result.err
    work.with_config("store", "init").expect(0)
    logs, store = status(work, 1)
    only, = logs.values()
    assert only["unhealthy"] is True and only["trouble"] is None
    assert "running?" in only["reasons"][0]
    assert store["healthy"] is False
    assert verify(work) == []
    assert "nothing" in work.with_config("verify").expect(0).out


def test_nothing_is_watched(work):
    """Neither without any log, nor with a list of which there is no copy."""
    work.config([])
    work.with_config("store", "init").expect(0)
    logs, store = status(work, 1)
    assert not logs and store["unhealthy"] is True
    assert "nothing is watched" in store["reasons"][0]
    work.config([], contact="ops@ct-lab.internal", logs={
        "lists": [{"url": "https://localhost:1/list.json"}]})
    logs, store = status(work, 1)
    assert not logs and "not all configured logs" in store["reasons"][0]
    text = work.with_config("status").expect(1).out
    assert "not running\n" in text and text.endswith("unhealthy\n")


def test_a_job_is_more_than_a_double_holds(done):
    """Scripts whose numbers are doubles get it as a string."""
    done.with_config("backfill", "--from", 10, "--to", 50,
                     "--json").expect(0)
    big = 2 ** 62 + 1
    change(done, "UPDATE stretch SET job = ? WHERE job > 0", big)
    logs, _ = status(done)
    only, = logs.values()
    assert [s["job_id"] for s in only["stretches"]] == ["0", str(big)]
    only, = verify(done)
    assert [s["job_id"] for s in only["stretches"]] == ["0", str(big)]


def test_quarantine_has_places(done):
    """Each entry in quarantine is named by its index; for a person the first
    ten of a reason."""
    for i in range(23):
        change(done, "INSERT INTO quarantine(stretch, ix, time_ms, leaf_hash,"
               " reason, box) SELECT id, ?, 1, zeroblob(32), ?, x'00'"
               " FROM stretch", 40 - i, "too deep" if i else "too long")
    deep, long = verify(done)[0]["quarantined"]
    assert deep == {"reason": "too deep", "entries": 22,
                    "indexes": list(range(18, 40))}
    assert long == {"reason": "too long", "entries": 1, "indexes": [40]}
    text = done.with_config("verify").expect(0).out
    assert "22 entries: too deep\n    at %s and 12 more" % ", ".join(
        map(str, range(18, 28))) in text
    assert "1 entry: too long\n    at 40\n" in text


def test_a_damaged_store_is_not_verified(work, server):
    """Damage where nothing of the heads lies is found all the same."""
    log = server.new_log(between(60))
    work.prepare([(log, "static")])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    settle(work, log, monitor)
    verify(work)
    monitor.stop()
    path = work.path / "indelible.db"
    whole = path.read_bytes()
    path.write_bytes(whole[:60000] + b"\xa5" * 3000 + whole[63000:])
    result = work.with_config("verify", "--json").expect(65)
    assert result.out == "" and "damaged" in result.err


def audit(work, code=0):
    """The audit trail as `verify --json` tells it."""
    found, = [event for event in
              work.with_config("verify", "--json").expect(code).events
              if event["type"] == "audit"]
    return found


def test_audit_trail(work):
    """Number and head of the chain; what was changed in it is named."""
    work.prepare([])
    first = audit(work)
    assert first["result"] == "verified" and first["rows"] > 0
    work.with_config("records", "import", work.write("more.jsonl", json.dumps({
        "id": "audited", "kind": "email", "value": "jane.audited@example.com",
        "consent": {}}) + "\n")).expect(0)
    second = audit(work)
    assert second["rows"] == first["rows"] + 1
    assert second["head"] != first["head"] and len(second["head"]) == 64
    text = work.with_config("verify").expect(0).out
    assert "%d rows: whole, head %s" % (second["rows"], second["head"]) in text
    change(work, "UPDATE audit SET who = 'nobody' WHERE no = 2")
    third = audit(work, 65)
    assert third["result"] == "damaged" and "row 2 " in third["detail"]
    assert "DAMAGED: row 2 " in work.with_config("verify").expect(65).out


def test_stale_head(done):
    """A head of long ago is told, unless nobody follows the log any more."""
    day = 86400000
    change(done, "UPDATE log SET newest_ms = ?",
           int(time.time() * 1000) - day + 60000)
    status(done)
    change(done, "UPDATE log SET newest_ms = ?",
           int(time.time() * 1000) - 2 * day)
    logs, _ = status(done, 1)
    assert "signed 2 d" in list(logs.values())[0]["reasons"][0]
    done.config([])
    logs, _ = status(done)
    assert list(logs.values())[0]["followed"] is False


def test_late_and_dead_deliveries(done):
    """An alert overdue by more than an hour, or one given up, is told."""
    hour = 3600000
    now = int(time.time() * 1000)
    change(done, "UPDATE outbox SET state = 0, due_ms = ? WHERE id = 1",
           now - hour // 2)
    _, store = status(done)
    assert store["outbox"]["waiting"] == 1 and store["outbox"]["next_due"]
    change(done, "UPDATE outbox SET due_ms = ? WHERE id = 1", now - 2 * hour)
    _, store = status(done, 1)
    assert "2 h" in store["reasons"][0]
    change(done, "UPDATE outbox SET state = 2 WHERE id = 1")
    _, store = status(done, 1)
    assert store["outbox"]["dead"] == 1 and store["reasons"] == [
        "1 delivery was given up; see `indelible alerts list --dead`"]


def test_no_key(done):
    """A log that is not configured any more: its root agrees, no more."""
    done.config([])
    only, = verify(done)
    assert only["proven"]["result"] == "no-key"
    assert only["stretches"][0]["result"] == "no-key"
    assert "signature not checked: no key" in done.with_config("verify").out


@pytest.mark.parametrize("sql,code", [
    ("proven_root = zeroblob(32), newest_root = zeroblob(32)", 76),
    ("proven_ms = proven_ms + 1", 76),
    ("proven_raw = CAST(replace(CAST(proven_raw AS TEXT), 'A', 'B')"
     " AS BLOB)", None),
    ("proven_raw = x'00'", 65),
])
def test_a_head_that_was_changed(done, sql, code):
    """Whatever is changed in a stored head is noticed."""
    change(done, "UPDATE log SET " + sql)
    if code is None:
        assert done.with_config("verify").status in (65, 76)
        return
    verify(done, code)
    text = done.with_config("verify").expect(code).out
    assert ("MISMATCH" if code == 76 else "DAMAGED") in text


def test_a_tree_that_was_changed(done):
    """A tree that is not the signed one is 76, one out of shape is 65."""
    with sqlite3.connect(done.path / "indelible.db") as store:
        (tree,), = store.execute("SELECT tree_proven FROM stretch")
    store.close()
    change(done, "UPDATE stretch SET tree_proven = ?",
           tree[:-1] + bytes([tree[-1] ^ 1]))
    only, = verify(done, 76)
    assert only["stretches"][0]["result"] == "mismatch"
    assert only["proven"]["result"] == "verified"
    change(done, "UPDATE stretch SET tree_proven = ?", tree[:-1])
    result = done.with_config("verify", "--json").expect(65)
    assert result.out == "" and "damaged" in result.err
