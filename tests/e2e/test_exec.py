"""The sink exec: programs that take alerts, and programs that do not."""
import json
import os
import signal
import time

import pytest

from .helpers import descendants, read_jsonl, wait_until
from .planted import between, expected_ids, jane_spec


def script(work, name, text):
    """A program; its path."""
    path = work.write(name, "#!/bin/sh\n" + text)
    path.chmod(0o755)
    return str(path)


def prepare(work, log, **commands):
    """A workspace with a sink for each of these commands."""
    sinks = [{"name": "ledger", "jsonl": {"path": str(work.ledger)}}]
    sinks += [{"name": name, "exec": {"command": command}}
              for name, command in commands.items()]
    return work.prepare([(log, "static")], alerts={"sinks": sinks})


def helper_of(monitor):
    """The process that runs programs."""
    for pid in descendants(monitor.pid, 1):
        with open("/proc/%d/comm" % pid, encoding="utf-8") as name:
            if name.read().strip() == "indelible-hook":
                return pid
    return None


@pytest.mark.smoke
def test_events_on_stdin(work, server):
    """Each alert once, as the ledger has it; arguments are the fixed ones."""
    log = server.new_log(between(30))
    out = work.path / "taken"
    command = script(work, "take", 'cat >>"$2"; echo "$#$1" >>"$2.args"\n')
    prepare(work, log, hook=[command, "$(id) ; *", str(out)])
    monitor = work.monitor()
    ids = expected_ids(log.truth())
    wait_until(lambda: len(read_jsonl(out)) >= len(ids), "programs")
    work.wait_for_ids(ids, monitor)
    monitor.stop()
    ledger = {e["id"]: e for e in work.alerts()}
    taken = read_jsonl(out)
    assert sorted(e["id"] for e in taken) == sorted(ids)
    assert all(e == ledger[e["id"]] for e in taken)
    assert set((work.path / "taken.args").read_text().splitlines()) == \
        {"2$(id) ; *"}
    assert "jane.roe@example.com" not in json.dumps(taken)


def test_misbehaving_programs(work, server):
    """One that is not there, fails, floods, or hangs delays no other; what
    has failed comes again after 5 s with the same id."""
    log = server.new_log([jane_spec()])
    out = work.path / "seen"
    fails = script(work, "fails", 'cat >>%s; test $(wc -l <%s) -ge 2\n' % (
        out, out))
    prepare(work, log, fails=[fails], missing=["/no/such/program"],
            flat=[str(work.write("flat", "true"))],
            floods=["/bin/sh", "-c", "yes; exit 1"],
            hangs=["/bin/sleep", "1000"],
            stays=["/bin/sh", "-c", "sleep 1000 & exit 0"])
    monitor = work.monitor()
    only, = expected_ids(log.truth())
    begun = time.monotonic()
    work.wait_for_ids([only], monitor)
    assert time.monotonic() - begun < 5
    wait_until(lambda: len(read_jsonl(out)) == 2, "a second try")
    assert [e["id"] for e in read_jsonl(out)] == [only, only]
    wait_until(lambda: "sink fails: works again" in monitor.diagnostics(),
               "words")
    said = monitor.diagnostics()
    assert "sink fails: it ended with 1; what is for it is kept" in said
    assert "sink missing: it could not be started: No such file" in said
    assert "sink flat: it could not be started: Permission denied" in said
    assert "sink stays" not in said
    helper = helper_of(monitor)
    running = descendants(helper, 1)
    assert running
    monitor.stop()
    wait_until(lambda: not any(os.path.exists("/proc/%d" % pid)
                               for pid in running + [helper]), "their end")


def test_killed_before_it_is_settled(work, server):
    """kill -9 while the program runs: it ends, and the same id comes again."""
    log = server.new_log([jane_spec()])
    out = work.path / "seen"
    slow = script(work, "slow",
                  'cat >>%s; test $(wc -l <%s) -ge 2 || sleep 1000\n' % (
                      out, out))
    prepare(work, log, slow=[slow])
    monitor = work.monitor()
    wait_until(lambda: read_jsonl(out), "the program")
    helper = helper_of(monitor)
    running = descendants(helper, 1)
    assert running
    monitor.crash()
    wait_until(lambda: not any(os.path.exists("/proc/%d" % pid)
                               for pid in running + [helper]), "their end")
    monitor = work.monitor()
    wait_until(lambda: len(read_jsonl(out)) == 2, "the same again")
    monitor.stop()
    assert read_jsonl(out)[0] == read_jsonl(out)[1]


def test_the_helper_dies(work, server):
    """The service ends and says so; after its start nothing is missing."""
    log = server.new_log([jane_spec()])
    out = work.path / "taken"
    prepare(work, log, hook=[script(work, "take", "cat >>%s\n" % out)])
    monitor = work.monitor()
    only, = expected_ids(log.truth())
    wait_until(lambda: read_jsonl(out), "the program")
    os.kill(helper_of(monitor), signal.SIGKILL)
    said = monitor.wait(10).expect(70).err
    assert "the process that runs programs died of signal 9" in said
    more = log.append([{"filler": 5}, jane_spec()])
    monitor = work.monitor()
    wait_until(lambda: len(read_jsonl(out)) == 2, "what came since")
    monitor.stop()
    assert [e["id"] for e in read_jsonl(out)] == \
        [only] + list(expected_ids(more))


def test_no_standard_descriptors(work, server):
    """A service that was started without any."""
    log = server.new_log([jane_spec()])
    out = work.path / "taken"
    prepare(work, log, hook=[script(work, "take", "cat >>%s\n" % out)])
    monitor = work.monitor(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"])
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    wait_until(lambda: read_jsonl(out), "the program")
    for fd in ("0", "1", "2"):
        assert os.readlink("/proc/%d/fd/%s" % (monitor.pid, fd)) == "/dev/null"
    monitor.stop()


def test_rooms_apart(work, server):
    """The helper has no file of the store and no socket but its own; workers
    and their parent have not that one."""
    log = server.new_log([jane_spec()])
    prepare(work, log, hook=["/bin/true"])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)

    def descriptors(pid):
        links = [os.readlink("/proc/%d/fd/%s" % (pid, fd))
                 for fd in os.listdir("/proc/%d/fd" % pid) if int(fd) > 2]
        return [link for link in links if not link.startswith("anon_inode")]
    helper = helper_of(monitor)
    own, = descriptors(helper)
    assert own.startswith("socket:")
    others = [pid for depth in (1, 2) for pid in
              descendants(monitor.pid, depth) if pid != helper]
    # Both ends have numbers of their own; the other one is main's alone.
    inodes = [set(descriptors(pid)) for pid in others]
    mine = set(descriptors(monitor.pid))
    sockets = [link for link in mine if link.startswith("socket:")]
    assert own not in mine
    assert not any(own in one for one in inodes)
    for one in inodes:
        assert len([link for link in one if link in sockets]) == 0
    with open("/proc/%d/maps" % helper, encoding="utf-8") as maps:
        assert "indelible.db" not in maps.read()
    monitor.stop()
