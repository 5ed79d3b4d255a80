"""The cases of reference pii.md 6.2 as data: an opt-in record, certificates,
and for each certificate whether (and how) the record is hit.

Names and domains differ from case to case, so that all records can be tried
on all certificates at once: whatever is hit beyond this is wrong.
"""
from tests.fakelog import der

from .build import general_names

CONSENT = {"purpose": "ct-exposure/1", "method": "import",
           "at": "2024-05-01T10:00:00Z", "evidence": "contract 4711"}
MAIL = {"eku": ["emailProtection"]}
# A class of certificates for persons: a commonName alone is a name then.
PERSON = {"eku": ["emailProtection"], "policies": ["2.23.140.1.5.4.2"]}
NONE = None


class Case:
    """A record, and [(certificate's parts, what is said of it)]."""

    def __init__(self, number, record, *certificates):
        self.number = number
        self.record = dict({"id": number, "tenant": "m", "consent": CONSENT},
                           **record)
        self.certificates = [("%s.%d" % (number, k), parts, hit)
                             for k, (parts, hit) in enumerate(certificates)]


def email(value, **match):
    """An email record."""
    return {"kind": "email", "value": value, "match": match}


def domain(value, subdomains=True, **match):
    """A domain record."""
    return {"kind": "domain", "value": value,
            "match": dict(match, subdomains=subdomains)}


def person(given, surname, aliases=(), need=False, **qualifiers):
    """A name record; a qualifier is required when asked for."""
    return {"kind": "name", "value": {
        "given": given.split(), "surname": surname.split(),
        "aliases": list(aliases)}, "qualifiers": qualifiers,
        "require_qualifier": need}


def hit(rule, severity="medium", score=100, reason="", count=1):
    """How a record is hit."""
    return {"rule": rule, "severity": severity, "score": score,
            "reason": reason, "count": count}


def to(address, **more):
    """A certificate with this address."""
    return dict(MAIL, subject=[["CN", "Mail Gateway"]],
                sans=[["rfc822", address]], **more)


def utf8(address):
    """The same as SmtpUTF8Mailbox."""
    return dict(MAIL, subject=[], sans=[["smtputf8", address]])


def fields(given, surname, *more, **parts):
    """A certificate with a name in givenName and surname."""
    return dict(MAIL, subject=[["GN", given], ["SN", surname], *more],
                **parts)


def common(text, *more, **parts):
    """A certificate for a person, with a name in commonName alone."""
    return dict(PERSON, subject=[["CN", text], *more], **parts)


def issued_by(address):
    """The address among the issuer's other names."""
    return {"extra": [("2.5.29.18", general_names([["rfc822", address]]))]}


STRICT, FULL = hit("email-strict"), hit("name-full", "info", 60)
FIELDS = hit("name-full", score=70)
KRB5 = ["other", "1.3.6.1.5.2.2", der.seq(
    der.explicit(0, der.tlv(0x1B, b"M11.EXAMPLE")),
    der.explicit(1, der.seq(
        der.explicit(0, der.integer(1)),
        der.explicit(1, der.seq(der.tlv(0x1B, b"jroe"))))))]
LONG_GIVEN = "Maximilian-Friedrich Alexander Johannes"
LONG_SURNAME = "von und zu Hohenberg-Beispielhausen"

ADDRESSES = [
    Case("M01", email("Jane.Roe@M01.Example"),
         (to("jane.roe@M01.EXAMPLE."), STRICT),
         (to("janeroe@m01.example"), NONE)),
    Case("M02", email("jane@gmail.com"),
         (to("j.a.n.e+shop@gmail.com"), NONE)),
    Case("M03", email("joan@gmail.com", plus=True, gmail_dots=True),
         (to("j.o.a.n+shop@googlemail.com"),
          hit("email-plus-gmail-dots", reason="Gmail ignores"))),
    Case("M04", email("jane+ct@m04.example"),
         (to("jane@m04.example"), NONE)),
    Case("M05", email("info@bücher.example"),
         (to("info@xn--bcher-kva.example"), hit("email-strict", "low"))),
    Case("M06", email("a@faß.example"),
         (to("a@fass.example"),
          hit("email-idna2003", score=80, reason="IDNA 2003"))),
    Case("M07", email("jane@m07.example"),
         (utf8("jаne@m07.example"), NONE),
         (utf8("jane@m07.example"), STRICT)),
    Case("M08", domain("m08.example"),
         (to("x@mail.eu.m08.example"), hit("domain-subdomain"))),
    Case("M08a", domain("m08a.example", subdomains=False),
         (to("x@mail.eu.m08a.example"), NONE),
         (to("x@m08a.example"), hit("domain"))),
    Case("M09", domain("m09.example"),
         (to("x@badm09.example"), NONE),
         (to("x@m09.example.evil.test"), NONE),
         (to("x@[m09.example]"), NONE)),
    # A Kerberos principal is an account, not an address (the interface goes
    # before the reference).
    Case("M11", domain("m11.example"),
         (dict(MAIL, subject=[], sans=[["upn", "jroe@m11.example"]]),
          hit("domain", "low")),
         (dict(MAIL, subject=[], sans=[KRB5]), NONE)),
    Case("M12", email("info@m12.example"),
         (dict(MAIL, subject=[["CN", "Gateway"]],
               **issued_by("info@m12.example")),
          hit("email-strict", "info", reason="the CA's own data"))),
    Case("M12a", domain("m12a.example"),
         (dict(MAIL, subject=[["CN", "Gateway"]],
               **issued_by("info@m12a.example")),
          hit("domain", "info", reason="the CA's own data"))),
    # Whose hands an address is in.
    Case("M31", email("webmaster@m31.example"),
         (to("Webmaster@m31.example"), hit("email-strict", "low"))),
    Case("M32", email("jane@m32.example"),
         (dict(to("jane@m32.example"),
               subject=[["GN", "Jane"], ["SN", "Zweiunddreißig"]]),
          hit("email-strict", "high"))),
    Case("M33", email("root@localhost"),
         (to("root@localhost"), hit("email-strict", "low"))),
    # In three places: one alert, and how often.
    Case("M36", domain("m36.example", kinds=["email"]),
         (dict(MAIL, subject=[["emailAddress", "a@m36.example"]],
               sans=[["rfc822", "a@m36.example"], ["rfc822", "b@m36.example"],
                     ["upn", "c@m36.example"]]), hit("domain", count=3))),
    Case("M37", domain("m37.example", kinds=["upn"]),
         (to("a@m37.example"), NONE)),
    # In one rfc822Name with another, as free text, inside of an OU.
    Case("M34", email("c.d@m34.example"),
         (to("a.b@m34.example c.d@m34.example"), STRICT),
         (dict(MAIL, subject=[["OU", "ask c.d@m34.example, please"]]),
          hit("email-strict", reason="free text"))),
]

NAMES = [
    Case("M13", person("Jörg", "Müller"),
         (fields("Joerg", "Mueller"), FIELDS),
         (fields("Jorg", "Muller"), FIELDS),
         (common("MÜLLER Jörg"), FULL),
         (fields("Jurg", "Muller"), NONE)),
    Case("M14", person("Bjørn", "Åsen"),
         (fields("Bjoern", "Aasen"), FIELDS),
         (fields("Bjorn", "Asen"), FIELDS)),
    Case("M15", person("Łukasz", "Żak"), (common("Lukasz Zak"), FULL)),
    Case("M16", person("María José", "García López"),
         (common("GARCÍA LÓPEZ, MARÍA JOSÉ (FIRMA)"), FULL),
         (fields("María", "García"), hit("name-pair", "info", 55))),
    Case("M17", person("Anna-Lena", "de Vries", domains=["m17.example"]),
         (common("VRIES, Anna Lena de"), FULL),
         (dict(common("A.L. de Vries"), sans=[["rfc822", "x@m17.test"]]),
          NONE),
         (dict(common("A.L. de Vries"),
               sans=[["rfc822", "al@m17.example"]]),
          hit("name-initial", "info", 60))),
    Case("M18", person("Ivan", "Petrov", need=True, domains=["m18.example"]),
         (dict(common("Ivan Petrov", ["O", "Other LLC"]),
               sans=[["rfc822", "ip@other.test"]]), NONE),
         (dict(common("Ivan Petrov"),
               sans=[["rfc822", "i.petrov@m18.example"]]),
          hit("name-full", score=80, reason="many people have"))),
    Case("M20", person("John", "Smith", need=True),
         (fields("John", "Smith"), NONE), (common("John Smith"), NONE)),
    Case("M21", person("花子", "山田", aliases=["Hanako Yamada"],
                       organizations=["M21 KK"]),
         (common("山田　花子"), FULL), (common("花子 山田"), FULL),
         (common("YAMADA Hanako", ["O", "M21 KK"]),
          hit("name-alias", score=85))),
    Case("M21a", person("太郎", "山本"), (common("YAMAMOTO Taro"), NONE)),
    Case("M22", person("Иван", "Иванов"),
         (common("Иванов Иван Иванович"), hit("name-subset", "info", 55)),
         (fields("Иван Иванович", "Иванов"), hit("name-subset", "info", 65))),
    Case("M23", person("Seán", "O'Brien"),
         (common("O’BRIEN SEAN"), FULL), (common("O´Brien Seán"), FULL),
         (common("OBrien Sean"), FULL)),
    Case("M24", person("Jane", "Roe", domains=["m24.example"]),
         (dict(MAIL, subject=[["pseudonym", "Jane Roe"]],
               sans=[["rfc822", "jr@m24.example"]]),
          hit("name-pseudonym", "info", 60))),
    Case("M25", person("Ayşe", "IĞDIR"),
         (common("Iğdır Ayse"), FULL), (common("IGDIR AYSE"), FULL),
         (common("ayşe ığdır"), FULL)),
    Case("M29", person("Greta", "Beispiel",
                       organizations=["Example GmbH"]),
         (fields("Greta", "Beispiel",
                 ["O", "EXAMPLE Gesellschaft mbH"]),
          hit("name-full", score=95, reason="organisation")),
         (fields("Greta", "Beispiel", ["O", "Sample GmbH"]), FIELDS)),
    # Seven words, and one of them cut, are only possibly a name.
    Case("M30", person(LONG_GIVEN, LONG_SURNAME, domains=["m30.example"]),
         (fields(LONG_GIVEN, LONG_SURNAME), FIELDS),
         (dict(common((LONG_GIVEN + " " + LONG_SURNAME)[:64]),
               sans=[["rfc822", "mh@m30.example"]]),
          hit("name-subset", score=95, reason="cut")),
         (dict(common((LONG_GIVEN + " " + LONG_SURNAME)[:63]),
               sans=[["rfc822", "mh@m30.example"]]),
          hit("name-pair", "info", 65, "not in the record"))),
    # An organisation's identifier; a known address; the country of a number.
    Case("M38", person("Lena", "Achtunddreißig", need=True,
                       organizations=["VATDE-123456789"]),
         (fields("Lena", "Achtunddreißig", ["O", "Example GmbH"]), NONE),
         (fields("Lena", "Achtunddreißig",
                 ["2.5.4.97", "VATDE-123456789"]),
          hit("name-full", reason="organisation identifier"))),
    Case("M39", person("Mary", "Smith", need=True,
                       emails=["Mary@m39.example"]),
         (dict(fields("Mary", "Smith"), sans=[["rfc822", "m@m39.example"]]),
          NONE),
         (dict(fields("Mary", "Smith"),
               sans=[["rfc822", "mary@m39.example"]]),
          hit("name-email", "high", reason="known address"))),
    Case("M40", person("Carla", "Vierzig", countries=["IT"]),
         (fields("Carla", "Vierzig", ["serialNumber", "IDCIT-AB1234567"]),
          hit("name-full", "high", 80, reason="country equal")),
         (fields("Carla", "Vierzig", ["serialNumber", "IDCES-99999999R"]),
          NONE)),
    # What else is in the certificate makes it worse.
    Case("M35", person("Erika", "Mustermann"),
         (fields("Erika", "Mustermann",
                 ["serialNumber", "PNODE-L01X00T47"]),
          hit("name-full", "high", 70))),
]
CASES = ADDRESSES + NAMES

# M10: nobody may opt in for these.
REFUSED = ["co.uk", "gmail.com", "localhost", "com", "github.io"]
