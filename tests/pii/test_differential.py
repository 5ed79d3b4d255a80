"""Whatever OpenSSL reads in subject and subjectAltName, we read: over all
cases, over certificates by chance, over both with bytes changed. A place is
settled by a finding with that value, or by a problem that names the place.
Certificates that OpenSSL refuses count for the rest: read in bounded time,
and one object each.

PII_SEED chooses other certificates, PII_CERTIFICATES how many.
"""
import html
import os
import random
import re
import time
import unicodedata

import pytest
from cryptography import x509

from . import chance, oracle
from .inspecting import inspect_all
from .make import CASES

SEED = int(os.environ.get("PII_SEED", 2026))
NUMBER = int(os.environ.get("PII_CERTIFICATES", 2500))
SIMPLE = re.compile(r"[a-z0-9._+-]*[a-z0-9_+]@([a-z0-9-]+\.)+[a-z0-9]+",
                    re.I)
EMAIL = ("1.2.840.113549.1.9.1", "0.9.2342.19200300.100.1.3")
GIVEN, SURNAME = "2.5.4.42", "2.5.4.4"
ADDRESSES = ("email", "upn", "jid")


def skeletons(text):
    """Its words as two decoders may agree on them: letters of ASCII only,
    with accents taken off and with accented letters left out (OpenSSL takes
    every TeletexString for Latin-1). It leaves controls and entities."""
    text = re.sub(r"[\t-\r]", " ", html.unescape(text))
    text = re.sub(r"[\0-\x1f\x7f-\x9f]", "", text)
    text = unicodedata.normalize("NFKC", text).casefold()
    bare = unicodedata.normalize("NFD", text)
    return [frozenset(re.findall(r"[a-z]{2,}", re.sub(r"[^\0-\x7f]", "", t)))
            for t in (bare, text)]


def findings_at(found, path):
    """The findings of a place, and the problems there or in what it is
    part of (OpenSSL takes a SEQUENCE for one that is not constructed)."""
    around = {path, path[:path.rindex("[")], "certificate", "tbsCertificate"}
    if path.startswith("ext"):
        around.add("extensions")
    return ([f for f in found["findings"] if f["path"] == path],
            [p for p in found["problems"] if p["path"] in around])


def unread_address(found, path, value):
    """Why an address that is one of these is not settled; None when it is."""
    here, wrong = findings_at(found, path)
    addresses = {f["canonical"] for f in found["findings"]
                 if f["kind"] in ADDRESSES}
    if SIMPLE.fullmatch(value):
        local, _, domain = value.rpartition("@")
        if value.casefold() in addresses or wrong or \
                not good_domain(domain) or len(local) > 64:
            return None
        return "%s: %s is not found" % (path, value)
    local = value.rpartition("@")[0].casefold() + "@"
    if here or wrong or local == "@" or \
            any(a.startswith(local) for a in addresses):
        return None
    return "%s: nothing said of %r" % (path, value)


def good_domain(domain):
    """Every A-label could be one."""
    try:
        for label in domain.split("."):
            assert len(label) < 64 and label[:1] != "-" != label[-1:]
            if label[:4].lower() == "xn--":
                label[4:].encode().decode("punycode").encode()
        return True
    except (UnicodeError, AssertionError):
        return False


def unread_name(found, path, value):
    """The same for a givenName or surname."""
    here, wrong = findings_at(found, path)
    names = [set().union(*skeletons(f["canonical"] + " " + f["value"]))
             for f in found["findings"] if f["kind"] in ("name", "pseudonym")]
    if wrong or found["ca"] or "@" in value:
        return None
    for words in skeletons(value):
        if not words or any(words <= name for name in names):
            return None
    return "%s: %r is in no name %s" % (path, value, here)


def unread(found, body):
    """All that OpenSSL shows and we do not."""
    read = oracle.read(body)
    if read is None:
        return None
    subject, alternative = read
    out = []
    for path, dotted, text in subject:
        text = (text or "").split("\0")[0]
        if dotted in EMAIL or SIMPLE.fullmatch(text):
            out.append(unread_address(found, path, text))
        if dotted in (GIVEN, SURNAME):
            out.append(unread_name(found, path, text))
    for path, form, text in alternative or []:
        text = text.split("\0")[0]
        if form == oracle.MAIL or SIMPLE.fullmatch(text):
            out.append(unread_address(found, path, text))
    return [why for why in out if why]


def compare(folder, certificates):
    """How many of them OpenSSL reads; fails on what it reads alone."""
    began = time.monotonic()
    found = inspect_all(folder, certificates)
    spent = time.monotonic() - began
    assert spent < 10 + .02 * len(certificates), "%.1f s" % spent
    read, wrong = 0, []
    for name, body in certificates.items():
        why = unread(found[name], body)
        read += why is not None
        wrong += ["%s %s" % (name, w) for w in why or []]
    assert not wrong, "%d:\n%s" % (len(wrong), "\n".join(wrong[:20]))
    return read


@pytest.fixture(scope="module")
def random_certificates():
    """{name: certificate}."""
    dice = random.Random(SEED)
    return {"R%05d" % k: chance.one(dice) for k in range(NUMBER)}


@pytest.mark.smoke
def test_cases(tmp_path):
    """Every case of the tables; OpenSSL reads most of them."""
    assert compare(tmp_path, CASES) >= len(CASES) - 8


def test_random(tmp_path, random_certificates):
    """Certificates by chance; OpenSSL reads them all."""
    assert compare(tmp_path, random_certificates) == NUMBER


@pytest.mark.smoke
def test_mutations(tmp_path, random_certificates):
    """Bytes of them changed: some are read yet."""
    dice = random.Random(SEED + 1)
    origin = list(CASES.values()) + list(random_certificates.values())
    small = [body for body in origin if len(body) < 5000]
    number = compare(tmp_path, {
        "M%05d" % k: chance.mutated(dice, dice.choice(small))
        for k in range(2 * NUMBER)})
    assert number > NUMBER / 4


def test_the_oracle(random_certificates):
    """A third parser reads the same addresses as the second."""
    checked = 0
    for body in random_certificates.values():
        try:
            names = x509.load_der_x509_certificate(
                body).extensions.get_extension_for_class(
                    x509.SubjectAlternativeName).value
        except (ValueError, x509.ExtensionNotFound):
            continue
        third = names.get_values_for_type(x509.RFC822Name)
        _, alternative = oracle.read(body)
        assert third == [text for _, form, text in alternative
                         if form == oracle.MAIL]
        checked += 1
    assert checked > NUMBER / 10
