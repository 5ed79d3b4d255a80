"""commonNames of persons in the shapes of many countries, and of others that
look like names (names.tsv), each alone and beside what speaks for a person:
how many are found, and how many of those found are persons.
"""
import collections
import pathlib
import re
import unicodedata

import pytest

from tests.pii import build
from tests.pii.inspecting import inspect_all, tokens

TABLE = pathlib.Path(__file__).parent / "names.tsv"
INDIVIDUAL = "2.23.140.1.5.4.2"     # S/MIME Baseline Requirements
MAIL = {"eku": ["emailProtection"], "sans": [("rfc822", "x9@example.com")]}
ALONE, LETTERS, NUMBER, POLICY = "alone", "for mail", "numbered", "individual"
# What must be found there, at least: pii.md 4.5 wants 50 points for a name.
PERSONS = {ALONE: "possible", LETTERS: "possible", NUMBER: "name",
           POLICY: "name"}
OTHERS = {ALONE: {}, LETTERS: MAIL, "for servers": {"eku": ["serverAuth"]},
          "for code": {"eku": ["codeSigning"]},
          "for clients": {"eku": ["clientAuth"]}}
RANKS = {None: 0, "possible": 1, "name": 2, "structured": 2}
LIKE = str.maketrans({**dict.fromkeys("`´ʼ’‘＇ʻ", "'"),
                      **dict.fromkeys("‐‑–", "-")})


def unescaped(text):
    """The table writes blanks that are none as \\t and \\u00a0."""
    return text.replace("\\t", "\t").replace("\\u00a0", "\u00a0")


def rows():
    """(shape, commonName, name) of persons, and (sort, commonName, "")."""
    persons, others = [], []
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        shape, common, *rest = map(unescaped, line.split("\t"))
        if shape == "-":
            others.append((rest[0], common, ""))
        else:
            persons.append((shape, common, rest[0] if rest else common))
    return persons, others


def words(text):
    """Those of a name, in the form in which they are matched."""
    text = unicodedata.normalize("NFKC", text.translate(LIKE)).casefold()
    text = re.sub(r"[\s,./()·・]+", " ", text.translate(LIKE))
    return frozenset(text.split())


def certificate(common, context):
    """The commonName, and what stands beside it there."""
    subject, parts = [["C", "XX"], ["CN", common]], OTHERS.get(context, {})
    if context == NUMBER:
        subject.append(["serialNumber", "PNODE-123456"])
    if context == POLICY:
        parts = dict(MAIL, policies=[INDIVIDUAL])
    return build.certificate(subject, **parts)


def inspected(folder, table, contexts):
    """{(row, context): findings}"""
    wanted = {"%d-%s" % (i, context): (row, context)
              for i, row in enumerate(table) for context in contexts}
    seen = inspect_all(folder, {name: certificate(row[1], context)
                                for name, (row, context) in wanted.items()})
    return {what: [f for f in seen[name]["findings"]
                   if f["side"] == "subject"]
            for name, what in wanted.items()}


@pytest.fixture(scope="module", name="persons")
def of_persons(tmp_path_factory):
    """What is found of each person."""
    return inspected(tmp_path_factory.mktemp("persons"), rows()[0], PERSONS)


@pytest.fixture(scope="module", name="others")
def of_others(tmp_path_factory):
    """What is found of what is no person."""
    return inspected(tmp_path_factory.mktemp("others"), rows()[1], OTHERS)


def rank(findings, name=None):
    """How sure the best finding of the name is, or of any."""
    return max((RANKS[f["confidence"]] for f in findings
                if f["kind"] == "name" and name in (None, tokens(f))),
               default=0)


def missed(persons):
    """[(shape, context, commonName)]"""
    return [(row[0], context, row[1])
            for (row, context), findings in persons.items()
            if rank(findings, words(row[2])) < RANKS[PERSONS[context]]]


def test_the_table():
    """No line stands there twice; there are many shapes."""
    persons, others = rows()
    assert len({row[1] for row in persons + others}) == len(persons + others)
    assert len(persons) > 500 and len(others) > 500
    assert len({row[0] for row in persons}) > 50


def test_recall(persons):
    """99 in 100 of each context; of no shape less than nine in ten."""
    lost, all_of = missed(persons), collections.Counter()
    for (row, context) in persons:
        all_of[context] += 1
        all_of[row[0]] += 1
    for key, number in all_of.items():
        some = [m for m in lost if key in m[:2]]
        recall = 1 - len(some) / number
        if key in PERSONS or some:
            print("recall %-12s %.4f of %d %s" % (
                key, recall, number, sorted({m[2] for m in some})))
        if key != "gap":
            assert recall >= (.99 if key in PERSONS else .9), (key, some)


def test_precision(persons, others):
    """999 in 1000 of what is said to be a name; most others are not even
    possible."""
    right = sum(rank(f) == RANKS["name"] for f in persons.values())
    wrong = [(row[0], context, row[1]) for (row, context), found
             in others.items() if rank(found) == RANKS["name"]]
    possible = collections.Counter(context for (_, context), found
                                   in others.items() if rank(found) == 1)
    print("precision %.4f of %d %s" % (
        right / (right + len(wrong)), right + len(wrong), wrong))
    print("possible, of %d: %s" % (len(rows()[1]), dict(possible)))
    assert right / (right + len(wrong)) >= .999, wrong
    assert max(possible.values()) <= .4 * len(rows()[1])


def test_reasons(persons, others):
    """Every finding says why; a name its points."""
    for found in list(persons.values()) + list(others.values()):
        for finding in found:
            assert finding["reasons"] and all(finding["reasons"]), finding
            if finding["kind"] == "name":
                assert len(finding["reasons"]) > 1, finding
