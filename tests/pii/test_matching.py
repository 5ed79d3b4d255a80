"""Opt-in records against certificates, through the binary: one log, one file
of records, one scan. The cases are in matching.py (reference pii.md 6.2)."""
import base64
import random

import pytest

from tests.e2e.helpers import Workspace, wait_until

from .build import certificate
from .matching import CASES, REFUSED

WANTED = {(case.record["id"], name): hit for case in CASES
          for name, _, hit in case.certificates if hit}
TWINS = 2


def shuffled(parts, seed):
    """The same certificate with its attributes and names in another order;
    the first order is kept for seed 0."""
    if seed == 0:
        return parts
    dice = random.Random(seed)
    parts = dict(parts)
    for field in ("subject", "sans", "eku", "policies"):
        if field in parts:
            parts[field] = dice.sample(parts[field], len(parts[field]))
    if seed % 2 == 1:
        parts["subject"] = parts["subject"][::-1]
    return parts


def everything():
    """{serial number: (certificate's name, twin, DER)}."""
    out = {}
    serial = 0x4D000000
    for case in CASES:
        for name, parts, _ in case.certificates:
            for twin in range(TWINS + 1):
                serial += 1
                out["%x" % serial] = (name, twin, certificate(
                    serial=serial, **shuffled(parts, twin)))
    return out


def scan(work, log, api, logged):
    """{(record, certificate, twin): alert data} of a scan of everything."""
    result = work.backfill(log, api,
                           records=[c.record for c in CASES]).expect(0)
    assert result.summary["quarantined"] == 0
    out = {}
    for alert in result.alerts:
        data = alert["data"]
        name, twin, _ = logged[data["certificate"]["serial"].lstrip("0")]
        key = data["record"]["id"], name, twin
        assert key not in out
        out[key] = data
    return out


@pytest.fixture(scope="module")
def scans(server, tmp_path_factory):
    """The scan by each protocol."""
    work = Workspace(tmp_path_factory.mktemp("matching"))
    logged = everything()
    log = server.new_log([{"der": base64.b64encode(body).decode()}
                          for _, _, body in logged.values()])
    yield {api: scan(work, log, api, logged)
           for api in ("static", "rfc6962")}
    work.close()


@pytest.fixture
def hits(scans):
    """One of the scans."""
    return scans["static"]


def test_protocol_does_not_matter(scans):
    """The same in both but for the name of the log."""
    def told(data):
        return {k: v for k, v in data.items() if k != "sightings"}
    static, rfc6962 = ({key: told(data) for key, data in scan.items()}
                       for scan in scans.values())
    assert static == rfc6962


@pytest.mark.smoke
def test_all_and_no_other(hits):
    """Each record is hit by its certificates, and by no other's."""
    found = {(record, name) for record, name, twin in hits if twin == 0}
    foreign = {key: hits[key + (0,)]["match"] for key in found - set(WANTED)}
    assert not foreign
    assert not set(WANTED) - found


@pytest.mark.parametrize("record,name", WANTED)
def test_hit(hits, record, name):
    """Rule, score, reason and severity."""
    wanted, data = WANTED[record, name], hits.get((record, name, 0))
    assert data, "not hit"
    match = data["match"]
    assert (match["rule"], match["score"], data["severity"]) == (
        wanted["rule"], wanted["score"], wanted["severity"]), match
    assert wanted["reason"] in " ".join(match["reasons"]), match
    assert match["reasons"] and match["count"] == wanted["count"], match
    assert data["certificate"]["tbs_sha256"] and data["sightings"]


@pytest.mark.parametrize("record,name", WANTED)
def test_order_does_not_matter(hits, record, name):
    """The same with attributes and names in any order."""
    def told(twin):
        data = hits[record, name, twin]
        return {**{k: data["match"][k] for k in ("rule", "score", "kind")},
                "reasons": sorted(data["match"]["reasons"]),
                "severity": data["severity"],
                "also": sorted(data["also_exposed"])}
    for twin in range(1, TWINS + 1):
        assert (record, name, twin) in hits, "twin %d not hit" % twin
        assert told(twin) == told(0)


def test_no_twin_alone(hits):
    """Nothing is hit only in another order."""
    assert {key[:2] for key in hits} == {key[:2] for key in hits
                                         if key[2] == 0}


def test_refused(work, server):
    """M10: a domain that is nobody's own is no record; each is named, by its
    line and not by its value."""
    good = CASES[0].record
    bad = [dict(good, id="bad%d" % k, kind="domain", value=value, match={})
           for k, value in enumerate(REFUSED)]
    result = work.backfill(server.new_log(), "static",
                           records=[good] + bad).expect(65)
    for line in range(2, len(REFUSED) + 2):
        assert "line %d" % line in result.err or \
            ":%d:" % line in result.err, result.err
    assert not result.alerts


def test_names_in_vain(work, server):
    """M20: a name that needs a qualifier and has none is said to match
    nothing."""
    one, = [c.record for c in CASES if c.number == "M20"]
    log = server.new_log()
    said = work.backfill(log, "static", records=[one]).expect(0).err
    assert "records.jsonl:1: warning: record M20 needs a qualifier" in said
    for more in ({"require_qualifier": False},
                 {"qualifiers": {"countries": ["ES"]}}):
        said = work.backfill(log, "static",
                             records=[dict(one, **more)]).expect(0).err
        assert "qualifier" not in said


def test_withdrawn(work, server):
    """M26: without the record there is no hit, whatever is logged."""
    one, other = CASES[0], CASES[1]
    log = server.new_log([{"der": base64.b64encode(certificate(
        **one.certificates[0][1])).decode()}])
    assert len(work.backfill(log, "static", records=[
        one.record]).expect(0).alerts) == 1
    assert not work.backfill(log, "static", records=[
        other.record]).expect(0).alerts
    paused = dict(one.record, consent={})
    assert not work.backfill(log, "static", records=[
        paused, other.record]).expect(0).alerts


def test_sightings_and_renewals(work, server):
    """M27: precertificate, final certificate and copies are one exposure.
    M28: a renewal is another."""
    one = CASES[0]
    spec = {"subject": [["CN", "Gateway"]], "eku": ["emailProtection"],
            "sans": [["rfc822", "jane.roe@m01.example"]]}
    logs = [server.new_log([dict(spec, serial="4d27%02d" % k)
                            for k in range(3)]) for _ in range(2)]
    for log in logs:
        alerts = work.backfill(log, "rfc6962",
                               records=[one.record]).expect(0).alerts
        assert len(alerts) == 3
        assert len({a["id"] for a in alerts}) == 3
        for alert in alerts:
            assert [s["index"] % 2 for s in
                    alert["data"]["sightings"]] == [0, 1]


def test_one_alert_for_all_logs(work, server):
    """M27, in the service: the same certificate in four logs is one alert;
    another of each log says when all has been read."""
    one = CASES[0]
    same, *others = (
        {"der": base64.b64encode(certificate(
            serial=0x4D270000 + k, **one.certificates[0][1])).decode()}
        for k in range(5))
    logs = [server.new_log([same, other, same]) for other in others]
    work.prepare([(log, "static") for log in logs], records=[one.record])
    service = work.monitor()
    wait_until(lambda: len(set(work.ids())) == 5, "alerts")
    service.stop()
    assert len(work.ids()) == 5
