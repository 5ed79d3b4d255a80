"""Programs of others that the tests beside run: which, in which version, and
how they come here. What they are started with lives elsewhere.

The Go programs are modules that the Go command fetches and checks against
the checksum database, as this machine has set it up (GOPROXY, GOSUMDB,
GOFLAGS), and compiles. Debian's package is unpacked, not installed: nothing
of it runs by itself. All are kept in the user's cache, by their version. What
is only looked for there is neither fetched nor compiled: who has it puts it
there, and answers for what it is.

    python3 -m tests.interop.programs      fetch what is missing, and say so
"""
import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

# program: (module, version, package); the only place with versions.
GO_PROGRAMS = {
    "sunlight": ("filippo.io/sunlight", "v0.8.0", "cmd/sunlight"),
    "skylight": ("filippo.io/sunlight", "v0.8.0", "cmd/skylight"),
    "partial-aftersun": ("filippo.io/sunlight", "v0.8.0",
                         "cmd/partial-aftersun"),
    "certspotter": ("software.sslmate.com/src/certspotter", "v0.24.2",
                    "cmd/certspotter"),
    "tesseract": ("github.com/transparency-dev/tesseract", "v0.1.2",
                  "cmd/tesseract/posix"),
    # A library; the program around it is ours.
    "standardwebhooks": (
        "github.com/standard-webhooks/standard-webhooks/libraries", "v0.0.1",
        "webhooks.go"),
}
# program: (Debian package, file in it); the version is the release's.
DEBIAN_PROGRAMS = {
    "certspotter-debian": ("certspotter", "usr/bin/certspotter"),
    "exim4": ("exim4-daemon-light", "usr/sbin/exim4"),
}
PROGRAMS = list(GO_PROGRAMS) + list(DEBIAN_PROGRAMS)
OLDEST_GO = (1, 25)
HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE = 600      # seconds to build one
REMEMBER = 600      # seconds that a failure is not tried again


class Unavailable(Exception):
    """Why a program cannot be had here."""


def cache():
    """Where programs are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or \
        os.path.expanduser("~/.cache")
    path = os.path.join(base, "indelible-interop")
    os.makedirs(path, exist_ok=True)
    return path


def label(name):
    """The program with its version."""
    return "%s %s" % (name, GO_PROGRAMS[name][1]) if name in GO_PROGRAMS \
        else name


def kept(name):
    """Where the program is in the cache, or will be."""
    return os.path.join(cache(), label(name).replace(" ", "-"))


def find(name):
    """The program's path; raises Unavailable."""
    if not os.access(kept(name), os.X_OK):
        with open(kept(name) + ".lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.access(kept(name), os.X_OK):
                _bring(name)
    return kept(name)


def _bring(name):
    """Fetch it, unless that has just failed."""
    note = kept(name) + ".failed"
    try:
        with open(note, encoding="utf-8") as file:
            if time.time() - os.fstat(file.fileno()).st_mtime < REMEMBER:
                raise Unavailable(file.read())
    except FileNotFoundError:
        pass
    with tempfile.TemporaryDirectory(dir=cache()) as place:
        try:
            made = _build(name, place) if name in GO_PROGRAMS \
                else _unpack(name, place)
        except Unavailable as why:
            with open(note, "w", encoding="utf-8") as file:
                file.write(str(why))
            raise
        os.replace(made, kept(name))


def _run(what, command, place, **env):
    """The output of a command; raises Unavailable with its last words."""
    try:
        done = subprocess.run(
            command, cwd=place, env=dict(os.environ, **env), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=PATIENCE, check=False)
    except FileNotFoundError:
        raise Unavailable("there is no '%s' here" % command[0]) from None
    except subprocess.TimeoutExpired:
        raise Unavailable("%s took more than %d s" % (
            what, PATIENCE)) from None
    if done.returncode:
        words = [line.strip() for line in done.stdout.splitlines()
                 if not line.startswith("go: downloading ")]
        raise Unavailable("%s failed: %s" % (what, " ".join(words[-3:])))
    return done.stdout


def _build(name, place):
    """Compile a Go program. A module that requires the one version needs no
    look at what other versions there are, as `go install` takes."""
    module, version, package = GO_PROGRAMS[name]
    settings = {"GOTOOLCHAIN": "local", "GOWORK": "off"}
    said = _run("asking Go's version", ["go", "env", "GOVERSION"], place,
                **settings)
    found = re.match(r"go(\d+)\.(\d+)", said.strip())
    if not found or tuple(map(int, found.groups())) < OLDEST_GO:
        raise Unavailable("Go %d.%d or newer is needed, here is %s" % (
            *OLDEST_GO, said.strip() or "an unknown one"))
    with open(os.path.join(place, "go.mod"), "w", encoding="utf-8") as file:
        file.write("module interop.test/build\n\ngo %d.%d\n\n"
                   "require %s %s\n" % (*OLDEST_GO, module, version))
    made = os.path.join(place, name)
    what = "%s/%s" % (module, package)
    if package.endswith(".go"):
        what = shutil.copy(os.path.join(HERE, package), place)
    _run("building %s" % label(name), [
        "go", "build", "-mod=mod", "-trimpath", "-o", made, what],
         place, **settings)
    return made


def _unpack(name, place):
    """Take the program out of a Debian package."""
    package, path = DEBIAN_PROGRAMS[name]
    _run("downloading the Debian package %s" % package,
         ["apt-get", "download", "-q", package], place)
    deb, = (entry for entry in os.listdir(place) if entry.endswith(".deb"))
    _run("unpacking %s" % deb, ["dpkg-deb", "-x", deb, "files"], place)
    return shutil.copy(os.path.join(place, "files", path), place)


def main():
    """Bring all, and say what is done."""
    for name in PROGRAMS:
        if os.access(kept(name), os.X_OK):
            print("interop: %s: in the cache" % label(name))
            continue
        print("interop: %s: being fetched, this once; that can take minutes"
              % label(name), flush=True)
        begin = time.monotonic()
        try:
            find(name)
            print("interop: %s: ready after %d s" % (
                label(name), time.monotonic() - begin), flush=True)
        except Unavailable as why:
            print("interop: %s: its tests are skipped: %s" % (
                label(name), why), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
