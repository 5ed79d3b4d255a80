"""What attacks by one log cost the others, in figures.

    make attack [ATTACKS="stall huge all"]
    make attack ATTACKS="--logs 1 --each 4"     one beside four of each kind

For each attack the healthy logs are read alone and beside the attacker, by
turns; "a+b" is two attackers at the same time, "all" one of each kind.
Printed: the time until the healthy ones are read and what they lose, CPU time
and peak memory of all processes of the program together, and the requests
made to the attackers.
"""
import argparse
import pathlib
import statistics
import tempfile

from tests.e2e.neighbours import Neighbours, Run, attackers, disarm, loss
from tests.fakelog.attacks import ATTACKS
from tests.fakelog.client import Server

MIB = 1 << 20
COLUMNS = "%-14s %8.2f %8.2f %7.1f %9.2f %8.2f %9.0f %9d"


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("attack", nargs="*", default=[*ATTACKS, "all"])
    parser.add_argument("--logs", type=int, default=4)
    parser.add_argument("--each", type=int, default=1,
                        help="attackers of each kind")
    parser.add_argument("--entries", type=int, default=100000)
    parser.add_argument("--rate", type=int, default=4 * MIB,
                        help="bytes a second for each connection")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--poll", default="1s",
                        help="what waiting after a useless reply begins with")
    return parser.parse_args()


def middle(runs, what):
    """The median of something of the runs."""
    return statistics.median(getattr(run, what) for run in runs)


def kinds(name, each):
    """The attacks that are meant, so often each: "all", or several joined by
    "+"."""
    return list(ATTACKS) if name == "all" else name.split("+") * each


class Bench:
    """Healthy logs, attackers, and the runs over them."""

    def __init__(self, folder, args):
        self.folder = pathlib.Path(folder)
        self.rounds, self.each, self.poll = args.rounds, args.each, args.poll
        self.neighbours = Neighbours(folder, args.logs, args.entries,
                                     args.rate)
        self.server = Server()
        self.number = 0

    def run(self, others):
        """One run."""
        self.number += 1
        return Run(self.folder / ("run%d" % self.number), self.neighbours,
                   others, poll_static=self.poll, poll_rfc6962=self.poll)

    def measure(self, name):
        """An attack's line of the table."""
        alone, beside, asked = [], [], 0
        for _ in range(self.rounds):
            alone.append(self.run([]))
            pairs = attackers(self.server, kinds(name, self.each))
            beside.append(self.run(pairs))
            asked = disarm(pairs)
        return COLUMNS % (
            name, middle(alone, "seconds"), middle(beside, "seconds"),
            loss([r.seconds for r in alone], [r.seconds for r in beside]),
            middle(alone, "cpu"), middle(beside, "cpu"),
            max(r.peak for r in beside) / MIB, asked)

    def close(self):
        """Stop all servers."""
        self.server.close()
        self.neighbours.close()


def main():
    """The program."""
    args = arguments()
    print("%d healthy logs of %d entries, %.1f MiB/s for each connection" % (
        args.logs, args.entries, args.rate / MIB))
    print("%-14s %8s %8s %7s %9s %8s %9s %9s" % (
        "attack", "alone s", "beside s", "loss %", "CPU alone", "beside",
        "peak MiB", "requests"))
    with tempfile.TemporaryDirectory(prefix="attack-") as folder:
        bench = Bench(folder, args)
        try:
            for name in args.attack:
                print(bench.measure(name), flush=True)
        finally:
            bench.close()


if __name__ == "__main__":
    main()
