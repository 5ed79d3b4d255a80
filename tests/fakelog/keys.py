"""Keys: what signs a log's heads, and certificates for HTTPS.

The signed tree head of RFC 6962 3.5 and the signed note of static-ct-api
carry the same signature.
"""
import base64
import datetime
import hashlib
import ipaddress
import os
import ssl
import struct
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

SHA256_ECDSA = b"\4\3"
SHA256_RSA = b"\4\1"
PEM = serialization.Encoding.PEM
DER = serialization.Encoding.DER
SPKI = serialization.PublicFormat.SubjectPublicKeyInfo


def spki(public_key, encoding=DER):
    """A public key as SubjectPublicKeyInfo."""
    return public_key.public_bytes(encoding, SPKI)


class LogKey:
    """A log's key pair: ECDSA P-256 ("p256") or RSA ("rsa")."""

    def __init__(self, kind="p256"):
        self.kind = kind
        if kind == "rsa":
            self.private = rsa.generate_private_key(65537, 2048)
        elif kind == "p256":
            self.private = ec.generate_private_key(ec.SECP256R1())
        else:
            raise ValueError("key: choose p256 or rsa")
        self.spki = spki(self.private.public_key())
        self.pem = spki(self.private.public_key(), PEM).decode()
        self.log_id = hashlib.sha256(self.spki).digest()

    def sign(self, message):
        """The DigitallySigned structure over the message."""
        if self.kind == "rsa":
            raw = self.private.sign(message, padding.PKCS1v15(),
                                    hashes.SHA256())
            return SHA256_RSA + struct.pack(">H", len(raw)) + raw
        raw = self.private.sign(message, ec.ECDSA(hashes.SHA256()))
        return SHA256_ECDSA + struct.pack(">H", len(raw)) + raw


def tree_head_message(timestamp, size, root):
    """The 50 signed bytes of a tree head (RFC 6962 3.5)."""
    return b"\0\1" + struct.pack(">QQ", timestamp, size) + root


def note_key_id(name, kind, material):
    """The first four bytes of a key's hash in a signed note."""
    return hashlib.sha256(name.encode() + b"\n" + bytes((kind,)) +
                          material).digest()[:4]


def note_line(name, key_id, body):
    """A signature line of a signed note."""
    return "\u2014 %s %s\n" % (name, base64.b64encode(key_id + body).decode())


def log_signature_line(origin, log_id, timestamp, signature):
    """The line with the log's own signature (RFC6962NoteSignature)."""
    return note_line(origin, note_key_id(origin, 5, log_id),
                     struct.pack(">Q", timestamp) + signature)


def strange_lines(origin):
    """Lines that a reader must skip: grease, another key of the same name,
    a witness's cosignature, and one with an ML-DSA-44 signature."""
    return [
        note_line("grease.invalid", os.urandom(4), os.urandom(41)),
        note_line(origin, os.urandom(4), os.urandom(64)),
        note_line("witness.example/w1", os.urandom(4), os.urandom(72)),
        note_line("witness.example/w2", os.urandom(4), os.urandom(2428)),
    ]


def grease_lines(origin, count):
    """Many signature lines of many strangers, of all sizes."""
    return [note_line("grease-%d.invalid" % i if i % 3 else origin,
                      os.urandom(4), os.urandom(1 + i * 37 % 3000))
            for i in range(count)]


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class TlsAuthority:
    """A certification authority for HTTPS, made anew each time."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = _name("fakelog TLS CA")
        self.now = datetime.datetime.now(datetime.timezone.utc)
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        self.certificate = self._certificate(
            self.name, self.key, self.now + datetime.timedelta(days=30),
            [(constraints, True)])
        self.pem = self.certificate.public_bytes(PEM).decode()

    def _certificate(self, subject, key, until, extensions, signer=None):
        signer = signer or self.key
        builder = (x509.CertificateBuilder().subject_name(subject)
                   .issuer_name(self.name if signer is self.key else subject).public_key(key.public_key())
                   .serial_number(x509.random_serial_number())
                   .not_valid_before(self.now - datetime.timedelta(days=9))
                   .not_valid_after(until))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(signer, hashes.SHA256())

    def server_pem(self, how):
        """Key and certificate: "valid", "expired", "wrong-host" or
        "self-signed"."""
        key = ec.generate_private_key(ec.SECP256R1())
        days = -1 if how == "expired" else 30
        names = [x509.DNSName("elsewhere.example")] \
            if how == "wrong-host" else \
            [x509.DNSName("localhost"),
             x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        certificate = self._certificate(
            _name("fakelog"), key, self.now + datetime.timedelta(days=days),
            [(x509.SubjectAlternativeName(names), False)],
            key if how == "self-signed" else self.key)
        return key.private_bytes(
            PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()) + certificate.public_bytes(PEM)

    def context(self, how):
        """A server's SSL context, with server_pem(how)."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.renew(context, how)
        return context

    def renew(self, context, how):
        """Another key and certificate for an SSL context."""
        with tempfile.NamedTemporaryFile(prefix="fakelog-") as file:
            file.write(self.server_pem(how))
            file.flush()
            context.load_cert_chain(file.name)
