"""python -m tests.crash.biglog: logs of any size, cheap enough to make.

Everyday entries are a template with a serial number and a timestamp of their
own; only their hashes are kept, their bytes are made again when asked for.
What is planted is kept. Beside what the fake log can do:

/crash/pace?rate=N    serve at most N entries a second, all logs together
/crash/rewrite?index=N  another tree: the leaf there is not the entry's, or
                      is again; signed to its end
/crash/first?since=T  when the first request after this time came, or null
/crash/given          how many entries were served, those twice counted twice

Prints one line of JSON when ready: the logs with the truth about them.
"""
import argparse
import asyncio
import json
import random
import sys
import time

from tests.e2e.planted import FOR_JANE, PERSONAL
from tests.e2e.test_quarantine import deadly
from tests.fakelog import entry as entries
from tests.fakelog import wire
from tests.fakelog.log import Log
from tests.fakelog.mint import Minted
from tests.fakelog.protocol import as_json
from tests.fakelog.server import Server
from tests.fakelog.tree import node_hash

BEGIN_MS = 1700000000000
PAGE = 256


class Lazy:
    """The entries of a log, made when looked at."""

    def __init__(self, mint, number):
        mint.filler(0)
        self.templates = mint.templates
        self.number = number
        self.planted = {}
        self.count = 0
        self.given = 0

    def __len__(self):
        return self.count

    def append(self, entry):
        """Keep a planted one."""
        self.planted[self.count] = entry
        self.count += 1

    def __getitem__(self, at):
        if isinstance(at, slice):
            wanted = range(*at.indices(self.count))
            self.given += len(wanted)
            return [self.make(i) for i in wanted]
        return self.make(at if at >= 0 else self.count + at)

    def __iter__(self):
        return (self.make(i) for i in range(self.count))

    def make(self, index):
        """The entry at this index."""
        if index in self.planted:
            return self.planted[index]
        template, placeholder = self.templates[index // 2 % 32]
        serial = (0x41 << 120 | self.number << 64 | index).to_bytes(
            16, "big")
        minted = Minted(*(text.replace(placeholder, serial, 1) for text in (
            template.tbs, template.precertificate, template.final)),
            template.issuer)
        return entries.of_minted(index, BEGIN_MS + index, minted, (
            entries.PRECERT, entries.X509)[index % 2])


class BigLog(Log):
    """A log with lazy entries, its plants strewn evenly at random, and those
    that kill a build for tests."""

    def __init__(self, server, number, size, strewn, dice):
        super().__init__("big%d" % number, server.mint, server.base_url,
                         {"page": PAGE, "begin_ms": BEGIN_MS})
        self.entries = Lazy(server.mint, number)
        for certificate in server.mint.authorities[0].chain + \
                server.mint.authorities[1].chain:
            self.issuers[certificate] = None
        planted, deaths = strewn
        places = dice.sample(range(size), planted + deaths)
        killing, places = set(places[planted:]), set(places[:planted])
        for index in range(size):
            if index in killing:
                self._append_spec(deadly(number * size + index))
            elif index in places:
                self._append_spec(dict(
                    PERSONAL, subject=[["CN", "Jane Roe"]], plants=FOR_JANE,
                    sans=[["rfc822", "jane.roe@example.com"]],
                    log=("final", "precert")[index % 2]))
            else:
                self.tree.append(self.entries.make(index).hash)
                self.entries.count += 1
        self.publish()

    def rewrite(self, index):
        """Another leaf there, or the right one again; and sign that."""
        levels = self.tree.levels
        levels[0][index] = levels[0][index][::-1]
        for below, row in zip(levels, levels[1:]):
            index //= 2
            if index == len(row):
                break
            row[index] = node_hash(*below[2 * index:2 * index + 2])
        self.publish()

    def _tick(self):
        return BEGIN_MS + len(self.entries)

    def truth(self, everything=False):
        return [e.truth() for _, e in sorted(self.entries.planted.items())]


class BigServer(Server):
    """The same server, at a pace."""

    def __init__(self):
        super().__init__()
        self.rate = None
        self.free_at = 0.0
        self.times = []

    async def handle(self, request):
        if request.path == "/crash/pace":
            self.rate = float(request.query["rate"])
            return wire.whole(as_json({}))
        if request.path == "/crash/first":
            since = float(request.query["since"])
            first = next((t for t in self.times if t >= since), None)
            self.times.clear()
            return wire.whole(as_json(first))
        if request.path == "/crash/given":
            return wire.whole(as_json(sum(
                log.entries.given for log in self.logs.values())))
        if request.path == "/crash/rewrite":
            for log in self.logs.values():
                log.rewrite(int(request.query["index"]))
            return wire.whole(as_json({}))
        self.times.append(time.time())
        if self.rate and ("get-entries" in request.path or
                          "tile/data" in request.path):
            now = time.monotonic()
            self.free_at = max(now, self.free_at) + PAGE / self.rate
            await asyncio.sleep(min(self.free_at - now, 5))
        return await super().handle(request)


async def run(args):
    """Mint, say so, serve."""
    server = BigServer()
    await server.open()
    dice = random.Random(args.seed)
    described = []
    for number in range(args.logs):
        size, *strewn = (
            total * (number + 1) // args.logs - total * number // args.logs
            for total in (args.entries, args.planted, args.deadly))
        log = BigLog(server, number, size, strewn, dice)
        log.journal = []
        server.logs[log.name] = log
        described.append(dict(log.describe(), truth=log.truth()))
    print(json.dumps({"url": server.base_url, "logs": described}),
          flush=True)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_reader(
        0, lambda: sys.stdin.buffer.raw.read(4096) or stop.set())
    await stop.wait()
    await server.close()


def main():
    """The program."""
    parser = argparse.ArgumentParser(prog="tests.crash.biglog")
    parser.add_argument("--entries", type=int, default=1000000)
    parser.add_argument("--planted", type=int, default=1000)
    parser.add_argument("--deadly", type=int, default=0)
    parser.add_argument("--logs", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
