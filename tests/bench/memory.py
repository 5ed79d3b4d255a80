"""How much memory all processes have together while logs are read as fast as
they can: one log of each protocol alone, and many at once, each on a host of
its own. Tiles and pages are as large as those of real logs.
"""
import copy
import os
import pathlib
import subprocess
import time
import types

from tests.e2e.gauge import MIB, Gauge
from tests.e2e.helpers import Workspace, die_with_parent, free_port, \
    wait_until
from tests.e2e.planted import JANE
from tests.fakelog.keys import LogKey
from tests.fakelog.log import Head
from tests.crash.invariants import connect
from .world import PAGE, World

ENTRIES = 256 * 250
MANY = 40
MOST = 256      # MiB; the index of one record is none
# How many logs of each protocol.
CASES = {"one static": (1, 0), "one rfc6962": (0, 1),
         "%d of both" % MANY: (MANY // 2, MANY // 2),
         "%d rfc6962" % MANY: (0, MANY)}
PATIENCE = 300

NGINX = """
worker_processes 1; daemon off; pid crowd.pid; error_log crowd.err;
events { worker_connections 2048; }
http {
  access_log off; default_type application/octet-stream; sendfile on;
  keepalive_requests 1000000;
  client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3;
  uwsgi_temp_path t4; scgi_temp_path t5;
  %s
}
"""
SITE = """server { listen 127.0.0.1:%(port)d; root %(folder)s/static;
    location = /checkpoint { alias %(folder)s/%(name)s.checkpoint; }
    location = /ct/v1/get-sth { alias %(folder)s/%(name)s.sth; }
    location = /ct/v1/get-entries { root %(folder)s;
      try_files /pages/$arg_start.json =404; } }
"""


class Crowd:
    """Logs with the same entries, each with a key and a port of its own."""

    def __init__(self, folder):
        self.world = World(folder, ENTRIES)
        self.folder = folder
        self.logs = [self._log(number) for number in range(MANY)]
        with open(os.path.join(folder, "crowd.conf"), "w",
                  encoding="ascii") as conf:
            conf.write(NGINX % "  ".join(SITE % {
                "port": log.port, "folder": folder, "name": log.name}
                for log in self.logs))
        self.nginx = subprocess.Popen(
            ["nginx", "-p", folder, "-c", folder + "/crowd.conf"],
            preexec_fn=die_with_parent)

    def _log(self, number):
        log = copy.copy(self.world.log)
        log.key = LogKey("p256")
        port = free_port()
        name = "crowd%d" % number
        log.origin = "127.0.0.1:%d" % port
        head = Head(log, ENTRIES, log.head.root, int(time.time() * 1000))
        path = pathlib.Path(self.folder, name)
        path.with_suffix(".checkpoint").write_text(head.checkpoint())
        path.with_suffix(".sth").write_text(
            str(head.sth()).replace("'", '"'))
        return types.SimpleNamespace(
            name=name, port=port, key_pem=log.key.pem, origin=log.origin,
            url=lambda _api: "http://127.0.0.1:%d/" % port)

    def close(self):
        """Stop serving."""
        for process in (self.nginx, self.world.nginx):
            process.terminate()
            process.wait()


def is_read(store, logs):
    """Whether so many logs are read and proven."""
    database = connect(store)
    try:
        return database.execute(
            "SELECT count(*) FROM stretch WHERE proven_to = ?",
            (ENTRIES,)).fetchone()[0] == logs
    finally:
        database.close()


def peak(folder, pairs, binary):
    """Bytes at the most while the service reads these logs; and seconds."""
    folder.mkdir()
    work = Workspace(folder)
    work.binary = binary
    work.prepare(pairs, records=[JANE])
    begin = time.monotonic()
    monitor = work.monitor()
    gauge = Gauge(monitor.pid)
    try:
        wait_until(lambda: is_read(folder / "indelible.db", len(pairs)),
                   "the logs", PATIENCE, 0.2)
        seconds = time.monotonic() - begin
        monitor.stop()
    finally:
        gauge.stop()
        work.close()
    return gauge.peak, seconds


def measure(folder, binary):
    """The table; how many cases had too much."""
    missed = 0
    crowd = Crowd(folder)
    print("%d entries a log, pages of %.1f MB" % (
        ENTRIES, crowd.world.bytes["pages"] / ENTRIES * PAGE / 1e6))
    try:
        for name, (static, rfc6962) in CASES.items():
            pairs = [(log, "static") for log in crowd.logs[:static]] + \
                [(log, "rfc6962") for log in
                 crowd.logs[static:static + rfc6962]]
            most, seconds = peak(pathlib.Path(folder, "run-" + name.replace(
                " ", "-")), pairs, binary)
            missed += most > MOST * MIB
            print("%-14s %6.1f s %8.0f entries a second %7.1f MiB, at most "
                  "%d  %s" % (name, seconds, ENTRIES * len(pairs) / seconds,
                              most / MIB, MOST,
                              "ok" if most <= MOST * MIB else "MISSED"),
                  flush=True)
    finally:
        crowd.close()
    return missed
