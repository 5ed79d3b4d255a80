"""The page of `backfill --report`: true, safe, and to be looked at."""
import base64
import json
import os
import re
import shutil
import signal
import stat
import subprocess

import pytest

from tests.fakelog.mint import Authority, Mint
from .browser import Browser
from .helpers import BINARY, environment, wait_until
from .planted import CONSENT, DOMAIN, JANE, PERSONAL, PLANTED, RECORDS, \
    between, expected_ids, jane_spec
from .report_page import read_page

APIS = ["static", "rfc6962"]
DAY = 86400 * 1000
BEGIN = 1709251200000       # 2024-03-01T00:00:00Z
SCRIPT = "<script>alert(1)</script>"
EVIL = [SCRIPT, "\"'><img src=x onerror=alert(1)>", "</title></style>",
        "\u202eevil\u2066\u200b", "a\x1b[31m\0b", "]]>-->`${1}"]


def scan(work, log, api="static", *more, **how):
    """A scan of one log with a report; the result and the page."""
    path = work.path / "report.html"
    result = work.backfill(log, api, "--report", path, *more, **how)
    return result, read_page(path) if path.exists() else None


def counted(page, title):
    """{name: number} of the bars under a heading."""
    part = page.source.split("<h2>%s</h2>" % title)[1].split("</section>")[0]
    return {re.sub("<[^>]*>", "", name): int(number.replace(",", ""))
            for name, number in re.findall(
                r"<tr><th scope=row>(.*?)</th>.*?<td class=num>([\d,]+)</td>",
                part, re.S)}


@pytest.fixture(scope="module")
def dated(server):
    """A log of several days, kinds, classes and authorities."""
    return server.new_log(between(20), begin_ms=BEGIN, step_ms=DAY // 4,
                          description="Dated")


# --- what it says -----------------------------------------------------------

@pytest.mark.smoke
@pytest.mark.parametrize("api", APIS)
def test_numbers_are_those_of_the_alerts(work, dated, api):
    """Counts, dates, kinds, classes, authorities; one row for each alert."""
    result, page = scan(work, dated, api)
    alerts = result.expect(0).alerts
    assert sorted(page.alert_ids()) == sorted(result.ids)
    assert page.exposures == len(alerts)
    datas = [alert["data"] for alert in alerts]
    days = sorted(min(s["timestamp"] for s in data["sightings"])[:10]
                  for data in datas)
    figures = page.figures()
    assert figures["exposures: one record in one certificate"] == \
        str(len(alerts))
    assert figures["certificates"] == str(len({
        data["certificate"]["tbs_sha256"] for data in datas}))
    assert figures["of them of high severity"] == str(len([
        1 for data in datas if data["severity"] == "high"]))
    assert figures["first published"] == days[0]
    assert figures["last published"] == days[-1]
    assert figures["records watched for"] == str(len(RECORDS))
    assert figures["log entries read"] == str(dated.describe()["size"])
    assert "2 people and 1 domain are exposed in" in page.element("h1")
    check_bars(page, datas)
    assert "Complete and proven." in page.visible


def check_bars(page, datas):
    """The plots' numbers are the alerts'."""
    def tally(values):
        return {value: list(values).count(value) for value in set(values)}

    records = [data["record"]["id"] for data in datas]
    issuers = [data["certificate"]["issuer_organization"] for data in datas]
    assert counted(page, "Who is concerned") == tally(records)
    assert counted(page, "Who issued the certificates") == tally(issuers)
    kinds = counted(page, "What is exposed")
    assert sum(kinds.values()) == len(datas)
    assert kinds["Name"] == len([1 for data in datas
                                 if data["match"]["kind"] == "name"])
    assert counted(page, "What the certificates are for")["Web server"] == \
        len([1 for data in datas if "tls" in data["certificate"]["classes"]])
    assert counted(page, "What stands beside it").get("Name", 0) == \
        len([1 for data in datas if "name" in data["also_exposed"]])


def test_the_plot_over_time(work, server):
    """Steps as long as the time asks for; all exposures are in the bars."""
    for days, unit in ((1, "day"), (9, "week"), (40, "month"), (400, "year")):
        log = server.new_log(
            [jane_spec(log="final") for _ in range(30)], begin_ms=BEGIN,
            step_ms=days * DAY)
        _, page = scan(work, log)
        assert "The numbers by " + unit in page.visible
        bars = re.findall(r"<g><title>([\d-]+): (\d+) exposures?</title>",
                          page.source)
        assert sum(int(number) for _, number in bars) == 30
        assert [label for label, _ in bars] == sorted(
            label for label, _ in bars)
        assert len(bars[0][0]) == {"year": 4, "month": 7}.get(unit, 10)


def test_proof_of_each(work, dated):
    """Every place's index and leaf hash; log, root and range."""
    _, page = scan(work, dated)
    for entry in dated.truth():
        if entry["plants"]:
            assert "entry %d, " % entry["index"] in page.visible
            assert entry["leaf_hash"] in page.visible
    described = dated.describe()
    assert described["root"] in page.ids["logs"]
    assert dated.log_id in page.ids["logs"]
    assert "0 to %s" % format(described["size"] - 1, ",") in page.ids["logs"]


@pytest.mark.parametrize("api", APIS)
def test_its_commands_work(work, server, api):
    """What it says of verifying one entry is true, with openssl and curl."""
    if shutil.which("curl") is None or shutil.which("openssl") is None:
        pytest.skip("there is no curl or no openssl")
    log = server.new_log([{"filler": 700}, jane_spec(), {"filler": 9}])
    _, page = scan(work, log, api)
    done = subprocess.run(["bash", "-c", page.ids["recipe"]], cwd=work.path,
                          capture_output=True, env=environment(), check=True)
    assert done.stdout.decode().strip() == page.ids["leaf-hash"]
    assert page.ids["leaf-hash"] in [e["leaf_hash"] for e in log.truth()]


def test_nothing_found(work, server):
    """Says so, and what that means and does not."""
    log = server.new_log([{"filler": 40}])
    _, page = scan(work, log)
    assert page.element("h1") == "Nothing of the watched records was found"
    assert "It does not mean" in page.ids["nothing"]
    assert "exposures" not in page.ids
    assert page.alert_ids() == []


def test_without_active_records(work, server):
    """Nothing can be found then, and that is said."""
    log = server.new_log([jane_spec()])
    pending = {key: JANE[key] for key in JANE if key != "consent"}
    _, page = scan(work, log, records=[pending])
    assert "nothing could be found" in page.ids["nothing"]


def test_a_range_of_it(work, dated):
    """Only what is in the range."""
    result, page = scan(work, dated, "static", "--from", 60, "--to", 200)
    assert sorted(page.alert_ids()) == sorted(
        expected_ids(dated.truth(), 60, 200)) == sorted(result.ids)
    assert "60 to 199" in page.ids["logs"]


def test_a_period(work, server):
    """What was asked for stands beside what came of it."""
    log = server.new_log([{"filler": 300}, jane_spec(log="final")],
                         begin_ms=BEGIN, step_ms=DAY // 4)
    _, page = scan(work, log, "rfc6962", "--from", "2024-04-01", "--to",
                   "2024-05-20T12:00:00Z")
    assert "logged from 2024-04-01 00:00:00 UTC to 2024-05-20 12:00:00 " \
        "UTC, widened by 86400 s" in page.ids["logs"]
    assert len(page.alert_ids()) == 1


def test_empty_range(work, dated):
    """Nothing was to be read."""
    result, page = scan(work, dated, "static", "--from", 7, "--to", 7)
    result.expect(0)
    assert page.alert_ids() == [] and "none" in page.ids["logs"]


def test_malformed_entries(work, server):
    """What could not be read stands there, with place and reason."""
    log = server.new_log([{"filler": 5}, {"malformed": "garbage"},
                          {"malformed": "oversize"}, jane_spec()])
    result, page = scan(work, log)
    assert result.summary["quarantined"] == 2
    assert "2 entries could not be searched" in page.visible
    for index in (5, 6):
        assert re.search(r"<td role=cell data-l=\"Entry\">%d</td>" % index,
                         page.source)
    assert sorted(page.alert_ids()) == sorted(result.ids)


# --- several logs, several runs ---------------------------------------------

def listed(work, server, *logs):
    """The options for these logs, out of a list with their descriptions."""
    path = work.write("list.json", json.dumps(server.log_list(
        *((log, "static") for log in logs))))
    return ["backfill", "--log-list", path, "--records", work.records(),
            "--json", "--report", work.path / "report.html"]


def test_several_logs(work, server):
    """One exposure in two logs is one row; each log has its numbers."""
    first = server.new_log([{"filler": 9}, jane_spec()], description="First")
    again = server.new_log([jane_spec(log="final")], description="Second")
    quiet = server.new_log([{"filler": 33}], description="Third")
    result = work.run(*listed(work, server, first, again, quiet)).expect(0)
    page = read_page(work.path / "report.html")
    assert sorted(page.alert_ids()) == sorted(result.ids)
    for name in ("First", "Second", "Third"):
        assert name in page.ids["logs"]
    assert "3 logs." in page.ids["logs"]


def test_one_log_misbehaves(work, server):
    """76: the banner and the row of that log say so; the others' are true."""
    good = server.new_log([jane_spec()], description="Good")
    bad = server.new_log([jane_spec(log="final")], description="Bad")
    bad.fault("wrong-root")
    work.run(*listed(work, server, good, bad)).expect(76)
    page = read_page(work.path / "report.html")
    assert "Not proven." in page.visible
    assert "class=\"banner bad\"" in page.source
    assert "1 is not proven (yet)" in page.visible.replace(
        "Of the exposures, ", "")
    assert len(page.alert_ids()) == 2


def test_a_log_that_does_not_answer(work, server):
    """69: it is listed with the reason."""
    log = server.new_log([jane_spec()], description="Silent")
    log.fault("status", on="head", code=404)
    result = work.run(*listed(work, server, log))
    page = read_page(work.path / "report.html")
    assert result.status not in (0, 75)
    assert "Not proven." in page.visible and "Silent" in page.ids["logs"]


def test_interrupted_and_resumed(work, server):
    """75 makes a partial report; the next run's has what both found."""
    log = server.new_log(between(250), page=64)
    log.fault("slow", on=["entries", "data"], seconds=0.15)
    arguments = ["backfill", *work.log_arguments(log, "static"), "--records",
                 work.records(), "--json", "--state", work.path / "state",
                 "--report", work.path / "report.html"]
    process = work.start(*arguments)
    wait_until(lambda: len(log.requests("data")) >= 8, "some progress")
    process.signal(signal.SIGINT)
    process.wait(30).expect(75)
    page = read_page(work.path / "report.html")
    assert "Partial: the scan was stopped" in page.visible
    assert set(page.alert_ids()) < set(expected_ids(log.truth()))
    log.calm()
    work.run(*arguments).expect(0)
    page = read_page(work.path / "report.html")
    assert "Complete and proven." in page.visible
    assert "Earlier runs" in page.ids["verify"]
    assert sorted(page.alert_ids()) == sorted(expected_ids(log.truth()))


def test_the_services_store(work, server):
    """With -c: all that is known of the range, also from before."""
    log = server.new_log(between(10))
    work.prepare([(log, "static")])
    half = log.describe()["size"] // 2
    work.with_config("backfill", "--to", half).expect(0)
    path = work.path / "report.html"
    work.with_config("backfill", "--report", path).expect(0)
    page = read_page(path)
    assert sorted(page.alert_ids()) == sorted(expected_ids(log.truth()))
    assert "indelible verify -c" in page.ids["verify"]
    work.with_config("backfill", "--from", half, "--report", path).expect(0)
    assert sorted(read_page(path).alert_ids()) == sorted(
        expected_ids(log.truth(), half))


# --- hostile text -----------------------------------------------------------

def evil_specs():
    """Certificates of authorities with such names, and subjects like them."""
    mint = Mint()
    for text in EVIL:
        mint.authorities[1] = Authority([["O", text], ["CN", text]])
        minted = mint.mint(dict(
            PERSONAL, sans=[["rfc822", "jane.roe@example.com"],
                            ["rfc822", "&lt@example.org"]],
            subject=[["CN", text], ["O", text]]))
        yield {"der": base64.b64encode(minted.final).decode()}


def test_hostile_text(work, server):
    """Nothing of a certificate or a list is markup, hides or turns around."""
    log = server.new_log(list(evil_specs()),
                         description="%s \u202e\u2066 & 'log'" % SCRIPT,
                         operator="<b>\"Operator\"</b>")
    result = work.run(*listed(work, server, log)).expect(0)
    page = read_page(work.path / "report.html")
    assert sorted(page.alert_ids()) == sorted(result.ids)
    assert len(result.ids) == 2 * len(EVIL)
    assert page.count("script") == 1 and page.count("img") == 0
    assert page.count("b") == page.count("i") == 0
    for text in (SCRIPT, "\\u{202e}evil", "</title></style>"):
        assert text in page.visible
    assert "&\u2026@e\u2026.org" in page.visible
    assert "jane.roe" not in page.source


def test_values_are_masked(work, dated):
    """As in the alerts, and nothing else of the certificate."""
    result, page = scan(work, dated)
    for alert in result.alerts:
        assert alert["data"]["match"]["value"] in page.visible
    for word in ("jane.roe", "Jane Roe", "bob@", "Garc", "mgl@", "ops@"):
        assert word.lower() not in page.source.lower()


# --- the file ---------------------------------------------------------------

def test_for_the_owner_alone(work, dated):
    """Mode 0600; nothing else is left."""
    scan(work, dated)
    path = work.path / "report.html"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(work.path.glob("report.html.*")) == []


def test_an_older_report_is_replaced(work, dated):
    """Another file is not."""
    scan(work, dated)
    path = work.path / "report.html"
    before = path.stat().st_ino
    scan(work, dated)[0].expect(0)
    assert path.stat().st_ino != before
    path.write_text("dear diary")
    result = work.backfill(dated, "static", "--report", path).expect(73)
    assert "no report" in result.err and result.out == ""
    assert path.read_text() == "dear diary"


@pytest.mark.parametrize("place", ["missing/report.html", ".", "/dev/null",
                                   "/proc/report.html"])
def test_where_it_cannot_be(work, server, place):
    """73 before anything is read."""
    log = server.new_log([jane_spec()])
    result = work.backfill(log, "static", "--report",
                           work.path / place).expect(73)
    assert place.rstrip(".") in result.err and result.out == ""
    assert log.requests("data") == []


def test_not_in_the_state(work, dated):
    """The folder of --state is its scan's alone."""
    state = work.path / "state"
    work.backfill(dated, "static", "--state", state).expect(0)
    work.backfill(dated, "static", "--state", state, "--report",
                  state / "report.html").expect(64)
    work.backfill(dated, "static", "--report", "-").expect(64)
    work.backfill(dated, "static", "--state", state).expect(0)


def test_a_disk_that_fills(work, dated):
    """What cannot be written is 74, and no half a page is there."""
    path = work.path / "report.html"
    path.write_text("")
    process = subprocess.run(
        ["bash", "-c", "ulimit -f 8; trap '' XFSZ; exec \"$@\"", "bash",
         BINARY, "backfill"] + [str(a) for a in work.log_arguments(
             dated, "static")] + ["--records", str(work.records()), "--json",
                                  "--report", str(path)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False,
        env=environment())
    assert process.returncode == 74, process.stderr.decode()
    assert "--report" in process.stderr.decode()
    assert path.read_text() == ""
    assert list(work.path.glob("report.html.*")) == []


# --- as it is seen ----------------------------------------------------------

@pytest.fixture(scope="module")
def browser():
    """Chromium, for all that look at pages."""
    with Browser() as window:
        yield window


@pytest.fixture
def shown(work, server, browser):
    """A page with much on it, open."""
    log = server.new_log(between(30) + list(evil_specs()), begin_ms=BEGIN,
                         step_ms=DAY // 3)
    _, page = scan(work, log)
    browser.media()
    browser.size(1200, 900)
    browser.open(work.path / "report.html")
    return page


def quiet(browser):
    """No word on the console, no request."""
    assert browser.complaints() == []
    assert browser.requests() == []


def column(browser, number):
    """What stands in a column of the table, from the top."""
    return browser.script(
        "return [...document.querySelectorAll('#exposures tbody')]"
        ".filter(b => !b.hidden)"
        ".map(b => b.rows[0].cells[arguments[0]].textContent)", number)


def click(browser, name):
    """On the head of a column."""
    browser.script("[...document.querySelectorAll('#exposures th button')]"
                   ".find(b => b.textContent === arguments[0]).click()", name)


def test_sorting_and_finding(browser, shown):
    """By script; what it sorts are whole exposures."""
    assert len(column(browser, 1)) == len(shown.alert_ids())
    click(browser, "Published")
    days = column(browser, 1)
    assert days == sorted(days, reverse=True) and days[0] != days[-1]
    click(browser, "Published")
    assert column(browser, 1) == sorted(days)
    click(browser, "Log entry")
    places = [int(p.split("#")[1]) for p in column(browser, 5)]
    assert places == sorted(places)
    browser.script("var f = document.getElementById('filter');"
                   "f.value = 'ACME/dom';"
                   "f.dispatchEvent(new Event('input'))")
    assert set(column(browser, 2)) == {"acme/dom"}
    assert browser.script(
        "return document.getElementById('shown').textContent") == \
        "%d of %d shown" % (len(column(browser, 2)), len(shown.alert_ids()))
    quiet(browser)


def test_fits_a_phone(browser, shown):
    """No scrolling sideways at 360 px, also with all proofs open."""
    del shown
    browser.size(360, 780, phone=True)
    browser.script("document.getElementById('open').click()")
    for scheme in ("light", "dark"):
        browser.media(scheme=scheme)
        assert browser.script(
            "return document.documentElement.scrollWidth") <= 360
    quiet(browser)


def test_contrast(browser, shown):
    """At least 4.5 between text and what is behind it (WCAG 2.1, AA)."""
    del shown
    browser.script("document.getElementById('open').click()")
    for scheme in ("light", "dark"):
        browser.media(scheme=scheme)
        worst = browser.script(CONTRAST)
        assert worst[0] >= 4.5, (scheme, worst)


CONTRAST = """
function rgb(c) { return c.match(/[\\d.]+/g).map(Number); }
function light(c) {
  var l = rgb(c).slice(0, 3).map(function (v) {
    v /= 255;
    return v <= .03928 ? v / 12.92 : Math.pow((v + .055) / 1.055, 2.4);
  });
  return .2126 * l[0] + .7152 * l[1] + .0722 * l[2];
}
function behind(e) {
  for (; e; e = e.parentElement) {
    var c = getComputedStyle(e).backgroundColor, a = rgb(c);
    if (a.length === 3 || a[3] === 1) return c;
  }
  return 'rgb(255, 255, 255)';
}
var worst = [99, ''];
document.querySelectorAll('body *').forEach(function (e) {
  var own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
  if (!own || e.closest('svg, script, style') || !e.offsetParent) return;
  var a = light(getComputedStyle(e).color), b = light(behind(e));
  var ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  if (ratio < worst[0]) worst = [ratio, e.outerHTML.slice(0, 120)];
});
return worst;
"""


def test_prints(browser, shown, work):
    """To PDF: all exposures are on paper."""
    path = work.path / "report.pdf"
    path.write_bytes(browser.pdf())
    assert path.read_bytes().startswith(b"%PDF-")
    quiet(browser)
    if shutil.which("pdftotext") is None:
        pytest.skip("there is no pdftotext to read the PDF")
    text = subprocess.run(["pdftotext", "-layout", path, "-"], check=True,
                          capture_output=True).stdout.decode()
    assert len(re.findall(r"^[ \f]*(?:High|Medium|Low|Info) +20\d\d-", text,
                          re.M)) == len(shown.alert_ids())
    assert "How to verify" in text
    assert 1 < len(re.findall("^.?Severity +Published", text, re.M))


def test_without_script(browser, shown):
    """All of it can be read; nothing pretends to work."""
    browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.do("refresh")
        seen = browser.devtools("Runtime.evaluate", expression="""JSON.
            stringify([getComputedStyle(document.getElementById('tools'))
            .display, document.querySelectorAll('th button').length,
            document.querySelectorAll('#exposures tbody').length])""")
        assert json.loads(seen["result"]["value"]) == [
            "none", 0, len(shown.alert_ids())]
    finally:
        browser.devtools("Emulation.setScriptExecutionDisabled", value=False)
