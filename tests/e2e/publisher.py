"""A publisher of one log list with its signature, which can be spoiled, held
up, or made large; and what tests of lists have in common.
"""
import hashlib
import http.server
import json
import threading
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .helpers import read_jsonl, wait_until
from .planted import jane_spec

REFUSED = "dev.indelible.loglist.refused.v1"
CHANGED = "dev.indelible.loglist.changed.v1"
FROZEN = "dev.indelible.loglist.frozen.v1"
CONTACT = "ct@indelible.dev"


class Publisher:
    """Serves list.json and its signature. `mode`: None, "stall" (no answer
    until it is another), or "endless" (100 MB of blanks)."""

    def __init__(self):
        self.private = rsa.generate_private_key(65537, 2048)
        self.files = {}
        self.mode = None
        self.asked = []     # (path, status)
        publisher = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """Files out of memory."""
            def do_GET(self):
                """A file, or 404."""
                publisher.answer(self)

            def log_message(self, *_arguments):
                """Silence."""

        self.http = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = "http://127.0.0.1:%d/list.json" % self.http.server_port
        self.thread = threading.Thread(target=self.http.serve_forever)
        self.thread.start()

    def answer(self, request):
        """One request."""
        body = self.files.get(request.path)
        tag = '"%s"' % hashlib.sha256(body or b"").hexdigest()[:16]
        status = 404 if body is None else 200
        if body is not None and request.headers["If-None-Match"] == tag:
            status, body = 304, None
        self.asked.append((request.path, status))
        while self.mode == "stall":
            time.sleep(0.05)
        try:
            self.send(request, status, tag, body or b"")
        except OSError:
            pass

    def send(self, request, status, tag, body):
        """The reply."""
        endless = self.mode == "endless" and request.path == "/list.json"
        request.send_response(status)
        request.send_header("ETag", tag)
        if not endless:
            request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        for _ in range(100 if endless else 0):
            request.wfile.write(b" " * (1 << 20))
        request.wfile.write(body)

    def pem(self):
        """The public key."""
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM,
            serialization.PublicFormat.SubjectPublicKeyInfo)

    def publish(self, log_list, spoiled=False):
        """A new edition."""
        text = json.dumps(log_list).encode()
        self.files["/list.sig"] = self.private.sign(
            text, padding.PKCS1v15(), hashes.SHA256())
        self.files["/list.json"] = text + (b"\n" if spoiled else b"")

    def count(self, status=None):
        """How often the list was asked for (and answered so)."""
        return len([one for path, one in self.asked if path == "/list.json"
                    and status in (None, one)])

    def wait(self, more=2):
        """Until it was asked for some more times."""
        goal = self.count() + more
        wait_until(lambda: self.count() >= goal, "renewals")

    def close(self):
        """Nobody answers any more."""
        self.mode = None
        if self.thread.is_alive():
            self.http.shutdown()
            self.thread.join()
        self.http.server_close()


def logs_of(server, num):
    """Logs with one exposure each, that take an entry in within a second."""
    return [server.new_log([{"filler": 20}, jane_spec(log="final")], mmd=1,
                           description="List %d" % i) for i in range(num)]


def list_of(server, logs, **more):
    """The list of these logs."""
    return dict(server.log_list(*((log, "static") for log in logs)), **more)


def configure(work, publisher, **logs):
    """A service that follows the list's logs."""
    key = work.write("list.pem", publisher.pem())
    work.prepare([], contact=CONTACT, logs=dict(logs, lists=[
        {"url": publisher.url, "key_file": str(key)}]))


def events(work, kind):
    """The data of what was told. After a kill it may be told again, with the
    same id."""
    told = {event["id"]: event["data"] for event in read_jsonl(work.ledger)
            if event["type"] == kind}
    return list(told.values())


def refusals(work):
    """The reasons told to the operator."""
    return [data["reason"] for data in events(work, REFUSED)]
