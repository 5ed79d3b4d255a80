"""One-off verified scans: what they find, how they end, what they print."""
import base64
import datetime
import json
import os
import pty
import re
import signal
import subprocess

import pytest

from .helpers import BINARY, EXPOSURE, SUMMARY, environment, free_port, \
    loopback_url, wait_until
from .planted import CONSENT, DOMAIN, JANE, PLANTED, SIMILAR, alert_id, \
    between, expected_ids, jane_spec

APIS = ["static", "rfc6962"]
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")


def check_sightings(alert, entries, log):
    """Every sighting is one of the planted entries."""
    by_index = {entry["index"]: entry for entry in entries}
    sightings = alert["data"]["sightings"]
    assert sightings
    for sighting in sightings:
        entry = by_index[sighting["index"]]
        assert sighting["log_id"] == log.log_id
        assert sighting["leaf_hash"] == entry["leaf_hash"]
        assert sighting["verified"] is True
        assert RFC3339.match(sighting["timestamp"])
    places = [s["index"] for s in sightings]
    assert len(set(places)) == len(places)


def check_found(result, log, begin=0, end=None):
    """Each planted match is alerted exactly once, and nothing else."""
    expected = expected_ids(log.truth(), begin, end)
    assert sorted(result.ids) == sorted(expected)
    for alert in result.alerts:
        check_sightings(alert, expected[alert["id"]], log)


def check_summary(summary, log, begin, end):
    """The summary's fields (interface contract, section 5)."""
    state = log.describe()
    assert summary["log_id"] == log.log_id
    assert isinstance(summary["log_name"], str)
    assert (summary["from"], summary["to"]) == (begin, end)
    assert summary["entries"] == end - begin
    assert summary["verified"] is True
    head = summary["head"]
    assert (head["size"], head["root"]) == (state["size"], state["root"])
    assert RFC3339.match(head["timestamp"])
    for name in ("quarantined", "hits", "elapsed_s", "entries_per_s",
                 "bytes"):
        assert summary[name] >= 0


@pytest.fixture(scope="module")
def planted_log(server):
    """A log of some 1,600 entries with everything planted."""
    return server.new_log(between(100))


@pytest.mark.smoke
@pytest.mark.parametrize("api", APIS)
def test_finds_all_that_is_planted(work, planted_log, api):
    """All matches, each once, none that is nobody's; a true summary."""
    result = work.backfill(planted_log, api).expect(0)
    check_found(result, planted_log)
    size = planted_log.describe()["size"]
    check_summary(result.summary, planted_log, 0, size)
    assert result.summary["quarantined"] == 0
    assert result.summary["bytes"] > size * 100
    assert result.events[-1]["type"] == SUMMARY


@pytest.mark.parametrize("api", APIS)
def test_sightings_of_a_pair(work, server, api):
    """Precertificate and certificate are one exposure with two sightings."""
    log = server.new_log([{"filler": 10}, jane_spec(), {"filler": 10}])
    alert, = work.backfill(log, api).expect(0).alerts
    assert [s["index"] for s in alert["data"]["sightings"]] == [10, 11]


@pytest.mark.parametrize("api", APIS)
def test_rsa_log(work, server, api):
    """A log that signs with RSA."""
    log = server.new_log([{"filler": 20}, jane_spec()], key="rsa")
    check_found(work.backfill(log, api).expect(0), log)


def test_alert_object(work, server):
    """The alert's fields, masked, with nobody else's data."""
    log = server.new_log([{"filler": 3}, PLANTED[5]],
                         description="Alert Log")
    result = work.backfill(log, "static").expect(0)
    alert, = [a for a in result.alerts if a["subject"] == "acme/jane"]
    truth = log.truth()
    assert alert["specversion"] == "1.0"
    assert alert["type"] == EXPOSURE
    assert alert["source"].startswith("indelible/")
    assert alert["datacontenttype"] == "application/json"
    assert RFC3339.match(alert["time"])
    data = alert["data"]
    assert data["record"] == {"id": "acme/jane", "tenant": "acme",
                              "kind": "email"}
    match = data["match"]
    assert match["value"] == "j\u2026@e\u2026.com"
    assert (match["kind"], match["side"]) == ("email", "subject")
    assert match["carrier"] == "san.rfc822Name"
    assert match["score"] == 100 and match["reasons"]
    certificate = data["certificate"]
    assert certificate["tbs_sha256"] == truth[0]["tbs_sha256"]
    assert certificate["sha256"] in [e["sha256"] for e in truth]
    assert re.fullmatch("[0-9a-f]+", certificate["serial"])
    assert RFC3339.match(certificate["not_before"])
    assert RFC3339.match(certificate["not_after"])
    assert certificate["issuer_organization"] == "Example Mail Trust"
    assert isinstance(certificate["classes"], list)
    assert data["severity"] in ("info", "low", "medium", "high")
    assert data["permanence"]["statement"] and data["advice"]
    text = json.dumps(alert, ensure_ascii=False)
    assert "jane.roe" not in text.lower() and "ops@" not in text


@pytest.mark.parametrize("api", APIS)
def test_api_is_found_out(work, server, api):
    """Without --log-api the log is asked."""
    log = server.new_log([jane_spec()])
    arguments = ["--log-url", log.url(api).rstrip("/"),
                 "--log-key", work.key(log)]
    result = work.run("backfill", *arguments, "--records", work.records(),
                      "--json").expect(0)
    check_found(result, log)


def test_der_key(work, server):
    """--log-key in DER."""
    log = server.new_log([jane_spec()])
    der = base64.b64decode("".join(log.key_pem.splitlines()[1:-1]))
    result = work.run("backfill", "--log-url", log.static, "--log-key",
                      work.write("key.der", der), "--records",
                      work.records(), "--json").expect(0)
    assert len(result.alerts) == 1


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 512, 513])
@pytest.mark.parametrize("api", APIS)
def test_sizes_at_the_edges(work, server, api, size):
    """Trees whose size is at a tile's edge, and the empty tree."""
    specs = [{"filler": size - 1}, jane_spec(log="final")] if size else []
    log = server.new_log(specs)
    result = work.backfill(log, api).expect(0)
    check_summary(result.summary, log, 0, size)
    check_found(result, log)


# --- records ----------------------------------------------------------------

def test_records_as_csv(work, planted_log):
    """The same records as CSV with dotted headers."""
    consent = ",".join([CONSENT["purpose"], CONSENT["method"],
                        CONSENT["at"], CONSENT["evidence"]])
    header = ("id,tenant,kind,value,value.given,value.surname,"
              "value.aliases,qualifiers.domains,qualifiers.countries,"
              "require_qualifier,consent.purpose,consent.method,"
              "consent.at,consent.evidence")
    rows = [
        "acme/jane,acme,email,jane.roe@example.com,,,,,,," + consent,
        "acme/dom,acme,domain,example.org,,,,,,," + consent,
        'beta/mgl,beta,name,,María|José,"García|López",Maria Garcia,'
        "example.net,ES,true," + consent]
    path = work.write("records.csv", "\r\n".join([header] + rows) + "\r\n")
    result = work.run(
        "backfill", *work.log_arguments(planted_log, "static"),
        "--records", path, "--json").expect(0)
    check_found(result, planted_log)


def test_policy_bits(work, server):
    """Plus addresses and dots count only where a record says so."""
    log = server.new_log([
        {"sans": [["rfc822", "j.a.n.e+shop@gmail.com"]], "log": "final"}])
    def found(**match):
        record = dict(JANE, value="jane@gmail.com", match=match)
        return len(work.backfill(log, "static", records=[record])
                   .expect(0).alerts)
    assert found() == 0
    assert found(plus=True, gmail_dots=True) == 1


def test_domain_without_subdomains(work, server):
    """subdomains: false keeps to the domain itself."""
    log = server.new_log([
        {"sans": [["rfc822", "a@example.org"]], "log": "final"},
        {"sans": [["rfc822", "a@sub.example.org"]], "log": "final"}])
    record = dict(DOMAIN, match={"subdomains": False})
    result = work.backfill(log, "static", records=[record]).expect(0)
    assert [a["data"]["sightings"][0]["index"]
            for a in result.alerts] == [0]


def test_notify_means_nothing(work, server):
    """Whom a record wants told is the service's: a scan shows it."""
    log = server.new_log([jane_spec()])
    record = dict(JANE, notify=["sink:soc", "mailto:jane@example.net"])
    result = work.backfill(log, "static", records=[record]).expect(0)
    assert len(result.alerts) == 1 and result.err.count("warning") == 0


def test_without_consent_nothing_is_matched(work, server):
    """Only active records match."""
    log = server.new_log([jane_spec()])
    record = {key: JANE[key] for key in JANE if key != "consent"}
    result = work.backfill(log, "static", records=[record])
    assert result.expect(0).alerts == []


def test_bad_records_are_named(work, server):
    """All bad lines are named, and the scan does not begin."""
    log = server.new_log([jane_spec()])
    path = work.write("bad.jsonl", "\n".join([
        json.dumps(JANE), '{"id":"x","tenant":"t","kind":"telepathy"}',
        json.dumps(DOMAIN), "{nonsense"]) + "\n")
    result = work.run("backfill", *work.log_arguments(log, "static"),
                      "--records", path, "--json").expect(65)
    assert re.search(r"bad\.jsonl:2\b", result.err)
    assert re.search(r"bad\.jsonl:4\b", result.err)
    assert result.out == "" and log.requests("data") == []


# --- ranges -----------------------------------------------------------------

@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("begin,end", [(0, 300), (300, 900), (512, 768),
                                       (701, 702), (1000, None)])
def test_ranges(work, planted_log, api, begin, end):
    """--from and --to, tied to the signed head."""
    size = planted_log.describe()["size"]
    limits = ["--from", begin] + ([] if end is None else ["--to", end])
    result = work.backfill(planted_log, api, *limits).expect(0)
    check_summary(result.summary, planted_log, begin, end or size)
    check_found(result, planted_log, begin, end)


@pytest.mark.parametrize("api", APIS)
def test_last(work, planted_log, api):
    """--last N."""
    size = planted_log.describe()["size"]
    result = work.backfill(planted_log, api, "--last", 500).expect(0)
    check_summary(result.summary, planted_log, size - 500, size)
    check_found(result, planted_log, size - 500)


def test_empty_range(work, planted_log):
    """An empty range is done."""
    result = work.backfill(planted_log, "static", "--from", 7, "--to", 7)
    assert result.expect(0).summary["entries"] == 0
    assert result.alerts == []


def test_range_beyond_the_head(work, planted_log):
    """`to` beyond the size is a usage error that names the size."""
    size = planted_log.describe()["size"]
    result = work.backfill(planted_log, "static", "--to", size + 1)
    assert str(size) in result.expect(64).err


@pytest.mark.parametrize("limits", [
    ["--from", "9", "--to", "5"], ["--from", "-1"], ["--from", "soon"],
    ["--last", "x"], ["--last", "5", "--from", "1"]])
def test_nonsense_ranges(work, planted_log, limits):
    """Usage errors."""
    work.backfill(planted_log, "static", *limits).expect(64)


@pytest.mark.parametrize("api", APIS)
def test_dates(work, server, api):
    """A range by time, found by bisecting leaf timestamps and widened by
    the MMD, so that it covers what was asked for and not everything."""
    day = 86400000
    begin = 1767225600000   # 2026-01-01T00:00:00Z
    log = server.new_log([{"filler": 1000}, jane_spec(log="final"),
                          {"filler": 999}], begin_ms=begin,
                         step_ms=day // 50)
    truth, = log.truth()

    def date(ms):
        return datetime.datetime.fromtimestamp(
            ms / 1000, datetime.timezone.utc).strftime("%Y-%m-%d")
    result = work.backfill(
        log, api, "--from", date(truth["timestamp"]),
        "--to", date(truth["timestamp"] + day)).expect(0)
    assert len(result.alerts) == 1
    summary = result.summary
    assert 900 < summary["from"] <= 1000 < summary["to"] < 1160
    assert summary["entries"] == summary["to"] - summary["from"]


def test_head_is_not_chased(work, server):
    """What is logged during a scan is not part of it."""
    log = server.new_log([{"filler": 600}], page=50)
    log.fault("slow", on="entries", seconds=0.1)
    process = work.start("backfill", *work.log_arguments(log, "rfc6962"),
                         "--records", work.records(), "--json")
    wait_until(lambda: log.requests("entries"), "the first page")
    log.append([jane_spec()])
    result = process.wait().expect(0)
    assert result.summary["to"] == 600
    assert result.alerts == []


@pytest.mark.parametrize("api", APIS)
def test_newest_first(work, planted_log, api):
    """The order does not change what is found or proven."""
    work.needs("backfill", "--newest-first")
    result = work.backfill(planted_log, api, "--newest-first").expect(0)
    check_found(result, planted_log)
    size = planted_log.describe()["size"]
    check_summary(result.summary, planted_log, 0, size)


# --- several logs -----------------------------------------------------------

@pytest.mark.smoke
def test_log_list(work, server):
    """Several logs of a list; a certificate in two of them is one alert."""
    one = server.new_log([{"filler": 300}, jane_spec(log="final")])
    certificate = server.mint(sans=[["rfc822", "a@example.org"]])["final"]
    shared = {"der": certificate, "plants": ["acme/dom"]}
    two = server.new_log([{"filler": 20}])
    one.append([shared])
    two.append([shared])
    path = work.write("list.json", json.dumps(server.log_list(
        (one, "static"), (two, "rfc6962"))))
    result = work.run("backfill", "--log-list", path, "--records",
                      work.records(), "--json").expect(0)
    expected = expected_ids(one.truth() + two.truth())
    assert sorted(result.ids) == sorted(expected)
    assert {s["data"]["log_id"] for s in result.of_type(SUMMARY)} == \
        {one.log_id, two.log_id}
    both, = [a for a in result.alerts if a["subject"] == "acme/dom"]
    assert {s["log_id"] for s in both["data"]["sightings"]} <= \
        {one.log_id, two.log_id}


def test_log_pattern(work, server):
    """--log chooses from the list; nothing chosen is a usage error."""
    one = server.new_log([{"filler": 3}], description="Alpha 2026h1")
    two = server.new_log([{"filler": 4}], description="Beta 2026h1")
    path = work.write("list.json", json.dumps(server.log_list(
        (one, "static"), (two, "static"))))
    def scanned(pattern):
        result = work.run("backfill", "--log-list", path, "--log", pattern,
                          "--records", work.records(), "--json").expect(0)
        return {s["data"]["entries"] for s in result.of_type(SUMMARY)}
    assert scanned("Alpha*") == {3}
    assert scanned("*2026h1") == {3, 4}
    assert scanned(two.log_id) == {4}
    assert scanned(one.static) == {3}
    result = work.run("backfill", "--log-list", path, "--log", "Gamma*",
                      "--records", work.records()).expect(64)
    assert "Gamma*" in result.err


def test_worst_status_counts(work, server):
    """One log misbehaves, the other is scanned all the same."""
    good = server.new_log([{"filler": 30}, jane_spec(log="final")])
    bad = server.new_log([{"filler": 30}])
    bad.fault("wrong-root")
    path = work.write("list.json", json.dumps(server.log_list(
        (good, "static"), (bad, "static"))))
    result = work.run("backfill", "--log-list", path, "--records",
                      work.records(), "--json").expect(76)
    assert set(expected_ids(good.truth())) == set(result.ids)
    verified = {s["data"]["log_id"]: s["data"]["verified"]
                for s in result.of_type(SUMMARY)}
    assert verified[good.log_id] is True
    assert verified.get(bad.log_id) is not True


# --- stopping and resuming --------------------------------------------------

@pytest.mark.parametrize("api", APIS)
def test_interrupted_and_resumed(work, server, api):
    """SIGINT is 75; with --state the next run takes up where it stopped."""
    log = server.new_log(between(250), page=64)
    log.fault("slow", on=["entries", "data"], seconds=0.15)
    arguments = ["backfill", *work.log_arguments(log, api), "--records",
                 work.records(), "--json", "--state", work.path / "state"]
    process = work.start(*arguments)
    wait_until(lambda: len(log.requests("entries") +
                           log.requests("data")) >= 8, "some progress")
    process.signal(signal.SIGINT)
    first = process.wait(30).expect(75)
    log.calm()
    second = work.run(*arguments).expect(0)
    expected = expected_ids(log.truth())
    assert set(first.ids) | set(second.ids) == set(expected)
    assert len(set(second.ids)) == len(second.ids)
    check_summary(second.summary, log, 0, log.describe()["size"])


def test_state_is_bound_to_its_range(work, server):
    """Another range or other records do not fit a state."""
    log = server.new_log([{"filler": 50}, jane_spec()])
    state = ["--state", work.path / "state"]
    work.backfill(log, "static", *state).expect(0)
    assert (work.path / "state").is_dir()
    work.backfill(log, "static", "--to", 9, *state).expect(65)
    work.backfill(log, "static", *state, records=[DOMAIN]).expect(65)


def test_killed_scan_resumes(work, server):
    """kill -9 in a scan with --state loses nothing."""
    log = server.new_log(between(250), page=64)
    log.fault("slow", on=["entries", "data"], seconds=0.1)
    arguments = ["backfill", *work.log_arguments(log, "rfc6962"),
                 "--records", work.records(), "--json",
                 "--state", work.path / "state"]
    seen = set()
    for progress in (5, 15, 30):
        process = work.start(*arguments)
        wait_until(lambda: len(log.requests("entries")) >= progress,
                   "some progress")
        process.kill()
        seen |= {json.loads(line)["id"]
                 for line in process.out().splitlines(True)
                 if line.endswith("\n")}
    log.calm()
    result = work.run(*arguments).expect(0)
    assert set(expected_ids(log.truth())) <= seen | set(result.ids)


# --- with a configuration ---------------------------------------------------

@pytest.mark.smoke
def test_with_a_store(work, planted_log):
    """With -c: the store's records; hits go into the store and out."""
    work.prepare([(planted_log, "static")])
    work.with_config("backfill", "--quiet").expect(0)
    expected = expected_ids(planted_log.truth())
    if set(work.ids()) != set(expected):   # delivery is the service's
        monitor = work.monitor()
        work.wait_for_ids(expected, monitor)
        monitor.stop()
    assert sorted(work.ids()) == sorted(expected)


# --- what is printed --------------------------------------------------------

def test_text_for_people(work, planted_log):
    """Without --json: alerts in words on stdout, masked."""
    result = work.run("backfill", *work.log_arguments(
        planted_log, "static"), "--records", work.records()).expect(0)
    assert "acme/jane" in result.out
    assert "jane.roe@example.com" not in result.out + result.err
    assert "\x1b" not in result.out


def test_json_is_pure(work, planted_log):
    """Nothing but JSON on stdout; no personal data on stderr."""
    result = work.backfill(planted_log, "rfc6962").expect(0)
    for event in result.events:
        assert event["specversion"] == "1.0"
        assert event["type"].startswith("dev.indelible.")
    for secret in ("jane.roe", "García", "example.org"):
        assert secret not in result.err


def test_quiet(work, planted_log):
    """--quiet: nothing on stderr when all is well."""
    result = work.backfill(planted_log, "static", "--quiet").expect(0)
    assert result.err == ""


def on_a_terminal(work, *arguments):
    """Run with stderr on a terminal: (status, what was written there)."""
    master, slave = pty.openpty()
    env = environment(TERM="xterm")
    process = subprocess.Popen(
        [BINARY] + [str(a) for a in arguments], stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=slave, cwd=work.path, env=env)
    os.close(slave)
    seen = b""
    while True:
        try:
            chunk = os.read(master, 4096)
        except OSError:
            break
        if not chunk:
            break
        seen += chunk
    os.close(master)
    return process.wait(), seen.decode(errors="replace")


def test_progress_bar(work, server):
    """A bar with rate and index on a terminal, none with --quiet."""
    log = server.new_log([{"filler": 2000}], page=100)
    log.fault("slow", on="entries", seconds=0.25)
    arguments = ["backfill", *work.log_arguments(log, "rfc6962"),
                 "--records", work.records()]
    status, seen = on_a_terminal(work, *arguments)
    assert status == 0 and "\r" in seen and "/s" in seen
    log.calm()
    status, seen = on_a_terminal(work, *arguments, "--quiet")
    assert (status, seen) == (0, "")


def test_progress_lines(work, server):
    """Elsewhere a line every 10 s, on stderr."""
    log = server.new_log([{"filler": 300}])
    log.fault("slow", on="data", seconds=11.5, count=1)
    result = work.backfill(log, "static").expect(0)
    assert len(result.events) == 1
    assert re.search(r"/s", result.err)


def test_nothing_is_written(work, planted_log):
    """A scan without a store leaves no file behind."""
    arguments = work.log_arguments(planted_log, "static")
    records = work.records()
    before = sorted(os.listdir(work.path))
    work.run("backfill", *arguments, "--records", records, "--json",
             env={"HOME": str(work.path)}).expect(0)
    assert sorted(os.listdir(work.path)) == before


def test_report(work, server):
    """--report writes a page that stands alone, with hostile text inert."""
    work.needs("backfill", "--report")
    log = server.new_log([jane_spec(subject=[
        ["O", "<script>alert(1)</script>"], ["CN", "Jane Roe"]])])
    path = work.path / "report.html"
    work.backfill(log, "static", "--report", path).expect(0)
    page = path.read_text()
    assert "acme/jane" in page and "<script>alert" not in page
    assert not re.search(r"""(src|href)=["']?https?://[^"']*\.(js|css)""",
                         page)


def test_report_that_cannot_be_written(work, server):
    """73 when the output cannot be made."""
    work.needs("backfill", "--report")
    log = server.new_log([jane_spec()])
    work.backfill(log, "static", "--report",
                  work.path / "no" / "such" / "dir.html").expect(73)


# --- exit statuses ----------------------------------------------------------

def test_usage_errors(work, server):
    """64: unknown options, missing arguments, no log."""
    log = server.new_log()
    work.run("backfill", "--no-such-option").expect(64)
    work.run("backfill", "--log-url").expect(64)
    work.backfill(log, "static", "--log-api", "gopher").expect(64)
    work.run("backfill", "--records", work.records(), "--log-url",
             log.static).expect(64)


def test_missing_inputs(work, server):
    """66: no such file."""
    log = server.new_log()
    result = work.run("backfill", *work.log_arguments(log, "static"),
                      "--records", work.path / "nowhere.jsonl").expect(66)
    assert "nowhere.jsonl" in result.err
    work.run("backfill", "--log-url", log.static, "--log-key",
             work.path / "nowhere.pem", "--records",
             work.records()).expect(66)
    work.run("backfill", "-c", work.path / "nowhere.yaml").expect(66)


def test_bad_key(work, server):
    """65: a key file that is no key."""
    log = server.new_log()
    work.run("backfill", "--log-url", log.static, "--log-key",
             work.write("bad.pem", "no key"), "--records",
             work.records()).expect(65)


def test_unreachable(work, server):
    """69: nobody is there."""
    log = server.new_log()
    result = work.run(
        "backfill", "--log-url", loopback_url(free_port(), "/static/"),
        "--log-key", work.key(log), "--log-api", "static", "--records",
        work.records(), "--json", seconds=240).expect(69)
    assert result.err


def test_bad_configuration(work):
    """78, with the place."""
    path = work.write("bad.yaml", "contact: ct@ops.test\nfetch:\n"
                                  "  poll_statik: 10s\n")
    result = work.run("backfill", "-c", path).expect(78)
    assert "bad.yaml:3:3" in result.err


def test_wrong_key(work, server):
    """76: the head is signed by somebody else's key."""
    log, other = server.new_log([{"filler": 5}]), server.new_log()
    result = work.run(
        "backfill", "--log-url", log.rfc6962, "--log-key", work.key(other),
        "--log-api", "rfc6962", "--records", work.records(), "--json",
        seconds=240).expect(76)
    assert result.alerts == []


def test_contact_is_required(work, server):
    """Any log that is not on loopback wants a real contact."""
    log = server.new_log()
    arguments = ["backfill", "--log-url", "https://192.0.2.1/log/",
                 "--log-key", work.key(log), "--log-api", "static",
                 "--records", work.records()]
    result = work.run(*arguments)
    assert result.status in (64, 78) and "contact" in result.err
    result = work.run(*arguments, "--contact", "ct@example.com")
    assert result.status in (64, 78) and "example.com" in result.err


def test_plain_http_is_for_loopback(work, server):
    """http:// elsewhere only with --allow-http."""
    log = server.new_log()
    result = work.run(
        "backfill", "--log-url", "http://192.0.2.1/log/", "--log-key",
        work.key(log), "--log-api", "static", "--contact", "ct@ops.test",
        "--records", work.records())
    assert result.status in (64, 78) and "http" in result.err


def test_wrong_origin_is_named(work, server):
    """A mismatch names the origin found."""
    log = server.new_log([jane_spec()], origin="named.example/2026")
    result = work.run("backfill", "--log-url", log.static, "--log-key",
                      work.key(log), "--log-api", "static", "--records",
                      work.records(), seconds=240)
    assert result.status not in (0, 1, 70)
    assert "named.example/2026" in result.err


def test_ids_do_not_depend_on_where(work, server):
    """The id is the contract's hash, in either protocol, every time."""
    log = server.new_log([jane_spec()])
    family = bytes.fromhex(log.truth()[0]["tbs_sha256"])
    expected = [alert_id("acme", "acme/jane", family)]
    for api in APIS:
        assert work.backfill(log, api).expect(0).ids == expected


@pytest.mark.parametrize("options", [
    {"page": 1000}, {"page": 32}, {"page": 7, "align": False},
    {"page": 1}])
def test_page_sizes(work, server, options):
    """Whatever page the log gives, aligned or not."""
    log = server.new_log(between(10, PLANTED[:3]), **options)
    check_found(work.backfill(log, "rfc6962").expect(0), log)


@pytest.mark.parametrize("how", ["auto", "always", "never", "headerless"])
def test_compression(work, server, how):
    """Data tiles packed or not, said or not."""
    log = server.new_log(between(50, PLANTED[:3] + SIMILAR[:1]), gzip=how)
    check_found(work.backfill(log, "static").expect(0), log)


# --- when printing fails -----------------------------------------------------

def test_stdout_that_is_full(work, server):
    """74; with --state the alerts are not lost, the next run prints them."""
    log = server.new_log(between(20))
    arguments = ["backfill", *work.log_arguments(log, "static"), "--records",
                 work.records(), "--json", "--state", work.path / "state"]
    with open("/dev/full", "wb") as full:
        process = subprocess.run(
            [BINARY] + [str(a) for a in arguments], stdout=full,
            stderr=subprocess.PIPE, cwd=work.path, env=environment(),
            timeout=60, check=False)
    assert process.returncode == 74, process.stderr.decode()[-4000:]
    assert b"nothing more" in process.stderr
    check_found(work.run(*arguments).expect(0), log)
    assert work.run(*arguments).expect(0).alerts == []


def test_stdout_that_nobody_reads(work, server):
    """The same when the reader has gone."""
    log = server.new_log(between(20))
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.run(
        [BINARY, "backfill", *map(str, work.log_arguments(log, "rfc6962")),
         "--records", str(work.records()), "--json"], stdout=writer,
        stderr=subprocess.PIPE, cwd=work.path, env=environment(), timeout=60,
        check=False)
    os.close(writer)
    assert process.returncode == 74, process.stderr.decode()[-4000:]


def test_all_unproven_are_told(work, server):
    """76: what was found is printed, however much it is."""
    log = server.new_log([jane_spec(log="final") for _ in range(400)])
    log.fault("wrong-root")
    result = work.backfill(log, "static").expect(76)
    assert set(result.ids) == set(expected_ids(log.truth()))
    for alert in result.alerts:
        assert alert["data"]["sightings"][0]["verified"] is False


# --- a state that is no longer whole -----------------------------------------

@pytest.mark.parametrize("lost", [
    ["scan.db", "scan.db-wal", "scan.db-shm"], ["scan"]])
def test_state_that_lost_something(work, server, lost):
    """The records are imported again, whichever half is missing."""
    log = server.new_log(between(20))
    state = work.path / "state"
    first = work.backfill(log, "static", "--state", state).expect(0)
    check_found(first, log)
    for name in lost:
        (state / name).unlink(missing_ok=True)
    again = work.backfill(log, "static", "--state", state).expect(0)
    if "scan.db" in lost:
        check_found(again, log)
    assert again.summary["hits"] == first.summary["hits"]
    assert (state / "scan").exists()
    work.backfill(log, "static", "--state", state,
                  records=[DOMAIN]).expect(65)


# --- again, with a configuration ---------------------------------------------

def summaries(result):
    """{name of the log: its summary}."""
    return {s["data"]["log_name"]: s["data"]
            for s in result.of_type(SUMMARY)}


def test_new_records_are_searched_for(work, server):
    """The same range again: with other records it is another scan, with the
    same ones it is done."""
    log = server.new_log(between(50))
    size = log.describe()["size"]
    work.prepare([(log, "static")], records=[DOMAIN])
    def scan():
        only, = summaries(work.with_config(
            "backfill", "--json", "--to", size).expect(0)).values()
        return only
    first = scan()
    work.with_config("records", "import",
                     work.records([JANE, DOMAIN])).expect(0)
    second = scan()
    assert second["hits"] > first["hits"]
    before = len(log.requests("data"))
    assert scan()["hits"] == second["hits"]
    assert len(log.requests("data")) == before


def test_log_pattern_with_a_configuration(work, server):
    """--log chooses among the configuration's logs."""
    one = server.new_log([{"filler": 3}])
    two = server.new_log([{"filler": 4}])
    work.prepare([(one, "static"), (two, "rfc6962")])
    def scanned(*patterns):
        arguments = [a for p in patterns for a in ("--log", p)]
        return {s["entries"] for s in summaries(work.with_config(
            "backfill", "--json", *arguments).expect(0)).values()}
    assert scanned(one.name + "-*") == {3}
    assert scanned(two.log_id) == {4}
    assert scanned(two.rfc6962) == {4}
    assert scanned(one.name + "-*", two.log_id) == {3, 4}
    result = work.with_config("backfill", "--log", "Gamma*").expect(64)
    assert "Gamma*" in result.err


@pytest.mark.parametrize("option,value", [
    ("--log-key", "no.pem"), ("--log-api", "static"),
    ("--origin", "ct.example.org"), ("--log-list-key", "no.pem")])
def test_options_that_lack_their_partner(work, server, option, value):
    """Options of --log-url and --log-list are not silently ignored."""
    work.prepare([(server.new_log(), "static")])
    result = work.with_config("backfill", option, value).expect(64)
    assert option in result.err


# --- what is said ------------------------------------------------------------

@pytest.mark.parametrize("api", APIS)
def test_summary_of_a_range_that_failed(work, server, api):
    """The numbers are sane, however early it ended."""
    log = server.new_log([{"filler": 900}])
    log.fault("wrong-root")
    summary = work.backfill(log, api, "--from", 300, "--to", 700) \
        .expect(76).summary
    assert summary["from"] in (0, 300)
    assert summary["from"] <= summary["to"] <= 900
    assert summary["entries"] <= 400
    assert summary["verified"] is False


def test_incomplete_consent_is_explained(work, server):
    """The warning names everything that complete consent needs."""
    record = dict(JANE, consent={k: CONSENT[k] for k in CONSENT
                                 if k != "evidence"})
    result = work.backfill(server.new_log(), "static", records=[record])
    assert "evidence" in result.expect(0).err
