"""Alerts that go out before their log has proven them: so marked, once; and
when the log turns out not to have them, those who were told are told that,
too, once, whatever happens meanwhile."""
import hashlib
import json
import re
import socket
import time

import pytest

from .helpers import MISBEHAVIOUR, read_jsonl, wait_until
from .planted import expected_ids, jane_spec
from .receiver import Receiver, new_secret

AT = 10         # Jane's index
FLIPPED = 478   # an entry that is not as it was signed
SPECS = [{"filler": AT}, jane_spec(), {"filler": 600}]


def follow_up_of(identity):
    """The id of what is told about this alert."""
    return hashlib.sha256(b"indelible/follow-up/1" +
                          bytes.fromhex(identity)).hexdigest()[:32]


class Scene:
    """A log whose last entries come slowly, and all kinds of sinks."""

    def __init__(self, work, server, receiver, flip=None):
        self.work = work
        self.log = server.new_log(SPECS, page=64)
        self.log.fault("slow", on="entries", seconds=1)
        if flip is not None:
            self.fault = self.log.fault("flip", index=flip)
        self.only, = expected_ids(self.log.truth())
        self.follow_up = follow_up_of(self.only)
        self.hooked = work.path / "hooked"
        self.receiver = receiver
        secret = work.write("soc.key", new_secret() + "\n")
        secret.chmod(0o600)
        program = work.write("take", "#!/bin/sh\ncat >>%s\n" % self.hooked)
        program.chmod(0o755)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(work.path / "syslog"))
        self.socket.setblocking(False)
        self.datagrams = []
        work.prepare([(self.log, "rfc6962")], alerts={
            "hold_unverified": "500ms", "sinks": [
                {"name": "ledger", "jsonl": {"path": str(work.ledger)}},
                {"name": "soc", "webhook": {
                    "url": receiver.url("/hook"),
                    "secret_file": str(secret)}},
                {"name": "room", "chat": {"url": receiver.url("/room")}},
                {"name": "log", "syslog": {
                    "socket": str(work.path / "syslog")}},
                {"name": "take", "exec": {"command": [str(program)]}}]})
        self.begin()

    def begin(self):
        """Start the service."""
        self.monitor = self.work.monitor()

    def mend(self):
        """The log serves what it has signed."""
        self.log.server.call("DELETE", "faults/%s?id=%d" % (
            self.log.name, self.fault))

    def told(self):
        """By sink: the messages of it in their order, as (id, proven), where
        a follow-up proves nothing."""
        def brief(event):
            return event["id"], any(s["verified"] for s in
                                    event["data"].get("sightings", []))
        try:
            while True:
                self.datagrams.append(self.socket.recv(4096).decode())
        except BlockingIOError:
            pass
        return {
            "ledger": [brief(e) for e in read_jsonl(self.work.ledger)
                       if not e["data"].get("api")],
            "take": [brief(e) for e in read_jsonl(self.hooked)
                     if not e["data"].get("api")],
            "soc": [brief(r.event) for r in self.receiver.at("/hook")
                    if not r.event["data"].get("api")],
            "room": [(re.search(r"^Id: (.*)$", text, re.M).group(1),
                      re.search(r"^Log: .*, proven\b", text, re.M)
                      is not None)
                     for text in map(room_text, self.receiver.at("/room"))
                     if "root-mismatch" not in text
                     and "Event:" not in text],
            "log": [(re.search(r" id=(\w+)", line).group(1),
                     "verified=yes" in line) for line in self.datagrams
                    if "subject=" not in line]}

    def all_told(self, *messages):
        """Every sink gets these, and then no others."""
        try:
            wait_until(lambda: all(told == list(messages)
                                   for told in self.told().values()),
                       "messages", 60)
        except AssertionError as error:
            raise AssertionError("%r, but %r" % (
                messages, self.told())) from error

    def stays(self, *messages):
        """No others come, also while the log is read again and again."""
        self.all_told(*messages)
        time.sleep(4)
        self.monitor.assert_running()
        self.all_told(*messages)


def room_text(request):
    """What a chat room shows."""
    blocks = json.loads(request.body)["blocks"]
    return "\n".join(block["text"]["text"] for block in blocks)


@pytest.fixture
def receiver():
    """A receiver on a port of its own."""
    with Receiver() as running:
        yield running


def misbehaviour(work):
    """Of the ledger: what was told of the log itself."""
    return [e for e in read_jsonl(work.ledger) if e["data"].get("api")]


@pytest.mark.smoke
def test_marked(work, server, receiver):
    """It waits no longer than it may, says that it is not proven, and the
    proof is no second alert."""
    scene = Scene(work, server, receiver)
    scene.all_told((scene.only, False))
    text = room_text(receiver.at("/room")[0])
    assert "(not proven yet)" in text
    assert "verified=no" in scene.datagrams[0]
    wait_until(lambda: work.with_config("alerts", "list", "--json").alerts[0][
        "data"]["sightings"][0]["verified"], "the proof")
    scene.stays((scene.only, False))


def test_a_log_that_lied(work, server, receiver):
    """It never was in the tree that was signed: told once, to each sink."""
    scene = Scene(work, server, receiver, flip=AT + 10)
    scene.all_told((scene.only, False), (scene.follow_up, False))
    wait_until(lambda: misbehaviour(work), "the log's own event")
    scene.stays((scene.only, False), (scene.follow_up, False))
    for event in (read_jsonl(scene.hooked)[1], receiver.at("/hook")[1].event):
        assert event["type"] == MISBEHAVIOUR
        assert event["subject"] == "acme/jane"
        data = event["data"]
        assert data["kind"] == "alert-withdrawn"
        assert data["alert"] == scene.only and data["index"] == AT
        assert data["log_id"] == scene.log.log_id
        assert data["record"] == {
            "id": "acme/jane", "tenant": "acme", "kind": "email"}
        assert "could not be proven" in data["meaning"]
    text = room_text(receiver.at("/room")[1])
    assert "Keep it as a hint" in text and scene.only in text
    assert "could not be proven" in scene.datagrams[1]
    assert "acme" not in scene.datagrams[1]
    # A start changes nothing of that.
    scene.monitor.stop()
    scene.begin()
    scene.stays((scene.only, False), (scene.follow_up, False))


def test_a_broken_reply(work, server, receiver):
    """It is proven when it is read again: the alert comes once more, and is
    the last word."""
    scene = Scene(work, server, receiver, flip=FLIPPED)
    wait_until(lambda: "retracted" in scene.monitor.diagnostics(),
               "the rewind")
    scene.all_told((scene.only, False), (scene.follow_up, False))
    scene.mend()
    scene.all_told((scene.only, False), (scene.follow_up, False),
                   (scene.only, True))
    assert work.with_config("status").status == 0 or misbehaviour(work)
    scene.stays((scene.only, False), (scene.follow_up, False),
                (scene.only, True))


def test_lost_answers_and_refusals(work, server, receiver):
    """The alert's answer was lost, and the follow-up refused at first: the one
    is not sent again, the other comes again with its id."""
    receiver.script = {"/hook": ["drop", (503, {})]}
    scene = Scene(work, server, receiver, flip=AT + 10)
    wait_until(lambda: len(scene.told()["soc"]) >= 3, "the second try", 60)
    time.sleep(3)
    ids = [identity for identity, _ in scene.told()["soc"]]
    assert ids == [scene.only, scene.follow_up, scene.follow_up]
    assert scene.told()["ledger"] == [(scene.only, False),
                                      (scene.follow_up, False)]


@pytest.mark.parametrize("when", ["alert", "follow-up"])
def test_killed(work, server, receiver, when):
    """kill -9 while something is on its way: everybody hears all of it, under
    the same ids."""
    receiver.script = {"/hook": ["hang"] if when == "alert"
                       else [(204, {}), "hang"]}
    scene = Scene(work, server, receiver, flip=AT + 10)
    number = 1 if when == "alert" else 2
    wait_until(lambda: len(receiver.at("/hook")) == number, "a request", 60)
    if when == "alert":
        wait_until(lambda: "retracted" in scene.monitor.diagnostics(),
                   "the rewind", 60)
    scene.monitor.crash()
    scene.begin()

    def settled():
        return all(told and told[0][0] == scene.only and
                   told[-1][0] == scene.follow_up
                   for told in scene.told().values())
    wait_until(settled, "all of it", 60)
    time.sleep(3)
    assert settled()
    for sink, told in scene.told().items():
        for identity in (scene.only, scene.follow_up):
            assert 1 <= [i for i, _ in told].count(identity) <= 2, sink
