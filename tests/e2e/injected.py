"""Making system calls fail, and disks full.

strace is the injector; where it may not trace, and where nothing may be
mounted, the tests that need it are skipped with a word about it.
"""
import contextlib
import os
import shutil
import subprocess

import pytest

from .helpers import wait_until


def strace(what, *paths, threads=True):
    """The words before a command whose calls are to fail; `what` as in
    strace's -e inject=, for these files alone when any are named. The
    command stays the child: strace stands aside (-D)."""
    if shutil.which("strace") is None:
        pytest.skip("there is no strace")
    if subprocess.run(["strace", "-o", "/dev/null", "true"], check=False,
                      stderr=subprocess.DEVNULL).returncode != 0:
        pytest.skip("this machine lets no process watch another")
    out = ["strace", "-D", "-qq", "-o", "/dev/null"]
    out += ["-f"] if threads else []
    for path in paths:
        out += ["-P", str(path)]
    calls = what.split(":")[0]
    return out + ["-e", "trace=" + calls, "-e", "inject=" + what]


@contextlib.contextmanager
def attached(pid, what):
    """The same for a process that runs already."""
    command = [word for word in strace(what, threads=False) if word != "-D"]
    tracer = subprocess.Popen(command + ["-p", str(pid)],
                              stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: traced(pid), "strace")
        yield
    finally:
        tracer.terminate()
        tracer.wait()


def traced(pid):
    """Whether some process traces it."""
    with open("/proc/%d/status" % pid, encoding="utf-8") as status:
        return any(line.startswith("TracerPid:") and int(line.split()[1])
                   for line in status)


def cpu_seconds(pid):
    """What the process has used, all its threads together."""
    with open("/proc/%d/stat" % pid, encoding="utf-8") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Disk:
    """A small disk of its own, in memory."""

    def __init__(self, path, size):
        self.path = path
        path.mkdir()
        if os.geteuid() != 0 or subprocess.run(
                ["mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs",
                 str(path)], check=False, stderr=subprocess.DEVNULL
                ).returncode != 0:
            pytest.skip("no disk can be mounted here (not root?)")

    def remount(self, options):
        """With other options, as size=8m or ro."""
        subprocess.run(["mount", "-o", "remount," + options,
                        str(self.path)], check=True)

    def fill(self):
        """Leave not a byte."""
        with open(self.path / "filler", "ab", buffering=0) as filler:
            for size in (1 << 16, 1 << 12):
                with contextlib.suppress(OSError):
                    while filler.write(bytes(size)) == size:
                        pass

    def free(self):
        """Undo fill()."""
        os.unlink(self.path / "filler")

    def close(self):
        """Take it away."""
        subprocess.run(["umount", "-l", str(self.path)], check=False)
