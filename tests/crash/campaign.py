"""What the campaigns of kills have in common: big logs, served by a process of
their own, the times between kills, and the command line.
"""
import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
import types
import urllib.request

from tests.e2e import helpers
from tests.e2e.planted import expected_ids
from . import invariants

# A round of deliveries to a file: what a kill may repeat.
IN_FLIGHT = 256
# Seconds between a start and its kill.
SHORTEST, LONGEST = 0.02, 0.9


class BigLogs:
    """The server of the big logs, as a process."""

    def __init__(self, entries, planted, seed, logs=6, deadly=0):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.biglog", "--entries",
             str(entries), "--planted", str(planted), "--seed", str(seed),
             "--logs", str(logs), "--deadly", str(deadly)],
            cwd=helpers.ROOT, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        ready = json.loads(self.process.stdout.readline())
        self.url = ready["url"]
        self.logs = ready["logs"]
        self.size = sum(log["size"] for log in self.logs)
        self.truth = invariants.Truth(self.logs, expected_ids(
            [entry for log in self.logs for entry in log["truth"]]))

    def call(self, path):
        """One of the server's own questions."""
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}))
        with opener.open("%s/crash/%s" % (self.url, path), timeout=30) as r:
            return json.load(r)

    def pairs(self):
        """(log, api) for a configuration: half of each protocol."""
        return [(types.SimpleNamespace(url=log.get, **{
            k: log[k] for k in ("name", "key_pem", "origin", "static",
                                "rfc6962")}), ("static", "rfc6962")[at % 2])
                for at, log in enumerate(self.logs)]

    def close(self):
        """Stop it."""
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


def run(name, make_logs, make_campaign):
    """The program of this name: make_logs(entries, planted, seed), and
    make_campaign(place, logs, rounds, seed, tell), which is run and judged."""
    parser = argparse.ArgumentParser(prog=name)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--entries", type=int, default=1000000)
    parser.add_argument("--planted", type=int, default=1000)
    parser.add_argument("--seed", type=int,
                        default=random.randrange(1 << 30))
    args = parser.parse_args()
    start = time.monotonic()

    def tell(text):
        print("%6.0f s  %s" % (time.monotonic() - start, text), flush=True)

    tell("seed %d" % args.seed)
    big = make_logs(args.entries, args.planted, args.seed)
    tell("%d logs made" % len(big.logs))
    with tempfile.TemporaryDirectory(prefix="crash-") as place:
        campaign = make_campaign(place, big, args.rounds, args.seed, tell)
        try:
            campaign.run()
        finally:
            campaign.work.close()
            big.close()
        for what in campaign.wrong[:20]:
            tell("WRONG " + what)
        tell(campaign.summary())
    sys.exit(1 if campaign.wrong else 0)
