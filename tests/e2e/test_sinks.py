"""The sinks syslog and chat, against a datagram socket and rooms of the tests'
own."""
import json
import os
import re
import signal
import socket
import sqlite3

import pytest

from .helpers import wait_until
from .planted import expected_ids, jane_spec
from .receiver import Receiver

RFC5424 = re.compile(
    rb"<(\d{1,3})>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z - indelible - "
    rb"([!-~]{1,32}) - id=([0-9a-f]{32}) ([ -~]*)\Z")


def start(work, server, sinks):
    """A service with these sinks; its only alert's id."""
    log = server.new_log([jane_spec()])
    ledger = {"name": "ledger", "jsonl": {"path": str(work.ledger)}}
    work.prepare([(log, "static")], alerts={"sinks": [ledger] + sinks})
    monitor = work.monitor()
    only, = expected_ids(log.truth())
    work.wait_for_ids([only], monitor)
    return monitor, only


@pytest.mark.smoke
def test_syslog(work, server):
    """A datagram by RFC 5424 without a word about whom; it comes again when
    nobody listened."""
    path = work.path / "log.sock"
    monitor, only = start(work, server, [
        {"name": "log", "syslog": {"socket": str(path)}}])
    wait_until(lambda: "sink log: " in monitor.diagnostics(), "a warning")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
        there.bind(str(path))
        there.settimeout(30)
        line = there.recv(65536)
    monitor.stop()
    level, kind, identity, text = RFC5424.match(line).groups()
    assert int(level) // 8 == 3 and kind == b"exposure"
    assert identity.decode() == only
    assert b"severity=" in text and b"verified=yes" in text
    for word in (b"jane", b"acme", b"example"):
        assert word not in line.lower()


def test_pipe(work, server):
    """One that nobody reads has taken nothing."""
    os.mkfifo(work.path / "pipe")
    monitor, only = start(work, server, [
        {"name": "pipe", "jsonl": {"path": str(work.path / "pipe")}}])
    wait_until(lambda: "nobody reads this pipe" in monitor.diagnostics(),
               "a warning")
    with open(work.path / "pipe", encoding="utf-8") as there:
        assert json.loads(there.readline())["id"] == only
    monitor.stop()


def test_standard_output(work, server):
    """By the name that it has as a file, whatever it is."""
    monitor, only = start(work, server, [
        {"name": "out", "jsonl": {"path": "/dev/stdout"}}])
    wait_until(lambda: only in monitor.out(), "a line")
    assert json.loads(monitor.stop().out)["id"] == only


def test_rooms(work, server):
    """Slack and Teams, each in its form; a URL that is a secret is told
    nowhere."""
    with Receiver() as receiver:
        receiver.script = {"/secret-room": [(500, {})]}
        secret = work.write("room.url", receiver.url("/secret-room") + "\n")
        secret.chmod(0o600)
        monitor, only = start(work, server, [
            {"name": "slack", "chat": {"url_file": str(secret)}},
            {"name": "teams", "chat": {
                "url": receiver.url("/teams"), "format": "teams"}}])
        wait_until(lambda: len(receiver.seen) == 3, "posts")
        monitor.stop()
        assert "secret-room" not in monitor.diagnostics()
    slack = receiver.at("/secret-room")[1].event
    teams = receiver.at("/teams")[0].event
    assert slack["text"].startswith("Personal data in a public certificate")
    assert [b["text"]["type"] for b in slack["blocks"]] == ["plain_text"] * 2
    assert only in slack["blocks"][1]["text"]["text"]
    card, = teams["attachments"]
    assert card["contentType"] == "application/vnd.microsoft.card.adaptive"
    said = [block["inlines"][0]["text"] for block in card["content"]["body"]]
    assert "Id: " + only in said and "Record: acme/jane" in said
    for one in receiver.seen:
        assert b"jane.roe@" not in one.body
        assert one.headers["Content-Type"] == "application/json"


def test_how_sinks_do(work, server):
    """Status says of each sink whether it takes what is sent to it: from the
    store, and beside a service; one that is gone is seen until SIGHUP."""
    log = server.new_log([jane_spec()])
    with Receiver() as receiver:
        receiver.script = {"/gone": [(410, {})], "/down": [(503, {})] * 99}
        ledger = {"name": "ledger", "jsonl": {"path": str(work.ledger)}}
        work.prepare([(log, "static")], alerts={"sinks": [ledger] + [
            {"name": name, "chat": {"url": receiver.url("/" + name)}}
            for name in ("gone", "down", "good")]})
        monitor = work.monitor()

        def sinks():
            out = work.with_config("status", "--json").events[-1]
            return {sink["name"]: sink for sink in out["sinks"]}, out

        def states():
            return {name: s["state"] for name, s in sinks()[0].items()}
        wait_until(lambda: states() == {
            "ledger": "ok", "gone": "closed", "down": "failing",
            "good": "ok"}, "states")
        found, store = sinks()
        assert found["ledger"]["type"] == "jsonl"
        assert found["good"]["last_delivered"].startswith("20")
        assert found["gone"]["last_error"] == "http 410"
        assert found["down"]["last_error"] == "http 503"
        assert found["down"]["waiting"] >= 1 and found["down"]["dead"] == 0
        assert store["unhealthy"] and not store["healthy"]
        assert any("sink gone takes nothing more" in why
                   for why in store["reasons"])
        assert not any("sink down" in why for why in store["reasons"])
        text = work.with_config("status").out
        assert "sinks        ledger (jsonl) ok; 0 waiting, 0 given up" in text
        assert "gone (chat) closed since " in text
        monitor.signal(signal.SIGHUP)
        wait_until(lambda: states()["gone"] == "ok", "it is open again")
        monitor.stop()
        with sqlite3.connect(work.path / "indelible.db") as store:
            store.execute("UPDATE sink SET failing_ms = failing_ms - 7200000")
        assert any("nothing has arrived at sink down for 2 h" in why
                   for why in sinks()[1]["reasons"])
