"""The admin door of a running service: who is let in, by what, and how what
is changed by it takes effect."""
import concurrent.futures
import hashlib
import json
import os
import re
import signal
import socket
import stat
import time

import pytest

from .door import Door
from .helpers import free_port, wait_until
from .planted import CONSENT, between, expected_ids
from .resolver import resolver

SOON = 40           # healthz looks every 10 s


def listening(work, path="admin.sock"):
    """Whether somebody listens on the UNIX socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(work.path / path))
        except OSError:
            return False
    return True


@pytest.fixture
def inside(work, server):
    """A service with both ways in, and its token."""
    log = server.new_log(between(20))
    work.port = free_port()
    work.prepare([(log, "static")],
                 admin={"listen": "127.0.0.1:%d" % work.port})
    work.log = log
    work.service = work.monitor()
    wait_until(lambda: listening(work), "the door")
    work.token = own_token(work)
    work.door = Door(work.port, work.token)
    work.local = Door(work.path / "admin.sock", work.token)
    return work


def own_token(work):
    """What `store init` has made."""
    lines = (work.path / "admin.token").read_text().splitlines()
    token, = [line for line in lines if not line.startswith("#")]
    return token


def tokens(work, *lines):
    """Other tokens, taken over by SIGHUP."""
    (work.path / "admin.token").write_text("\n".join(lines) + "\n")
    work.service.signal(signal.SIGHUP)


def raw(where, data, wait=True):
    """All that comes back for these bytes."""
    family = socket.AF_INET if isinstance(where, int) else socket.AF_UNIX
    with socket.socket(family) as link:
        link.settimeout(30)
        link.connect(("127.0.0.1", where) if isinstance(where, int)
                     else str(where))
        try:
            link.sendall(data)
        except OSError:
            pass
        out = b""
        while wait:
            try:
                part = link.recv(65536)
            except ConnectionResetError:
                break
            if not part:
                break
            out += part
        return out


# --- what is made, and who may ----------------------------------------------

def test_init_makes_a_token(work):
    """0600, one random token, left alone when it is there."""
    work.config()
    work.with_config("store", "init").expect(0)
    path = work.path / "admin.token"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first = own_token(work)
    assert len(first) >= 43
    work.with_config("store", "init").expect(73)
    assert own_token(work) == first


@pytest.mark.smoke
def test_both_ways(inside):
    """TCP and the UNIX socket, which only owner and group can use."""
    mode = (inside.path / "admin.sock").stat().st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o660
    for door in (inside.door, inside.local):
        reply = door.get("/api/v1/records")
        assert reply.code == 200, reply.text
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
    inside.service.stop()
    assert not (inside.path / "admin.sock").exists()


def test_without_a_token(inside):
    """Nothing, of what is there and what is not."""
    for path in ("/api/v1/status", "/api/v1/records", "/", "/metrics",
                 "/api/v1/no"):
        for header in (None, "Bearer", "Bearer " + "x" * 64,
                       "Basic " + inside.token, inside.token):
            headers = {"Authorization": header} if header else {}
            for door in (Door(inside.port), Door(inside.local.where)):
                reply = door.get(path, **headers)
                assert reply.code == 401
                assert reply.headers["WWW-Authenticate"] == "Bearer"
                assert reply.json["status"] == 401
    assert inside.token not in inside.service.diagnostics()


def test_scopes_and_tenants(inside):
    """A token that may only read; one that sees one tenant; a hash."""
    reader, acme, hashed = "r" * 20, "a" * 20, "h" * 20
    tokens(inside, reader + " read * ops", acme + " write acme",
           "sha256:%s read" % hashlib.sha256(hashed.encode()).hexdigest())
    wait_until(lambda: Door(inside.port, reader).get(
        "/api/v1/records").code == 200, "the new tokens")
    assert inside.door.get("/api/v1/records").code == 401
    assert Door(inside.port, hashed).get("/api/v1/records").code == 200
    for token in (reader, hashed):
        door = Door(inside.port, token)
        assert door.post("/api/v1/records", "{}").code == 403
        assert door.ask("DELETE", "/api/v1/records/x").code == 403
    assert Door(inside.port, acme).get("/api/v1/status").code == 403


def test_bad_tokens_keep_the_old(inside):
    """A token file that is broken while the service runs changes nothing."""
    tokens(inside, "short")
    wait_until(lambda: "stay good" in inside.service.diagnostics(),
               "the warning")
    assert inside.door.get("/api/v1/records").code == 200


def test_host(inside):
    """Names of others are refused, as a rebound one would be."""
    for host in ("evil.example", "evil.example:80", "localhost.evil.example",
                 "127.0.0.1.evil.example", ""):
        reply = inside.door.get("/healthz", Host=host)
        assert reply.code in (400, 421), host
    for host in ("localhost", "localhost:1", "127.0.0.1", "[::1]:9",
                 "192.0.2.1:80"):
        assert inside.door.get("/api/v1/records", Host=host).code == 200
    assert inside.local.get("/api/v1/records", Host="x.example").code == 200


def test_types(inside):
    """What a foreign page could make a browser send changes nothing."""
    for kind in ("text/plain", "application/x-www-form-urlencoded",
                 "multipart/form-data; boundary=x", "application/jsonx"):
        assert inside.door.post("/api/v1/records", "{}", kind).code == 415
    reply = inside.door.get("/api/v1/records", Origin="https://evil.example")
    assert not [name for name in reply.headers if
                name.lower().startswith("access-control")]


# --- hostile requests --------------------------------------------------------

@pytest.mark.smoke
def test_ambiguous(inside):
    """What two readers could take for different requests is refused, and
    nothing behind a request is run."""
    bearer = "Authorization: Bearer %s\r\n" % inside.token
    head = "%s /api/v1/records HTTP/1.1\r\nHost: localhost\r\n" + bearer
    second = head % "GET" + "\r\n"
    json_type = "Content-Type: application/json\r\n"
    for method, more in (
            ("POST", "Content-Length: 2\r\nContent-Length: 4\r\n\r\n{}"),
            ("POST", "Content-Length: 5\r\nTransfer-Encoding: chunked"
             "\r\n\r\n0\r\n\r\n"),
            ("POST", "Transfer-Encoding: chunked, identity\r\n\r\n{}"),
            ("GET", "Content-Length: 2\r\n\r\n{}"),
            ("GET", "Host: other\r\n\r\n")):
        for where in (inside.port, inside.local.where):
            out = raw(where, (head % method + json_type + more +
                              second).encode())
            assert out.startswith(b"HTTP/1.1 400 "), (more, out)
            assert out.count(b"HTTP/1.") == 1
    out = raw(inside.port, (second + second).encode())
    assert out.startswith(b"HTTP/1.1 200 ") and out.count(b"HTTP/1.") == 1


def test_floods(inside):
    """Ten thousand headers, long bodies, connections that say nothing: the
    door stays open, and memory stays small."""
    many = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + b"".join(
        b"X-%d: y\r\n" % n for n in range(10000)) + b"\r\n"
    assert not raw(inside.port, many).startswith(b"HTTP/1.1 2")
    long = b"x" * (3 << 20)
    stranger = Door(inside.port).post("/api/v1/records", long)
    assert stranger.code == 401
    assert inside.door.post("/api/v1/records", long).code == 413
    assert inside.local.post("/api/v1/records", long).code == 413
    silent = [socket.create_connection(("127.0.0.1", inside.port))
              for _ in range(200)]
    assert inside.local.get("/api/v1/records").code == 200
    begin = time.monotonic()
    assert Door(inside.port).get("/healthz").code in (200, 503)
    assert time.monotonic() - begin < 45
    for link in silent:
        link.close()
    with open("/proc/%d/status" % inside.service.pid, encoding="ascii") as f:
        kib = [int(line.split()[1]) for line in f
               if line.startswith("RssAnon")][0]
    assert kib < 200 << 10


def test_big_import(inside):
    """A file of records larger than any other body, by the socket alone."""
    lines = "".join(json.dumps({
        "id": "many/%d" % n, "tenant": "many", "kind": "email",
        "value": "p%d@many.example.net" % n, "consent": CONSENT}) + "\n"
        for n in range(20000))
    assert len(lines) > 3 << 20
    assert inside.door.post("/api/v1/records", lines,
                            "application/jsonl").code == 413
    with concurrent.futures.ThreadPoolExecutor(1) as other:
        doing = other.submit(inside.local.post, "/api/v1/records", lines,
                             "application/jsonl")
        slowest = 0
        while not doing.done():
            begin = time.monotonic()
            assert Door(inside.port).get("/healthz").code in (200, 503)
            slowest = max(slowest, time.monotonic() - begin)
            time.sleep(0.02)
    assert doing.result().code in (200, 201), doing.result().text
    assert slowest < 1


# --- health ------------------------------------------------------------------

def test_healthz(inside):
    """200 when `status` is content, 503 when it is not; numbers only."""
    door = Door(inside.port)
    wait_until(lambda: door.get("/healthz").code == 200, "health", SOON)
    assert door.get("/healthz").json == {
        "healthy": True, "unhealthy_logs": 0, "store": "healthy"}
    assert door.ask("HEAD", "/healthz").code == 200
    assert door.ask("DELETE", "/healthz").code == 405
    inside.with_config("status").expect(0)


def test_unhealthy(work, server):
    """A log that has never answered: 503."""
    log = server.new_log(between(20))
    work.config([(log, "static")])
    conf = work.config_file.read_text()
    work.write("indelible.yaml", conf.replace(
        log.url("static"), "http://127.0.0.1:%d/" % free_port()))
    work.with_config("store", "init").expect(0)
    work.monitor()
    wait_until(lambda: listening(work), "the door")
    door = Door(work.path / "admin.sock")
    assert door.get("/healthz").code == 503
    wait_until(lambda: door.get("/healthz").json.get("unhealthy_logs"),
               "the look", SOON)
    assert door.get("/healthz").json["unhealthy_logs"] == 1
    assert door.get("/healthz").code == 503


# --- effects ------------------------------------------------------------------

def test_change_is_seen_within_a_second(inside):
    """A record that comes by the door is watched for at once."""
    def watched():
        return "match index: %d records" % (
            before + 1) in inside.service.diagnostics()

    before = len(inside.door.get("/api/v1/records?limit=1000").json[
        "records"])
    record = {"id": "new/1", "tenant": "new", "kind": "email",
              "value": "late.comer@example.org", "consent": CONSENT}
    reply = inside.door.post("/api/v1/records", json.dumps(record),
                             "application/jsonl")
    assert reply.code in (200, 201), reply.text
    wait_until(watched, "the index", 1.5)


def test_goes_on_reading(inside):
    """The doors do not keep the service from its work, nor from its end."""
    inside.wait_for_ids(expected_ids(inside.log.truth()), inside.service)
    link = socket.create_connection(("127.0.0.1", inside.port))
    link.sendall(b"GET /healthz HTT")
    inside.service.stop()
    link.close()


def test_domain_is_proven(work, server):
    """The door looks the TXT record up: without it the domain stays pending,
    with it it is watched for at once."""
    record = {"id": "acme/dom", "tenant": "acme", "kind": "domain",
              "value": "example.com"}
    name, port = "_ct-pii-challenge.example.com", free_port()
    work.prepare([(server.new_log(between(20)), "static")], [record],
                 public={"resolver": "127.0.0.1:%d" % port})
    service = work.monitor()
    wait_until(lambda: listening(work), "the door")
    door = Door(work.path / "admin.sock", own_token(work))
    target = "/api/v1/records/acme/dom%s?tenant=acme"
    value = re.search(r"indelible=[\w-]{43}", door.get(target % "").text)
    for known in ({}, {name: "indelible=" + "x" * 43}):
        with resolver(port, **known):
            reply = door.post(target % ":confirm")
            assert reply.code == 409 and "TXT" in reply.text, reply.text
    # Others have proven it, too.
    texts = ["indelible=%043d" % n for n in range(40)]
    texts[20] = value.group()
    with resolver(port, **{name: texts}):
        reply = door.post(target % ":confirm")
        assert reply.code == 200 and reply.json["state"] == "active"
    wait_until(lambda: "match index: 1 records" in service.diagnostics(),
               "the index", 1.5)


def test_stop_while_looking_up(work, server):
    """A name server that is silent keeps no one: the answer says so."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        record = {"id": "acme/dom", "tenant": "acme", "kind": "domain",
                  "value": "example.org"}
        work.prepare([(server.new_log(between(20)), "static")], [record],
                     public={"resolver": "127.0.0.1:%d" %
                             silent.getsockname()[1]})
        service = work.monitor()
        wait_until(lambda: listening(work), "the door")
        door = Door(work.path / "admin.sock", own_token(work))
        with concurrent.futures.ThreadPoolExecutor(1) as other:
            doing = other.submit(
                door.post, "/api/v1/records/acme/dom:confirm?tenant=acme")
            silent.settimeout(30)
            silent.recv(4096)
            service.stop()
            assert doing.result().code >= 400


# --- opening ------------------------------------------------------------------

def test_port_in_use(work, server):
    """A configured address that somebody else has: 69 and the reason."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        where = "127.0.0.1:%d" % taken.getsockname()[1]
        work.prepare([(server.new_log(between(20)), "static")],
                     admin={"listen": where})
        result = work.monitor().wait().expect(69)
    assert "admin.listen: cannot listen on %s" % where in result.err


def test_socket_of_a_crash(work, server):
    """What a killed service leaves does not keep the next one out; a file
    that is no socket does."""
    work.prepare([(server.new_log(between(20)), "static")])
    first = work.monitor()
    wait_until(lambda: listening(work), "the door")
    first.crash()
    assert (work.path / "admin.sock").exists()
    second = work.monitor()
    wait_until(lambda: listening(work), "the door")
    second.stop()
    work.write("admin.sock", "mine")
    result = work.monitor().wait().expect(69)
    assert "admin.socket" in result.err
    assert (work.path / "admin.sock").read_text() == "mine"


def test_no_directory(work, server):
    """A configured socket without its directory: 78."""
    work.prepare([(server.new_log(between(20)), "static")],
                 admin={"socket": str(work.path / "no" / "admin.sock")})
    result = work.monitor().wait().expect(78)
    assert "admin.socket" in result.err and "directory" in result.err


def test_token_files(work, server):
    """Missing: a warning, and nobody comes in. Readable by others or broken:
    the service does not start."""
    work.prepare([(server.new_log(between(20)), "static")])
    path = work.path / "admin.token"
    token = own_token(work)
    os.chmod(path, 0o640)
    assert "chmod 600" in work.monitor().wait().expect(77).err
    os.chmod(path, 0o600)
    path.write_text(token + " everything\n")
    err = work.monitor().wait().expect(78).err
    assert "admin.token" in err and token not in err
    path.unlink()
    service = work.monitor()
    wait_until(lambda: listening(work), "the door")
    assert "nobody can use the API" in service.diagnostics()
    assert Door(work.path / "admin.sock", token).get(
        "/api/v1/records").code == 401
    service.stop()


def test_off(work, server):
    """Both null: no door, and no word about it."""
    log = server.new_log(between(20))
    work.prepare([(log, "static")], admin={"listen": None, "socket": None})
    service = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), service)
    assert "admin" not in service.diagnostics()
    assert not (work.path / "admin.sock").exists()
    service.stop()
