"""How programs of others come here: when one cannot be had it is said why,
and its tests are skipped, not failed.
"""
import os

import pytest

from . import programs


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    """Nothing has been fetched yet, and nothing can be."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "modules"))
    monkeypatch.setenv("GOPROXY", "off")
    monkeypatch.setenv("GOFLAGS", "")


def go_says(tmp_path, monkeypatch, script):
    """Put another `go` first on the path."""
    fake = tmp_path / "bin" / "go"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\n" + script)
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", "%s:%s" % (fake.parent, os.environ["PATH"]))


def why_not(name="sunlight"):
    """The words of Unavailable."""
    with pytest.raises(programs.Unavailable) as why:
        programs.find(name)
    return str(why.value)


def test_no_go(tmp_path, monkeypatch):
    """A machine without Go."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert why_not() == "there is no 'go' here"
    assert why_not("certspotter-debian") == \
        "there is no 'apt-get' here"


def test_old_go(tmp_path, monkeypatch):
    """A Go that is too old is not asked to bring a newer one."""
    go_says(tmp_path, monkeypatch, "echo go1.19.8\n")
    assert why_not() == "Go 1.25 or newer is needed, here is go1.19.8"


def test_offline(tmp_path, monkeypatch):
    """A module that does not come: its version and Go's words are told."""
    go_says(tmp_path, monkeypatch, '[ "$1" = env ] && exec echo go1.26.1\n'
            'echo "go: downloading x v1"; echo "go: no route"; exit 1\n')
    assert why_not() == "building sunlight v0.8.0 failed: go: no route"


def test_failure_is_remembered(tmp_path, monkeypatch):
    """Not tried again at once; tried again later."""
    calls = tmp_path / "calls"
    go_says(tmp_path, monkeypatch, "echo >>%s; exit 1\n" % calls)
    first = why_not()
    assert why_not() == first and calls.read_text() == "\n"
    monkeypatch.setattr(programs, "REMEMBER", 0)
    assert why_not() == first and calls.read_text() == "\n\n"


def test_kept(tmp_path, monkeypatch):
    """What was built once is there from then on."""
    go_says(tmp_path, monkeypatch, '[ "$1" = env ] && exec echo go1.26.1\n'
            'while [ "$1" != -o ]; do shift; done\n'
            'echo "#!/bin/sh" >"$2"; chmod +x "$2"; echo >>%s\n' %
            (tmp_path / "calls"))
    path = programs.find("sunlight")
    assert programs.find("sunlight") == path == programs.kept("sunlight")
    assert os.access(path, os.X_OK) and "v0.8.0" in path
    assert (tmp_path / "calls").read_text() == "\n"
