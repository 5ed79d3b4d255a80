"""Running the binary: commands to their end, the service, and what they say.

Deadlines are generous, for slow machines and sanitizers; nothing waits that
long when all is well.
"""
import ctypes
import json
import os
import re
import signal
import socket
import subprocess
import time
import unittest
import urllib.parse

from .planted import RECORDS

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BINARY = os.path.abspath(os.environ.get(
    "INDELIBLE", os.path.join(ROOT, "build/release/indelible")))
DEADLINE = float(os.environ.get("E2E_DEADLINE", 90))
EXPOSURE = "dev.indelible.exposure.v1"
SUMMARY = "dev.indelible.scan.summary.v1"
MISBEHAVIOUR = "dev.indelible.log.misbehaviour.v1"
QUARANTINED = "dev.indelible.entry.quarantined.v1"
SANITIZER = re.compile(r"(Address|Leak|Thread|Memory)Sanitizer|"
                       r"runtime error:|internal fault:")
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def environment(**more):
    """An environment without proxies, settings and colours of the user."""
    keep = ("PATH", "HOME", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS",
            "TSAN_OPTIONS", "GCOV_PREFIX")
    out = {name: os.environ[name] for name in keep if name in os.environ}
    out.update({"LC_ALL": "C.UTF-8", "NO_COLOR": "1"}, **more)
    return out


def die_with_parent():
    """In a child: SIGTERM when the tests are killed, so that nothing is left
    running."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def wait_until(condition, what, seconds=DEADLINE, pause=0.05):
    """Poll until the condition is true; its value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, "waited in vain for " + what
        time.sleep(pause)


def free_port():
    """A TCP port that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def read_jsonl(path):
    """The whole lines of a JSON Lines file that may still be written to."""
    try:
        with open(path, "rb") as lines:
            return [json.loads(line) for line in lines
                    if line.endswith(b"\n")]
    except FileNotFoundError:
        return []


def assert_sane(text):
    """No report of a sanitizer and no failed assertion in it."""
    assert not SANITIZER.search(text), text[-8000:]


class Result:
    """How a command ended, and what it said."""

    def __init__(self, status, out, err):
        self.status = status
        self.out = out
        self.err = err

    def expect(self, status):
        """Assert the exit status; the result itself."""
        assert self.status == status, \
            "exit status %d, not %d\n--- stdout\n%s\n--- stderr\n%s" % (
                self.status, status, self.out[-4000:], self.err[-4000:])
        return self

    @property
    def events(self):
        """Each line of stdout as JSON."""
        return [json.loads(line) for line in self.out.splitlines()]

    def of_type(self, kind):
        """The events of this type."""
        return [e for e in self.events if e["type"] == kind]

    @property
    def alerts(self):
        """The exposures."""
        return self.of_type(EXPOSURE)

    @property
    def ids(self):
        """The ids of all exposures, in order."""
        return [e["id"] for e in self.alerts]

    @property
    def summary(self):
        """The data of the only summary."""
        only, = self.of_type(SUMMARY)
        return only["data"]


def run(*arguments, stdin="", seconds=DEADLINE, cwd=None, env=None,
        binary=BINARY):
    """Run the binary to its end."""
    process = subprocess.Popen(
        [binary] + [str(a) for a in arguments], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd,
        env=environment(**(env or {})), start_new_session=True)
    try:
        out, err = process.communicate(stdin.encode(), seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        raise AssertionError("%s did not end\n%s\n%s" % (
            " ".join(str(a) for a in arguments), out.decode()[-2000:],
            err.decode()[-4000:])) from None
    assert_sane(err.decode(errors="replace"))
    return Result(process.returncode, out.decode(), err.decode())


def yaml(value, indent=0):
    """A dict or list in block style; scalars as JSON writes them."""
    pad = "  " * indent
    lines = []
    pairs = value.items() if isinstance(value, dict) else \
        ((None, item) for item in value)
    for key, item in pairs:
        lead = pad + ("-" if key is None else key + ":")
        if isinstance(item, (dict, list)) and item:
            lines += [lead, yaml(item, indent + 1)]
        else:
            lines.append("%s %s" % (lead, json.dumps(
                item, ensure_ascii=False)))
    return "\n".join(lines)


class Workspace:
    """A directory with a configuration, a store, records and their kin."""

    def __init__(self, path):
        self.path = path
        self.ledger = path / "alerts.jsonl"
        self.config_file = path / "indelible.yaml"
        self.running = []
        self.binary = BINARY

    def write(self, name, text):
        """A file in the workspace; its path."""
        path = self.path / name
        if isinstance(text, str):
            text = text.encode()
        path.write_bytes(text)
        return path

    def records(self, records=None, name="records.jsonl"):
        """A records file; its path."""
        return self.write(name, "".join(
            json.dumps(record, ensure_ascii=False) + "\n"
            for record in (RECORDS if records is None else records)))

    def key(self, log):
        """A log's public key as a file; its path."""
        return self.write("%s.pem" % log.name, log.key_pem)

    def log_of(self, log, api):
        """A log as an item of logs.extra."""
        out = {"name": "%s-%s" % (log.name, api), "url": log.url(api),
               "key_file": str(self.key(log)), "api": api}
        if api == "static":
            out["origin"] = log.origin
        return out

    def config(self, pairs=(), **sections):
        """The configuration file for (log, api) pairs. A section given is
        merged into the default one."""
        conf = {
            "instance": "e2e",
            "store": "sqlite://%s" % (self.path / "indelible.db"),
            "keys": {"master_file": str(self.path / "master.key")},
            "logs": {"lists": [], "start": "zero",
                     "extra": [self.log_of(*pair) for pair in pairs]},
            "fetch": {"poll_static": "200ms", "poll_rfc6962": "200ms",
                      "partial_tile_after": "300ms"},
            "workers": 2,
            "alerts": {"sinks": [
                {"name": "ledger", "jsonl": {"path": str(self.ledger)}}]},
            "admin": {"listen": None,
                      "socket": str(self.path / "admin.sock"),
                      "token_file": str(self.path / "admin.token")},
        }
        for section, value in sections.items():
            if isinstance(value, dict) and section in conf:
                conf[section].update(value)
            else:
                conf[section] = value
        self.write("indelible.yaml", yaml(conf) + "\n")
        return self.config_file

    def run(self, *arguments, **how):
        """Run the binary in this directory."""
        return run(*arguments, cwd=self.path, binary=self.binary, **how)

    def needs(self, command, *words):
        """Skip the test when this build's help does not know the words."""
        known = self.run(command, "--help").out
        for word in words:
            if word not in known:
                raise unittest.SkipTest("%s has no %s yet" % (command, word))

    def with_config(self, *arguments, **how):
        """The same with -c at the end."""
        return self.run(*arguments, "-c", self.config_file, **how)

    def prepare(self, pairs, records=None, **sections):
        """Configuration, store and records: ready to monitor."""
        self.config(pairs, **sections)
        self.with_config("store", "init").expect(0)
        self.with_config("records", "import",
                         self.records(records)).expect(0)
        return self

    def log_arguments(self, log, api):
        """The options that name one log without a list."""
        out = ["--log-url", log.url(api), "--log-key", self.key(log),
               "--log-api", api]
        return out + (["--origin", log.origin] if api == "static" else [])

    def backfill(self, log, api, *more, records=None, **how):
        """A scan of one log without a store, as JSON."""
        return self.run("backfill", *self.log_arguments(log, api),
                        "--records", self.records(records), "--json",
                        *more, **how)

    def start(self, *arguments, before=(), **env):
        """A command as a running process; `before` stands before it."""
        process = Process(self, list(before) + [self.binary] +
                          list(arguments), env)
        self.running.append(process)
        return process

    def monitor(self, before=()):
        """The service, started."""
        return self.start("monitor", "-c", self.config_file, before=before)

    def alerts(self):
        """The exposures in the ledger, in order of delivery."""
        return [e for e in read_jsonl(self.ledger) if e["type"] == EXPOSURE]

    def ids(self):
        """The ids of all exposures delivered, with repetitions."""
        return [e["id"] for e in self.alerts()]

    def wait_for_ids(self, expected, process=None):
        """Wait until all of these have been delivered."""
        def there():
            if process is not None:
                process.assert_running()
            return set(expected) <= set(self.ids())
        try:
            wait_until(there, "alerts")
        except AssertionError as wrong:
            missing = set(expected) - set(self.ids())
            raise AssertionError("%s: %d of %d missing\n%s" % (
                wrong, len(missing), len(expected), process.diagnostics()
                if process else "")) from None

    def close(self):
        """End what still runs."""
        for process in self.running:
            process.kill()
        for process in self.running:
            assert_sane(process.err_path.read_text(errors="replace"))


class Process:
    """A running command; its output goes into files."""

    def __init__(self, workspace, command, env):
        self.out_path = workspace.path / ("out-%d" % len(workspace.running))
        self.err_path = workspace.path / ("err-%d" % len(workspace.running))
        with open(self.out_path, "wb") as out, \
                open(self.err_path, "wb") as err:
            self.process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                cwd=workspace.path, env=environment(**env),
                start_new_session=True, preexec_fn=die_with_parent)
        self.pid = self.process.pid

    def out(self):
        """What it has written to stdout so far."""
        return self.out_path.read_text()

    def diagnostics(self):
        """The end of what it has written to stderr."""
        return self.err_path.read_text(errors="replace")[-4000:]

    def signal(self, number):
        """Send a signal to the main process."""
        self.process.send_signal(number)

    def wait(self, seconds=DEADLINE):
        """Wait for its end; as a Result."""
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            text = self.diagnostics()
            self.kill()
            raise AssertionError("it did not end within %g s\n%s" % (
                seconds, text)) from None
        return Result(status, self.out(), self.diagnostics())

    def assert_running(self):
        """Fail, and say why, when it has ended by itself."""
        assert self.process.poll() is None, \
            "ended with status %s\n%s" % (self.process.returncode,
                                          self.diagnostics())

    def heeds(self, number):
        """Whether the signal would not simply kill it any more."""
        masks = 0
        with open("/proc/%d/status" % self.pid, encoding="utf-8") as status:
            for line in status:
                if line.startswith(("SigBlk:", "SigCgt:")):
                    masks |= int(line.split()[1], 16)
        return masks >> number - 1 & 1

    def stop(self):
        """SIGTERM, to which the service ends with 0 within 10 s."""
        self.assert_running()
        wait_until(lambda: self.heeds(signal.SIGTERM), "its start")
        self.signal(signal.SIGTERM)
        return self.wait(10).expect(0)

    def kill(self):
        """SIGKILL to it and to all that it has started."""
        if self.process.poll() is None:
            os.killpg(self.pid, signal.SIGKILL)
            self.process.wait()

    def crash(self):
        """SIGKILL to the main process alone; its children see to
        themselves."""
        self.signal(signal.SIGKILL)
        self.process.wait()


def loopback_url(port, path=""):
    """An http URL of this machine."""
    return urllib.parse.urlunsplit(
        ("http", "127.0.0.1:%d" % port, path, "", ""))


def parents():
    """{pid: parent's pid} of all processes."""
    out = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % name, encoding="utf-8",
                      errors="replace") as stat:
                out[int(name)] = int(stat.read().rpartition(")")[2]
                                     .split()[1])
        except (FileNotFoundError, ProcessLookupError):
            pass
    return out


def descendants(pid, depth):
    """The processes that are `depth` generations below this one."""
    tree = parents()
    level = {pid}
    for _ in range(depth):
        level = {child for child, parent in tree.items() if parent in level}
    return sorted(level)
