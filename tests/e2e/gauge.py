"""What a running program costs: memory and CPU time of it and of all that it
has started, sampled from /proc.
"""
import os
import threading
import time

from .helpers import parents

TICKS = os.sysconf("SC_CLK_TCK")
MIB = 1 << 20


def family(pid):
    """The process and all below it."""
    tree = parents()
    out, level = [], [pid]
    while level:
        out += level
        level = [child for child, parent in tree.items() if parent in level]
    return out


def memory(pid):
    """Bytes of a process, what it shares counted in parts; 0: it is gone."""
    try:
        with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as rollup:
            for line in rollup:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return 0


def cpu(pid):
    """Seconds of CPU time of a process and of its dead children."""
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8",
                  errors="replace") as stat:
            fields = stat.read().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(f) for f in fields[11:15]) / TICKS


class Gauge(threading.Thread):
    """Samples a process and its children until it ends or stop()."""

    def __init__(self, pid, pause=0.02):
        super().__init__(daemon=True)
        self.pid = pid
        self.pause = pause
        self.peak = 0
        self.peak_main = 0
        self.seconds = {}
        self.ended = threading.Event()
        self.start()

    def run(self):
        """The thread."""
        known, again = [self.pid], 0.0
        while not self.ended.wait(self.pause):
            if time.monotonic() >= again:
                known = family(self.pid)
                again = time.monotonic() + 0.3
            sizes = [memory(pid) for pid in known]
            if not sizes[0]:
                return
            self.peak = max(self.peak, sum(sizes))
            self.peak_main = max(self.peak_main, sizes[0])
            for pid in known:
                self.seconds[pid] = max(cpu(pid), self.seconds.get(pid, 0.0))

    def now(self):
        """Bytes of all together at this moment."""
        return sum(memory(pid) for pid in family(self.pid))

    def cpu(self):
        """CPU seconds until now, of all together."""
        return sum(max(cpu(pid), before)
                   for pid, before in list(self.seconds.items()))

    def stop(self):
        """No more samples; the gauge itself."""
        self.ended.set()
        self.join()
        return self
