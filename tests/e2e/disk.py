"""A log on disk: its tiles as files and in archives (geomys/ct-archive), whole
and with everything that can be wrong with them.
"""
import contextlib
import gzip
import json
import os
import shutil
import zipfile

from tests.fakelog.files import write_log
from tests.fakelog.keys import LogKey
from tests.fakelog.log import Log
from tests.fakelog.mint import Mint
from .planted import expected_ids

ORIGIN = "retired.example/2024h1"
COMMON = ("checkpoint", "log.v3.json", "README.txt")
MINTS = []


def mint():
    """One minter for all logs: its keys take time."""
    if not MINTS:
        MINTS.append(Mint())
    return MINTS[0]


class DiskLog:
    """A log's folder, with what is true of it."""

    def __init__(self, folder, specs, **options):
        self.folder = str(folder)
        self.log = Log("", mint(), "http://127.0.0.1:1", dict(
            options, key_object=LogKey(), origin=ORIGIN))
        self.log.append(specs)
        self.log.publish()
        write_log(self.log, self.folder)
        self.put("log.v3.json", json.dumps(
            self.log.list_entry("rfc6962")).encode())
        self.put("README.txt", b"An archive.\n")
        self.key = self.folder + ".pem"
        with open(self.key, "w", encoding="ascii") as out:
            out.write(self.log.key.pem)

    @property
    def size(self):
        """Entries under the newest head."""
        return self.log.head.size

    def expected(self, begin=0, end=None):
        """The ids of the exposures in a range."""
        return sorted(expected_ids(self.log.truth(), begin, end))

    def path(self, name):
        """A file of it."""
        return os.path.join(self.folder, name)

    def put(self, name, body):
        """Write a file of it."""
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "wb") as out:
            out.write(body)

    def get(self, name):
        """A file's bytes."""
        with open(self.path(name), "rb") as file:
            return file.read()

    def names(self):
        """All its files."""
        return sorted(
            os.path.relpath(os.path.join(at, name), self.folder)
            for at, _, names in os.walk(self.folder) for name in names)

    def copy(self, folder):
        """The same log in another folder, to be spoilt."""
        other = object.__new__(DiskLog)
        other.__dict__.update(self.__dict__, folder=str(folder))
        shutil.copytree(self.folder, other.folder)
        return other

    def gzip_data(self, beside=False):
        """Data tiles become gzip, under their own name or with .gz."""
        for name in self.names():
            if name.startswith("tile/data/"):
                packed = gzip.compress(self.get(name))
                if beside:
                    os.remove(self.path(name))
                self.put(name + (".gz" if beside else ""), packed)


def data_number(name):
    """N of tile/data/N; None for other files."""
    if not name.startswith("tile/data/"):
        return None
    digits = name[len("tile/data/"):].split(".")[0]
    return int(digits.replace("x", "").replace("/", ""))


def pack(disk, path, method=zipfile.ZIP_DEFLATED, numbers=None):
    """An archive as photocamera-archiver makes them: data tiles by the
    method (those of these numbers only), everything else stored."""
    with zipfile.ZipFile(path, "w") as out:
        for name in sorted(disk.names(), key=data_of):
            number = data_number(name)
            if numbers is None or number is None or number in numbers:
                out.write(disk.path(name), name, compress_type=method
                          if number is not None
                          else zipfile.ZIP_STORED)
    return path


def data_of(name):
    """Data tiles are last in an archive."""
    return name not in COMMON, data_number(name) is not None, name


@contextlib.contextmanager
def tiny_zip64():
    """Everything is too large for the old fields of a zip archive."""
    limit, count = zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT
    zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = 10, 3
    try:
        yield
    finally:
        zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = limit, count


def member_place(path, name):
    """Where the bytes of a member are in the archive, and how many."""
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(name)
        with open(path, "rb") as file:
            file.seek(info.header_offset + 26)
            extra = file.read(4)
        begin = info.header_offset + 30 + \
            int.from_bytes(extra[:2], "little") + \
            int.from_bytes(extra[2:], "little")
        return begin, info.compress_size


def flip(path, at):
    """Turn one bit of a file."""
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1]))


def repack(path, change):
    """Write an archive anew; change(name, bytes) gives the members of each,
    as (name, bytes, method)."""
    with zipfile.ZipFile(path) as archive:
        members = [(i, archive.read(i)) for i in archive.infolist()]
    with zipfile.ZipFile(path, "w") as out:
        for info, body in members:
            for name, new, method in change(info.filename, body):
                out.writestr(name, new, compress_type=method)
