"""Minting: certification authorities, and certificates from a description.

Leaf certificates carry a signature that does not verify (no monitor checks
it), so twenty thousand of them take a second or two. A description is a dict:

subject   [[attribute, value], ...] or with a string type as third item
sans      [[form, value], ...]: dns rfc822 uri ip upn smtputf8 xmpp dirname,
          or ["other", OID, hex of the DER value]
issuer    which of the authorities, 0 to 2
eku       ["serverAuth", ...]; policies: [OID, ...]
days      validity; ca: true for a CA certificate
extra     [[OID, hex of the extension's value], ...]
serial    hex; otherwise counted
"""
import datetime
import hashlib
import ipaddress
import os

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from . import der
from .keys import spki

ATTRIBUTES = {
    "CN": "2.5.4.3", "SN": "2.5.4.4", "serialNumber": "2.5.4.5",
    "C": "2.5.4.6", "L": "2.5.4.7", "ST": "2.5.4.8", "street": "2.5.4.9",
    "O": "2.5.4.10", "OU": "2.5.4.11", "title": "2.5.4.12",
    "postalCode": "2.5.4.17", "telephoneNumber": "2.5.4.20",
    "GN": "2.5.4.42", "pseudonym": "2.5.4.65",
    "organizationIdentifier": "2.5.4.97",
    "emailAddress": "1.2.840.113549.1.9.1",
    "UID": "0.9.2342.19200300.100.1.1",
    "mail": "0.9.2342.19200300.100.1.3",
}
ATTRIBUTE_TYPES = {
    "C": "PrintableString", "serialNumber": "PrintableString",
    "emailAddress": "IA5String", "mail": "IA5String",
}
EKUS = {
    "serverAuth": "1.3.6.1.5.5.7.3.1", "clientAuth": "1.3.6.1.5.5.7.3.2",
    "codeSigning": "1.3.6.1.5.5.7.3.3",
    "emailProtection": "1.3.6.1.5.5.7.3.4",
}
OTHER_NAMES = {
    "upn": ("1.3.6.1.4.1.311.20.2.3", "UTF8String"),
    "smtputf8": ("1.3.6.1.5.5.7.8.9", "UTF8String"),
    "xmpp": ("1.3.6.1.5.5.7.8.5", "UTF8String"),
}
POISON = "1.3.6.1.4.1.11129.2.4.3"
SCT_LIST = "1.3.6.1.4.1.11129.2.4.2"
ECDSA_SHA256 = der.seq(der.oid("1.2.840.10045.4.3.2"))
TODAY = datetime.datetime.now(datetime.timezone.utc).replace(
    hour=0, minute=0, second=0, microsecond=0)


def name(attributes):
    """A Name; one attribute for each RDN."""
    rdns = []
    for attribute, value, *kind in attributes:
        kind = kind[0] if kind else \
            ATTRIBUTE_TYPES.get(attribute, "UTF8String")
        rdns.append(der.setof(der.seq(
            der.oid(ATTRIBUTES.get(attribute, attribute)),
            der.string(value, kind))))
    return der.seq(*rdns)


def general_name(form, value, *more):
    """A GeneralName as in `sans`."""
    if form in OTHER_NAMES:
        kind, string_type = OTHER_NAMES[form]
        return der.explicit(0, der.oid(kind), der.explicit(
            0, der.string(value, string_type)))
    if form == "other":
        return der.explicit(0, der.oid(value), der.explicit(
            0, bytes.fromhex(more[0])))
    if form == "dirname":
        return der.explicit(4, name(value))
    if form == "ip":
        return der.implicit(7, ipaddress.ip_address(value).packed)
    number = {"rfc822": 1, "dns": 2, "uri": 6}[form]
    return der.implicit(number, value.encode())


def extension(dotted, value, critical=False):
    """An Extension around the value's DER."""
    flag = [der.boolean(True)] if critical else []
    return der.seq(der.oid(dotted), *flag, der.octets(value))


def sct_list():
    """A list of two timestamps of unknown logs, in its OCTET STRING."""
    scts = b""
    for _ in range(2):
        sct = b"\0" + os.urandom(40) + b"\0\0\4\3\0\x08" + os.urandom(8)
        scts += len(sct).to_bytes(2, "big") + sct
    return der.octets(len(scts).to_bytes(2, "big") + scts)


class Authority:
    """A CA with its certificate; the issuer of what is minted."""

    def __init__(self, attributes, parent=None):
        key = ec.generate_private_key(ec.SECP256R1())
        self.private = key
        self.name = name(attributes)
        self.spki = spki(key.public_key())
        self.key_hash = hashlib.sha256(self.spki).digest()
        self.key_id = hashlib.sha1(self.spki).digest()
        self.parent = parent
        self.certificate = self._certificate(parent or self)
        self.chain = [self.certificate] + (parent.chain if parent else [])

    def _certificate(self, signer):
        span = datetime.timedelta(days=3650)
        tbs = der.seq(
            der.explicit(0, der.integer(2)),
            der.integer(int.from_bytes(self.key_id[:8], "big")),
            ECDSA_SHA256, signer.name,
            der.seq(der.time(TODAY - span), der.time(TODAY + span)),
            self.name, self.spki,
            der.explicit(3, der.seq(
                extension("2.5.29.19", der.seq(der.boolean(True)), True),
                extension("2.5.29.14", der.octets(self.key_id)))))
        signature = signer.private.sign(tbs, ec.ECDSA(hashes.SHA256()))
        return der.seq(tbs, ECDSA_SHA256, der.bits(signature))


class Minted:
    """What one description gives: the TBS that goes into a precertificate
    entry, the precertificate, the final certificate, and the family (the
    SHA-256 of the TBS) that ties them together."""

    def __init__(self, tbs, precertificate, final, issuer):
        self.tbs = tbs
        self.precertificate = precertificate
        self.final = final
        self.issuer = issuer
        self.family = hashlib.sha256(tbs).digest()


class Mint:
    """Authorities, and a counter of serial numbers."""

    def __init__(self):
        root = Authority([["C", "XX"], ["O", "Example Trust"],
                          ["CN", "Example Root R1"]])
        self.authorities = [
            Authority([["C", "XX"], ["O", "Example Trust"],
                       ["CN", "Example TLS Issuing CA 1"]], root),
            Authority([["C", "XX"], ["O", "Example Mail Trust"],
                       ["CN", "Example Mail Issuing CA 2"]], root),
            # Of a CA that the directory of CAs knows.
            Authority([["C", "XX"], ["O", "Sectigo Limited"],
                       ["CN", "Example of a known CA 3"]], root),
        ]
        self.root = root
        self.subject_key = spki(ec.generate_private_key(
            ec.SECP256R1()).public_key())
        self.serial = int.from_bytes(os.urandom(8), "big") << 56
        self.templates = []

    def mint(self, spec):
        """The certificates that a description asks for."""
        issuer = self.authorities[spec.get("issuer", 0)]
        serial = int(spec["serial"], 16) if "serial" in spec else \
            self._next_serial()
        head = self._fields(spec, issuer, serial)
        extensions = self._extensions(spec, issuer)
        poison = extension(POISON, der.null(), True)
        scts = extension(SCT_LIST, sct_list())
        tbs, pre, final = (
            der.seq(*head, der.explicit(3, der.seq(*extensions, *last)))
            for last in ([], [poison], [scts]))
        return Minted(tbs, self.seal(pre, issuer),
                      self.seal(final, issuer), issuer)

    def seal(self, tbs, _issuer):
        """A certificate around the TBS, with a signature that only looks
        it."""
        digest = hashlib.sha512(tbs).digest()
        signature = der.seq(*(der.integer(int.from_bytes(half, "big") >> 1)
                              for half in (digest[:32], digest[32:])))
        return der.seq(tbs, ECDSA_SHA256, der.bits(signature))

    def _next_serial(self):
        self.serial += 1
        return 0x40 << 120 | self.serial

    def _fields(self, spec, issuer, serial):
        begin = TODAY - datetime.timedelta(days=1)
        until = begin + datetime.timedelta(days=spec.get("days", 90))
        return [der.explicit(0, der.integer(2)), der.integer(serial),
                ECDSA_SHA256, issuer.name,
                der.seq(der.time(begin), der.time(until)),
                name(spec.get("subject", [])), self.subject_key]

    def _extensions(self, spec, issuer):
        ekus = [der.oid(EKUS[e]) for e in spec.get("eku", ["serverAuth"])]
        constraints = [der.boolean(True)] if spec.get("ca") else []
        out = [extension("2.5.29.35",
                         der.seq(der.implicit(0, issuer.key_id))),
               extension("2.5.29.15", b"\3\2\7\x80", True),
               extension("2.5.29.19", der.seq(*constraints), True),
               extension("2.5.29.37", der.seq(*ekus))]
        if spec.get("policies"):
            out.append(extension("2.5.29.32", der.seq(
                *(der.seq(der.oid(p)) for p in spec["policies"]))))
        if spec.get("sans"):
            out.append(extension("2.5.29.17", der.seq(
                *(general_name(*san) for san in spec["sans"]))))
        for dotted, value in spec.get("extra", []):
            out.append(extension(dotted, bytes.fromhex(value)))
        return out

    def filler(self, number):
        """An everyday certificate: a template with a serial of its own."""
        if not self.templates:
            self.templates = [self._template(k) for k in range(32)]
        template, placeholder = self.templates[number % 32]
        serial = self._next_serial().to_bytes(16, "big")
        return Minted(*(der_bytes.replace(placeholder, serial, 1)
                        for der_bytes in (template.tbs,
                                          template.precertificate,
                                          template.final)), template.issuer)

    def _template(self, number):
        placeholder = bytes((0x5A,)) * 16
        spec = filler_spec(number)
        spec["serial"] = placeholder.hex()
        return self.mint(spec), placeholder


def filler_spec(number):
    """Mostly host names; one in eight is about a person nobody asked for."""
    hosts = ["host%d-%d.filler.test" % (number, k)
             for k in range(1 + number % 4)]
    spec = {"subject": [["CN", hosts[0]]],
            "sans": [["dns", host] for host in hosts],
            "policies": ["2.23.140.1.2.1"]}
    if number % 8 == 7:
        mail = "ada%d@mail.filler.test" % number
        spec.update(subject=[["GN", "Ada"], ["SN", "Filler"],
                             ["CN", "Ada Filler"], ["emailAddress", mail]],
                    eku=["emailProtection", "clientAuth"], issuer=1,
                    policies=["2.23.140.1.5.4.2"])
        spec["sans"].append(["rfc822", mail])
    return spec
