"""make bench: how fast and how large things are, beside what is to be reached.

One line for each figure, with `ok` or `MISSED`. Times are processor time, the
least or the median of several rounds, so that other work on the machine
disturbs little; memory latency still suffers from it. The data is made here.
"""
import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile

from tests.fakelog.client import Server
from tests.fakelog.mint import Mint
from . import memory, sinks
from .engine import Engine
from .watch import Watch

CONSENT = {"purpose": "ct-exposure/1", "method": "import",
           "at": "2026-01-01T00:00:00Z", "evidence": "bench"}
DV = {"subject": [["CN", "www.example.com"]],
      "sans": [["dns", "www.example.com"], ["dns", "example.com"]],
      "policies": ["2.23.140.1.2.1"]}
ROUNDS = 7
ENTRIES = 120000
# Records, when it is not said how many: in memory, and in a store.
MANY = 10000000
STORED = 500000

# What is measured: (in words, unit, at most).
GOALS = {
    "index.build_s": ("building the index in memory", "s", None),
    "index.mb": ("the index, e-mail records", "MB per 10 M", 400),
    "index.miss_ns": ("a key that is not there", "ns", 150),
    "index.miss_ahead_ns": ("the same, four asked for at once", "ns", 150),
    "index.hit_ns": ("a key that is there", "ns", None),
    "delta.build_s": ("65,536 changes made into a delta", "s", 2),
    "delta.miss_ns": ("a key that is in neither index nor delta", "ns",
                      None),
    "store.import_s_per_1m": ("importing records, per million", "s", None),
    "store.records": ("records in a store", "", None),
    "store.load_s": ("an index from the store", "s per 10 M", 60),
    "store.mb": ("that index", "MB per 10 M", 400),
    "cert.bytes": ("the certificate measured", "bytes", None),
    "cert.walk_ns": ("walking, reading, classing a DV certificate", "ns",
                     None),
    "cert.count_ns": ("adding it to the counters", "ns", 20),
    "scan.ns_per_entry": ("a scan without matching records", "ns per entry",
                          None),
    "scan.match_percent": ("what 1,000 records add to it", "%", 10),
    "scan.names_percent": ("the same, with names among them", "%", 10),
    "sinks.down_percent": ("reading while six sinks take nothing, of that "
                           "while six work", "%", None),
}
# And these are to be so much at least.
LEAST = {"sinks.down_percent": 95}

# These are told per 10 M, however many there were.
SCALED = ["index.mb", "store.mb", "store.load_s"]


class Bench:
    """The figures as they come."""

    def __init__(self, args):
        self.args = args
        self.missed = 0

    def tell(self, part, value):
        """One figure."""
        words, unit, most = GOALS[part]
        if part in LEAST:
            verdict = "at least %g  %s" % (
                LEAST[part], "ok" if value >= LEAST[part] else "MISSED")
            self.missed += value < LEAST[part]
        elif most is None:
            verdict = ""
        else:
            verdict = "at most %g  %s" % (
                most, "ok" if value <= most else "MISSED")
            self.missed += value > most
        print("%-22s %12.2f %-12s %-45s %s" % (
            part, value, unit, words, verdict), flush=True)

    def micro(self, *arguments, scale=None):
        """What the program in C measures."""
        out = subprocess.run(
            [os.path.join(self.args.build, "tests/bench/micro")] +
            [str(a) for a in arguments], check=True, text=True,
            stdout=subprocess.PIPE).stdout
        for line in out.splitlines():
            figure = json.loads(line)
            value = figure["value"]
            if figure["part"] in SCALED:
                value *= scale
            if figure["part"] in GOALS and (
                    figure["part"].split(".")[0] == arguments[0]):
                self.tell(figure["part"], value)

    def index(self):
        """The index in memory."""
        self.micro("index", self.args.records or MANY,
                   scale=MANY / (self.args.records or MANY))

    def delta(self):
        """What changed, beside it."""
        self.micro("delta", self.args.records or MANY)

    def store(self):
        """An index out of a store on disk."""
        records = self.args.records or STORED
        with tempfile.TemporaryDirectory() as folder:
            self.micro("store", records, folder, scale=MANY / records)

    def cert(self):
        """One certificate of everyday."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(Mint().mint(DV).final)
            file.flush()
            self.micro("cert", file.name)

    def scan(self):
        """Whole scans of a local log, by processor time of our processes."""
        server = Server()
        log = server.new_log([{"filler": ENTRIES}])
        sets = {"none": records(0, 0), "thousand": records(1000, 0),
                "names": records(500, 500)}
        times = {kind: [] for kind in sets}
        size = log.describe()["size"]
        with tempfile.TemporaryDirectory() as folder:
            for kind, lines in sets.items():
                write(folder, kind, lines)
            with open(os.path.join(folder, "key.pem"), "w",
                      encoding="utf-8") as key:
                key.write(log.key_pem)
            for _ in range(ROUNDS):
                for kind in sets:
                    times[kind].append(self.scan_once(log, folder, kind))
        server.close()
        base = statistics.median(times["none"])
        self.tell("scan.ns_per_entry", base / size * 1e9)
        for kind, part in (("thousand", "scan.match_percent"),
                           ("names", "scan.names_percent")):
            # Rounds are compared with their neighbours in time.
            more = statistics.median(
                b / a - 1 for a, b in zip(times["none"], times[kind]))
            self.tell(part, 100 * more)

    def engine(self):
        """Whole scans of each kind, beside the floor and others."""
        engine = Engine(self.args)
        try:
            engine.run()
        finally:
            engine.close()
        self.missed += engine.missed

    def memory(self):
        """All processes together, while one log is read, and many."""
        with tempfile.TemporaryDirectory(prefix="memory-") as folder:
            os.chmod(folder, 0o755)     # nginx reads as nobody
            self.missed += memory.measure(folder, os.path.abspath(
                os.path.join(self.args.build, "indelible")))

    def sinks(self):
        """Whether sinks that take nothing slow the reading."""
        self.tell("sinks.down_percent", sinks.measure(os.path.abspath(
            os.path.join(self.args.build, "indelible"))))

    def scan_once(self, log, folder, kind):
        """Seconds of a processor for reading, workers and all."""
        command = [os.path.join(self.args.build, "indelible"), "backfill",
                   "--quiet", "--log-url", log.url("static"), "--log-api",
                   "static", "--origin", log.origin, "--log-key",
                   os.path.join(folder, "key.pem"), "--records",
                   os.path.join(folder, kind)]
        return Watch(command).used.all / 1e9


def records(emails, names):
    """Records of people who are in no certificate of the log; `none` has one,
    for a scan without records is refused."""
    chance = random.Random(7)
    out = [{"id": "e%d" % i, "kind": "email", "tenant": "bench",
            "value": "u%d@example.com" % i, "consent": CONSENT}
           for i in range(max(emails, 1))]
    for i in range(names):
        word = "".join(chance.choice("abcdefghij") for _ in range(8))
        out.append({"id": "n%d" % i, "kind": "name", "tenant": "bench",
                    "value": {"given": ["Ada" if i % 2 else "Jane"],
                              "surname": [word]},
                    "qualifiers": {"domains": ["example.com"]},
                    "consent": CONSENT})
    return out


def write(folder, name, lines):
    """A file of records."""
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        for line in lines:
            file.write(json.dumps(line) + "\n")


PARTS = ["index", "delta", "store", "cert", "scan", "engine", "memory",
         "sinks"]


def main():
    """All parts, or those that are named."""
    parser = argparse.ArgumentParser(
        prog="make bench",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures speed and size beside what is to be reached; "
        "all parts by default:\n\n" + "\n".join(
            "  %-7s %s" % (part, getattr(Bench, part).__doc__)
            for part in PARTS),
        epilog="make bench BENCH=\"cert engine\" BENCH_RECORDS=2000")
    parser.add_argument("--build", default="build/release",
                        help="where what is measured was built")
    parser.add_argument("--records", type=int, help="how many in index, "
                        "delta, store and the second rows of engine; by "
                        "default %d, in a store %d" % (MANY, STORED))
    parser.add_argument("parts", nargs="*", metavar="PART")
    args = parser.parse_args()
    bench = Bench(args)
    for part in args.parts or PARTS:
        if part not in PARTS:
            parser.error("no such part: %s; there are %s" % (
                part, ", ".join(PARTS)))
        getattr(bench, part)()
    return 1 if bench.missed else 0


if __name__ == "__main__":
    sys.exit(main())
