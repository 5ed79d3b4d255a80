"""What must be true of a store and of what was delivered from it.

Shares no code with the program: the store is read with Python's sqlite3, and
judged by what the fake log knows. What is wrong is told in sentences; an empty
list means that all is well.

    I1  every log is read from 0 to its head, without a hole
    I2  the root of what was read is the root that the log signed
    I3  every planted match is one exposure, seen at its places, delivered
    I4  the alerts delivered are those planted, and repeated within bounds
"""
import base64
import collections
import hashlib
import json
import os
import shutil
import sqlite3
import struct
import tempfile

EXPOSURE = "dev.indelible.exposure.v1"
DELIVERED = 1


def connect(path):
    """The store, to be read only."""
    store = sqlite3.connect("file:%s?mode=ro" % path, uri=True, timeout=10)
    store.row_factory = sqlite3.Row
    return store


def intact(path):
    """What SQLite finds wrong with a copy of the store, taken as it lies."""
    with tempfile.TemporaryDirectory(prefix="crash-") as place:
        copy = os.path.join(place, "copy.db")
        shutil.copy(path, copy)
        if os.path.exists(path + "-wal"):
            shutil.copy(path + "-wal", copy + "-wal")
        store = sqlite3.connect(copy)
        found = [row[0] for row in store.execute("PRAGMA integrity_check")]
        found += ["foreign key: %s" % (row,) for row in
                  store.execute("PRAGMA foreign_key_check")]
        store.close()
    return ["damaged: " + what for what in found if what != "ok"]


def root_of(saved):
    """(begin, end, root) of a compact range as the store keeps it."""
    begin, end = struct.unpack(">QQ", saved[:16])
    nodes = [saved[at:at + 32] for at in range(16, len(saved), 32)]
    if not nodes:
        return begin, end, hashlib.sha256(b"").digest()
    root = nodes.pop()
    while nodes:
        root = hashlib.sha256(b"\1" + nodes.pop() + root).digest()
    return begin, end, root


class Ledger:
    """The file of a jsonl sink."""

    def __init__(self, path):
        self.events = []
        self.broken = 0
        try:
            with open(path, "rb") as lines:
                for line in lines:
                    self._take(line)
        except FileNotFoundError:
            pass
        self.ids = collections.Counter(
            e["id"] for e in self.events if e["type"] == EXPOSURE)

    def _take(self, line):
        try:
            self.events.append(json.loads(line))
        except ValueError:
            self.broken += 1

    @property
    def repeated(self):
        """How many lines more than ids."""
        return sum(self.ids.values()) - len(self.ids)


class Truth:
    """What the logs know: `logs` as the fake log describes them, each with
    its planted entries under "truth", and {id of an alert: entries}."""

    def __init__(self, logs, ids):
        self.logs = logs
        self.ids = ids


def all_done(path, truth):
    """Whether all is followed to its head, proven and delivered."""
    store = connect(path)
    try:
        done = {bytes(row["log_id"]): row["proven_to"] for row in
                store.execute("SELECT log_id, proven_to FROM stretch "
                              "JOIN log ON log.id = stretch.log "
                              "WHERE job = 0")}
        waiting, = store.execute(
            "SELECT count(*) FROM outbox WHERE state = 0").fetchone()
        return waiting == 0 and all(
            done.get(base64.b64decode(log["log_id"])) == log["size"]
            for log in truth.logs)
    finally:
        store.close()


def check_store(path, truth):
    """I1 to I3, and what SQLite says."""
    wrong = intact(path)
    store = connect(path)
    try:
        for log in truth.logs:
            wrong += _check_log(store, log)
        wrong += _check_exposures(store, truth)
    finally:
        store.close()
    return wrong


def _check_log(store, log):
    row = store.execute("SELECT * FROM log WHERE log_id = ?", (
        base64.b64decode(log["log_id"]),)).fetchone()
    if row is None:
        return ["I1: log %s is not in the store" % log["name"]]
    wrong = []
    root = base64.b64decode(log["root"])
    if row["proven_size"] != log["size"] or row["proven_root"] != root:
        wrong.append("I2: the proven head of %s is of %d entries" % (
            log["name"], row["proven_size"]))
    stretches = store.execute(
        "SELECT * FROM stretch WHERE log = ?", (row["id"],)).fetchall()
    if not stretches:
        wrong.append("I1: nothing of %s was read" % log["name"])
    for stretch in stretches:
        wrong += ["%s job %d: %s" % (log["name"], stretch["job"], what)
                  for what in _check_stretch(store, stretch, log)]
    return wrong


def _check_stretch(store, stretch, log):
    if not (stretch["begin_at"] == 0 and stretch["read_to"] ==
            stretch["proven_to"] == log["size"]):
        return ["I1: read from %d to %d, proven to %d, of %d" % (
            stretch["begin_at"], stretch["read_to"], stretch["proven_to"],
            log["size"])]
    wrong = []
    for tree in ("tree", "tree_proven"):
        if root_of(stretch[tree]) != (0, log["size"],
                                      base64.b64decode(log["root"])):
            wrong.append("I2: %s has another root" % tree)
    seen = {(row["ix"], row["timestamp_ms"],
             base64.b64encode(row["leaf_hash"]).decode()): row["verified"]
            for row in store.execute(
                "SELECT * FROM sighting WHERE stretch = ?",
                (stretch["id"],))}
    planted = {(entry["index"], entry["timestamp"], entry["leaf_hash"])
               for entry in log["truth"] if entry["plants"]}
    if set(seen) != planted:
        wrong.append("I3: %d planted entries not seen, %d too many" % (
            len(planted - set(seen)), len(set(seen) - planted)))
    if not all(seen.values()):
        wrong.append("I3: sightings that were never verified")
    return wrong


def _check_exposures(store, truth):
    have = collections.Counter(row["id"].hex() for row in
                               store.execute("SELECT id FROM exposure"))
    wrong = []
    if set(have) != set(truth.ids) or max(have.values(), default=1) > 1:
        wrong.append("I3: %d exposures lost, %d too many" % (
            len(set(truth.ids) - set(have)), len(set(have) -
                                                 set(truth.ids))))
    sent = store.execute(
        "SELECT count(*) FROM outbox WHERE exposure IS NOT NULL AND "
        "state = ? AND held = 0", (DELIVERED,)).fetchone()[0]
    if sent != len(truth.ids):
        wrong.append("I3: %d of %d are settled" % (sent, len(truth.ids)))
    return wrong


def check_ledger(path, truth, kills, in_flight):
    """I4: each kill may repeat what was in flight, and cut one line."""
    ledger = Ledger(path)
    wrong = []
    lost = set(truth.ids) - set(ledger.ids)
    if lost:
        wrong.append("I3: %d alerts were never delivered" % len(lost))
    if set(ledger.ids) - set(truth.ids):
        wrong.append("I4: alerts that nobody planted")
    if ledger.repeated > kills * in_flight:
        wrong.append("I4: %d lines repeated after %d kills" % (
            ledger.repeated, kills))
    if ledger.broken > kills:
        wrong.append("I4: %d lines cut by %d kills" % (
            ledger.broken, kills))
    return wrong
