"""Certificates from their parts, in DER that may be wrong on purpose.

A Name is a list of RDNs; an RDN is an attribute (name or OID, value and
perhaps a string type), or a list of them. A value of bytes is taken as the
contents octets of that string type, whatever they are. Key and signature are
constants, so that the same parts are the same bytes.
"""
from tests.fakelog import der
from tests.fakelog.mint import ATTRIBUTES, ATTRIBUTE_TYPES, EKUS, extension, \
    general_name

MORE_ATTRIBUTES = {
    "street": "2.5.4.9", "description": "2.5.4.13", "name": "2.5.4.41",
    "mail": "0.9.2342.19200300.100.1.3", "title": "2.5.4.12",
    "INN": "1.2.643.3.131.1.1", "SNILS": "1.2.643.100.3",
}
MORE_EKUS = dict(EKUS, smartcardLogon="1.3.6.1.4.1.311.20.2.2")
ECDSA_SHA256 = der.seq(der.oid("1.2.840.10045.4.3.2"))
# The generator of P-256: a valid point whose private key is 1.
SPKI = der.seq(
    der.seq(der.oid("1.2.840.10045.2.1"), der.oid("1.2.840.10045.3.1.7")),
    der.bits(bytes.fromhex(
        "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")))
SIGNATURE = der.bits(der.seq(der.integer(0x5151515151), der.integer(0x7272)))
ISSUER = [["C", "XX"], ["O", "Example Trust"], ["CN", "Example Issuing CA"]]
VALID = der.seq(der.tlv(0x17, b"260101000000Z"),
                der.tlv(0x17, b"270101000000Z"))


def raw(number, body):
    """A value of that universal tag and these contents octets."""
    return der.tlv(number, body)


def attribute(kind, value, string_type=None):
    """AttributeTypeAndValue."""
    dotted = MORE_ATTRIBUTES.get(kind) or ATTRIBUTES.get(kind, kind)
    string_type = string_type or ATTRIBUTE_TYPES.get(kind, "UTF8String")
    if isinstance(value, bytes):
        body = raw(der.STRING_TYPES[string_type][0], value)
    else:
        body = der.string(value, string_type)
    return der.seq(der.oid(dotted), body)


def name(rdns):
    """A Name."""
    sets = []
    for rdn in rdns:
        several = rdn if isinstance(rdn[0], (list, tuple)) else [rdn]
        sets.append(der.setof(*sorted(attribute(*a) for a in several)))
    return der.seq(*sets)


def general(form, value, *more):
    """A GeneralName; beside the forms of mint: a value of bytes is taken as
    it is, and a dirname is a Name as above."""
    if form == "dirname":
        return der.explicit(4, name(value))
    if form == "other":
        body = more[0] if isinstance(more[0], bytes) else der.string(*more)
        return der.explicit(0, der.oid(value), der.explicit(0, body))
    if isinstance(value, bytes):
        return der.implicit({"rfc822": 1, "dns": 2, "uri": 6}[form], value)
    return general_name(form, value)


def general_names(names):
    """GeneralNames."""
    return der.seq(*(general(*n) for n in names))


def directory_attributes(attributes):
    """SubjectDirectoryAttributes of (OID, value's DER)."""
    return der.seq(*(der.seq(der.oid(dotted), der.setof(value))
                     for dotted, value in attributes))


def extensions_of(sans=None, eku=(), policies=(), extra=(), ca=False):
    """The usual extensions, then others as (OID, value)."""
    out = []
    if ca:
        out.append(extension("2.5.29.19", der.seq(der.boolean(True)), True))
    if sans is not None:
        out.append(extension("2.5.29.17", general_names(sans)))
    if eku:
        out.append(extension("2.5.29.37", der.seq(
            *(der.oid(MORE_EKUS.get(e, e)) for e in eku))))
    if policies:
        out.append(extension("2.5.29.32", der.seq(
            *(der.seq(der.oid(p)) for p in policies))))
    out += [extension(*each) for each in extra]
    return out


def tbs(subject=(), issuer=None, serial=0x51000001, extensions=()):
    """A TBSCertificate."""
    tail = [der.explicit(3, der.seq(*extensions))] if extensions else []
    return der.seq(
        der.explicit(0, der.integer(2)), der.integer(serial), ECDSA_SHA256,
        name(ISSUER if issuer is None else issuer), VALID, name(subject),
        SPKI, *tail)


def seal(signed):
    """A certificate around a TBSCertificate."""
    return der.seq(signed, ECDSA_SHA256, SIGNATURE)


def certificate(subject=(), issuer=None, serial=0x51000001, **parts):
    """A certificate; the parts are those of extensions_of()."""
    return seal(tbs(subject, issuer, serial, extensions_of(**parts)))
