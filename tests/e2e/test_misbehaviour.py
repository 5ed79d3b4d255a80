"""A log that misbehaves: told once, with evidence that convinces outsiders
(tests/evidence.py, which shares no code with the program); the log is
unhealthy until it behaves again or, where nothing can make it good, until a
person has bridged it. No other log notices any of it.
"""
import json
import os
import subprocess
import sys
import time

import pytest

from .helpers import MISBEHAVIOUR, ROOT, read_jsonl, wait_until
from .planted import PLANTED, between, expected_ids, jane_spec

APIS = ["static", "rfc6962"]
READS = {"static": "data", "rfc6962": "entries"}
PROOFS = {"static": "hash", "rfc6962": "proof"}
SPECS = between(90, PLANTED[:4])        # 456 entries
EVIDENCE = os.path.join(ROOT, "tests", "evidence.py")
# Polls until the event has to be there; where patience with a reply that may
# be a broken proxy's comes first, more.
POLLS, PATIENCE = 25, 60


def verdicts(events):
    """What the independent verifier says of the events: the first word of
    its line for each. None is wrong."""
    done = subprocess.run(
        [sys.executable, EVIDENCE], text=True, capture_output=True,
        input="".join(json.dumps(e) + "\n" for e in events), check=False)
    assert done.returncode == 0 and not done.stderr, done.stdout + done.stderr
    return [line.split(":")[0] for line in done.stdout.splitlines()]


def misdeeds(work):
    """The misbehaviour events that reached the sink."""
    return [e for e in read_jsonl(work.ledger)
            if e["type"] == MISBEHAVIOUR]


def status(work, code):
    """The logs as `status --json` has them, by name."""
    lines = work.with_config("status", "--json").expect(code).events
    return {line["name"]: line for line in lines if line["type"] == "log"}


def is_proven(log):
    """Whether a log is proven to the end of the newest head that the store
    has of it."""
    return log["lag_entries"] == 0


def is_healthy(work):
    """Whether `status` finds nothing amiss."""
    return work.with_config("status", "--json").status == 0


class Scene:
    """Two logs being followed, one of which is going to misbehave."""

    def __init__(self, work, server, api, begun=True):
        self.work = work
        self.api = api
        elsewhere = server.listen()["url"]  # patience is for each host
        self.bad = server.new_log(SPECS, base_url=elsewhere, page=100)
        self.good = server.new_log(between(40, PLANTED[:2]))
        self.name = "%s-%s" % (self.bad.name, api)
        self.size = self.bad.describe()["size"]
        work.prepare([(self.bad, api), (self.good, "static")],
                     logs={"start": "zero" if begun else "head"})
        if begun:
            self.begin()
            work.wait_for_ids(expected_ids(
                self.good.truth() + self.bad.truth()), self.monitor)

    def begin(self):
        """Start the service."""
        self.monitor = self.work.monitor()

    def polls(self):
        """How often the bad log's head has been asked for."""
        return len(self.bad.requests("head"))

    def let_pass(self, polls):
        """Wait until so many more polls were made, or could have been."""
        until = self.polls() + polls
        end = time.monotonic() + polls
        wait_until(lambda: self.polls() >= until or time.monotonic() > end,
                   "polls")
        self.monitor.assert_running()

    def told(self, kind, verdict, polls=POLLS):
        """Wait for the event; it is the only one, stays so, and holds."""
        start = self.polls()
        wait_until(lambda: misdeeds(self.work), "the event")
        took = self.polls() - start
        self.let_pass(8)
        events = misdeeds(self.work)
        assert [e["data"]["kind"] for e in events] == [kind], \
            [(e["data"]["kind"], e["data"]["detail"]) for e in events]
        assert took <= polls
        event, = events
        assert event["data"]["log_id"] == self.bad.log_id
        assert event["data"]["log_name"] == self.name
        assert event["data"]["api"] == self.api
        assert verdicts(events) == [verdict]
        return event["data"]

    def unhealthy(self, kind):
        """`status` names log and kind; the other log is untouched."""
        logs = status(self.work, 1)
        bad = logs.pop(self.name)
        assert bad["unhealthy"] is True
        assert any(kind in reason for reason in bad["reasons"]), bad
        good, = logs.values()
        assert good["unhealthy"] is False and good["reasons"] == []
        text = self.work.with_config("status").expect(1).out
        assert self.name in text and kind in text

    def other_is_followed(self):
        """The good log goes on to be read to its head, and proven."""
        new = self.good.append([{"filler": 300}, jane_spec()])
        self.work.wait_for_ids(expected_ids(new), self.monitor)
        self.assert_verified(self.good)
        name = "%s-static" % self.good.name
        wait_until(lambda: is_proven(status(self.work, 1)[name]),
                   "the other log's proof")

    def assert_verified(self, log):
        """All alerts about this log are proven ones."""
        for alert in self.work.alerts():
            for sighting in alert["data"]["sightings"]:
                if sighting["log_id"] == log.log_id:
                    assert sighting["verified"] is True

    def reads_on(self, view=None):
        """What is logged from now on is found, proven, and all is well."""
        new = (view or self.bad).append([{"filler": 120}, jane_spec(),
                               {"filler": 20}])
        self.work.wait_for_ids(expected_ids(new), self.monitor)
        wait_until(lambda: is_healthy(self.work), "health")
        wait_until(lambda: is_proven(status(self.work, 0)[self.name]),
                   "the proof")
        ids = set(expected_ids(new))
        for alert in self.work.alerts():
            if alert["id"] in ids:
                assert alert["data"]["sightings"][-1]["verified"] is True

    def bridge(self):
        """A person has looked at it; the service is started again."""
        self.monitor.stop()
        log = status(self.work, 1)[self.name]
        assert any("stop the service" in reason and
                   '`indelible logs bridge "%s"`' % self.name in reason
                   for reason in log["reasons"]), log
        self.work.with_config("logs", "bridge", self.name).expect(0)
        self.begin()

    def told_no_more(self):
        """No second event has come."""
        self.let_pass(3)
        self.monitor.stop()
        assert len(misdeeds(self.work)) == 1, [
            e["data"]["detail"] for e in misdeeds(self.work)]


# --- troubles that pass -----------------------------------------------------
# kind: (fault, its arguments, verdict, the APIs)

HEADS = {
    "bad-signature": ("bad-signature", {}, "told", APIS),
    "wrong-origin": ("other-origin", {}, "told", ["static"]),
    "size-jump": ("size-jump", {}, "proven", APIS),
    "future-head": ("future", {}, "proven", APIS),
}
ENTRIES = {
    "zero-entries": ("zero", {}, "told", APIS),
    "too-many-entries": ("extra", {"n": 5}, "told", ["rfc6962"]),
    "unreadable": ("garbage", {}, "told", APIS),
}


def of(kinds):
    """(kind, api) pairs."""
    return [(kind, api) for kind in sorted(kinds) for api in kinds[kind][3]]


@pytest.mark.parametrize("kind,api", of(HEADS))
def test_head_that_passes(work, server, kind, api):
    """Nothing is used of such a head; the next true one ends it."""
    fault, how, verdict, _ = HEADS[kind]
    scene = Scene(work, server, api)
    scene.bad.fault(fault, **how)
    evidence = scene.told(kind, verdict)
    assert "received" in evidence
    scene.unhealthy(kind)
    scene.other_is_followed()
    scene.bad.calm()
    wait_until(lambda: is_healthy(work), "health")
    scene.reads_on()
    scene.told_no_more()


@pytest.mark.parametrize("kind,api", of(ENTRIES))
def test_replies_that_pass(work, server, kind, api):
    """Entries are not had, or not as they should be; when they come, they
    are read."""
    fault, how, verdict, _ = ENTRIES[kind]
    scene = Scene(work, server, api)
    scene.bad.fault(fault, on=READS[api], **how)
    scene.bad.grow(300)
    evidence = scene.told(kind, verdict, PATIENCE)
    assert set(evidence["reply"]) == {"path", "bytes", "sha256"}
    scene.unhealthy(kind)
    scene.other_is_followed()
    scene.bad.calm()
    scene.reads_on()
    scene.told_no_more()


@pytest.mark.parametrize("api,glob", [
    ("static", "static/tile/data/*"), ("rfc6962", "*/get-entries"),
    ("rfc6962", "*/get-entry-and-proof")])
@pytest.mark.parametrize("text", [
    "Ada Moe ada.moe@example.com in clear, from a broken proxy",
    '{"entries":[{"leaf_input":"ada.moe@example.com"', '{ada.moe@example.com'])
def test_nothing_out_of_entries_is_told(work, server, api, glob, text):
    """A reply that should hold entries may hold people: what is said of it,
    to the operator or to any sink, has nothing out of it."""
    scene = Scene(work, server, api, begun=False)
    scene.bad.fault("body", glob=glob, text=text)
    scene.begin()
    scene.let_pass(3)
    scene.bad.grow(300)
    wait_until(lambda: scene.bad.hits() > 2, "such replies")
    if "proof" not in glob:
        wait_until(lambda: misdeeds(work), "the event")
        assert misdeeds(work)[0]["data"]["kind"] == "unreadable"
    told = scene.monitor.diagnostics() + json.dumps(misdeeds(work)) + \
        work.with_config("status").out
    assert "ada.moe" not in told and "Ada" not in told
    scene.monitor.stop()


@pytest.mark.parametrize("api", APIS)
def test_it_comes_again(work, server, api):
    """What has passed is told again when it comes again."""
    scene = Scene(work, server, api)
    for times in (1, 2):
        scene.bad.fault("bad-signature")
        wait_until(lambda: len(misdeeds(work)) == times, "the event")
        wait_until(lambda: not is_healthy(work), "ill health")
        scene.bad.calm()
        wait_until(lambda: is_healthy(work), "health")
    events = misdeeds(work)
    assert len({e["id"] for e in events}) == 2
    assert verdicts(events) == ["told", "told"]
    scene.monitor.stop()


# --- troubles that stay -----------------------------------------------------

def stays(scene, kind):
    """Neither better behaviour nor a restart makes it good; a person does."""
    scene.bad.calm()
    scene.let_pass(5)
    scene.unhealthy(kind)
    scene.monitor.stop()
    scene.begin()
    scene.let_pass(3)
    scene.unhealthy(kind)
    scene.bridge()
    scene.reads_on()
    scene.told_no_more()


@pytest.mark.parametrize("api", APIS)
def test_fork(work, server, api):
    """Two heads of one size."""
    scene = Scene(work, server, api)
    scene.bad.fault("fork")
    evidence = scene.told("fork", "proven")
    assert evidence["received"]["size"] == scene.size
    scene.unhealthy("fork")
    scene.other_is_followed()
    stays(scene, "fork")


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("size", [1, 200, 256, 455])
def test_rollback(work, server, api, size):
    """A smaller tree that the one before does not continue."""
    scene = Scene(work, server, api)
    scene.bad.fault("rollback", size=size)
    evidence = scene.told("rollback", "proven")
    assert evidence["received"]["size"] == size
    assert evidence["replies"]
    scene.unhealthy("rollback")
    if size == 200:
        scene.other_is_followed()
        stays(scene, "rollback")


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("at", [478, 512, 700])
def test_root_mismatch(work, server, api, at):
    """An entry is not the one that was signed. After the bridge, what lies
    behind the gap is proven, and the gap is shown."""
    scene = Scene(work, server, api)
    scene.bad.fault("flip", index=at)
    scene.bad.grow(100)
    scene.let_pass(2)
    scene.bad.grow(260)
    evidence = scene.told("root-mismatch", "proven")
    gap = evidence["gap"]
    assert gap["from"] <= at < gap["to"]
    scene.unhealthy("root-mismatch")
    scene.other_is_followed()
    stays(scene, "root-mismatch")
    log = status(work, 0)[scene.name]
    stretches = log["stretches"]
    assert len(stretches) == 2
    (begin, end), = log["unproven"]
    assert begin <= at < end == gap["to"]
    line, = [e for e in work.with_config("verify", "--json").expect(0).events
             if e.get("name") == scene.name]
    assert line["unproven"] == log["unproven"]
    assert "unproven: [%d, %d)" % (begin, end) in work.with_config(
        "verify").out
    proven = [(s["begin"], s["proven"]) for s in stretches]
    assert not any(begin <= at < end for begin, end in proven)
    assert min(begin for begin, _ in proven) == 0
    assert max(end for _, end in proven) > gap["to"]
    text = work.with_config("status").expect(0).out
    assert "bridged" in text
    assert "unproven     [%d, %d)\n" % (begin, end) in text


def test_root_mismatch_without_proofs(work, server):
    """A log that offers no proofs: the head's root against that of all
    entries."""
    scene = Scene(work, server, "rfc6962")
    scene.bad.fault("status", on="proof", code=404)
    scene.bad.fault("flip", index=scene.size + 20)
    scene.bad.grow(100)
    evidence = scene.told("root-mismatch", "proven")
    assert evidence["computed"]["size"] == evidence["head"]["size"]
    assert not evidence["gap"].get("replies")
    scene.unhealthy("root-mismatch")
    scene.monitor.stop()


@pytest.mark.smoke
@pytest.mark.parametrize("api", APIS)
def test_split_view(work, server, api):
    """The log grows into a tree that does not continue the one we read; and
    that is the tree which a person lets us read on."""
    scene = Scene(work, server, api)
    other = server.new_log([], share_key=scene.bad.name, fork_at=300,
                           fork_of=scene.bad.name, origin=scene.bad.origin)
    other.grow(400)
    scene.bad.fault("view", log=other.name)
    scene.told("root-mismatch", "proven")
    scene.unhealthy("root-mismatch")
    scene.other_is_followed()
    scene.bridge()
    scene.reads_on(other)
    scene.told_no_more()


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("kind,fault,how", [
    ("fork", "wrong-root", {}), ("rollback", "rollback", {"size": 200}),
    ("root-mismatch", "view", {})])
def test_while_it_was_down(work, server, api, kind, fault, how):
    """What was proven before the service was stopped is remembered."""
    scene = Scene(work, server, api)
    scene.let_pass(3)
    scene.monitor.stop()
    if fault == "view":
        other = server.new_log([], share_key=scene.bad.name, fork_at=300,
                               fork_of=scene.bad.name,
                               origin=scene.bad.origin)
        other.grow(400)
        how = {"log": other.name}
    scene.bad.fault(fault, **how)
    scene.begin()
    scene.told(kind, "proven")
    scene.unhealthy(kind)
    scene.other_is_followed()


@pytest.mark.parametrize("api", APIS)
def test_bad_proof(work, server, api):
    """The log's proof for the place where reading begins does not lead to
    its head."""
    scene = Scene(work, server, api, begun=False)
    scene.bad.fault("flip-hash", on=PROOFS[api])
    scene.begin()
    evidence = scene.told("bad-proof", "proven")
    assert evidence["replies"]
    scene.unhealthy("bad-proof")
    scene.other_is_followed()
    stays(scene, "bad-proof")


@pytest.mark.parametrize("wrong", [1, 2, 3, 4])
def test_wrong_proofs_pass(work, server, wrong):
    """A cache that serves the wrong hash tile for a while accuses nobody."""
    scene = Scene(work, server, "static")
    scene.bad.fault("flip-hash", on="hash", count=wrong)
    scene.reads_on()
    wait_until(lambda: scene.bad.hits() == wrong, "wrong tiles")
    scene.reads_on()
    assert misdeeds(work) == []
    scene.monitor.stop()


def test_bad_proof_while_it_is_followed(work, server):
    """Proofs that lead nowhere, however often they are asked for, are not
    held against the entries."""
    scene = Scene(work, server, "static")
    scene.bad.fault("flip-hash", on="hash")
    scene.bad.grow(600)
    scene.told("bad-proof", "proven")
    scene.unhealthy("bad-proof")
    scene.other_is_followed()
    stays(scene, "bad-proof")


def test_bad_leaf_index(work, server):
    """An entry of a static log that calls itself another one."""
    scene = Scene(work, server, "static")
    added, = scene.bad.append([dict(jane_spec(log="final"),
                                    leaf_index_off=3)])
    scene.bad.grow(60)
    evidence = scene.told("bad-leaf-index", "told")
    assert evidence["entry"]["index"] == added["index"]
    assert evidence["entry"]["says"] == added["index"] + 3
    scene.unhealthy("bad-leaf-index")
    scene.other_is_followed()
    stays(scene, "bad-leaf-index")


def test_no_leaf_index(work, server):
    """An entry of a static log that does not say where it stands. (Archives
    of RFC 6962 logs are like that: test_local.py.)"""
    scene = Scene(work, server, "static")
    scene.bad.options(leaf_index=False)
    added, = scene.bad.append([jane_spec(log="final")])
    scene.bad.grow(60)
    evidence = scene.told("bad-leaf-index", "told")
    assert evidence["entry"]["index"] == added["index"]
    assert evidence["entry"]["says"] is None
    scene.unhealthy("bad-leaf-index")
    scene.other_is_followed()


def test_bad_from_the_first_head_on(work, server):
    """The store knows of the log, and its trouble, although no head of it
    was ever taken; and nobody asks whether the service runs."""
    log = server.new_log([{"filler": 20}])
    log.fault("bad-signature")
    work.prepare([(log, "static")])
    monitor = work.monitor()
    wait_until(lambda: misdeeds(work), "the event")
    monitor.assert_running()
    only, = status(work, 1).values()
    assert only["trouble"]["kind"] == "bad-signature"
    assert only["unhealthy"] is True
    assert "misbehaved" in only["reasons"][0]
    assert not any("is `indelible monitor` running?" in reason
                   for reason in only["reasons"])
    monitor.stop()
    only, = status(work, 1).values()
    assert any("is `indelible monitor` running?" in reason
               for reason in only["reasons"])
    work.with_config("logs", "bridge", only["name"]).expect(0)
    assert status(work, 1)[only["name"]]["trouble"] is None


def test_bridge_needs_a_reason(work, server):
    """There is nothing to bridge: 64, and no other log is taken for it."""
    scene = Scene(work, server, "static")
    scene.monitor.stop()
    for name in (scene.name, "no such log"):
        assert work.with_config("logs", "bridge", name).status in (64, 66)


# --- scans ------------------------------------------------------------------

SCANS = {
    "bad-signature": ("bad-signature", {}, "told", APIS),
    "wrong-origin": ("other-origin", {}, "told", ["static"]),
    "size-jump": ("size-jump", {}, "proven", APIS),
    "root-mismatch": ("flip", {"index": 150}, "proven", APIS),
}


@pytest.mark.parametrize("kind,api", of(SCANS))
def test_scan(work, server, kind, api):
    """76, and the event on stdout, with its evidence."""
    fault, how, verdict, _ = SCANS[kind]
    log = server.new_log(SPECS, page=100)
    log.fault(fault, **how)
    result = work.backfill(log, api, seconds=240).expect(76)
    event, = result.of_type(MISBEHAVIOUR)
    assert event["data"]["kind"] == kind
    assert verdicts([event]) == [verdict]
    proven = event["data"].get("gap", {"from": 0})["from"]
    for alert in result.alerts:
        for sighting in alert["data"]["sightings"]:
            assert sighting["index"] < proven or not sighting["verified"]


@pytest.mark.parametrize("api", APIS)
def test_scan_from_the_future(work, server, api):
    """A clock that is wrong is told; what is read under it is proven."""
    log = server.new_log(SPECS, page=100)
    log.fault("future")
    result = work.backfill(log, api).expect(0)
    event, = result.of_type(MISBEHAVIOUR)
    assert event["data"]["kind"] == "future-head"
    assert verdicts([event]) == ["proven"]
    assert result.summary["verified"] is True


@pytest.mark.smoke
@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("begin,end", [(100, 300), (128, 256), (149, 151),
                                       (0, 256), (1, 456)])
def test_scan_of_a_part(work, server, api, begin, end):
    """The same where the tree before it is the log's word."""
    log = server.new_log(SPECS, page=100)
    log.fault("flip", index=150)
    result = work.backfill(log, api, "--from", begin, "--to", end,
                           seconds=240).expect(76)
    event, = result.of_type(MISBEHAVIOUR)
    assert event["data"]["kind"] == "root-mismatch"
    assert verdicts([event]) == ["proven"]


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("begin", [100, 256])
def test_scan_with_bad_proofs(work, server, api, begin):
    """The log's proof does not lead to its own head."""
    log = server.new_log(SPECS, page=100)
    log.fault("flip-hash", on=PROOFS[api])
    result = work.backfill(log, api, "--from", begin, "--to", 300,
                           seconds=240).expect(76)
    event, = result.of_type(MISBEHAVIOUR)
    assert event["data"]["kind"] == "bad-proof"
    assert verdicts([event]) == ["proven"]


@pytest.mark.parametrize("api,page", [("static", 256), ("rfc6962", 16)])
def test_scan_finds_the_place(work, server, api, page):
    """Among many batches, the gap is no wider than a few of them."""
    log = server.new_log([{"filler": 20000}], page=page)
    for index in (0, 255, 9999, 19999):
        log.calm()
        log.fault("flip", index=index)
        result = work.backfill(log, api, seconds=240).expect(76)
        event, = result.of_type(MISBEHAVIOUR)
        assert verdicts([event]) == ["proven"]
        gap = event["data"]["gap"]
        assert gap["from"] <= index < gap["to"] <= gap["from"] + 256
    log.remove()
