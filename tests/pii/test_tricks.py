"""Values that are hidden, mistyped or in the wrong place (reference pii.md 1
and 3): what inspect finds in each certificate, and that it finds nothing else.

What is wanted is written "kind canonical", of the issuer's side "kind/i
canonical"; flags may follow behind a bar.
"""
import pytest

from tests.fakelog import der
from tests.fakelog.mint import extension

from . import build
from .inspecting import inspect_all
from .make import FULCIO, UPN

MAIL = "1.2.840.113549.1.9.1"
NOTICE, CPS = "1.3.6.1.5.5.7.2.2", "1.3.6.1.5.5.7.2.1"
KIM, ADA = "email kim@example.org", "email ada@example.org"
OF_KIM = b"kim@example.org"
CASES = {}


def text(value, kind="UTF8String"):
    """A string."""
    return der.string(value, kind)


def dn(*attributes):
    """A Name of (OID, value's DER)."""
    return der.seq(*(der.setof(der.seq(der.oid(o), v))
                     for o, v in attributes))


def whole(name=None, *exts):
    """A certificate of this subject with these extensions."""
    fields = der.children(build.tbs())
    fields[5] = dn() if name is None else name
    if exts:
        fields.append(der.explicit(3, der.seq(*exts)))
    return build.seal(der.seq(*fields))


def case(what, body, *wanted, **more):
    """One more certificate."""
    assert what not in CASES
    CASES[what] = (body, wanted, more)


def subject(what, *rest, **more):
    """Attributes as pairs, then what is wanted of them."""
    pairs = [r for r in rest if isinstance(r, tuple)]
    case(what, whole(dn(*pairs)),
         *(r for r in rest if isinstance(r, str)), **more)


def ext(what, dotted, value, *wanted, **more):
    """A certificate with one extension."""
    case(what, whole(None, extension(dotted, value)), *wanted, **more)


def names(what, general, *wanted, **more):
    """One with these GeneralNames."""
    ext(what, "2.5.29.17", der.seq(general), *wanted, **more)


def other(dotted, value):
    """An otherName."""
    return der.explicit(0, der.oid(dotted), der.explicit(0, value))


def nested(value, depth):
    """SEQUENCEs around it."""
    for _ in range(depth):
        value = der.seq(value)
    return value


def tags():
    """Tags that are not what they should be."""
    mail = text("kim@example.org", "IA5String")
    pair = der.seq(der.oid(MAIL), mail)
    unmarked = "without its constructed bit"
    case("SET without the constructed bit",
         whole(der.seq(der.tlv(0x11, pair))), KIM, problem=unmarked)
    case("attribute without it",
         whole(der.seq(der.setof(der.tlv(0x10, pair[2:])))), KIM,
         problem=unmarked)
    case("Name without it",
         whole(der.tlv(0x10, der.setof(pair))), KIM, problem=unmarked)
    ext("GeneralNames without it", "2.5.29.17",
        der.tlv(0x10, der.implicit(1, OF_KIM)), KIM)
    ext("purposes without it", "2.5.29.37",
        der.tlv(0x10, der.oid("1.3.6.1.5.5.7.3.1")), classes={"tls"})
    ext("basicConstraints without it", "2.5.29.19",
        der.tlv(0x10, der.boolean(True)), classes={"ca"})
    for tag in 1, 2, 5, 6, 9, 10, 13:
        subject("address under tag %d" % tag, (MAIL, der.tlv(tag, OF_KIM)),
                KIM + "|mis-tagged")
    subject("values under one context tag", (MAIL, der.explicit(
        0, mail, text("ada@example.org", "IA5String"))), KIM, ADA)
    names("strings under an explicit tag", der.explicit(
        1, mail, text("ada@example.org", "IA5String")), KIM, ADA)
    names("an address in segments", der.explicit(
        1, der.octets(b"kim@exa"), der.octets(b"mple.org")), KIM + "|ber")
    subject("parts of a name in a SEQUENCE", ("2.5.4.42", der.seq(
        text("Eva"), text("Ada"))), ("2.5.4.4", der.setof(text("Muster"))),
        "name eva ada muster")
    subject("segments of another type", ("2.5.4.41", der.tlv(
        0x2C, text("Eva ", "PrintableString"), text("Muster"))),
        "name eva muster|ber")


def encodings():
    """Characters of another encoding than their type's."""
    def name(what, tag, body, flags, canonical="eva muster"):
        subject(what, ("2.5.4.41", der.tlv(tag, body)),
                "name %s|%s" % (canonical, flags))
    eva = "Eva Muster"
    name("byte order mark, little-endian", 0x1E,
         b"\xff\xfe" + eva.encode("utf-16-le"), "ignorable,swapped")
    name("Cyrillic, little-endian", 0x1E, "Иван Петров".encode("utf-16-le"),
         "swapped", "иван петров")
    name("UTF-16 in UniversalString", 0x1C, "Eva Must".encode("utf-16-be"),
         "mis-tagged", "eva must")
    name("UTF-32 in BMPString", 0x1E, eva.encode("utf-32-be"), "mis-tagged")
    name("UTF-16 beyond Latin-1 in PrintableString", 0x13,
         "Łucja Żak".encode("utf-16-be"), "mis-tagged", "łucja żak")
    name("UTF-16 in OCTET STRING", 4, eva.encode("utf-16-be"), "mis-tagged")
    name("Latin-1 in OCTET STRING", 4, "Zoë Müller".encode("latin-1"),
         "bad-encoding", "zoë müller")
    name("entity with zeros", 0x0C, b"Zo&#0000000235; Muster", "html-entity",
         "zoë muster")
    names("percent-escape in no URI", der.implicit(1, b"kim%40example.org"),
          problem="no address")
    subject("URI in a text", ("2.5.4.13", text(
        "see https://x.example/?m=kim%40example.org or mailto:ada%40"
        "example.org")), KIM + "|percent", ADA + "|percent")


def attributes():
    """What stands under an attribute of another purpose."""
    mail = text("kim@example.org")
    subject("address for a givenName", ("2.5.4.42", mail),
            ("2.5.4.4", text("Lee")), KIM, "name lee")
    subject("address behind a surname", ("2.5.4.42", text("Kim")),
            ("2.5.4.4", text("Lee (kim@example.org)")), KIM, "name kim lee")
    subject("address for name and displayName", ("2.5.4.41", mail),
            ("2.16.840.1.113730.3.1.241", text("Ada ada@example.org")),
            KIM, ADA, "name ada")
    for what, dotted in (
            ("initials", "2.5.4.43"), ("dateOfBirth", "1.3.6.1.5.5.7.9.1"),
            ("telephoneNumber", "2.5.4.20"), ("title", "2.5.4.12"),
            ("userId", "0.9.2342.19200300.100.1.1"),
            ("INN", "1.2.643.3.131.1.1"), ("organizationId", "2.5.4.97")):
        subject("address for " + what, (dotted, mail), KIM)
    subject("address for a person's serialNumber", ("2.5.4.5", mail),
            ("2.5.4.41", text("Ada")), ("2.5.4.4", text("Roe")), KIM,
            "name ada", "name roe")
    subject("national number for userId",
            ("0.9.2342.19200300.100.1.1", text("EGN:8001010008")),
            "national-id egn:8001010008")
    subject("Chilean number in OU", ("2.5.4.6", text("CL")),
            ("2.5.4.10", text("Ejemplo SA")),
            ("2.5.4.11", text("12345678-5")), "national-id 12345678-5")
    subject("Kazakh number in OU", ("2.5.4.11", text("IIN800101300123")),
            "national-id iin800101300123")
    subject("company's number in OU", ("2.5.4.6", text("KZ")),
            ("2.5.4.11", text("BIN050740001234")))
    subject("Mexican numbers", ("2.5.4.6", text("MX")),
            ("2.5.4.45", der.bits(b"EXA010101AB1/ROEJ800101ABC")),
            ("2.5.4.5", text("/ ROEJ800101HDFXXX09")),
            "national-id exa010101ab1/roej800101abc",
            "national-id / roej800101hdfxxx09")
    subject("bits that tell persons apart", ("2.5.4.4", text("Roe")),
            ("2.5.4.45", der.bits(b"\x81\xfe\xfd\x80")),
            "name roe", "account-id 81fefd80")
    subject("Finnish client number", ("2.5.4.6", text("FI")),
            ("2.5.4.5", text("12345678N")), "national-id 12345678n")
    subject("Italian code behind IT:",
            ("2.5.4.5", text("IT:RSSMRA80A01H501U")),
            "national-id it:rssmra80a01h501u")
    subject("defense number and a top-level domain",
            ("2.5.4.3", text("ROE.JANE.A.1098765432.ID")),
            "name jane a roe", "national-id 1098765432")
    subject("postal code of a person", ("2.5.4.4", text("Roe")),
            ("2.5.4.17", text("53111")), "name roe", "address 53111")


def general():
    """GeneralNames."""
    mail = text("kim@example.org")
    names("entry of a directory", der.implicit(
        6, b"ldap:///OU=x,%20CN=Jane%20Roe,DC=org?mail"), "name jane roe")
    principal = der.explicit(1, der.seq(
        der.explicit(0, der.integer(1)),
        der.explicit(1, der.seq(der.tlv(0x1B, b"j\xfcrgen")))))
    names("principal in Latin-1", other("1.3.6.1.5.2.2", der.seq(
        der.explicit(0, der.tlv(0x1B, b"EXAMPLE.ORG")), principal)),
        "account-id jürgen@example.org")
    names("principal without realm",
          other("1.3.6.1.5.2.2", der.seq(principal)), "account-id jürgen")
    for what, value in (("text", OF_KIM), ("DER", der.seq(mail)),
                        ("neither", b"\1\2" + OF_KIM + b"\xff")):
        names("BIT STRING of " + what, other("1.2.3.4", der.bits(value)),
              KIM)
        ext("extension with a BIT STRING of " + what, "1.2.3.4",
            der.bits(value), KIM + "|unknown-ext")
    names("address for bits", other("1.3.6.1.4.1.311.25.1", mail), KIM,
          "account-id " + OF_KIM.hex())
    names("Venezuelan company", other("2.16.862.2.2", text("J-12345678-9")))
    names("Venezuelan", other("2.16.862.2.2", text("V-12345678-9")),
          "national-id v-12345678-9")
    ext("bytes behind the names", "2.5.29.17",
        der.seq(der.implicit(1, b"ada@example.org")) + OF_KIM, ADA, KIM,
        status="partial")


def deep():
    """Deeper than is read: found in the bytes, and said."""
    far = nested(text("kim@example.org"), 40)
    for what, dotted in (
            ("surname", "2.5.4.4"), ("serialNumber", "2.5.4.5"),
            ("commonName", "2.5.4.3"), ("street", "2.5.4.9"),
            ("x500UniqueIdentifier", "2.5.4.45"), ("mail", MAIL)):
        subject("deep " + what, (dotted, far), KIM, status="partial")
        names("deep %s in a directoryName" % what,
              der.explicit(4, dn((dotted, far))), KIM, status="partial")
    names("deep directoryName",
          der.explicit(4, nested(dn((MAIL, text("kim@example.org"))), 40)),
          KIM, status="partial")
    names("deep UPN", other(UPN, far), KIM, status="partial")
    ext("deep extension", "1.2.3.4", far, KIM + "|unknown-ext",
        status="partial")
    ext("deep distribution points", "2.5.29.31", far,
        "email/i kim@example.org", status="partial")


def elsewhere():
    """Fields and extensions."""
    mail = text("kim@example.org")
    strange = {"2.5.29.35": "email/i kim@example.org"}
    for dotted in ("2.5.29.9", "2.5.29.35", "1.3.6.1.4.1.311.25.2",
                   "1.3.6.1.5.5.7.1.3", "1.3.36.8.3.3"):
        ext("a string for " + dotted, dotted, mail,
            strange.get(dotted, KIM))
    for dotted in ("1.3.36.8.3.5", FULCIO + "5", "1.3.6.1.4.1.52266.2"):
        ext("a structure for " + dotted, dotted, nested(mail, 2), KIM)
    qualifiers = der.seq(
        der.seq(der.oid(CPS), text("mailto:cps@ca.example", "IA5String")),
        der.seq(der.oid(NOTICE), der.seq(
            der.seq(text("ask@ca.example"), der.seq(der.integer(1))),
            mail)))
    ext("policies", "2.5.29.32", der.seq(der.seq(
        der.oid("1.2.3.4"), qualifiers)), "email/i cps@ca.example",
        "email/i ask@ca.example", KIM)
    ext("statements to customers", "1.3.6.1.5.5.7.1.3", der.seq(der.seq(
        der.oid("0.4.0.1862.1.5"), der.seq(mail))),
        "email/i kim@example.org")
    ext("wide at sign", "2.16.840.1.113730.1.13", text("kim＠example.org"),
        KIM)
    ext("bytes behind a structure", "1.2.3.4", der.seq(text("x")) + OF_KIM,
        KIM + "|unknown-ext")
    twice = der.seq(der.oid("2.5.29.17"),
                    der.octets(der.seq(der.implicit(1, OF_KIM))),
                    der.octets(der.seq(der.implicit(1, b"ada@example.org"))))
    case("two values of an extension", whole(None, twice), KIM, ADA,
         status="partial")
    fields = der.children(build.tbs())
    case("unique identifiers", build.seal(der.seq(
        *fields, der.implicit(1, b"\0iss@ca.example"),
        der.implicit(2, b"\0" + OF_KIM))), "email/i iss@ca.example", KIM)


def requests():
    """Certification requests."""
    asked = [der.seq(der.oid("1.2.840.113549.1.9.14"), der.setof(der.seq(
        extension("2.5.29.17", der.seq(der.implicit(1, mail))))))
             for mail in (OF_KIM, b"ada@example.org")]
    case("two requests for extensions", build.seal(der.seq(
        der.integer(0), dn(), build.SPKI, der.explicit(0, *asked))),
        KIM, ADA, format="csr")


tags()
encodings()
attributes()
general()
deep()
elsewhere()
requests()


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """{what: what inspect says}."""
    bodies = {"%d" % k: CASES[what][0] for k, what in enumerate(CASES)}
    seen = inspect_all(tmp_path_factory.mktemp("tricks"), bodies)
    return {what: seen["%d" % k] for k, what in enumerate(CASES)}


def found_of(told_of, flags):
    """What was found, in the words of the cases."""
    out = set()
    for each in told_of["findings"]:
        side = "/i" if each["side"] == "issuer" else ""
        words = " ".join((each["kind"] + side, each["canonical"]))
        if flags.get(words):
            words += "|" + ",".join(sorted(each["flags"]))
        out.add(words)
    return out


@pytest.mark.parametrize("what", CASES)
def test_trick(told, what):
    """All that is wanted and nothing else, and what is said of it."""
    _, wanted, more = CASES[what]
    seen, split = told[what], [w.partition("|") for w in wanted]
    flags = {words: names_of for words, _, names_of in split}
    sorted_wanted = {words + ("|" + ",".join(sorted(f.split(",")))
                              if f else "") for words, f in flags.items()}
    assert found_of(seen, flags) == sorted_wanted, seen
    if "status" in more:
        assert seen["status"] == more["status"]
    if "format" in more:
        assert seen["format"] == more["format"]
    assert more.get("classes", set()) <= set(seen["classes"])
    assert "problem" not in more or any(
        more["problem"] in p["what"] for p in seen["problems"]), seen
