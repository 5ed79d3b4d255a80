#!/usr/bin/python3
"""kill -9, again and again, during one scan of big logs.

    python3 -m tests.crash.kill [--rounds N] [--entries N] [--planted N]

The service reads six logs, three of each protocol, from 0 on; it is killed
20 to 900 ms after each start. The logs keep a pace that spreads the kills
over the whole scan. After each kill a copy of the store is checked; after the
last the scan goes on to its end, and everything is judged by invariants.py.
"""
import pathlib
import random
import time

from tests.e2e import helpers
from tests.e2e.planted import JANE
from . import invariants
from .campaign import IN_FLIGHT, LONGEST, SHORTEST, BigLogs, run

FETCH = {"poll_static": "1s", "poll_rfc6962": "1s",
         "partial_tile_after": "0ms"}
# Alerts go out all the time, not when the whole of a log is proven.
EARLY = {"hold_unverified": "100ms"}
# What is left of a round after the start.
READING = 0.4


class Backfills:
    """Scans by units into one store, killed at random moments, each in one
    order of reading or the other."""

    def __init__(self, place, big, seed):
        self.big = big
        self.dice = random.Random(seed)
        self.work = helpers.Workspace(pathlib.Path(place))
        self.store = str(self.work.path / "indelible.db")
        self.wrong = []
        self.kills = 0
        self.work.prepare(big.pairs(), records=[JANE], fetch=FETCH)

    def round(self):
        """One start and one kill; true: it was done before."""
        process = self.work.start(
            "backfill", "-c", self.work.config_file, "--quiet",
            *self.dice.choice(([], ["--newest-first"])))
        time.sleep(self.dice.uniform(SHORTEST, 2 * LONGEST))
        done = process.process.poll()
        if done is None:
            process.crash()
            self.kills += 1
        elif done != 0:
            self.wrong.append("it ended with %d: %s" % (
                done, process.diagnostics()))
        self.wrong += invariants.intact(self.store)
        self.work.running.remove(process)
        return done == 0

    def run(self, rounds):
        """At a pace that makes it last for so many; then to the end."""
        self.big.call("pace?rate=%f" % (
            self.big.size / rounds / READING))
        for _ in range(rounds):
            if self.round():
                break
        self.big.call("pace?rate=0")
        self.work.with_config("backfill", "--newest-first", "--quiet",
                              seconds=300).expect(0)
        self.work.with_config("verify").expect(0)
        self.deliver()
        self.wrong += invariants.check_store(self.store, self.big.truth)
        self.wrong += invariants.check_ledger(
            self.work.ledger, self.big.truth, 0, IN_FLIGHT)

    def deliver(self):
        """The service sends what the scans have found."""
        process = self.work.monitor()
        helpers.wait_until(lambda: invariants.all_done(
            self.store, self.big.truth), "the end", 300, 0.2)
        process.stop()


class Campaign:
    """The kills, and what came of them."""

    def __init__(self, place, big, rounds, seed, tell):
        self.big = big
        self.rounds = rounds
        self.tell = tell
        self.dice = random.Random(seed)
        self.work = helpers.Workspace(pathlib.Path(place))
        self.store = str(self.work.path / "indelible.db")
        self.wrong = []
        self.first = []
        self.kills = 0
        self.work.prepare(big.pairs(), records=[JANE], fetch=FETCH,
                          alerts=EARLY)

    def read(self):
        """How many entries have been read."""
        store = invariants.connect(self.store)
        try:
            return store.execute("SELECT total(read_to) FROM stretch"
                                 ).fetchone()[0]
        finally:
            store.close()

    def pace(self, at):
        """Let what is left last for the rounds that are left."""
        left = self.big.size - self.read()
        self.big.call("pace?rate=%f" % max(
            left / ((self.rounds - at) * READING), 200))

    def round(self):
        """One start and one kill."""
        since = time.time()
        process = self.work.monitor()
        time.sleep(self.dice.uniform(SHORTEST, LONGEST))
        if process.process.poll() is not None:
            self.wrong.append("it ended by itself: " +
                              process.diagnostics())
        else:
            process.crash()
            self.kills += 1
        first = self.big.call("first?since=%f" % since)
        if first is not None:
            self.first.append(first - since)
        self.wrong += invariants.intact(self.store)
        process.err_path.unlink()
        self.work.running.remove(process)

    def run(self):
        """All rounds, the way to the end, and the judgement."""
        for at in range(self.rounds):
            if at % 5 == 0:
                self.pace(at)
            self.round()
            if at % 25 == 24:
                self.tell("%d kills, %d of %d entries read, %d wrong" % (
                    self.kills, self.read(), self.big.size,
                    len(self.wrong)))
        self.big.call("pace?rate=0")
        process = self.work.monitor()
        helpers.wait_until(lambda: invariants.all_done(
            self.store, self.big.truth), "the end", 600, 0.2)
        process.stop()
        self.judge()

    def judge(self):
        """Everything, at the end."""
        self.wrong += invariants.check_store(self.store, self.big.truth)
        self.wrong += invariants.check_ledger(
            self.work.ledger, self.big.truth, self.kills, IN_FLIGHT)
        for command in ("status", "verify"):
            result = self.work.with_config(command)
            if result.status != 0:
                self.wrong.append("I8: %s says %d: %s" % (
                    command, result.status, result.out))

    def summary(self):
        """One line with the figures."""
        ledger = invariants.Ledger(self.work.ledger)
        ids = self.big.truth.ids
        first = sorted(self.first) or [0.0]
        return ("kill -9: %d kills over %d entries of %d logs, %d planted; "
                "%d wrong, alerts lost %d, distinct ids %d, repeated %d, "
                "lines cut %d; first request after %.0f ms (median), "
                "%.0f ms (99 %%)" % (
                    self.kills, self.big.size, len(self.big.logs), len(ids),
                    len(self.wrong), len(set(ids) - set(ledger.ids)),
                    len(ledger.ids), ledger.repeated, ledger.broken,
                    first[len(first) // 2] * 1000,
                    first[int(len(first) * 0.99)] * 1000))


if __name__ == "__main__":
    run("tests.crash.kill", BigLogs, Campaign)
