/*
 * kind: the names of everything that extract.h enumerates, as `inspect` and
 * the alerts print them (interface.md section 4).
 */
#include "monitor/pii/extract.h"

#include "ctlog/x509/chars.h"

_Static_assert((int)FLAG_TRUNCATED == CHARS_TRUNCATED &&
		   (int)FLAG_OVERSIZE == CHARS_OVERSIZE,
    "the first flags are those of chars.h");

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static const char *const kinds[] = {"email", "upn", "jid", "username", "name",
    "pseudonym", "national-id", "birth-date", "birth-place", "gender",
    "citizenship", "phone", "address", "title", "account-id", "uri-userinfo"};

_Static_assert(COUNT(kinds) == PII_KINDS, "a name for every kind");

static const char *const flags[] = {"bad-utf8", "bad-encoding", "t61-utf8",
    "t61-iso6937", "t61-latin1", "odd-length", "swapped", "mis-tagged", "ber",
    "nul", "mojibake", "html-entity", "control", "ignorable", "truncated",
    "oversize", "confusable", "unknown-attr", "unknown-ext", "percent",
    "multiple", "biometric"};

static const char *const classes[] = {"ca", "precert", "smime-mailbox",
    "smime-organization", "smime-sponsor", "smime-individual", "smime",
    "tls-dv", "tls-ov", "tls-iv", "tls-ev", "tls", "code-signing",
    "document-signing", "client", "smartcard", "qualified", "qualified-person",
    "qualified-seal", "qualified-web", "etsi-person", "fulcio", "mark",
    "time-stamping", "ocsp", "etsi", "wallet-access"};

_Static_assert(COUNT(classes) == CLASSES, "a name for every class");
_Static_assert(CLASSES <= CERT_CLASSES, "classes fit a bit set");

const char *
kind_name(enum pii_kind k)
{
	return (unsigned)k < PII_KINDS ? kinds[k] : "?";
}

bool
kind_of(enum pii_kind *out, struct span name)
{
	for (unsigned i = 0; i < PII_KINDS; i++) {
		if (!span_eq_str(name, kinds[i]))
			continue;
		*out = (enum pii_kind)i;
		return true;
	}
	return false;
}

const char *
side_name(enum pii_side s)
{
	return s == SIDE_ISSUER ? "issuer" : "subject";
}

const char *
confidence_name(enum pii_confidence c)
{
	static const char *const names[] = {
	    "structured", "name", "possible", "free-text"};

	return (unsigned)c < COUNT(names) ? names[c] : "?";
}

const char *
class_name(unsigned bit)
{
	return bit < COUNT(classes) ? classes[bit] : NULL;
}

const char *
flag_name(unsigned bit)
{
	return bit < COUNT(flags) ? flags[bit] : NULL;
}

const char *
string_type_name(uint8_t tag)
{
	static const char *const names[] = {[1] = "BOOLEAN",
	    [2] = "INTEGER",
	    [3] = "BIT STRING",
	    [4] = "OCTET STRING",
	    [5] = "NULL",
	    [6] = "OBJECT IDENTIFIER",
	    [10] = "ENUMERATED",
	    [12] = "UTF8String",
	    [16] = "SEQUENCE",
	    [17] = "SET",
	    [18] = "NumericString",
	    [19] = "PrintableString",
	    [20] = "TeletexString",
	    [21] = "VideotexString",
	    [22] = "IA5String",
	    [23] = "UTCTime",
	    [24] = "GeneralizedTime",
	    [25] = "GraphicString",
	    [26] = "VisibleString",
	    [27] = "GeneralString",
	    [28] = "UniversalString",
	    [30] = "BMPString"};

	return tag < COUNT(names) && names[tag] ? names[tag] : "unknown";
}
