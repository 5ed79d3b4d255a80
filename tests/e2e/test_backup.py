"""store backup and store restore: a copy that carries no key, and a way back
that brings nobody back who has left."""
import json
import os
import shutil
import sqlite3
import stat

import pytest

from tests.crash.rig import KILLED, NO_PTRACE, build_nth
from .helpers import run, wait_until
from .planted import RECORDS, between, expected_ids
from .test_keys import secrets, tables, values


def records(number):
    """So many addresses with complete consent."""
    return [{"id": "acme/%d" % i, "tenant": "acme", "kind": "email",
             "value": "person-%d@example.net" % i,
             "consent": {"purpose": "ct-exposure/1", "method": "import",
                         "at": "2026-05-01T10:00:00Z", "evidence": "4711"}}
            for i in range(number)]


def alter(work, *statements):
    """Change the database by hand."""
    store = sqlite3.connect(work.path / "indelible.db")
    for statement in statements:
        store.execute(*statement)
    store.commit()
    store.close()


def states(work):
    """{id: state} of all records."""
    return dict(tables(work, "SELECT name, state FROM record"))


def backup(work, name="copy.db"):
    """A backup; its path."""
    copy = work.path / name
    assert str(copy) in work.with_config(
        "store", "backup", copy).expect(0).out
    return copy


def test_backup(work, server):
    """One file, whole, for its owner's eyes, without a key that opens it."""
    log = server.new_log(between(9), page=64)
    work.prepare([(log, "static")])
    process = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), process)
    copy = backup(work)
    process.stop()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert not list(work.path.glob("copy.db[-.]*"))
    data = copy.read_bytes()
    assert not any(key in data for key in secrets(work))
    for record in RECORDS:
        assert json.dumps(record["value"]).encode().strip(b'"') not in data
    with sqlite3.connect(copy) as store:
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert store.execute("SELECT count(*) FROM exposure").fetchone()[0] \
            == len(set(expected_ids(log.truth())))
    store.close()
    again = work.with_config("store", "backup", copy).expect(73)
    assert "already" in again.err
    assert copy.read_bytes() == data
    work.with_config("store", "backup", work.path / "no" / "dir").expect(73)
    work.with_config("store", "backup").expect(64)
    # Under another key it is nothing.
    os.rename(work.path / "indelible.db", work.path / "kept.db")
    os.rename(work.path / "master.key", work.path / "kept.key")
    for path in work.path.glob("indelible.db-*"):
        path.unlink()
    work.with_config("store", "init").expect(0)
    refused = work.with_config("store", "restore", copy).expect(78)
    assert "another master key" in refused.err
    assert not (work.path / "indelible.db.new").exists()


def test_backup_of_a_busy_store(work, server):
    """It is of one moment, and the service goes on."""
    log = server.new_log(between(2000), page=16)
    work.prepare([(log, "rfc6962")], fetch={"poll_rfc6962": "100ms"})
    process = work.monitor()
    wait_until(lambda: tables(work, "SELECT max(read_to) FROM stretch")[0][0],
               "the first entries")
    for i in range(5):
        copy = backup(work, "copy-%d.db" % i)
        with sqlite3.connect(copy) as store:
            assert store.execute(
                "PRAGMA integrity_check").fetchone() == ("ok",)
            read, = store.execute("SELECT read_to FROM stretch").fetchone()
            last, = store.execute(
                "SELECT max(ix) FROM sighting").fetchone()
            assert last is None or last < read
        store.close()
    work.wait_for_ids(expected_ids(log.truth()), process)
    process.stop()


def test_restore(work, server):
    """The service goes on from where the copy was, with the same ids."""
    log = server.new_log(between(9), page=64)
    work.prepare([(log, "static")])
    first = backup(work, "early.db")
    process = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), process)
    busy = work.with_config("store", "restore", first).expect(69)
    assert "stop it first" in busy.err
    process.stop()
    sent = work.ids()
    done = work.with_config("store", "restore", first).expect(0)
    assert "indelible.db.before" in done.out and "warning" not in done.out
    before = work.path / "indelible.db.before"
    with sqlite3.connect(before) as store:
        assert store.execute("SELECT count(*) FROM exposure").fetchone()[0]
    store.close()
    assert stat.S_IMODE((work.path / "indelible.db").stat().st_mode) == 0o600
    assert not tables(work, "SELECT * FROM stretch")
    work.ledger.unlink()
    process = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), process)
    process.stop()
    assert sorted(set(work.ids())) == sorted(set(sent))
    work.with_config("verify").expect(0)
    refused = work.with_config("store", "restore", first).expect(69)
    assert "indelible.db.before" in refused.err


def test_restore_brings_nobody_back(work):
    """Who left, paused or changed since then is not matched again."""
    work.prepare([], records=records(9))
    copy = backup(work)
    more = work.records([dict(records(1)[0], id="acme/new-%d" % i)
                         for i in range(3)], name="more.jsonl")
    changed = work.records([dict(records(7)[6], value="new@example.net")],
                           name="changed.jsonl")
    work.with_config("records", "import", more).expect(0)
    work.with_config("records", "import", changed).expect(0)
    for name, state in (("acme/1", "withdraw"), ("acme/2", "pause"),
                        ("acme/3", "erase"), ("acme/new-0", "erase"),
                        ("acme/new-1", "withdraw")):
        end(work, name, state)
    alter(work, ("UPDATE record SET state = 4 WHERE name = 'acme/4'",),
          ("UPDATE record SET state = 0 WHERE name = 'acme/5'",),
          ("INSERT INTO suppress VALUES(zeroblob(32), 7)",),
          ("INSERT INTO mailed VALUES(zeroblob(32), 7, 2)",))
    trail = tables(work, "SELECT * FROM audit")
    done = work.with_config("store", "restore", copy).expect(0)
    assert "warning" not in done.out
    assert "8 records that ended or changed" in done.out
    assert "1 record that came since" in done.out
    assert "import it again:\n  acme/new-2 of tenant " in done.out
    assert states(work) == {
        "acme/0": 1, "acme/1": 3, "acme/2": 2, "acme/3": 5, "acme/4": 4,
        "acme/5": 2, "acme/6": 2, "acme/7": 1, "acme/8": 1,
        "acme/new-0": 5, "acme/new-1": 5}
    assert tables(work, "SELECT * FROM suppress") == [(bytes(32), 7)]
    assert tables(work, "SELECT * FROM mailed") == [(bytes(32), 7, 2)]
    assert tables(work, "SELECT * FROM audit")[:len(trail)] == trail
    assert tables(work, "SELECT wrapped = zeroblob(60) FROM record_key"
                        " JOIN record ON id = record"
                        " WHERE name = 'acme/3'") == [(1,)]
    refused = work.with_config("records", "import", more).expect(65)
    assert "new-0 of tenant acme was erased" in refused.err
    dict(values(work))


def end(work, name, how):
    """A record's state, by hand, as the ledger would have it."""
    states_of = {"pause": 2, "withdraw": 3, "erase": 5}
    what = [("UPDATE record SET state = ? WHERE name = ?",
             (states_of[how], name))]
    if how == "erase":
        what = [("UPDATE record SET state = 5, keys = NULL, blob = NULL,"
                 " sealed = NULL WHERE name = ?", (name,)),
                ("UPDATE record_key SET wrapped = zeroblob(60) WHERE record"
                 " = (SELECT id FROM record WHERE name = ?)", (name,))]
    alter(work, *what)


def test_restore_alone(work):
    """Without a store beside it, what happened since is unknown."""
    work.prepare([])
    said = values(work)
    copy = backup(work)
    for path in work.path.glob("indelible.db*"):
        path.unlink()
    done = work.with_config("store", "restore", copy).expect(0)
    assert "warning: there was no store here" in done.out
    assert "before you start" in done.out
    assert values(work) == said
    assert not (work.path / "indelible.db.before").exists()
    assert ("restored",) in tables(work, "SELECT what FROM audit")


def test_restore_of_what_is_none(work):
    """Neither is touched."""
    work.prepare([])
    said = values(work)
    copy = backup(work)
    data = copy.read_bytes()
    store = work.path / "indelible.db"
    work.with_config("store", "restore", work.path / "none.db").expect(66)
    work.with_config("store", "restore", store).expect(64)
    work.with_config("store", "restore").expect(64)
    for number, (bad, status) in enumerate((
            (b"", 65), (b"no database\n" * 900, 65),
            (data[:8192] + os.urandom(8192) + data[16384:], 65),
            (data[:len(data) // 2], 65))):
        path = work.write("bad-%d.db" % number, bad)
        refused = work.with_config("store", "restore", path)
        refused.expect(status)
        assert "bad-%d.db" % number in refused.err
    newer = work.path / "newer.db"
    shutil.copy(copy, newer)
    with sqlite3.connect(newer) as later:
        later.execute("PRAGMA user_version = 1000")
    later.close()
    work.with_config("store", "restore", newer).expect(78)
    assert values(work) == said
    assert not list(work.path.glob("indelible.db.*[!k]"))


def test_restore_over_damage(work):
    """What can be read of a damaged store counts; the rest is told of."""
    work.prepare([], records=records(3000))
    copy = backup(work)
    end(work, "acme/1", "withdraw")
    store = work.path / "indelible.db"
    data = bytearray(store.read_bytes())
    half = len(data) // 8192 * 4096
    data[half:half + 40960] = os.urandom(40960)
    store.write_bytes(bytes(data))
    done = work.with_config("store", "restore", copy).expect(0)
    assert "warning: not all of that could be read" in done.out
    assert (work.path / "indelible.db.before").read_bytes() == bytes(data)
    assert states(work)["acme/1"] == 3
    assert len(values(work)) == 3000
    # And a file that never was one.
    (work.path / "indelible.db.before").unlink()
    store.write_bytes(b"nothing\n" * 1000)
    done = work.with_config("store", "restore", copy).expect(0)
    assert "warning: not all of that could be read" in done.out
    assert len(values(work)) == 3000


def test_restore_of_an_older_version(work):
    """It is brought up to date on its way."""
    work.prepare([])
    said = values(work)
    store = work.path / "indelible.db"
    from tests.crash.points import make_old
    kept = work.path / "kept.db"
    shutil.copy(store, kept)
    make_old(str(store))
    old = work.path / "old.db"
    os.rename(store, old)
    os.rename(kept, store)
    work.with_config("store", "restore", old).expect(0)
    assert values(work) == said
    with sqlite3.connect(old) as first:
        assert first.execute("PRAGMA user_version").fetchone() == (1,)
    first.close()


@pytest.mark.parametrize("torn", (False, True), ids=("before", "within"))
def test_restore_killed_anywhere(work, torn):
    """There is a whole store at any moment, the former or the new one, and
    doing it again gives the new one."""
    work.prepare([], records=records(5))
    said = values(work)
    copy = backup(work)
    end(work, "acme/1", "withdraw")
    saved = work.path / "saved.db"
    shutil.copy(work.path / "indelible.db", saved)
    nth = build_nth()
    kills = 0
    for number in range(1, 400):
        for path in work.path.glob("indelible.db*"):
            path.unlink()
        shutil.copy(saved, work.path / "indelible.db")
        result = run("-n", number, *(["-t"] if torn else []), work.binary,
                     "store", "restore", copy, "-c", work.config_file,
                     binary=nth, cwd=work.path,
                     env={"ASAN_OPTIONS": "detect_leaks=0"})
        if result.status == NO_PTRACE:
            pytest.skip("this machine lets no process watch another")
        assert result.status in (0, KILLED), result.err
        kills += result.status == KILLED
        assert values(work) == said
        assert states(work)["acme/1"] == 3
        if result.status == KILLED and number % 4 == 0:
            (work.path / "indelible.db.before").unlink(missing_ok=True)
            work.with_config("store", "restore", copy).expect(0)
            assert states(work)["acme/1"] == 3
        if result.status == 0:
            break
    assert 10 < kills < 399


def test_restore_under_an_older_key(work):
    """After a rotation an older copy needs the older key."""
    work.prepare([])
    said = values(work)
    copy = backup(work)
    key = work.path / "master.key"
    old = key.read_bytes()
    work.with_config("keys", "rotate").expect(0)
    work.with_config("store", "restore", copy).expect(78)
    assert values(work) == said
    newer = backup(work, "newer.db")
    work.with_config("store", "restore", newer).expect(0)
    (work.path / "indelible.db.before").unlink()
    assert values(work) == said
    key.write_bytes(old)
    end(work, RECORDS[0]["id"], "withdraw")
    work.with_config("store", "restore", copy).expect(0)
    assert values(work) == said
    assert states(work)[RECORDS[0]["id"]] == 3
