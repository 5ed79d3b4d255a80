"""Starting the server as a process of its own, and its control endpoint.

Needs the standard library only.
"""
import itertools
import json
import os
import ssl
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))


class FakeLogError(Exception):
    """The control endpoint refused."""


class Server:
    """A running server; logs are made with new_log()."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.fakelog", "--until-eof",
             "--no-log"] + list(arguments), cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        line = self.process.stdout.readline()
        if not line:
            raise FakeLogError("the log server did not start")
        ready = json.loads(line)
        self.url = ready["url"]
        self.ca_pem = ready["ca_pem"]
        self.names = itertools.count(1)

    def call(self, method, path, body=None):
        """A request to the control endpoint."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            "%s/control/%s" % (self.url, path), data, method=method,
            headers={"Content-Type": "application/json"})
        context = ssl.create_default_context(cadata=self.ca_pem) \
            if self.ca_pem else None
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=context))
        try:
            with opener.open(request, timeout=60) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as refusal:
            raise FakeLogError(refusal.read().decode()) from None
        except urllib.error.URLError as wrong:
            raise FakeLogError("no log server (exit status %s): %s" % (
                self.process.poll(), wrong.reason)) from None

    def new_log(self, specs=(), **options):
        """A new log with these entries, published."""
        options.setdefault("name", "log%d" % next(self.names))
        return Log(self, self.call("POST", "logs", dict(
            options, specs=list(specs))))

    def mint(self, **spec):
        """Certificates that are in no log; base64 values."""
        return self.call("POST", "mint", spec)

    def listen(self, **how):
        """One more port, as {"url", "ca_pem"}."""
        return self.call("POST", "listen", how)

    def rotate(self):
        """New TLS certificates on all ports that have them."""
        self.call("POST", "rotate")

    def proxy(self, **knobs):
        """A bad line to this server, or to the URL `to`; see proxy.py."""
        return Proxy(self, self.call("POST", "proxy", knobs)["port"])

    def trap(self, how="trap"):
        """A port that counts who asks it; see proxy.py."""
        return Trap(self, self.call("POST", "trap", {"how": how})["port"])

    def log_list(self, *pairs):
        """A log list of (log, api) pairs."""
        logs = ",".join("%s:%s" % (log.name, api) for log, api in pairs)
        return self.call("GET", "loglist?" + urllib.parse.urlencode(
            {"logs": logs}))

    def close(self):
        """Stop it."""
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class Proxy:
    """A bad line of the server's. A log behind it is made with
    new_log(..., base_url=proxy.url)."""

    def __init__(self, server, port):
        self.server = server
        self.port = port
        self.url = "http://127.0.0.1:%d" % port

    def set(self, **knobs):
        """Turn knobs while it runs."""
        self.server.call("POST", "proxy", dict(knobs, port=self.port))

    def counts(self):
        """Connections, how many are open and were at most, bytes, and how
        many were reset and stalled."""
        return self.server.call("GET", "proxy?port=%d" % self.port)


class Trap:
    """A port that remembers what it was asked."""

    def __init__(self, server, port):
        self.server = server
        self.port = port
        self.url = "http://127.0.0.1:%d" % port

    def asked(self):
        """The first bytes of every connection, oldest first."""
        return self.server.call("GET", "trap?port=%d" % self.port)


class Log:
    """One log of the server."""

    def __init__(self, server, described):
        self.server = server
        self.name = described["name"]
        self.static = described["static"]
        self.rfc6962 = described["rfc6962"]
        self.origin = described["origin"]
        self.key_pem = described["key_pem"]
        self.log_id = described["log_id"]

    def url(self, api):
        """The base URL of "static" or "rfc6962"."""
        return getattr(self, api)

    def _call(self, method, verb, body=None, query=""):
        return self.server.call(method, "%s/%s%s" % (
            verb, self.name or "default", query), body)

    def append(self, specs, publish=True):
        """Add entries; the truth about those that are not filler."""
        return self._call("POST", "append", {
            "specs": list(specs), "publish": publish})["entries"]

    def grow(self, count):
        """Add everyday entries and publish."""
        self.append([{"filler": count}])

    def publish(self, size=None):
        """Sign a head over the first `size` entries, or all."""
        return self._call("POST", "publish", {} if size is None
                          else {"size": size})

    def options(self, **options):
        """Change how it serves."""
        return self._call("POST", "options", options)

    def fault(self, kind, **how):
        """Arm a fault; its number."""
        return self._call("POST", "faults", dict(how, kind=kind))["id"]

    def faults(self):
        """The armed faults with their hits."""
        return self._call("GET", "faults")

    def hits(self):
        """How often faults have struck."""
        return sum(f["hits"] for f in self.faults())

    def calm(self):
        """Disarm all faults."""
        self._call("DELETE", "faults")

    def describe(self):
        """Its state as it is now."""
        return self._call("GET", "logs")

    def truth(self, everything=False):
        """What is known of planted (or of all) entries."""
        return self._call("GET", "truth", query="?all=1" if everything
                          else "")["entries"]

    def requests(self, what=None):
        """The requests that came, oldest first."""
        return [r for r in self._call("GET", "requests")
                if what in (None, r["what"])]

    def remove(self):
        """Take it off the server."""
        self._call("DELETE", "logs")
