"""The service's doors from outside: plain HTTP, over TCP or a UNIX socket."""
import http.client
import json

from .adminside import UnixConnection


class Reply:
    """What an HTTP request brought."""

    def __init__(self, response):
        self.code = response.status
        self.headers = response.headers
        self.text = response.read().decode()

    @property
    def json(self):
        """The body, which has to be JSON."""
        assert "json" in self.headers["Content-Type"]
        return json.loads(self.text)


class Door:
    """A door at a TCP port or the path of a socket."""

    def __init__(self, where, token=None):
        self.where = where
        self.token = token

    def connection(self):
        """One connection, for one request."""
        if isinstance(self.where, int):
            return http.client.HTTPConnection("127.0.0.1", self.where,
                                              timeout=60)
        return UnixConnection(str(self.where))

    def ask(self, method, path, body=None, kind="application/json",
            **headers):
        """A request; its reply."""
        headers = {name.replace("_", "-"): value
                   for name, value in headers.items()}
        if self.token and "Authorization" not in headers:
            headers["Authorization"] = "Bearer " + self.token
        if body is not None:
            headers["Content-Type"] = kind
        link = self.connection()
        try:
            link.request(method, path, body, headers)
            reply = Reply(link.getresponse())
        finally:
            link.close()
        assert reply.headers["Connection"] == "close"
        assert reply.headers["Cache-Control"] == "no-store"
        return reply

    def get(self, path, **headers):
        """GET."""
        return self.ask("GET", path, **headers)

    def post(self, path, body="", kind="application/json", **headers):
        """POST."""
        return self.ask("POST", path, body, kind, **headers)
