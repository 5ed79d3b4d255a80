"""Records of synthetic people, certificates that carry their data (and some
that only seem to), and what must be found of it.
"""
import hashlib

CONSENT = {"purpose": "ct-exposure/1", "method": "import",
           "at": "2024-05-01T10:00:00Z", "evidence": "contract 4711"}

JANE = {"id": "acme/jane", "tenant": "acme", "kind": "email",
        "value": "jane.roe@example.com", "consent": CONSENT}
DOMAIN = {"id": "acme/dom", "tenant": "acme", "kind": "domain",
          "value": "example.org", "match": {"subdomains": True},
          "consent": CONSENT}
MARIA = {"id": "beta/mgl", "tenant": "beta", "kind": "name",
         "value": {"given": ["María", "José"],
                   "surname": ["García", "López"],
                   "aliases": ["Maria Garcia"]},
         "qualifiers": {"domains": ["example.net"],
                        "organizations": ["Example GmbH"],
                        "countries": ["ES"], "localities": []},
         "require_qualifier": True, "consent": CONSENT}
RECORDS = [JANE, DOMAIN, MARIA]

PERSONAL = {"eku": ["emailProtection", "clientAuth"], "issuer": 1}
FOR_JANE = ["acme/jane"]
FOR_DOMAIN = ["acme/dom"]

# Each is found: by which record stands under "plants".
PLANTED = [
    dict(PERSONAL, subject=[["CN", "Jane Roe"]], plants=FOR_JANE,
         sans=[["rfc822", "jane.roe@example.com"]]),
    {"subject": [["CN", "www.example.com"],
                 ["emailAddress", "Jane.Roe@EXAMPLE.com"]],
     "sans": [["dns", "www.example.com"]], "log": "final",
     "plants": FOR_JANE},
    dict(PERSONAL, sans=[["upn", "bob@corp.example.org"]],
         subject=[["CN", "bob"]], log="precert", plants=FOR_DOMAIN),
    dict(PERSONAL, plants=["beta/mgl"],
         subject=[["GN", "María José"], ["SN", "García López"],
                  ["CN", "GARCÍA LÓPEZ, MARÍA JOSÉ"], ["C", "ES"]],
         sans=[["rfc822", "mgl@example.net"]]),
    {"subject": [], "sans": [["uri", "mailto:jane.roe@example.com"]],
     "plants": FOR_JANE},
    dict(PERSONAL, subject=[["CN", "Shared mailbox"]],
         sans=[["rfc822", "ops@example.org"],
               ["rfc822", "jane.roe@example.com"]],
         plants=FOR_JANE + FOR_DOMAIN),
    dict(PERSONAL, subject=[["CN", "花子"]], plants=FOR_DOMAIN,
         sans=[["smtputf8", "花子@mail.example.org"]]),
    dict(PERSONAL, subject=[["CN", "Directory"]], plants=FOR_JANE,
         sans=[["dirname", [["emailAddress", "jane.roe@example.com"]]]]),
]

# None of these is anybody's.
SIMILAR = [
    dict(PERSONAL, sans=[["rfc822", "xjane.roe@example.com"]]),
    dict(PERSONAL, sans=[["rfc822", "jane.roe@example.com.evil.test"]]),
    dict(PERSONAL, sans=[["rfc822", "jane.roe+x@example.com"]]),
    dict(PERSONAL, sans=[["rfc822", "ops@badexample.org"]]),
    {"subject": [["CN", "example.org"]], "sans": [["dns", "example.org"]]},
    dict(PERSONAL, subject=[["GN", "María"], ["SN", "Pérez"],
                            ["CN", "María Pérez"], ["C", "ES"]]),
    dict(PERSONAL, subject=[["CN", "Jane Roe"]],
         sans=[["rfc822", "jane@example.com"]]),
]

TENANTS = {record["id"]: record["tenant"] for record in RECORDS}


def jane_spec(**more):
    """A certificate pair with Jane's address."""
    return dict(PLANTED[0], **more)


def between(count, specs=None):
    """The specs with `count` everyday entries before, between and after."""
    out = [{"filler": count}]
    for spec in PLANTED + SIMILAR if specs is None else specs:
        out += [spec, {"filler": count}]
    return out


def alert_id(tenant, record, family):
    """The id of an alert (interface contract, section 5)."""
    parts = [b"indelible/1", tenant.encode(), record.encode(), family]
    joined = b"".join(len(p).to_bytes(4, "big") + p for p in parts)
    return hashlib.sha256(joined).digest()[:16].hex()


def expected_ids(truth, begin=0, end=None):
    """{alert id: [truth of its entries]} for the entries in a range."""
    out = {}
    for entry in truth:
        if entry["index"] < begin or end is not None and \
                entry["index"] >= end:
            continue
        for record in entry["plants"]:
            out.setdefault(alert_id(
                TENANTS[record], record,
                bytes.fromhex(entry["tbs_sha256"])), []).append(entry)
    return out
