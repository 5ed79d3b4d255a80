"""A log: its entries and heads, its options, and the truth about it.

Entries that were appended are served once a head that covers them has been
published, not before.
"""
import base64
import collections
import os
import time

from . import entry as entries
from .faults import FaultBook
from .keys import LogKey, log_signature_line, strange_lines, \
    tree_head_message
from .tree import Tree, partial_tiles

OPTIONS = {
    "page": 256,         # get-entries: most entries in a reply
    "align": True,       # get-entries: full pages end at multiples of page
    "gzip": "auto",      # data tiles: auto, always, never, headerless
    "vanish": True,      # a partial tile is gone once the full one is there
    "strange": True,     # checkpoints: lines that must be skipped
    "operator": "Fake Operator",
    "description": None,
    "mmd": 86400,
    "leaf_index": True,  # else entries have none, as in RFC 6962 logs
}


# Characters of a member that nobody asked for, in front of each head.
PAD = int(os.environ.get("FAKELOG_PAD", "0"))


class Head:
    """A signed tree head, as an STH and as a checkpoint."""

    def __init__(self, log, size, root, timestamp, origin=None):
        self.size = size
        self.root = root
        self.timestamp = timestamp
        self.origin = origin or log.origin
        self.extension = ""
        self.log_id = log.key.log_id
        self.lines = strange_lines(self.origin) \
            if log.options["strange"] else []
        self.signature = log.key.sign(
            tree_head_message(timestamp, size, root))

    def sth(self):
        """The reply of get-sth."""
        more = {"pad": "A" * PAD} if PAD else {}
        return {**more, "tree_size": self.size, "timestamp": self.timestamp,
                "sha256_root_hash": base64.b64encode(self.root).decode(),
                "tree_head_signature":
                    base64.b64encode(self.signature).decode()}

    def own_line(self):
        """The log's own signature line."""
        return log_signature_line(self.origin, self.log_id, self.timestamp,
                                  self.signature)

    def checkpoint(self):
        """The signed note, our own line neither first nor last."""
        lines = list(self.lines)
        lines.insert(len(lines) // 2, self.own_line())
        return "%s\n%d\n%s\n%s\n%s" % (
            self.origin, self.size, base64.b64encode(self.root).decode(),
            self.extension and self.extension + "\n", "".join(lines))


class Log:
    """One log with one tree."""

    def __init__(self, name, mint, base_url, spec):
        self.name = name
        self.mint = mint
        self.options = dict(OPTIONS)
        self.set_options(spec)
        self.key = spec.get("key_object") or LogKey(spec.get("key", "p256"))
        self.prefix = "/" + name if name else ""
        self.base_url = base_url
        self.origin = spec.get("origin") or \
            self.url("static").split("://")[1].rstrip("/")
        self.step = spec.get("step_ms", 1)
        self.clock = spec.get("begin_ms")
        self.times = collections.deque(spec.get("times_ms", ()))
        self.tree = Tree()
        self.entries = []
        self.heads = []
        self.partials = set()
        self.issuers = {}
        self.faults = FaultBook(spec.get("seed", 1))
        self.journal = []
        self.served = collections.Counter()
        self.fillers = 0
        self.publish()

    def set_options(self, spec):
        """Take the options out of the description; others are left."""
        self.options.update((k, v) for k, v in spec.items() if k in OPTIONS)

    def url(self, api):
        """The base URL of a protocol, with its final slash."""
        return "%s%s/%s/" % (self.base_url, self.prefix, api)

    @property
    def head(self):
        """The newest published head."""
        return self.heads[-1]

    def publish(self, size=None):
        """Sign a head over the first `size` entries (all, if not given)."""
        size = len(self.tree) if size is None else size
        now = int(time.time() * 1000)
        if self.heads:
            now = max(now, self.head.timestamp + 1)
        self.heads.append(Head(self, size, self.tree.root(size), now))
        self.partials.update((level, number, width) for (level, number),
                             width in partial_tiles(size).items())
        return self.head

    def append(self, specs):
        """Add what the descriptions ask for; returns the new entries, other
        than fillers."""
        new = []
        for spec in specs:
            if "filler" in spec:
                self._append_filler(spec["filler"])
            else:
                new += self._append_spec(spec)
        return new

    def _append_filler(self, count):
        for _ in range(count):
            kind = (entries.PRECERT, entries.X509)[self.fillers % 2]
            minted = self.mint.filler(self.fillers // 2)
            self._add(entries.of_minted(
                len(self.entries), self._tick(), minted, kind))
            self.fillers += 1

    def _append_spec(self, spec):
        chain = self.mint.authorities[0].chain
        if "malformed" in spec:
            return [self._add(entries.malformed(
                len(self.entries), self._tick(), spec["malformed"], chain))]
        if "der" in spec:
            added = [self._add(entries.of_der(
                len(self.entries), self._tick(),
                base64.b64decode(spec["der"]), chain))]
        else:
            minted = self.mint.mint(spec)
            kinds = {"pair": (entries.PRECERT, entries.X509),
                     "precert": (entries.PRECERT,),
                     "final": (entries.X509,)}[spec.get("log", "pair")]
            added = [self._add(entries.of_minted(
                len(self.entries), self._tick(), minted, kind).saying(
                    spec.get("leaf_index_off", 0)))
                for kind in kinds]
        for entry in added:
            entry.plants = spec.get("plants", [])
        return added

    def _tick(self):
        """The next entry's timestamp: given one by one, or every step, or
        the clock's."""
        if self.times:
            return self.times.popleft()
        if self.clock is None:
            return int(time.time() * 1000)
        self.clock += self.step
        return self.clock

    def _add(self, entry):
        if not self.options["leaf_index"]:
            entry.unindexed()
        self.entries.append(entry)
        self.tree.append(entry.hash)
        for certificate in entry.chain:
            if certificate not in self.issuers:
                self.issuers[certificate] = None
        return entry

    def copy_entries(self, other, size):
        """Begin with the first entries of another log (for a split view)."""
        for entry in other.entries[:size]:
            self._add(entry)

    def truth(self, everything=False):
        """What is known of the entries: those planted, or all."""
        return [e.truth() for e in self.entries
                if everything or e.plants or e.malformed]

    def describe(self):
        """The log, as the control endpoint shows it."""
        return {"name": self.name, "static": self.url("static"),
                "rfc6962": self.url("rfc6962"), "origin": self.origin,
                "key_pem": self.key.pem,
                "log_id": base64.b64encode(self.key.log_id).decode(),
                "entries": len(self.entries), "size": self.head.size,
                "root": base64.b64encode(self.head.root).decode(),
                "timestamp": self.head.timestamp,
                "served": dict(self.served)}

    def list_entry(self, api):
        """The log in a log list (version 3 schema)."""
        out = {"description": self.options["description"] or
               "%s %s" % (self.name or "fakelog", api),
               "log_id": base64.b64encode(self.key.log_id).decode(),
               "key": base64.b64encode(self.key.spki).decode(),
               "mmd": self.options["mmd"],
               "state": {"usable": {"timestamp": "2026-01-01T00:00:00Z"}}}
        if api == "static":
            out["submission_url"] = "http://%s/" % self.origin
            out["monitoring_url"] = self.url("static")
        else:
            out["url"] = self.url("rfc6962")
        return out
