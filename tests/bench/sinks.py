"""Reading while no sink takes anything, beside reading while as many sinks take
all of it at once: ten thousand matches come in, and the time counts until the
last of them is read and committed.
"""
import pathlib
import sqlite3
import statistics
import tempfile
import time

from tests.e2e.helpers import Workspace, free_port
from tests.e2e.planted import jane_spec
from tests.e2e.receiver import Receiver, new_secret
from tests.fakelog.client import Server

MATCHES = 10000
ROUNDS = 7
PATIENCE = 60


def secret(folder):
    """A webhook's secret, in a file."""
    path = folder / "secret"
    path.write_text(new_secret(), encoding="ascii")
    path.chmod(0o600)
    return str(path)


def broken(folder, hanging):
    """One of each kind, none of which takes anything."""
    closed = "http://127.0.0.1:%d/" % free_port()
    return {
        "file": {"jsonl": {"path": str(folder / "missing" / "a.jsonl")}},
        "gone": {"webhook": {"url": closed, "secret_file": secret(folder)}},
        "hangs": {"webhook": {"url": hanging,
                              "secret_file": secret(folder)}},
        "program": {"exec": {"command": ["/bin/sleep", "600"]}},
        "system": {"syslog": {"socket": str(folder / "no.socket")}},
        "room": {"chat": {"url": closed, "format": "slack"}},
    }


def working(folder, names):
    """As many, which do."""
    return {name: {"jsonl": {"path": str(folder / (name + ".jsonl"))}}
            for name in names}


def read_in(program, log, sinks):
    """Seconds until all was read."""
    with tempfile.TemporaryDirectory(prefix="sinks-") as folder:
        work = Workspace(pathlib.Path(folder))
        work.binary = program
        work.prepare([(log, "static")], alerts={
            "sinks": [dict(sinks[name], name=name) for name in sinks]})
        size = log.describe()["size"]
        began = time.monotonic()
        monitor = work.monitor()
        store = sqlite3.connect("file:%s?mode=ro" % (
            work.path / "indelible.db"), uri=True)
        while not store.execute("SELECT count(*) FROM stretch WHERE"
                                " proven_to = ?", (size,)).fetchone()[0]:
            assert time.monotonic() < began + PATIENCE, "not read in time"
            time.sleep(0.01)
        took = time.monotonic() - began
        store.close()
        monitor.process.kill()
        monitor.process.wait()
        return took


def measure(program):
    """Its speed while all are down, in percent of that while all work."""
    server = Server()
    log = server.new_log([jane_spec() for _ in range(MATCHES)])
    shares = []
    with tempfile.TemporaryDirectory(prefix="sinks-") as folder, \
            Receiver() as receiver:
        folder = pathlib.Path(folder)
        receiver.script = {"/": ["hang"] * MATCHES}
        down = broken(folder, receiver.url("/"))
        for _ in range(ROUNDS):
            up = working(folder, down)
            shares.append(read_in(program, log, up) /
                          read_in(program, log, down))
    server.close()
    return 100 * statistics.median(shares)
