"""The command line: help, versions, configuration, stores, records."""
import json
import os
import re
import shutil
import sqlite3
import stat
import subprocess

import pytest

from .helpers import BINARY, ROOT, environment, read_jsonl
from .planted import CONSENT, DOMAIN, JANE, MARIA, RECORDS

COMMANDS = ["monitor", "backfill", "inspect", "records", "alerts", "logs",
            "status", "verify", "config", "store", "keys", "version"]


@pytest.mark.smoke
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help(work, command, flag):
    """Help goes to stdout and is 0, for each command."""
    result = work.run(command, flag).expect(0)
    assert "indelible %s" % command in result.out and result.err == ""
    assert max(len(line) for line in result.out.splitlines()) <= 80


def test_help_of_all(work):
    """The program's own help lists the commands."""
    result = work.run("--help").expect(0)
    for command in COMMANDS:
        assert command in result.out
    assert max(len(line) for line in result.out.splitlines()) <= 80


def test_nothing_or_nonsense(work):
    """64 for no command and for an unknown one."""
    work.run().expect(64)
    result = work.run("frobnicate").expect(64)
    assert "frobnicate" in result.err and result.out == ""


@pytest.mark.smoke
def test_version(work):
    """version, --version, version --json."""
    with open("VERSION", encoding="utf-8") as file:
        version = file.read().strip()
    assert version in work.run("version").expect(0).out
    assert version in work.run("--version").expect(0).out
    line, = work.run("version", "--json").expect(0).out.splitlines()
    assert json.loads(line)["version"] == version


@pytest.mark.parametrize("arguments,said", [
    (["monitor", "foo"], "foo"), (["version", "foo"], "foo"),
    (["records"], "records import FILE"), (["records", "foo"], "records list"),
    (["records", "import"], "import what"), (["records", "list", "x"], "x is"),
    (["records", "import", "a", "b"], "b is"), (["store"], "store init"),
    (["store", "foo"], "store migrate"),
    (["store", "init", "x"], "x is"), (["config"], "config check")])
def test_usage_says_what(work, arguments, said):
    """64, what is wrong, and the usage."""
    result = work.run(*arguments).expect(64)
    assert said in result.err.splitlines()[0]
    assert "usage: indelible %s" % arguments[0] in result.err
    assert result.out == ""


def full(work, *arguments):
    """Run with a stdout that has no room; status and stderr."""
    with open("/dev/full", "w", encoding="utf-8") as out:
        result = subprocess.run(
            [BINARY] + [str(a) for a in arguments], stdout=out,
            stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, cwd=work.path,
            env=environment(), check=False, timeout=60)
    return result.returncode, result.stderr.decode()


def test_no_room_on_stdout(work):
    """What could not be said is 74, once, for every command."""
    work.prepare([])
    conf = ["-c", work.config_file]
    for arguments in (["--help"], ["version"], ["store", "--help"],
                      ["records", "list"] + conf, ["config", "print"] + conf,
                      ["records", "import", work.records()] + conf):
        status, err = full(work, *arguments)
        assert status == 74 and err.count("standard output") == 1, arguments
    assert full(work, "frobnicate")[0] == 64
    closed = subprocess.run(
        ["sh", "-c", '"$0" frobnicate >&-', BINARY], check=False,
        stderr=subprocess.PIPE, env=environment())
    assert closed.returncode == 64


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_completion(work):
    """The completion knows the commands and options of --help, no others."""
    script = ("compopt() { :; }; . config/completions/indelible; "
              'echo $_indelible_commands; for c in $_indelible_commands; do '
              'echo $c ${_indelible_options[$c]}; done')
    lines = subprocess.run(
        ["bash", "-c", script], cwd=ROOT, check=True, stdout=subprocess.PIPE,
        text=True).stdout.splitlines()
    assert lines[0].split() == COMMANDS
    for line in lines[1:]:
        command, *options = line.split()
        text = work.run(command, "--help").expect(0).out.split("\n\n")[-1]
        known = re.findall(r"^  (?:  |(-\w), ) *(--[\w-]+)", text, re.M)
        assert set(options) == {o for pair in known for o in pair if o} - {
            "-h", "--help"}


def test_version_selftest(work):
    """The known answers are right."""
    work.needs("version", "--selftest")
    work.run("version", "--selftest").expect(0)


# --- configuration ----------------------------------------------------------

def test_config_check(work, server):
    """A good file is 0 and said to be good."""
    log = server.new_log()
    work.config([(log, "static")])
    work.with_config("config", "check").expect(0)


@pytest.mark.parametrize("text,place", [
    ("instance: a\nfetch:\n  poll_statik: 10s\n", "3:3"),
    ("instance: a\ninstance: b\n", "2:1"),
    ("workers: many\n", "1:10"),
    ("fetch: { poll_static: 10 parsecs }\n", "1:23"),
    ("retention: 7d\n", "1:12"),
    ("fetch:\n  body_limit: 64\n", "2:15"),
    ("sandbox: perhaps\n", "1:10"),
    ("instance: [a\n", ""),
])
def test_config_mistakes(work, text, place):
    """Unknown and duplicate keys, wrong types: place, line and caret."""
    path = work.write("bad.yaml", text)
    result = work.run("config", "check", "-c", path).expect(78)
    assert re.search(r"bad\.yaml:%s" % (place or r"\d+:\d+"), result.err)
    if place:
        number, column = (int(n) for n in place.split(":"))
        line = text.splitlines()[number - 1]
        shown = result.err.splitlines()
        at = [k for k, each in enumerate(shown) if line in each][0]
        caret = shown[at + 1].index("^") - shown[at].index(line)
        assert caret == column - 1


def test_all_config_mistakes_are_shown(work):
    """Not only the first one."""
    path = work.write("bad.yaml", "nonsense: 1\nworkers: many\n")
    result = work.run("config", "check", "-c", path).expect(78)
    assert "bad.yaml:1:1" in result.err and "bad.yaml:2:10" in result.err


def test_config_missing(work):
    """66 names the file."""
    result = work.run("config", "check", "-c", "nowhere.yaml").expect(66)
    assert "nowhere.yaml" in result.err


def test_contact_of_example(work, server):
    """An example.com contact is refused; without one, other hosts are."""
    log = server.new_log()
    work.config([(log, "static")], contact="ct@example.com")
    assert "example.com" in work.with_config(
        "config", "check").expect(78).err
    work.config([(log, "static")], contact="ct-ops@indelible.eu")
    work.with_config("config", "check").expect(0)


def test_config_print(work, server):
    """The effective configuration can be read again."""
    log = server.new_log()
    work.config([(log, "static")])
    printed = work.with_config("config", "print").expect(0).out
    assert "partial_tile_after" in printed and "name_threshold" in printed
    path = work.write("again.yaml", printed)
    again = work.run("config", "print", "-c", path).expect(0).out
    assert again == printed


def test_config_is_found(work, server):
    """$CONFIGURATION_DIRECTORY/indelible.yaml."""
    log = server.new_log()
    work.config([(log, "static")])
    printed = work.run("config", "print", env={
        "CONFIGURATION_DIRECTORY": str(work.path)}).expect(0).out
    assert log.static in printed


def test_config_warnings(work):
    """Not done by this version: said with its place, and still 0."""
    path = work.write("c.yaml", "contact: ct@indelible.eu\n"
                      "store: postgresql://user@host/db\n")
    result = work.run("config", "check", "-c", path).expect(0)
    assert "c.yaml:2:8: warning: not in this version: " in result.err
    with open(os.path.join(ROOT, "config/example.yaml"),
              encoding="utf-8") as file:
        path = work.write("example.yaml", file.read().replace(
            "ct-ops@your-domain", "ct@indelible.eu"))
    assert work.run("config", "check", "-c", path).expect(0).err == ""


# --- store ------------------------------------------------------------------

@pytest.mark.smoke
def test_store_init_twice(work):
    """Once is 0 and makes the key; the second time is refused."""
    work.config()
    made = work.with_config("store", "init").expect(0).out
    assert "made %s: with the token" % (work.path / "admin.token") in made
    key = work.path / "master.key"
    assert key.stat().st_size == 32
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = (work.path / "indelible.db").read_bytes()
    again = work.with_config("store", "init")
    assert again.status not in (0, 70) and again.err
    assert (work.path / "indelible.db").read_bytes() == before
    assert key.stat().st_size == 32


def test_store_init_with_a_key(work):
    """A key that was put there is kept; the token is made all the same."""
    work.config()
    (work.path / "master.key").write_bytes(bytes(range(32)))
    (work.path / "master.key").chmod(0o600)
    work.with_config("store", "init").expect(0)
    assert (work.path / "master.key").read_bytes() == bytes(range(32))
    assert (work.path / "admin.token").exists()


def test_store_missing(work, server):
    """What needs a store says how to make one, and makes none."""
    log = server.new_log()
    work.config([(log, "static")])
    for command in (["monitor"], ["records", "list"],
                    ["records", "import", work.records()]):
        result = work.with_config(*command).expect(66)
        assert "store init" in result.err
    assert not (work.path / "indelible.db").exists()


def test_store_makes_its_directories(work):
    """The last directory of store and key, 0700; not those above."""
    work.config(store="sqlite://%s" % (work.path / "a/indelible.db"),
                keys={"master_file": str(work.path / "b/master.key")})
    work.with_config("store", "init").expect(0)
    for name in "ab":
        assert stat.S_IMODE((work.path / name).stat().st_mode) == 0o700
    work.config(keys={"master_file": str(work.path / "c/d/master.key")})
    assert work.with_config("store", "init").status in (66, 73)


def test_store_migrate(work):
    """A store of an older version: who only reads says what to do, migrate
    does it, and then all is there."""
    work.prepare([])
    path = work.path / "indelible.db"
    with sqlite3.connect(path) as db:
        key, = db.execute("SELECT key_id FROM store").fetchone()
    db.close()
    path.unlink()
    with open(os.path.join(ROOT, "monitor/store/migrations/0001.sql"),
              encoding="utf-8") as file, sqlite3.connect(path) as db:
        db.executescript(file.read())
        db.execute("INSERT INTO store(one, key_id, generation)"
                   " VALUES(1, ?, 1)", [key])
        db.execute("PRAGMA user_version = 1")
    db.close()
    assert "store migrate" in work.with_config("status").err
    assert "up to date" in work.with_config("store", "migrate").expect(0).out
    work.with_config("store", "migrate").expect(0)
    assert "no log is known" in work.with_config("status").expect(1).out
    work.with_config("verify").expect(0)


def test_lost_key(work):
    """A key that is gone is not made again, but asked for."""
    work.prepare([])
    key = work.path / "master.key"
    key.unlink()
    for command, status in ((["records", "list"], 66),
                            (["store", "init"], 73)):
        result = work.with_config(*command).expect(status)
        assert "put back your copy" in result.err
        assert "store init" not in result.err
    assert not key.exists()


def test_store_with_another_key(work):
    """A store does not open with a key that is not its own."""
    work.config()
    work.with_config("store", "init").expect(0)
    work.write("master.key", os.urandom(32))
    result = work.with_config("records", "list")
    assert result.status not in (0, 70) and "key" in result.err


def test_store_damaged(work):
    """A damaged file is 65, and is left as it is."""
    work.prepare([])
    path = work.path / "indelible.db"
    damaged = bytearray(path.read_bytes())
    damaged[:4096] = os.urandom(4096)
    path.write_bytes(damaged)
    work.with_config("records", "list").expect(65)
    assert path.read_bytes() == damaged


# --- records ----------------------------------------------------------------

def listed(work):
    """The records, by id."""
    result = work.with_config("records", "list", "--json").expect(0)
    return {r["id"]: r for r in
            (json.loads(line) for line in result.out.splitlines())}


@pytest.mark.smoke
def test_import_and_list(work):
    """What was imported is listed, active, without its values."""
    work.prepare([])
    records = listed(work)
    assert set(records) == {r["id"] for r in RECORDS}
    assert {r["state"] for r in records.values()} == {"active"}
    text = work.with_config("records", "list").expect(0).out
    assert "acme/jane" in text and "jane.roe@example.com" not in text


def test_import_from_stdin(work):
    """`-` is stdin."""
    work.config()
    work.with_config("store", "init").expect(0)
    work.with_config("records", "import", "-",
                     stdin=json.dumps(JANE) + "\n").expect(0)
    assert set(listed(work)) == {"acme/jane"}


def test_import_is_all_or_nothing(work):
    """All bad lines are named and no good one is taken."""
    work.config()
    work.with_config("store", "init").expect(0)
    lines = [json.dumps(JANE), "{", json.dumps(dict(DOMAIN, id="bad id!")),
             json.dumps(dict(MARIA, surprise=1)),
             json.dumps(dict(JANE, id="acme/none", value="no address")),
             json.dumps(dict(DOMAIN, id="acme/uk", value="co.uk"))]
    path = work.write("bad.jsonl", "\n".join(lines) + "\n")
    result = work.with_config("records", "import", path).expect(65)
    for line in (2, 3, 4, 5, 6):
        assert re.search(r"bad\.jsonl:%d\b" % line, result.err)
    assert not re.search(r"bad\.jsonl:1\b", result.err)
    assert "5 bad lines; nothing was imported" in result.err
    assert listed(work) == {}
    assert "no address" not in result.err


def test_import_again_updates(work):
    """The same tenant and id: one record, updated."""
    work.prepare([])
    work.with_config("records", "import", work.records(
        [dict(JANE, value="jane@example.net")], "new.jsonl")).expect(0)
    assert len(listed(work)) == len(RECORDS)


def test_import_without_consent(work):
    """Pending, with a warning that names the line."""
    work.config()
    work.with_config("store", "init").expect(0)
    record = {key: JANE[key] for key in JANE if key != "consent"}
    result = work.with_config("records", "import", work.records(
        [DOMAIN, record])).expect(0)
    assert re.search(r"records\.jsonl:2\b", result.err)
    assert "imported 2 records" in result.out
    states = {k: r["state"] for k, r in listed(work).items()}
    assert states == {"acme/dom": "active", "acme/jane": "pending"}


def test_import_of_nothing_active(work):
    """Nobody is told that somebody is watched."""
    work.config()
    work.with_config("store", "init").expect(0)
    out = work.with_config("records", "import", "-").expect(0).out
    assert "imported nothing" in out and "watched" not in out
    record = {key: JANE[key] for key in JANE if key != "consent"}
    out = work.with_config("records", "import",
                           work.records([record])).expect(0).out
    assert "imported 1 record:" in out and "watched" not in out
    assert "nothing will be matched" in out


def test_csv_mistakes_are_named(work):
    """Lines of a CSV file are counted as an editor counts them."""
    work.config()
    work.with_config("store", "init").expect(0)
    path = work.write("bad.csv", "id,tenant,kind,value\n"
                      "a,t,email,a@example.com\nb,t,email,nothing\n")
    result = work.with_config("records", "import", path).expect(65)
    assert re.search(r"bad\.csv:3\b", result.err)


def test_life_cycle(work):
    """pause, resume, withdraw, erase."""
    work.needs("records", "pause", "erase")
    work.prepare([])

    def state(verb):
        work.with_config("records", verb, "--tenant", "acme",
                         "acme/jane").expect(0)
        return listed(work).get("acme/jane", {}).get("state")
    assert state("pause") == "paused"
    assert state("resume") == "active"
    assert state("withdraw") == "withdrawn"
    assert state("erase") in (None, "erased")


def test_export(work):
    """What is exported can be imported elsewhere."""
    work.needs("records", "export")
    work.prepare([])
    exported = work.with_config("records", "export").expect(0)
    records = {r["id"]: r for r in
               (json.loads(line) for line in exported.out.splitlines())}
    assert set(records) == {r["id"] for r in RECORDS}
    assert records["acme/jane"]["value"] == JANE["value"]
    assert records["acme/jane"]["consent"]["evidence"] == \
        CONSENT["evidence"]
    path = work.write("out.jsonl", exported.out)
    assert len(read_jsonl(path)) == 3
    work.with_config("records", "import", path).expect(0)


def test_list_nothing(work):
    """An empty store lists nothing and is content."""
    work.config()
    work.with_config("store", "init").expect(0)
    assert work.with_config("records", "list", "--json").expect(0).out == ""
    out = work.with_config("records", "list").expect(0).out
    assert out == "no records\n"
    work.with_config("records", "import", work.records()).expect(0)
    out = work.with_config("records", "list").expect(0).out
    assert out.startswith("STATE ") and len(out.splitlines()) == 4
