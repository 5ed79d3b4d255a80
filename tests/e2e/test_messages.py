"""What is said when something cannot be done: it can be acted upon."""
import json
import os

from .helpers import (ROOT, free_port, loopback_url, wait_until)
from .planted import DOMAIN, expected_ids, jane_spec
from .publisher import CONTACT, configure, list_of, logs_of


def test_store_in_use(work, server):
    """The one who holds the store, and how to end that."""
    work.prepare([(server.new_log(), "static")])
    monitor = work.monitor()
    lock = work.path / "indelible.db.lock"
    wait_until(lambda: lock.read_text().startswith(
        "pid %d " % monitor.pid),
               "its start")
    result = work.with_config("verify", "--reparse").expect(69)
    assert "pid %d" % monitor.pid in result.err
    assert "systemctl stop indelible" in result.err
    assert "socket" not in result.err
    monitor.stop()


def test_store_is_none(work):
    """A damaged store: the copy, and the manual tells how to have one."""
    work.prepare([])
    path = work.path / "indelible.db"
    path.write_bytes(os.urandom(4096) + path.read_bytes()[4096:])
    result = work.with_config("records", "list").expect(65)
    assert "put back your last copy of it" in result.err
    assert "restore" not in result.err
    with open(os.path.join(ROOT, "monitor/indelible.8"),
              encoding="utf-8") as manual:
        assert "\n.Sh BACKUP\n" in manual.read()


# --- periods ----------------------------------------------------------------

def test_dates_ahead(work, server):
    """A period that has not begun is a mistake; one that is empty is told."""
    log = server.new_log([jane_spec()])
    result = work.backfill(log, "static", "--from", "2199-01-01").expect(64)
    assert "ahead of the clock" in result.err and log.requests() == []
    text = work.run("backfill", *work.log_arguments(log, "static"),
                    "--records", work.records(), "--from", "2001-01-01",
                    "--to", "2002-01-01").expect(0).out
    assert "no entry in this period" in text and "verified" not in text


def test_number_that_may_be_a_date(work, server):
    """Taken as a number, beyond the log and within it."""
    log = server.new_log([{"filler": 3}])
    result = work.backfill(log, "static", "--to", "20260101").expect(64)
    assert "write 2026-01-01 for a date" in result.err
    for number in ("20261301", "3"):
        assert "for a date" not in work.backfill(
            log, "static", "--to", number).err
    assert "a number of entries" in work.backfill(
        log, "static", "--last", "-5").expect(64).err


def test_period_in_the_summary(work, server):
    """As it was asked for; and by how much it was widened, as was said."""
    log = server.new_log([{"filler": 3}])
    for api, words, seconds in (("static", "60 s", 60),
                                ("rfc6962", "24 h", 86400)):
        result = work.backfill(log, api, "--from", "2025-03-05").expect(0)
        assert result.summary["period"] == {
            "from": "2025-03-05T00:00:00.000Z", "to": None}
        assert result.summary["widened_s"] == seconds
        assert "widened by " + words in result.err
    result = work.backfill(log, "static", "--from", 1, "--to", "2025-03-05")
    if result.status == 0:
        assert result.summary["period"]["from"] == 1
    summary = work.backfill(log, "static").summary
    assert "period" not in summary and "widened_s" not in summary


# --- logs that do not answer ------------------------------------------------

def test_nobody_is_there(work, server):
    """Of a log that nobody answers for, the protocol is not the question; and
    it is said once."""
    port = free_port()
    words = ["--log-url", loopback_url(port, "/"), "--log-key",
             work.key(server.new_log()), "--records", work.records()]
    for more in ([], ["--json"]):
        result = work.run("backfill", *words, *more, seconds=240).expect(69)
        people = result.err if more else result.out + result.err
        assert people.count("cannot be reached: ") == 1
        assert "neither" not in result.err + result.out


def test_somebody_else_is_there(work, server):
    """What answers and is no log is called that."""
    log = server.new_log([jane_spec()])
    log.fault("status", on="head", code=404)
    result = work.run("backfill", "--log-url", log.url("static"), "--log-key",
                      work.key(log), "--records", work.records(),
                      seconds=240).expect(69)
    assert "is neither a static-ct-api log" in result.out
    assert result.err.count("neither") == 0


def test_service_asks_again(work, server):
    """The log's name, when it is asked again, and that it answers."""
    log = server.new_log([jane_spec()])
    log.fault("status", on="head", code=503)
    work.config([(log, "static")])
    text = work.config_file.read_text()
    work.config_file.write_text("\n".join(
        line for line in text.splitlines() if "api:" not in line) + "\n")
    work.with_config("store", "init").expect(0)
    monitor = work.monitor()
    wait_until(lambda: "the next try is in 2 s" in monitor.diagnostics(),
               "the failure")
    log.calm()
    wait_until(lambda: "it answers now, as a static log" in
               monitor.diagnostics(), "the answer")
    said = monitor.stop().err
    assert "%s-static: %s" % (log.name, log.url("static")) in said


# --- the folder of --state --------------------------------------------------

def test_state_folder(work, server):
    """Only one that is new, empty or a scan's; others stay untouched."""
    log = server.new_log([jane_spec()])
    (work.path / "mine").mkdir()
    work.write("mine/letter.txt", "Dear Jane")
    result = work.backfill(log, "static", "--state", "mine").expect(65)
    assert "letter.txt" in result.err and "new or empty" in result.err
    assert os.listdir(work.path / "mine") == ["letter.txt"]
    assert work.backfill(log, "static", "--state", "").status == 64
    work.backfill(log, "static", "--state", "mine/letter.txt").expect(73)
    (work.path / "empty").mkdir()
    work.backfill(log, "static", "--state", "empty").expect(0)


def test_state_says_what_differs(work, server):
    """Records, logs, range, or several of them."""
    log, other = server.new_log([{"filler": 50}]), server.new_log([{}])
    state = ["--state", "scan"]
    work.backfill(log, "static", *state).expect(0)

    def refused(*arguments, **how):
        result = work.backfill(*arguments, *state, **how).expect(65)
        return result.err.split(" holds a scan ")[1].split(";")[0]
    assert refused(log, "static", "--to", 9) == "of another range"
    assert refused(other, "static") == "of other logs"
    assert refused(log, "static", records=[DOMAIN]) == "of other records"
    assert refused(other, "static", "--last", 1, records=[DOMAIN]) == \
        "of other records and of other logs and of another range"


def test_state_says_how_far(work, server):
    """A finished scan, and one that goes on."""
    log = server.new_log([{"filler": 600}, jane_spec()], page=100)
    state = ["--state", "scan"]
    log.fault("status", on="proof", code=404)
    log.fault("slow", on="entries", seconds=1)
    process = work.start(
        "backfill", *work.log_arguments(log, "rfc6962"), "--records",
        work.records(), "--json", *state)
    wait_until(lambda: len(log.requests("entries")) > 3, "some entries")
    process.signal(15)
    assert process.wait().status == 75
    log.calm()
    result = work.backfill(log, "rfc6962", *state).expect(0)
    assert "resuming at " in result.err
    result = work.backfill(log, "rfc6962", *state).expect(0)
    assert "already done" in result.err and "resuming" not in result.err
    assert work.backfill(log, "rfc6962", *state, "--quiet").err == ""


# --- log lists --------------------------------------------------------------

def test_refusal_and_accept(work, server, publisher):
    """Said once, with the copy and what can be done; --accept does that, but
    for lost logs only."""
    logs = logs_of(server, 3)
    publisher.publish(list_of(server, logs))
    configure(work, publisher)
    work.with_config("logs", "refresh").expect(0)
    publisher.publish(list_of(server, logs[:1]))
    result = work.with_config("logs", "refresh").expect(65)
    assert result.err.count("lacks 2 of the 3") == 1
    assert str(work.path / "lists") in result.err
    assert "stays in use" in result.err and "--accept" in result.err
    work.with_config("logs", "list", "--accept").expect(64)
    publisher.publish(list_of(server, logs[:1]), spoiled=True)
    work.with_config("logs", "refresh", "--accept").expect(76)
    old = dict(list_of(server, logs[:1]),
               log_list_timestamp="2026-01-01T00:00:00Z")
    publisher.publish(old)
    work.with_config("logs", "refresh", "--accept").expect(65)
    publisher.publish(list_of(server, logs[:1]))
    result = work.with_config("logs", "refresh", "--accept").expect(0)
    assert "1 log," in result.out and "lacks 2 of the 3" in result.err
    work.with_config("logs", "refresh").expect(0)


def test_accepted_losses_are_read_to_their_end(work, server, publisher):
    """The service follows what was lost to its end, and says so, when it is
    started again."""
    logs = logs_of(server, 3)
    publisher.publish(list_of(server, logs))
    configure(work, publisher)
    process = work.monitor()
    for log in logs:
        work.wait_for_ids(expected_ids(log.truth()), process)
    process.stop()
    logs[2].append([{"filler": 30}, jane_spec(log="final")])
    logs[2].fault("restamp", on="head")
    publisher.publish(list_of(server, logs[:1]))
    work.with_config("logs", "refresh", "--accept").expect(0)
    process = work.monitor()
    work.wait_for_ids(expected_ids(logs[2].truth()), process)
    wait_until(lambda: "List 2: read to its end" in process.diagnostics(),
               "its end")
    process.stop()


def test_refresh_of_files(work, server):
    """Nothing to fetch is said; an empty file is called so."""
    path = work.write("l.json", json.dumps(list_of(server, logs_of(
        server, 1))))
    work.config(contact=CONTACT, logs={"lists": [{"file": str(path)}]})
    assert "nothing to fetch" in work.with_config(
        "logs", "refresh").expect(0).err
    path.write_text("")
    assert "the list is empty" in work.with_config(
        "logs", "list").expect(65).err
    result = work.run("logs", "refresh", "--log-list", "chrome", "--contact",
                      "nobody").expect(64)
    assert "--contact: " in result.err


def test_list_key_of_a_file(work, server, publisher):
    """The signature beside a file is checked when a key is given."""
    publisher.publish(list_of(server, logs_of(server, 1)))
    path = work.write("l.json", publisher.files["/list.json"])
    key = work.write("list.pem", publisher.pem())
    words = ["logs", "list", "--log-list", path, "--log-list-key"]
    assert "l.sig" in work.run(*words, key).expect(66).err
    work.write("l.sig", publisher.files["/list.sig"])
    assert ", signed" in work.run(*words, key).expect(0).out
    work.run(*words, work.key(server.new_log())).expect(76)
    work.run(*words, work.write("bad.pem", "nonsense")).expect(65)


def test_what_is_followed(work, server):
    """By include, exclude and state; logs.extra, too; in columns."""
    logs = logs_of(server, 4)
    listed = list_of(server, logs[:3])
    listed["operators"][0]["tiled_logs"][2]["state"] = {
        "retired": {"timestamp": "2026-02-03T00:00:00Z"}}
    path = work.write("l.json", json.dumps(listed))
    work.config([(logs[3], "static")], contact=CONTACT, logs={
        "lists": [{"file": str(path)}], "exclude": ["List 1"]})
    result = work.with_config("logs", "list", "--json").expect(0)
    rows = [json.loads(line) for line in result.out.splitlines()]
    extra = "%s-static" % logs[3].name
    assert {row["description"]: row["followed"] for row in rows} == {
        "List 0": True, "List 1": False, "List 2": False, "fulcio": False,
        extra: True}
    assert rows[-1]["lists"] == ["logs.extra"]
    text = work.with_config("logs", "list").expect(0).out.splitlines()
    assert text[1].split() == ["STATE", "API", "FOLLOWED", "NAME", "URL",
                               "LISTS"]
    for column, words in (("FOLLOWED", ("yes", "no")), ("URL", ("http",))):
        place = text[1].index(column)
        assert all(line[place:].startswith(words) for line in text[2:])
    assert "followed  yes" in work.with_config(
        "logs", "show", extra).expect(0).out
    text = work.run("logs", "list", "--log-list", path).expect(0).out
    assert "FOLLOWED" not in text


def test_near_misses(work, server):
    """Logs and commands that may have been meant; fulcio without a list."""
    path = work.write("l.json", json.dumps(list_of(server, logs_of(
        server, 2))))
    words = ["logs", "show", "--log-list", path]
    assert "did you mean List 0 or List 1?" in work.run(
        *words, "list").expect(64).err
    assert "List 1" in work.run(*words, "Lsit 1").expect(64).err
    assert "did you mean" not in work.run(*words, "nobody").expect(64).err
    assert "Sigstore" in work.run(*words, "fulcio").expect(0).out
    assert "Sigstore" in work.run("logs", "show", "Fulcio").expect(0).out
    assert "(did you mean monitor?)" in work.run("montor").expect(64).err
    assert "did you mean" not in work.run("frobnicate").expect(64).err


def test_help_is_a_command(work):
    """Of all, and of one."""
    assert work.run("help").expect(0).out == work.run("--help").out
    assert work.run("help", "status").expect(0).out == \
        work.run("status", "--help").out
    assert "frobnicate" in work.run("help", "frobnicate").expect(64).err
