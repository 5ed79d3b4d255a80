"""python -m tests.bench.instructions: how many instructions the program takes
to walk and read a certificate of everyday, counted by valgrind: a figure
that no other work on the machine disturbs. Fails when they are more than
what is allowed, so that nothing becomes slow unnoticed.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

from .world import BenchLog

ENTRIES = 256
ROUNDS = 11
MOST = 10500
STAGES = ["stage_walk", "stage_extract"]


def count(program, folder):
    """Instructions for one certificate."""
    tile = os.path.join(folder, "tile")
    out = os.path.join(folder, "callgrind")
    with open(tile, "wb") as file:
        for entry in BenchLog("bench.example/log", ENTRIES)[:]:
            file.write(entry.tile_leaf())
    subprocess.run(
        ["valgrind", "-q", "--tool=callgrind",
         "--callgrind-out-file=" + out] +
        ["--toggle-collect=" + stage for stage in STAGES] +
        [program, "static", tile, "0", str(ENTRIES), str(ROUNDS)],
        check=True, stdout=subprocess.DEVNULL)
    with open(out, encoding="ascii") as file:
        total = re.search(r"^(?:totals|summary): (\d+)", file.read(), re.M)
    return int(total.group(1)) / (ENTRIES * ROUNDS)


def main():
    """The figure, and whether it is small enough."""
    parser = argparse.ArgumentParser(prog="tests.bench.instructions")
    parser.add_argument("--build", default="build/release")
    args = parser.parse_args()
    if shutil.which("valgrind") is None:
        sys.exit("valgrind is not installed")
    with tempfile.TemporaryDirectory() as folder:
        found = count(os.path.join(args.build, "tests/bench/stages"), folder)
    print("%.0f instructions for a certificate, at most %d" % (found, MOST))
    return 1 if found > MOST else 0


if __name__ == "__main__":
    sys.exit(main())
