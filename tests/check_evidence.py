#!/usr/bin/python3
"""Check the evidence that an alert's certificate stands in a log.

    tests/check_evidence.py DIR...

reads folders that `indelible alerts evidence` has made and says of each, in
one line, what it proves, or why it is WRONG; the exit status is 0 when none
is. Nobody is trusted but the log's key, and whether that is the log's has to
be looked up in a log list: what is printed with it is its log_id.

Needs the standard library and python3-cryptography. It shares no code with
the program that writes these files, nor with tests/evidence.py, which checks
what a log did wrong: RFC 6962 and the few structures of DER that it takes
are worked out here once more.
"""
import base64
import hashlib
import json
import os
import re
import sys

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding

FILES = {"README.txt", "certificate.pem", "evidence.json", "head.sig",
         "head.tbs", "head.txt", "leaf.bin", "log-key.pem", "proof.txt"}
POISON = bytes.fromhex("060a2b06010401d679020403")


class Wrong(Exception):
    """It does not hold."""


def want(condition, why):
    """Wrong, unless the condition is true."""
    if not condition:
        raise Wrong(why)


def digest(data):
    """SHA-256."""
    return hashlib.sha256(data).digest()


# --- the tree ----------------------------------------------------------------

def root_of(leaf, index, size, path):
    """The root that the path leads to: RFC 6962 section 2.1.1 from above, for
    the path's last hash stands beside the whole way below it."""
    path = list(path)

    def climb(begin, end):
        if end - begin == 1:
            return digest(b"\0" + leaf)
        middle = begin + (1 << (end - begin - 1).bit_length() - 1)
        want(path, "the audit path is too short")
        beside = path.pop()
        if index < middle:
            return digest(b"\1" + climb(begin, middle) + beside)
        return digest(b"\1" + beside + climb(middle, end))

    want(index < size, "the tree has no such entry")
    root = climb(0, size)
    want(not path, "the audit path is too long")
    return root


# --- the signature ------------------------------------------------------------

def check_signature(key, signature, signed):
    """ECDSA or RSA, with SHA-256."""
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
        else:
            key.verify(signature, signed, padding.PKCS1v15(),
                       hashes.SHA256())
    except InvalidSignature:
        raise Wrong("head.sig is not the key's over head.tbs") from None


def check_sent(sent, tbs, signature):
    """What the log sent is the same head with the same signature."""
    if sent.startswith(b"{"):
        head = json.loads(sent)
        said = (head["timestamp"], head["tree_size"],
                base64.b64decode(head["sha256_root_hash"]))
        signed = base64.b64decode(head["tree_head_signature"])[4:]
    else:
        text, _, lines = sent.decode().partition("\n\n")
        signed = [base64.b64decode(line.split()[2])
                  for line in lines.splitlines()]
        # Key id, timestamp, two algorithms and a length stand before it.
        mine, = [each for each in signed if each[16:] == signature]
        lines = text.split("\n")
        said = (int.from_bytes(mine[4:12], "big"), int(lines[1]),
                base64.b64decode(lines[2]))
        signed = signature
    time, size, root = said
    want(tbs[2:] == time.to_bytes(8, "big") + size.to_bytes(8, "big") + root,
         "head.txt is another head")
    want(signed == signature, "head.txt has another signature")


# --- the entry ------------------------------------------------------------------

def item(data, at):
    """(tag, begin of the content, end) of a DER item."""
    tag, length, begin = data[at], data[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7f
        length = int.from_bytes(data[begin:begin + count], "big")
        begin += count
    want(begin + length <= len(data), "cut DER")
    return tag, begin, begin + length


def wrapped(tag, content):
    """An item of DER."""
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def parts(data, begin, end):
    """The items in a content, as bytes."""
    out = []
    while begin < end:
        after = item(data, begin)[2]
        out.append(data[begin:after])
        begin = after
    return out


def without_poison(tbs):
    """A TBSCertificate without the mark of a precertificate."""
    _, begin, end = item(tbs, 0)
    out = []
    for part in parts(tbs, begin, end):
        if part[0] == 0xa3:
            _, at, _ = item(part, 0)
            _, first, last = item(part, at)
            kept = [each for each in parts(part, first, last)
                    if POISON not in each[:20]]
            part = wrapped(0xa3, wrapped(0x30, b"".join(kept)))
        out.append(part)
    return wrapped(0x30, b"".join(out))


def check_leaf(leaf, certificate, stated):
    """The leaf is of this certificate; its timestamp in ms."""
    want(leaf[:2] == b"\0\0", "leaf.bin is no MerkleTreeLeaf of version 1")
    kind = int.from_bytes(leaf[10:12], "big")
    want(kind == (1 if stated["precertificate"] else 0),
         "it is of another type")
    at = 12 + 32 * kind
    size = int.from_bytes(leaf[at:at + 3], "big")
    body = leaf[at + 3:at + 3 + size]
    der = certificate.public_bytes(serialization.Encoding.DER)
    if kind == 0:
        want(body == der, "leaf.bin has another certificate")
    else:
        want(body == without_poison(certificate.tbs_certificate_bytes),
             "leaf.bin has another TBSCertificate")
    rest = leaf[at + 3 + size:]
    want(int.from_bytes(rest[:2], "big") == len(rest) - 2,
         "leaf.bin does not end where it should")
    return int.from_bytes(leaf[2:10], "big")


# --- all of it -------------------------------------------------------------------

def check(folder):
    """What a folder proves, in words; Wrong when it does not hold."""
    want(set(os.listdir(folder)) >= FILES, "files are missing")
    content = {}
    for name in FILES:
        with open(os.path.join(folder, name), "rb") as file:
            content[name] = file.read()
    stated = json.loads(content["evidence.json"])
    key = serialization.load_pem_public_key(content["log-key.pem"])
    log_id = digest(key.public_bytes(
        serialization.Encoding.DER,
        serialization.PublicFormat.SubjectPublicKeyInfo))
    want(base64.b64decode(stated["log_id"]) == log_id,
         "the key is another log's")
    tbs = content["head.tbs"]
    want(len(tbs) == 50 and tbs[:2] == b"\0\1", "head.tbs is no tree head")
    size = int.from_bytes(tbs[10:18], "big")
    check_signature(key, content["head.sig"], tbs)
    check_sent(content["head.txt"], tbs, content["head.sig"])
    want(stated["tree_size"] == size, "the tree has another size")
    leaf = content["leaf.bin"]
    want(base64.b64decode(stated["leaf_hash"]) == digest(b"\0" + leaf),
         "leaf.bin has another hash")
    path = [bytes.fromhex(line)
            for line in content["proof.txt"].decode().split()]
    want(path == [base64.b64decode(each) for each in stated["audit_path"]],
         "two audit paths")
    want(root_of(leaf, stated["index"], size, path) == tbs[18:],
         "the entry is not in the signed tree")
    certificate = x509.load_pem_x509_certificate(content["certificate.pem"])
    logged = check_leaf(leaf, certificate, stated)
    want(re.search(r"^Log ID: +%s$" % re.escape(stated["log_id"]),
                   content["README.txt"].decode(), re.M),
         "the README is of another log")
    return "entry %d of %s (log_id %s) is certificate %s, logged at %d ms" % (
        stated["index"], stated["log_name"], stated["log_id"],
        certificate.fingerprint(hashes.SHA256()).hex(), logged)


def main(folders):
    """One line for each; whether all hold."""
    good = True
    for folder in folders:
        try:
            print("%s: proven: %s" % (folder, check(folder)))
        except (Wrong, OSError, ValueError, KeyError, IndexError, TypeError,
                OverflowError) as wrong:
            print("%s: WRONG: %s" % (folder, wrong))
            good = False
    return good and bool(folders)


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1:]) else 1)
