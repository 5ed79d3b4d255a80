"""Nothing passes raw: payloads in every text of certificates, records, log
lists and answers, and every output that there is, judged as injection.py says.
"""
import collections
import contextlib
import html
import json
import os
import pty
import re
import socket
import subprocess
import threading
import urllib.parse

import pytest

from tests.fakelog.keys import LogKey
from .browser import Browser
from .door import Door
from .helpers import BINARY, Workspace, environment, free_port, \
    loopback_url, read_jsonl, wait_until
from .injection import DOMAIN, FORGED, MARKS, PAYLOADS, PLAIN, Markup, Raw, \
    certificates, drawn, entries, harmless, lines, local, mark, prose, seen_by, shape, \
    slack, strict, strict_lines, syslog, teams, terminal
from .planted import CONSENT
from .receiver import Receiver, new_secret

CONTACT = "ct@indelible.dev"
BIG = "Sectigo Limited"     # that the directory of CAs knows
KINDS = 4                   # certificates for each payload
ROOMS = ("slack", "teams")


class Verdicts:
    """What the judges say of many outputs, gathered: all of it is told."""

    def __init__(self):
        self.wrong = []
        self.judged = collections.Counter()
        self.arrived = collections.defaultdict(set)

    @contextlib.contextmanager
    def of(self, output):
        """One look at an output."""
        self.judged[output] += 1
        try:
            yield
        except Raw as raw:
            self.wrong.append("%s: %s" % (output, raw))

    def saw(self, output, text):
        """Which payloads have come so far."""
        self.arrived[output] |= set(MARKS.findall(text))

    def text(self, output, text, judge=lines):
        """People's text."""
        with self.of(output):
            judge(text)
        self.saw(output, text)

    def jsons(self, output, text):
        """JSON Lines; what is in them."""
        self.saw(output, text)
        with self.of(output):
            return strict_lines(text)
        return []

    def close(self, *outputs, least=len(PAYLOADS)):
        """Nothing was wrong, and that many payloads came to these."""
        first = {}      # of each output
        for wrong in self.wrong:
            first.setdefault(wrong.partition(": ")[0], wrong)
        assert not self.wrong, "%d raw:\n%s" % (
            len(self.wrong), "\n".join(first.values()))
        for output in outputs:
            assert len(self.arrived[output]) >= least, \
                (output, len(self.arrived[output]))


# --- the judges --------------------------------------------------------------

PAGE = "<!doctype html><html><body><p>%s</p></body></html>"


def fails(judge, *arguments):
    """Whether a judge notices."""
    try:
        judge(*arguments)
    except Raw:
        return True
    return False


def test_payloads():
    """Enough, each in another way, and marked."""
    assert len(PAYLOADS) >= 60
    assert len({payload.text for payload in PAYLOADS}) == len(PAYLOADS)
    for payload in PAYLOADS:
        assert payload.value.endswith(mark(payload.number))
        assert len(list(certificates(payload))) == KINDS


@pytest.mark.parametrize("kind", ["escape", "c0", "c1", "line", "bidi",
                                  "hidden"])
def test_judges_of_text(kind):
    """Each payload that stands raw in a line is noticed: on a terminal, in
    JSON, in a datagram, in a page, in a room."""
    card = {"type": "message", "a": {"inlines": [{"text": "x"}]}}
    for payload in PAYLOADS:
        if payload.kind != kind:
            continue
        value = payload.value
        assert fails(lines, "value  %s\n" % value), payload
        assert fails(terminal, "\x1b[31mvalue\x1b[0m  %s\r\n" % value.replace(
            "\n", "\r\n")), payload
        assert fails(strict_lines, '{"value":"%s"}\n' % value), payload
        assert fails(syslog, (
            "<30>1 2026-01-01T00:00:00.000Z - indelible - exposure - id=%s "
            "subject=%s" % ("0" * 32, value)).encode()), payload
        assert fails(Markup(PAGE % "x").judge, PAGE % value), payload
        room = {"text": "t", "mrkdwn": False, "blocks": [
            {"text": {"type": "plain_text", "text": value}}] * 2}
        assert fails(slack, json.dumps(room, ensure_ascii=False),
                     shape(room))
        card["a"]["inlines"][0]["text"] = value
        assert fails(teams, json.dumps(card, ensure_ascii=False), shape(card))


def test_judges_of_markup():
    """What breaks out of JSON, of a page, or into a room's format."""
    for payload in PAYLOADS:
        if payload.kind == "json":
            text = '{"value":"%s","severity":"high"}' % payload.text
            assert fails(strict, text) or \
                strict(text)["value"] != payload.text
    assert fails(strict, '{"a":1,"a":2}') and fails(strict, '{"a":NaN}')
    learnt = Markup(PAGE % "x")
    tags = [p for p in PAYLOADS if p.kind == "html" and fails(
        learnt.judge, PAGE % p.value)]
    assert len(tags) >= 10
    link = PAGE % "<a href='%s'>x</a>"
    assert fails(Markup(link % "#x").judge, link % PAYLOADS[0].value)
    for room in ({"text": "<!channel>", "mrkdwn": False, "blocks": []},
                 {"text": "t", "mrkdwn": False, "blocks": [
                     {"text": {"type": "mrkdwn", "text": "x"}}]}):
        assert fails(slack, json.dumps(room), shape(room))
    assert fails(slack, '{"text":"t"}', {""})
    assert fails(teams, json.dumps({"text": mark(1)}), {"", ".text"})


def test_judges_of_hooks():
    """A value in an argument, in the environment, or in a header: as one more,
    or in one that belongs there."""
    own = "1\n/taken\nPATH=/usr/bin\nPWD=/\nLC_ALL=C.UTF-8\n"
    about_hook(own + own, "/taken")
    for name, known in HEADERS.items():
        post_headers(name, {key.title(): "x" for key in known})
    for payload in PAYLOADS:
        value = payload.value
        for raw in (own + value + "\n", own + "X=%s\n" % value,
                    own.replace("\n/taken", "\n/taken\n" + value),
                    own.replace("C.UTF-8", value)):
            assert fails(about_hook, raw, "/taken"), payload
        for name, known in HEADERS.items():
            plain = dict.fromkeys(known, "x")
            for key in known:
                assert fails(post_headers, name, dict(plain, **{key: value}))
            assert fails(post_headers, name, {**plain, value: "x"})
    assert fails(about_hook, own.replace("1", "2"), "/taken")
    assert fails(post_headers, "web", dict.fromkeys(HEADERS["slack"], "x"))
    assert fails(post_headers, "slack", dict.fromkeys(HEADERS["web"], "x"))


def test_judges_in_a_browser(work):
    """A script that runs, an element that is there, a file that is asked
    for."""
    with Browser() as browser:
        known = drawn(browser, work.write("plain.html", PAGE % "x"))
        known |= {"script ", "img src"}
        for text in ("<script>pwned=1</script>", "<b>x</b>", "<p id=x>",
                     "<img src=http://127.0.0.1:9/x>"):
            path = work.write("raw.html", PAGE % text)
            assert fails(seen_by, browser, path, known), text
        seen_by(browser, work.write("plain.html", PAGE % "&lt;b>"), known)


# --- everything that tells of a match ----------------------------------------

def watched():
    """Records that the certificates match."""
    return [
        {"id": "t/dom", "tenant": "t", "kind": "domain", "value": DOMAIN,
         "consent": CONSENT},
        {"id": "t/name", "tenant": "t", "kind": "name", "consent": CONSENT,
         "value": {"given": ["Jane", "Quillfeather"], "surname": ["Roe"]},
         "require_qualifier": False}]


def laden(payload):
    """Records whose every text is the payload."""
    value, name = payload.value, "%03d" % payload.number
    consent = dict(CONSENT, evidence=value, purpose=value)
    notify = ["mailto:%s@mail.example" % local(value)]
    yield {"id": "mail/" + name, "tenant": "p", "kind": "email",
           "value": "%s@mail.example" % local(value), "consent": consent,
           "notify": notify}
    yield {"id": "name/" + name, "tenant": "p", "kind": "name",
           "value": {"given": ["Ann " + value], "surname": [value],
                     "aliases": [value]}, "consent": consent,
           "qualifiers": {"organizations": [value], "localities": [value],
                          "countries": [], "domains": []}, "notify": notify}


def named(payload):
    """As the name of a log: no list may have NUL in it."""
    return payload.value.replace("\0", "\1")


def list_of(server, payloads, which=slice(None)):
    """A log for each payload, which is its name and its operator's, and the
    list of them."""
    logs = [server.new_log(
        entries(payload)[which] + [{"malformed": "garbage"}],
        description=named(payload), operator=named(payload))
        for payload in payloads]
    out = server.log_list(*((log, "static") for log in logs))
    return logs, dict(out, version=payloads[0].value)


class Datagrams:
    """A socket for the system log, and what came."""

    def __init__(self, path):
        self.path = str(path)
        self.seen = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        while True:
            datagram = self.socket.recv(1 << 16)
            if datagram == b"end":
                return
            self.seen.append(datagram)

    def close(self):
        """Stop reading."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"end", self.path)
        self.thread.join()
        self.socket.close()


HOOK = """#!/bin/sh
cat >>"$1.json"
{ echo "$#"; printf '%s\\n' "$@"; env; } >>"$1.about"
"""


class World:
    """A service that follows hostile logs, with a sink of each kind."""

    def __init__(self, work, server, receiver, payloads):
        self.work = work
        self.payloads = payloads
        self.receiver = receiver
        self.logs, self.list = list_of(server, payloads)
        self.list_file = work.write("list.json", json.dumps(self.list))
        self.datagrams = Datagrams(work.path / "log.sock")
        self.taken = work.path / "taken"
        self.open = work.path / "open.jsonl"
        self.digests = work.path / "digests.jsonl"
        work.config(contact=CONTACT, alerts={
            "sinks": self.sinks(), "per_day": 1, "hold_unverified": "1s",
            "digest": {"day": "2s", "week": "2s"}},
                    logs={"lists": [{"file": str(self.list_file)}]},
                    fetch={"poll_static": "30s"})
        work.with_config("store", "init").expect(0)
        work.with_config("records", "import",
                         work.records(watched())).expect(0)
        # An address with NUL in it is none.
        self.events = (KINDS + 1) * len(payloads) - len(
            [1 for payload in payloads if "\0" in payload.text])

    def sinks(self):
        """One of each kind, with the values wherever that can be."""
        work = self.work
        secret = work.write("hook.key", new_secret() + "\n")
        secret.chmod(0o600)
        hook = work.write("hook", HOOK)
        hook.chmod(0o755)
        return [
            {"name": "ledger", "jsonl": {"path": str(work.ledger)}},
            {"name": "open", "reveal": True,
             "jsonl": {"path": str(self.open)}},
            {"name": "digests", "reveal": True, "digest": True,
             "jsonl": {"path": str(self.digests)}},
            {"name": "hook", "reveal": True,
             "exec": {"command": [str(hook), str(self.taken)]}},
            {"name": "log", "syslog": {"socket": self.datagrams.path}},
            {"name": "web", "reveal": True, "webhook": {
                "url": self.receiver.url("/web"),
                "secret_file": str(secret)}}] + [
            {"name": name + more, "reveal": True, "digest": more != "",
             "chat": {"url": self.receiver.url("/" + name + more),
                      "format": name}}
            for name in ROOMS for more in ("", "-digest")]

    def start(self):
        """Until every sink has what there is; but the system log, which takes
        a few at a time."""
        service = self.work.start("monitor", "-v", "-c",
                                  self.work.config_file)

        def all_told():
            service.assert_running()
            return all(len(seen) >= self.events for seen in (
                read_jsonl(self.work.ledger), read_jsonl(self.open),
                read_jsonl(str(self.taken) + ".json"), self.collected(),
                *(self.receiver.at("/" + name)
                  for name in ("web", *ROOMS))))
        wait_until(all_told, "all sinks")
        return service

    def all_logged(self):
        """Until the system log has it, too."""
        wait_until(lambda: len(self.datagrams.seen) >= self.events,
                   "the system log")
        self.datagrams.close()

    def collected(self):
        """What was told one by one, or in a digest."""
        return [one for event in read_jsonl(self.digests)
                for group in event["data"].get("groups", [
                    {"alerts": [event["id"]]}])
                for one in group["alerts"]]

    def alerts(self):
        """The alerts with their values."""
        return [e for e in read_jsonl(self.open)
                if e["type"].endswith(".exposure.v1")]

    def one_each(self):
        """The id of an alert for each payload, in order."""
        out = {}
        for alert in self.alerts():
            name = alert["data"]["sightings"][0]["log_name"]
            if alert["data"]["match"]["kind"] == "upn":
                out[MARKS.search(name).group()] = alert["id"]
        return [out[mark(payload.number)] for payload in self.payloads]

    def say(self, *words):
        """A command that has to work; what it says."""
        result = self.work.with_config(*words).expect(0)
        return result.out, result.err


# --- sinks -------------------------------------------------------------------

class Learnt:
    """What outputs look like when nothing in them is hostile."""

    def __init__(self):
        self.alerts, self.slack, self.teams = set(), set(), set()
        self.markup, self.drawn = {}, {}

    def sinks(self, world):
        """Alerts and events, and what rooms get."""
        for event in read_jsonl(world.open) + read_jsonl(world.digests):
            self.alerts |= shape(event)
        for post in world.receiver.seen:
            name = post.path[1:].partition("-")[0]
            if name in ROOMS:
                setattr(self, name, getattr(self, name) | shape(post.event))

    def page(self, name, path, browser):
        """A page, or another of its kind."""
        markup = Markup(path.read_text())
        if name in self.markup:
            markup.elements |= self.markup[name].elements
        self.markup[name] = markup
        self.drawn[name] = self.drawn.get(name, set()) | drawn(browser, path)

    def judge(self, v, name, path, browser):
        """A page with other values."""
        text = path.read_text()
        v.saw(name, text)
        with v.of(name):
            self.markup[name].judge(text)
        with v.of(name + " in a browser"):
            seen_by(browser, path, self.drawn[name])


def judge_events(v, output, text, learnt):
    """JSON Lines of alerts and operator events."""
    for event in v.jsons(output, text):
        with v.of(output):
            more = shape(event) - learnt.alerts
            if more:
                raise Raw("broke out: %s" % more)


def judge_masked(v, value):
    """Nothing of a value but first letters and the top-level domain."""
    with v.of("masked"):
        if MARKS.search(value) or not re.fullmatch(
                r".…@.….example" if "@" in value else r".…( .…)*", value):
            raise Raw(ascii(value))


def judge_values(v, world):
    """What nothing is wrong with comes as it was, and masked is masked."""
    by_mark = {mark(p.number): p for p in world.payloads}
    masked = {alert["id"]: alert["data"]["match"]["value"]
              for alert in world.work.alerts()}
    for alert in world.alerts():
        data = alert["data"]
        sighting = data["sightings"][0]
        payload = by_mark[MARKS.search(sighting["log_name"]).group()]
        judge_masked(v, masked[alert["id"]])
        same = sighting["log_name"] == sighting["operator"] == named(payload)
        if payload.kind in PLAIN and data["match"]["kind"] == "upn":
            # An address begins behind a quotation mark; references of HTML
            # are taken for a mistake of the CA, and undone.
            same &= (payload.value + "@" + DOMAIN).endswith(
                data["match"]["value"])
            same &= data["certificate"]["issuer"] == html.unescape(
                payload.value)
            v.arrived["as it was"].add(payload.number)
        with v.of("as it was"):
            if not same:
                raise Raw(ascii(data))


def about_hook(about, taken):
    """Arguments and environment are the fixed ones; programs run side by
    side, so their lines are mixed."""
    about = set(about.splitlines())
    more = {line.partition("=")[0] for line in about} - {
        "1", taken, "PATH", "PWD", "LC_ALL", "LANG"}
    if more or len(about) > 5 or MARKS.search(str(about)):
        raise Raw(str(about))


def judge_hook(v, world):
    """What the programs were started with."""
    with v.of("exec: arguments and environment"):
        about_hook((world.work.path / "taken.about").read_text(),
                   str(world.taken))


HEADERS = {
    "web": {"host", "user-agent", "accept", "content-length", "content-type",
            "webhook-id", "webhook-timestamp", "webhook-signature"},
    "slack": {"host", "user-agent", "accept", "content-length",
              "content-type"}}
HEADERS["teams"] = HEADERS["slack"]


def post_headers(name, headers):
    """Those of that kind of sink, with nothing foreign in them."""
    if {key.lower() for key in headers} != HEADERS[name] or \
            MARKS.search(str(headers)):
        raise Raw(str(headers))


def judge_posts(v, world, learnt):
    """Webhooks and rooms: bodies, and headers with nothing foreign."""
    for post in world.receiver.seen:
        output = post.path[1:]
        name = output.partition("-")[0]
        with v.of(output + ": headers"):
            post_headers(name, post.headers)
        if name == "web":
            judge_events(v, output, post.body.decode() + "\n", learnt)
            continue
        with v.of(output):
            v.saw(output, {"slack": slack, "teams": teams}[name](
                post.body, getattr(learnt, name)))


def judge_sinks(v, world, learnt):
    """All of them."""
    judge_events(v, "jsonl", world.work.ledger.read_text(), learnt)
    judge_events(v, "jsonl, revealed", world.open.read_text(), learnt)
    judge_events(v, "digests", world.digests.read_text(), learnt)
    judge_events(v, "exec: standard input",
                 (world.work.path / "taken.json").read_text(), learnt)
    judge_values(v, world)
    judge_hook(v, world)
    judge_posts(v, world, learnt)
    for datagram in world.datagrams.seen:
        with v.of("syslog"):
            kind, text = syslog(datagram)
            v.saw("syslog", text)
            if kind == "exposure" and MARKS.search(text):
                raise Raw("whose: " + text)


# --- commands ----------------------------------------------------------------

def judge_commands(v, world):
    """What is told of alerts and logs, as text and as JSON."""
    for words in (["alerts", "list"], ["status"], ["logs", "list"],
                  ["config", "print"], ["records", "list", "--reveal"],
                  ["logs", "show", named(world.payloads[0])]):
        for more in ([], ["--json"]):
            result = world.work.with_config(*words, *more)
            name = " ".join(words[:2] + more)
            v.text(name + ": errors", result.err)
            if more:
                v.jsons(name, result.out)
            else:
                v.text(name, result.out)
    v.text("status --counters", world.work.with_config(
        "status", "--counters").out)
    for found in world.one_each():
        out, err = world.say("alerts", "show", found)
        v.text("alerts show", out + err)
    for log in world.logs:
        out, err = world.say("logs", "show", log.url("static"))
        v.text("logs show", out + err)


def judge_api(v, world):
    """The admin interface's own answers."""
    token, = [line for line in (world.work.path / "admin.token").read_text()
              .splitlines() if not line.startswith("#")]
    door = Door(world.work.path / "admin.sock", token)
    for path in ("/healthz", "/api/v1/alerts?limit=1000", "/api/v1/status",
                 "/api/v1/logs", "/api/v1/records?reveal=1",
                 "/api/v1/audit", "/api/v1/records/t%2Fdom?tenant=t&reveal=1",
                 "/api/v1/records/t%2Fdom:export?tenant=t",
                 "/api/v1/records/t%2Fdom:history?tenant=t"):
        reply = door.get(path)
        name = "API " + path.partition("?")[0]
        v.jsons(name, reply.text)
    for payload in world.payloads:
        value = urllib.parse.quote(payload.value)
        for path in ("/" + value, "/api/v1/alerts/" + value,
                     "/api/v1/records?tenant=" + value,
                     "/api/v1/records/x?" + value + "=1"):
            judge_reply(v, door.get(path))
        judge_reply(v, door.post("/api/v1/records", json.dumps(
            {payload.value: payload.value, "id": payload.value})))


def judge_reply(v, reply):
    """A refusal, most often a problem document."""
    if "json" in reply.headers["Content-Type"]:
        v.jsons("API: problems", reply.text)
    else:
        v.text("API: refused by the door", reply.text)
    with v.of("API: headers"):
        if MARKS.search(str(reply.headers)):
            raise Raw(str(reply.headers))


def judge_verify(v, world):
    """What is said when the store is looked through."""
    for words in (["verify"], ["verify", "--reparse"]):
        for more in ([], ["--json"]):
            result = world.work.with_config(*words, *more)
            name = " ".join(words + more)
            v.text(name + ": errors", result.err)
            if more:
                v.jsons(name, result.out)
            else:
                v.text(name, result.out)


LETTERS = [[], ["--lang", "de"], ["--to", "problem-report"]]


def letters(world, found, page):
    """(name, path) of each letter about an alert."""
    for more in LETTERS:
        kind = ["--html"] if page else []
        out, err = world.say("alerts", "letter", found, *more, *kind)
        assert err == ""
        yield " ".join(["letter"] + more + kind), world.work.write(
            "letter.html" if page else "letter.txt", out)


def judge_letters(v, world, learnt, browser):
    """As text and as pages, of known and unknown CAs."""
    for number, found in enumerate(world.one_each()):
        with_page = letters(world, found, True)
        for name, path in letters(world, found, False):
            v.text(name, path.read_text(), prose)
        for name, path in with_page if number % 4 == 0 else [
                next(with_page)]:
            learnt.judge(v, name, path, browser)


def judge_evidence(v, world):
    """The README that says how to check it."""
    for number, found in enumerate(world.one_each()):
        folder = world.work.path / ("evidence-%d" % number)
        out, err = world.say("alerts", "evidence", found, "-o", folder)
        v.text("evidence: output", out + err)
        for path in folder.iterdir():
            if path.suffix in (".txt", ".md") or path.name == "README":
                v.text("evidence: " + path.name, path.read_text())
            elif path.suffix == ".json":
                v.jsons("evidence: " + path.name, path.read_text())


def backfill(world, *more):
    """The words of a scan of all these logs."""
    return ["backfill", "--log-list", world.list_file, "--contact", CONTACT,
            "--records", world.work.records(watched(), "watched.jsonl"),
            *more]


def judge_scan(v, world, learnt, browser):
    """A scan's alerts, summaries and page."""
    path = world.work.path / "report.html"
    result = world.work.run(*backfill(world, "--report", path)).expect(0)
    v.text("backfill", result.out)
    v.text("backfill: errors", result.err)
    result = world.work.run(*backfill(world, "--json")).expect(0)
    judge_events(v, "backfill --json", result.out, learnt)
    learnt.judge(v, "report", path, browser)


def judge_inspect(v, world):
    """Certificates looked at as files."""
    folder = world.work.path / "certificates"
    folder.mkdir()
    for payload in world.payloads:
        for number, body in enumerate(certificates(payload)):
            (folder / ("%d-%d.der" % (payload.number, number))).write_bytes(
                body)
    files = sorted(folder.iterdir())
    for more in ([], ["--reveal"], ["--json"], ["--json", "--reveal"]):
        result = world.work.run("inspect", *more, *files)
        name = " ".join(["inspect"] + more)
        v.text(name + ": errors", result.err)
        if "--json" in more:
            v.jsons(name, result.out)
        else:
            v.text(name, result.out)


def on_terminal(work, *words):
    """What a command writes to a terminal, in colours."""
    own, other = pty.openpty()
    process = subprocess.Popen(
        [BINARY] + [str(word) for word in words], stdin=subprocess.DEVNULL,
        stdout=other, stderr=other, cwd=work.path, start_new_session=True,
        env=environment(TERM="xterm-256color", NO_COLOR=""))
    os.close(other)
    out = b""
    with contextlib.suppress(OSError):      # EIO at its end
        while True:
            out += os.read(own, 1 << 16)
    os.close(own)
    process.wait()
    return out.decode()


def judge_terminals(v, world):
    """The same commands before somebody's eyes."""
    conf = ["-c", world.work.config_file]
    folder = world.work.path / "certificates"
    for words in (["alerts", "list", *conf], ["logs", "list", *conf],
                  ["status", *conf], ["verify", *conf], backfill(world),
                  ["inspect", "--reveal", *sorted(folder.iterdir())],
                  ["alerts", "show", world.one_each()[0], *conf],
                  ["alerts", "list", "--json", *conf]):
        v.text("terminal: %s %s" % tuple(map(str, words[:2])),
               on_terminal(world.work, *words), terminal)


# What has to show every payload.
FULL = ["jsonl", "jsonl, revealed", "digests", "exec: standard input", "web", "slack",
        "teams", "syslog", "alerts show", "logs list", "logs list --json",
        "logs show", "status", "status --json", "letter",
        "letter --lang de", "letter --html", "evidence: README.txt",
        "backfill", "backfill --json", "report", "inspect", "inspect --json",
        "inspect --reveal", "inspect --json --reveal", "service",
        "terminal: logs list", "terminal: backfill --log-list",
        "terminal: inspect --reveal", "API /api/v1/alerts"]


def learn(work, server, browser):
    """All outputs once with harmless texts."""
    out = Learnt()
    with Receiver() as receiver:
        world = World(work, server, receiver, [harmless()])
        service = world.start()
        out.sinks(world)
        for name, path in letters(world, world.one_each()[0], True):
            out.page(name, path, browser)
        world.work.run(*backfill(world, "--report", work.path /
                                 "report.html")).expect(0)
        out.page("report", work.path / "report.html", browser)
        for event in world.work.run(*backfill(world, "--json")).events:
            out.alerts |= shape(event)
        world.all_logged()
        service.stop()
    return out


def test_everything(work, server, tmp_path):
    """Every payload in every text of logs and certificates, and all that is
    said of it."""
    v = Verdicts()
    plain = Workspace(tmp_path / "plain")
    plain.path.mkdir()
    with Receiver() as receiver, Browser() as browser:
        learnt = learn(plain, server, browser)
        world = World(work, server, receiver, PAYLOADS)
        service = world.start()
        judge_commands(v, world)
        judge_api(v, world)
        judge_letters(v, world, learnt, browser)
        judge_evidence(v, world)
        judge_scan(v, world, learnt, browser)
        judge_inspect(v, world)
        world.all_logged()
        judge_sinks(v, world, learnt)
        service.stop()
        judge_verify(v, world)
        judge_terminals(v, world)
        v.text("service", service.err_path.read_text())
    v.close(*FULL)
    assert len(v.arrived["as it was"]) == len(
        [payload for payload in PAYLOADS if payload.kind in PLAIN])


# --- records -----------------------------------------------------------------

def refused(result):
    """The lines of a records file that were not taken."""
    return {int(line) for line in re.findall(
        r"(?m)^[^\n]*\.jsonl:(\d+): ", result.err)}


def test_records(work):
    """What stands in records comes out masked, or safe; what is refused is
    quoted safely."""
    v = Verdicts()
    work.config()
    work.with_config("store", "init").expect(0)
    records = [record for p in PAYLOADS for record in laden(p)]
    while True:
        path = work.records(records)
        result = work.with_config("records", "import", path)
        v.text("records import", result.out + result.err)
        if result.status == 0:
            break
        bad = refused(result)
        assert bad and result.status == 65, result.err
        records = [record for number, record in enumerate(records, 1)
                   if number not in bad]
    kept = [p for p in PAYLOADS if any(
        mark(p.number) in json.dumps(record) for record in records)]
    assert {p.kind for p in kept} == {"bidi", "hidden", *PLAIN}
    for words in (["list"], ["list", "--reveal"], ["export"]):
        for more in ([], ["--json"]) if words != ["export"] else [[]]:
            name = " ".join(words + more)
            result = work.with_config("records", *words, *more).expect(0)
            if more or words == ["export"]:
                v.jsons(name, result.out)
            else:
                v.text(name, result.out)
            v.text(name + ": errors", result.err)
    exported = strict_lines(work.with_config("records", "export").out)
    given = {record["id"]: record for record in records}
    assert len(exported) == len(given)
    for record in exported:
        same = given[record["id"]]
        for key in ("value", "notify"):
            assert record[key] == same[key]
        for key in ("evidence", "purpose"):
            assert record["consent"][key] == same["consent"][key]
    judge_each_record(v, work, records)
    v.close("list --reveal", "list --reveal --json", "export",
            "show --reveal", "export of one", least=len(kept))
    assert v.arrived["list"] == set()


def judge_each_record(v, work, records):
    """One by one, of each payload."""
    for record in {record["id"][-3:]: record for record in records}.values():
        own = ["--tenant", "p", record["id"]]
        v.text("show", work.with_config("records", "show", *own).out)
        v.text("show --reveal", work.with_config(
            "records", "show", "--reveal", *own).out)
        v.jsons("show --json", work.with_config(
            "records", "show", "--json", "--reveal", *own).out)
        v.jsons("export of one", work.with_config(
            "records", "export", *own).out)
    v.text("verify", work.with_config("verify").out)


# --- what others answer ------------------------------------------------------

def answering(payload, form):
    """What a log may answer to anything."""
    text = payload.text
    return {"plain": text,
            "json": json.dumps({"error_message": text, text: text}),
            "head": "%s\n3\n%s=\n\n\u2014 %s AAAA\n" % (
                text, "A" * 43, text)}[form]


@pytest.mark.parametrize("api,form", [
    ("static", "head"), ("rfc6962", "plain"), ("rfc6962", "json"),
    ("static", "origin")])
def test_answers_of_logs(work, server, api, form):
    """Errors that quote what a log has said."""
    v = Verdicts()
    logs = []
    for payload in PAYLOADS:
        log = server.new_log([{"filler": 3}], description=named(payload))
        if form == "origin":
            log.fault("other-origin", origin=payload.value)
        else:
            log.fault("body", on="head", text=answering(payload, form))
        logs.append(log)
    path = work.write("list.json", json.dumps(server.log_list(
        *((log, api) for log in logs))))
    words = ["backfill", "--log-list", path, "--contact", CONTACT,
             "--records", work.records()]
    result = work.run(*words)
    assert result.status != 0
    v.text("backfill", result.out)
    v.text("backfill: errors", result.err)
    result = work.run(*words, "--json")
    v.jsons("backfill --json", result.out)
    v.text("backfill: errors", result.err)
    v.close("backfill", "backfill --json", "backfill: errors")


class Rude:
    """A server that answers anything with these bytes."""

    def __init__(self):
        self.answers = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.asked = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                link, _ = self.socket.accept()
                with link, contextlib.suppress(OSError):
                    link.settimeout(5)
                    link.recv(1 << 16)
                    link.sendall(self.answers[
                        self.asked % len(self.answers)])
                    self.asked += 1

    def close(self):
        """No more."""
        self.socket.close()


def test_answers_of_receivers(work, server):
    """Status lines, headers and bodies of webhooks are quoted by nobody."""
    v = Verdicts()
    rude = Rude()
    for payload in PAYLOADS:
        text = payload.value.encode()
        rude.answers.append(
            b"HTTP/1.1 500 " + text + b"\r\nRetry-After: " + text +
            b"\r\nLocation: " + text + b"\r\n\r\n" + text)
        rude.answers.append(text + b"\r\n\r\n")
    rooms = [{"name": "room%d" % number, "chat": {
        "url": loopback_url(rude.port, "/%d" % number)}}
        for number in range(2 * len(PAYLOADS))]
    log = server.new_log(entries(harmless())[:1])
    work.prepare([(log, "static")], watched(), alerts={"sinks": [
        {"name": "ledger", "jsonl": {"path": str(work.ledger)}}] + rooms})
    service = work.start("monitor", "-v", "-c", work.config_file)
    wait_until(lambda: rude.asked >= len(rooms), "all of them")
    wait_until(lambda: len(set(re.findall(
        r"sink (room\d+): ", service.err_path.read_text()))) == len(rooms),
        "words about each")
    v.text("status", work.with_config("status").out)
    v.jsons("status --json", work.with_config("status", "--json").out)
    service.stop()
    rude.close()
    v.text("service", service.err_path.read_text())
    v.close()
    assert not v.arrived["service"]


# --- what the operator gives -------------------------------------------------

def usable(payload):
    """As an argument or a file's name."""
    return payload.text.replace("\0", "").replace("/", "_")


def every_third(number, commands):
    """They take turns: these texts are the operator's own."""
    return commands[number % 3::3]


def test_operands(work):
    """Arguments, names of files and what stands in these, in messages about
    them."""
    v = Verdicts()
    work.config()
    work.with_config("store", "init").expect(0)
    for number, payload in enumerate(PAYLOADS):
        text = usable(payload)
        name = "./" + text
        for words in every_third(number, [
                ["alerts", "show", text], ["records", "show", text],
                ["alerts", "list", "--tenant", text],
                ["alerts", "list", "--record", text],
                ["logs", "show", text], [text], ["help", text],
                ["alerts", text], ["inspect", name], ["inspect", "--json",
                                                     name],
                ["alerts", "letter", "--lang=" + text, "0" * 32],
                ["records", "import", name], ["status", "-c", name],
                ["backfill", "--log-url=" + text],
                ["backfill", "--log-list", name, "--records", name],
                ["backfill", "--from=" + text], ["--" + text],
                ["inspect", "--fail-on=" + text]]):
            result = work.run(*words) if "-c" in words else \
                work.with_config(*words)
            assert result.status != 0 or "list" in words, words
            v.text(" ".join(words[:-1])[:20], result.out + result.err)
    v.close()


def test_files(work):
    """Files of such names with such contents."""
    v = Verdicts()
    work.config()
    work.with_config("store", "init").expect(0)
    der = next(certificates(harmless()))
    pem = work.write("log.pem", LogKey().pem)
    work.records()
    for number, payload in enumerate(PAYLOADS):
        text = usable(payload)
        work.write(text + ".jsonl", json.dumps(
            {"id": payload.value, payload.value: payload.value,
             "kind": payload.value}) + "\n" + payload.text + "\n")
        work.write(text + ".csv", "id,kind,%s\n%s,email,%s\n" % (
            payload.text, payload.value, payload.value))
        work.write(text + ".yaml", "contact: %s\n%s: 1\nstore: [\n" % (
            payload.text, payload.text))
        work.write(text + ".der", der)
        work.write(text + ".pem", pem.read_text())
        (work.path / (text + ".d")).mkdir()
        work.write(text + ".d/x", "x")
        scan = ["backfill", "--log-url", "http://127.0.0.1:9/", "--log-key"]
        for words in every_third(number, [
                ["records", "import", "./*.jsonl"],
                ["records", "import", "./*.csv"],
                ["config", "check", "./*.jsonl"],
                ["inspect", "./*.der"], ["inspect", "--json", "./*.der"],
                [*scan, "./*.d/x", "--records", "./*.jsonl"],
                [*scan, "./*.pem", "--records", "records.jsonl", "--state",
                 "./*.d"], ["store", "backup", "./*.d"],
                [*scan, "./*.pem", "--records", "./*.jsonl"],
                ["store", "backup", "./*.copy"],
                ["store", "restore", "./*.yaml"]]):
            result = work.with_config(*(
                word.replace("*", text) for word in words))
            name = " ".join(words[:2])
            v.text(name + ": errors", result.err)
            if "--json" in words:
                v.jsons(name + " --json", result.out)
            else:
                v.text(name, result.out)
        result = work.run("config", "check", "-c", "./%s.yaml" % text)
        v.text("config check", result.out + result.err, prose)
        if number % 8 == 0:
            v.jsons("config check --json", work.run(
                "config", "check", "--json", "-c", "./%s.yaml" % text).out)
    v.close()


# --- pages -------------------------------------------------------------------

HOST = "ct-privacy.example.net"


def raw_request(port, request):
    """The reply to these bytes."""
    with socket.create_connection(("127.0.0.1", port), 10) as link:
        link.sendall(request)
        out = b""
        with contextlib.suppress(OSError):
            while True:
                piece = link.recv(1 << 16)
                if not piece:
                    break
                out += piece
    return out


def test_public_pages(work, server):
    """Nothing of a request comes back, neither in headers nor in pages."""
    port = free_port()
    work.prepare([(server.new_log(), "static")], contact=CONTACT, public={
        "listen": "127.0.0.1:%d" % port,
        "url": "https://%s/" % HOST})
    service = work.start("monitor", "-v", "-c", work.config_file)

    def answers():
        service.assert_running()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0
    wait_until(answers, "the door")
    seen = collections.Counter()
    form = "application/x-www-form-urlencoded"
    for number, payload in enumerate(PAYLOADS):
        value = urllib.parse.quote(payload.value)
        path = ("/confirm?t=", "/unsubscribe?t=", "/never?t=",
                "/")[number % 4] + value
        head = "HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n" % HOST
        for request in (
                "GET %s %s\r\n" % (path, head),
                "POST /confirm %sContent-Type: %s\r\n"
                "Content-Length: %d\r\n\r\nt=%s" % (
                    head, form, len(value) + 2, value),
                "GET /confirm?t=%s HTTP/1.1\r\nHost: %s\r\n"
                "User-Agent: %s\r\nConnection: close\r\n\r\n" % (
                    payload.value, payload.value, payload.value)):
            reply = raw_request(port, request.encode())
            text = reply.decode()
            assert not MARKS.search(text) and FORGED not in text
            assert "pwned" not in text and "evil.test" not in text
            seen[text.partition("\r\n")[0]] += 1
    assert set(seen) == {"HTTP/1.1 400 Bad Request",
                         "HTTP/1.1 404 Not Found"}
    assert sum(seen.values()) == 3 * len(PAYLOADS)
    service.stop()
    lines(service.err_path.read_text())
