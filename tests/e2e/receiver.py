"""An HTTP receiver of webhooks that answers by a script and checks what it is
sent, by Standard Webhooks 1.0 as its specification tells it; it shares nothing
with the program."""
import base64
import hashlib
import hmac
import http.server
import json
import os
import ssl
import threading
import time


def new_secret():
    """A signing secret as it stands in a file."""
    return "whsec_" + base64.b64encode(os.urandom(32)).decode()


def signature(secret, identity, timestamp, body):
    """The signature that this secret makes."""
    key = base64.b64decode(secret.partition("_")[2])
    signed = identity.encode() + b"." + timestamp.encode() + b"." + body
    return "v1," + base64.b64encode(
        hmac.new(key, signed, hashlib.sha256).digest()).decode()


class Received:
    """One request."""

    def __init__(self, path, headers, body):
        self.at = time.monotonic()
        self.path = path
        self.headers = headers
        self.body = body
        self.id = headers["webhook-id"]
        self.timestamp = headers["webhook-timestamp"]

    @property
    def event(self):
        """The CloudEvent."""
        return json.loads(self.body)

    def is_signed(self, secret):
        """As a receiver checks it: the time is now, and one signature is
        right."""
        assert abs(int(self.timestamp) - time.time()) < 300
        right = signature(secret, self.id, self.timestamp, self.body)
        return any(hmac.compare_digest(right, one) for one in
                   self.headers["webhook-signature"].split(" "))


class Receiver:
    """`with Receiver() as receiver`: receiver.script[path] are the answers to
    the first requests there, each (status, headers), "drop": read all and hang
    up, or "hang": no answer; then 204."""

    def __init__(self, port=0, tls=None):
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """Hands all to the receiver."""
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                """Say nothing."""

            def do_POST(self):
                """A delivery."""
                receiver.answer(self)

            do_GET = do_POST

        self.script = {}
        self.seen = []
        self.over = threading.Event()
        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls)
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True,
                do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.scheme = "https" if tls else "http"

    def answer(self, request):
        """Remember a request and answer it."""
        length = int(request.headers.get("Content-Length", 0))
        self.seen.append(Received(request.path, request.headers,
                                  request.rfile.read(length)))
        script = self.script.get(request.path, [])
        what = script.pop(0) if script else (204, {})
        if what == "hang":
            self.over.wait()
        if what in ("hang", "drop"):
            request.close_connection = True
            return
        status, headers = what
        body = headers.pop("body", b"")
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        if status != 204:
            request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def url(self, path="/"):
        """Where it listens."""
        return "%s://127.0.0.1:%d%s" % (self.scheme, self.port, path)

    def at(self, path):
        """The requests for this path."""
        return [one for one in self.seen if one.path == path]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever,
                         kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()
