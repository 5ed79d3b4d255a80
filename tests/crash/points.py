#!/usr/bin/python3
"""Every crash point of a small scenario.

    python3 -m tests.crash.points [--share N] [--seed S] [--only NAME]

Each command is killed at each of its system calls that leave something
behind (see nth.c), once instead of the call and once in the middle of it;
after one in four of these the restarted command is killed once more. Then
everything is run to the end without a crash, and judged by invariants.py.
--share N takes every Nth point, beginning with a random one.
"""
import argparse
import os
import random
import sqlite3
import sys
import tempfile
import time

from tests.e2e.helpers import ROOT
from tests.fakelog.client import Server
from . import invariants
from .rig import Broken, NoPtrace, Rig, build_nth


FIRST = os.path.join(ROOT, "monitor/store/migrations/0001.sql")


def make_old(path):
    """Turn the store into one of the first version, with what fits there."""
    os.rename(path, path + ".new")
    old = sqlite3.connect(path)
    with open(FIRST, encoding="utf-8") as script:
        old.executescript(script.read())
    old.execute("ATTACH ? AS new", (path + ".new",))
    tables = [row[0] for row in old.execute(
        "SELECT name FROM main.sqlite_schema WHERE type = 'table'")]
    for table in tables:
        known = {row[1] for row in old.execute(
            "PRAGMA new.table_info(%s)" % table)}
        columns = ", ".join(row[1] for row in old.execute(
            "PRAGMA main.table_info(%s)" % table) if row[1] in known)
        old.execute("INSERT INTO main.%s(%s) SELECT %s FROM new.%s" % (
            table, columns, columns, table))
    old.execute("PRAGMA main.user_version = 1")
    old.commit()
    old.close()
    os.unlink(path + ".new")


class Scenario:
    """A command that is to be interrupted: what comes before it, and how it
    is done again."""

    name = ""
    command = ()

    def __init__(self, rig):
        self.rig = rig

    def prepare(self):
        """Up to the moment before the command."""

    def until(self):
        """When a command that does not end by itself is done."""
        return None

    def again(self):
        """The command, uninterrupted, after a crash."""
        self.rig.run(*self.command, until=self.until())

    def finish(self):
        """What is left until everything is delivered."""


class Init(Scenario):
    """Making the store."""

    name = "init"
    command = ("store", "init")

    def again(self):
        words = self.rig.run(*self.command, allow=(0, 69, 73))
        if "is a store" not in words and words.strip() and \
                "made" not in words:
            raise Broken(words)

    def finish(self):
        self.rig.run("records", "import", "records.jsonl")
        self.rig.follow_to_the_end()


class Import(Scenario):
    """Taking records in."""

    name = "import"
    command = ("records", "import", "records.jsonl")

    def prepare(self):
        self.rig.run("store", "init")

    def finish(self):
        self.rig.follow_to_the_end()


class Migrate(Scenario):
    """Bringing a store of the first version up to date, with all that a
    service had put into it."""

    name = "migrate"
    command = ("store", "migrate")

    def prepare(self):
        self.rig.run("store", "init")
        self.rig.run(*Import.command)
        self.rig.follow_to_the_end()
        make_old(self.rig.store)

    def finish(self):
        self.rig.follow_to_the_end()


class Rotate(Scenario):
    """A new master key for a store with all that a service had put into it."""

    name = "rotate"
    command = ("keys", "rotate")

    def prepare(self):
        self.rig.run("store", "init")
        self.rig.run(*Import.command)
        self.rig.follow_to_the_end()

    def finish(self):
        self.rig.follow_to_the_end()


class Backfill(Scenario):
    """A scan into the store."""

    name = "backfill"
    command = ("backfill",)

    def prepare(self):
        self.rig.run("store", "init")
        self.rig.run(*Import.command)

    def finish(self):
        self.rig.follow_to_the_end()


class Newest(Backfill):
    """The same, from the newest entries back."""

    name = "newest-first"
    command = ("backfill", "--newest-first")


class Monitor(Scenario):
    """The service: reading, proving, delivering, stopping."""

    name = "monitor"
    command = ("monitor",)

    def prepare(self):
        self.rig.run("store", "init")
        self.rig.run(*Import.command)

    def until(self):
        return self.rig.done


SCENARIOS = (Init, Import, Migrate, Rotate, Backfill, Newest, Monitor)


class Sweep:
    """Points of one scenario after the other, and what came of them."""

    def __init__(self, rig, share=1, seed=None, tell=lambda text: None):
        self.rig = rig
        self.share = share
        self.dice = random.Random(seed)
        self.tell = tell
        self.points = self.kills = self.repeated = 0
        self.failures = []
        self.longest = 0.0
        self.blank = None

    def scenario(self, kind):
        """All points of it."""
        rig = self.rig
        scenario = kind(rig)
        rig.restore()
        scenario.prepare()
        prepared = rig.place.parent / ("saved-" + kind.name)
        blank, rig.saved = rig.saved, prepared
        rig.save()
        try:
            self._points(scenario)
        finally:
            rig.saved = blank

    def _points(self, scenario):
        _, total, _ = self.rig.killed_at(
            0, False, *scenario.command, until=scenario.until())
        first = self.dice.randrange(self.share) + 1
        self.tell("%s: %d points" % (scenario.name, total))
        for number in range(first, total + 1, self.share):
            self.point(scenario, number, False)
            self.point(scenario, number, True)
            if number // 50 != (number - self.share) // 50:
                self.tell("%s: %d of %d, %d failures" % (
                    scenario.name, number, total, len(self.failures)))

    def point(self, scenario, number, torn):
        """One point; false: it was not reached."""
        rig = self.rig
        rig.restore()
        name = "?"
        try:
            reached, _, name = rig.killed_at(
                number, torn, *scenario.command, until=scenario.until())
            if torn and "write" not in name and name != "sendto":
                return  # the same as before
            if reached and self.dice.randrange(4) == 0:
                self._once_more(scenario)
            start = time.monotonic()
            scenario.again()
            scenario.finish()
            self.longest = max(self.longest, time.monotonic() - start)
            rig.check()
        except (Broken, AssertionError) as wrong:
            self.failures.append("%s %d%s (%s): %s" % (
                scenario.name, number, " torn" if torn else "", name, wrong))
            self.tell("FAILED " + self.failures[-1])
        self.points += 1
        self.kills += rig.kills
        self.repeated += rig.repeated()

    def _once_more(self, scenario):
        """Kill what comes after the crash, too."""
        rig = self.rig
        if isinstance(scenario, Init):
            return
        rig.killed_at(self.dice.randrange(1, 120), False,
                      *scenario.command, until=scenario.until())

    def summary(self):
        """One line with the figures."""
        lost = sum(any(i in f for i in ("I1", "I2", "I3"))
                   for f in self.failures)
        damaged = sum("damaged" in f for f in self.failures)
        return ("crash points: %d tried, %d kills, %d failed; %d lost "
                "something, %d damaged; %d lines repeated; longest way to "
                "the end %.1f s" % (
                    self.points, self.kills, len(self.failures), lost,
                    damaged, self.repeated, self.longest))


def main():
    """The program."""
    parser = argparse.ArgumentParser(prog="tests.crash.points")
    parser.add_argument("--share", type=int, default=1, metavar="N")
    parser.add_argument("--seed", type=int,
                        default=random.randrange(1 << 30))
    parser.add_argument("--only", choices=[s.name for s in SCENARIOS])
    args = parser.parse_args()
    start = time.monotonic()

    def tell(text):
        print("%6.0f s  %s" % (time.monotonic() - start, text), flush=True)

    server = Server()
    with tempfile.TemporaryDirectory(prefix="crash-") as place:
        sweep = Sweep(Rig(server, place, build_nth()), args.share,
                      args.seed, tell)
        tell("seed %d, SQLite %s" % (
            args.seed, invariants.sqlite3.sqlite_version))
        try:
            for kind in SCENARIOS:
                if args.only in (None, kind.name):
                    sweep.scenario(kind)
        except NoPtrace as no:
            sys.exit("not possible here: %s" % no)
        finally:
            server.close()
        tell(sweep.summary())
    sys.exit(1 if sweep.failures else 0)


if __name__ == "__main__":
    main()
