"""Scans of a whole log, beside the least that has to be done with its bytes
(floor.c), and beside what others take for the same log, where they are
installed. Everything is processor time for each entry; on a busy machine the
ratios stay what they are.
"""
import base64
import contextlib
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

from tests.interop import programs
from .watch import Watch
from .world import World

# The log: three units of 65,536 entries and some tiles.
ENTRIES = 3 * 65536 + 16 * 256
ROUNDS = 5
# case: (what is served, by TLS or not, the API)
CASES = {
    "static": ("plain", False, "static"),
    "static-gzip": ("gzip", False, "static"),
    "static-tls": ("plain", True, "static"),
    "rfc6962": ("rfc6962", False, "rfc6962"),
    "rfc6962-tls": ("rfc6962", True, "rfc6962"),
    "local": ("local", False, "static"),
}
RATIO_GOAL, RATIO_LEAST = 1.4, 2.0
PEER_GOAL, PEER_LEAST = 25, 15
MEMORY_MB = 64
MANY = 10000000
# What a reply of the case is made of: file, API, entries in it.
REPLIES = {
    "static": ("static/tile/data/100", "static", 256),
    "static-gzip": ("static/tile/data/100.gz", "static", 256),
    "rfc6962": ("pages/100000.json", "rfc6962", 1000),
}
STAGE_ROUNDS = 60
PEERS = ["certspotter-debian", "certspotter"]
PATIENCE = 300


def b64(body):
    """Base64, as text."""
    return base64.b64encode(body).decode()


def median(values):
    """The middle one, of the rounds."""
    return statistics.median(values)


class Engine:
    """The cases, one after the other."""

    def __init__(self, args):
        self.args = args
        self.missed = 0
        self.folder = tempfile.mkdtemp(prefix="indelible-bench-")
        os.chmod(self.folder, 0o755)
        print("a log of %d entries is made ..." % ENTRIES, flush=True)
        self.world = World(self.folder, ENTRIES)

    def close(self):
        """Nothing stays."""
        self.world.close()
        shutil.rmtree(self.folder)

    def path(self, *names):
        """Below our folder."""
        return os.path.join(self.folder, *names)

    # --- the floor -----------------------------------------------------------

    def floor(self, case):
        """ns for an entry."""
        kind, tls, _ = CASES[case]
        where = self.path("static") if kind == "local" else \
            self.world.url(kind, tls)
        out = subprocess.run(
            [os.path.join(self.args.build, "tests/bench/floor"),
             "static" if kind == "plain" else kind, where, str(ENTRIES),
             self.world.log.head.root.hex(), self.path("ca.pem")],
            check=True, stdout=subprocess.PIPE).stdout
        return json.loads(out)["cpu_ns"] / ENTRIES

    # --- the scan ------------------------------------------------------------

    def config(self, records):
        """A store with so many records, and the configuration for it."""
        folder = self.path("store-%d" % records)
        os.mkdir(folder)
        path = os.path.join(folder, "indelible.yaml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({
                "contact": "operator@indelible-bench.org",
                "store": "sqlite://%s/indelible.db" % folder,
                "keys": {"master_file": folder + "/master.key"},
                "fetch": {"ca_file": self.path("ca.pem")}}, file)
        self.indelible("store", "init", "-c", path)
        subprocess.run([os.path.join(self.args.build, "tests/bench/micro"),
                        "fill", str(records), folder + "/indelible.db",
                        folder + "/master.key"], check=True,
                       stdout=subprocess.DEVNULL)
        return path

    def indelible(self, *words):
        """A command that is expected to succeed."""
        subprocess.run([os.path.join(self.args.build, "indelible"), *words],
                       check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.PIPE)

    def scan(self, case, config):
        """A scan of the whole log, watched. What was read is forgotten
        before, or it would not be read again."""
        with contextlib.closing(sqlite3.connect(os.path.join(
                os.path.dirname(config), "indelible.db"))) as store, store:
            store.execute("DELETE FROM stretch")
        kind, tls, api = CASES[case]
        where = ["--log-dir", self.path("static")] if kind == "local" else [
            "--log-url", self.world.url(kind, tls), "--log-api", api]
        return Watch([
            os.path.join(self.args.build, "indelible"), "backfill", "-c",
            config, "--quiet", "--json", *where, "--origin",
            self.world.origin, "--log-key", self.path("key.pem")])

    # --- one case -----------------------------------------------------------------

    def case(self, case, records, config):
        """Rounds of floor and scan in turn: neighbours in time are
        compared."""
        floors, runs = [], []
        for _ in range(ROUNDS):
            floors.append(self.floor(case))
            runs.append(self.scan(case, config))
            summary = json.loads(runs[-1].said.splitlines()[-1])["data"]
            if not summary["verified"]:
                sys.exit("%s was not verified" % case)
        self.tell(case, records, floors, runs)
        return runs

    def tell(self, case, records, floors, runs):
        """The line of the table."""
        ours = median(r.used.all for r in runs) / ENTRIES
        floor = median(floors)
        ratio = median(r.used.all / ENTRIES / f
                       for r, f in zip(runs, floors))
        more = max(r.peak - r.before for r in runs) / 1e6
        verdict = "ok" if ratio <= RATIO_GOAL else \
            "near" if ratio <= RATIO_LEAST else "MISSED"
        self.missed += ratio > RATIO_LEAST
        self.missed += more > MEMORY_MB
        print("%-12s %9d %9.0f %9.0f %7.0f %7.0f %5.0f %6.0f %6.2f %-6s "
              "%5.0f MB" % (
                  case, records, 1e9 / ours,
                  ENTRIES / median(r.seconds for r in runs), ours,
                  median(r.used.loop for r in runs) / ENTRIES,
                  median(r.used.store for r in runs) / ENTRIES, floor,
                  ratio, verdict, max(r.peak for r in runs) / 1e6),
              flush=True)

    # --- stages --------------------------------------------------------------

    def stages(self, case, runs):
        """What a worker does with a reply by itself, beside what the threads
        for HTTP and commits took in the scans."""
        name, api, num = REPLIES[case]
        out = subprocess.run(
            [os.path.join(self.args.build, "tests/bench/stages"), api,
             self.path(*name.split("/")), str(100 * 256 if api == "static"
                                              else 100000),
             str(num), str(STAGE_ROUNDS)], check=True, text=True,
            stdout=subprocess.PIPE).stdout
        took = [json.loads(line)["value"] for line in out.splitlines()]
        loop, store, work = (
            median(getattr(r.used, room) for r in runs) / ENTRIES
            for room in ("loop", "store", "work"))
        took = [loop] + took + [store, work - sum(took)]
        print("%-12s" % case + "".join("%9.0f" % t for t in took),
              flush=True)

    # --- others -------------------------------------------------------------------

    def peer(self, name, ours):
        """certspotter on the same log of RFC 6962."""
        try:
            program = programs.find(name)
        except programs.Unavailable as why:
            print("%-20s not here: %s" % (name, why))
            return
        rate = ENTRIES / self.peer_seconds(name, program)
        times = 1e9 / ours / rate
        verdict = "ok" if times >= PEER_GOAL else \
            "near" if times >= PEER_LEAST else "MISSED"
        self.missed += times < PEER_LEAST
        print("%-24s %8.0f entries for a second of a processor; we read %.1f "
              "times as many  %s" % (programs.label(name), rate, times,
                                     verdict), flush=True)

    def peer_seconds(self, name, program):
        """Its processor time until the log is read and proven."""
        place = self.path(name)
        os.mkdir(place)
        with open(place + "/logs.json", "w", encoding="utf-8") as file:
            json.dump(self.log_list(), file)
        with open(place + "/watchlist", "w", encoding="utf-8") as file:
            file.write(".nobody.example\n")
        process = subprocess.Popen(
            [program, "-logs", "logs.json", "-watchlist", "watchlist",
             "-state_dir", "state", "-stdout"], cwd=place,
            env=dict(os.environ, HOME=place), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        until = time.monotonic() + PATIENCE
        while not self.peer_is_done(place):
            time.sleep(0.02)
            if time.monotonic() > until or process.poll() is not None:
                process.kill()
                sys.exit("%s did not read the log" % name)
        with open("/proc/%d/stat" % process.pid, encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        process.kill()
        process.wait()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @staticmethod
    def peer_is_done(place):
        """Its state says that the whole log is proven."""
        for folder, _, names in os.walk(place + "/state"):
            if "state.json" in names:
                try:
                    with open(os.path.join(folder, "state.json"),
                              encoding="utf-8") as file:
                        head = json.load(file).get("verified_sth") or {}
                except ValueError:
                    return False
                return head.get("tree_size") == ENTRIES
        return False

    def log_list(self):
        """The log in a list, version 3."""
        log = self.world.log
        return {"version": "1", "operators": [{
            "name": "Bench", "email": [], "logs": [{
                "description": "bench", "log_id": b64(log.key.log_id),
                "key": b64(log.key.spki), "mmd": 86400,
                "url": self.world.url("rfc6962"),
                "state": {"usable": {
                    "timestamp": "2026-01-01T00:00:00Z"}}}],
            "tiled_logs": []}]}

    # --- all ----------------------------------------------------------------------

    def run(self):
        """The tables."""
        print("per core and wall: entries a second; ns, loop, store and "
              "floor: ns an entry;\nratio: ns beside the floor")
        print("%-12s %9s %9s %9s %7s %7s %5s %6s %6s" % (
            "case", "records", "per core", "wall", "ns", "loop",
            "store", "floor", "ratio"))
        first = {}
        for records in (1000, self.args.records or MANY):
            config = self.config(records)
            for case in CASES:
                runs = self.case(case, records, config)
                first.setdefault(case, runs)
        print("%-12s" % "ns an entry" + "".join("%9s" % name for name in (
            "HTTP", "decode", "hash", "walk", "extract", "match", "commit",
            "other")))
        for case in REPLIES:
            self.stages(case, first[case])
        ours = median(r.used.all for r in first["rfc6962"]) / ENTRIES
        for name in PEERS:
            self.peer(name, ours)
