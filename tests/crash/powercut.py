#!/usr/bin/python3
"""What a power cut would leave, at random moments of a scan.

    python3 -m tests.crash.powercut [--images N] [--entries N]

The store lies on an ext4 file system in a file. While the service is stopped
for a moment, that file is copied: it is what the disk holds; what the kernel
has not written yet is missing from it. Each copy is repaired as after a power
cut (e2fsck), and then the store in it must be sound and have every alert that
had been delivered by then. Every tenth is gone on with to the end, and judged
by invariants.py. Needs root.
"""
import argparse
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

from tests.e2e import helpers
from tests.e2e.planted import JANE
from . import invariants
from .campaign import IN_FLIGHT, BigLogs
from .kill import EARLY, FETCH

SIZE = 64 << 20
ONWARD = 10


class NoMount(Exception):
    """Nothing can be mounted here."""


def command(*words, allow=(0,)):
    """Run a tool of the system."""
    done = subprocess.run([str(w) for w in words], check=False,
                          capture_output=True, text=True)
    if done.returncode not in allow:
        raise NoMount("%s: %s" % (words[0], done.stderr.strip()))


class Disk:
    """An ext4 file system in a file, mounted."""

    def __init__(self, image, at):
        self.image = image
        self.at = at
        at.mkdir(exist_ok=True)

    def make(self):
        """A new one."""
        with open(self.image, "wb") as file:
            file.truncate(SIZE)
        command("mkfs.ext4", "-q", "-F", self.image)
        self.mount()

    def mount(self):
        """Use it."""
        command("mount", "-o", "loop", self.image, self.at)

    def repair(self):
        """What the system does after a power cut."""
        command("e2fsck", "-f", "-y", self.image, allow=(0, 1))

    def close(self):
        """Let go of it; nobody may be using it."""
        subprocess.run(["umount", str(self.at)], check=False,
                       stderr=subprocess.DEVNULL)


class PowerCuts:
    """The images of one scan, and what was found in them."""

    def __init__(self, place, big, images, seed):
        if os.geteuid() != 0 or shutil.which("mkfs.ext4") is None:
            raise NoMount("not root, or no e2fsprogs")
        self.big = big
        self.images = images
        self.dice = random.Random(seed)
        self.work = helpers.Workspace(pathlib.Path(place))
        self.disk = Disk(self.work.path / "disk.img",
                         self.work.path / "disk")
        self.copy = Disk(None, self.work.path / "copy")
        self.wrong = []
        self.tried = self.onward = self.acknowledged = 0
        self.disk.make()
        self.work.prepare(big.pairs(), records=[JANE], fetch=FETCH,
                          store=self._url(self.disk), alerts=EARLY)

    @staticmethod
    def _url(disk):
        return "sqlite://%s" % (disk.at / "indelible.db")

    def run(self):
        """All images."""
        self.big.call("pace?rate=%f" % max(
            self.big.size / (self.images * 0.6), 500))
        monitor = self.work.monitor()
        for number in range(self.images):
            time.sleep(self.dice.uniform(0.02, 0.5))
            monitor.assert_running()
            monitor.signal(signal.SIGSTOP)
            # A name of its own: the kernel may still know the last one.
            self.copy.image = self.work.path / ("copy-%d.img" % number)
            command("cp", "--sparse=always", self.disk.image,
                    self.copy.image)
            self._ledger().write_bytes(
                self.work.ledger.read_bytes()
                if self.work.ledger.exists() else b"")
            self.look(number % ONWARD == ONWARD - 1)
            monitor.signal(signal.SIGCONT)
        self.big.call("pace?rate=0")
        helpers.wait_until(lambda: invariants.all_done(
            str(self.disk.at / "indelible.db"), self.big.truth), "the end",
            300, 0.2)
        monitor.stop()

    def _ledger(self):
        return self.work.path / "copy.jsonl"

    def look(self, onward):
        """One image, repaired and judged."""
        self.tried += 1
        self.copy.repair()
        self.copy.mount()
        try:
            self._judge(str(self.copy.at / "indelible.db"))
            if onward:
                self._go_on()
        finally:
            self.copy.close()
            self.copy.image.unlink()

    def _judge(self, store):
        self.wrong += invariants.intact(store)
        db = invariants.connect(store)
        try:
            have = {row["id"].hex() for row in
                    db.execute("SELECT id FROM exposure")}
        except sqlite3.Error as wrong:
            self.wrong.append("image %d: %s" % (self.tried, wrong))
            have = set()
        finally:
            db.close()
        told = set(invariants.Ledger(self._ledger()).ids)
        self.acknowledged = max(self.acknowledged, len(told))
        if told - have:
            self.wrong.append("image %d: %d of %d acknowledged are lost" % (
                self.tried, len(told - have), len(told)))

    def _go_on(self):
        """From the image to the end of all logs."""
        self.onward += 1
        self.big.call("pace?rate=0")
        text = self.work.config_file.read_text()
        config = self.work.write("copy.yaml", text.replace(
            self._url(self.disk), self._url(self.copy)).replace(
                str(self.work.ledger), str(self._ledger())).replace(
                    "admin.sock", "copy.sock"))
        store = str(self.copy.at / "indelible.db")
        service = self.work.start("monitor", "-c", config)
        self._wait(service, store)
        service.stop()
        self.wrong += invariants.check_store(store, self.big.truth)
        self.wrong += invariants.check_ledger(
            self._ledger(), self.big.truth, 1, IN_FLIGHT)
        self.big.call("pace?rate=%f" % max(
            self.big.size / (self.images * 0.6), 500))

    def _wait(self, service, store):
        def done():
            service.assert_running()
            return invariants.all_done(store, self.big.truth)
        helpers.wait_until(done, "the end of an image", 300, 0.1)

    def close(self):
        """Nothing is left running or mounted."""
        self.work.close()
        self.copy.close()
        self.disk.close()

    def summary(self):
        """One line with the figures."""
        return ("power cuts: %d images, up to %d alerts acknowledged, %d "
                "gone on with; %d wrong" % (
                    self.tried, self.acknowledged, self.onward,
                    len(self.wrong)))


def main():
    """The program."""
    parser = argparse.ArgumentParser(prog="tests.crash.powercut")
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--entries", type=int, default=200000)
    parser.add_argument("--seed", type=int,
                        default=random.randrange(1 << 30))
    args = parser.parse_args()
    print("seed %d" % args.seed, flush=True)
    big = BigLogs(args.entries, 1000, args.seed)
    cuts = None
    with tempfile.TemporaryDirectory(prefix="crash-") as place:
        try:
            cuts = PowerCuts(place, big, args.images, args.seed)
            cuts.run()
        except NoMount as no:
            sys.exit("not possible here: %s" % no)
        finally:
            if cuts is not None:
                cuts.close()
            big.close()
    for what in cuts.wrong[:20]:
        print("WRONG " + what)
    print(cuts.summary())
    sys.exit(1 if cuts.wrong else 0)


if __name__ == "__main__":
    main()
