"""Parsers are locked in: what the self-test says, what a running service's
processes have, and what happens where the kernel does not play along."""
import json
import os
import subprocess

import pytest

from .helpers import (BINARY, descendants, environment, run, wait_until)
from .injected import strace
from .planted import expected_ids, jane_spec

ZYGOTE, WORKER = 1, 2   # depth below main
KILLED = {"socket", "open", "execve", "mmap-exec", "mprotect-exec", "fork",
          "ptrace", "kill", "io-uring", "unlock-body", "punch-index"}
MEMORY = {"write-body", "write-order", "write-answers", "read-answers"}
NO_FILTER = "seccomp:error=EINVAL"


def selftest(code=0):
    """What the self-test found, with the attempts by who and what."""
    out = json.loads(run("version", "--selftest", "--json").expect(code).out)
    test = out["selftest"]
    test["by"] = {(a["who"], a["attempt"]): a for a in test["attempts"]}
    return test


@pytest.fixture
def locked():
    """Skips where the build or the machine has no filters."""
    out = run("version", "--selftest", "--json").out
    if json.loads(out)["selftest"]["missing"]:
        pytest.skip(json.loads(out)["selftest"]["missing"])


def proc_status(pid):
    """/proc/PID/status as a dict."""
    with open("/proc/%d/status" % pid, encoding="utf-8") as lines:
        return {key: value.strip() for key, value in
                (line.split(":", 1) for line in lines)}


def proc_limits(pid):
    """The soft and hard limits of a process by name."""
    with open("/proc/%d/limits" % pid, encoding="utf-8") as lines:
        return {line[:26].strip(): tuple(line[26:].split()[:2])
                for line in lines}


def descriptors(pid):
    """What the descriptors of a process are."""
    folder = "/proc/%d/fd" % pid
    return {int(name): os.readlink(os.path.join(folder, name))
            for name in os.listdir(folder)}


def injected(arguments, what, **how):
    """A command some of whose system calls fail."""
    return subprocess.run(
        strace(what) + [BINARY] + [str(a) for a in arguments], check=False,
        capture_output=True, text=True, timeout=60, env=environment(), **how)


def test_selftest(locked):
    """Every attempt ends the worker that makes it; the zygote is refused."""
    test = selftest()
    assert test["passed"] and test["filter"]
    for name in KILLED:
        attempt = test["by"]["worker", name]
        assert (attempt["outcome"], attempt["signal"]) == ("died", "SIGSYS")
    for name in MEMORY:
        attempt = test["by"]["worker", name]
        assert (attempt["outcome"], attempt["signal"]) == ("died", "SIGSEGV")
    for name in ("memory", "space"):
        assert test["by"]["worker", name]["outcome"] == "refused"
    for name in ("socket", "open", "execve", "mmap-exec", "mprotect-exec"):
        assert test["by"]["zygote", name]["outcome"] == "refused"
    assert all(test["known_answers"].values())
    assert len(test["known_answers"]) >= 5


def test_selftest_in_words(locked):
    """The same for people."""
    out = run("version", "--selftest").expect(0).out
    assert "open a file                          died (SIGSYS)" in out
    assert out.endswith("self-test passed\n")
    assert "lived" not in out and "WRONG" not in out
    assert "self-test" not in run("version").expect(0).out


def test_selftest_fails(locked):
    """Without a filter something lives, and the exit status says so."""
    done = injected(["version", "--selftest", "--json"],
                    NO_FILTER + ":when=2+")
    assert done.returncode == 70, done.stderr
    test = json.loads(done.stdout)["selftest"]
    assert not test["passed"] and not test["filter"]
    assert "lived" in {a["outcome"] for a in test["attempts"]}


def test_processes(work, server, locked):
    """Of a running service: filters, limits, no descriptor but its own."""
    log = server.new_log([jane_spec()])
    work.prepare([(log, "static")])
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    wait_until(lambda: descendants(monitor.pid, WORKER), "workers")
    zygote, = descendants(monitor.pid, ZYGOTE)
    for pid in descendants(monitor.pid, WORKER):
        assert proc_status(pid)["Name"] == "indelible-work"
        assert proc_status(pid)["Seccomp"] == "2"
        assert proc_status(pid)["NoNewPrivs"] == "1"
        fds = descriptors(pid)
        assert sorted(fds) == [0, 1, 2]
        assert all(what.startswith("pipe:") for what in fds.values())
        assert len(set(fds.values())) == 3
        limits = proc_limits(pid)
        for name in ("Max core file size", "Max file size", "Max processes"):
            assert limits[name] == ("0", "0")
        assert limits["Max open files"] == ("3", "3")
        assert limits["Max data size"][1] != "unlimited"
    assert proc_status(zygote)["Seccomp"] == "2"
    assert proc_status(zygote)["NoNewPrivs"] == "1"
    assert proc_status(monitor.pid)["Seccomp"] == "0" or \
        proc_status(os.getpid())["Seccomp"] == "2"
    assert "not locked in" not in monitor.diagnostics()
    monitor.stop()


def test_required(work, server, locked):
    """With `require` it starts, and without a filter it does not: 78."""
    log = server.new_log([jane_spec()])
    work.prepare([(log, "static")], sandbox="require")
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    monitor.stop()
    for when in ("", ":when=2+"):
        done = injected(["monitor", "-c", work.config_file], NO_FILTER + when)
        assert done.returncode == 78, done.stderr
        assert "cannot be locked in" in done.stderr
        assert "`sandbox: require`" in done.stderr


def test_auto_without(work, server, locked):
    """As far as the system can: reading goes on, and it is said."""
    log = server.new_log([jane_spec()])
    work.prepare([(log, "static")])
    monitor = work.monitor(before=strace(NO_FILTER))
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    monitor.stop()
    assert "warning: parsers are not locked in: the kernel" in \
        monitor.diagnostics()
    done = injected(["status", "-c", work.config_file, "--json"], NO_FILTER)
    store = json.loads(done.stdout.splitlines()[-1])
    assert store["sandbox"]["filter"] is False
    assert "kernel" in store["sandbox"]["missing"]


def test_off(work, server):
    """A warning at the start, and in each status."""
    log = server.new_log([jane_spec()])
    work.prepare([(log, "static")], sandbox="off")
    monitor = work.monitor()
    work.wait_for_ids(expected_ids(log.truth()), monitor)
    worker = descendants(monitor.pid, WORKER)[0]
    here = proc_status(os.getpid())["Seccomp"]
    assert proc_status(worker)["Seccomp"] == here
    monitor.stop()
    said = "parsers are not locked in: the configuration says"
    assert "warning: " + said in monitor.diagnostics()
    assert "warning: " + said in work.with_config("status").out
    assert said in work.with_config("config", "check").expect(0).err
    line = work.with_config("status", "--json").events[-1]
    assert line["sandbox"]["filter"] is False


def test_status_when_locked(work, server, locked):
    """Nothing to warn of."""
    log = server.new_log([jane_spec()])
    work.prepare([(log, "static")])
    line = work.with_config("status", "--json").events[-1]
    assert line["sandbox"] == {"filter": True, "missing": None}
    assert "locked" not in work.with_config("status").out
