"""Records by command: enrolled, shown, confirmed, paused, withdrawn, exported,
erased; in the store itself, and through the service that has it."""
import json
import re
import sqlite3
import time

import pytest

from .adminside import Admin
from .helpers import free_port, wait_until
from .planted import CONSENT, DOMAIN, JANE, MARIA, PLANTED, RECORDS, \
    between, expected_ids, jane_spec
from .resolver import resolver

PENDING = {"id": "acme/new", "tenant": "acme", "kind": "email",
           "value": "new.roe@example.com"}
WEB = {"id": "acme/web", "tenant": "acme", "kind": "domain",
       "value": "Example.COM"}
ACME = ("--tenant", "acme")


def records(work, *arguments, status=0, **how):
    """Run `records`; the result."""
    return work.with_config("records", *arguments, **how).expect(status)


def shown(work, name, *more, tenant="acme"):
    """A record as `show --json` has it."""
    return json.loads(records(work, "show", "--tenant", tenant, name,
                              "--json", *more).out)


def audit(work):
    """(what, tenant, id, who) of each row of the trail."""
    with sqlite3.connect(work.path / "indelible.db") as db:
        return db.execute(
            "SELECT what, tenant, name, who FROM audit ORDER BY no").fetchall()


@pytest.fixture(name="planted_log")
def fixture_planted_log(server):
    """A small log with everything planted."""
    return server.new_log(between(20))


# --- the store alone ----------------------------------------------------------

@pytest.mark.smoke
def test_show_is_masked(work):
    """State, consent, what comes next; no value and no evidence."""
    work.prepare([], RECORDS + [PENDING, WEB])
    jane = shown(work, "acme/jane")
    assert (jane["state"], jane["value"]) == ("active", "j…@e….com")
    assert jane["consent"]["purpose"] == CONSENT["purpose"]
    assert jane["watched_since"] and "backfill" in jane["backfill"]
    assert jane["next"] is None
    maria = shown(work, "beta/mgl", tenant="beta")
    assert maria["value"]["given"] == ["M…", "J…"]
    text = records(work, "show", *ACME, "acme/jane").out
    for line in ("state          active", "value          j…@e….com",
                 "indelible backfill"):
        assert line in text
    assert "jane.roe" not in text and CONSENT["evidence"] not in text


def test_show_what_is_next(work):
    """A domain names its TXT record, the same each time; an address a mail."""
    work.prepare([], [PENDING, WEB])
    web = shown(work, "acme/web")["next"]
    assert web["name"] == "_ct-pii-challenge.example.com"
    assert re.fullmatch(r"indelible=[A-Za-z0-9_-]{43}", web["value"])
    assert shown(work, "acme/web")["next"] == web
    text = records(work, "show", *ACME, "acme/web").out
    assert '%(name)s TXT "%(value)s"' % web in text
    new = shown(work, "acme/new")["next"]
    assert new["what"] == "confirm-mail" and "public.url" in new["say"]


def test_reveal_is_noted(work):
    """Values, and a row of the trail that names the record and no value."""
    work.prepare([])
    records(work, "show", *ACME, "acme/jane")
    records(work, "list")
    assert "revealed" not in [row[0] for row in audit(work)]
    jane = shown(work, "acme/jane", "--reveal")
    assert jane["record"]["value"] == JANE["value"]
    assert jane["record"]["consent"]["evidence"] == CONSENT["evidence"]
    what, tenant, name, who = audit(work)[-1]
    assert (what, tenant, name) == ("revealed", "acme", "acme/jane")
    assert who.startswith("uid ")
    out = records(work, "list", "--reveal", *ACME).out
    assert JANE["value"] in out and "Example GmbH" not in out
    assert audit(work)[-1][:3] == ("revealed", "acme", None)
    line, = (r for r in records(work, "list", "--reveal", "--json",
                                *ACME).events if r["id"] == "acme/jane")
    assert line["value"] == JANE["value"] and line["state"] == "active"


def test_add(work):
    """One record, or one value, from standard input."""
    work.prepare([], [])
    out = records(work, "add", stdin=json.dumps(JANE, indent=2)).out
    assert "imported 1 record" in out and "watched from 2" in out
    result = records(work, "add", "--id", "acme/new", "--kind", "email",
                     *ACME, stdin="new.roe@example.com\n")
    assert "standard input:1: warning" in result.err
    assert shown(work, "acme/new")["state"] == "pending"
    result = records(work, "add", "--id", "acme/bad", "--kind", "email",
                     stdin="secret\n", status=65)
    assert "secret" not in result.err
    records(work, "add", stdin="nothing", status=65)
    records(work, "add", "--id", "x", stdin="", status=64)
    answer = json.loads(records(work, "add", "--json",
                                stdin=json.dumps(DOMAIN)).out)
    assert (answer["added"], answer["active"]) == (1, 1)


def import_lost(work):
    """Nobody is taken in whose alerts would go nowhere."""
    lost = dict(JANE, id="acme/lost", notify=["sink:nosuch"])
    result = records(work, "import", work.records([JANE, lost], "lost.jsonl"),
                     status=65)
    assert ("lost.jsonl:2: notify: there is no sink nosuch; the "
            "configuration has: ledger\n") in result.err
    assert "acme/lost" not in records(work, "list").out


def test_notify(work):
    """A record must not name a sink that is not there."""
    work.prepare([], [DOMAIN])
    import_lost(work)
    told = dict(JANE, notify=["sink:ledger", "mailto:jane.roe@example.com"])
    result = records(work, "import", work.records([told], "told.jsonl"))
    assert "told.jsonl:1: warning: record acme/jane has mailto:" in result.err


def test_a_sink_that_is_gone(work, server):
    """The service says how many records would be told of nothing."""
    told = [dict(JANE, id="acme/%d" % i, notify=["sink:ledger"])
            for i in range(3)]
    log = server.new_log([{"filler": 3}])
    work.prepare([(log, "static")], told + [DOMAIN])
    records(work, "withdraw", *ACME, "acme/2")
    service = work.monitor()
    wait_until((work.path / "admin.sock").exists, "the admin socket")
    service.stop()
    assert "notify" not in service.diagnostics()
    work.config([(log, "static")], alerts={"sinks": [
        {"name": "other", "jsonl": {"path": str(work.ledger)}}]})
    service = work.monitor()
    wait_until(lambda: "2 records name in `notify` a sink"
               in service.diagnostics(), "the warning")
    assert "acme/0 of tenant acme, and others" in service.diagnostics()
    service.stop()


def test_states_and_exits(work):
    """What a state does not allow is 64, and nobody is 66."""
    work.prepare([], RECORDS + [PENDING])
    for verb in ("show", "pause", "resume", "withdraw", "erase", "confirm",
                 "export"):
        result = records(work, verb, *ACME, "acme/nobody", status=66)
        assert "acme/nobody" in result.err
        records(work, verb, "acme/jane", status=66)
        records(work, verb, "a b", status=64)
    records(work, "pause", *ACME, "acme/new", status=64)
    records(work, "resume", *ACME, "acme/new", status=64)
    assert "is paused" in records(work, "pause", *ACME, "acme/jane").out
    assert shown(work, "acme/jane")["watched_since"] is None
    assert json.loads(records(work, "resume", *ACME, "acme/jane",
                              "--json").out)["state"] == "active"
    assert "still held" in records(work, "withdraw", *ACME, "acme/jane").out
    result = records(work, "resume", *ACME, "acme/jane", status=64)
    assert "withdrawn" in result.err
    assert "still held" not in records(
        work, "erase", *ACME, "acme/jane").out
    assert "value" not in shown(work, "acme/jane")
    records(work, "import", work.records([JANE]), status=65)


def test_options(work):
    """Each option with its verbs."""
    work.prepare([], [])
    for words in (("pause", "--reveal", "x"), ("list", "--id", "x"),
                  ("show",), ("erase",), ("list", "x"), ("add", "x")):
        records(work, *words, status=64)


def test_confirm_by_mail_needs_its_token(work):
    """Tokens that are none, and one that nobody has."""
    work.prepare([], [PENDING])
    for token in ("", "short", "A" * 42 + "+", "A" * 44):
        result = records(work, "confirm", *ACME, "acme/new", stdin=token,
                         status=65)
        assert "t=" in result.err
    records(work, "confirm", *ACME, "acme/new", stdin="A" * 43 + "\n",
            status=64)
    assert shown(work, "acme/new")["state"] == "pending"


def test_confirm_a_domain(work):
    """By its TXT record alone: no server, no record, another one, the one."""
    port = free_port()
    work.prepare([], [WEB], public={"resolver": "127.0.0.1:%d" % port})
    proof = shown(work, "acme/web")["next"]
    name, value = proof["name"], proof["value"]
    confirm = ("confirm", *ACME, "acme/web")
    records(work, *confirm, status=69)
    with resolver(port):
        result = records(work, *confirm, status=64)
        assert name in result.err and value in result.err
    with resolver(port, **{name: value[:-1]}):
        records(work, *confirm, status=64)
    assert shown(work, "acme/web")["state"] == "pending"
    with resolver(port, **{name: value}):
        assert "is active" in records(work, *confirm).out
    web = shown(work, "acme/web", "--reveal")
    assert web["consent"]["method"] == "dns" and web["watched_since"]
    assert web["record"]["consent"]["evidence"] == "TXT at " + name
    records(work, *confirm)


def test_export_of_one(work, planted_log):
    """One JSON object with all of it, and nobody else's."""
    work.prepare([(planted_log, "static")])
    work.with_config("backfill", "--log", "*").expect(0)
    records(work, "pause", *ACME, "acme/jane")
    export = json.loads(records(work, "export", *ACME, "acme/jane").out)
    assert export["record"]["value"] == JANE["value"]
    assert {e["what"] for e in export["history"]} >= {
        "registered", "paused", "exported"}
    assert export["alerts"] and {
        a["data"]["record"]["id"] for a in export["alerts"]} == {"acme/jane"}
    assert {d["alert"] for d in export["deliveries"]} == {
        a["id"] for a in export["alerts"]}
    assert audit(work)[-1][:3] == ("exported", "acme", "acme/jane")


def test_coverage(work, planted_log):
    """Which entries were looked at for a record: all for one that was there,
    none for one that came later, until it is scanned again."""
    work.prepare([(planted_log, "static")])
    work.with_config("backfill", "--log", "*").expect(0)
    log = work.with_config("status", "--json").events[0]
    size = log["newest"]["size"]
    part, = shown(work, "acme/jane")["coverage"]
    assert (part["from"], part["to"], part["proven"]) == (0, size, size)
    assert part["log_id"] == planted_log.log_id
    assert "checked        [0, %d) of " % size in \
        records(work, "show", *ACME, "acme/jane").out
    late = dict(JANE, id="acme/late")
    result = records(work, "import", work.records([late], "late.jsonl"))
    assert "indelible backfill" in result.out
    assert shown(work, "acme/late")["coverage"] == []


def test_alerts(work, planted_log):
    """Listed, oldest first, and shown with their sightings, masked."""
    work.prepare([(planted_log, "static")])
    assert work.with_config("alerts", "list").expect(0).out == "no alerts\n"
    work.with_config("backfill", "--log", "*").expect(0)
    alerts = work.with_config("alerts", "list", "--json").expect(0).events
    assert sorted(a["id"] for a in alerts) == \
        sorted(expected_ids(planted_log.truth()))
    assert [a["time"] for a in alerts] == sorted(a["time"] for a in alerts)
    assert "jane.roe" not in json.dumps(alerts)
    one = alerts[0]
    text = work.with_config("alerts", "show", one["id"]).expect(0).out
    assert one["id"] in text and ", verified" in text
    mine = work.with_config("alerts", "list", "--json", *ACME, "--record",
                            "acme/jane").expect(0).events
    assert mine and {a["data"]["record"]["id"] for a in mine} == {"acme/jane"}
    work.with_config("alerts", "show", "0" * 32).expect(66)
    work.with_config("alerts", "show", "--tenant", "beta",
                     mine[0]["id"]).expect(66)


def test_many_pages(work):
    """More records than are asked for at a time, each once, in order."""
    many = [dict(JANE, id="acme/%05d" % i, value="r%d@example.com" % i)
            for i in range(10001)]
    work.prepare([], many)
    lines = records(work, "list", "--json").events
    assert [r["id"] for r in lines] == [r["id"] for r in many]
    lines = records(work, "export", *ACME).events
    assert [r["value"] for r in lines] == [r["value"] for r in many]


# --- beside a service ---------------------------------------------------------

def elsewhere(work):
    """A configuration of the same store, whose socket nobody listens on."""
    text = work.config_file.read_text()
    return work.write("other.yaml", text.replace("admin.sock", "nobody.sock"))


def test_no_way(work, server):
    """The store is in use and there is no socket: 69, and both are named.
    What only reads goes on."""
    work.prepare([(server.new_log([{"filler": 3}]), "static")])
    monitor = work.monitor()
    wait_until(lambda: monitor.heeds(15), "its start")
    other = elsewhere(work)
    result = work.run("records", "pause", *ACME, "acme/jane", "-c", other)
    result.expect(69)
    assert "in use by pid %d" % monitor.pid in result.err
    assert "nobody.sock" in result.err or "admin" in result.err
    work.run("records", "show", *ACME, "acme/jane", "-c", other).expect(0)
    monitor.stop()


@pytest.fixture(name="served")
def fixture_served(work, server):
    """A service that follows a log, and the log."""
    log = server.new_log([{"filler": 3}])
    work.prepare([(log, "static")], [DOMAIN])
    work.served = work.monitor()
    work.log = log
    wait_until((work.path / "admin.sock").exists, "the admin socket")
    yield work
    work.served.stop()


def token_of(work):
    """The token that `store init` has made."""
    lines = (work.path / "admin.token").read_text().splitlines()
    return [line for line in lines if not line.startswith("#")][0].split()[0]


def test_beside_a_service(served):
    """Whatever changes a record goes through the socket, and counts: an
    import within seconds, a withdrawal at once."""
    work, log = served, served.log
    path = work.records([JANE, PENDING], "more.jsonl")
    result = records(work, "import", path)
    assert "2 new" in result.out and "more.jsonl:2: warning" in result.err
    time.sleep(5)
    log.append([jane_spec(serial="0a01"), {"filler": 3}])
    work.wait_for_ids(expected_ids(log.truth()), work.served)
    before = work.ids()
    records(work, "withdraw", *ACME, "acme/jane")
    log.append([jane_spec(serial="0a02"), {"filler": 3},
                dict(PLANTED[2], serial="0a03"), {"filler": 3}])
    wait_until(lambda: len(work.ids()) > len(before), "the domain's alert")
    assert [a["data"]["record"]["id"] for a in work.alerts()][-1] == \
        "acme/dom"
    export = json.loads(records(work, "export", *ACME, "acme/jane").out)
    assert len(export["alerts"]) == 1
    assert {e["what"] for e in export["history"]} >= {
        "registered", "withdrawn", "exported"}
    records(work, "erase", *ACME, "acme/jane")
    assert shown(work, "acme/jane")["state"] == "erased"
    who = {row[0]: row[3] for row in audit(work)}
    assert who["withdrawn"] == who["erased"] and \
        "token " in who["withdrawn"]


def test_notify_beside_a_service(served):
    """As without one: the service knows its sinks."""
    import_lost(served)


def test_problems_beside_a_service(served):
    """Exit statuses and messages are as without it."""
    work = served
    path = work.write("bad.jsonl", json.dumps(JANE) + "\n{\n")
    result = records(work, "import", path, status=65)
    assert "bad.jsonl:2:" in result.err and "nothing was imp" in result.err
    records(work, "pause", *ACME, "acme/nobody", status=66)
    records(work, "import", work.records([PENDING]))
    records(work, "pause", *ACME, "acme/new", status=64)
    records(work, "confirm", *ACME, "acme/new", stdin="A" * 43, status=64)


def test_tokens_beside_a_service(served):
    """A token that is none, or may only read: 77."""
    work = served
    mine = token_of(work)
    text = work.config_file.read_text().replace("admin.token", "t.token")
    other = work.write("other.yaml", text)
    for line, status in (("B" * 40, 77), (mine, 0)):
        path = work.write("t.token", line + "\n")
        path.chmod(0o600)
        result = work.run("records", "pause", *ACME, "acme/dom", "-c",
                          other).expect(status)
        assert ("SIGHUP" in result.err) == (status == 77)


def test_answers_are_as_described(served):
    """Every path of the description, and what it answers."""
    work, log = served, served.log
    admin = Admin(work, token_of(work))
    log.append([dict(PLANTED[2]), {"filler": 3}])
    work.wait_for_ids(expected_ids(log.truth()), work.served)
    acme = {"tenant": "acme"}
    admin.ask("GET", "/status").expect(200)
    assert admin.ask("GET", "/logs").expect(200)["logs"]
    made = admin.ask("POST", "/records", [JANE, PENDING, WEB, MARIA])
    assert made.expect(200)["added"] == 4
    admin.ask("POST", "/records", "{\n", kind="application/jsonl").expect(422)
    admin.ask("POST", "/records", "{", kind="application/json").expect(400)
    admin.ask("POST", "/records", "x", kind="text/plain").expect(415)
    admin.ask("PUT", "/records", {}).expect(405)
    assert admin.ask("GET", "/records", limit=2).expect(200)["next"]
    admin.ask("GET", "/records", reveal=1).expect(200)
    for name, tenant in (("acme/jane", "acme"), ("acme/new", "acme"),
                         ("acme/web", "acme"), ("beta/mgl", "beta")):
        admin.ask("GET", "/records/" + name, tenant=tenant).expect(200)
        admin.ask("GET", "/records/" + name, tenant=tenant,
                  reveal=1).expect(200)
        admin.ask("GET", "/records/%s:history" % name, tenant=tenant,
                  reveal=1).expect(200)
    admin.ask("PATCH", "/records/acme/jane",
              {"notify": ["sink:ledger"]},
              kind="application/merge-patch+json", **acme).expect(200)
    changed = admin.ask("PATCH", "/records/acme/jane",
                        {"value": "joan.roe@example.com"}, **acme)
    assert changed.expect(200)["state"] == "pending"
    for verb, status in (("pause", 200), ("resume", 200), ("withdraw", 200),
                         ("resume", 409), ("explode", 404)):
        admin.ask("POST", "/records/acme/dom:" + verb, {},
                  **acme).expect(status)
    admin.ask("GET", "/records/acme/dom:export", **acme).expect(200)
    alerts = admin.ask("GET", "/alerts", **acme).expect(200)["alerts"]
    admin.ask("GET", "/alerts/" + alerts[0]["id"]).expect(200)
    admin.ask("DELETE", "/records/acme/dom", **acme).expect(200)
    admin.ask("GET", "/records/acme/dom", **acme).expect(200)
    admin.ask("GET", "/records/acme/dom:export", **acme).expect(200)
    admin.ask("GET", "/audit", limit=3).expect(200)
    admin.token = "C" * 40
    admin.ask("GET", "/records").expect(401)
