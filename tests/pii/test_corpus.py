"""The reference corpora, where they are at hand (../shared): the fixtures
all, the corpus but for the differences that corpus-differences.json explains.
"""
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

from tests.e2e.helpers import BINARY, ROOT, environment

SHARED = pathlib.Path(ROOT).parent / "shared"
SHARED = pathlib.Path(os.environ.get("INDELIBLE_SHARED", SHARED))
DIFFERENCES = pathlib.Path(__file__).parent / "corpus-differences.json"


def score(tool, data, *more):
    """What the scoring tool prints, and its exit status."""
    tool, data = SHARED / "tools" / tool, SHARED / "data" / data
    if not tool.exists() or not data.exists():
        pytest.skip("there is no " + str(data))
    done = subprocess.run(
        [sys.executable, str(tool), str(data), BINARY, *more], check=False,
        capture_output=True, text=True, timeout=300, env=environment())
    return done.returncode, done.stdout


def test_fixtures():
    """All of them."""
    status, said = score("score_fixtures.py", "pii-fixtures")
    last = said.splitlines()[-1]
    number, total = re.fullmatch(r"fixtures: (\d+) of (\d+)", last).groups()
    assert status == 0 and number == total, said


def test_corpus():
    """The rates asked for, and no difference that nobody has explained."""
    status, said = score("score_corpus.py", "corpus", "-v")
    first, *different, last = said.splitlines()
    assert status == 0, said[-4000:]
    assert first.endswith("without output 0, crashed calls 0")
    rates = [float(r) for r in re.findall(r"[RP]=([\d.]+)", last)]
    assert len(rates) == 4 and min(rates[:2]) >= .995 and \
        min(rates[2:]) >= .99, last
    explained = {(d["file"], d["what"], d["value"])
                 for d in json.loads(DIFFERENCES.read_text(encoding="utf-8"))}
    unknown = [line for line in different
               if difference(line) not in explained]
    assert not unknown, "\n".join(unknown)


def difference(line):
    """(file, what, value) of a line of the tool; a name that was missed
    comes with its attribute."""
    file, rest = line.strip().split(" ", 1)
    what = next(w for w in ("name missed", "name not in reference",
                            "email missed", "email not in reference",
                            "no output") if rest.startswith(w))
    value = rest[len(what) + 1:]
    if what == "name missed":
        value = value.partition(" ")[2]
    return file, what, value


def test_every_explanation():
    """An explanation says which, what and why."""
    for each in json.loads(DIFFERENCES.read_text(encoding="utf-8")):
        assert set(each) == {"file", "what", "value", "why"}
        assert len(each["why"]) > 20
