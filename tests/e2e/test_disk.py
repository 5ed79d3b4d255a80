"""The store and the disk below it: full, failing, read-only, damaged, gone,
made by another version or with another key, and in use by somebody else."""
import json
import os
import random
import signal
import sqlite3
import time

import pytest

from tests.crash import invariants
from tests.crash.points import make_old
from .helpers import read_jsonl, wait_until
from .injected import Disk, cpu_seconds, strace
from .planted import between, expected_ids, jane_spec

MIB = 1 << 20


@pytest.fixture
def log(server):
    """A log with some planted certificates."""
    return server.new_log(between(30), page=64)


@pytest.fixture
def disk(tmp_path):
    """A disk of 4 MiB."""
    small = Disk(tmp_path / "disk", "4m")
    yield small
    small.close()


def store_of(work):
    """The store's files that SQLite writes."""
    return [work.path / "indelible.db", work.path / "indelible.db-wal"]


def assert_all_is_well(work, log):
    """A service that is started now finds what there is, once, and the store
    is sound."""
    monitor = work.monitor()
    expected = expected_ids(log.truth())
    work.wait_for_ids(expected, monitor)
    truth = invariants.Truth([dict(log.describe(), truth=log.truth())],
                             expected)
    wait_until(lambda: invariants.all_done(store_of(work)[0], truth),
               "the end")
    monitor.stop()
    assert invariants.check_store(str(store_of(work)[0]), truth) == []
    assert set(work.ids()) == set(expected)


# --- a disk that fails --------------------------------------------------------

@pytest.mark.parametrize("when", [1, 2, 3, 5])
def test_failed_sync(work, log, when):
    """What a failed sync has lost nobody knows: stop at once, with 74."""
    work.prepare([(log, "rfc6962")])
    monitor = work.monitor(strace("fdatasync,fsync:error=EIO:when=%d" % when,
                                  *store_of(work)))
    result = monitor.wait(20)
    assert result.status == 74, result.err
    assert "disk" in result.err
    assert_all_is_well(work, log)


@pytest.mark.parametrize("when", ["3", "20", "12..30"])
def test_failed_write(work, log, when):
    """The same for a write that the disk refuses."""
    work.prepare([(log, "rfc6962")])
    monitor = work.monitor(strace("pwrite64:error=EIO:when=" + when,
                                  *store_of(work)))
    assert monitor.wait(20).status == 74
    assert_all_is_well(work, log)


def test_failed_read(work, log):
    """And for one that cannot be read."""
    work.prepare([(log, "rfc6962")])
    monitor = work.monitor(strace("pread64:error=EIO:when=6+",
                                  *store_of(work)))
    assert monitor.wait(20).status == 74
    assert_all_is_well(work, log)


# --- a full disk --------------------------------------------------------------

def test_no_space_for_a_while(work, log):
    """Some writes find no space: it goes on by itself, nothing is lost."""
    work.prepare([(log, "rfc6962")])
    monitor = work.monitor(strace("pwrite64:error=ENOSPC:when=20..24",
                                  store_of(work)[1]))
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    assert "paused" in monitor.diagnostics()
    monitor.stop()
    assert_all_is_well(work, log)


def quiet(process, seconds):
    """Fail when it spins, or talks all the time."""
    before = cpu_seconds(process.pid), process.err_path.stat().st_size
    time.sleep(seconds)
    process.assert_running()
    assert cpu_seconds(process.pid) - before[0] < 0.2 * seconds
    assert process.err_path.stat().st_size - before[1] < 400 * seconds


def test_full_disk(work, log, disk):
    """No space for the store: reading waits and says so, what is stored is
    delivered, status tells it, and it goes on by itself."""
    work.prepare([(log, "static")],
                 store="sqlite://%s" % (disk.path / "indelible.db"))
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    time.sleep(0.5)
    disk.fill()
    new = log.append([{"filler": 700}, jane_spec(), {"filler": 700},
                      jane_spec()])
    wait_until(lambda: "paused" in monitor.diagnostics(), "words about it")
    quiet(monitor, 6)
    status = work.with_config("status", "--json").expect(1)
    store, = [e for e in status.events if e["type"] == "store"]
    assert store["healthy"] is False
    assert any("space" in reason for reason in store["reasons"])
    assert "space" in work.with_config("status").expect(1).out
    disk.free()
    work.wait_for_ids(expected_ids(new), monitor)
    monitor.stop()
    work.with_config("status").expect(0)
    work.with_config("verify").expect(0)
    expected = expected_ids(log.truth())
    assert sorted(work.ids()) == sorted(expected)


def test_sigterm_on_a_full_disk(work, log, disk):
    """While reading waits for space, SIGTERM ends it as ever."""
    work.prepare([(log, "static")],
                 store="sqlite://%s" % (disk.path / "indelible.db"))
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    disk.fill()
    log.append([{"filler": 700}, jane_spec()])
    wait_until(lambda: "paused" in monitor.diagnostics(), "words about it")
    monitor.stop()
    disk.free()
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    monitor.stop()


def test_full_disk_at_the_start(work, log, disk):
    """It starts, waits, and goes on."""
    work.prepare([(log, "static")],
                 store="sqlite://%s" % (disk.path / "indelible.db"))
    disk.fill()
    monitor = work.monitor()
    time.sleep(2)
    assert "space" in work.with_config("status").expect(1).out
    if monitor.process.poll() is not None:
        result = monitor.wait(1)
        assert result.status == 74 and "space" in result.err
        monitor = None
    disk.free()
    monitor = monitor or work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    monitor.stop()


def test_no_space_for_a_new_store(work, disk):
    """73, and nothing that looks like a store."""
    work.config([], store="sqlite://%s" % (disk.path / "indelible.db"))
    disk.fill()
    result = work.with_config("store", "init")
    assert result.status in (73, 74)
    assert "space" in result.err
    assert not (disk.path / "indelible.db").exists()
    disk.free()
    work.with_config("store", "init").expect(0)


def test_full_disk_of_a_sink(work, log, disk):
    """Reading goes on, and the alerts come when there is room."""
    ledger = disk.path / "alerts.jsonl"
    work.prepare([(log, "static")], alerts={"sinks": [
        {"name": "ledger", "jsonl": {"path": str(ledger)}}]})
    disk.fill()
    monitor = work.monitor()
    wait_until(lambda: "sink ledger" in monitor.diagnostics(), "words")
    size = log.describe()["size"]
    wait_until(lambda: invariants.connect(store_of(work)[0]).execute(
        "SELECT max(proven_to) FROM stretch").fetchone()[0] == size,
        "reading")
    quiet(monitor, 3)
    disk.free()
    expected = set(expected_ids(log.truth()))
    wait_until(lambda: expected <= {e["id"] for e in read_jsonl(ledger)},
               "alerts", 60)
    monitor.stop()


# --- descriptors, interruptions -----------------------------------------------

@pytest.mark.parametrize("call", ["socket", "connect"])
def test_no_descriptors_for_the_network(work, log, call):
    """It is tried again, and not in a hurry."""
    work.prepare([(log, "rfc6962")], admin={"socket": None})
    error = {"socket": "EMFILE", "connect": "ENETUNREACH"}[call]
    monitor = work.monitor(strace("%s:error=%s:when=1..3" % (call, error)))
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    assert cpu_seconds(monitor.pid) < 5
    monitor.stop()


def test_no_descriptors_for_a_sink(work, log):
    """The alerts are kept and come later."""
    work.prepare([(log, "rfc6962")])
    work.ledger.touch()
    monitor = work.monitor(strace("openat:error=EMFILE:when=1",
                                  work.ledger))
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    assert "sink ledger" in monitor.diagnostics()
    monitor.stop()


@pytest.mark.parametrize("limit", [10, 14, 20, 32])
def test_few_descriptors(work, log, limit):
    """It works, or says what it lacks; it neither spins nor crashes."""
    work.prepare([(log, "rfc6962")])
    monitor = work.monitor(["prlimit", "--nofile=%d" % limit])
    end = time.monotonic() + 3
    while monitor.process.poll() is None and time.monotonic() < end:
        time.sleep(0.1)
    if monitor.process.poll() is not None:
        result = monitor.wait(1)
        assert result.status in (69, 74), result.err
        assert "open files" in result.err
    else:
        assert cpu_seconds(monitor.pid) < 2
        monitor.stop()
    assert_all_is_well(work, log)


def test_interrupted_calls(work, log):
    """Calls that signals interrupt are made again. (Not write(2): libev's, to
    an eventfd that does not block, is one that no signal interrupts.)"""
    work.prepare([(log, "rfc6962")])
    monitor = work.monitor(strace(
        "pwrite64,recvfrom,sendto:error=EINTR:when=7+11"))
    for _ in range(200):
        if set(expected_ids(log.truth())) <= set(work.ids()):
            break
        if monitor.heeds(signal.SIGHUP):
            monitor.signal(signal.SIGHUP)
        time.sleep(0.01)
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    monitor.stop()
    assert_all_is_well(work, log)


# --- a store that is not as it should be --------------------------------------

COMMANDS = [("monitor",), ("backfill",), ("status",), ("verify",)]


@pytest.fixture
def made(work, log):
    """A workspace whose store has been written to."""
    work.prepare([(log, "rfc6962")])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    monitor.stop()
    return work


def refused(work, status, *words):
    """Every command says the same, and changes nothing."""
    before = {p.name: p.read_bytes() for p in work.path.iterdir()
              if p.is_file() and p.name.startswith("indelible.db") and
              not p.name.endswith((".lock", "-shm", "-wal"))}
    for command in COMMANDS:
        result = work.with_config(*command)
        assert result.status == status, (command, result.err)
        for word in words:
            assert word in result.err, (command, result.err)
    for name, content in before.items():
        assert (work.path / name).read_bytes() == content


def test_no_store(made):
    """66, the command that makes one, and none is made by itself."""
    store = store_of(made)[0]
    os.rename(store, made.path / "moved")
    refused(made, 66, "store init")
    assert not store.exists()


@pytest.mark.parametrize("seed", range(6))
def test_random_page(made, seed):
    """4 KiB of noise anywhere: 65 and how to restore."""
    dice = random.Random(seed)
    store = store_of(made)[0]
    pages = store.stat().st_size // 4096
    with open(store, "r+b") as file:
        file.seek(dice.randrange(pages) * 4096)
        file.write(dice.randbytes(4096))
    result = made.with_config("monitor")
    assert result.status == 65, result.err
    assert "put back" in result.err


@pytest.mark.parametrize("how", ["truncated", "half", "empty", "text",
                                 "zeros", "other"])
def test_damaged_store(made, how):
    """65 and how to restore; never a fresh start."""
    store = store_of(made)[0]
    whole = store.read_bytes()
    if how == "other":
        store.unlink()
        sqlite3.connect(store).execute("CREATE TABLE t(x)").connection.close()
    else:
        store.write_bytes({
            "truncated": whole[:-4096], "half": whole[:len(whole) // 2],
            "empty": b"", "text": b"not a database\n" * 999,
            "zeros": bytes(len(whole))}[how])
    if how == "truncated":
        made.with_config("monitor").expect(65)
    else:
        refused(made, 65, "put back")


def test_newer_store(made):
    """A store of a later version is left alone."""
    db = sqlite3.connect(store_of(made)[0])
    db.execute("PRAGMA user_version = 99")
    db.close()
    refused(made, 78, "99", "newer program")


def test_older_store(made, log):
    """What only reads names the command, what writes brings it up to date,
    and nothing of it is lost."""
    make_old(str(store_of(made)[0]))
    for command in COMMANDS[2:]:
        assert "store migrate" in made.with_config(*command).err
    said = made.with_config("store", "migrate").expect(0)
    assert "up to date" in said.out
    made.with_config("store", "migrate").expect(0)
    assert_all_is_well(made, log)


def test_master_keys(made):
    """Missing, too short, another one, and one that all may read."""
    key = made.path / "master.key"
    good = key.read_bytes()
    key.unlink()
    refused(made, 66, "master.key")
    made.with_config("store", "init").expect(73)
    assert not key.exists()
    for content, status, word in ((good[:31], 65, "32"), (b"", 65, "32"),
                                  (os.urandom(32), 78, "another")):
        key.write_bytes(content)
        key.chmod(0o600)
        refused(made, status, word)
    key.write_bytes(good)
    key.chmod(0o644)
    refused(made, 77, "chmod 600")
    key.chmod(0o600)
    made.with_config("status").expect(0)


def test_read_only_disk(work, log, disk):
    """77 for what must write; status still reads."""
    work.prepare([(log, "rfc6962")],
                 store="sqlite://%s" % (disk.path / "indelible.db"))
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    monitor.stop()
    disk.remount("ro")
    result = work.with_config("monitor").expect(77)
    assert "read-only" in result.err
    work.with_config("backfill").expect(77)
    work.with_config("status").expect(0)
    work.with_config("verify").expect(0)
    disk.remount("rw")


# --- somebody else ------------------------------------------------------------

def test_second_instance(work, log):
    """69 and who holds it; the first goes on unharmed, also when it was
    asleep meanwhile."""
    work.prepare([(log, "rfc6962")])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    for stopped in (False, True):
        if stopped:
            monitor.signal(signal.SIGSTOP)
            time.sleep(2)
        for command in COMMANDS[:2]:
            second = work.with_config(*command)
            assert second.status == 69, second.err
            assert "pid %d" % monitor.pid in second.err
        work.with_config("status").expect(0)
        if stopped:
            monitor.signal(signal.SIGCONT)
        work.wait_for_ids(expected_ids(log.append([jane_spec()])), monitor)
    monitor.stop()
    assert sorted(work.ids()) == sorted(expected_ids(log.truth()))


def test_other_program_holds_the_store(work, log):
    """Somebody opened the database by hand and keeps a transaction: what is
    read meanwhile is not lost."""
    work.prepare([(log, "rfc6962")])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    intruder = sqlite3.connect(store_of(work)[0], isolation_level=None)
    intruder.execute("BEGIN IMMEDIATE")
    new = log.append([{"filler": 200}, jane_spec()])
    time.sleep(7)
    intruder.execute("ROLLBACK")
    intruder.close()
    if monitor.process.poll() is not None:
        result = monitor.wait(1)
        assert result.status == 69, result.err
        monitor = work.monitor()
    work.wait_for_ids(expected_ids(new), monitor)
    monitor.stop()
    assert json.loads(work.with_config("verify", "--json").expect(
        0).out.splitlines()[0])["stretches"]
