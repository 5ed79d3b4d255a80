#!/usr/bin/python3
"""The certificates of every case: E addresses, N names and numbers, P
structures, B broken bytes, X further ones. The people are invented.

    python3 -m tests.pii.make DIR [ID...]   writes them as DIR/ID.der
"""
import pathlib
import sys

from tests.fakelog import der

from .build import certificate, directory_attributes, general_names, name, \
    raw

TLS, MAIL, CLIENT, CODE = \
    "serverAuth", "emailProtection", "clientAuth", "codeSigning"
UPN = "1.3.6.1.4.1.311.20.2.3"
FULCIO = "1.3.6.1.4.1.57264.1."
JPKI = "1.2.392.200149.8.5.5."
SPAIN = "2.16.724.1.3.5.7.2."
CASES = {}


def case(number, body):
    """One more case."""
    assert number not in CASES
    CASES[number] = body


def web(number, sans=(), subject=(), **parts):
    """A server's certificate."""
    case(number, certificate(subject, sans=list(sans), eku=[TLS], **parts))


def mail(number, sans=(), subject=(), **parts):
    """A certificate for mail."""
    case(number, certificate(subject, sans=list(sans), eku=[MAIL], **parts))


def person(number, subject, eku=(MAIL,), **parts):
    """A certificate of a person without a subjectAltName of note."""
    case(number, certificate(subject, eku=list(eku), **parts))


def addresses():
    """E01 to E40."""
    web("E01", [["dns", "www.example.com"],
                ["rfc822", "jane.roe@example.com"]])
    web("E02", [["dns", "www.example.com"]],
        [["CN", "www.example.com"],
         ["emailAddress", "Webmaster@Example.COM"]])
    web("E03", [["dns", "www.example.com"]],
        [["emailAddress", "jane.roe@example.com", "UTF8String"]])
    web("E04", [["rfc822", "a.b@example.com c.d@example.com"]])
    web("E05", [["rfc822", "Jane Roe <jane.roe@example.com>"]])
    web("E06", [["rfc822", "jane.roe@example.com (Mail Team)"]])
    web("E07", [["rfc822", "mailto:jane.roe@example.com"],
                ["uri", "mailto:j.doe%40example.com?subject=hello"]])
    web("E08", [["uri", "https://jane:pw@vault.example.com/path"]])
    web("E09", [["uri", "sip:jane@voip.example.com"],
                ["uri", "xmpp:jane@im.example.com"]])
    mail("E10", [["smtputf8", "花子@xn--r8jz45g.xn--zckzah"]])
    mail("E11", [["smtputf8", "花子@例え.テスト"]])
    mail("E12", [["rfc822", "山田花子@example.com".encode()]])
    mail("E13", [["upn", "jroe@corp.example.com"]], [["CN", "Jane Roe"]])
    case("E14", certificate(
        [["C", "US"], ["O", "Example Government"],
         ["CN", "DOE.JOHN.QUINCY.1234567890", "PrintableString"]],
        sans=[["upn", "1234567890@mil"],
              ["rfc822", "john.q.doe.mil@mail.example.mil"]],
        eku=[CLIENT, MAIL]))
    web("E15", [["rfc822", b"jane.roe@example.com\0.evil.test"]])
    web("E16", [["rfc822", "  Jane.Roe@EXAMPLE.com. "]])
    web("E17", [["rfc822", '"jane@home"@example.com']])
    web("E18", [["rfc822", "jane@[192.0.2.7]"]])
    web("E19", [["rfc822", "jane.roe.example.com"]])
    web("E20", [["rfc822", "root@localhost"]])
    web("E21", [["dns", "jane.roe@example.com"]])
    web("E22", [["dns", "www.example.com"]],
        [["CN", "johnsmith@example.com"]], policies=["2.23.140.1.2.1"])
    web("E23", [["dns", "www.example.com"]],
        [["O", "Seguridad ips@mail.example C.I.F. A-00000000",
          "TeletexString"]])
    web("E24", [["dns", "www.example.com"]],
        [["mail", "jane.roe@example.com", "TeletexString"]])
    web("E25", [["dns", "www.example.com"]], [["CN", "jane＠example．com"]])
    web("E26", [["dns", "www.example.com"]],
        [["emailAddress", "jane.roe@example.com", "BMPString"]])
    web("E27", [["dns", "www.example.com"]],
        [["CN", "jane\u200b.roe@exam\u202eple.com"]])
    web("E28", [["smtputf8", "jаne@example.com"]])
    web("E29", [["rfc822", "Jane@XN--BCHER-KVA.example"]])
    mail("E30", [["dirname", [["CN", "Jane Roe"],
                              ["emailAddress", "jane.roe@example.com"]]]])
    addresses_elsewhere()


def addresses_elsewhere():
    """Addresses outside of subject and subjectAltName, and too many."""
    host = [["dns", "www.example.com"]]
    web("E31", host, extra=[("2.5.29.35", der.seq(
        der.tlv(0xA1, der.explicit(4, name(
            [["O", "Example CA"], ["emailAddress", "ops@ca.example"]]))),
        der.implicit(2, b"\1")))])
    web("E32", host, extra=[("2.5.29.18", general_names(
        [["rfc822", "info@ca.example"]]))])
    notice = der.seq(der.string("contact bob@example.org", "BMPString"))
    web("E33", host, extra=[
        ("2.16.840.1.113730.1.13", der.string(
            "issued to jane.roe@example.com", "IA5String")),
        ("2.5.29.32", der.seq(der.seq(
            der.oid("1.3.6.1.4.1.99999.5"), der.seq(der.seq(
                der.oid("1.3.6.1.5.5.7.2.2"), notice)))))])
    web("E34", host, extra=[("1.3.6.1.4.1.99999.1",
                             b"owner jane.roe@example.com here")])
    provider = b"https://accounts.example.com"
    case("E35", certificate(sans=[["rfc822", "dev@example.com"]], eku=[CODE],
                            extra=[(FULCIO + "1", provider),
                                   (FULCIO + "8", der.string(
                                       provider.decode())),
                                   (FULCIO + "24", der.string(
                                       "CgcxMjM0NTY3EgZnaXRodWI"))]))
    case("E36", certificate(sans=[["other", FULCIO + "7",
                                   "jroe!example.com"]], eku=[CODE]))
    case("E37", certificate(
        sans=[["uri", "https://github.com/jane-roe/tool/.github/workflows/"
               "release.yml@refs/tags/v1"]], eku=[CODE],
        extra=[(FULCIO + "16", der.string("https://github.com/jane-roe"))]))
    mail("E38", [["rfc822", "jane.roe@example.com"]],
         [[["CN", "Jane Roe"], ["emailAddress", "jane.roe@example.com"]]])
    web("E39", [["rfc822", "j.a.n.e+shop@gmail.com"]])
    mail("E40", [["rfc822", "u%04d@example.com" % k] for k in range(1000)])


def names():
    """N01 to N09, N22 to N26: names in all their spellings."""
    case("N01", certificate(
        [["C", "DE"], ["L", "Bonn"], ["SN", "Roe"], ["GN", "Jane"],
         ["CN", "www.example.com"]],
        sans=[["dns", "www.example.com"]], eku=[TLS],
        policies=["2.23.140.1.2.3"]))
    mail("N02", [["rfc822", "hanako@example.com"]],
         [["O", "Example KK"], ["SN", "YAMADA"], ["GN", "Hanako"],
          ["CN", "YAMADA Hanako"]], policies=["2.23.140.1.5.3.2"])
    mail("N03", [["rfc822", "b@example.com"]],
         [["CN", "Bjørn Müller".encode("latin-1"), "TeletexString"]])
    mail("N04", [["rfc822", "j@example.com"]],
         [["CN", b"J\xc8urgen M\xc8uller", "TeletexString"]])
    mail("N05", [["rfc822", "j@example.com"]],
         [["CN", "José Núñez".encode(), "PrintableString"]])
    mail("N06", [["rfc822", "joao@example.com"]],
         [["GN", "João".encode().decode("latin-1")], ["SN", "Gilberto"]])
    mail("N07", [["rfc822", "l@example.com"]],
         [["GN", "Łukasz", "BMPString"], ["SN", "Żak", "UniversalString"]])
    mail("N08", [["rfc822", "j@example.com"]],
         [["CN", "Jane Roe".encode("utf-16-be") + b"\0", "BMPString"]])
    mail("N09", [["rfc822", "z@example.com"]],
         [["SN", "d&#x27;Anth&#xE9;ron"], ["GN", "Zo&eacute;"]])
    mail("N22", [["rfc822", "p@example.com"]],
         [["pseudonym", "Yamada Hanako"], ["CN", "Yamada Hanako"]],
         policies=["2.23.140.1.5.4.2"])
    person("N23", [["CN", "Mondfisch:PN"], ["C", "DE"]])
    person("N24", [["C", "DE"], ["O", "Beispiel Handels AG"],
                   ["CN", "Beispiel Handels AG"]], [CODE])
    person("N25", [["C", "PL"], ["L", "Gdynia"], ["O", "Jan Kowalski"],
                   ["CN", "Jan Kowalski"]], [CODE])
    given = "Maximilian-Friedrich Alexander Johannes"
    surname = "von und zu Hohenberg-Beispielhausen"
    person("N26", [["GN", given], ["SN", surname],
                   ["CN", (given + " " + surname)[:64]]])


def national():
    """N10 to N21, N27 to N30: national profiles."""
    case("N10", certificate(
        [["C", "ES"], ["serialNumber", "12345678Z"], ["SN", "GARCÍA"],
         ["GN", "MARÍA"], ["CN", "GARCÍA LÓPEZ, MARÍA (FIRMA)"]],
        eku=[CLIENT, MAIL], extra=[("2.5.29.9", directory_attributes([
            ("1.3.6.1.5.5.7.9.1", raw(0x18, b"19800101120000Z"))]))]))
    person("N11", [["C", "EE"], ["CN", "MÄNNIK,MARI-LIIS,47101010033"],
                   ["SN", "MÄNNIK"], ["GN", "MARI-LIIS"],
                   ["serialNumber", "PNOEE-47101010033"]], [CLIENT])
    # Birth date, CPF, NIS, RG and who issued it, in fixed columns.
    columns = b"01011980" + b"12345678909" + b"0" * 26 + b"SSPSP"
    case("N12", certificate(
        [["C", "BR"], ["O", "ICP-Brasil", "PrintableString"],
         ["CN", "MARIA DA SILVA SANTOS:12345678909", "PrintableString"]],
        sans=[["other", "2.16.76.1.3.1", der.octets(columns)],
              ["rfc822", "maria@example.com.br"]], eku=[CLIENT, MAIL]))
    case("N13", certificate(
        [["C", "JP"], ["CN", "2026010112345678A1234567890",
                       "PrintableString"]],
        sans=[["other", JPKI + "1", "山田　花子"],
              ["other", JPKI + "4", "319800101"], ["other", JPKI + "3", "2"],
              ["other", JPKI + "5", "東京都千代田区"]]))
    person("N14", [["CN", "홍길동()0011041202012281110003"],
                   ["OU", "personal4IB", "PrintableString"],
                   ["O", "examplesign"], ["C", "kr"]], [CLIENT])
    person("N15", [["C", "CN"], ["O", "Example CA"],
                   ["CN", "051@张三@110101199003074514@1"]], [CLIENT])
    person("N16", [["C", "DK"], ["O", "Ingen organisatorisk tilknytning"],
                   [["CN", "Lars Testesen"],
                    ["serialNumber", "PID:9208-2002-2-000000000000"]]],
           [CLIENT, MAIL])
    person("N17", [["CN", "Иванов Иван Иванович"], ["SN", "Иванов"],
                   ["GN", "Иван Иванович"],
                   ["INN", "123456789012", "NumericString"],
                   ["SNILS", "12345678901", "NumericString"]],
           [CLIENT, MAIL])
    person("N18", [["CN", "Петров Василь Олександрович"]], [CLIENT],
           extra=[("2.5.29.9", directory_attributes([
               ("1.2.804.2.1.1.1.11.1.4.1.1",
                der.string("1234567890", "PrintableString"))]))])
    person("N19", [["CN", "ТЕСТОВ ТЕСТ"], ["SN", "ТЕСТОВ"],
                   ["serialNumber", "IIN800101300123"], ["C", "KZ"],
                   ["GN", "ТЕСТОВИЧ"]], [CLIENT, MAIL])
    mail("N20", [["other", "1.3.6.1.4.1.8321.1", "12345678-5",
                  "IA5String"]], [["CN", "Juan Perez Soto"], ["C", "CL"]])
    case("N21", certificate(
        [["C", "ES"], ["CN", "www.example.es"]],
        sans=[["dirname", [[SPAIN + "4", "12345678Z"],
                           [SPAIN + "6", "MARÍA"], [SPAIN + "7", "GARCÍA"],
                           [SPAIN + "8", "LÓPEZ"],
                           [SPAIN + "9", "maria@example.es"]]]]))
    national_serials()


def national_serials():
    """Numbers with a scheme, and what else says who one is."""
    person("N27", [["serialNumber", "IDCCZ 104744634"],
                   ["serialNumber", "TINPL-12345678903"],
                   ["serialNumber", "PASUS-0000001"],
                   ["serialNumber", "EI:SE-5567971433"],
                   ["CN", "Jan Novák"]])
    person("N28", [["serialNumber", "ES/AT/02635542Y"], ["GN", "María"],
                   ["SN", "García"]])
    person("N29", [["GN", "Ján"], ["SN", "Príklad"],
                   ["street", "Ulica 1/2"], ["L", "Bratislava"],
                   ["telephoneNumber", "+421 2 1234 5678",
                    "PrintableString"], ["title", "MUDr."]])
    sid = b"S-1-5-21-1004336348-1177238915-682003330-512"
    person("N30", [["CN", "jroe"]], [CLIENT], extra=[
        ("1.3.6.1.4.1.311.25.2", der.seq(der.explicit(
            0, der.oid("1.3.6.1.4.1.311.25.2.1"),
            der.explicit(0, der.octets(sid)))))])


def structures():
    """P01 to P05."""
    person("P01", [["GN", b"\x02Ja\x1bne\x07", "IA5String"],
                   ["SN", "Roe"]])
    person("P02", [["SN", "x" * 40000]])
    mail("P03", [["other", UPN, der.seq(der.string("jroe@example.com"))]])
    mail("P04", [["other", "1.3.6.1.5.2.2", der.seq(
        der.explicit(0, raw(0x1B, b"EXAMPLE.COM")),
        der.explicit(1, der.seq(
            der.explicit(0, der.integer(1)),
            der.explicit(1, der.seq(raw(0x1B, b"jroe"))))))]])
    nested = der.string("jane.roe@example.com")
    for _ in range(30):
        nested = der.seq(nested)
    web("P05", [["dns", "www.example.com"]],
        extra=[("1.3.6.1.4.1.99999.2", nested)])


def broken():
    """B01 to B04: E01 with a last extension that can be cut off."""
    parts = {"sans": [["dns", "www.example.com"],
                      ["rfc822", "jane.roe@example.com"]], "eku": [TLS]}
    whole = certificate(**parts)
    _, start, _ = der.head_of(whole)
    signed = der.tbs_of(whole)
    case("B01", whole[:start + len(signed) - 10])
    case("B02", whole + b"\0\0")
    case("B03", b"\x30\x80" + whole[start:] + b"\0\0")
    case("B04", b"\x30\x84\xff\xff\xff\xff" + whole[start:])


def further():
    """X01 and up: cases of our own."""
    halves = raw(0x2C, raw(0x0C, b"jroe@") + raw(0x0C, b"example.com"))
    mail("X01", [["other", UPN, halves]])
    mail("X02", [["other", UPN, der.seq(halves)]])
    web("X06", [["dns", "www.example.com"]],
        extra=[("1.3.6.1.4.1.99999.6", der.seq(halves))])
    # All of it is the issuer's, nothing the subject's.
    case("X03", certificate(
        [["CN", "www.example.com"]],
        [["GN", "Jane"], ["SN", "Roe"], ["CN", "Jane Roe"],
         ["emailAddress", "jane.roe@ca.example"],
         ["serialNumber", "PNOES-12345678Z"]],
        sans=[["dns", "www.example.com"]], eku=[TLS],
        extra=[("2.5.29.18", general_names(
            [["dirname", [["GN", "Jane"], ["SN", "Roe"]]],
             ["upn", "jroe@ca.example"]]))]))
    # Too long for a name, too many of them.
    person("X07", [["CN", "Jane " * 1000]])
    person("X08", [["CN", given + " Roe"] for given in (
        "Jane", "Ann", "Zoe", "Eve", "Mary", "Lena", "Rosa", "Ida", "Ada")])
    # In front of the at sign, nothing that counts.
    web("X09", [["dns", "www.example.com"]],
        [["emailAddress", "\u206a@example.com", "UTF8String"]])
    # A CA with the name of a person: its subject is the CA's own data.
    person("X04", [["C", "DE"], ["CN", "Jane Roe"]], ca=True)
    person("X05", [["O", "Example Org"], ["OU", "jane.roe@example.com"],
                   ["description", "ask bob@example.org, or not"]])


addresses()
names()
national()
structures()
broken()
further()


def main():
    """Write them all."""
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    numbers = sys.argv[2:] or CASES
    for number in numbers:
        (folder / (number + ".der")).write_bytes(CASES[number])
    print("%d certificates in %s" % (len(numbers), folder))


if __name__ == "__main__":
    main()
