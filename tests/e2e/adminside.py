"""The operator's side of a running service: requests over its UNIX socket, and
answers compared with the description that it gives of itself."""
import http.client
import json
import re
import socket
import urllib.parse

import jsonschema

BASE = "/api/v1"


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a UNIX socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = str(path)

    def connect(self):
        """Instead of TCP."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Answer:
    """Status, type and JSON of an answer."""

    def __init__(self, response):
        self.status = response.status
        self.type = response.headers.get_content_type()
        self.allow = response.headers.get("Allow")
        self.body = response.read()
        self.json = json.loads(self.body)

    def expect(self, status):
        """Assert the HTTP status; the JSON."""
        assert self.status == status, (self.status, self.body[:4000])
        assert (self.type == "application/problem+json") == (status >= 400)
        return self.json


class Admin:
    """A caller with a token. All answers must be as they are described."""

    def __init__(self, work, token):
        self.socket = work.path / "admin.sock"
        self.token = token
        self.described = None
        self.described = self.ask("GET", "/openapi.json").expect(200)

    def ask(self, method, path, body=None, kind="application/json", **query):
        """The answer; `path` without the base."""
        headers = {"Authorization": "Bearer " + self.token}
        target = BASE + urllib.parse.quote(path, safe="/:")
        if query:
            target += "?" + urllib.parse.urlencode(query)
        if body is not None:
            headers["Content-Type"] = kind
            body = (body if isinstance(body, str)
                    else json.dumps(body)).encode()
        connection = UnixConnection(self.socket)
        try:
            connection.request(method, target, body, headers)
            answer = Answer(connection.getresponse())
        finally:
            connection.close()
        if self.described is not None:
            self.compare(method, path, answer)
        return answer

    def compare(self, method, path, answer):
        """Fail when the answer is not what the description says."""
        for template, methods in self.described["paths"].items():
            pattern = re.escape(template).replace(r"\{id\}", "[^:]+")
            if re.fullmatch(pattern, BASE + path) and \
                    method.lower() in methods:
                break
        else:
            assert answer.status in (404, 405)
            return
        schema = {"$ref": "#/components/responses/Problem"}
        if answer.status < 300:
            schema = methods[method.lower()]["responses"][str(answer.status)]
        else:
            schema = self.described["components"]["responses"]["Problem"]
        schema = schema["content"][answer.type]["schema"]
        jsonschema.Draft202012Validator(
            schema, resolver=jsonschema.RefResolver.from_schema(
                self.described)).validate(answer.json)
