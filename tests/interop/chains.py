"""Chains that a log accepts, and the timestamps that it answers with.

The certificates are those of the fake log's mint, signed in earnest. What a
log says of a chain (RFC 6962 3.2, 4.1, and static-ct-api for the leaf_index)
is checked here with the Python library alone.
"""
import base64
import hashlib
import struct

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.fakelog import der
from tests.fakelog.entry import PRECERT, X509, leaf_index, of_minted, \
    u16, u24
from tests.fakelog.mint import ECDSA_SHA256, Mint, filler_spec

KINDS = {"pair": (PRECERT, X509), "precert": (PRECERT,), "final": (X509,)}


class SigningMint(Mint):
    """The mint, with signatures that verify."""

    def seal(self, tbs, issuer):
        signature = issuer.private.sign(tbs, ec.ECDSA(hashes.SHA256()))
        return der.seq(tbs, ECDSA_SHA256, der.bits(signature))

    def filler(self, number):
        return self.mint(filler_spec(number))


class WebMint(SigningMint):
    """With the key usage that logs for the web ask for."""

    def mint(self, spec):
        usages = spec.get("eku", [])
        if "serverAuth" not in usages:
            spec = dict(spec, eku=["serverAuth"] + usages)
        return super().mint(spec)


class Submission:
    """One chain for add-chain or add-pre-chain."""

    def __init__(self, minted, kind, plants):
        self.minted = minted
        self.kind = kind
        self.plants = plants

    @property
    def endpoint(self):
        """Where it is sent."""
        return "add-pre-chain" if self.kind == PRECERT else "add-chain"

    def body(self):
        """The request, as JSON would have it."""
        leaf = self.minted.precertificate if self.kind == PRECERT \
            else self.minted.final
        return {"chain": [base64.b64encode(der_bytes).decode()
                          for der_bytes in [leaf] + self.minted.issuer.chain]}

    def signed(self, timestamp, extensions):
        """What the log's signature is over (RFC 6962 3.2)."""
        logged = u24(self.minted.final) if self.kind == X509 else \
            self.minted.issuer.key_hash + u24(self.minted.tbs)
        return struct.pack(">BBQH", 0, 0, timestamp, self.kind) + \
            logged + u16(extensions)

    def entry(self, index, timestamp):
        """The entry that it has become, as the fake log would have it."""
        entry = of_minted(index, timestamp, self.minted, self.kind)
        entry.plants = self.plants
        return entry


def submissions(mint, specs):
    """What descriptions (as of the fake log) give; every other filler is a
    precertificate."""
    out = []
    for spec in specs:
        if "filler" in spec:
            out += [Submission(mint.filler(number // 2), number % 2 == 0, [])
                    for number in range(spec["filler"])]
            continue
        minted = mint.mint(spec)
        out += [Submission(minted, kind, spec.get("plants", []))
                for kind in KINDS[spec.get("log", "pair")]]
    return out


def check_timestamp(submission, answer, log_key):
    """Verify a signed certificate timestamp; the entry's index."""
    spki = log_key.public_bytes(
        serialization.Encoding.DER,
        serialization.PublicFormat.SubjectPublicKeyInfo)
    assert answer["sct_version"] == 0
    assert base64.b64decode(answer["id"]) == hashlib.sha256(spki).digest()
    extensions = base64.b64decode(answer["extensions"])
    signature = base64.b64decode(answer["signature"])
    assert signature[:2] == b"\4\3"
    assert struct.unpack(">H", signature[2:4])[0] == len(signature) - 4
    log_key.verify(signature[4:], submission.signed(
        answer["timestamp"], extensions), ec.ECDSA(hashes.SHA256()))
    index = int.from_bytes(extensions[3:], "big")
    assert extensions == leaf_index(index)
    return index
