"""What attacks by one log cost the others, in figures.

    make attack [ATTACKS="stall huge"] [LOGS=4] [ENTRIES=100000]

For each attack the healthy logs are read alone and beside the attacker, by
turns. Printed: the loss of the healthy ones, CPU time and peak memory of all
processes of the program together, and the requests made to the attacker.
"""
import argparse
import statistics
import sys
import tempfile

sys.path.insert(0, ".")
# pylint: disable=wrong-import-position
from tests.e2e.neighbours import Neighbours, Run, attackers, loss  # noqa
from tests.fakelog.attacks import ATTACKS  # noqa
from tests.fakelog.client import Server  # noqa

MIB = 1 << 20


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("attack", nargs="*", default=list(ATTACKS))
    parser.add_argument("--logs", type=int, default=4)
    parser.add_argument("--entries", type=int, default=100000)
    parser.add_argument("--rate", type=int, default=4 * MIB,
                        help="bytes a second for each connection")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--attackers", type=int, default=1)
    return parser.parse_args()


def main():
    """The program."""
    args = arguments()
    folder = tempfile.mkdtemp(prefix="attack-")
    neighbours = Neighbours(folder, args.logs, args.entries, args.rate)
    server = Server()
    number = 0

    def run(others):
        nonlocal number
        number += 1
        return Run(type(neighbours_path)(neighbours_path) /
                   ("run%d" % number), neighbours, others)

    import pathlib
    neighbours_path = pathlib.Path(folder)
    print("%d healthy logs of %d entries, %d bytes/s a connection; %d "
          "attacker(s)" % (args.logs, args.entries, args.rate,
                           args.attackers))
    print("%-14s %8s %8s %7s %8s %8s %9s" % (
        "attack", "alone s", "beside s", "loss %", "CPU s", "peak MiB",
        "requests"))
    try:
        for name in args.attack:
            alone, beside, asked = [], [], 0
            for _ in range(args.rounds):
                alone.append(run([]))
                others = attackers(server, name, args.attackers)
                beside.append(run(others))
                asked = sum(len(log.requests()) for log, _ in others)
                for log, _ in others:
                    log.remove()
            print("%-14s %8.2f %8.2f %7.1f %8.2f %8.0f %9d" % (
                name, statistics.median(r.seconds for r in alone),
                statistics.median(r.seconds for r in beside),
                loss([r.seconds for r in alone],
                     [r.seconds for r in beside]),
                statistics.median(r.cpu for r in beside),
                max(r.peak for r in beside) / MIB, asked), flush=True)
    finally:
        server.close()
        neighbours.close()


if __name__ == "__main__":
    main()
