"""Log lists by URL: fetched, verified, kept, refused."""
import base64
import json

import pytest

from .helpers import wait_until
from .planted import expected_ids, jane_spec
from .publisher import CONTACT, configure, list_of, logs_of, refusals

# A proxy that is not there: no test asks anybody but this machine.
NOWHERE = {"https_proxy": "http://127.0.0.1:9"}


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


def follow(work, log):
    """Run until this log's exposures are delivered; what it said."""
    process = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), process)
    said = process.err_path
    process.stop()
    return said.read_text(errors="replace")


def copies(work):
    """The lists that were kept."""
    return sorted((work.path / "lists").glob("url-*"))


def test_monitor(work, server, publisher):
    """Fetched and kept; then the copy when nobody answers."""
    logs = logs_of(server, 1)
    publisher.publish(list_of(server, logs))
    configure(work, publisher)
    assert "copy" not in follow(work, logs[0])
    assert len(copies(work)) == 1
    publisher.close()
    logs[0].append([jane_spec(log="final")])
    assert "the last good one stays in use" in follow(work, logs[0])
    assert refusals(work) == []


def test_copy_is_one(work, server, publisher):
    """List and signature are kept in one file, which a new one replaces: there
    is no moment at which they do not fit."""
    logs = logs_of(server, 1)
    publisher.publish(list_of(server, logs))
    configure(work, publisher)
    follow(work, logs[0])
    kept, = copies(work)
    sig, _, text = kept.read_bytes().partition(b"\n")
    assert base64.b64decode(sig) == publisher.files["/list.sig"]
    assert text == publisher.files["/list.json"]
    # What a crash, or a full disk, may leave of the next one.
    kept.with_name(kept.name + ".new").write_bytes(b"AAAA\n{")
    publisher.close()
    logs[0].append([jane_spec(log="final")])
    assert "the last good one stays in use" in follow(work, logs[0])


@pytest.mark.parametrize("fits", [True, False])
def test_copy_of_old(work, server, publisher, fits):
    """Copies were two files once: they are read, if they fit, and replaced."""
    logs = logs_of(server, 1)
    publisher.publish(list_of(server, logs))
    configure(work, publisher)
    follow(work, logs[0])
    kept, = copies(work)
    json_file, sig_file = kept.with_suffix(".json"), kept.with_suffix(".sig")
    json_file.write_bytes(publisher.files["/list.json"])
    sig_file.write_bytes(publisher.files["/list.sig"] if fits else b"none")
    kept.unlink()
    process = work.monitor()
    wait_until(kept.exists, "the new form")
    wait_until(lambda: not sig_file.exists(), "the old one's end")
    process.stop()
    assert ("cannot be used" in process.diagnostics()) != fits
    assert not json_file.exists()


@pytest.mark.parametrize("how, reason", [
    ("signature", "signature"), ("older", "older"),
    ("version", "version"), ("shrunken", "lacks 2 of the 3 logs in use"),
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
    shown = [json.loads(line) for line in lines.splitlines()]
    assert [log["lists"] for log in shown] == \
        [[publisher.url], [publisher.url], ["built-in"]]
    assert shown[2]["description"] == "fulcio"
    refreshed = work.with_config("logs", "refresh").expect(69)
    assert refreshed.out == ""
    assert "the copy of the last good one is used" in refreshed.err


def shown(result):
    """JSON Lines on stdout."""
    return [json.loads(line) for line in result.out.splitlines()]


def test_logs_merged(work, server, publisher):
    """A log of two lists is shown once, with both; its state is the liveliest.
    What is unsigned is called so."""
    logs = logs_of(server, 3)
    publisher.publish(list_of(server, logs[:2]))
    other = list_of(server, logs[1:])
    for entry in other["operators"][0]["tiled_logs"]:
        entry["state"] = {"retired": {"timestamp": "2026-02-03T00:00:00Z"}}
    other["version"] = "7.1"
    path = work.write("other.json", json.dumps(other))
    key = work.write("list.pem", publisher.pem())
    work.prepare([], contact=CONTACT, logs={"lists": [
        {"url": publisher.url, "key_file": str(key)}, {"file": str(path)}]})
    line, = shown(work.with_config("logs", "refresh", "--json").expect(0))
    assert line["list"] == publisher.url and line["logs"] == 2
    assert line["signed"] is True and line["frozen"] is False
    listed = {log["description"]: log for log in shown(
        work.with_config("logs", "list", "--json").expect(0))}
    assert sorted(listed) == ["List 0", "List 1", "List 2", "fulcio"]
    assert listed["List 1"]["lists"] == [publisher.url, str(path)]
    assert [listed["List %d" % i]["state"] for i in range(3)] == \
        ["usable", "usable", "retired"]
    assert [listed["List %d" % i]["signed"] for i in range(3)] == \
        [True, True, False]
    text = work.with_config("logs", "list").expect(0).out
    assert "2 logs, version 1.0, of 20" in text and ", signed\n" in text
    assert "other.json: 2 logs, version 7.1" in text
    assert "list.json, other.json (unsigned)" in text
    block = work.with_config("logs", "show", logs[2].log_id).expect(0).out
    assert "retired since 2026-02-03" in block and "(unsigned)" in block
    fulcio, = shown(work.with_config("logs", "show", "--json", "fulcio"))
    assert fulcio["log_id"] == "3T0wasbHETJjGR4cmWc3AqJKXrjePK3/h4pygC8p7o4="
    assert fulcio["url"] == "https://ctfe.sigstore.dev/2022/"


def test_logs_refresh_refused(work, server, publisher):
    """A refresh that is refused fails, and the copy stays."""
    logs = logs_of(server, 3)
    publisher.publish(list_of(server, logs))
    configure(work, publisher)
    work.with_config("logs", "refresh").expect(0)
    publisher.publish(list_of(server, logs[:1]))
    assert "lacks 2 of the 3" in work.with_config(
        "logs", "refresh").expect(65).err
    publisher.publish(list_of(server, logs), spoiled=True)
    work.with_config("logs", "refresh").expect(76)
    assert len(shown(work.with_config("logs", "list", "--json"))) == 4


@pytest.mark.parametrize("name, host", [
    ("chrome", "www.gstatic.com"), ("apple", "valid.apple.com")])
def test_built_in_names(work, name, host):
    """chrome and apple are lists, not files; servers want a contact."""
    result = work.run("backfill", "--log-list", name, "--contact", CONTACT,
                      "--records", work.records(), env=NOWHERE).expect(69)
    assert "log list %s: " % name in result.err and host in result.err
    result = work.run("backfill", "--log-list", name, "--records",
                      work.records()).expect(64)
    assert "log list %s: " % name in result.err and "--contact" in result.err
    result = work.run("logs", "list", "--log-list", name).expect(66)
    assert "log list %s: " % name in result.err
    work.write(name, "{}")
    work.run("backfill", "--log-list", "./" + name, "--records",
             work.records()).expect(65)


def test_fulcio(work):
    """A log that is built in needs no list; only its own name takes it."""
    result = work.run("backfill", "--log", "fulcio", "--records",
                      work.records()).expect(64)
    assert "https://ctfe.sigstore.dev/2022/" in result.err
    assert "--contact" in result.err
    result = work.run("backfill", "--log", "fulc*", "--records",
                      work.records()).expect(64)
    assert "--log-list" in result.err
    work.prepare([], contact=CONTACT, logs={"include": ["fulcio"]})
    process = work.start("monitor", "-c", work.config_file, **NOWHERE)
    wait_until(lambda: "following fulcio at https://ctfe.sigstore.dev/2022/"
               in process.diagnostics(), "its start")
    process.stop()


def test_backfill_tells(work, server, publisher):
    """A scan into the service's store tells refusals, too."""
    logs = logs_of(server, 3)
    publisher.publish(list_of(server, logs))
    configure(work, publisher)
    work.with_config("backfill", "--log", "List 0").expect(0)
    publisher.publish(list_of(server, logs[:1]))
    work.with_config("backfill", "--log", "List 0").expect(0)
    publisher.publish(list_of(server, logs))
    process = work.monitor()
    wait_until(lambda: refusals(work), "the event")
    process.stop()
    told, = refusals(work)
    assert "lacks 2 of the 3 logs" in told
