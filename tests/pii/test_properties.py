"""What holds of every certificate (reference pii.md 6.4): forms of the same
TBSCertificate tell the same, the issuer's side stays the issuer's, nothing
of anybody reaches the diagnostics. Order is in test_matching.py, canonical
forms are in tests/unit/test_normal.c, and UTF-8 is asked for by inspecting.py.
"""
import base64
import random
import re

import pytest

from tests.e2e.helpers import wait_until
from tests.fakelog import der
from tests.fakelog.mint import POISON, SCT_LIST, extension

from . import build, chance
from .inspecting import inspect_all
from .make import CASES
from .matching import CASES as MATCHING

NUMBER = 300
SCTS = extension(SCT_LIST, der.octets(b"\0\6\0\4sct@"))
BROKEN = [case for case in CASES if case.startswith("B")]


def findings(found):
    """All that is found, but for the words about it."""
    return [(f["kind"], f["side"], f["carrier"], f["path"], f["value"],
             f["canonical"], f["confidence"], f["score"], tuple(f["flags"]))
            for f in found["findings"]]


def with_extension(signed, more):
    """The TBSCertificate with an extension before all others."""
    fields = der.children(signed)
    if fields[-1][0] != 0xA3:
        return der.seq(*fields, der.explicit(3, der.seq(more)))
    others = der.children(der.children(fields[-1])[0])
    return der.seq(*fields[:-1], der.explicit(3, der.seq(*others, more)))


@pytest.fixture(scope="module")
def signed():
    """{name: TBSCertificate} of all cases, and of some by chance."""
    dice = random.Random(64)
    bodies = {name: body for name, body in CASES.items()
              if name not in BROKEN}
    bodies.update(("R%d" % k, chance.one(dice)) for k in range(NUMBER))
    return {name: der.tbs_of(body) for name, body in bodies.items()}


@pytest.mark.smoke
def test_forms(tmp_path, signed):
    """A certificate, its precertificate and what is signed of both."""
    forms = {"tbs": {}, "final": {}, "precertificate": {}}
    for name, body in signed.items():
        forms["tbs"][name] = body
        forms["final"][name] = build.seal(with_extension(body, SCTS))
        forms["precertificate"][name] = build.seal(with_extension(
            body, extension(POISON, der.null(), True)))
    seen = {}
    for form, bodies in forms.items():
        (tmp_path / form).mkdir()
        seen[form] = inspect_all(tmp_path / form, bodies)
    for name in signed:
        tbs, final, pre = (seen[form][name] for form in forms)
        assert (tbs["format"], final["format"], pre["format"]) == (
            "tbs", "certificate", "precertificate")
        assert findings(tbs) == findings(final) == findings(pre), name
        assert tbs["tbs_sha256"] == final["tbs_sha256"] == pre["tbs_sha256"]
        assert set(tbs["classes"]) == set(pre["classes"]) == \
            set(final["classes"]) | {"precert"}


@pytest.mark.smoke
def test_cut_short(tmp_path):
    """Cut anywhere, nothing is told that is not in the whole; its values
    are those of the whole, or stand in them."""
    whole = CASES["N10"]
    cut = {"%04d" % size: whole[:size] for size in range(1, len(whole))}
    cut["whole"] = whole
    seen = inspect_all(tmp_path, cut)
    kinds = {f["kind"] for f in seen["whole"]["findings"]}
    for name in cut:
        assert {f["kind"] for f in seen[name]["findings"]} <= \
            kinds | {"name"}, name


def test_issuer_is_no_subject(tmp_path):
    """Whatever is in the issuer's name, its other names and in the key
    identifier's, the subject has none of it."""
    dice = random.Random(65)
    bodies = {}
    for k in range(NUMBER):
        issuer = chance.subject(dice)
        names = [chance.alternative(dice) for _ in range(3)]
        bodies["I%d" % k] = build.certificate(
            [["CN", "www.example.com"]], issuer, eku=["serverAuth"],
            sans=[["dns", "www.example.com"]],
            extra=[("2.5.29.18", build.general_names(names)),
                   ("2.5.29.35", der.seq(der.tlv(
                       0xA1, build.general("dirname", issuer))))])
    seen = inspect_all(tmp_path, bodies)
    for name, found in seen.items():
        assert not [f for f in found["findings"]
                    if f["side"] != "issuer"], name
    assert sum(len(found["findings"]) for found in seen.values()) > NUMBER


# --- nothing of anybody in the diagnostics ---------------------------------

def words_of_people():
    """What must not be said: words of the records, and the names and
    addresses that certificates carry."""
    values = []
    for case in MATCHING:
        value = case.record["value"]
        values += [value] if isinstance(value, str) else \
            value["given"] + value["surname"] + value["aliases"]
        for _, parts, hit in case.certificates:
            values += [a[1] for a in parts["subject"]] + \
                [san[1] for san in parts.get("sans", ()) if hit]
    words = set(re.findall(r"\w{4,}", " ".join(
        v for v in values if isinstance(v, str)).casefold()))
    # Words that are said for other reasons.
    return words - {"example", "gateway", "localhost", "test", "other", "mail",
                    "root", "info", "name", "trust", "gmbh", "gesellschaft",
                    "webmaster"}


def assert_discreet(text):
    """None of these words in the text."""
    said = set(re.findall(r"\w+", text.casefold()))
    assert not said & words_of_people(), text[-3000:]
    assert "@" not in text, text[-3000:]


@pytest.fixture(scope="module")
def log(server):
    """Everything that is matched, between entries that cannot be read."""
    specs = [{"malformed": "garbage"}]
    for case in MATCHING:
        for _, parts, _ in case.certificates:
            body = build.certificate(**parts)
            specs += [{"der": base64.b64encode(each).decode()}
                      for each in (body, body[:-len(body) // 3])]
    specs += [{"malformed": how} for how in ("empty", "garbage")]
    specs.append({"der": base64.b64encode(CASES["B01"]).decode()})
    return server.new_log(specs)


@pytest.mark.smoke
def test_scan_is_discreet(work, log):
    """A scan, its progress and its end; records that are wrong."""
    records = [case.record for case in MATCHING]
    result = work.backfill(log, "static", records=records)
    assert result.alerts and result.status in (0, 1)
    assert_discreet(result.err)
    wrong = [dict(r, kind="domain", match={}) for r in records
             if r["kind"] == "email"]
    wrong += [dict(r, shoe_size=1) for r in records]
    result = work.backfill(log, "static", records=wrong).expect(65)
    assert result.err
    assert_discreet(result.err)


def test_service_is_discreet(work, log):
    """The service, at its usual level."""
    work.prepare([(log, "static")],
                 records=[case.record for case in MATCHING])
    service = work.monitor()
    expected = sum(1 for case in MATCHING
                   for _, _, hit in case.certificates if hit)
    wait_until(lambda: len(work.alerts()) >= expected // 2, "alerts")
    service.stop()
    said = service.err_path.read_text()
    assert said
    assert_discreet(said)
