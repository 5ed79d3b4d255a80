"""What the program does to be polite, seen by a server that asks for it: nginx
with a limit on requests answers 429 and has the last word on how many came.
"""
import subprocess

import pytest

from tests.fakelog.files import write_log
from tests.fakelog.keys import LogKey
from tests.fakelog.log import Log
from tests.fakelog.mint import Mint
from .helpers import die_with_parent, free_port, wait_until
from .neighbours import CONF, NGINX, Healthy
from .planted import expected_ids, jane_spec

RATE = 20           # requests a second
TILES = 220
SETTLED = 6         # seconds until then the rate is being looked for

LIMIT = """
  log_format times '$msec $status $uri';
  limit_req_zone $server_name zone=all:1m rate=%dr/s;
  limit_req_status 429;
  server {
    listen 127.0.0.1:%d; server_name all; root %s;
    access_log requests.log times;
    limit_req zone=all %s;
  }
"""

pytestmark = pytest.mark.skipif(NGINX is None, reason="needs nginx")


class Limited:
    """A log behind nginx, which serves so many requests a second."""

    def __init__(self, folder, tiles):
        self.folder = folder
        self.port = free_port()
        log = Log("", Mint(), "http://127.0.0.1:%d" % self.port,
                  {"key_object": LogKey(), "origin": "limited.example"})
        log.append([{"filler": tiles * 256 - 1}, jane_spec(log="final")])
        log.publish()
        write_log(log, str(folder / "log"))
        self.log = Healthy("limited", self.port, log)
        self.process = None

    def serve(self, rate, burst):
        """Start nginx."""
        conf = self.folder / "nginx.conf"
        conf.write_text(CONF.replace("access_log off;", "") % (
            LIMIT % (rate, self.port, self.folder / "log",
                     "burst=%d nodelay" % burst if burst else "nodelay")))
        (self.folder / "requests.log").write_text("")
        self.process = subprocess.Popen(
            [NGINX, "-p", str(self.folder), "-c", str(conf)],
            preexec_fn=die_with_parent)
        wait_until((self.folder / "nginx.pid").exists, "nginx")

    def requests(self):
        """(time, status, path) of all of them."""
        text = (self.folder / "requests.log").read_text()
        rows = [line.split() for line in text.splitlines()]
        return [(float(at), int(code), path) for at, code, path in rows]

    def close(self):
        """Stop nginx."""
        if self.process:
            self.process.terminate()
            self.process.wait()     # and takes nginx.pid away
            self.process = None


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """One such log for all tests."""
    return Limited(tmp_path_factory.mktemp("limited"), TILES)


@pytest.fixture
def limited(made):
    """The same, not being served."""
    yield made
    made.close()


@pytest.mark.alone
@pytest.mark.parametrize("burst,least", [(5, 0.8), (1, 0.7)])
def test_limit_is_found(work, limited, burst, least):
    """As fast as it is allowed, with few requests that are refused."""
    limited.serve(RATE, burst)
    result = work.backfill(limited.log, "static", seconds=120).expect(0)
    assert sorted(result.ids) == sorted(expected_ids(limited.log.entries))
    assert "HTTP 429: asked for less from now on" in result.err
    rows = limited.requests()
    begin, end = rows[0][0], rows[-1][0]
    good = [at for at, code, _ in rows if code == 200]
    ideal = len({path for _, code, path in rows if code == 200})
    late = [at for at in good if at >= begin + SETTLED]
    used = len(late) / (RATE * (end - begin - SETTLED))
    told = "%d requests, %d of them needed, %d refused, %.1f s, %.2f used" % (
        len(rows), ideal, len(rows) - len(good), end - begin, used)
    assert ideal > TILES and len(rows) <= 1.3 * ideal, told
    assert used >= least, told


@pytest.mark.alone
def test_operator_is_limited_as_one(work, server, publisher):
    """Of an operator with two hosts both are asked for less when one of them
    complains; another operator's is read at full speed meanwhile."""
    logs = [server.new_log([{"filler": 120 * 256}], operator=name,
                           base_url=server.listen()["url"])
            for name in ("One", "One", "Other")]
    publisher.publish(server.log_list(*((log, "static") for log in logs)))
    logs[0].fault("status", on="data", code=429, probability=0.5)
    for log in logs:
        log.fault("slow", on="data", seconds=0.05)
    process = work.start(
        "backfill", "--log-list", publisher.url, "--log-list-key",
        work.write("list.pem", publisher.pem()), "--records",
        work.records(), "--json")
    wait_until(lambda: len(logs[2].requests("data")) == 120, "the other")
    asked = len(logs[1].requests("data"))
    process.kill()
    assert 5 < asked < 80
