"""keys rotate: a new master key, everything under it, nothing of the old one,
whatever happens in between."""
import os
import re
import shutil
import sqlite3
import stat

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tests.crash.rig import KILLED, NO_PTRACE, build_nth
from .helpers import run
from .planted import RECORDS, between, expected_ids


def tables(work, sql):
    """Rows of the store's database."""
    with sqlite3.connect("file:%s?mode=ro" % (work.path / "indelible.db"),
                         uri=True) as store:
        return store.execute(sql).fetchall()


def wrapped(work):
    """All wrapped keys that there are."""
    return {row[0] for row in tables(
        work, "SELECT wrapped FROM record_key UNION ALL"
              " SELECT wrapped FROM quarantine_key UNION ALL"
              " SELECT substr(error_box, 1, 60) FROM outbox"
              " WHERE error_box NOT NULL UNION ALL"
              " SELECT secret FROM store") if any(row[0] or b"")}


def derived(master, label):
    """A key that the program makes of a master key."""
    return HKDF(hashes.SHA256(), 32, None,
                b"indelible/1 " + label).derive(master)


def secrets(work):
    """All keys that must stand nowhere: the master key, what is made of it,
    and those of the records, opened."""
    master = (work.path / "master.key").read_bytes()
    found = [derived(master, label)
             for label in (b"index", b"wrap", b"suppress")]
    wrap = AESGCM(found[1])
    for tenant, name, blob in tables(
            work, "SELECT tenant, name, wrapped FROM record"
                  " JOIN record_key ON record = id WHERE sealed NOT NULL"):
        context = tenant.encode() + b"\0" + name.encode()
        found.append(wrap.decrypt(blob[:12], blob[12:], len(
            context).to_bytes(4, "big") + context))
    return [master] + found


def everything(work):
    """The bytes of the database and of what SQLite has beside it."""
    return b"".join(path.read_bytes()
                    for path in sorted(work.path.glob("indelible.db*")))


def values(work):
    """What the records say, opened with the present key."""
    shown = work.with_config("records", "list", "--json", "--reveal")
    return sorted((r["id"], str(r.get("value")))
                  for r in shown.expect(0).events)


def test_rotate(work, server):
    """All goes on under the new key: values, matching, later imports."""
    log = server.new_log(between(9), page=64)
    work.prepare([(log, "static")])
    key = work.path / "master.key"
    old = key.read_bytes()
    before = wrapped(work)
    known = secrets(work)
    assert len(known) == 4 + len(RECORDS)
    said = values(work)
    found_by = tables(work, "SELECT keys FROM record ORDER BY id")
    shutil.copy(key, work.path / "kept.key")
    os.link(key, work.path / "same.key")
    done = work.with_config("keys", "rotate").expect(0)
    assert "new master key" in done.out
    assert key.read_bytes() != old
    assert (work.path / "same.key").read_bytes() == bytes(32)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert not list(work.path.glob("master.key.*"))
    data = everything(work)
    assert before and not any(blob in data for blob in before)
    assert not any(key in data for key in known + secrets(work))
    assert values(work) == said
    after = tables(work, "SELECT keys FROM record ORDER BY id")
    assert all(a != b for a, b in zip(found_by, after))
    # An import of the same records finds the same hashes.
    work.with_config("records", "import", "records.jsonl").expect(0)
    assert tables(work,
                  "SELECT keys FROM record ORDER BY id") == after
    process = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), process)
    process.stop()
    # The old key opens nothing.
    text = work.config_file.read_text()
    work.write("old.yaml", text.replace("master.key", "kept.key"))
    refused = work.run("records", "list", "--reveal", "-c", "old.yaml")
    refused.expect(78)
    assert "another master key" in refused.err


def test_rotate_beside_a_service(work, server):
    """A service has the old key in its workers: it has to stop first."""
    log = server.new_log(between(3), page=64)
    work.prepare([(log, "static")])
    old = (work.path / "master.key").read_bytes()
    process = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), process)
    refused = work.with_config("keys", "rotate").expect(69)
    assert "service" in refused.err and "stop it" in refused.err
    process.stop()
    assert (work.path / "master.key").read_bytes() == old
    assert not (work.path / "master.key.new").exists()
    work.with_config("keys", "rotate").expect(0)
    process = work.monitor()
    process.stop()


def test_rotate_refused(work):
    """What cannot be done is not begun."""
    work.prepare([])
    work.run("keys").expect(64)
    work.run("keys", "rotate", "more").expect(64)
    assert "rotate" in work.run("keys", "--help").expect(0).out
    os.rename(work.path / "indelible.db", work.path / "gone")
    work.with_config("keys", "rotate").expect(66)
    os.rename(work.path / "gone", work.path / "indelible.db")
    said = values(work)
    key = work.path / "master.key"
    # A leftover, of which nobody knows.
    (work.path / "master.key.new").write_bytes(b"x" * 32)
    os.chmod(work.path / "master.key.new", 0o600)
    assert values(work) == said
    old = key.read_bytes()
    work.with_config("keys", "rotate").expect(0)
    assert key.read_bytes() not in (old, b"x" * 32)
    assert values(work) == said


def test_rotate_through_a_link(work):
    """The key may lie elsewhere."""
    work.prepare([])
    key = work.path / "master.key"
    (work.path / "elsewhere").mkdir()
    real = work.path / "elsewhere" / "real.key"
    os.rename(key, real)
    key.symlink_to(real)
    old = real.read_bytes()
    said = values(work)
    work.with_config("keys", "rotate").expect(0)
    assert key.is_symlink() and real.read_bytes() != old
    assert values(work) == said


@pytest.mark.parametrize("torn", (False, True), ids=("before", "within"))
def test_rotate_killed_anywhere(work, torn):
    """At each system call that counts: afterwards the store opens, with all
    values, and one more rotation leaves nothing of the keys before."""
    work.prepare([])
    said = values(work)
    nth = build_nth()
    saved = work.path / "saved"
    names = ("indelible.db", "master.key")
    saved.mkdir()
    for name in names:
        shutil.copy2(work.path / name, saved)
    key = work.path / "master.key"
    old = key.read_bytes()
    changed = kills = 0
    for number in range(1, 400):
        for path in work.path.glob("master.key*"):
            path.unlink()
        for path in work.path.glob("indelible.db*"):
            path.unlink()
        for name in names:
            shutil.copy2(saved / name, work.path)
        result = run("-n", number, *(["-t"] if torn else []),
                     work.binary, "keys", "rotate", "-c",
                     work.config_file, binary=nth, cwd=work.path,
                     env={"ASAN_OPTIONS": "detect_leaks=0"})
        if result.status == NO_PTRACE:
            pytest.skip("this machine lets no process watch another")
        assert result.status in (0, KILLED), result.err
        kills += result.status == KILLED
        assert values(work) == said, number
        # What was finished is so for good.
        if result.status == KILLED and key.read_bytes() != old:
            changed += 1
            assert not (work.path / "master.key.new").exists()
            assert old not in b"".join(
                p.read_bytes() for p in work.path.glob("master.key*"))
        if number % 8 == 0 or result.status == 0:
            work.with_config("keys", "rotate").expect(0)
            assert values(work) == said
            assert not (work.path / "master.key.new").exists()
        if result.status == 0:
            break
    assert kills > 15 and changed > 2 and kills < 399


def test_rotate_wakes_nobody(work):
    """Who withdrew has no hashes any more; who was erased has no key."""
    work.prepare([])
    with sqlite3.connect(work.path / "indelible.db") as store:
        names = [r["id"] for r in RECORDS[:2]]
        store.execute("UPDATE record SET state = 3 WHERE name = ?",
                      names[:1])
        store.execute("UPDATE record SET state = 5, keys = NULL,"
                      " blob = NULL, sealed = NULL WHERE name = ?",
                      names[1:])
        store.execute("UPDATE record_key SET wrapped = zeroblob(60) WHERE"
                      " record = (SELECT id FROM record WHERE name = ?)",
                      names[1:])
    store.close()
    work.with_config("keys", "rotate").expect(0)
    rows = dict((row[0], row[1:]) for row in tables(
        work, "SELECT name, state, keys, wrapped FROM record"
                   " JOIN record_key ON record = id"))
    assert rows[names[0]][:2] == (3, b"")
    assert rows[names[1]] == (5, None, bytes(60))
    assert re.search(names[0], work.with_config(
        "records", "list").expect(0).out)
