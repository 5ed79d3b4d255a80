"""python -m tests.fakelog: a log on this machine, until it is stopped.

Prints one line of JSON when it is ready: the base URL, and each log.
"""
import argparse
import asyncio
import json
import signal
import sys

from .server import Server


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fakelog",
        description="A Certificate Transparency log to test against.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0,
                        help="0 (the default): any free one")
    parser.add_argument("--tls", choices=["valid", "expired", "wrong-host",
                                          "self-signed"])
    parser.add_argument("--log", action="append", default=[],
                        metavar="NAME", help="a log under /NAME/; repeatable")
    parser.add_argument("--no-log", action="store_true",
                        help="begin without any log")
    parser.add_argument("--entries", type=int, default=0,
                        help="everyday entries to begin with, in each log")
    parser.add_argument("--key", choices=["p256", "rsa"], default="p256")
    parser.add_argument("--key-file", metavar="FILE",
                        help="write the first log's public key there")
    parser.add_argument("--page", type=int, default=256,
                        help="get-entries: most entries in a reply")
    parser.add_argument("--until-eof", action="store_true",
                        help="stop when standard input ends")
    return parser.parse_args()


async def run(args):
    """Serve until told to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if args.until_eof:
        loop.add_reader(0, lambda: sys.stdin.buffer.raw.read(4096)
                        or stop.set())
    server = Server()
    url = await server.open(args.host, args.port, args.tls)
    for name in [] if args.no_log else args.log or [""]:
        log = server.add_log({"name": name, "key": args.key,
                              "page": args.page})
        log.append([{"filler": args.entries}])
        log.publish()
    if args.key_file and server.logs:
        with open(args.key_file, "w", encoding="ascii") as file:
            file.write(next(iter(server.logs.values())).key.pem)
    print(json.dumps({
        "url": url, "ca_pem": server.tls.pem if server.tls else None,
        "logs": [log.describe() for log in server.logs.values()]}),
        flush=True)
    await stop.wait()
    await server.close()


def main():
    """The program."""
    asyncio.run(run(arguments()))


if __name__ == "__main__":
    main()
