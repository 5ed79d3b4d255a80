"""Logs, a store, and the commands that a crash is to interrupt.

Everything lies in one directory, which can be put back to any state that was
saved before: that takes a few milliseconds, and so a thousand crashes can
start from the same one.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import time

from tests.e2e import helpers
from tests.e2e.planted import between, expected_ids
from . import invariants
from .campaign import IN_FLIGHT

KILLED, NO_PTRACE = 99, 98
QUICK = {"poll_static": "100ms", "poll_rfc6962": "100ms",
         "partial_tile_after": "0ms"}


def heeds(process):
    """Whether the program, or the one that nth runs, looks after SIGTERM."""
    pids = helpers.descendants(process.pid, 1) \
        if process.args[0] != helpers.BINARY else [process.pid]
    masks = 0
    try:
        for pid in pids:
            # Not what nth forked and is about to become the program.
            if not os.path.samefile("/proc/%d/exe" % pid, helpers.BINARY):
                return 0
            with open("/proc/%d/status" % pid, encoding="utf-8") as status:
                masks |= sum(int(line.split()[1], 16) for line in status
                             if line.startswith(("SigBlk:", "SigCgt:")))
    except (FileNotFoundError, ProcessLookupError):
        pass
    return masks >> signal.SIGTERM - 1 & 1


class NoPtrace(Exception):
    """This machine does not let a process watch another."""


def build_nth():
    """The path of nth, which is made when it is not there."""
    path = "build/release/tests/crash/nth"
    subprocess.run(["make", "-s", "BUILD=release", path], cwd=helpers.ROOT,
                   check=True, stdout=subprocess.DEVNULL,
                   env=helpers.environment())
    return os.path.join(helpers.ROOT, path)


class Broken(AssertionError):
    """An invariant does not hold."""


class Rig:
    """One directory, two small logs, and what is to be found in them."""

    def __init__(self, server, place, nth):
        place = pathlib.Path(place)
        self.place = place / "work"
        self.saved = place / "saved"
        self.place.mkdir()
        self.work = helpers.Workspace(self.place)
        self.nth = nth
        self.told = place / "nth"
        self.kills = 0
        logs = [server.new_log(between(9), page=64),
                server.new_log(between(6), page=32)]
        self.work.config(zip(logs, ("static", "rfc6962")), fetch=QUICK)
        self.work.records()
        described = [dict(log.describe(), truth=log.truth())
                     for log in logs]
        self.truth = invariants.Truth(described, expected_ids(
            [entry for log in described for entry in log["truth"]]))
        self.store = str(self.place / "indelible.db")
        self.save()

    # --- states ---------------------------------------------------------

    def save(self):
        """Remember everything as it lies."""
        shutil.rmtree(self.saved, ignore_errors=True)
        shutil.copytree(self.place, self.saved)

    def restore(self):
        """Put it back; no process may be running."""
        shutil.rmtree(self.place)
        shutil.copytree(self.saved, self.place)
        self.kills = 0

    # --- commands ---------------------------------------------------------

    def command(self, *arguments):
        """A command line of the program."""
        return [helpers.BINARY] + [str(a) for a in arguments] + \
            ["-c", str(self.work.config_file)]

    def _start(self, command):
        return subprocess.Popen(
            command, cwd=self.place, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env=helpers.environment(), preexec_fn=helpers.die_with_parent)

    def _end(self, process, until=None, seconds=60):
        """Its status and words; SIGTERM once `until` is true."""
        end = time.monotonic() + seconds
        while process.poll() is None and until is not None and \
                time.monotonic() < end and not (
                    heeds(process) and until()):
            time.sleep(0.01)
        if until is not None and process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            words = process.communicate(timeout=30)[1]
        except subprocess.TimeoutExpired:
            process.kill()
            raise Broken("it did not end: %s" % process.communicate()[1]
                         .decode(errors="replace")[-2000:]) from None
        words = words.decode(errors="replace")
        helpers.assert_sane(words)
        return process.returncode, words

    def run(self, *arguments, until=None, allow=(0,)):
        """Run to the end; its words."""
        status, words = self._end(self._start(self.command(*arguments)),
                                  until)
        if status not in allow:
            raise Broken("%s ended with %d: %s" % (
                " ".join(str(a) for a in arguments), status, words))
        return words

    def killed_at(self, number, torn, *arguments, until=None):
        """Run it and kill it at a call: (whether it came so far, how many
        calls began, the name of the last)."""
        how = [self.nth, "-o", str(self.told)]
        how += ["-n", str(number)] if number else []
        how += ["-t"] if torn else []
        status, words = self._end(self._start(
            how + self.command(*arguments)), until)
        if status == NO_PTRACE:
            raise NoPtrace(words)
        if status not in (0, KILLED):
            raise Broken("%s ended with %d: %s" % (
                " ".join(str(a) for a in arguments), status, words))
        self.kills += status == KILLED
        count, name = self.told.read_text().split()
        return status == KILLED, int(count), name

    # --- going on -----------------------------------------------------------

    def done(self):
        """Everything read, proven and delivered?"""
        return invariants.all_done(self.store, self.truth)

    def follow_to_the_end(self):
        """The service, until there is nothing left to do."""
        self.run("monitor", until=self.done)

    def check(self):
        """All invariants, and that the program says the same."""
        wrong = invariants.check_store(self.store, self.truth)
        wrong += invariants.check_ledger(
            self.work.ledger, self.truth, self.kills, IN_FLIGHT)
        for command in ("status", "verify"):
            status, words = self._end(self._start(self.command(command)))
            if status != 0:
                wrong.append("I8: %s says %d: %s" % (command, status, words))
        if wrong:
            raise Broken("\n".join(wrong))

    def repeated(self):
        """Lines of the ledger that came again."""
        return invariants.Ledger(self.work.ledger).repeated
