"""Faults: which request is to go wrong, and how.

A fault is a dict with a kind and, if wanted: glob (on the path below the
log, as "static/tile/data/*"), on (what is asked for), api, after (requests
spared first), count (how often; no end without it), probability, and the
arguments of its kind:

in the answer's meaning
  wrong-root       a validly signed head over another root
  fork             the same, by turns with the true head
  bad-signature    a head whose signature is not the log's
  other-origin     a checkpoint under another name (origin)
  rollback         an older head (size), its root true or not (honest)
  cached           a head as it was served once, one of the last `back`
  size-jump        a head over a tree that cannot be (size)
  future           a head from a time to come (ms)
  stale            a head whose timestamp is `ms` old
  restamp          the same tree signed anew each time it is asked for
  grease           a checkpoint with `lines` signature lines of strangers,
                   `own` more of the log's own, and an `extension` line
  view             another log (log) answers in this one's place
  short            get-entries gives n entries at most
  zero             no entry, or an empty tile
  extra            n entries more than were asked for
  swap             entries `index` and the next one in each other's place
  leaf-index       the leaf_index of an entry (index) is wrong by `delta`
  flip             one bit of an entry's leaf (index, offset) is wrong
  flip-hash        one bit of a hash tile or of a proof is wrong
  broken-tile      a data tile's framing (how: truncated, trailing, type,
                   width, issuers)
  missing-partial  partial tiles are not there

on the way
  status           another status (code, retry_after: seconds, "date" or any
                   text; text)
  stall            half an answer, then silence (seconds)
  slow             silence, then an answer (seconds)
  loris            header lines without end, one each `seconds`
  headers          `lines` header lines of `size` bytes before the answer
  drip             a few bytes at a time (bytes, seconds)
  reset            the connection is reset
  truncate         the connection ends in mid-body
  length           Content-Length is wrong (delta)
  bomb             gzip that unpacks to `size` bytes
  huge             a body of `size` bytes (seconds between 64 KiB)
  html, garbage    200 with something else
  body             200 with this `text` or these bytes (hex)
  json             a JSON body bent: how stands in badjson.py
  redirect         to `location` (code)
"""
import fnmatch
import itertools
import random

HEAD = {"wrong-root", "fork", "bad-signature", "other-origin", "rollback",
        "cached", "size-jump", "future", "stale", "restamp", "grease"}
ANSWER = {"view": None, "short": {"entries"}, "zero": {"entries", "data"},
          "extra": {"entries"}, "flip": {"entries", "data"},
          "swap": {"entries", "data"}, "leaf-index": {"entries", "data"},
          "flip-hash": {"hash", "proof"}, "broken-tile": {"data"},
          "missing-partial": {"data", "hash"}}
ANSWER.update((kind, {"head"}) for kind in HEAD)
TRANSPORT = {"status", "stall", "slow", "drip", "reset", "truncate",
             "length", "bomb", "huge", "html", "garbage", "redirect",
             "loris", "headers", "body", "json"}
WHEN = ("glob", "on", "api", "after", "count", "probability")


class Fault:
    """One thing that goes wrong."""

    def __init__(self, number, spec):
        self.number = number
        self.kind = spec["kind"]
        if self.kind not in ANSWER and self.kind not in TRANSPORT:
            raise ValueError("no such fault: %s" % self.kind)
        on = spec.get("on")
        self.on = ({on} if isinstance(on, str) else set(on)) if on \
            else ANSWER.get(self.kind)
        self.glob = spec.get("glob", "*")
        self.api = spec.get("api")
        self.after = spec.get("after", 0)
        self.count = spec.get("count")
        self.probability = spec.get("probability", 1.0)
        self.args = {k: v for k, v in spec.items()
                     if k not in WHEN and k != "kind"}
        self.hits = 0

    @property
    def transport(self):
        """Whether it strikes on the way, not in the meaning."""
        return self.kind in TRANSPORT

    def get(self, name, default=None):
        """An argument of its kind."""
        return self.args.get(name, default)

    def strikes(self, ask, dice):
        """Whether this request is hit; keeps count."""
        if self.on is not None and ask.what not in self.on:
            return False
        if self.kind == "missing-partial" and not ask.partial:
            return False
        if self.api not in (None, ask.api):
            return False
        if not fnmatch.fnmatchcase(ask.path, self.glob):
            return False
        if self.count is not None and self.hits >= self.count:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if dice.random() >= self.probability:
            return False
        self.hits += 1
        return True

    def describe(self):
        """The fault as JSON."""
        return {"id": self.number, "kind": self.kind, "hits": self.hits,
                "glob": self.glob, "left": None if self.count is None
                else self.count - self.hits}


class FaultBook:
    """The faults of a log."""

    def __init__(self, seed):
        self.faults = []
        self.dice = random.Random(seed)
        self.numbers = itertools.count(1)

    def add(self, spec):
        """Arm a fault; returns it."""
        fault = Fault(next(self.numbers), spec)
        self.faults.append(fault)
        return fault

    def clear(self, number=None):
        """Disarm one, or all."""
        self.faults = [f for f in self.faults
                       if number is not None and f.number != number]

    def pick(self, ask):
        """(the faults of the meaning, the one on the way or None)."""
        struck = []
        on_the_way = None
        for fault in self.faults:
            if fault.transport and on_the_way:
                continue
            if fault.strikes(ask, self.dice):
                if fault.transport:
                    on_the_way = fault
                else:
                    struck.append(fault)
        return struck, on_the_way
