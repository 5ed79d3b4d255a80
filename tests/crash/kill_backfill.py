#!/usr/bin/python3
"""kill -9 of parts and of everything, again and again, during one scan.

    python3 -m tests.crash.kill_backfill [--rounds N] [--entries N]

`indelible backfill --state` reads four logs at once, two of each protocol,
with several workers; each start is in one order or the other. At random
moments one of KINDS is killed: where the scan survives, it goes on; where it
does not, the same command goes on from there. The logs keep a pace that
spreads the kills over the whole scan. After each start a copy of the state is
checked; after the last the scan goes on to its end, and everything is judged
by invariants.py, and by what was printed. In a build for tests, some entries
kill who reads them: these, and no others, end in quarantine.
"""
import base64
import collections
import json
import os
import pathlib
import random
import signal
import time

from tests.e2e import helpers
from tests.e2e.planted import JANE
from tests.e2e.test_quarantine import KILLED, is_test_build
from . import invariants
from .campaign import IN_FLIGHT, LONGEST, SHORTEST, BigLogs, run

WORKERS = 3
# What is left of the time between two kills after a start.
READING = 0.35
# kind: how often, of a hundred
KINDS = {"worker": 20, "workers": 15, "storm": 10, "zygote": 15,
         "main": 20, "group": 20}
SURVIVED = ("worker", "workers", "storm")
STORM = 0.3     # seconds, killing all workers as they come
EX_SOFTWARE = 70    # how main ends when the zygote is gone
ORPHANS = 5     # seconds until all that a killed one had started is gone


def named(pid, name):
    """The processes of this name in the session of main."""
    out = []
    for each in helpers.descendants(pid, 1) + helpers.descendants(pid, 2):
        try:
            with open("/proc/%d/comm" % each, encoding="ascii") as comm:
                if comm.read().strip() == name:
                    out.append(each)
        except OSError:
            pass
    return out


def strike(pids):
    """kill -9 to each; how many there were."""
    hit = 0
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
            hit += 1
        except ProcessLookupError:
            pass
    return hit


def is_gone(group):
    """Whether nothing of a process group is left."""
    try:
        os.killpg(group, 0)
        return False
    except ProcessLookupError:
        return True


class Printed:
    """What the starts of one scan have printed, all together."""

    def __init__(self):
        self.alerts = collections.defaultdict(list)
        self.cut = 0

    def add(self, text):
        """The lines of one start; the last of them may be cut."""
        for line in text.splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                self.cut += 1
                continue
            if event["type"] == helpers.EXPOSURE:
                self.alerts[event["id"]].append(event["data"])

    @property
    def repeated(self):
        """How many lines more than ids."""
        return sum(len(said) - 1 for said in self.alerts.values())

    def changed(self):
        """How many ids stood for one thing and then for another."""
        return sum(any(data["sightings"] != said[0]["sightings"] or
                       data["record"] != said[0]["record"]
                       for data in said) for said in self.alerts.values())


class ScanKills:
    """One scan with a state, the kills, and what came of them."""

    def __init__(self, place, big, rounds, seed, tell):
        self.big, self.rounds, self.tell = big, rounds, tell
        self.dice = random.Random(seed)
        self.work = helpers.Workspace(pathlib.Path(place))
        self.work.config(big.pairs(), workers=WORKERS)
        self.command = ["backfill", "-c", self.work.config_file, "--records",
                        self.work.records([JANE]), "--state",
                        self.work.path / "state", "--json", "--quiet"]
        self.store = str(self.work.path / "state" / "scan.db")
        self.process = None
        self.started = 0.0
        self.wrong, self.first, self.groups = [], [], []
        self.kills = collections.Counter()
        self.signals = self.starts = self.twice = 0
        self.printed = Printed()

    # --- one start -----------------------------------------------------------

    def start(self):
        """The command, in one order or the other."""
        self.started = time.time()
        self.starts += 1
        self.process = self.work.start(
            *self.command, *self.dice.choice(([], ["--newest-first"])))

    def ended(self, expected):
        """It is over: what it printed and left is looked at."""
        process = self.process
        self.process = None
        status = process.process.wait(60)
        if status not in expected:
            self.wrong.append("it ended with %d: %s" % (
                status, process.diagnostics()))
        first = self.big.call("first?since=%f" % self.started)
        if first is not None:
            self.first.append(first - self.started)
        self.printed.add(process.out())
        if os.path.exists(self.store):
            self.wrong += invariants.intact(self.store)
        self.groups.append((process.pid, time.monotonic()))
        self.work.running.remove(process)
        self.no_orphans()

    def no_orphans(self):
        """What a killed one had started ends too."""
        left = []
        for group, since in self.groups:
            if is_gone(group):
                continue
            if time.monotonic() - since < ORPHANS:
                left.append((group, since))
            else:
                self.wrong.append("process group %d lives on" % group)
        self.groups = left

    def kill(self, kind):
        """One kill of this kind; false: there was nobody to kill."""
        process = self.process
        if kind == "storm":
            end = time.monotonic() + STORM
            hit = 0
            while time.monotonic() < end:
                hit += strike(named(process.pid, "indelible-work"))
        elif kind in ("worker", "workers"):
            pids = named(process.pid, "indelible-work")
            hit = strike(self.dice.sample(pids, 1) if pids and
                         kind == "worker" else pids)
        elif kind == "zygote":
            hit = strike(named(process.pid, "indelible-zyg"))
        elif kind == "main":
            hit = strike([process.pid])
        else:
            os.killpg(process.pid, signal.SIGKILL)
            hit = 1
        self.signals += hit
        self.kills[kind] += hit > 0
        return hit > 0

    def round(self):
        """Run until the next kill; true: the scan was done before."""
        if self.process is None:
            self.start()
        time.sleep(self.dice.uniform(SHORTEST, LONGEST))
        if self.process.process.poll() == 0:
            self.ended((0,))
            return True
        kind, = self.dice.choices(list(KINDS), KINDS.values())
        if self.kill(kind) and kind not in SURVIVED:
            self.ended((EX_SOFTWARE, 0) if kind == "zygote"
                       else (-signal.SIGKILL,))
        elif self.process.process.poll() is not None:
            self.ended((0,))
        return False

    # --- all of them -----------------------------------------------------------

    def read(self):
        """About how many entries have been read."""
        if not os.path.exists(self.store):
            return 0
        store = invariants.connect(self.store)
        try:
            return min(self.big.size, store.execute(
                "SELECT total(read_to - begin_at) FROM stretch"
            ).fetchone()[0])
        except invariants.sqlite3.OperationalError:
            return 0    # killed before there was a table
        finally:
            store.close()

    def pace(self, at):
        """Let what is left last for the kills that are left."""
        self.big.call("pace?rate=%f" % max(
            (self.big.size - self.read()) / ((self.rounds - at) * READING),
            200))

    def run(self):
        """All kills, the way to the end, and the judgement."""
        while sum(self.kills.values()) < self.rounds:
            at = sum(self.kills.values())
            self.pace(at)
            if self.round():
                break
            if at % 25 == 24:
                self.tell("%d kills, %d of %d entries read, %d wrong" % (
                    at + 1, self.read(), self.big.size, len(self.wrong)))
        self.big.call("pace?rate=0")
        if self.process is not None:
            self.process.process.wait(600)
            self.ended((0,))
        last = self.work.run(*self.command, seconds=600)
        self.printed.add(last.out)
        self.twice = self.big.call("given") - self.big.size
        time.sleep(1)
        self.no_orphans()
        self.judge(last)

    # --- the judgement -----------------------------------------------------------

    def judge(self, last):
        """Everything, at the end."""
        if last.status != 0:
            self.wrong.append("I8: it ends with %d: %s" % (
                last.status, last.err[-2000:]))
        for log, (each, _) in zip(self.big.logs, self.big.pairs()):
            self.judge_summary(log, [
                e["data"] for e in last.of_type(helpers.SUMMARY)
                if e["data"]["log_name"].startswith(each.name + "-")])
        self.wrong += invariants.check_store(self.store, self.big.truth)
        self.judge_quarantine()
        self.judge_printed()
        again = self.work.run(*self.command)
        if again.status != 0 or again.alerts:
            self.wrong.append("I8: a scan that is done ends with %d and "
                              "tells %d alerts" % (
                                  again.status, len(again.alerts)))

    def judge_summary(self, log, summaries):
        """What is said of a log in the end."""
        expected = {
            "from": 0, "to": log["size"], "entries": log["size"],
            "verified": True,
            "hits": sum(1 for e in log["truth"] if e["plants"]),
            "quarantined": sum(1 for e in log["truth"] if not e["plants"])}
        said = [{name: one[name] for name in expected} for one in summaries]
        if said != [expected]:
            self.wrong.append("I8: %s: told %s instead of %s" % (
                log["name"], said, expected))

    def judge_quarantine(self):
        """Only what kills is there."""
        store = invariants.connect(self.store)
        rows = [(bytes(row["log_id"]), row["ix"], row["reason"])
                for row in store.execute(
                    "SELECT log_id, ix, reason FROM quarantine JOIN stretch "
                    "ON stretch.id = stretch JOIN log ON log.id = log")]
        store.close()
        deadly = {(base64.b64decode(log["log_id"]), e["index"], KILLED)
                  for log in self.big.logs for e in log["truth"]
                  if not e["plants"]}
        if set(rows) != deadly or len(rows) != len(deadly):
            self.wrong.append("quarantine: %d innocent, %d of %d missing" % (
                len(set(rows) - deadly), len(deadly - set(rows)),
                len(deadly)))

    def judge_printed(self):
        """Each alert was told, and repeated within bounds."""
        ids, said = set(self.big.truth.ids), self.printed
        fatal = self.starts
        if set(said.alerts) != ids:
            self.wrong.append("I3: %d alerts lost, %d that nobody planted" % (
                len(ids - set(said.alerts)), len(set(said.alerts) - ids)))
        if said.changed():
            self.wrong.append("I4: %d ids changed" % said.changed())
        if not all(s["verified"] for every in said.alerts.values()
                   for data in every for s in data["sightings"]):
            self.wrong.append("I3: an alert was told before the proof")
        if said.repeated > fatal * IN_FLIGHT or said.cut > fatal:
            self.wrong.append("I4: %d lines repeated, %d cut" % (
                said.repeated, said.cut))

    def summary(self):
        """The figures."""
        first = sorted(self.first) or [0.0]
        ids = set(self.big.truth.ids)
        kinds = ", ".join("%s %d" % (kind, self.kills[kind])
                          for kind in KINDS)
        return ("kill -9 during a scan: %d kills (%s; %d processes) in %d "
                "starts over %d entries of %d logs, %d planted, %d deadly; "
                "%d wrong, alerts lost %d, distinct ids %d, repeated %d, "
                "lines cut %d; read twice %d (%.1f %%); first request after "
                "%.0f ms (median), %.0f ms (99 %%)" % (
                    sum(self.kills.values()), kinds, self.signals,
                    self.starts, self.big.size, len(self.big.logs), len(ids),
                    sum(1 for log in self.big.logs for e in log["truth"]
                        if not e["plants"]),
                    len(self.wrong), len(ids - set(self.printed.alerts)),
                    len(self.printed.alerts), self.printed.repeated,
                    self.printed.cut, self.twice,
                    100.0 * self.twice / self.big.size,
                    first[len(first) // 2] * 1000,
                    first[int(len(first) * 0.99)] * 1000))


def scanned(entries, planted, seed, logs=4):
    """The logs; in a build for tests, some entries are deadly."""
    return BigLogs(entries, planted, seed, logs=logs,
                   deadly=12 if is_test_build(helpers.BINARY) else 0)


if __name__ == "__main__":
    run("tests.crash.kill_backfill", scanned, ScanKills)
