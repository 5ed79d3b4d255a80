"""Log lists by URL: fetched, verified, kept, refused."""
import contextlib
import http.server
import json
import threading

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .helpers import read_jsonl, wait_until
from .planted import expected_ids, jane_spec

REFUSED = "dev.indelible.loglist.refused.v1"
CONTACT = "ct@indelible.dev"


class Publisher:
    """Serves list.json and its signature, which can be spoiled."""

    def __init__(self):
        self.private = rsa.generate_private_key(65537, 2048)
        self.files = {}
        publisher = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """Files out of memory."""
            def do_GET(self):
                """A file, or 404."""
                body = publisher.files.get(self.path)
                self.send_response(200 if body is not None else 404)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_arguments):
                """Silence."""

        self.http = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d/list.json" % self.http.server_port
        self.thread = threading.Thread(target=self.http.serve_forever)
        self.thread.start()

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

    def close(self):
        """Nobody answers any more."""
        if self.thread.is_alive():
            self.http.shutdown()
            self.thread.join()
        self.http.server_close()


@pytest.fixture
def publisher():
    """A server of one list."""
    with contextlib.closing(Publisher()) as running:
        yield running


def logs_of(server, num):
    """Logs with one exposure each."""
    return [server.new_log([{"filler": 20}, jane_spec(log="final")],
                           description="List %d" % i) for i in range(num)]


def list_of(server, logs, **more):
    """The list of these logs."""
    return dict(server.log_list(*((log, "static") for log in logs)), **more)


def scan(work, publisher, *more):
    """A scan of the list's logs."""
    return work.run("backfill", "--log-list", publisher.url,
                    "--log-list-key", work.write("list.pem", publisher.pem()),
                    "--records", work.records(), "--json", *more)


def entries(result):
    """How many logs were scanned."""
    return len(result.of_type("dev.indelible.scan.summary.v1"))


@pytest.mark.smoke
def test_scan(work, server, publisher):
    """Signed: its logs are scanned. Nothing is written."""
    logs = logs_of(server, 2)
    publisher.publish(list_of(server, logs))
    result = scan(work, publisher).expect(0)
    assert entries(result) == 2
    assert result.ids
    assert not (work.path / "lists").exists()


def test_unsigned(work, server, publisher):
    """Without a key it is used, and called unsigned."""
    publisher.publish(list_of(server, logs_of(server, 1)), spoiled=True)
    result = work.run("backfill", "--log-list", publisher.url, "--records",
                      work.records(), "--json").expect(0)
    assert "without a signature" in result.err


def test_bad_signature(work, server, publisher):
    """Not used; without a copy that is the end."""
    publisher.publish(list_of(server, logs_of(server, 1)), spoiled=True)
    result = scan(work, publisher).expect(76)
    assert publisher.url in result.err
    assert "signature" in result.err


def test_nobody_answers(work, server, publisher):
    """Neither network nor copy: 69, and the list is named."""
    publisher.close()
    result = scan(work, publisher).expect(69)
    assert publisher.url in result.err


def test_not_there(work, publisher):
    """HTTP 404."""
    result = scan(work, publisher).expect(69)
    assert "404" in result.err


def test_plain_http(work):
    """Only on this machine."""
    result = work.run("backfill", "--log-list", "http://ct.example.org/l",
                      "--records", work.records()).expect(64)
    assert "http://ct.example.org/l" in result.err


def test_needs_contact(work):
    """Before anybody is asked."""
    result = work.run("backfill", "--log-list", "https://ct.example.org/l",
                      "--records", work.records()).expect(64)
    assert "--contact" in result.err


def test_state_keeps_a_copy(work, server, publisher):
    """A scan with --state is resumed without the network of its list."""
    logs = logs_of(server, 1)
    publisher.publish(list_of(server, logs))
    scan(work, publisher, "--state", "scan").expect(0)
    publisher.close()
    result = scan(work, publisher, "--state", "scan").expect(0)
    assert "copy" in result.err


def configure(work, publisher, **logs):
    """A service that follows the list's logs."""
    key = work.write("list.pem", publisher.pem())
    work.prepare([], contact=CONTACT, logs=dict(logs, lists=[
        {"url": publisher.url, "key_file": str(key)}]))


def refusals(work):
    """The reasons told to the operator."""
    return [event["data"]["reason"] for event in read_jsonl(work.ledger)
            if event["type"] == REFUSED]


def follow(work, log):
    """Run until this log's exposures are delivered; what it said."""
    process = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), process)
    said = process.err_path
    process.stop()
    return said.read_text(errors="replace")


def test_monitor(work, server, publisher):
    """Fetched and kept; then the copy when nobody answers."""
    logs = logs_of(server, 1)
    publisher.publish(list_of(server, logs))
    configure(work, publisher)
    assert "copy" not in follow(work, logs[0])
    names = sorted(p.name for p in (work.path / "lists").iterdir())
    assert len(names) == 2
    assert names[0].endswith(".json") and names[1].endswith(".sig")
    publisher.close()
    logs[0].append([jane_spec(log="final")])
    assert "the copy of the last good one is used" in follow(work, logs[0])
    assert refusals(work) == []


@pytest.mark.parametrize("how, reason", [
    ("signature", "signature"), ("older", "older"),
    ("version", "version"), ("shrunken", "lacks 2 of the 3 logs"),
    ("empty", "no log")])
def test_refused(work, server, publisher, how, reason):
    """A worse edition is refused, told, and the copy goes on."""
    logs = logs_of(server, 3)
    publisher.publish(list_of(server, logs, version="2.0"))
    configure(work, publisher)
    follow(work, logs[2])
    worse = {
        "signature": {}, "older":
            {"log_list_timestamp": "2026-01-01T00:00:00Z"},
        "version": {"version": "1.9"}, "shrunken": {},
        "empty": {"operators": []}}[how]
    kept = logs[:1] if how == "shrunken" else logs
    publisher.publish(dict(list_of(server, kept, version="2.0"), **worse),
                      spoiled=how == "signature")
    logs[2].append([jane_spec(log="final")])
    process = work.monitor()
    work.wait_for_ids(expected_ids(logs[2].truth()), process)
    wait_until(lambda: refusals(work), "the event")
    process.stop()
    told, = refusals(work)
    assert reason in told
    assert "refused" in process.err_path.read_text(errors="replace")


def test_frozen(work, server, publisher):
    """Mimic logs: used, with a warning."""
    log_list = list_of(server, logs_of(server, 1))
    mimic = dict(log_list["operators"][0]["tiled_logs"][0])
    mimic["log_id"] = "9EGV1vAOLbVUNcrdV3iS5T4VrUFwWPh44U/2uRh0FYk="
    log_list["operators"][0]["tiled_logs"].append(mimic)
    publisher.publish(log_list)
    result = scan(work, publisher).expect(0)
    assert "we are served the frozen list" in result.err
    assert entries(result) == 1


# --- logs -------------------------------------------------------------------

def test_logs_of_a_file(work, server):
    """list and show, without a configuration."""
    logs = logs_of(server, 2)
    path = work.write("l.json", json.dumps(list_of(server, logs)))
    out = work.run("logs", "list", "--log-list", path).expect(0).out
    assert "List 0" in out and logs[1].static in out
    shown = work.run("logs", "show", "--log-list", path, "--json",
                     logs[1].log_id).expect(0).out
    assert json.loads(shown)["description"] == "List 1"
    work.run("logs", "show", "--log-list", path, "nobody").expect(64)
    work.run("logs", "show").expect(64)


def test_logs_refresh(work, server, publisher):
    """Only refresh uses the network; list has what it fetched."""
    publisher.publish(list_of(server, logs_of(server, 2)))
    configure(work, publisher)
    result = work.with_config("logs", "list").expect(66)
    assert "logs refresh" in result.err
    assert "2 logs" in work.with_config("logs", "refresh").expect(0).out
    publisher.close()
    lines = work.with_config("logs", "list", "--json").expect(0).out
    assert len(lines.splitlines()) == 2
