"""Healthy logs beside one that attacks: what they lose by it.

The healthy ones are files served by nginx at a set speed for each connection,
as real logs are; so most of the time nobody needs the processor, and what
the attack costs them is seen in the time until all of them are read.
"""
import os
import shutil
import statistics
import subprocess
import time

from tests.fakelog.attacks import ATTACKS, arm
from tests.fakelog.files import write_log
from tests.fakelog.keys import LogKey
from tests.fakelog.log import Log
from tests.fakelog.mint import Mint
from .gauge import Gauge
from .helpers import DEADLINE, Workspace, die_with_parent, free_port, \
    wait_until
from .planted import expected_ids, jane_spec

NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") +
                     ":/usr/sbin:/sbin")

CONF = """
daemon off; master_process off; worker_processes 1;
pid nginx.pid; error_log error.log;
events { worker_connections 512; }
http {
  access_log off; default_type application/octet-stream;
  client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3;
  uwsgi_temp_path t4; scgi_temp_path t5;
  keepalive_requests 1000000;
  %s
}
"""
SITE = "server { listen 127.0.0.1:%d; root %s; limit_rate %d; }"


class Healthy:
    """One log behind nginx; looks like client.Log to a Workspace."""

    def __init__(self, name, port, log):
        self.name = name
        self.static = "http://127.0.0.1:%d/" % port
        self.origin = log.origin
        self.key_pem = log.key.pem
        self.entries = log.truth()

    def url(self, _api):
        """The base URL."""
        return self.static


class Neighbours:
    """The healthy logs, being served."""

    def __init__(self, folder, count=4, entries=100000, rate=4 << 20):
        self.folder = str(folder)
        self.logs = []
        mint = Mint()
        base, like, sites = None, None, []
        for number in range(count):
            port = free_port()
            log = Log("", mint, "http://127.0.0.1:%d" % port,
                      {"key_object": LogKey(),
                       "origin": "healthy.example/%d" % number})
            if base is None:
                log.append([{"filler": entries}])
            else:
                log.copy_entries(base, entries)
            log.append([jane_spec(log="final")])
            log.publish()
            root = os.path.join(self.folder, "log%d" % number)
            write_log(log, root, like)
            base, like = base or log, like or (root, entries)
            sites.append(SITE % (port, root, rate))
            self.logs.append(Healthy("healthy%d" % number, port, log))
        conf = os.path.join(self.folder, "nginx.conf")
        with open(conf, "w", encoding="ascii") as out:
            out.write(CONF % "\n  ".join(sites))
        self.process = subprocess.Popen(
            [NGINX, "-p", self.folder, "-c", conf],
            preexec_fn=die_with_parent)

    def expected(self):
        """The ids of the exposures in all of them."""
        return [i for log in self.logs for i in expected_ids(log.entries)]

    def close(self):
        """Stop serving."""
        self.process.terminate()
        self.process.wait()


class Run:
    """The service reads the healthy logs from 0, and perhaps others."""

    def __init__(self, folder, neighbours, others=(), **fetch):
        os.mkdir(folder)
        self.work = Workspace(folder)
        pairs = [(log, "static") for log in neighbours.logs] + list(others)
        self.work.prepare(pairs, fetch=dict(
            {"poll_static": "1s", "poll_rfc6962": "1s",
             "partial_tile_after": "0s"}, **fetch), workers=1)
        self.expected = set(neighbours.expected())
        begin = time.monotonic()
        self.monitor = self.work.monitor()
        self.gauge = Gauge(self.monitor.pid)
        try:
            self.wait()
            self.seconds = time.monotonic() - begin
            self.cpu = self.gauge.cpu()
            self.monitor.stop()
        finally:
            self.gauge.stop()
            self.work.close()
        self.peak = self.gauge.peak

    def wait(self):
        """Until what is planted at the end of each healthy log is told."""
        def there():
            self.monitor.assert_running()
            return self.expected <= set(self.work.ids())
        wait_until(there, "the healthy logs", 3 * DEADLINE)


def attackers(server, names):
    """A (log, api) pair for each name of an attack, on a port of its own."""
    out = []
    for number, name in enumerate(names):
        log = server.new_log([{"filler": 3000}], page=256,
                             base_url=server.listen()["url"])
        arm(log, name)
        out.append((log, protocol(name, number)))
    return out


def protocol(name, number):
    """Which protocol an attack is tried in: bent JSON needs JSON, grease a
    checkpoint, others take turns."""
    kinds = {kind for kind, _ in ATTACKS[name]}
    if "json" in kinds:
        return "rfc6962"
    return "static" if "grease" in kinds or number % 2 == 0 else "rfc6962"


def disarm(pairs):
    """Take the attackers away; how many requests were made to them."""
    asked = sum(len(log.requests()) for log, _ in pairs)
    for log, _ in pairs:
        log.remove()
    return asked


def loss(times, others):
    """How much longer the others' median is, in percent."""
    alone = statistics.median(times)
    return 100.0 * (statistics.median(others) - alone) / alone
