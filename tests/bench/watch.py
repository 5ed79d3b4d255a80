"""Watching a program at work: whose processor time it is, and how much memory
all its processes have together, read from /proc every few milliseconds.
"""
import collections
import os
import subprocess
import sys
import tempfile
import time

from tests.e2e.gauge import memory

TICK = 0.005
# The reading has begun when the workers took so much time within so many
# ticks; their own start takes less.
BEGUN_NS, BEGUN_TICKS = 8000000, 6
IDLE_NS = 500000
SUMMARY = ".scan.summary."


class Used:
    """Processor time in ns by room: loop, store, work."""

    def __init__(self, loop=0, store=0, work=0):
        self.loop, self.store, self.work = loop, store, work

    def minus(self, other):
        """What came since."""
        return Used(self.loop - other.loop, self.store - other.store,
                    self.work - other.work)

    @property
    def all(self):
        """Together."""
        return self.loop + self.store + self.work


def _children(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid),
                  encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def processes(pid):
    """A process and all that came from it."""
    out = [pid]
    for at in out:
        out += _children(at)
    return out


def _cpu(path):
    try:
        with open(path + "/schedstat", encoding="ascii") as file:
            return int(file.read().split()[0])
    except (OSError, IndexError):
        return 0


def used(pids, seen):
    """What they have used by now; `seen` keeps what those that ended had."""
    tasks = "/proc/%d/task" % pids[0]
    try:
        threads = os.listdir(tasks)
    except OSError:
        threads = []
    for thread in threads:
        room = "loop" if int(thread) == pids[0] else "store"
        _note(seen, (room, thread), os.path.join(tasks, thread))
    for pid in pids[1:]:
        _note(seen, ("work", pid), "/proc/%d" % pid)
    out = Used()
    for (room, _), took in seen.items():
        setattr(out, room, getattr(out, room) + took)
    return out


def _note(seen, task, path):
    seen[task] = max(seen.get(task, 0), _cpu(path))


class Watch:
    """One run of a command: its time by room and its seconds from when it
    began to read until it gave its summary, and its memory before that and at
    the most."""

    def __init__(self, command, good=(0, 1)):
        self.peak = self.before = 0
        self.last = self.begin = self.begun_at = self.seconds = None
        self.lately = collections.deque(maxlen=BEGUN_TICKS)
        self.said = ""
        with tempfile.TemporaryFile() as wrong, subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=wrong) as process:
            os.set_blocking(process.stdout.fileno(), False)
            self._follow(process)
            self._listen(process)
            if process.returncode not in good:
                wrong.seek(0)
                sys.exit("%s failed: %s" % (command[0],
                                            wrong.read().decode()))
        self.used = self.last.minus(self.begin)

    def _follow(self, process):
        ticks, seen = 0, {}
        while process.poll() is None:
            pids = processes(process.pid)
            now = used(pids, seen)
            self._listen(process)
            if self.seconds is None:
                self.last = now
                self._begin(now, pids)
            if self.begun_at and ticks % 20 == 0:
                self.peak = max(self.peak, sum(map(memory, pids)))
            ticks += 1
            time.sleep(TICK)

    def _listen(self, process):
        """What it has said; with the summary the work is done, and the rest
        is only its end."""
        self.said += (process.stdout.read() or b"").decode()
        if self.seconds is None and SUMMARY in self.said and self.begun_at:
            self.seconds = time.monotonic() - self.begun_at

    def _begin(self, now, pids):
        if self.begun_at is not None:
            return
        self.lately.append(now)
        idle = self.lately[0].work
        if now.work - idle > BEGUN_NS:
            self.begin = [u for u in self.lately
                          if u.work - idle < IDLE_NS][-1]
            self.begun_at = time.monotonic()
            self.before = sum(map(memory, pids))
