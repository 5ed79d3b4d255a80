"""DER: writing it, and taking extensions out of a TBSCertificate.

Only what minting and the ground truth need; no certificate parser.
"""

STRING_TYPES = {
    "UTF8String": (0x0C, "utf-8"),
    "NumericString": (0x12, "ascii"),
    "PrintableString": (0x13, "ascii"),
    "TeletexString": (0x14, "latin-1"),
    "IA5String": (0x16, "ascii"),
    "UniversalString": (0x1C, "utf-32-be"),
    "BMPString": (0x1E, "utf-16-be"),
}


def tlv(tag, *parts):
    """One TLV around the parts."""
    body = b"".join(parts)
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


def seq(*parts):
    """SEQUENCE."""
    return tlv(0x30, *parts)


def setof(*parts):
    """SET OF; the caller keeps the order of more than one."""
    return tlv(0x31, *parts)


def octets(body):
    """OCTET STRING."""
    return tlv(0x04, body)


def bits(body):
    """BIT STRING without unused bits."""
    return tlv(0x03, b"\0", body)


def integer(number):
    """INTEGER, not negative."""
    return tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def boolean(value):
    """BOOLEAN."""
    return tlv(0x01, b"\xff" if value else b"\0")


def null():
    """NULL."""
    return b"\5\0"


def explicit(number, *parts):
    """A constructed context-specific tag."""
    return tlv(0xA0 | number, *parts)


def implicit(number, body):
    """A primitive context-specific tag."""
    return tlv(0x80 | number, body)


def oid(dotted):
    """OBJECT IDENTIFIER."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    return tlv(0x06, *(_arc(arc) for arc in [first * 40 + second] + rest))


def _arc(arc):
    out = [arc & 0x7F]
    while arc > 0x7F:
        arc >>= 7
        out.append(0x80 | arc & 0x7F)
    return bytes(reversed(out))


def string(text, kind="UTF8String"):
    """A character string of that type."""
    tag, codec = STRING_TYPES[kind]
    return tlv(tag, text.encode(codec))


def time(when):
    """UTCTime until 2049, GeneralizedTime after it (RFC 5280 4.1.2.5)."""
    if when.year < 2050:
        return tlv(0x17, when.strftime("%y%m%d%H%M%SZ").encode())
    return tlv(0x18, when.strftime("%Y%m%d%H%M%SZ").encode())


def head_of(data, at=0):
    """(tag, start of the contents, end) of the TLV at this offset."""
    tag, size, at = data[at], data[at + 1], at + 2
    if size & 0x80:
        width = size & 0x7F
        size = int.from_bytes(data[at:at + width], "big")
        at += width
    if at + size > len(data):
        raise ValueError("DER: a length goes beyond the end")
    return tag, at, at + size


def children(data):
    """The TLVs inside of this one, whole."""
    _, at, end = head_of(data)
    out = []
    while at < end:
        _, _, after = head_of(data, at)
        out.append(data[at:after])
        at = after
    return out


def contents(data):
    """The contents octets of this TLV."""
    _, start, end = head_of(data)
    return data[start:end]


def tbs_of(certificate):
    """The TBSCertificate of a certificate."""
    return children(certificate)[0]


def without_extensions(tbs, oids):
    """The TBSCertificate without the extensions that have these OIDs."""
    unwanted = {oid(dotted) for dotted in oids}
    fields = children(tbs)
    if not fields or fields[-1][0] != 0xA3:
        return tbs
    all_extensions = children(children(fields[-1])[0])
    kept = [e for e in all_extensions if children(e)[0] not in unwanted]
    if len(kept) == len(all_extensions):
        return tbs
    tail = [explicit(3, seq(*kept))] if kept else []
    return seq(*fields[:-1], *tail)
