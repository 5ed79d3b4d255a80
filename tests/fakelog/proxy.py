"""A TCP proxy that is a bad line: late, irregular, narrow, lossy, or gone.

It knows nothing of what passes through it, so TLS does, too.
"""
import asyncio
import random
import socket
import struct
import time

CHUNK = 1 << 14
KNOBS = {
    "delay": 0.0,    # seconds that every piece is late
    "jitter": 0.0,   # up to so many seconds more
    "rate": 0,       # bytes a second, both ways, all connections; 0: any
    "reset": 0.0,    # share of connections that are reset on the way
    "stall": 0.0,    # share of connections that fall silent on the way
    "after": 65536,  # up to so many bytes pass before that
    "gone": False,   # nobody listens: connections are refused
}


class Line:
    """One connection through the proxy."""

    def __init__(self, proxy, near, far):
        self.proxy = proxy
        self.writers = [near[1], far[1]]
        dice = proxy.dice.random()
        knobs = proxy.knobs
        self.fate = "reset" if dice < knobs["reset"] else \
            "stall" if dice < knobs["reset"] + knobs["stall"] else None
        self.left = proxy.dice.randint(0, knobs["after"])
        self.pumps = [
            asyncio.ensure_future(self.pump(near[0], far[1], self.abort)),
            asyncio.ensure_future(self.pump(far[0], near[1]))]

    async def pump(self, reader, writer, at_end=None):
        """One direction: pieces are read now and written when due. A client
        that has closed its side is gone."""
        queue = asyncio.Queue(64)
        sender = asyncio.ensure_future(self.send(queue, writer))
        try:
            while True:
                data = await reader.read(CHUNK)
                if not data and at_end:
                    at_end()
                await queue.put((self.proxy.due(len(data)), data))
                if not data:
                    break
            await sender
        except ConnectionError:
            pass
        finally:
            sender.cancel()

    async def send(self, queue, writer):
        """Write what is due; nothing more once fate has struck."""
        before = 0.0
        while True:
            due, data = await queue.get()
            before = max(before, due)
            await asyncio.sleep(max(0.0, before - time.monotonic()))
            if not data:
                writer.write_eof()
                return
            await self.meet_fate(len(data))
            writer.write(data)
            self.proxy.counts["bytes"] += len(data)
            await writer.drain()

    async def meet_fate(self, size):
        """Strike once as many bytes as were granted have passed."""
        self.left -= size
        if self.fate is None or self.left > 0:
            return
        self.proxy.counts[self.fate] += 1
        if self.fate == "reset":
            self.abort()
        await asyncio.sleep(3600)

    def abort(self):
        """Reset both sides."""
        for writer in self.writers:
            sock = writer.get_extra_info("socket")
            if sock is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                struct.pack("ii", 1, 0))
            writer.transport.abort()
        for pump in self.pumps:
            pump.cancel()

    async def run(self):
        """Until both directions have ended."""
        await asyncio.gather(*self.pumps, return_exceptions=True)
        for writer in self.writers:
            writer.close()


class Proxy:
    """A port of this machine that leads to another one."""

    def __init__(self, host, port, knobs):
        self.target = (host, port)
        self.port = 0
        self.knobs = dict(KNOBS)
        self.counts = {"connections": 0, "open": 0, "most": 0, "bytes": 0,
                       "reset": 0, "stall": 0}
        self.dice = random.Random(7)
        self.free_at = 0.0
        self.server = None
        self.lines = set()
        self.turn(knobs)

    def turn(self, knobs):
        """Set knobs; raises ValueError on an unknown one."""
        for name, value in knobs.items():
            if name not in KNOBS:
                raise ValueError("no such knob: %s" % name)
            self.knobs[name] = value

    async def apply(self, knobs):
        """Set knobs and do what follows at once."""
        self.turn(knobs)
        if self.knobs["gone"]:
            await self.close()
        elif self.server is None:
            self.server = await asyncio.start_server(
                self.accept, "127.0.0.1", self.port)
            self.port = self.server.sockets[0].getsockname()[1]

    def due(self, size):
        """When a piece that came now may go on."""
        now = time.monotonic()
        knobs = self.knobs
        due = now + knobs["delay"] + self.dice.random() * knobs["jitter"]
        if knobs["rate"]:
            self.free_at = max(self.free_at, now) + size / knobs["rate"]
            due = max(due, self.free_at)
        return due

    async def accept(self, reader, writer):
        """A connection came."""
        counts = self.counts
        try:
            far = await asyncio.open_connection(*self.target)
        except OSError:
            writer.transport.abort()
            return
        line = Line(self, (reader, writer), far)
        self.lines.add(line)
        counts["connections"] += 1
        counts["open"] += 1
        counts["most"] = max(counts["most"], counts["open"])
        try:
            await line.run()
        finally:
            counts["open"] -= 1
            self.lines.discard(line)

    async def close(self):
        """Listen no more, and reset what is open."""
        if self.server is not None:
            self.server.close()
        self.server = None
        for line in list(self.lines):
            line.abort()


class Trap:
    """A port that must not be asked, or that never answers as it should:
    "trap" answers every request kindly, "silent" not at all, "noise" with
    bytes that mean nothing. It keeps what it was sent first."""

    def __init__(self, how):
        if how not in ("trap", "silent", "noise"):
            raise ValueError("no such trap: %s" % how)
        self.how = how
        self.asked = []
        self.server = None
        self.port = 0

    async def open(self):
        """Listen."""
        self.server = await asyncio.start_server(
            self.accept, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]

    async def accept(self, reader, writer):
        """A connection came."""
        try:
            first = await reader.read(1024)
            self.asked.append(first.decode("latin-1"))
            if self.how == "trap":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
                             b"Connection: close\r\n\r\n{}")
            elif self.how == "noise":
                writer.write(bytes(range(256)) * 4)
            else:
                await reader.read()
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def close(self):
        """Listen no more."""
        self.server.close()
