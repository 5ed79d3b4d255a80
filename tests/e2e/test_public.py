"""The public door of a running service: what people see behind the links of
mails, the same for every token."""
import base64
import hashlib
import os
import re
import secrets
import socket
import sqlite3
import statistics
import time
import urllib.parse

import pytest

from .browser import Browser
from .door import Door
from .helpers import free_port, loopback_url, wait_until
from .planted import CONSENT, between, jane_spec
from .report_page import Page

FORM = "application/x-www-form-urlencoded"
CONTACT = "privacy@indelible.dev"
PAGES = {"/confirm": "Yes, start watching",
         "/unsubscribe": "Stop watching"}
DONE = {"/confirm": "Thank you", "/unsubscribe": "We have stopped",
        "/never": "We will not write again"}


def new_token():
    """What a token looks like."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()[:43]


def answers(port):
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def outside(work, server):
    """A service with pages."""
    work.port = free_port()
    work.prepare([(server.new_log(between(20)), "static")],
                 contact=CONTACT, public={
                     "listen": "127.0.0.1:%d" % work.port,
                     "url": "https://ct-privacy.example.net/"})
    work.service = work.monitor()
    wait_until(lambda: answers(work.port), "the door")
    work.door = Door(work.port)
    return work


def check(reply, code=200):
    """What holds for every page."""
    assert reply.code == code
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    assert reply.headers["Referrer-Policy"] == "no-referrer"
    assert reply.headers["X-Robots-Tag"] == "noindex"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    page = Page(reply.text)
    style = base64.b64encode(hashlib.sha256(
        page.element("style").encode()).digest()).decode()
    assert reply.headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'sha256-%s'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'" % style)
    assert page.count("script") == 0
    assert all(load in ("confirm", "unsubscribe", "never")
               for load in page.loads)
    assert page.links == ["mailto:" + CONTACT]
    assert "{" not in page.visible
    return page


# --- tokens that are known ------------------------------------------------------

CONFIRM, UNSUBSCRIBE = 0, 1
PEOPLE = ["one", "two", "three", "four"]


def person(name, **more):
    """A record of somebody, pending unless there is a consent."""
    return dict({"id": "acme/" + name, "tenant": "acme", "kind": "email",
                 "value": name + ".roe@example.org"}, **more)


@pytest.fixture
def known(work, server):
    """A service, tokens that its store knows, and its admin door: Jane and
    `one` to `four`, of whom the last two are active."""
    work.port = free_port()
    records = [person(name) for name in PEOPLE[:2]] + [
        person(name, consent=CONSENT) for name in PEOPLE[2:]] + [
        person("jane", value="jane.roe@example.com", consent=CONSENT)]
    work.log = server.new_log(between(5, []))
    work.prepare([(work.log, "static")], records, contact=CONTACT, public={
        "listen": "127.0.0.1:%d" % work.port,
        "url": "https://ct-privacy.example.net/"})
    work.tokens = {}
    for name in PEOPLE + ["jane"]:
        use = CONFIRM if name in PEOPLE[:2] else UNSUBSCRIBE
        work.tokens[name] = give(work, name, use)
    return open_doors(work)


def open_doors(work):
    """Start the service."""
    work.service = work.monitor()
    wait_until(lambda: answers(work.port), "the door")
    work.door = Door(work.port)
    admin, = [line for line in (work.path / "admin.token").read_text()
              .splitlines() if not line.startswith("#")]
    work.admin = Door(work.path / "admin.sock", admin)
    return work


def give(work, name, use, seconds=3600):
    """A token of this record in the store, as a letter or alert has one."""
    token = new_token()
    now = int(time.time() * 1000)
    with sqlite3.connect(work.path / "indelible.db") as store:
        row, = store.execute("SELECT id FROM record WHERE name = ?",
                             ["acme/" + name]).fetchone()
        store.execute("INSERT INTO token VALUES(?, ?, ?, ?, ?, NULL)", [
            hashlib.sha256(base64.urlsafe_b64decode(token + "=")).digest(),
            row, use, now, now + 1000 * seconds])
    store.close()
    return token


def states(work):
    """{name: state} as the admin interface tells them."""
    return {record["id"][5:]: record["state"] for record in work.admin.get(
        "/api/v1/records?tenant=acme").json["records"]}


def test_confirm(known):
    """Opening a link changes nothing; its button does, once."""
    begin = states(known)
    for name, token in known.tokens.items():
        for path in PAGES:
            known.door.get("%s?t=%s" % (path, token))
            known.door.ask("HEAD", "%s?t=%s" % (path, token))
    assert states(known) == begin
    assert begin["one"] == begin["two"] == "pending"
    known.door.post("/confirm", "t=" + known.tokens["one"], FORM)
    wait_until(lambda: states(known)["one"] == "active", "one", 2)
    known.door.post("/unsubscribe", "t=" + known.tokens["two"], FORM)
    known.door.post("/confirm", "t=" + known.tokens["three"], FORM)
    time.sleep(1)
    assert dict(states(known), one="pending") == begin
    known.door.post("/confirm", "t=" + known.tokens["one"], FORM)


def test_unsubscribe(known):
    """One click, and nothing of that person is found any more."""
    known.log.append([jane_spec()])
    wait_until(lambda: len(known.alerts()) == 1, "the alert")
    reply = known.door.post("/unsubscribe?t=" + known.tokens["jane"],
                            "List-Unsubscribe=One-Click", FORM)
    assert reply.code == 200
    known.log.append([jane_spec()])
    assert states(known)["jane"] == "withdrawn"
    known.door.post("/unsubscribe?t=" + known.tokens["three"], "", FORM)
    wait_until(lambda: states(known)["three"] == "withdrawn", "three", 2)
    size = known.log.describe()["size"]
    wait_until(lambda: '"proven":%d' % size in known.with_config(
        "status", "--json").out, "the rest of the log")
    assert len(known.alerts()) == 1
    assert states(known)["four"] == "active"


def test_never(known):
    """A record that waits is erased, one that is active withdrawn."""
    for name in ("two", "four"):
        known.door.post("/never", "t=" + known.tokens[name], FORM)
    wait_until(lambda: states(known)["four"] == "withdrawn", "four", 2)
    assert states(known).get("two", "erased") == "erased"
    assert states(known)["one"] == "pending"


def test_late(known):
    """A token whose time is over does nothing."""
    known.service.stop()
    late = give(known, "one", CONFIRM, -1)
    open_doors(known)
    reply = known.door.post("/confirm", "t=" + late, FORM)
    fresh = known.door.post("/confirm", "t=" + new_token(), FORM)
    assert reply.text == fresh.text
    time.sleep(1)
    assert states(known)["one"] == "pending"


def test_known_and_unknown_alike(known):
    """The same bytes and the same time for tokens that do something, that
    did, and that never were."""
    texts, times = set(), {"known": [], "unknown": []}
    for name in PEOPLE + ["jane"]:
        path = "/confirm" if name in PEOPLE[:2] else "/unsubscribe"
        for kind, token in (("known", known.tokens[name]),
                            ("unknown", new_token()),
                            ("known", known.tokens[name])):
            begin = time.monotonic()
            reply = known.door.post(path + "?t=" + token, "", FORM)
            times[kind].append(time.monotonic() - begin)
            texts.add((path, reply.text, len(reply.headers)))
    assert len(texts) == 2
    medians = [statistics.median(times[kind]) for kind in times]
    assert abs(medians[0] - medians[1]) < 0.02, times
    assert set(states(known).values()) == {"active", "withdrawn"}


def test_damaged_record(known):
    """A record that cannot be read is told of once, and nothing is kept busy
    by it."""
    known.service.stop()
    with sqlite3.connect(known.path / "indelible.db") as store:
        store.execute("UPDATE record SET sealed = zeroblob(length(sealed))"
                      " WHERE name = 'acme/one'")
    store.close()
    open_doors(known)
    known.door.post("/confirm", "t=" + known.tokens["one"], FORM)
    wait_until(lambda: "is lost" in known.service.diagnostics(), "a word")
    time.sleep(6)
    assert known.service.diagnostics().count("could not be stored") == 1
    known.door.post("/confirm", "t=" + known.tokens["two"], FORM)
    wait_until(lambda: states(known)["two"] == "active", "two", 2)


# --- pages --------------------------------------------------------------------

@pytest.mark.smoke
def test_links(outside):
    """A page with buttons, whose form has the token and nothing else does."""
    for path, button in PAGES.items():
        token = new_token()
        page = check(outside.door.get("%s?t=%s" % (path, token)))
        assert button in page.visible
        assert "Never write to this address again" in page.visible
        assert page.source.count(token) == 2
        assert page.count("input", type="hidden", name="t",
                          value=token) == 2
        assert outside.door.ask("HEAD", "%s?t=%s" % (path, token)).code == 200


@pytest.mark.smoke
def test_buttons(outside):
    """Each by form, by query, and by one-click; the token is not repeated."""
    for path, title in DONE.items():
        token = new_token()
        for target, body, kind in (
                (path, "t=" + token, FORM),
                (path + "?t=" + token, "", FORM),
                (path + "?t=" + token, "List-Unsubscribe=One-Click", FORM),
                (path + "?t=" + token,
                 '--x\r\nContent-Disposition: form-data; '
                 'name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
                 "multipart/form-data; boundary=x")):
            page = check(outside.door.post(target, body, kind))
            assert page.element("h1") == title
            assert token not in page.source


def test_broken_links(outside):
    """What cannot be a token is not looked up, and never shown again."""
    good = new_token()
    evil = '"><script>alert(1)</script>'
    for text in ("", good[:-1], good + "A", "*" * 43, "+" + good[1:],
                 good[:42] + "B", "%00" + good[1:], evil,
                 good + "&t=" + good):
        for path in PAGES:
            query = path + "?t=" + urllib.parse.quote(text, "&=%*+")
            for reply in (outside.door.get(query),
                          outside.door.post(query, "", FORM)):
                assert reply.code == 400
                if "html" in reply.headers["Content-Type"]:
                    page = check(reply, 400)
                    assert "not complete" in page.element("h1")
                assert "alert" not in reply.text
                assert good[1:] not in reply.text
    for path in DONE:
        check(outside.door.post(path, "t=" + good, "text/plain"), 400)
        check(outside.door.post(path, "x" * 20000, FORM), 400)


def test_nothing_else(outside):
    """No other page, no other method, no admin interface."""
    for path in ("/", "/never", "/confirm/", "/confirmed", "/healthz",
                 "/api/v1/status", "/metrics", "/favicon.ico", "//confirm"):
        check(outside.door.get(path), 404)
    token = new_token()
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        check(outside.door.ask(method, "/confirm?t=" + token), 404)


def test_same_for_all(outside):
    """The same bytes for every token, and the same time: 300 ms after a
    button."""
    for path in DONE:
        texts, times = set(), []
        for _ in range(5):
            begin = time.monotonic()
            reply = outside.door.post(path + "?t=" + new_token(), "", FORM)
            times.append(time.monotonic() - begin)
            texts.add((reply.text, str(sorted(
                (name, value) for name, value in reply.headers.items()
                if name != "Date"))))
        assert len(texts) == 1
        assert min(times) >= 0.29, times
        assert statistics.median(times) < 0.5, times
    first, second = new_token(), new_token()
    assert outside.door.get("/confirm?t=" + first).text.replace(
        first, second) == outside.door.get("/confirm?t=" + second).text


def test_too_many(outside):
    """Beyond the rate: 429 and a page that says so, then it goes on."""
    codes = []
    for _ in range(400):
        reply = outside.door.get("/confirm?t=" + new_token())
        codes.append(reply.code)
        if reply.code == 429:
            break
    assert codes[-1] == 429 and len(codes) > 150
    check(reply, 429)
    assert int(reply.headers["Retry-After"]) > 0
    wait_until(lambda: outside.door.get(
        "/confirm?t=" + new_token()).code == 200, "another chance", 10)


def test_stop_with_visitors(outside):
    """Those that wait for their 300 ms get their answer; the service ends."""
    link = outside.door.connection()
    link.request("POST", "/unsubscribe?t=" + new_token(), "",
                 {"Content-Type": FORM})
    time.sleep(0.1)
    outside.service.stop()
    assert link.getresponse().status == 200
    link.close()


def test_no_url_no_pages(work, server):
    """Without a public URL nothing is listened on."""
    port = free_port()
    work.prepare([(server.new_log(between(20)), "static")],
                 public={"listen": "127.0.0.1:%d" % port})
    service = work.monitor()
    wait_until(lambda: (work.path / "admin.sock").exists(), "the start")
    assert not answers(port)
    service.stop()


def test_tokens_are_not_told(outside):
    """Neither in what the service says nor in its store's files."""
    token = new_token()
    for path in DONE:
        outside.door.get("%s?t=%s" % (path, token))
        outside.door.post(path, "t=" + token, FORM)
    outside.service.stop()
    assert token not in outside.service.diagnostics()
    raw = base64.urlsafe_b64decode(token + "=")
    for path in outside.path.glob("indelible.db*"):
        data = path.read_bytes()
        assert token.encode() not in data and raw not in data


# --- in a browser ---------------------------------------------------------------

@pytest.fixture(scope="module")
def chromium():
    """One browser for all."""
    with Browser() as browser:
        yield browser


def visit(browser, outside, target):
    """Open a page of ours."""
    browser.do("url", url=loopback_url(outside.port, target))


def press(browser, text):
    """Press the button with this text."""
    browser.script("""
        for (const b of document.querySelectorAll('button'))
            if (b.textContent.trim() == arguments[0]) b.click();
    """, text)


def title(browser):
    """The heading of the page that is seen."""
    return browser.script("return document.querySelector('h1').textContent")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_looks(outside, chromium, tmp_path, width, scheme):
    """Nothing runs out of a phone's screen, buttons are large enough for a
    finger, and nothing is loaded. PICTURES keeps what it looks like."""
    where = os.environ.get("PICTURES", str(tmp_path))
    chromium.media("screen", scheme)
    chromium.size(width, 800, phone=width < 600)
    for path in list(PAGES) + ["/broken"]:
        target = path + "?t=" + new_token()
        if path == "/broken":
            target = "/confirm"
        visit(chromium, outside, target)
        wide, tall, small = chromium.script("""
            const b = [...document.querySelectorAll('button')];
            return [document.documentElement.scrollWidth,
                Math.min(...b.map(x => x.offsetHeight), 999),
                parseFloat(getComputedStyle(document.body).fontSize)];
        """)
        assert wide <= width, (path, wide)
        assert tall >= 44 and small >= 16
        chromium.picture("%s/%s-%d-%s.png" % (where, path[1:], width,
                                              scheme))
    assert {re.sub(r":\d+/.*", "", url) for url in
            chromium.requests()} <= {"http://127.0.0.1"}


def test_pressed(outside, chromium):
    """Each button leads to its page, with the policy in force."""
    chromium.size(360, 800, phone=True)
    chromium.complaints()
    for path, button in list(PAGES.items()) + [
            ("/confirm", "Never write to this address again"),
            ("/unsubscribe", "Never write to this address again")]:
        visit(chromium, outside, path + "?t=" + new_token())
        press(chromium, button)
        target = "/never" if button.startswith("Never") else path
        wait_until(lambda: title(chromium) == DONE[target], DONE[target])
        assert chromium.script("return location.pathname") == target
        assert chromium.script("return location.search") == ""
        assert chromium.script("return document.referrer") == ""
    assert not [line for line in chromium.complaints()
                if "favicon" not in line]
