"""backfill --log-dir: logs on disk, as folders of tiles and as archives."""
import json
import os
import resource
import subprocess
import time
import zipfile

import pytest

from tests import check_evidence
from .disk import DiskLog, flip, member_place, pack, repack, tiny_zip64
from .helpers import BINARY, assert_sane, environment
from .planted import between, jane_spec

STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED


@pytest.fixture(scope="module", name="disk")
def _disk(tmp_path_factory):
    """A log of six tiles, and one that is partial; nobody writes to it."""
    return DiskLog(tmp_path_factory.mktemp("disk") / "log", between(115),
                   begin_ms=1700000000000, step_ms=600000)


@pytest.fixture(name="spoilt")
def _spoilt(disk, tmp_path):
    """A copy of it, to be spoilt."""
    return disk.copy(tmp_path / "spoilt")


def scan(work, disk, *more, where=None, key=True, **how):
    """Scan it, as JSON."""
    places = [disk.folder] if where is None else where
    return work.run(
        "backfill", "--log-dir", *places, "--records", work.records(),
        "--json", *(["--log-key", disk.key] if key else []), *more, **how)


def complete(result, disk):
    """Everything is found, proven, and where it is."""
    result.expect(0)
    assert sorted(result.ids) == disk.expected()
    assert result.summary["verified"] is True
    assert result.summary["entries"] == disk.size
    hashes = {e["index"]: e["leaf_hash"] for e in disk.log.truth()}
    for alert in result.alerts:
        for sighting in alert["data"]["sightings"]:
            assert sighting["verified"] is True
            assert hashes[sighting["index"]] == sighting["leaf_hash"]


def fails(result, status, *words):
    """It ends so, says these, and calls nothing verified."""
    result.expect(status)
    for word in words:
        assert word in result.err, result.err
    for event in result.events:
        data = event["data"]
        assert data.get("verified", False) is False, event


# --- as it should be ---------------------------------------------------------

@pytest.mark.smoke
def test_folder(work, disk):
    """Tiles as a static log serves them."""
    assert disk.size > 1500 and disk.size % 256
    result = scan(work, disk)
    complete(result, disk)
    assert result.summary["log_name"] == disk.log.origin
    assert "nobody signs" not in result.err


@pytest.mark.smoke
@pytest.mark.parametrize("method", [STORED, DEFLATED])
@pytest.mark.parametrize("wide", [False, True], ids=["zip", "zip64"])
def test_archive(work, disk, tmp_path, method, wide):
    """The same in one archive."""
    path = str(tmp_path / "000.zip")
    if wide:
        with tiny_zip64():
            pack(disk, path, method)
        with open(path, "rb") as file:
            assert b"PK\6\6" in file.read()
    else:
        pack(disk, path, method)
    complete(scan(work, disk, where=[path]), disk)


def test_number_of_members_cut_to_16_bits(work, disk, tmp_path):
    """More than 65,535 members without zip64: the number in the end record
    is what is left of it."""
    path = pack(disk, str(tmp_path / "a.zip"))
    with zipfile.ZipFile(path, "a") as out:
        for number in range(65536 - len(out.namelist()) + 7):
            out.writestr("issuer/%d" % number, b"")
    with open(path, "rb") as file:
        whole = file.read()
    # The writer made it zip64; leave the old record alone at the end.
    end = whole.rindex(b"PK\6\6")
    begin = int.from_bytes(whole[end + 48:end + 56], "little")
    with open(path, "wb") as out:
        out.write(whole[:end] + b"PK\5\6" + bytes(4) + b"\7\0\7\0" +
                  (end - begin).to_bytes(4, "little") +
                  begin.to_bytes(4, "little") + b"\0\0")
    complete(scan(work, disk, where=[path]), disk)


@pytest.mark.parametrize("names", [
    ("000.zip", "001.zip", "002.zip"), ("c.zip", "a.zip", "b.zip")])
@pytest.mark.parametrize("repeated", [False, True])
def test_several_archives(work, disk, tmp_path, names, repeated):
    """A log is split over archives; the shell hands them over as operands."""
    paths = [pack(disk, str(tmp_path / name), numbers=range(n * 2, n * 2 + 2)
                  if n < 2 else range(4, 100))
             for n, name in enumerate(names)]
    if repeated:
        more = [word for path in paths[1:] for word in ("--log-dir", path)]
        complete(scan(work, disk, *more, where=paths[:1]), disk)
    else:
        complete(scan(work, disk, where=paths[::-1]), disk)


def test_archive_and_folder(work, spoilt, tmp_path):
    """What is missing in one is in the other."""
    path = pack(spoilt, str(tmp_path / "a.zip"))
    os.remove(spoilt.path("tile/data/002"))
    complete(scan(work, spoilt, where=[spoilt.folder, path]), spoilt)


def test_part_of_a_log(work, disk, tmp_path):
    """One archive of several proves its own entries."""
    path = pack(disk, str(tmp_path / "001.zip"), numbers=(2, 3))
    result = scan(work, disk, "--from", "512", "--to", "1024",
                  where=[path]).expect(0)
    assert sorted(result.ids) == disk.expected(512, 1024)
    assert result.summary["verified"] and result.summary["entries"] == 512
    # Without a range: which one it has is told.
    fails(scan(work, disk, where=[path]), 66, "tile/data/000",
          "--from 512 --to 1024")


@pytest.mark.parametrize("beside", [False, True])
def test_gzip(work, spoilt, beside):
    """Data tiles are gzip, by their own name or with .gz."""
    spoilt.gzip_data(beside)
    complete(scan(work, spoilt), spoilt)


@pytest.mark.parametrize("method", [STORED, DEFLATED])
def test_gzip_in_an_archive(work, spoilt, tmp_path, method):
    """... and packed once more."""
    spoilt.gzip_data()
    path = pack(spoilt, str(tmp_path / "a.zip"), method)
    complete(scan(work, spoilt, where=[path]), spoilt)


@pytest.mark.smoke
def test_no_leaf_index(work, tmp_path):
    """The archive of an RFC 6962 log."""
    disk = DiskLog(tmp_path / "old", between(40), leaf_index=False)
    result = scan(work, disk)
    complete(result, disk)
    assert {e["type"].split(".")[2] for e in result.events} == \
        {"exposure", "scan"}


def test_old_checkpoint(work, spoilt):
    """The tiles are of a larger tree than the checkpoint: full tiles stand
    for partial ones."""
    size = 700
    spoilt.put("checkpoint", spoilt.log.publish(size).checkpoint().encode())
    spoilt.log.publish()
    result = scan(work, spoilt).expect(0)
    assert result.summary["entries"] == size
    assert sorted(result.ids) == spoilt.expected(0, size)


@pytest.mark.parametrize("words, begin, end", [
    (("--from", "300"), 300, None), (("--to", "700"), 0, 700),
    (("--from", "255", "--to", "257"), 255, 257),
    (("--last", "400"), -400, None), (("--newest-first",), 0, None)])
def test_range(work, disk, words, begin, end):
    """Ranges by number."""
    work.needs("backfill", words[0])
    result = scan(work, disk, *words).expect(0)
    begin = begin if begin >= 0 else disk.size + begin
    assert sorted(result.ids) == disk.expected(begin, end)
    assert result.summary["verified"] is True
    assert result.summary["from"] == begin
    assert result.summary["to"] == (disk.size if end is None else end)


def test_range_by_date(work, disk):
    """A period, found by the timestamps in the tiles, and widened by a day:
    nobody knows the MMD of an archive, or whether it was an RFC 6962 log's."""
    result = scan(work, disk, "--from", "2023-11-20",
                  "--to", "2023-11-21").expect(0)
    summary = result.summary
    begin = (1700438400000 - 86400000 - 1700000000000) // 600000
    assert begin - 2 < summary["from"] <= begin + 1
    assert begin + 430 < summary["to"] < begin + 436 < disk.size
    assert sorted(result.ids) == disk.expected(
        summary["from"], summary["to"])


def test_resumed(work, spoilt):
    """A scan that ended at a missing tile goes on when it is there; what was
    printed is not printed again."""
    tile = spoilt.get("tile/data/004")
    os.remove(spoilt.path("tile/data/004"))
    first = scan(work, spoilt, "--state", work.path / "state")
    fails_here = first.expect(66)
    assert "tile/data/004" in fails_here.err
    spoilt.put("tile/data/004", tile)
    second = scan(work, spoilt, "--state", work.path / "state")
    second.expect(0)
    assert "resuming at" in second.err
    assert sorted(first.ids + second.ids) == spoilt.expected()
    assert second.summary["verified"] is True
    third = scan(work, spoilt, "--state", work.path / "state").expect(0)
    assert third.ids == [] and "already done" in third.err
    # What was read before is not counted as this run's speed.
    assert third.summary["entries"] == spoilt.size
    assert third.summary["entries_per_s"] == 0


def test_service_store(work, disk):
    """Hits go into the service's store and outbox."""
    work.prepare([])
    result = work.with_config("backfill", "--log-dir", disk.folder,
                              "--log-key", disk.key, "--json").expect(0)
    assert sorted(result.ids) == disk.expected()
    again = work.with_config("backfill", "--log-dir", disk.folder,
                             "--log-key", disk.key, "--json").expect(0)
    assert again.ids == [] and again.summary["verified"] is True
    # What proves them came along: the log itself may be no more.
    for found in result.ids:
        work.with_config("alerts", "evidence", found, "-o",
                         work.path / found).expect(0)
        check_evidence.check(work.path / found)


def test_text(work, disk):
    """For people."""
    result = work.run("backfill", "--log-dir", disk.folder, "--log-key",
                      disk.key, "--records", work.records()).expect(0)
    assert "verified: they are the tree that the log signed" in result.out


def test_no_network(work, disk):
    """Not one socket of the Internet is made."""
    trace = work.path / "trace"
    command = ["strace", "-f", "-e", "trace=socket,connect", "-o", str(trace),
               BINARY, "backfill", "--log-dir", disk.folder, "--log-key",
               disk.key, "--records", str(work.records()), "--json"]
    subprocess.run(command, check=True, capture_output=True,
                   env=environment(ASAN_OPTIONS="detect_leaks=0"),
                   timeout=90)  # leaks are looked for by ptrace, too
    assert "AF_INET" not in trace.read_text()


# --- key and origin ----------------------------------------------------------

@pytest.mark.parametrize("packed", [False, True])
def test_key_inside(work, disk, tmp_path, packed):
    """log.v3.json tells the key; that nobody signs it is said."""
    where = [pack(disk, str(tmp_path / "0.zip"))] if packed else None
    result = scan(work, disk, key=False, where=where)
    complete(result, disk)
    assert "log.v3.json" in result.err and "nobody signs" in result.err
    assert result.summary["log_id"] in result.err


def test_no_key(work, spoilt):
    """Neither --log-key nor log.v3.json."""
    os.remove(spoilt.path("log.v3.json"))
    fails(scan(work, spoilt, key=False), 64, "--log-key")


@pytest.mark.parametrize("meta", [
    b"", b"{", b"[]", b"{}", b'{"key":7}', b'{"key":"AAAA"}',
    b'{"key":"%s"}', b"\x1f\x8b\x08garbage"])
def test_bad_key_inside(work, spoilt, meta):
    """log.v3.json is none."""
    spoilt.put("log.v3.json", meta)
    fails(scan(work, spoilt, key=False), 65, "log.v3.json")


def test_key_is_not_the_id(work, spoilt):
    """A log_id that is not the key's."""
    meta = json.loads(spoilt.get("log.v3.json"))
    meta["log_id"] = "A" * 43 + "="
    spoilt.put("log.v3.json", json.dumps(meta).encode())
    fails(scan(work, spoilt, key=False), 65, "log.v3.json", "log_id")


def test_wrong_key(work, disk, tmp_path):
    """Another log's key."""
    other = DiskLog(tmp_path / "other", [jane_spec()])
    begin = time.monotonic()
    result = scan(work, disk, "--log-key", other.key, key=False)
    fails(result, 76, "key")
    assert time.monotonic() - begin < 30


def test_wrong_origin(work, disk):
    """The origin found is named."""
    fails(scan(work, disk, "--origin", "another.example/log"), 76,
          disk.log.origin)
    complete(scan(work, disk, "--origin", disk.log.origin), disk)


# --- what is wrong with them -------------------------------------------------

def quick(work, *arguments, **how):
    """A scan that does not try for minutes."""
    begin = time.monotonic()
    result = scan(work, *arguments, **how)
    assert time.monotonic() - begin < 30
    return result


@pytest.mark.parametrize("number", [0, 3, -1])
def test_missing_tile(work, spoilt, number):
    """Said at once, with its name."""
    name = [n for n in spoilt.names() if n.startswith("tile/data/")][number]
    os.remove(spoilt.path(name))
    # Instead of a partial tile, the full one is looked for in the end.
    fails(quick(work, spoilt), 66, name.split(".p/")[0])


def test_missing_tile_in_archives(work, disk, tmp_path):
    """None of several has it."""
    paths = [pack(disk, str(tmp_path / "000.zip"), numbers=(0, 1)),
             pack(disk, str(tmp_path / "001.zip"), numbers=(3, 4, 5, 6))]
    fails(quick(work, disk, where=paths), 66, "tile/data/002",
          paths[0] + " are read with --from 0 --to 512",
          paths[1] + " are read with --from 768 --to 1792")


def test_missing_hash_tile(work, spoilt):
    """A range inside the log cannot be proven."""
    os.remove(spoilt.path("tile/0/001"))
    fails(quick(work, spoilt, "--from", "300", "--to", "500"), 66,
          spoilt.folder + " has no tile/0/001")


def test_missing_checkpoint(work, spoilt):
    """No log at all."""
    os.remove(spoilt.path("checkpoint"))
    fails(quick(work, spoilt), 66, "no static-ct-api log", spoilt.folder)


def test_empty_folder(work, disk, tmp_path):
    """Nothing there."""
    os.mkdir(tmp_path / "empty")
    fails(quick(work, disk, where=[tmp_path / "empty"]), 66, "checkpoint")


def test_no_such_place(work, disk, tmp_path):
    """Not there at all."""
    fails(quick(work, disk, where=[tmp_path / "none"]), 66, "none")


def test_flipped_bit(work, spoilt):
    """A plain file has no checksum; the tree does not fit."""
    flip(spoilt.path("tile/data/002"), 7)  # of a timestamp
    quick(work, spoilt).expect(76)


@pytest.mark.parametrize("body", [b"", b"x", b"\x1f\x8b\x08" + bytes(30)])
def test_garbage(work, spoilt, body):
    """A tile that is none is bad input, and has a name."""
    spoilt.put("tile/data/001", body)
    fails(quick(work, spoilt), 65, spoilt.path("tile/data/001"))


@pytest.mark.parametrize("method", [STORED, DEFLATED])
def test_damaged_member(work, disk, tmp_path, method):
    """A checksum tells, and the member is named."""
    path = pack(disk, str(tmp_path / "000.zip"), method)
    begin, size = member_place(path, "tile/data/003")
    flip(path, begin + size // 2)
    fails(quick(work, disk, where=[path]), 65, path + ": tile/data/003")


@pytest.mark.parametrize("method", [STORED, DEFLATED])
@pytest.mark.parametrize("first", [True, False])
def test_damaged_in_one_place(work, disk, tmp_path, method, first):
    """What is damaged in one archive is read in another, and told."""
    bad = pack(disk, str(tmp_path / "bad.zip"), method)
    good = pack(disk, str(tmp_path / "good.zip"), method, numbers=(3, 5))
    for number in ("003", "005"):
        begin, size = member_place(bad, "tile/data/" + number)
        flip(bad, begin + size // 2)
    result = scan(work, disk, where=[bad, good] if first else [good, bad])
    complete(result, disk)
    if first:
        assert "bad.zip: tile/data/003" in result.err
        assert result.err.count("CRC") + result.err.count("instead") <= 2


@pytest.mark.parametrize("spoil", [
    lambda path: flip(path, 300),
    lambda path: os.truncate(path, 200),
    lambda path: (os.remove(path), os.symlink("/dev/null", path))])
def test_damaged_file(work, spoilt, disk, tmp_path, spoil):
    """... also of a folder, as far as one can tell: that bits were turned
    round only the tree says."""
    path = pack(disk, str(tmp_path / "000.zip"))
    spoil(spoilt.path("tile/data/002"))
    result = scan(work, spoilt, where=[spoilt.folder, path])
    if os.path.getsize(spoilt.path("tile/data/002")) > 200:
        fails(result, 76)
    else:
        complete(result, disk)
        assert spoilt.path("tile/data/002") in result.err


def test_damaged_in_all_places(work, disk, tmp_path):
    """... and in the other one too."""
    paths = [pack(disk, str(tmp_path / name), DEFLATED)
             for name in ("a.zip", "b.zip")]
    for path in paths:
        begin, size = member_place(path, "tile/data/003")
        flip(path, begin + size // 2)
    fails(quick(work, disk, where=paths), 65, ".zip: tile/data/003")


def test_wrong_checksum(work, disk, tmp_path):
    """The data are right, their checksum in the table is not."""
    path = pack(disk, str(tmp_path / "000.zip"), DEFLATED)
    with open(path, "rb") as file:
        whole = file.read()
    flip(path, whole.rindex(b"tile/data/002") - 46 + 16)
    fails(quick(work, disk, where=[path]), 65, "000.zip: tile/data/002")


def test_damaged_checkpoint_member(work, disk, tmp_path):
    """... also of what is read first."""
    path = pack(disk, str(tmp_path / "000.zip"))
    flip(path, member_place(path, "checkpoint")[0] + 5)
    fails(quick(work, disk, where=[path]), 65, "000.zip: checkpoint", "CRC")


@pytest.mark.parametrize("part", [0.1, 0.5, 0.999])
def test_truncated_archive(work, disk, tmp_path, part):
    """A download that stopped."""
    path = pack(disk, str(tmp_path / "000.zip"))
    os.truncate(path, int(os.path.getsize(path) * part))
    fails(quick(work, disk, where=[path]), 65, "000.zip", "cut off")


def test_not_an_archive(work, disk, tmp_path):
    """Another file, an empty one, a pipe."""
    fails(scan(work, disk, where=[disk.key]), 65, "not a zip archive")
    (tmp_path / "none.zip").write_bytes(b"")
    fails(scan(work, disk, where=[tmp_path / "none.zip"]), 65, "not a zip")
    os.mkfifo(tmp_path / "pipe.zip")
    fails(scan(work, disk, where=[tmp_path / "pipe.zip"]), 65, "pipe.zip")


def test_foreign_method(work, disk, tmp_path):
    """Compressed in a way that is not read."""
    path = pack(disk, str(tmp_path / "000.zip"), zipfile.ZIP_BZIP2)
    fails(scan(work, disk, where=[path]), 65, "tile/data/000", "method 12")


def peak(work, disk, *where):
    """The largest memory of a scan's processes, in bytes, and its result."""
    process = subprocess.run(
        ["/usr/bin/env", BINARY, "backfill", "--log-dir", *map(str, where),
         "--records", str(work.records()), "--json", "--log-key", disk.key],
        capture_output=True, text=True, env=environment(), timeout=90,
        check=False)
    assert_sane(process.stderr)
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    return process, used


@pytest.mark.parametrize("name", ["checkpoint", "tile/data/002"])
@pytest.mark.parametrize("lying", [False, True])
def test_bomb(work, disk, tmp_path, name, lying):
    """A gigabyte in a megabyte, told or not told, is not unpacked."""
    path = pack(disk, str(tmp_path / "000.zip"))

    def change(member, body):
        bomb = member == name
        yield member, bytes(1 << 30) if bomb else body, \
            DEFLATED if bomb else STORED

    repack(path, change)
    if lying:
        with open(path, "rb") as file:
            whole = bytearray(file.read())
        at = whole.rindex(name.encode(), 0, len(whole)) - 46
        assert whole[at:at + 4] == b"PK\1\2"
        whole[at + 24:at + 28] = (1 << 21).to_bytes(4, "little")
        with open(path, "wb") as out:
            out.write(whole)
    process, used = peak(work, disk, path)
    assert process.returncode == 65, process.stderr
    assert name in process.stderr
    assert used < 512 << 20


def test_names_that_lead_elsewhere(work, disk, tmp_path):
    """A member's name is never a path: nothing is written or read by it."""
    path = pack(disk, str(tmp_path / "000.zip"))
    with zipfile.ZipFile(path, "a") as out:
        for name in ("../../outside", "/etc/outside", "tile/../../outside",
                     "tile/data/../data/000", "C:\\outside", "a\0b", ""):
            out.writestr(zipfile.ZipInfo(name or "x"), b"no")
    complete(scan(work, disk, where=[path]), disk)
    assert sorted(os.listdir(tmp_path)) == ["000.zip", "records.jsonl"]


def test_double_names(work, disk, tmp_path):
    """Of two members of one name the first one counts."""
    path = str(tmp_path / "000.zip")

    def change(name, body):
        yield name, body, STORED
        if name == "tile/data/001":
            yield name, b"something else", STORED

    pack(disk, path)
    with pytest.warns(UserWarning):
        repack(path, change)
    complete(scan(work, disk, where=[path]), disk)


@pytest.mark.parametrize("what", ["file", "folder", "inside", "checkpoint"])
def test_symbolic_link(work, spoilt, disk, what):
    """Nobody knows who made the folder: links in it are not followed."""
    name = {"file": "tile/data/001", "folder": "tile/data",
            "inside": "tile/data/001", "checkpoint": "checkpoint"}[what]
    os.rename(spoilt.path(name), spoilt.path("moved"))
    os.symlink("../../moved" if what == "inside" else disk.path(name),
               spoilt.path(name))
    fails(quick(work, spoilt), 65, "symbolic link")


def test_link_to_the_folder(work, disk, tmp_path):
    """What the user names may be a link."""
    os.symlink(disk.folder, tmp_path / "link")
    complete(scan(work, disk, where=[tmp_path / "link"]), disk)


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_no_plain_file(work, spoilt, make):
    """A folder or a pipe where a tile should be."""
    os.remove(spoilt.path("tile/data/001"))
    make(spoilt.path("tile/data/001"))
    fails(quick(work, spoilt), 65, "tile/data/001", "not a plain file")


def test_huge_file(work, spoilt):
    """A file larger than any tile."""
    with open(spoilt.path("tile/data/001"), "r+b") as file:
        file.truncate(1 << 40)
    fails(quick(work, spoilt), 65, "tile/data/001")


# --- the command line --------------------------------------------------------

@pytest.mark.parametrize("more, word", [
    (("--log-url", "https://ct.example.com/"), "--log-dir"),
    (("--log-list", "chrome"), "--log-dir"), (("--log", "x"), "--log-dir"),
    (("--log-api", "rfc6962"), "--log-api")])
def test_usage(work, disk, more, word):
    """What does not go with it."""
    fails(scan(work, disk, *more), 64, word)


def test_scheme_is_ours_alone(work, disk):
    """Nobody outside can name a file by URL."""
    for url in ("shelf:/", "shelf:/checkpoint", "SHELF:/", "file:///etc/"):
        work.run("backfill", "--log-url", url, "--log-key", disk.key,
                 "--records", work.records()).expect(64)
