"""No false alarms: logs that are honest, and all that honest logs do.

    make benign POLLS=100000 [LOGS=40]

follows logs of both kinds that grow while caches answer with heads of
yesterday, heads of one size come with several timestamps, strangers sign
checkpoints, TLS certificates change, partial tiles vanish, and one request in
twenty fails. Not one of them may be called a misbehaving or unhealthy log, and
all that was planted has to be found. Prints the polls made, the events, and
the seconds it took.
"""
import argparse
import collections
import pathlib
import random
import sys
import tempfile
import time

from tests.e2e.helpers import Workspace, read_jsonl, wait_until
from tests.e2e.planted import SIMILAR, expected_ids, jane_spec
from tests.fakelog.client import Server

QUIET = ("dev.indelible.exposure.v1",)
APIS = ("static", "rfc6962")
ROUND_S = 0.5


def mishaps(log):
    """What happens to the best of logs."""
    log.fault("cached", probability=0.3, back=12)
    log.fault("status", code=429, probability=0.01)
    log.fault("status", code=429, retry_after=1, probability=0.001)
    log.fault("status", code=503, probability=0.01)
    log.fault("status", code=500, probability=0.005)
    log.fault("status", code=400, on=["entries"], probability=0.01)
    log.fault("reset", probability=0.01)
    log.fault("truncate", probability=0.005)
    log.fault("stall", probability=0.001, seconds=5)
    log.fault("slow", probability=0.01, seconds=0.3)
    log.fault("html", on=["head"], probability=0.005)
    log.fault("short", n=7, probability=0.1)
    log.fault("missing-partial", probability=0.1)


class Campaign:
    """Many honest logs, followed by one service."""

    def __init__(self, work, server, num_logs, seed=1):
        self.work = work
        self.server = server
        self.dice = random.Random(seed)
        self.unhealthy = []
        self.mishaps = collections.Counter()
        pairs = []
        secure = None
        for at in range(num_logs):
            # patience is for each host: a port of its own for each log
            port = server.listen(**({"tls": "valid"} if at % 4 > 1 else {}))
            secure = secure or (port["ca_pem"] if at % 4 > 1 else None)
            log = server.new_log(
                [{"filler": self.dice.randrange(300)}, jane_spec()],
                base_url=port["url"], page=64, seed=seed + at,
                key="rsa" if at % 8 == 7 else "p256")
            pairs.append((log, APIS[at % 2]))
        self.logs = [log for log, _ in pairs]
        roots = {"ca_file": str(work.write("roots.pem", secure))} \
            if secure else {}
        work.prepare(pairs, fetch=dict(
            roots, poll_static="100ms", poll_rfc6962="100ms",
            partial_tile_after="300ms", timeout="2s"))
        self.monitor = work.monitor()

    def polls(self):
        """Heads asked for, of all logs."""
        return sum(log.describe()["served"].get("head", 0)
                   for log in self.logs)

    def grow(self):
        """A while in the life of the logs: some grow, some only sign."""
        for log in self.dice.sample(self.logs, (len(self.logs) + 3) // 4):
            how = self.dice.random()
            if how < 0.4:
                log.publish()
            elif how < 0.9:
                log.grow(self.dice.randrange(1, 40))
            else:
                log.append([{"filler": self.dice.randrange(300)},
                            self.dice.choice(SIMILAR), jane_spec()])
        if self.dice.random() < 0.05:
            self.server.rotate()
            self.mishaps["new certificates"] += 1

    def look(self):
        """Note the logs that `status` calls unhealthy."""
        result = self.work.with_config("status", "--json")
        self.unhealthy += [
            "%s: %s" % (line["name"], "; ".join(line["reasons"]))
            for line in result.events if line["type"] == "log"
            and line["newest"]["size"] and line["reasons"]]

    def events(self):
        """All events but exposures."""
        return [e for e in read_jsonl(self.work.ledger)
                if e["type"] not in QUIET]

    def run(self, polls):
        """Until so many polls were made; then all has to be found."""
        for log in self.logs:
            mishaps(log)
        begun = time.monotonic()
        made = 0
        rounds = 0
        while made < polls:
            time.sleep(ROUND_S)
            self.grow()
            self.monitor.assert_running()
            rounds += 1
            if rounds % 10 == 0 or polls < 5000:
                made = self.polls()
            if rounds % 20 == 0:
                self.look()
                print("%d polls, %d events" % (made, len(self.events())),
                      file=sys.stderr, flush=True)
        took = time.monotonic() - begun
        self.settle()
        return made, took

    def settle(self):
        """Nothing was lost over it, and in the end all is well."""
        for log in self.logs:
            for fault in log.faults():
                self.mishaps[fault["kind"]] += fault["hits"]
            self.mishaps["no such tile"] += len(
                [each for each in log.requests() if each["status"] == 404])
            log.calm()
        expected = expected_ids(
            [e for log in self.logs for e in log.truth()])
        self.work.wait_for_ids(expected, self.monitor)
        sizes = {log.log_id: log.describe()["size"] for log in self.logs}

        def proven():
            lines = self.work.with_config("status", "--json").events
            return all(line["stretches"][0]["proven"] == sizes[
                line["log_id"]] for line in lines if line["type"] == "log")
        wait_until(proven, "the proof of all logs", pause=0.5)
        self.look()
        self.work.with_config("status").expect(0)
        self.monitor.stop()
        assert sorted(set(self.work.ids())) == sorted(expected)


def main():
    """The program."""
    parser = argparse.ArgumentParser(prog="make benign", description=(
        "Follow honest logs through all that honest logs do."))
    parser.add_argument("--polls", type=int, default=2000)
    parser.add_argument("--logs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benign-") as path:
        work = Workspace(pathlib.Path(path))
        server = Server()
        try:
            campaign = Campaign(work, server, args.logs, args.seed)
            made, took = campaign.run(args.polls)
        finally:
            work.close()
            server.close()
        events = campaign.events()
        for event in events:
            print(event["type"], event["data"].get("kind"),
                  event["data"].get("detail"))
        for reason in campaign.unhealthy:
            print("unhealthy:", reason)
    print(", ".join("%s: %d" % each for each in sorted(
        campaign.mishaps.items())))
    print("%d polls of %d logs in %.0f s: %d events, %d times unhealthy" % (
        made, args.logs, took, len(events), len(campaign.unhealthy)))
    return 1 if events or campaign.unhealthy else 0


if __name__ == "__main__":
    sys.exit(main())
