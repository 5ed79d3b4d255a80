"""Another's reader over our test world: certspotter reads the fake log in
both protocols. It verifies signatures, replays the tree, and compares each
precertificate with its TBS; so the tests beside, which have the fake log for
a measure, do not measure with a bent one.
"""
import pytest

from .conftest import program
from .services import CertSpotter

TILE = 256
HALF_AN_HOUR = 1800
SHOP = {"subject": [["CN", "www.shop.example"]],
        "sans": [["dns", "www.shop.example"], ["dns", "shop.example"]],
        "plants": ["shop"]}
MAIL = {"subject": [["CN", "Jane Roe"]], "log": "precert",
        "eku": ["emailProtection"], "issuer": 1, "plants": ["mail"],
        "sans": [["rfc822", "jane.roe@example.com"],
                 ["dns", "mail.corp.example"]]}
FINAL = {"subject": [["CN", "old.example"]], "log": "final",
         "sans": [["dns", "*.api.shop.example"]], "plants": ["api"]}
NEAR = {"subject": [["CN", "www.myshop.example"]],
        "sans": [["dns", "www.myshop.example"], ["dns", "corp.example"]]}
PLANTED = [SHOP, MAIL, FINAL]
NAMES = [".shop.example", "mail.corp.example"]


def specs(total):
    """The planted and the near ones amid others, `total` entries."""
    out = [{"filler": 100}, SHOP, {"filler": 90}, MAIL, NEAR,
           {"filler": 110}, FINAL]
    count = 300 + 2 + 1 + 2 + 1
    return out + [{"filler": total - count}]


def expected(*logs):
    """{SHA-256 of the TBS: names} of what is planted."""
    names = {spec["plants"][0]: sorted(
        value for form, value in spec["sans"] if form == "dns")
             for spec in PLANTED}
    names["api"].append("old.example")
    return {entry["tbs_sha256"]: sorted(names[entry["plants"][0]])
            for log in logs for entry in log.truth()}


@pytest.fixture(params=["certspotter", "certspotter-debian"])
def any_program(request):
    """Each version of it."""
    return program(request.param)


@pytest.fixture
def spotter(tmp_path):
    """Starts certspotter over (log, api) pairs."""
    running = []

    def start(server, pairs, *options, path=None):
        running.append(CertSpotter(
            path or program("certspotter"), tmp_path / "certspotter",
            server.log_list(*pairs), NAMES))
        running[-1].start(*options)
        return running[-1]
    yield start
    for each in running:
        each.daemon.stop()


def assert_content(reader, *logs):
    """It has found what was planted, and held nothing against the logs."""
    assert reader.found() == expected(*logs)
    assert reader.complaints() == []
    for log in logs:
        assert reader.malformed(log) == []
    for report in reader.reports():
        assert "Error Building Chain" not in report


@pytest.mark.parametrize("options", [
    {}, {"page": 33, "align": False, "key": "rsa"}])
def test_rfc6962(server, spotter, any_program, options):
    """A log of RFC 6962 is read from its start, proven, and its growth."""
    log = server.new_log(specs(700), **options)
    reader = spotter(server, [(log, "rfc6962")], path=any_program)
    reader.wait_for(log)
    assert_content(reader, log)
    reader.stop()
    log.append([{"filler": 20}, SHOP, {"filler": 3}])
    reader.start()
    reader.wait_for(log)
    assert_content(reader, log)
    reader.stop()


@pytest.mark.parametrize("options", [
    {}, {"gzip": "always", "key": "rsa"}, {"gzip": "never",
                                           "strange": False}])
def test_static(server, spotter, options):
    """A log of static-ct-api, up to the last full tile."""
    log = server.new_log(specs(3 * TILE), **options)
    reader = spotter(server, [(log, "static")])
    reader.wait_for(log)
    assert_content(reader, log)
    reader.stop()


def test_static_partial_tile(server, spotter):
    """A tile that stays partial is read and proven, later the full one."""
    log = server.new_log(specs(2 * TILE))
    reader = spotter(server, [(log, "static")])
    reader.wait_for(log)
    reader.stop()
    log.append([{"filler": 20}, SHOP, {"filler": 3}])
    reader.start()
    reader.daemon.wait_for(lambda: reader.age_heads(log, HALF_AN_HOUR),
                           "a head that wants the tile")
    reader.stop()
    reader.start()
    reader.wait_for(log)
    assert_content(reader, log)
    reader.stop()
    partial = [r["path"] for r in log.requests("data")
               if ".p/" in r["path"]]
    assert partial == ["static/tile/data/002.p/25"]
    log.grow(2 * TILE - 25)
    reader.start()
    reader.wait_for(log)
    assert_content(reader, log)
    reader.stop()


@pytest.mark.parametrize("api", ["static", "rfc6962"])
def test_from_the_end(server, spotter, api):
    """Starting at the end it rebuilds the tree's edge from the log's proofs
    (get-entry-and-proof, hash tiles), and the growth goes with it."""
    log = server.new_log(specs(5 * TILE + 77))
    reader = spotter(server, [(log, api)], "-start_at_end")
    reader.wait_for(log)
    assert reader.found() == {}
    reader.stop()
    new = log.append([SHOP, {"filler": 2 * TILE - 77 - 2}])
    reader.start()
    reader.wait_for(log)
    reader.stop()
    assert list(reader.found()) == [new[0]["tbs_sha256"]]
    assert reader.complaints() == []


def test_several_logs(server, spotter):
    """A log list with operators and both kinds of logs."""
    logs = [server.new_log(specs(2 * TILE), operator=operator)
            for operator in ("One", "One", "Two")]
    reader = spotter(server, list(zip(logs, (
        "static", "rfc6962", "rfc6962"))))
    for log in logs:
        reader.wait_for(log)
    assert_content(reader, *logs)
    reader.stop()


@pytest.mark.parametrize("api", ["static", "rfc6962"])
def test_malformed_entries(server, spotter, api):
    """What we take for unreadable, it does too; the tree is proven."""
    bad = ["garbage", "empty"] + \
        (["type", "version", "trailing"] if api == "rfc6962" else [])
    log = server.new_log([{"filler": 10}] + [
        {"malformed": how} for how in bad] + [
            {"filler": TILE - 10 - len(bad)}])
    reader = spotter(server, [(log, api)])
    reader.wait_for(log)
    assert reader.malformed(log) == list(range(10, 10 + len(bad)))
    assert reader.complaints() == []
    reader.stop()


@pytest.mark.parametrize("api", ["static", "rfc6962"])
@pytest.mark.parametrize("kind,word", [
    ("bad-signature", "invalid signature"),
    ("wrong-root", "does not match")])
def test_it_would_say_so(server, spotter, api, kind, word):
    """It does notice what is wrong: with such faults it complains."""
    log = server.new_log(specs(2 * TILE))
    log.fault(kind)
    reader = spotter(server, [(log, api)])
    reader.daemon.wait_for(reader.complaints, "a complaint")
    assert word in "".join(reader.complaints())
    assert reader.proven(log) is None
    reader.stop()
