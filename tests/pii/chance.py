"""Certificates by chance: names of invented people in every string type,
multi-valued RDNs, all forms of GeneralName; and bytes changed by chance. The
same seed gives the same certificates."""
from tests.fakelog import der

from .build import certificate, directory_attributes

GIVEN = ["Jane", "María José", "Jörg", "Łukasz", "Anna-Lena", "Seán",
         "Ayşe", "Иван", "花子", "Ivan", "Zoé", "Bjørn", "Kim", "Ngọc"]
SURNAME = ["Roe", "García López", "Müller", "Żak", "de Vries", "O'Brien",
           "Iğdır", "Петров", "山田", "Petrov", "d'Anthéron", "Åsen", "Lee",
           "Nguyễn", "Mustermann"]
LOCAL = ["jane.roe", "j", "info", "ivan_petrov", "a+b", "x-y", "jörg", "花子",
         "O'Brien", "first.last.more", "u0001", "admin"]
HOSTS = ["example.com", "mail.example.org", "xn--bcher-kva.example",
         "bücher.example", "EXAMPLE.NET", "a.b.c.example.co.uk", "localhost"]
ORGANIZATIONS = ["Example GmbH", "Example Trust", "Universität Beispiel",
                 "Acme Ltd"]
OTHER = {"C": ["DE", "ES", "XX"], "L": ["Bonn", "München"],
         "OU": ["IT", "Mail", "support@example.com"],
         "title": ["Dr.", "MUDr."], "serialNumber": [
             "PNOES-12345678Z", "12345", "PID:9208-2002-2-000000000000"],
         "2.5.4.20": ["+49 228 123456"], "street": ["Ulica 1/2"],
         "pseudonym": ["Mondfisch"], "2.5.4.41": ["Jane Q. Roe"],
         "0.9.2342.19200300.100.1.1": ["jroe"], "description": ["x" * 300],
         "1.3.6.1.4.1.99999.7": ["whatever", "ask jane@example.com"]}
TYPES = ["UTF8String", "UTF8String", "UTF8String", "PrintableString",
         "TeletexString", "IA5String", "BMPString", "UniversalString"]
EKUS = [["serverAuth"], ["emailProtection"], ["clientAuth"],
        ["emailProtection", "clientAuth"], ["codeSigning"], []]
POLICIES = ["2.23.140.1.2.1", "2.23.140.1.2.3", "2.23.140.1.5.3.2",
            "2.23.140.1.5.4.1"]


def typed(dice, text):
    """(text, a string type that can hold it)."""
    kind = dice.choice(TYPES)
    try:
        der.string(text, kind)
    except UnicodeEncodeError:
        kind = "UTF8String"
    return text, kind


def address(dice):
    """An address, mostly ASCII."""
    return dice.choice(LOCAL) + "@" + dice.choice(HOSTS)


def subject(dice):
    """RDNs: a person, an organisation, addresses, and what else there is."""
    values = []
    given, surname = dice.choice(GIVEN), dice.choice(SURNAME)
    if dice.random() < .6:
        values.append(["GN", *typed(dice, given)])
    if dice.random() < .6:
        values.append(["SN", *typed(dice, surname)])
    for _ in range(dice.choice((0, 1, 1, 2))):
        values.append(["CN", *typed(dice, dice.choice((
            given + " " + surname, surname.upper() + ", " + given,
            dice.choice(HOSTS), dice.choice(ORGANIZATIONS),
            address(dice))))])
    for kind in ("emailAddress", "mail"):
        if dice.random() < .3:
            values.append([kind, *typed(dice, address(dice))])
    if dice.random() < .4:
        values.append(["O", *typed(dice, dice.choice(ORGANIZATIONS))])
    for kind in dice.sample(sorted(OTHER), dice.randrange(4)):
        values.append([kind, *typed(dice, dice.choice(OTHER[kind]))])
    dice.shuffle(values)
    rdns = []
    while values:
        several = min(len(values), dice.choice((1, 1, 1, 2, 3)))
        rdns.append(values[:several])
        del values[:several]
    return rdns


def alternative(dice):
    """One GeneralName."""
    form = dice.choice(("rfc822", "rfc822", "dns", "uri", "ip", "upn",
                        "smtputf8", "xmpp", "dirname", "other"))
    if form == "rfc822":
        return [form, address(dice).encode()]
    if form == "dns":
        return [form, dice.choice(HOSTS).encode()]
    if form == "uri":
        return [form, (dice.choice(("mailto:", "sip:", "https://jane@x.")) +
                       address(dice)).encode()]
    if form == "ip":
        return [form, "192.0.2.7"]
    if form == "dirname":
        return [form, subject(dice)]
    if form == "other":
        return [form, "1.3.6.1.4.1.99999.8", address(dice)]
    return [form, address(dice)]


def one(dice):
    """A certificate."""
    extra = []
    if dice.random() < .2:
        extra.append(("2.5.29.9", directory_attributes([
            ("1.3.6.1.5.5.7.9.1", der.tlv(0x18, b"19800101120000Z"))])))
    if dice.random() < .2:
        extra.append(("1.3.6.1.4.1.99999.3", der.seq(der.string(
            "of " + address(dice)))))
    return certificate(
        subject(dice), serial=dice.getrandbits(63) + 1,
        sans=[alternative(dice) for _ in range(dice.randrange(1, 6))]
        if dice.random() < .8 else None, eku=dice.choice(EKUS),
        policies=[dice.choice(POLICIES)] if dice.random() < .5 else (),
        extra=extra)


def mutated(dice, body):
    """One to four bytes of it changed, added or taken away."""
    out = bytearray(body)
    for _ in range(dice.randrange(1, 5)):
        at = dice.randrange(len(out))
        what = dice.randrange(4)
        if what == 0:
            out[at] ^= 1 << dice.randrange(8)
        elif what == 1:
            out[at] = dice.choice((0, 1, 0x30, 0x31, 0x7F, 0x80, 0x81, 0x82,
                                   0x84, 0x0C, 0x16, 0x1E, 0xFF, 0x40))
        elif what == 2:
            out.insert(at, dice.randrange(256))
        else:
            del out[at]
    return bytes(out)
