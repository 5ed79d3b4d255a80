"""What is done about alerts: `alerts ack`, `mute`, `unmute`, `resend` and the
list of what did not arrive, through a running service and beside none, and the
same by the API with its tenants.
"""
import json
import sqlite3
import time

import pytest

from .adminside import Admin
from .canaries import left_behind
from .helpers import wait_until
from .planted import JANE, between, expected_ids, jane_spec
from .receiver import Receiver
from .test_webhook import hook, prepare


@pytest.fixture
def receiver():
    """A receiver on a port of its own."""
    with Receiver() as running:
        yield running


class Side:
    """A service with a log of Jane's certificates, a ledger and a webhook."""

    def __init__(self, work, server, receiver):
        self.work, self.receiver = work, receiver
        self.log = server.new_log([jane_spec(), {"filler": 5}, jane_spec()])
        prepare(work, [(self.log, "static")],
                [hook(work, receiver.url())])
        self.monitor = None
        self.start()

    def start(self):
        """The service, and all that is logged is told."""
        self.monitor = self.work.monitor()
        wait_until((self.work.path / "admin.sock").exists, "its socket")

    def more(self, *specs):
        """Log more of hers; the new ids, once all are in the store."""
        before = set(expected_ids(self.log.truth()))
        self.log.append(list(specs) or [jane_spec(), {"filler": 5}])
        size = len(self.log.truth(everything=True))
        wait_until(lambda: self.ask(
            "SELECT max(proven_to) FROM stretch")[0][0] == size, "it")
        return sorted(set(expected_ids(self.log.truth())) - before)

    def settled(self):
        """Nothing waits any more."""
        wait_until(lambda: not self.ask(
            "SELECT 1 FROM outbox WHERE state = 0"), "an empty outbox")

    def ask(self, query):
        """Rows of the store."""
        with sqlite3.connect("file:%s?mode=ro" % (
                self.work.path / "indelible.db"), uri=True) as store:
            return store.execute(query).fetchall()

    def change(self, statement):
        """Time travel, while nobody has the store."""
        with sqlite3.connect(self.work.path / "indelible.db") as store:
            store.execute(statement)

    def alerts(self, *arguments, code=0):
        """A command; the Result."""
        return self.work.with_config("alerts", *arguments).expect(code)

    def listed(self, *arguments):
        """Lines of a list."""
        return [json.loads(line) for line in self.alerts(
            "list", "--json", *arguments).out.splitlines()]

    def ids(self, *arguments):
        """The ids in it."""
        return sorted(one["id"] for one in self.listed(*arguments))

    def give_up(self):
        """The webhook refuses for days, as the program sees it."""
        self.receiver.script["/"] = [(500, {})] * 99
        self.monitor.stop()
        self.change("UPDATE outbox SET state = 0, attempts = 20, due_ms = 0,"
                    " digest = NULL WHERE sink = 'soc'")
        self.start()
        wait_until(lambda: not self.ask(
            "SELECT 1 FROM outbox WHERE sink = 'soc' AND state <> 2"
            " AND exposure IS NOT NULL"), "them to be given up")


@pytest.fixture
def side(work, server, receiver):
    """All that is logged has arrived."""
    out = Side(work, server, receiver)
    wait_until(lambda: len(receiver.seen) == 2, "the alerts")
    out.settled()
    return out


def audit(side, what):
    """Rows of the trail that say so: who, tenant, record."""
    return side.ask("SELECT who, tenant, name FROM audit WHERE what = '%s'"
                    % what)


# --- taken note of ----------------------------------------------------------

@pytest.mark.smoke
def test_ack(side):
    """It is marked, left out of what is open, and its JSON is as it was."""
    first, second = expected_ids(side.log.truth())
    before = side.alerts("show", "--json", first).out
    assert side.ids("--open") == sorted([first, second])
    said = side.alerts("ack", first)
    assert said.out.startswith("%s acked: 20" % first)
    assert side.alerts("ack", first).out == said.out
    (who, *of), = audit(side, "acked")
    assert of == ["acme", "acme/jane"] and who.startswith("uid ")
    assert side.alerts("show", "--json", first).out == before
    assert side.ids("--open") == [second] and len(side.ids()) == 2
    text = side.alerts("list").out.splitlines()
    assert [line.endswith("(acked)") for line in text if first in line] == [
        True]
    assert sum("(acked)" in line for line in text) == 1
    shown = side.alerts("show", first).out
    assert "  acked        20" in shown and "soc: delivered, 20" in shown
    assert "  because      " in shown and "equals the record" in shown
    history = side.work.with_config(
        "records", "export", "acme/jane", "--tenant", "acme").expect(0).out
    told = json.loads(history)
    assert [mark["id"] for mark in told["marks"]] == [first]
    assert told["mutes"] == []
    assert [one["detail"] for one in told["history"]
            if one["what"] == "acked"] == ["alert " + first]
    # One that is not there does not keep the others from it.
    result = side.alerts("ack", "0" * 32, second, code=66)
    assert "there is no alert " + "0" * 32 in result.err
    assert side.ids("--open") == []
    side.monitor.stop()


def test_ack_of_what_waits(side, receiver):
    """Nobody is told any more, also after a kill -9."""
    receiver.script["/"] = [(500, {})] * 99
    only, = side.more()
    wait_until(lambda: len(receiver.seen) >= 3, "a try")
    side.alerts("ack", only)
    assert not side.ask("SELECT 1 FROM outbox WHERE state = 0"
                        " AND exposure IS NOT NULL")
    side.monitor.crash()
    receiver.script["/"] = []
    tries = len(receiver.seen)
    side.start()
    other, = side.more()
    wait_until(lambda: receiver.seen[-1].id == other, "the next alert")
    assert [one.id for one in receiver.seen[tries:]] == [other]
    assert side.ids("--open")[-1:] and only not in side.ids("--open")
    side.monitor.stop()


# --- muted --------------------------------------------------------------------

def test_mute(side, receiver):
    """Renewals are kept and not told; other things are told; it can be
    undone."""
    first, second = expected_ids(side.log.truth())
    said = side.alerts("mute", first).out
    assert "kept, and not told" in said
    assert side.alerts("mute", first).out == said
    assert len(audit(side, "muted")) == 1
    assert side.ids("--open") == []
    quiet, = side.more()
    told, = side.more(
        {"subject": [], "sans": [["uri", "mailto:jane.roe@example.com"]],
         "plants": ["acme/jane"]}, {"filler": 5})
    wait_until(lambda: len(receiver.seen) == 3, "the other one")
    assert receiver.seen[-1].id == told
    assert set(side.ids()) == {first, second, quiet, told}
    assert quiet not in side.work.ids()
    assert "(muted)" in side.alerts("list").out
    mute, = side.listed("--muted")
    assert mute["record"] == "acme/jane" and mute["not_me"] is False
    assert mute["id"] in said and mute["id"] in side.alerts(
        "list", "--muted").out
    assert side.listed("--muted", "--tenant", "beta") == []
    assert "is muted; unmute it first" in side.alerts(
        "resend", quiet, code=64).err
    side.monitor.stop()
    side.alerts("unmute", quiet)    # by an alert, without a service
    assert side.alerts("list", "--muted").out == "no mutes\n"
    side.start()
    again, = side.more()
    wait_until(lambda: len(receiver.seen) == 4, "the next alert")
    assert receiver.seen[-1].id == again
    side.monitor.stop()


def test_not_me(side, receiver):
    """Nothing of it is kept, what comes neither; not even its ids stay."""
    first, second = expected_ids(side.log.truth())
    said = side.alerts("mute", "--not-me", second).out
    assert "it is somebody else's" in said
    assert side.listed() == []
    assert "there is no alert" in side.alerts("show", first, code=66).err
    side.alerts("mute", "--not-me", second, code=66)
    assert not side.ask("SELECT 1 FROM outbox WHERE exposure IS NOT NULL")
    quiet, = side.more()
    assert side.listed() == [] and quiet not in side.work.ids()
    assert len(receiver.seen) == 2
    (_, *of), = audit(side, "not-me")
    assert of == ["acme", "acme/jane"]
    mute, = side.listed("--muted")
    assert mute["not_me"] is True
    side.monitor.crash()
    serials = [entry["sha256"] for entry in side.log.truth()]
    # What the sinks were given is theirs.
    side.work.ledger.unlink()
    assert not left_behind(side.work.path, [first, second] + serials)
    side.start()
    quiet, = side.more()
    assert side.listed() == []
    side.alerts("unmute", mute["id"])
    side.alerts("unmute", mute["id"], code=66)
    told, = side.more()
    wait_until(lambda: len(receiver.seen) == 3, "the next alert")
    assert receiver.seen[-1].id == told
    side.monitor.stop()


def test_mute_goes_with_the_record(side):
    """Withdrawn or erased, nothing stays of it; a pause keeps it."""
    first = list(expected_ids(side.log.truth()))[0]
    side.alerts("mute", first)
    for verb, left in ("pause", 1), ("resume", 1), ("withdraw", 0):
        side.work.with_config(
            "records", verb, "acme/jane", "--tenant", "acme").expect(0)
        assert len(side.listed("--muted")) == left
    assert "its record is withdrawn" in side.alerts(
        "resend", first, code=64).err
    side.monitor.stop()


def test_restored(side, tmp_path):
    """What was muted after a backup stays muted."""
    side.work.with_config(
        "store", "backup", str(tmp_path / "copy.db")).expect(0)
    first = list(expected_ids(side.log.truth()))[0]
    side.alerts("mute", "--not-me", first)
    side.monitor.stop()
    side.work.with_config(
        "store", "restore", str(tmp_path / "copy.db")).expect(0)
    assert side.listed() == []
    assert len(side.listed("--muted")) == 1


# --- sent again -----------------------------------------------------------------

@pytest.mark.smoke
def test_resend(side, receiver):
    """Once more with the same id, to this sink or to all."""
    first = list(expected_ids(side.log.truth()))[0]
    body = [one.body for one in receiver.seen if one.id == first]
    assert side.alerts("resend", "--sink", "soc", first).out == \
        "%s: 1 delivery is to be made again\n" % first
    wait_until(lambda: len(receiver.seen) == 3, "it again")
    assert receiver.seen[-1].id == first and [receiver.seen[-1].body] == body
    side.settled()
    assert side.work.ids().count(first) == 1
    assert side.alerts("resend", first).out.endswith(
        "2 deliveries are to be made again\n")
    wait_until(lambda: len(receiver.seen) == 4, "it again")
    wait_until(lambda: side.work.ids().count(first) == 2, "it again")
    assert len(audit(side, "resent")) == 2
    assert "there is no sink nowhere" in side.alerts(
        "resend", "--sink", "nowhere", first, code=66).err
    side.settled()
    side.monitor.stop()
    time.sleep(0.2)
    assert len(receiver.seen) == 4


def test_resend_without_a_service(side, receiver):
    """The next start sends; and so does one after a kill -9."""
    first = list(expected_ids(side.log.truth()))[0]
    side.monitor.stop()
    side.alerts("resend", "--sink", "soc", first)
    assert len(receiver.seen) == 2
    receiver.script["/"] = ["hang"]
    side.start()
    wait_until(lambda: len(receiver.seen) == 3, "it again")
    side.monitor.crash()
    receiver.over.set()
    side.start()
    wait_until(lambda: len(receiver.seen) == 4, "it again")
    side.settled()
    side.monitor.stop()
    assert {one.id for one in receiver.seen[2:]} == {first}


def test_resend_to_a_newer_sink(side, receiver):
    """One that was configured later gets the alerts of before."""
    first, second = expected_ids(side.log.truth())
    side.monitor.stop()
    ledger = {"name": "ledger", "jsonl": {"path": str(side.work.ledger)}}
    side.work.config([(side.log, "static")], alerts={"sinks": [
        ledger, hook(side.work, receiver.url("/new"), "new")]})
    side.start()
    side.alerts("resend", "--sink", "new", first, second)
    wait_until(lambda: len(receiver.at("/new")) == 2, "both")
    assert {one.id for one in receiver.at("/new")} == {first, second}
    side.settled()
    side.monitor.stop()


def test_resend_at_once(side, receiver):
    """A sink that is not tried for minutes is tried when somebody says so;
    one that was closed by 410 is opened."""
    first = list(expected_ids(side.log.truth()))[0]
    for answer in (500, 410):
        receiver.script["/"] = [(answer, {})]
        seen = len(receiver.seen)
        side.alerts("resend", "--sink", "soc", first)
        wait_until(lambda: len(receiver.seen) == seen + 1, "a try")
        time.sleep(0.3)
        begun = time.monotonic()
        side.alerts("resend", "--sink", "soc", first)
        wait_until(lambda: len(receiver.seen) > seen + 1, "the next try")
        assert time.monotonic() - begun < 3
        side.settled()
    side.monitor.stop()


# --- given up -------------------------------------------------------------------

@pytest.mark.smoke
def test_dead(side, receiver):
    """Listed with the reason; all made again once the receiver works."""
    ids = sorted(expected_ids(side.log.truth()))
    side.give_up()
    dead = [one for one in side.listed("--dead", "--sink", "soc")
            if one["what"] == "exposure"]
    assert sorted(one["id"] for one in dead) == ids
    for one in dead:
        assert (one["sink"], one["tenant"], one["record"]) == (
            "soc", "acme", "acme/jane")
        assert one["attempts"] == 21 and "HTTP 500" in one["error"]
    assert side.listed("--dead", "--sink", "ledger") == []
    text = side.alerts("list", "--dead").out
    assert "soc: acme acme/jane" in text and "HTTP 500" in text
    assert '"dead":2' in side.work.with_config("status", "--json").out
    receiver.script["/"] = []
    seen = len(receiver.seen)

    def again():
        return sorted(one.id for one in receiver.seen[seen:]
                      if one.id in ids)

    side.alerts("ack", ids[0])
    assert '"dead":1' in side.work.with_config("status", "--json").out
    assert ids[0] not in side.ids("--dead")
    assert side.alerts("resend", "--dead", "--sink", "soc").out == \
        "1 delivery is to be made again\n"
    wait_until(lambda: again() == ids[1:], "it")
    side.alerts("resend", "--sink", "soc", ids[0])
    wait_until(lambda: again() == ids, "the acked one")
    side.settled()
    assert side.alerts("resend", "--dead").out == \
        "0 deliveries are to be made again\n"
    assert side.alerts("list", "--dead").out == \
        "no deliveries that were given up\n"
    side.monitor.stop()


def test_sink_gone(side):
    """What waits for a sink that is not configured any more is given up, and
    says for which, and why."""
    side.monitor.stop()
    side.change("UPDATE outbox SET state = 0, due_ms = 0, digest = NULL,"
                " sink = 'gone' WHERE sink = 'soc'")
    side.start()
    wait_until(lambda: len(side.listed("--dead")) == 2, "them to be given up")
    assert {(one["sink"], one["error"]) for one in side.listed("--dead")} == {
        ("gone", "the configuration has no such sink any more")}
    assert "for sink gone is given up" in side.monitor.diagnostics()
    side.monitor.stop()


def test_ack_event(side):
    """Of an event, too, somebody takes note that it did not arrive."""
    side.monitor.stop()
    event = "ab" * 16
    side.change("INSERT INTO event VALUES(77, x'%s', 'canary', '', 1, x'7b7d')"
                % event)
    side.change("INSERT INTO outbox(sink, event, state, due_ms, held)"
                " VALUES('gone', 77, 2, 1, 0)")
    side.start()
    assert side.ids("--dead") == [event]
    side.work.with_config("status").expect(1)
    side.alerts("ack", "--tenant", "acme", event, code=66)
    assert side.alerts("ack", event).out.startswith(event + " acked: 20")
    assert side.ids("--dead") == [] and audit(side, "acked")
    side.work.with_config("status").expect(0)
    side.alerts("ack", event, code=66)
    side.monitor.stop()


def test_usage(side):
    """What does not go together is said."""
    only = "0" * 32
    for arguments in (
            ["list", "--open", "--dead"], ["list", "--sink", "soc"],
            ["list", "--dead", "--record", "x"], ["ack"], ["ack", "xyz"],
            ["ack", "--sink", "soc", only], ["mute", "--dead", only],
            ["resend"], ["resend", "--dead", only], ["show", only, only],
            ["show", "--not-me", only]):
        assert "indelible alerts" in side.alerts(*arguments, code=64).err
    assert "there is no `alerts akc`" in side.alerts("akc", code=64).err
    side.monitor.stop()


# --- by the API -------------------------------------------------------------------

def test_api(work, server, receiver):
    """As it is described; another tenant's alerts are not there."""
    log = server.new_log(between(5))
    prepare(work, [(log, "static")], [hook(work, receiver.url())])
    read, beta = "r" * 20, "b" * 20
    own = (work.path / "admin.token").read_text()
    (work.path / "admin.token").write_text(
        own + "%s read\n%s write beta\n" % (read, beta))
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    token = [line for line in own.splitlines() if line[:1] != "#"][0]
    ops, reader = Admin(work, token), Admin(work, read)
    jane = ops.ask("GET", "/alerts", record=JANE["id"]).expect(200)
    assert jane["marks"] == [] and jane["next"] is None
    first, second = [one["id"] for one in jane["alerts"]][:2]
    state = ops.ask("GET", "/alerts/%s:state" % first).expect(200)
    assert (state["acked"], state["muted"]) == (None, None)
    assert {one["sink"] for one in state["deliveries"]} == {"ledger", "soc"}
    other = Admin(work, beta)
    other.ask("GET", "/alerts/%s:state" % first).expect(404)
    assert other.ask("POST", "/alerts:resend", {}).expect(200) == {
        "resent": 0}
    for verb in "ack", "mute", "unmute", "resend":
        other.ask("POST", "/alerts/%s:%s" % (first, verb), {}).expect(404)
        path = "/alerts/%s:%s" % (first, verb)
        reader.ask("POST", path, {}).expect(403)
        ops.ask("GET", path).expect(405)
        ops.ask("POST", path, {}, tenant="beta").expect(404)
        ops.ask("POST", "/alerts/%s:%s" % ("f" * 32, verb), {}).expect(404)
        ops.ask("POST", "/alerts/x:%s" % verb, {}).expect(404)
    reader.ask("POST", "/alerts:resend", {}).expect(403)
    acked = ops.ask("POST", "/alerts/%s:ack" % first, {}).expect(200)
    assert acked["acked"] is not None
    mute = ops.ask("POST", "/alerts/%s:mute" % second, {}).expect(200)
    page = ops.ask("GET", "/alerts", record=JANE["id"]).expect(200)
    assert {mark["id"] for mark in page["marks"]} >= {first, second}
    left = ops.ask("GET", "/alerts", record=JANE["id"], open=1).expect(200)
    assert not {first, second} & {one["id"] for one in left["alerts"]}
    listed = reader.ask("GET", "/alerts:mutes").expect(200)
    assert other.ask("GET", "/alerts:mutes").expect(200)["mutes"] == []
    assert [one["id"] for one in listed["mutes"]] == [mute["id"]]
    ops.ask("POST", "/alerts/%s:unmute" % mute["id"], {},
            tenant="beta").expect(404)
    ops.ask("POST", "/alerts/%s:unmute" % mute["id"], {}).expect(200)
    seen = len(receiver.seen)
    assert ops.ask("POST", "/alerts/%s:resend" % first, {},
                   sink="soc").expect(200) == {"resent": 1}
    wait_until(lambda: len(receiver.seen) > seen, "it again")
    ops.ask("POST", "/alerts:resend", {}, sink="x").expect(404)
    assert ops.ask("POST", "/alerts:resend", {}).expect(200) == {"resent": 0}
    for path in "/alerts:dead", "/alerts:mutes":
        ops.ask("GET", path, after="x").expect(400)
        ops.ask("GET", path, limit=0).expect(400)
        ops.ask("GET", path, after="", limit=1).expect(400)
    assert reader.ask("GET", "/alerts:dead", sink="soc").expect(200) == {
        "dead": [], "next": None}
    monitor.stop()
    who = {row[0].split(", ")[1] for row in sqlite3.connect(
        work.path / "indelible.db").execute(
            "SELECT who FROM audit WHERE what IN ('acked', 'muted')")}
    assert len(who) == 1
