"""Webhooks, verified by the library that the makers of Standard Webhooks give
to receivers."""
import json
import subprocess

from tests.e2e.helpers import wait_until
from tests.e2e.planted import between, expected_ids
from tests.e2e.receiver import Receiver, new_secret
from tests.e2e.test_webhook import hook, prepare
from .conftest import program


def verdicts(secret, deliveries):
    """What the library says of each."""
    lines = "".join(json.dumps({
        "Secret": secret, "Headers": dict(one.headers.items()),
        "Body": one.body.decode()}) + "\n" for one in deliveries)
    return subprocess.run(
        [program("standardwebhooks")], input=lines, text=True, check=True,
        stdout=subprocess.PIPE, timeout=60).stdout.splitlines()


def test_signatures(work, server):
    """It takes every alert, by the secret of now and the one before; and none
    by another secret, or with a byte changed."""
    program("standardwebhooks")
    old, new = new_secret(), new_secret()
    log = server.new_log(between(3))
    ids = expected_ids(log.truth())
    with Receiver() as receiver:
        prepare(work, [(log, "static")],
                [hook(work, receiver.url(), secret="%s\n%s" % (new, old))])
        monitor = work.monitor()
        wait_until(lambda: len(receiver.seen) >= len(ids), "requests")
        monitor.stop()
        seen = receiver.seen
    assert sorted(one.id for one in seen) == sorted(ids)
    for secret in (old, new):
        assert verdicts(secret, seen) == ["ok"] * len(seen)
    assert "ok" not in verdicts(new_secret(), seen)
    for one in seen:
        one.body = one.body.replace(b"exposure", b"Exposure", 1)
    assert "ok" not in verdicts(new, seen)
