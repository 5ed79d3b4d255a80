"""A log made elsewhere: 1,100 entries of a corpus in both protocols, with
the e-mail addresses that are expected in them. Skipped where it is not.

Its list and checkpoint say port 8080 of this machine; its pages have fixed
names (get-entries/0-99.json).
"""
import http.server
import json
import os
import threading
import urllib.parse

import pytest

from .helpers import ROOT, SUMMARY
from .planted import CONSENT

DATA = os.path.join(ROOT, "../shared/data/synthlog")
PAGE = 100
pytestmark = pytest.mark.skipif(
    not os.path.isdir(DATA), reason="no synthetic log beside the repository")


def expected_lines():
    """expected.jsonl: what is in each entry."""
    with open(os.path.join(DATA, "expected.jsonl"),
              encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def page_of(query):
    """get-entries out of the pages on disk, aligned to them."""
    start, end = int(query["start"]), int(query["end"])
    first = start - start % PAGE
    path = os.path.join(DATA, "rfc6962/get-entries/%d-%d.json" % (
        first, first + PAGE - 1))
    with open(path, encoding="utf-8") as file:
        entries = json.load(file)["entries"]
    return json.dumps({"entries": entries[start - first:end - first + 1]})


class Handler(http.server.BaseHTTPRequestHandler):
    """The folder over HTTP; heads as the test wants them."""

    protocol_version = "HTTP/1.1"
    replaced = {}

    def do_GET(self):
        """Any request."""
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        try:
            self.answer(200, self.find(url.path, query))
        except (OSError, KeyError, ValueError):
            self.answer(404, b"not found\n")

    def find(self, path, query):
        """The body for a path; raises when there is none."""
        path = self.replaced.get(path, path)
        name = path.rsplit("/", 1)[1]
        if name == "get-entries":
            return page_of(query).encode()
        if name == "get-sth-consistency":
            path = "/rfc6962/get-sth-consistency/%s-%s.json" % (
                query["first"], query["second"])
        elif name == "get-sth":
            path = "/rfc6962/get-sth.2.json"
        with open(DATA + path, "rb") as file:
            return file.read()

    def answer(self, status, body):
        """Send it."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def replaced():
    """{path: path of the file to be sent instead}."""
    Handler.replaced = {}
    yield Handler.replaced
    Handler.replaced = {}


@pytest.fixture(scope="module")
def port():
    """The folder, served at 8080 if that is free."""
    http.server.ThreadingHTTPServer.allow_reuse_address = True
    try:
        served = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 8080), Handler)
    except OSError:
        served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield served.server_address[1]
    served.shutdown()
    served.server_close()


@pytest.fixture
def log_list(work, port):
    """The list, with the port that it is."""
    with open(os.path.join(DATA, "log_list.json"), encoding="utf-8") as file:
        text = file.read().replace(":8080/", ":%d/" % port)
    return work.write("list.json", text)


def simple(address):
    """An address that a person would have: nothing odd about it."""
    local, at, domain = address.partition("@")
    return bool(at) and address.isascii() and "." in domain and \
        len(local) <= 64 and \
        all(c.isalnum() or c in "._-" for c in local + domain)


def expected_core():
    """{address: indices of the entries it is in}, core tier, subject side."""
    out = {}
    for line in expected_lines():
        if line["malformed"]:
            continue
        for found in line["identifiers"]:
            value = found["value"].strip().lower()
            if found["tier"] == "core" and found["kind"] == "email" and \
                    simple(value):
                out.setdefault(value, set()).add(line["index"])
    return out


def records_of(addresses):
    """A record for each address."""
    return [{"id": "r%d" % number, "tenant": "t", "kind": "email",
             "value": address, "consent": CONSENT}
            for number, address in enumerate(addresses)]


def families():
    """{index: what tells certificates apart} for the expected count."""
    return {line["index"]: line["source_sha"] for line in expected_lines()}


@pytest.mark.parametrize("pattern", ["*RFC6962", "*static"])
def test_each_core_address_is_found(work, log_list, pattern):
    """Every address, in every entry that carries it, is alerted."""
    expected = expected_core()
    addresses = sorted(expected)
    assert len(addresses) > 50
    arguments = ["--log-list", log_list, "--log", pattern]
    if "static" in pattern:
        key = next(log for operator in json.loads(
            log_list.read_text())["operators"]
                   for log in operator["tiled_logs"])["key"]
        base = json.loads(log_list.read_text())["operators"][0][
            "tiled_logs"][0]["monitoring_url"]
        arguments = ["--log-url", base, "--log-api", "static", "--origin",
                     "publiclog2026.example.org", "--log-key", work.write(
                         "static.pem", "-----BEGIN PUBLIC KEY-----\n%s\n"
                         "-----END PUBLIC KEY-----\n" % key)]
    result = work.run("backfill", *arguments, "--records", work.records(
        records_of(addresses)), "--json").expect(0)
    assert result.summary["entries"] == 1100
    assert result.summary["verified"] is True
    found = {}
    for alert in result.alerts:
        address = addresses[int(alert["subject"][1:])]
        found.setdefault(address, set()).update(
            s["index"] for s in alert["data"]["sightings"])
    missed = {a: sorted(expected[a] - found.get(a, set()))
              for a in addresses if expected[a] - found.get(a, set())}
    assert missed == {}


@pytest.mark.parametrize("instead", [
    {"/rfc6962/ct/v1/get-sth": "/rfc6962/bad/get-sth.badsig.json"},
    {"/rfc6962/ct/v1/get-sth": "/rfc6962/bad/get-sth.fork.json"}])
def test_dishonest_heads(work, log_list, replaced, instead):
    """A bad signature, and a signed root of another tree: 76."""
    replaced.update(instead)
    result = work.run("backfill", "--log-list", log_list, "--log",
                      "*RFC6962", "--records", work.records(), "--json",
                      seconds=240).expect(76)
    for event in result.of_type(SUMMARY):
        assert event["data"]["verified"] is False
