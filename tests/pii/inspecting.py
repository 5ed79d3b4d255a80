"""`inspect --json --reveal` over many certificates at once."""
import json
import subprocess

from tests.e2e.helpers import BINARY, assert_sane, environment

AT_ONCE = 1000


def inspect_files(paths, seconds=120):
    """The objects that it prints, a list for each file. The output has to be
    UTF-8, and the exit status one that tells of bad input at most."""
    out = []
    paths = [str(p) for p in paths]
    for first in range(0, len(paths), AT_ONCE):
        some = paths[first:first + AT_ONCE]
        done = subprocess.run(
            [BINARY, "inspect", "--json", "--reveal"] + some, check=False,
            capture_output=True, timeout=seconds, env=environment())
        assert_sane(done.stderr.decode())
        assert done.returncode in (0, 65), done.stderr.decode()[-2000:]
        objects = {}
        for line in done.stdout.decode("utf-8", "strict").splitlines():
            found = json.loads(line)
            objects.setdefault(found["file"], []).append(found)
        out += [objects[path] for path in some]
    return out


def inspect_all(folder, certificates):
    """{name: object} for {name: DER}, by files in the folder."""
    names = list(certificates)
    paths = [folder / ("%s.der" % name) for name in names]
    for name, path in zip(names, paths):
        path.write_bytes(certificates[name])
    out = {}
    for name, objects in zip(names, inspect_files(paths)):
        assert len(objects) == 1, name
        out[name] = objects[0]
    return out


def tokens(finding):
    """The words of a name, in no order."""
    return frozenset(finding["canonical"].replace(",", " ").split())
