"""What the tests start: a Sunlight log with its reading side Skylight, a
TesseraCT log, nginx over a log's directory, and certspotter. All listen on
this machine only and end with the tests.
"""
import base64
import concurrent.futures
import ctypes
import hashlib
import http.client
import json
import os
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import time
import urllib.parse
import urllib.request

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.e2e.helpers import LIBC, die_with_parent, environment, \
    free_port, loopback_url, wait_until
from tests.fakelog.keys import TlsAuthority
from .chains import SigningMint, WebMint, check_timestamp, submissions

PR_CAPBSET_DROP = 24
CAP_LINUX_IMMUTABLE = 9


def in_a_cage():
    """In a child: it ends with the tests, and cannot make its files
    immutable, which Sunlight does as root: nobody could remove them."""
    die_with_parent()
    LIBC.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(CAP_LINUX_IMMUTABLE))


class Daemon:
    """A program of others, with its output in a file."""

    def __init__(self, path, *command, **env):
        self.path = path
        self.log = path / "output"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [str(word) for word in command], cwd=path, stdout=log,
                stdin=subprocess.DEVNULL, stderr=log,
                env=environment(TZ="UTC", **env), preexec_fn=in_a_cage)

    def output(self):
        """What it has said."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, condition, what):
        """Wait until the condition is true; its value. Fails when the
        program has ended."""
        def there():
            assert self.process.poll() is None, self.output()[-4000:]
            return condition()
        return wait_until(there, what)

    def serving(self, port):
        """Wait until it listens there; itself."""
        def listens():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0
        self.wait_for(listens, "it to listen")
        return self

    def stop(self):
        """End it; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.process.wait()


# --- a log ------------------------------------------------------------------

class StaticLog:
    """A static log; chains are submitted to it over its own HTTP. Its path
    is /2026, its tiles are in the directory `store`."""

    def __init__(self, path, mint):
        path.mkdir()
        self.path = path
        self.store = path / "store"
        self.port = free_port()
        self.mint = mint
        self.entries = []
        root = base64.encodebytes(mint.root.certificate).decode()
        (path / "roots.pem").write_text(
            "-----BEGIN CERTIFICATE-----\n%s-----END CERTIFICATE-----\n" %
            root)

    def _known_by(self, key):
        """Its public key, and what follows from it."""
        self.key = key
        self.key_pem = key.public_bytes(
            serialization.Encoding.PEM,
            serialization.PublicFormat.SubjectPublicKeyInfo).decode()
        self.log_id = base64.b64encode(hashlib.sha256(key.public_bytes(
            serialization.Encoding.DER,
            serialization.PublicFormat.SubjectPublicKeyInfo)).digest()
        ).decode()

    def post(self, submission):
        """Submit one chain; status and body of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                timeout=60)
        connection.request(
            "POST", "/2026/ct/v1/" + submission.endpoint,
            json.dumps(submission.body()),
            {"Host": self.host, "Content-Type": "application/json"})
        reply = connection.getresponse()
        body = reply.read()
        connection.close()
        return reply.status, body

    def submit(self, submission):
        """Log one chain, verify the timestamp; the entry."""
        status, body = self.post(submission)
        assert status == 200, body
        answer = json.loads(body)
        return submission.entry(
            check_timestamp(submission, answer, self.key),
            answer["timestamp"])

    def add(self, specs):
        """Log all that the descriptions give, many at once, and wait until
        they are in its checkpoint; their truth."""
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            new = list(pool.map(self.submit, submissions(self.mint, specs)))
        self.entries += new
        self.daemon.wait_for(lambda: self.size >= len(self.entries),
                             "the checkpoint")
        return [entry.truth() for entry in new]

    @property
    def truth(self):
        """Of all that was logged."""
        return [entry.truth() for entry in self.entries]

    @property
    def checkpoint(self):
        """Its newest one, a signed note."""
        return (self.store / "checkpoint").read_text()

    @property
    def size(self):
        """Of its checkpoint."""
        return int(self.checkpoint.split("\n")[1])

    def partial_tiles(self, number):
        """The partial data tiles there are, below this full one's number."""
        return [path.name for path in self.store.glob(
            "tile/data/%03d.p/*" % number)]


class Sunlight(StaticLog):
    """A Sunlight log."""

    host = "sunlight.interop.test"
    origin = host + "/2026"

    def __init__(self, program, path):
        super().__init__(path, WebMint())
        self._configure()
        self.daemon = Daemon(path, program, "-c", "sunlight.json").serving(
            self.port)
        self.daemon.wait_for((self.store / "checkpoint").exists, "a log")
        described = json.loads((self.store / "log.v3.json").read_text())
        self._known_by(serialization.load_der_public_key(
            base64.b64decode(described["key"])))
        assert self.log_id == described["log_id"]

    def _configure(self):
        (self.path / "seed").write_bytes(os.urandom(32))
        with sqlite3.connect(self.path / "checkpoints.db") as database:
            database.execute(
                "CREATE TABLE checkpoints (logID BLOB PRIMARY KEY, "
                "body BLOB NOT NULL) STRICT")
        database.close()
        # YAML, of which JSON is a part; Sunlight's keys are in lower case.
        (self.path / "sunlight.json").write_text(json.dumps({
            "listen": ["127.0.0.1:%d" % self.port],
            "checkpoints": "checkpoints.db",
            "logs": [{
                "shortname": "interop", "period": 100,
                "inception": time.strftime("%Y-%m-%d", time.gmtime()),
                "submissionprefix": "https://" + self.origin,
                "monitoringprefix": "https://localhost/read",
                "roots": "roots.pem", "secret": "seed",
                "cache": "cache.db", "localdirectory": str(self.store),
                "notafterstart": "2000-01-01T00:00:00Z",
                "notafterlimit": "2100-01-01T00:00:00Z"}]}))

    def sweep(self, program):
        """Remove partial tiles for which there is a full one."""
        done = subprocess.run(
            [program, "-c", "sunlight.json"], cwd=self.path, check=False,
            stdin=subprocess.DEVNULL, capture_output=True,
            preexec_fn=in_a_cage)
        assert done.returncode == 0, done.stderr


class Tesseract(StaticLog):
    """A TesseraCT log with POSIX storage. It takes any key usage, so people
    too, and removes partial tiles soon after there is the full one. It
    reaches for nothing beyond this machine: no roots, no telemetry."""

    host = "tesseract.interop.test"
    origin = host + "/2026"

    def __init__(self, program, path):
        super().__init__(path, SigningMint())
        key = ec.generate_private_key(ec.SECP256R1())
        (path / "key.pem").write_bytes(key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption()))
        self._known_by(key.public_key())
        self.command = [
            program, "--http_endpoint=127.0.0.1:%d" % self.port,
            "--path_prefix=/2026", "--origin=" + self.origin,
            "--storage_dir=%s" % self.store, "--private_key=key.pem",
            "--roots_pem_file=roots.pem", "--roots_remote_fetch_interval=0s",
            "--ext_key_usages=Any", "--rate_limit_old_not_before=",
            "--enable_publication_awaiter=false", "--batch_max_age=50ms",
            "--checkpoint_interval=100ms", "--awaiter_poll_interval=50ms",
            "--garbage_collection_interval=500ms",
            "--antispam_mem_table_size=%d" % (16 << 20),
            "--antispam_index_cache_size=16MB"]
        self.start()

    def start(self):
        """Run it, on what it has stored."""
        self.daemon = Daemon(
            self.path, *self.command, OTEL_METRICS_EXPORTER="none",
            OTEL_TRACES_EXPORTER="none", GOMEMLIMIT="512MiB").serving(
                self.port)
        self.daemon.wait_for((self.store / "checkpoint").exists, "a log")


class Reading:
    """A log as one of its readers sees it; what e2e's Workspace takes for a
    log."""

    def __init__(self, log, name, url, ca_pem=None):
        self.name = name
        self.log = log
        self.read_url = url
        self.ca_pem = ca_pem
        self.key_pem = log.key_pem
        self.origin = log.origin

    def url(self, _api):
        """The monitoring prefix."""
        return self.read_url


class Skylight(Reading):
    """Sunlight's reading side: HTTPS, gzip, and limits for the unknown."""

    def __init__(self, program, path, log):
        path.mkdir()
        authority = TlsAuthority()
        both = authority.server_pem("valid")
        port = free_port()
        for name in ("skylight.pem", "skylight-key.pem"):
            (path / name).write_bytes(both)
        (path / "skylight.json").write_text(json.dumps({
            "listen": ["127.0.0.1:%d" % port],
            "logs": [{"shortname": "interop",
                      "monitoringprefix": "https://localhost/read",
                      "localdirectory": str(log.store)}]}))
        base = urllib.parse.urlunsplit(
            ("https", "localhost:%d" % port, "", "", ""))
        super().__init__(log, "skylight", base + "/read/", authority.pem)
        self.daemon = Daemon(path, program, "-c", "skylight.json",
                             "-testcert").serving(port)
        self.metrics_url = base + "/metrics"
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(
                context=ssl.create_default_context(cadata=authority.pem)))

    def counts(self):
        """{(kind, client, status code): requests} so far."""
        out = {}
        with self.opener.open(self.metrics_url, timeout=10) as reply:
            for line in reply.read().decode().splitlines():
                if line.startswith("skylight_http_requests_total{"):
                    labels, _, value = line.partition("{")[2].rpartition("} ")
                    labels = dict(
                        pair.split("=", 1) for pair in
                        labels.replace('"', "").split(","))
                    key = labels["kind"], labels["client"], labels["code"]
                    out[key] = out.get(key, 0) + int(float(value))
        return out


NGINX = """daemon off; worker_processes 1; pid nginx.pid; %(user)s
error_log stderr; events {}
http {
    access_log off; default_type application/octet-stream;
    client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3;
    uwsgi_temp_path t4; scgi_temp_path t5;
    server {
        listen 127.0.0.1:%(port)d;
        location /bare/ { alias %(store)s/; }
        location /cached/ { alias %(store)s/; }
        location /cached/checkpoint { alias %(path)s/checkpoint; }
        location /labelled/ { alias %(store)s/; }
        location /labelled/tile/data/ {
            alias %(store)s/tile/data/;
            add_header Content-Encoding gzip;
        }
    }
}
"""


class Nginx:
    """nginx over a log's directory: once with its compressed tiles labelled
    as such, once bare, as object stores and mirrors have them, and once as a
    cache that goes on serving a checkpoint."""

    def __init__(self, path, log):
        path.mkdir()
        port = free_port()
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        (path / "nginx.conf").write_text(NGINX % {
            "user": "" if os.getuid() else "user root;", "port": port,
            "store": log.store, "path": path})
        self.cached_checkpoint = path / "checkpoint"
        self.daemon = Daemon(path, program, "-p", path, "-c",
                             path / "nginx.conf", "-e", "stderr").serving(port)
        self.labelled = Reading(log, "labelled",
                                loopback_url(port, "/labelled/"))
        self.bare = Reading(log, "bare", loopback_url(port, "/bare/"))
        self.cached = Reading(log, "cached", loopback_url(port, "/cached/"))


# --- another's reader -------------------------------------------------------

class CertSpotter:
    """certspotter over logs of the fake log server. What it has found, and
    what it did not like, stands in its state directory."""

    def __init__(self, program, path, log_list, names):
        path.mkdir()
        self.path = path
        self.state = path / "state"
        (path / "watchlist").write_text("".join(n + "\n" for n in names))
        (path / "logs.json").write_text(json.dumps(log_list))
        self.command = [
            program, "-logs", "logs.json", "-watchlist", "watchlist",
            "-state_dir", "state", "-stdout", "-verbose"]
        self.daemon = None

    def start(self, *options):
        """Run it; its heads are read at its start, then every 5 minutes."""
        self.daemon = Daemon(
            self.path, *self.command, *options, HOME=str(self.path),
            XDG_CACHE_HOME=str(self.path / "cache"))

    def _of(self, log):
        return self.state / "logs" / log.log_id.translate(
            str.maketrans("+/", "-_", "="))

    def proven(self, log):
        """The size of the newest head that it has proven."""
        try:
            state = json.loads((self._of(log) / "state.json").read_text())
        except FileNotFoundError:
            return None
        return (state["verified_sth"] or {}).get("tree_size")

    def wait_for(self, log, size=None):
        """Wait until a log is read and proven up to there."""
        size = log.describe()["size"] if size is None else size
        try:
            self.daemon.wait_for(lambda: self.proven(log) == size, "proof")
        except AssertionError as wrong:
            raise AssertionError("%s\n%s\n%s" % (
                wrong, self.complaints(), self.daemon.output()[-4000:])) \
                from None

    def age_heads(self, log, seconds):
        """Let the heads that it has not proven seem older: a partial tile
        is read once a head has wanted it for 5 minutes."""
        heads = list((self._of(log) / "unverified_sths").glob("*.json"))
        for path in heads:
            then = time.time() - seconds
            os.utime(path, (then, then))
        return heads

    def found(self):
        """{SHA-256 of the TBS: DNS names} of what it reported."""
        out = {}
        for path in self.state.glob("certs/*/*.v1.json"):
            certificate = json.loads(path.read_text())
            out[certificate["tbs_sha256"]] = sorted(
                certificate["dns_names"])
        return out

    def reports(self):
        """The words of each report."""
        return [path.read_text() for path in self.state.glob(
            "certs/*/*.txt")]

    def malformed(self, log):
        """The indices of entries that it could not read."""
        return sorted(int(path.stem) for path in (
            self._of(log) / "malformed_entries").glob("*.json"))

    def complaints(self):
        """All that it held against the logs."""
        return [path.read_text() for kind in ("errors", "healthchecks")
                for path in self.state.glob("**/%s/*" % kind)]

    def stop(self):
        """End it."""
        assert self.daemon.stop() == 0, self.daemon.output()[-4000:]
