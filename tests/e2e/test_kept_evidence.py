"""Evidence that is kept: the entry when it is found, the proof once its place is
verified; so it is there when the log is not, and gone when it is to be.
"""
import base64
import json
import shutil
import sqlite3

import pytest

from tests import check_evidence
from .adminside import Admin
from .canaries import left_behind
from .helpers import wait_until
from .planted import FOR_JANE, JANE, MARIA, PERSONAL, alert_id

ROWS = [dict(PERSONAL, subject=[["CN", "Jane Roe"]], plants=FOR_JANE,
             sans=[["rfc822", "jane.roe@example.com"]], log=kind)
        for kind in ("final", "precert")]
# What a proof is made of, beside the tree's head.
PATH = {"on": ["hash", "proof"]}
ACME = ("--tenant", "acme")
APIS = pytest.mark.parametrize("api", ["static", "rfc6962"])


def ask(work, sql, *values):
    """Rows out of the store."""
    with sqlite3.connect(work.path / "indelible.db", timeout=20) as db:
        return db.execute(sql, values).fetchall()


def change(work, sql):
    """A change by hand, while nobody has the store."""
    with sqlite3.connect(work.path / "indelible.db") as db:
        assert db.execute(sql).rowcount > 0
    db.close()


def ids_of(log):
    """The alerts that Jane's entries make."""
    return [alert_id("acme", "acme/jane", bytes.fromhex(entry["tbs_sha256"]))
            for entry in log.truth()]


def wait_for_proofs(work, num, process):
    """Until so many are kept."""
    def there():
        process.assert_running()
        return ask(work, "SELECT count(proof) FROM evidence") == [(num,)]
    wait_until(there, "%d proofs" % num)


def evidence(work, found, *more):
    """`alerts evidence` into a new folder: the result, and the folder."""
    folder = work.path / ("of-" + found)
    shutil.rmtree(folder, ignore_errors=True)
    return work.with_config("alerts", "evidence", found, *more, "-o",
                            folder), folder


@APIS
def test_vanished(work, server, api):
    """The log is gone, and out of the lists: all is there, beside the service
    and without it."""
    log = server.new_log([{"filler": 300}] + ROWS + [{"filler": 70}])
    work.prepare([(log, api)], [JANE])
    monitor = work.monitor()
    ids = ids_of(log)
    work.wait_for_ids(ids, monitor)
    wait_for_proofs(work, 2, monitor)
    assert ask(work, "SELECT count(entry), sum(tries) FROM evidence") == [
        (2, 0)]
    truth = log.truth()
    log.remove()
    for found in ids:
        result, folder = evidence(work, found)
        result.expect(0)
        assert result.out == result.err == ""
        said = check_evidence.check(folder)
        assert any(entry["sha256"] in said for entry in truth)
    monitor.stop()
    work.config([])
    for found in ids:
        result, folder = evidence(work, found, *ACME)
        result.expect(0)
        check_evidence.check(folder)
        for name in ("leaf.bin", "proof.txt", "head.txt", "log-key.pem",
                     "certificate.pem"):
            copy = work.path / "changed"
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(folder, copy)
            content = bytearray((copy / name).read_bytes())
            content[40] ^= 1
            (copy / name).write_bytes(content)
            assert not check_evidence.main([copy])
    looks = ask(work, "SELECT what, tenant, name FROM audit"
                " WHERE what = 'evidence'")
    assert looks == [("evidence", "acme", "acme/jane")] * 4


def test_interface(work, server):
    """As JSON, to those who may see values; others have no such alert."""
    log = server.new_log(ROWS[:1])
    work.prepare([(log, "rfc6962")], [JANE, MARIA])
    tokens = ["%s%s" % (letter * 40, scope) for letter, scope in (
        ("A", ""), ("B", " read"), ("C", " write beta"))]
    work.write("admin.token", "\n".join(tokens) + "\n")
    monitor = work.monitor()
    found, = ids_of(log)
    work.wait_for_ids([found], monitor)
    wait_for_proofs(work, 1, monitor)
    path = "/alerts/%s:evidence" % found
    admin = Admin(work, "A" * 40)
    kept = admin.ask("GET", path).expect(200)
    entry, = log.truth()
    assert kept["alert"] == found and kept["verified"]
    assert (kept["index"], kept["tries"], kept["next_try"]) == (0, 0, None)
    leaf = base64.b64decode(kept["entry"]["leaf"])
    assert check_evidence.digest(b"\0" + leaf) == base64.b64decode(
        kept["leaf_hash"])
    assert len(kept["entry"]["chain"]) > 0 and not kept["entry"]["issuers"]
    assert entry["sha256"] == check_evidence.digest(
        leaf[15:15 + int.from_bytes(leaf[12:15], "big")]).hex()
    assert kept["proof"]["log_name"] == log.name + "-rfc6962"
    export = admin.ask("GET", "/records/acme/jane:export",
                       tenant="acme").expect(200)
    assert export["evidence"] == [kept]
    admin.ask("GET", path, tenant="beta").expect(404)
    admin.ask("GET", "/alerts/%s:evidence" % ("0" * 32)).expect(404)
    admin.token = "B" * 40
    admin.ask("GET", path).expect(403)
    admin.token = "C" * 40
    assert admin.ask("GET", path).status in (403, 404)
    assert len(ask(work, "SELECT 1 FROM audit WHERE what = 'evidence'")) == 1
    monitor.stop()


@APIS
def test_killed(work, server, api):
    """Killed when it was verified and the proof not had: the next one has
    it."""
    log = server.new_log([{"filler": 30}] + ROWS[:1] + [{"filler": 70}])
    log.fault("stall", seconds=60, **PATH)
    work.prepare([(log, api)], [JANE])
    monitor = work.monitor()
    work.wait_for_ids(ids_of(log), monitor)
    assert ask(work, "SELECT count(due_ms), count(proof) FROM evidence") == [
        (1, 0)]
    wait_until(log.hits, "the proof to be asked for")
    monitor.crash()
    log.calm()
    monitor = work.monitor()
    wait_for_proofs(work, 1, monitor)
    # Reading goes on.
    log.append([{"filler": 5}] + ROWS[1:])
    work.wait_for_ids(ids_of(log), monitor)
    wait_for_proofs(work, 2, monitor)
    monitor.stop()


@APIS
def test_reading_goes_on(work, server, api):
    """A log that gives no proof is read all the same, what is missing is
    said; and at last it is asked no more."""
    log = server.new_log([{"filler": 30}] + ROWS[:1])
    log.fault("status", code=404, **PATH)
    work.prepare([(log, api)], [JANE])
    monitor = work.monitor()
    found, = ids_of(log)
    work.wait_for_ids([found], monitor)
    wait_until(lambda: ask(work, "SELECT tries FROM evidence") == [(1,)],
               "a try")
    if api == "rfc6962":    # where reading needs no path
        log.append(ROWS[1:])
        work.wait_for_ids(ids_of(log), monitor)
    result, folder = evidence(work, found)
    result.expect(66 if api == "rfc6962" else 69)
    assert "the entry is kept, the proof" in result.err
    assert "so far: 1" in result.err and not folder.exists()
    monitor.stop()
    change(work, "UPDATE evidence SET tries = 19, due_ms = 5")
    monitor = work.monitor()
    wait_until(lambda: "given up after two weeks" in monitor.diagnostics(),
               "the end")
    wait_until(lambda: ask(work, "SELECT count(due_ms), min(tries) FROM"
                           " evidence") == [(0, 20)], "its end")
    monitor.stop()
    said = monitor.diagnostics()
    assert "tile/" not in said and "hash=" not in said
    log.calm()
    result, folder = evidence(work, found)
    result.expect(0)
    check_evidence.check(folder)


def test_one_head(work, server):
    """Many of one log: the tree's hashes are fetched once, not for each."""
    rows = [dict(PERSONAL, subject=[["CN", "Jane %d" % n]], plants=FOR_JANE,
                 sans=[["rfc822", "jane.roe@example.com"]], log="final")
            for n in range(40)]
    log = server.new_log([{"filler": 300}] + rows + [{"filler": 400}])
    work.prepare([(log, "static")], [JANE])
    monitor = work.monitor()
    work.wait_for_ids(ids_of(log), monitor)
    wait_for_proofs(work, 40, monitor)
    monitor.stop()
    assert len(log.requests("hash")) < 20
    for found in ids_of(log)[::13]:
        result, folder = evidence(work, found)
        result.expect(0)
        check_evidence.check(folder)


@APIS
def test_backfill(work, server, api):
    """What a backfill finds in the service's store is proven by it; what it
    has not the time for, by the service."""
    log = server.new_log([{"filler": 300}] + ROWS + [{"filler": 70}])
    work.prepare([(log, api)], [JANE])
    work.with_config("backfill", "--json").expect(0)
    assert ask(work, "SELECT count(entry), count(proof), count(due_ms)"
               " FROM evidence") == [(2, 2, 0)]
    change(work, "UPDATE evidence SET proof = NULL, due_ms = 5"
           " WHERE exposure = 1")
    monitor = work.monitor()
    wait_for_proofs(work, 2, monitor)
    monitor.stop()
    log.remove()
    for found, in ask(work, "SELECT hex(id) FROM exposure"):
        result, folder = evidence(work, found.lower())
        result.expect(0)
        check_evidence.check(folder)


def test_erased(work, server):
    """Of somebody who is erased nothing is left in any file, kept entries and
    proofs included."""
    log = server.new_log(ROWS)
    work.prepare([(log, "static")], [JANE])
    monitor = work.monitor()
    work.wait_for_ids(ids_of(log), monitor)
    wait_for_proofs(work, 2, monitor)
    sealed = [value for row in ask(work, "SELECT entry, proof FROM evidence")
              for value in row]
    work.with_config("records", "erase", *ACME, "acme/jane").expect(0)
    assert ask(work, "SELECT count(*) FROM evidence") == [(0,)]
    for path in work.path.iterdir():
        content = path.read_bytes() if path.is_file() else b""
        assert not any(value in content for value in sealed), path
    monitor.stop()
    work.ledger.unlink()
    for path in work.path.glob("records*"):
        path.unlink()
    assert left_behind(work.path, ["jane.roe@example.com"]) == {}


def test_withdrawn(work, server):
    """Of somebody who has withdrawn or is paused no log is asked."""
    log = server.new_log([{"filler": 30}] + ROWS[:1])
    log.fault("status", code=404, **PATH)
    work.prepare([(log, "rfc6962")], [JANE])
    monitor = work.monitor()
    found, = ids_of(log)
    work.wait_for_ids([found], monitor)
    wait_until(lambda: ask(work, "SELECT tries FROM evidence") == [(1,)],
               "a try")
    monitor.stop()
    work.with_config("records", "pause", *ACME, "acme/jane").expect(0)
    change(work, "UPDATE evidence SET due_ms = 5")
    log.calm()
    before = len(log.requests("proof"))
    monitor = work.monitor()
    log.append([{"filler": 3}])
    wait_until(lambda: ask(work, "SELECT read_to FROM stretch") == [(34,)],
               "the new entries")
    assert len(log.requests("proof")) == before
    work.with_config("records", "resume", *ACME, "acme/jane").expect(0)
    wait_for_proofs(work, 1, monitor)
    monitor.stop()
    work.with_config("records", "withdraw", *ACME, "acme/jane").expect(0)
    log.remove()
    result, folder = evidence(work, found)
    result.expect(0)
    check_evidence.check(folder)
    assert json.loads((folder / "evidence.json").read_text())["index"] == 30
