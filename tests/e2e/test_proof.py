"""`alerts evidence`: files that prove that a certificate stands in a log, as
another program, openssl and the README itself check them.
"""
import json
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys

import pytest

from tests import check_evidence
from .helpers import Workspace
from .planted import FOR_JANE, JANE, PERSONAL, alert_id

ROWS = [dict(PERSONAL, subject=[["CN", "Jane Roe"]], plants=FOR_JANE,
             sans=[["rfc822", "jane.roe@example.com"]], log=kind)
        for kind in ("final", "precert")]


@pytest.fixture(scope="module", params=["static", "rfc6962"])
def proven(request, server, tmp_path_factory):
    """Evidence for a certificate and a precertificate, fetched beside a running
    service: (workspace, {id: folder}, log)."""
    work = Workspace(tmp_path_factory.mktemp("proof"))
    log = server.new_log([{"filler": 300}] + ROWS + [{"filler": 70}])
    work.prepare([(log, request.param)], [JANE])
    work.monitor()
    ids = [alert_id("acme", "acme/jane", bytes.fromhex(entry["tbs_sha256"]))
           for entry in log.truth()]
    assert len(ids) == 2
    work.wait_for_ids(ids)
    folders = {}
    for found in ids:
        folders[found] = work.path / found
        result = work.with_config("alerts", "evidence", found, "-o",
                                  folders[found])
        result.expect(0)
        assert result.out == result.err == ""
    yield work, folders, log
    work.close()


def read(folder, name):
    """A file of the evidence."""
    return (folder / name).read_bytes()


def test_another_program(proven):
    """It all holds; the files are for their owner alone."""
    _, folders, log = proven
    kinds = set()
    for found, folder in folders.items():
        said = check_evidence.check(folder)
        assert set(os.listdir(folder)) == check_evidence.FILES
        for name in os.listdir(folder):
            assert stat.S_IMODE(os.stat(folder / name).st_mode) == 0o600
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
        stated = json.loads(read(folder, "evidence.json"))
        assert stated["alert"] == found
        kinds.add(stated["precertificate"])
        entry = log.truth(everything=True)[stated["index"]]
        assert entry["sha256"] in said
    assert kinds == {False, True}


def test_alone(proven):
    """Run as people would."""
    _, folders, _ = proven
    script = os.path.join(os.path.dirname(check_evidence.__file__),
                          "check_evidence.py")
    good = subprocess.run([sys.executable, script, *folders.values()],
                          capture_output=True, text=True, check=True)
    assert good.stdout.count(": proven: entry ") == 2
    bad = subprocess.run([sys.executable, script], check=False)
    assert bad.returncode == 1


@pytest.mark.parametrize("name,at", [
    ("certificate.pem", 200), ("leaf.bin", 20), ("leaf.bin", 4),
    ("leaf.bin", -1), ("proof.txt", 3), ("head.tbs", 12), ("head.tbs", 40),
    ("head.sig", 30), ("head.txt", 40), ("log-key.pem", 80),
    ("evidence.json", -40)])
def test_changed(proven, tmp_path, name, at):
    """Whatever is changed is found."""
    _, folders, _ = proven
    for number, folder in enumerate(folders.values()):
        copy = tmp_path / str(number)
        shutil.copytree(folder, copy)
        content = bytearray(read(copy, name))
        content[at] = ord("7") if content[at] != ord("7") else ord("6")
        (copy / name).write_bytes(content)
        assert not check_evidence.main([copy])


def commands(folder):
    """The README's: of openssl, and its lines of Python."""
    text = read(folder, "README.txt").decode()
    shell = [line.strip() for line in text.splitlines()
             if re.match(r"   (openssl|tail) ", line)]
    block = re.search(r"\n   import hashlib\n.*?\n   print\([^\n]*\n", text,
                      re.S).group()
    return shell, "\n".join(line[3:] for line in block.split("\n"))


def test_readme(proven):
    """Its commands say what it says that they say."""
    _, folders, _ = proven
    for folder in folders.values():
        stated = json.loads(read(folder, "evidence.json"))
        shell, python = commands(folder)
        out = [subprocess.run(["bash", "-o", "pipefail", "-c", line],
                              cwd=folder, check=True, text=True,
                              capture_output=True).stdout for line in shell]
        assert out[0].strip() == stated["log_id"]
        assert out[1].strip() == "Verified OK"
        if not stated["precertificate"]:
            assert "the same\n" in out
        assert "jane.roe@example.com" in out[-1]
        said = subprocess.run([sys.executable, "-c", python], cwd=folder,
                              check=True, text=True, capture_output=True)
        assert said.stdout == "True\n"
        text = read(folder, "README.txt").decode()
        assert "{" not in text and max(map(len, text.split("\n"))) < 110


def test_wrong_use(proven):
    """Nothing is overwritten; what is missing is said."""
    work, folders, _ = proven
    found, folder = next(iter(folders.items()))
    before = {name: read(folder, name) for name in os.listdir(folder)}
    work.with_config("alerts", "evidence", found, "-o", folder).expect(73)
    assert before == {name: read(folder, name)
                      for name in os.listdir(folder)}
    result = work.with_config("alerts", "evidence", found)
    assert "-o DIR" in result.expect(64).err
    work.with_config("alerts", "evidence", "0" * 32, "-o",
                     work.path / "none").expect(66)
    assert not (work.path / "none").exists()


LIES = [
    ("bad-signature", {}, 76), ("wrong-root", {}, 76),
    ("rollback", {"size": 100}, 66), ("flip-hash", {}, 76),
    ("flip", {"index": 300, "offset": 3}, 76),
    ("html", {"on": "head"}, 65),
    ("garbage", {"on": ["data", "entries"]}, 65),
    ("html", {"on": ["data", "entries"]}, 65),
    ("garbage", {"on": ["hash", "proof"]}, 65),
    ("status", {"on": "head", "code": 404}, 69),
    ("status", {"on": ["hash", "proof"], "code": 404}, 66),
    ("status", {"on": ["data", "entries"], "code": 404}, 66),
    ("huge", {"on": ["hash", "proof"], "size": 1 << 24}, 65)]


def forget(work):
    """What is kept, so that the log is needed."""
    with sqlite3.connect(work.path / "indelible.db") as db:
        db.execute("DELETE FROM evidence")
    db.close()


@pytest.fixture(scope="module", params=["static", "rfc6962"])
def lying(request, server, tmp_path_factory):
    """A store with an alert, nobody at work: (workspace, id, log)."""
    work = Workspace(tmp_path_factory.mktemp("lying"))
    log = server.new_log([{"filler": 300}] + ROWS[:1] + [{"filler": 700}])
    work.prepare([(log, request.param)], [JANE])
    monitor = work.monitor()
    entry, = log.truth()
    found = alert_id("acme", "acme/jane", bytes.fromhex(entry["tbs_sha256"]))
    work.wait_for_ids([found])
    monitor.stop().expect(0)
    forget(work)
    yield work, found, log
    work.close()


@pytest.mark.parametrize("kind,how,status", LIES)
def test_lies(lying, tmp_path, kind, how, status):
    """What does not hold is said, and no file is written."""
    work, found, log = lying
    log.fault(kind, **how)
    out = tmp_path / "out"
    try:
        result = work.with_config("alerts", "evidence", found, "-o", out)
    finally:
        log.calm()
    assert result.status == status, result.err
    assert log.name in result.err and not out.exists()


def test_weather(lying, tmp_path):
    """What passes is waited for: faults on the way, tiles that are not
    there yet, an answer that is cut."""
    work, found, log = lying
    for kind, how in (("status", {"code": 503}), ("reset", {}),
                      ("truncate", {}), ("missing-partial", {"count": 4})):
        log.fault(kind, **dict({"count": 1}, **how))
    work.with_config("alerts", "evidence", found, "-o",
                     tmp_path / "out").expect(0)
    log.calm()
    check_evidence.check(tmp_path / "out")


def test_log_that_leaves(server, work):
    """A log that is retired is asked; one that is in no list is not known, and
    nothing is written."""
    log = server.new_log(ROWS[:1])
    work.prepare([(log, "static")], [JANE])
    monitor = work.monitor()
    entry, = log.truth()
    found = alert_id("acme", "acme/jane", bytes.fromhex(entry["tbs_sha256"]))
    work.wait_for_ids([found])
    monitor.stop().expect(0)
    forget(work)
    listed = server.log_list((log, "static"))
    for operator in listed["operators"]:
        for kind in ("logs", "tiled_logs"):
            for each in operator.get(kind, []):
                each["state"] = {"retired": {
                    "timestamp": "2026-02-03T00:00:00Z"}}
    work.config([], contact="ct@indelible.dev", logs={"extra": [], "lists": [
        {"file": str(work.write("list.json", json.dumps(listed)))}]})
    work.with_config("alerts", "evidence", found, "-o",
                     work.path / "retired").expect(0)
    check_evidence.check(work.path / "retired")
    work.config([])
    result = work.with_config("alerts", "evidence", found, "-o",
                              work.path / "out")
    assert "stands in logs.lists or logs.extra" in result.expect(66).err
    assert not (work.path / "out").exists()
