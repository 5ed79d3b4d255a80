"""Log lists while the service runs: editions in sequence, and what each of
them changes for the logs that are followed.
"""
import json
import signal
import time

import pytest

from .helpers import wait_until
from .planted import expected_ids, jane_spec
from .publisher import CHANGED, CONTACT, FROZEN, configure, events, list_of, \
    logs_of, refusals

MIMIC = "9EGV1vAOLbVUNcrdV3iS5T4VrUFwWPh44U/2uRh0FYk="


def ago(days):
    """A state's time."""
    return {"timestamp": time.strftime(
        "%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - days * 86400))}


def entry_of(log_list, log):
    """The log's entry."""
    for operator in log_list["operators"]:
        for entry in operator["tiled_logs"] + operator["logs"]:
            if entry["log_id"] == log.log_id:
                return entry
    raise AssertionError("the list has no " + log.name)


def changes(work):
    """The kinds of changes told."""
    return [data["change"] for data in events(work, CHANGED)]


def said(process, text):
    """Wait until this was said."""
    wait_until(lambda: text in process.err_path.read_text(errors="replace"),
               "'%s'" % text)


def heads(log):
    """How often its head was asked for."""
    return len(log.requests("head"))


def assert_quiet(log, seconds=1.5):
    """Nobody asks for its head any more (one is under way at most)."""
    time.sleep(0.5)
    before = heads(log)
    time.sleep(seconds)
    assert heads(log) == before


@pytest.fixture
def running(work, server, publisher):
    """A service that follows six logs of a list, everything read."""
    logs = logs_of(server, 6)
    publisher.publish(list_of(server, logs))
    configure(work, publisher, refresh="1s")
    process = work.monitor()
    for log in logs:
        work.wait_for_ids(expected_ids(log.truth()), process)
    return logs, process


def sign_on(log):
    """It signs its tree again each time that it is asked."""
    log.fault("restamp", on="head")


def kept(work):
    """The logs in the file of those that are followed because of lists."""
    path = work.path / "lists" / "followed.json"
    operators = json.loads(path.read_text())["operators"]
    return [log for operator in operators
            for log in operator.get("tiled_logs", operator.get("logs"))]


def leaving(work):
    """Those of them that are still read to their end only."""
    return [log for log in kept(work) if "retired" in log.get("state", {})]


def grow(work, process, log):
    """The log goes on, and it is noticed."""
    log.append([{"filler": 3}, jane_spec(log="final")])
    work.wait_for_ids(expected_ids(log.truth()), process)


@pytest.mark.smoke
def test_new_log(work, server, publisher, running):
    """A log that was added is followed from its first entry on, without a
    restart."""
    logs, process = running
    new, = logs_of(server, 1)
    publisher.publish(list_of(server, logs + [new]))
    work.wait_for_ids(expected_ids(new.truth()), process)
    grow(work, process, new)
    grow(work, process, logs[0])
    process.stop()
    assert sorted(work.ids()) == sorted(set(work.ids()))
    assert refusals(work) == [] and changes(work) == []


def test_not_modified(work, publisher, running):
    """304 is no work: only the first renewal brings the list."""
    logs, process = running
    wait_until(lambda: publisher.count(304) >= 3, "304s")
    assert publisher.count(200) == 2
    assert publisher.asked.count(("/list.sig", 200)) == 2
    grow(work, process, logs[0])
    process.stop()


@pytest.mark.parametrize("days", [2, 200])
def test_start_auto(work, server, publisher, days):
    """auto: a shard that has been listed for long is taken at its head."""
    logs = logs_of(server, 1)
    publisher.publish(list_of(server, logs))
    configure(work, publisher, refresh="1s", start="auto")
    process = work.monitor()
    said(process, "following List 0")
    new = server.new_log([jane_spec(log="final"), {"filler": 300}])
    log_list = list_of(server, logs + [new])
    entry_of(log_list, new)["state"] = {"qualified": ago(days)}
    publisher.publish(log_list)
    wait_until(lambda: heads(new) >= 3, "its heads")
    grown = new.append([jane_spec(log="final")])
    old = set(expected_ids(new.truth())) - set(expected_ids(grown))
    work.wait_for_ids(expected_ids(grown), process)
    if days == 2:
        work.wait_for_ids(expected_ids(new.truth()), process)
    else:
        assert not old & set(work.ids())
    process.stop()


def test_hup(work, server, publisher):
    """SIGHUP renews at once."""
    logs = logs_of(server, 1)
    publisher.publish(list_of(server, logs))
    configure(work, publisher, refresh="24h")
    process = work.monitor()
    work.wait_for_ids(expected_ids(logs[0].truth()), process)
    logs += logs_of(server, 1)
    publisher.publish(list_of(server, logs))
    process.signal(signal.SIGHUP)
    work.wait_for_ids(expected_ids(logs[1].truth()), process)
    process.stop()


def test_file(work, server):
    """A list in a file is read again when it was changed."""
    logs = logs_of(server, 1)
    path = work.write("list.json", json.dumps(list_of(server, logs)))
    work.prepare([], contact=CONTACT, logs={
        "lists": [{"file": str(path)}], "refresh": "1s"})
    process = work.monitor()
    work.wait_for_ids(expected_ids(logs[0].truth()), process)
    work.write("list.json", "{")
    said(process, "not renewed")
    logs += logs_of(server, 1)
    work.write("list.json", json.dumps(list_of(server, logs)))
    work.wait_for_ids(expected_ids(logs[1].truth()), process)
    grow(work, process, logs[0])
    process.stop()


# --- worse editions ---------------------------------------------------------

@pytest.mark.parametrize("how, reason", [
    ("signature", "signature"), ("older", "older"),
    ("shrunken", "lacks 4 of the 6 logs"), ("empty", "no log"),
    ("garbage", "log list"), ("endless", "more than the allowed")])
def test_refused(work, server, publisher, running, how, reason):
    """A worse edition is refused and told once; all logs are followed on; a
    good one is taken again."""
    logs, process = running
    new, = logs_of(server, 1)
    if how == "garbage":
        publisher.publish(["no", "list"])
    elif how == "endless":
        publisher.files["/list.json"] = b"endless"
        publisher.mode = "endless"
    else:
        worse = {"older": {"log_list_timestamp": "2026-01-01T00:00:00Z"},
                 "empty": {"operators": []}}.get(how, {})
        publisher.publish(dict(list_of(server, logs[:2] if how == "shrunken"
                                       else logs + [new]), **worse),
                          spoiled=how == "signature")
    wait_until(lambda: refusals(work), "the event")
    publisher.wait()
    told, = refusals(work)
    assert reason in told
    grow(work, process, logs[5])
    publisher.mode = None
    publisher.publish(list_of(server, logs + [new]))
    work.wait_for_ids(expected_ids(new.truth()), process)
    process.stop()
    assert "refused" in process.err_path.read_text(errors="replace")
    assert changes(work) == []


def test_two_files(work, server, publisher):
    """List and signature do not fit for a while: no alarm."""
    logs = logs_of(server, 1)
    publisher.publish(list_of(server, logs))
    configure(work, publisher, refresh="6s")
    process = work.monitor()
    work.wait_for_ids(expected_ids(logs[0].truth()), process)
    logs += logs_of(server, 1)
    publisher.publish(list_of(server, logs), spoiled=True)
    signed = ("/list.sig", 200)
    before = publisher.asked.count(signed)
    process.signal(signal.SIGHUP)
    wait_until(lambda: publisher.asked.count(signed) > before, "a look")
    publisher.publish(list_of(server, logs))
    work.wait_for_ids(expected_ids(logs[1].truth()), process)
    assert refusals(work) == []
    process.stop()


def test_stalled(work, server, publisher, running):
    """A publisher that does not answer holds nothing up."""
    logs, process = running
    publisher.mode = "stall"
    publisher.wait(1)
    for log in logs:
        grow(work, process, log)
    process.stop()


def test_gone(work, publisher, running):
    """Nor does one that is not there any more."""
    logs, process = running
    publisher.close()
    said(process, "the last good one stays in use")
    grow(work, process, logs[0])
    process.stop()
    assert refusals(work) == []


def test_frozen(work, server, publisher, running):
    """The frozen list is used, and told once a day."""
    logs, process = running
    log_list = list_of(server, logs)
    mimic = dict(entry_of(log_list, logs[0]), log_id=MIMIC)
    log_list["operators"][0]["tiled_logs"].append(mimic)
    publisher.publish(log_list)
    wait_until(lambda: events(work, FROZEN), "the event")
    publisher.wait(3)
    grow(work, process, logs[0])
    told, = events(work, FROZEN)
    assert told["list"] == publisher.url
    process.stop()


# --- what an edition changes ------------------------------------------------

def test_read_only(work, server, publisher, running):
    """Read to its last head, then left in peace; back when it is usable."""
    logs, process = running
    log = logs[0]
    head = log.describe()
    log_list = list_of(server, logs)
    entry_of(log_list, log)["state"] = {"readonly": dict(
        ago(0), final_tree_head={
            "tree_size": head["size"], "sha256_root_hash": head["root"]})}
    publisher.publish(log_list)
    said(process, "read-only, and read to its end at %d" % head["size"])
    assert_quiet(log)
    states = {line.get("log_id"): line.get("state") for line in (
        json.loads(text) for text in
        work.with_config("status", "--json").expect(0).out.splitlines())}
    assert states[log.log_id] == "readonly"
    assert states[logs[1].log_id] == "usable"
    publisher.publish(list_of(server, logs))
    said(process, "usable in the lists now")
    grow(work, process, log)
    process.stop()
    assert changes(work) == []


def test_read_only_another_head(work, server, publisher, running):
    """The list tells another last head than the log has signed."""
    logs, process = running
    log_list = list_of(server, logs)
    entry_of(log_list, logs[0])["state"] = {"readonly": dict(
        ago(0), final_tree_head={
            "tree_size": logs[0].describe()["size"],
            "sha256_root_hash": MIMIC})}
    publisher.publish(log_list)
    wait_until(lambda: changes(work) == ["final-head"], "the event")
    process.stop()


def test_retired(work, server, publisher, running):
    """Read to its end, then no longer followed; its position is kept for when
    it comes back."""
    logs, process = running
    log = logs[0]
    log_list = list_of(server, logs)
    entry_of(log_list, log)["state"] = {"retired": ago(0)}
    sign_on(log)
    publisher.publish(log_list)
    said(process, "List 0: read to its end")
    assert_quiet(log)
    log.calm()
    log.append([{"filler": 300}, jane_spec(log="final")])
    before = len(log.requests())
    publisher.publish(list_of(server, logs))
    work.wait_for_ids(expected_ids(log.truth()), process)
    grow(work, process, log)
    process.stop()
    assert sorted(work.ids()) == sorted(set(work.ids()))
    assert heads(log) > 0 and len(log.requests()) > before


def test_vanished(work, server, publisher, running):
    """In no list any more: told, read to its end all the same, then no longer
    followed."""
    logs, process = running
    log = logs[5]
    log.fault("status", on="data", status=503)
    log.append([{"filler": 300}, jane_spec(log="final")])
    wait_until(lambda: log.hits() > 1, "the fault")
    publisher.publish(list_of(server, logs[:5]))
    wait_until(lambda: changes(work) == ["vanished"], "the event")
    told, = events(work, CHANGED)
    assert told["log_id"] == log.log_id
    assert told["log_name"] == "List 5"
    publisher.wait()
    process.assert_running()
    log.calm()
    sign_on(log)
    work.wait_for_ids(expected_ids(log.truth()), process)
    said(process, "List 5: read to its end")
    assert_quiet(log)
    grow(work, process, logs[0])
    process.stop()


def test_vanished_stale(work, server, publisher, running):
    """Heads from before it vanished, out of a cache, do not tell its end."""
    logs, process = running
    log = logs[5]
    size = log.describe()["size"]
    log.fault("rollback", on="head", size=size, honest=True)
    log.append([{"filler": 300}, jane_spec(log="final")])
    before = log.hits()
    publisher.publish(list_of(server, logs[:5]))
    wait_until(lambda: changes(work) == ["vanished"], "the event")
    wait_until(lambda: log.hits() > before + 15, "old heads")
    assert "List 5: read to its end" not in process.diagnostics()
    log.calm()
    sign_on(log)
    work.wait_for_ids(expected_ids(log.truth()), process)
    said(process, "List 5: read to its end at %d" % log.describe()["size"])
    process.stop()


def test_vanished_restart(work, server, publisher, running):
    """A restart drops no log that is not read to its end; after that it is
    forgotten."""
    logs, process = running
    log = logs[5]
    log.fault("status", on="data", status=503)
    log.append([{"filler": 300}, jane_spec(log="final")])
    wait_until(lambda: log.hits() > 1, "the fault")
    publisher.publish(list_of(server, logs[:5]))
    wait_until(lambda: leaving(work), "the file")
    assert [log["log_id"] for log in leaving(work)] == [log.log_id]
    process.stop()
    log.calm()
    sign_on(log)
    process = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), process)
    said(process, "List 5: read to its end")
    wait_until(lambda: not leaving(work), "its end")
    process.stop()
    process = work.monitor()
    said(process, "following List 4")
    assert_quiet(log)
    process.stop()
    assert "List 5" not in process.err_path.read_text(errors="replace")


@pytest.fixture
def down(work, server):
    """A service that followed the three logs of a list in a file, and is not
    running now; what the last of them has taken in since."""
    logs = logs_of(server, 3)
    path = work.write("list.json", json.dumps(list_of(server, logs)))
    work.prepare([], contact=CONTACT, logs={
        "lists": [{"file": str(path)}], "refresh": "1s"})
    process = work.monitor()
    for log in logs:
        work.wait_for_ids(expected_ids(log.truth()), process)
    process.stop()
    logs[2].append([{"filler": 300}, jane_spec(log="final")])
    sign_on(logs[2])
    return logs


def test_vanished_while_down(work, server, down):
    """A log that left the list while nobody looked is told, and read to its
    end, all the same; once."""
    last = down[2]
    work.write("list.json", json.dumps(list_of(server, down[:2])))
    process = work.monitor()
    work.wait_for_ids(expected_ids(last.truth()), process)
    said(process, "List 2: read to its end at %d" % last.describe()["size"])
    wait_until(lambda: changes(work) == ["vanished"], "the event")
    assert events(work, CHANGED)[0]["log_id"] == last.log_id
    wait_until(lambda: len(kept(work)) == 2, "the file")
    assert_quiet(last)
    process.stop()
    process = work.monitor()
    said(process, "following List 1")
    assert_quiet(last)
    process.stop()
    assert "List 2" not in process.diagnostics()
    assert changes(work) == ["vanished"]


def test_vanished_and_killed(work, server, publisher, running):
    """However soon after it is seen that a log left: what is stored last is
    the list without it."""
    logs, process = running
    log = logs[5]
    log.fault("status", on="data", status=503)
    log.append([{"filler": 300}, jane_spec(log="final")])
    wait_until(lambda: log.hits() > 1, "the fault")
    copy, = (work.path / "lists").glob("url-*")
    before = copy.read_bytes()
    publisher.publish(list_of(server, logs[:5]))
    wait_until(lambda: copy.read_bytes() != before, "the new copy")
    process.kill()
    assert [entry["log_id"] for entry in leaving(work)] == [log.log_id]
    log.calm()
    process = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), process)
    wait_until(lambda: changes(work) == ["vanished"], "the event")
    process.stop()


def test_retired_while_down(work, server, down):
    """The same with one that is retired now: nothing vanished."""
    log_list = list_of(server, down)
    entry_of(log_list, down[2])["state"] = {"retired": ago(1)}
    work.write("list.json", json.dumps(log_list))
    process = work.monitor()
    work.wait_for_ids(expected_ids(down[2].truth()), process)
    said(process, "List 2: read to its end")
    process.stop()
    assert changes(work) == []


def test_key_changed_while_down(work, server, down):
    """Another log has its place: there nobody signs for it any more."""
    old, new = down[2], server.new_log(
        [{"filler": 5}, jane_spec(log="final")], origin=down[2].origin)
    log_list = list_of(server, down[:2] + [new])
    entry_of(log_list, new)["monitoring_url"] = old.static
    old.calm()
    old.fault("view", log=new.name)
    work.write("list.json", json.dumps(log_list))
    process = work.monitor()
    work.wait_for_ids(expected_ids(new.truth()), process)
    wait_until(lambda: changes(work) == ["key"], "the event")
    assert len(kept(work)) == 3
    process.stop()


def test_excluded_while_down(work, server, down):
    """Who excludes a log does not want it read to its end."""
    path = work.write("list.json", json.dumps(list_of(server, down[:2])))
    work.config([], contact=CONTACT, logs={
        "lists": [{"file": str(path)}], "exclude": ["List 2"]})
    process = work.monitor()
    grow(work, process, down[0])
    assert_quiet(down[2])
    process.stop()
    assert changes(work) == []


def test_leaving_of_old(work, server, down):
    """There was a file of those that leave alone once."""
    log_list = list_of(server, down)
    entry_of(log_list, down[2])["state"] = {"retired": ago(1)}
    folder = work.path / "lists"
    (folder / "followed.json").unlink()
    (folder / "leaving.json").write_text(json.dumps(log_list))
    work.write("list.json", json.dumps(list_of(server, down[:2])))
    process = work.monitor()
    work.wait_for_ids(expected_ids(down[2].truth()), process)
    said(process, "List 2: read to its end")
    wait_until(lambda: not (folder / "leaving.json").exists(), "its end")
    process.stop()


def test_key_changed(work, server, publisher, running):
    """Another key in a log's place is another log."""
    logs, process = running
    new = server.new_log([{"filler": 5}, jane_spec(log="final")],
                         description="List 5")
    publisher.publish(list_of(server, logs[:5] + [new]))
    wait_until(lambda: changes(work) == ["key"], "the event")
    told, = events(work, CHANGED)
    assert told["log_id"] == logs[5].log_id
    assert told["new_log_id"] == new.log_id
    sign_on(logs[5])
    work.wait_for_ids(expected_ids(new.truth()), process)
    said(process, "List 5: read to its end")
    grow(work, process, new)
    process.stop()


def test_key_changed_in_place(work, server, publisher, running):
    """The same with the URL of the old one: nobody can be asked there for the
    old log any more."""
    logs, process = running
    old, new = logs[5], server.new_log(
        [{"filler": 5}, jane_spec(log="final")], origin=logs[5].origin)
    log_list = list_of(server, logs[:5] + [new])
    entry_of(log_list, new)["monitoring_url"] = old.static
    publisher.publish(log_list)
    old.fault("view", log=new.name)
    wait_until(lambda: changes(work) == ["key"], "the event")
    work.wait_for_ids(expected_ids(new.truth()), process)
    process.stop()


def test_moved(work, server, publisher, running):
    """Another URL, the same key: read on there."""
    logs, process = running
    log = logs[5]
    at = log.static.replace("/static/", "/both/")
    log_list = list_of(server, logs)
    entry_of(log_list, log)["monitoring_url"] = at
    publisher.publish(log_list)
    wait_until(lambda: changes(work) == ["url"], "the event")
    assert events(work, CHANGED)[0]["new_url"] == at
    grow(work, process, log)
    log.append([{"filler": 300}, jane_spec(log="final")])
    work.wait_for_ids(expected_ids(log.truth()), process)
    process.stop()
    assert sorted(work.ids()) == sorted(set(work.ids()))
    lines = work.with_config("status", "--json").out.splitlines()
    assert at in [json.loads(line).get("url") for line in lines]


# --- both protocols ---------------------------------------------------------

def both_of(server, log):
    """A list that has it as an RFC 6962 log, at a place where it has tiles,
    too."""
    log_list = server.log_list((log, "rfc6962"))
    entry_of(log_list, log)["url"] = log.static.replace("/static/", "/both/")
    return log_list


def read_by(log):
    """The protocols by which entries were asked for."""
    return {{"data": "static", "entries": "rfc6962"}[request["what"]]
            for request in log.requests()
            if request["what"] in ("data", "entries")}


@pytest.mark.smoke
def test_tiles(work, server):
    """An RFC 6962 log of a list that serves tiles, too, is read by these."""
    log = server.new_log([{"filler": 300}, jane_spec(log="final")])
    path = work.write("list.json", json.dumps(both_of(server, log)))
    result = work.run("backfill", "--log-list", path, "--records",
                      work.records(), "--json").expect(0)
    assert result.summary["verified"] is True
    assert sorted(result.ids) == sorted(expected_ids(log.truth()))
    assert read_by(log) == {"static"}


def test_tiles_without_leaf_index(work, server):
    """Such tiles need none: it is an RFC 6962 log."""
    log = server.new_log(leaf_index=False)
    log.append([{"filler": 300}, jane_spec(log="final")])
    path = work.write("list.json", json.dumps(both_of(server, log)))
    result = work.run("backfill", "--log-list", path, "--records",
                      work.records(), "--json").expect(0)
    assert {e["type"].split(".")[2] for e in result.events} == \
        {"exposure", "scan"}
    assert read_by(log) == {"static"}


@pytest.mark.parametrize("fault, more", [
    ("bad-signature", {}), ("other-origin", {}),
    ("status", {"status": 404}), ("status", {"status": 500})])
def test_no_tiles(work, server, fault, more):
    """What is not the log's checkpoint changes nothing."""
    log = server.new_log([{"filler": 300}, jane_spec(log="final")])
    log.fault(fault, on="head", api="static", **more)
    path = work.write("list.json", json.dumps(both_of(server, log)))
    result = work.run("backfill", "--log-list", path, "--records",
                      work.records(), "--json").expect(0)
    assert sorted(result.ids) == sorted(expected_ids(log.truth()))
    assert read_by(log) == {"rfc6962"}


def test_tiles_by_hand(work, server):
    """--log-api is a wish."""
    log = server.new_log([{"filler": 30}, jane_spec(log="final")])
    work.run("backfill", "--log-url",
             log.static.replace("/static/", "/both/"), "--log-key",
             work.key(log), "--log-api", "rfc6962", "--records",
             work.records(), "--json").expect(0)
    assert read_by(log) == {"rfc6962"}
    assert not [r for r in log.requests() if r["path"].endswith("checkpoint")]


def test_tiles_later(work, server, publisher):
    """Position and tree are the same by both protocols."""
    log = server.new_log([{"filler": 300}, jane_spec(log="final")])
    publisher.publish(server.log_list((log, "rfc6962")))
    configure(work, publisher, refresh="1s")
    process = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), process)
    publisher.publish(both_of(server, log))
    said(process, "it serves tiles, too")
    log.append([{"filler": 300}, jane_spec(log="final")])
    work.wait_for_ids(expected_ids(log.truth()), process)
    process.stop()
    assert sorted(work.ids()) == sorted(expected_ids(log.truth()))
    assert read_by(log) == {"rfc6962", "static"}
    assert "static/tile/data/000" not in [
        r["path"] for r in log.requests()]


@pytest.mark.parametrize("what", ["head", "data"])
def test_tiles_no_more(work, server, publisher, what):
    """Tiles that stop to come are no reason to be blind."""
    log = server.new_log([{"filler": 300}, jane_spec(log="final")])
    publisher.publish(both_of(server, log))
    configure(work, publisher)
    process = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), process)
    assert read_by(log) == {"static"}
    log.fault("status", on=what, api="static", status=404)
    log.append([{"filler": 300}, jane_spec(log="final")])
    work.wait_for_ids(expected_ids(log.truth()), process)
    said(process, "it is read by get-entries")
    process.stop()
    assert sorted(work.ids()) == sorted(expected_ids(log.truth()))


def test_tiles_frozen(work, server, publisher):
    """Nor are tiles that come as they were for ever."""
    log = server.new_log([{"filler": 300}, jane_spec(log="final")])
    publisher.publish(both_of(server, log))
    configure(work, publisher)
    process = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), process)
    log.fault("rollback", on="head", api="static", size=301, honest=True)
    log.append([{"filler": 300}, jane_spec(log="final")])
    work.wait_for_ids(expected_ids(log.truth()), process)
    said(process, "its tiles stay behind what it signs")
    process.stop()
    assert read_by(log) == {"static", "rfc6962"}
    assert sorted(work.ids()) == sorted(expected_ids(log.truth()))


def test_tiles_keep_up(work, server, publisher):
    """Tiles that are a little behind, time and again, stay in use."""
    log = server.new_log([{"filler": 300}, jane_spec(log="final")])
    publisher.publish(both_of(server, log))
    configure(work, publisher)
    process = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), process)
    log.fault("cached", on="head", api="static", back=3)
    end = time.monotonic() + 15
    while time.monotonic() < end:
        log.grow(5)
        time.sleep(0.1)
    assert [r for r in log.requests() if r["path"].endswith("get-sth")][2:]
    process.stop()
    assert read_by(log) == {"static"}
    assert "get-entries" not in process.diagnostics()


@pytest.mark.parametrize("old_s, by", [(60, "rfc6962"), (1, "static")])
def test_tiles_frozen_before(work, server, publisher, old_s, by):
    """A scan reads tiles that are not far behind only."""
    log = server.new_log([{"filler": 300}, jane_spec(log="final")])
    log.fault("rollback", on="head", api="static", size=301, honest=True)
    log.fault("stale", on="head", api="static", ms=old_s * 1000)
    log.append([{"filler": 300}, jane_spec(log="final")])
    path = work.write("list.json", json.dumps(both_of(server, log)))
    work.prepare([], contact=CONTACT, logs={"lists": [{"file": str(path)}]})
    result = work.with_config("backfill", "--records", work.records(),
                              "--json").expect(0)
    assert read_by(log) == {by}
    if by == "rfc6962":
        assert sorted(result.ids) == sorted(expected_ids(log.truth()))


def test_tiles_alone(work, server):
    """A log that does not answer get-sth any more is read by its tiles."""
    log = server.new_log([{"filler": 300}, jane_spec(log="final")])
    log.fault("status", on="head", api="rfc6962", status=404)
    path = work.write("list.json", json.dumps(both_of(server, log)))
    result = work.run("backfill", "--log-list", path, "--records",
                      work.records(), "--json").expect(0)
    assert sorted(result.ids) == sorted(expected_ids(log.truth()))
    assert read_by(log) == {"static"}
