"""One log entry, and its bytes in both protocols.

The leaf (RFC 6962 3.4) is the same in both, with the leaf_index extension of
static-ct-api, so that one tree serves both.
"""
import base64
import hashlib
import os
import struct

from . import der
from .mint import POISON, SCT_LIST
from .tree import leaf_hash

X509, PRECERT = 0, 1
MALFORMED = ("type", "version", "trailing", "truncated", "garbage", "empty",
             "oversize")


def u16(body):
    """The bytes behind their length in two octets."""
    return struct.pack(">H", len(body)) + body


def u24(body):
    """The bytes behind their length in three octets."""
    return len(body).to_bytes(3, "big") + body


def leaf_index(index):
    """The CtExtensions of a static log."""
    return b"\0\0\5" + index.to_bytes(5, "big")


class Entry:
    """A leaf with what is stored beside it."""

    __slots__ = ("index", "timestamp", "kind", "leaf", "hash",
                 "precertificate", "chain", "family", "certificate",
                 "plants", "malformed")

    def __init__(self, index, timestamp, kind):
        self.index = index
        self.timestamp = timestamp
        self.kind = kind
        self.precertificate = None
        self.chain = []
        self.plants = []
        self.malformed = None
        self.family = self.certificate = None

    def seal(self, leaf):
        """Set the leaf's bytes and with them its hash."""
        self.leaf = leaf
        self.hash = leaf_hash(leaf)
        return self

    def extra_data(self):
        """extra_data of get-entries (RFC 6962 4.6)."""
        chain = u24(b"".join(u24(c) for c in self.chain))
        return (u24(self.precertificate) if self.kind == PRECERT
                else b"") + chain

    def json(self):
        """The entry as get-entries has it."""
        return {"leaf_input": base64.b64encode(self.leaf).decode(),
                "extra_data": base64.b64encode(self.extra_data()).decode()}

    def tile_leaf(self):
        """The entry as a data tile has it."""
        chain = u16(b"".join(hashlib.sha256(c).digest()
                             for c in self.chain))
        return self.leaf[2:] + (u24(self.precertificate)
                                if self.kind == PRECERT else b"") + chain

    def flipped(self, offset=None):
        """A copy with one bit of the leaf turned; the hash stays. Without
        an offset the bit is in the middle, amid the certificate."""
        other = Entry(self.index, self.timestamp, self.kind)
        for slot in ("hash", "precertificate", "chain"):
            setattr(other, slot, getattr(self, slot))
        leaf = bytearray(self.leaf)
        leaf[len(leaf) // 2 if offset is None else offset] ^= 1
        other.leaf = bytes(leaf)
        return other

    def misplaced(self, delta):
        """A copy that says it stands elsewhere; the hash stays."""
        other = self.flipped(0)
        extensions = u16(leaf_index(self.index))
        wrong = u16(leaf_index((self.index + delta) % (1 << 40)))
        assert self.leaf.endswith(extensions)
        other.leaf = self.leaf[:-len(extensions)] + wrong
        return other

    def saying(self, delta):
        """Itself, in the tree with a leaf_index that is off by delta."""
        return self.seal(self.misplaced(delta).leaf) if delta else self

    def unindexed(self):
        """Itself, in the tree without a leaf_index, as it is in the archive
        of an RFC 6962 log."""
        extensions = u16(leaf_index(self.index))
        if not self.leaf.endswith(extensions):
            return self
        return self.seal(self.leaf[:-len(extensions)] + u16(b""))

    def truth(self):
        """What is known of the entry, as JSON."""
        def text(value):
            return value.hex() if value else None
        return {"index": self.index, "timestamp": self.timestamp,
                "type": "precert" if self.kind == PRECERT else "x509",
                "leaf_hash": base64.b64encode(self.hash).decode(),
                "sha256": text(self.certificate),
                "tbs_sha256": text(self.family),
                "malformed": self.malformed, "plants": self.plants}


def _head(timestamp, kind):
    return struct.pack(">BBQH", 0, 0, timestamp, kind)


def of_minted(index, timestamp, minted, kind):
    """An entry for a minted certificate, final or precertificate."""
    entry = Entry(index, timestamp, kind)
    entry.chain = minted.issuer.chain
    entry.family = minted.family
    if kind == PRECERT:
        logged = entry.precertificate = minted.precertificate
        body = minted.issuer.key_hash + u24(minted.tbs)
    else:
        logged = minted.final
        body = u24(minted.final)
    entry.certificate = hashlib.sha256(logged).digest()
    return entry.seal(_head(timestamp, kind) + body + u16(leaf_index(index)))


def of_der(index, timestamp, certificate, chain):
    """An entry for somebody's certificate, as it is."""
    entry = Entry(index, timestamp, X509)
    entry.chain = chain
    entry.certificate = hashlib.sha256(certificate).digest()
    try:
        entry.family = hashlib.sha256(der.without_extensions(
            der.tbs_of(certificate), (POISON, SCT_LIST))).digest()
    except (ValueError, IndexError):
        entry.family = entry.certificate
    return entry.seal(_head(timestamp, X509) + u24(certificate) +
                      u16(leaf_index(index)))


def malformed(index, timestamp, how, chain):
    """An entry that is in the tree and cannot be read."""
    entry = Entry(index, timestamp, X509)
    entry.chain = chain
    entry.malformed = how
    extensions = u16(leaf_index(index))
    good = _head(timestamp, X509) + u24(b"\x30\0") + extensions
    leaf = {
        "type": lambda: _head(timestamp, 9) + good[12:],
        "version": lambda: b"\7" + good[1:],
        "trailing": lambda: good + b"more",
        "truncated": lambda: good[:-4],
        "garbage": lambda: good[:12] + u24(os.urandom(700)) + extensions,
        "empty": lambda: good[:12] + u24(b"") + extensions,
        "oversize": lambda: good[:12] + u24(bytes(0x180000)) + extensions,
    }[how]()
    return entry.seal(leaf)
