"""The sink webhook, and what all sinks that are sent to have in common, against
a receiver of its own kind."""
import json
import os
import signal
import sqlite3
import time

import pytest

from .helpers import EXPOSURE, free_port, read_jsonl, wait_until
from .mailserver import certificate
from .planted import between, expected_ids, jane_spec
from .receiver import Receiver, new_secret

FAILED = "dev.indelible.delivery.failed.v1"


@pytest.fixture
def receiver():
    """A receiver on a port of its own."""
    with Receiver() as running:
        yield running


def secret_file(work, secret, name="soc.key"):
    """A file with secrets that nobody else may read."""
    path = work.write(name, secret + "\n")
    os.chmod(path, 0o600)
    return str(path)


def hook(work, url, name="soc", secret=None, **more):
    """A sink of type webhook."""
    return {"name": name, "webhook": dict(
        url=url, secret_file=secret_file(work, secret or new_secret()),
        **more)}


def prepare(work, pairs, sinks, **more):
    """A workspace with these sinks besides the ledger."""
    ledger = {"name": "ledger", "jsonl": {"path": str(work.ledger)}}
    return work.prepare(pairs, alerts={"sinks": [ledger] + sinks}, **more)


def events(work, kind):
    """The events of this type in the ledger."""
    return [e for e in read_jsonl(work.ledger) if e["type"] == kind]


@pytest.mark.smoke
def test_signed_events(work, server, receiver):
    """Each alert arrives once, signed with all secrets of the file, and is
    what the ledger has."""
    old, new = new_secret(), new_secret()
    log = server.new_log(between(30))
    prepare(work, [(log, "static")],
            [hook(work, receiver.url("/ct?x=1"),
                  secret="# the next\n%s\n%s" % (new, old))])
    monitor = work.monitor()
    ids = expected_ids(log.truth())
    wait_until(lambda: len(receiver.seen) >= len(ids), "requests")
    work.wait_for_ids(ids, monitor)
    monitor.stop()
    assert sorted(one.id for one in receiver.seen) == sorted(ids)
    ledger = {e["id"]: e for e in work.alerts()}
    for one in receiver.seen:
        assert one.path == "/ct?x=1"
        assert one.headers["Content-Type"] == \
            "application/cloudevents+json; charset=utf-8"
        assert one.headers["User-Agent"].startswith("indelible/")
        assert one.is_signed(old) and one.is_signed(new)
        assert not one.is_signed(new_secret())
        assert one.event["specversion"] == "1.0"
        assert one.event == ledger[one.id]
        assert b"jane.roe@example.com" not in one.body


def test_answers(work, server, receiver):
    """What is no success comes again after 5 s with the same id, or when the
    receiver wants it; nobody else waits for it."""
    receiver.script = {
        "/429": [(429, {"Retry-After": "8"})], "/500": [(500, {})],
        "/302": [(302, {"Location": receiver.url("/elsewhere")})],
        "/drop": ["drop"], "/long": [(200, {"body": b"x" * 1000000})],
        "/404": [(404, {"body": b"\x1b[31mroe@example.com" * 999})]}
    log = server.new_log([jane_spec()])
    prepare(work, [(log, "static")],
            [hook(work, receiver.url(path), path[1:])
             for path in list(receiver.script)])
    monitor = work.monitor()
    only, = expected_ids(log.truth())
    begun = time.monotonic()
    work.wait_for_ids([only], monitor)
    wait_until(lambda: len(receiver.seen) == 6, "first tries")
    assert time.monotonic() - begun < 4
    wait_until(lambda: len(receiver.seen) == 11, "second tries")
    time.sleep(1)
    for path in ("/429", "/500", "/302", "/drop", "/404"):
        first, second = receiver.at(path)
        assert first.id == second.id == only
        assert first.body == second.body
        assert int(second.timestamp) > int(first.timestamp)
        wait = second.at - first.at
        assert (7.5 if path == "/429" else 4.5) < wait < 20
    assert len(receiver.at("/long")) == 1
    assert not receiver.at("/elsewhere")
    monitor.stop()
    said = monitor.diagnostics()
    assert "sink 500: it answers with HTTP 500; what is for it is kept" \
        in said
    assert "sink 500: works again" in said
    assert "roe@" not in said and "\x1b" not in said


def test_refused(work, server, receiver):
    """A receiver that works and refuses some: the others do not wait."""
    receiver.script = {"/": [(400, {}), (404, {}), (302, {}), (501, {})] * 4}
    log = server.new_log([jane_spec() for _ in range(40)])
    prepare(work, [(log, "static")], [hook(work, receiver.url())])
    monitor = work.monitor()
    ids = expected_ids(log.truth())
    assert len(ids) == 40
    wait_until(lambda: {one.id for one in receiver.seen} >= set(ids), "all")
    assert receiver.seen[-1].at - receiver.seen[0].at < 4
    wait_until(lambda: len(receiver.seen) == len(ids) + 16, "second tries")
    monitor.stop()


def test_gone(work, server, receiver):
    """410 closes the sink, which the others are told; SIGHUP opens it."""
    receiver.script = {"/": [(410, {})]}
    log = server.new_log([jane_spec()])
    prepare(work, [(log, "static")], [hook(work, receiver.url())])
    monitor = work.monitor()
    only, = expected_ids(log.truth())
    told, = wait_until(lambda: events(work, FAILED), "the event")
    assert told["subject"] == "soc"
    assert told["data"] == {"sink": "soc", "what": "closed"}
    more = log.append([{"filler": 5}, jane_spec()])
    work.wait_for_ids(expected_ids(more), monitor)
    time.sleep(7)
    assert len(receiver.seen) == 1
    monitor.signal(signal.SIGHUP)
    wait_until(lambda: len(receiver.seen) >= 4, "what had waited")
    monitor.stop()
    assert {one.id for one in receiver.seen} == \
        {only, told["id"]} | set(expected_ids(more))


def test_new_secret(work, server, receiver):
    """SIGHUP reads the secret again; a bad one is refused, and said."""
    old, new = new_secret(), new_secret()
    log = server.new_log([jane_spec()])
    prepare(work, [(log, "static")],
            [hook(work, receiver.url(), secret=old)])
    monitor = work.monitor()
    for number, secret in enumerate((old, "nonsense", new), 1):
        if number > 1:
            secret_file(work, secret)
            monitor.signal(signal.SIGHUP)
            time.sleep(0.5)
            log.append([jane_spec()])
        wait_until(lambda count=number: len(receiver.seen) == count,
                   "a request")
        good = new if secret == new else old
        assert receiver.seen[-1].is_signed(good)
    monitor.stop()
    assert "it goes on with the old one" in monitor.diagnostics()
    assert "nonsense" not in monitor.diagnostics()


def test_killed_before_it_is_settled(work, server, receiver):
    """kill -9 while the receiver has the event and the program has no answer
    yet: the same id comes again."""
    receiver.script = {"/": ["hang"]}
    log = server.new_log([jane_spec()])
    prepare(work, [(log, "static")], [hook(work, receiver.url())])
    monitor = work.monitor()
    wait_until(lambda: receiver.seen, "the request")
    monitor.crash()
    monitor = work.monitor()
    wait_until(lambda: len(receiver.seen) == 2, "the same again")
    time.sleep(1)
    monitor.stop()
    first, second = receiver.seen
    assert first.id == second.id and first.body == second.body


def test_stops_while_a_receiver_hangs(work, server, receiver):
    """SIGTERM is heeded within 10 s, and what was under way comes again."""
    receiver.script = {"/": ["hang"]}
    log = server.new_log([jane_spec()])
    prepare(work, [(log, "static")], [hook(work, receiver.url())])
    monitor = work.monitor()
    wait_until(lambda: receiver.seen, "the request")
    monitor.stop()
    monitor = work.monitor()
    wait_until(lambda: len(receiver.seen) == 2, "the same again")
    monitor.stop()
    assert receiver.seen[0].id == receiver.seen[1].id


def test_dead_sink_delays_nobody(work, server, receiver):
    """One receiver that hangs and one that is not there: the others have
    everything at once, and they what waited, once per id, when they come."""
    receiver.script = {"/slow": ["hang"] * 8}
    port = free_port()
    log = server.new_log([jane_spec() for _ in range(100)], page=64)
    prepare(work, [(log, "rfc6962")],
            [hook(work, receiver.url("/slow"), "slow"),
             hook(work, "http://127.0.0.1:%d/" % port, "dead"),
             hook(work, receiver.url("/good"), "good")])
    monitor = work.monitor()
    ids = expected_ids(log.truth())
    work.wait_for_ids(ids, monitor)
    wait_until(lambda: len(receiver.at("/good")) >= len(ids), "the good one")
    assert sorted(one.id for one in receiver.at("/good")) == sorted(ids)
    assert len(receiver.at("/slow")) == 8
    wait_until(lambda: "sink dead: " in monitor.diagnostics(), "a warning")
    with Receiver(port) as late:
        wait_until(lambda: len(late.seen) >= len(ids), "what waited")
        monitor.stop()
        assert sorted(one.id for one in late.seen) == sorted(ids)


def test_no_answer(work, server, receiver):
    """After 30 s without an answer it has failed, and comes again."""
    receiver.script = {"/": ["hang"]}
    log = server.new_log([jane_spec()])
    prepare(work, [(log, "static")], [hook(work, receiver.url())])
    monitor = work.monitor()
    wait_until(lambda: "sink soc: no answer in time" in
               monitor.diagnostics(), "a warning")
    wait_until(lambda: len(receiver.seen) == 2, "the same again")
    monitor.stop()
    first, second = receiver.seen
    assert first.id == second.id and 34 < second.at - first.at < 50


def test_all_sinks_are_down(work, server):
    """10,000 matches while no sink takes anything: the log is read to its end,
    and all arrive once per id when the sinks are back."""
    log = server.new_log([jane_spec() for _ in range(10000)])
    ids = sorted(expected_ids(log.truth()))
    port = free_port()
    work.ledger = work.path / "later" / "alerts.jsonl"
    prepare(work, [(log, "static")],
            [hook(work, "http://127.0.0.1:%d/" % port)])
    monitor = work.monitor()
    store = sqlite3.connect(
        "file:%s?mode=ro" % (work.path / "indelible.db"), uri=True)

    def waiting():
        return store.execute(
            "SELECT count(*) FROM outbox WHERE state = 0").fetchone()[0]
    wait_until(lambda: waiting() == 2 * len(ids), "all that was read")
    for name in ("ledger", "soc"):
        wait_until(lambda sink=name: "sink %s: " % sink in
                   monitor.diagnostics(), "a warning")
    work.ledger.parent.mkdir()
    with Receiver(port) as receiver:
        wait_until(lambda: len(receiver.seen) >= len(ids) and
                   len(work.ids()) >= len(ids), "what waited", pause=0.5)
        wait_until(lambda: waiting() == 0, "the last answers")
        monitor.stop()
        assert sorted(one.id for one in receiver.seen) == ids
    assert sorted(work.ids()) == ids
    store.close()


@pytest.mark.parametrize("days", [30, -1])
def test_tls(work, server, days):
    """A certificate is verified; nothing is sent past one that expired."""
    tls = certificate(work.path / "tls.pem", days=days)
    log = server.new_log([jane_spec()])
    with Receiver(tls=tls) as receiver:
        prepare(work, [(log, "static")], [hook(work, receiver.url())],
                fetch={"ca_file": str(tls)})
        monitor = work.monitor()
        if days > 0:
            wait_until(lambda: receiver.seen, "the request")
        else:
            wait_until(lambda: "certificate has expired" in
                       monitor.diagnostics(), "a warning")
        monitor.stop()
        assert len(receiver.seen) == (days > 0)


def test_public_only(work, server, receiver):
    """An address of our own networks gets no connection, whatever it is
    called."""
    log = server.new_log([jane_spec()])
    local = receiver.url()
    prepare(work, [(log, "static")],
            [hook(work, local, "one", public_only=True),
             hook(work, local.replace("127.0.0.1", "localhost"), "two",
                  public_only=True)])
    monitor = work.monitor()
    for name in ("one", "two"):
        wait_until(lambda one=name: "sink %s: its address is none of the "
                   "Internet" % one in monitor.diagnostics(), "a warning")
    monitor.stop()
    assert not receiver.seen


@pytest.mark.parametrize("text, mode, said", [
    ("whsec_short", 0o600, "line 1 is no secret"),
    (None, 0o600, "No such file"),
    ("whsec_" + "A" * 44, 0o644, "others may read it"),
], ids=["short", "missing", "open"])
def test_bad_secret(work, server, text, mode, said):
    """Without a secret that is one, the service does not start: 78."""
    log = server.new_log()
    sink = hook(work, "https://soc.example/ct")
    path = work.path / "soc.key"
    prepare(work, [(log, "static")], [sink])
    if text is None:
        path.unlink()
    else:
        path.write_text(text)
        path.chmod(mode)
    result = work.with_config("monitor").expect(78)
    assert "sink soc: " in result.err and said in result.err
    assert text is None or text not in result.err


def test_secret_is_nowhere(work, server, receiver):
    """Not in arguments, environment, diagnostics and the store."""
    secret = new_secret()
    receiver.script = {"/": [(500, {})]}
    log = server.new_log([jane_spec()])
    prepare(work, [(log, "static")],
            [hook(work, receiver.url(), secret=secret)])
    monitor = work.monitor()
    wait_until(lambda: "HTTP 500" in monitor.diagnostics(), "a warning")
    kept = b"".join(path.read_bytes() for path in work.path.iterdir()
                    if path.is_file() and path.name != "soc.key")
    for name in ("cmdline", "environ"):
        with open("/proc/%d/%s" % (monitor.pid, name), "rb") as told:
            kept += told.read()
    monitor.stop()
    assert secret.encode() not in kept and EXPOSURE.encode() in kept
    json.dumps(receiver.seen[0].event)
