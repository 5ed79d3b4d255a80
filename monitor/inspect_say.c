/* inspect_say: see inspect_say.h. Places are in inspect_place.c. */
#include "monitor/inspect_say.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* In the order of enum pii_kind. */
static const struct {
	const char *one, *several;
} kinds[] = {
    {"e-mail address", "e-mail addresses"},
    {"login name", "login names"},
    {"messaging address", "messaging addresses"},
    {"user name", "user names"},
    {"name", "names"},
    {"pseudonym", "pseudonyms"},
    {"national identity number", "national identity numbers"},
    {"date of birth", "dates of birth"},
    {"place of birth", "places of birth"},
    {"gender", "genders"},
    {"citizenship or residence", "citizenships or residences"},
    {"phone number", "phone numbers"},
    {"postal address", "postal addresses"},
    {"title or role", "titles or roles"},
    {"account identifier", "account identifiers"},
    {"login in a URI", "logins in URIs"},
};
_Static_assert(COUNT(kinds) == PII_KINDS, "words for every kind");

const char *
say_kind(enum pii_kind kind, bool several)
{
	return several ? kinds[kind].several : kinds[kind].one;
}

void
say_count(struct buf *out, enum pii_kind kind, uint32_t num)
{
	const char *one = kinds[kind].one;

	if (num == 1) /* "a user name": only a, e, i and o are vowels here */
		buf_fmt(out, "%s %s", strchr("aeio", one[0]) ? "an" : "a", one);
	else
		buf_fmt(out, "%u %s", num, kinds[kind].several);
}

/* In the order of enum cert_class; NULL: the format says it. */
static const char *const classes[] = {
    NULL,
    NULL,
    "e-mail of a mailbox",
    "e-mail of an organisation",
    "e-mail of a person in an organisation",
    "e-mail of a person",
    "e-mail",
    "TLS server, only its domain validated",
    "TLS server of an organisation",
    "TLS server of a person",
    "TLS server of an organisation, extended validation",
    "TLS server",
    "code signing",
    "document signing",
    "client",
    "smart card",
    "qualified",
    "qualified, of a person",
    "qualified seal of an organisation",
    "qualified web site",
    "person under a policy of ETSI",
    "Sigstore",
    "verified mark",
    "time stamping",
    "OCSP responder",
    "policy of ETSI",
    "relying party of EUDI wallets",
};
_Static_assert(COUNT(classes) == CLASSES, "words for every class");

/* A label beside the more exact one that was guessed from the subject. */
static bool
is_guessed(uint32_t set)
{
	return set >> CLASS_SMIME & 1 &&
	       set &
		   (1u << CLASS_SMIME_MAILBOX | 1u << CLASS_SMIME_ORGANIZATION |
		       1u << CLASS_SMIME_SPONSOR |
		       1u << CLASS_SMIME_INDIVIDUAL);
}

void
say_classes(struct buf *out, uint32_t set)
{
	size_t start = out->len;
	bool guessed = is_guessed(set);

	if (guessed)
		set &= ~(1u << CLASS_SMIME);
	for (unsigned k = 0; k < CLASSES; k++) {
		if (!(set >> k & 1) || classes[k] == NULL)
			continue;
		buf_fmt(out, "%s%s", out->len > start ? "; " : "", classes[k]);
		if (guessed && k <= CLASS_SMIME)
			buf_str(out, ", by its contents");
	}
}

const char *
say_format(const struct inspection *i)
{
	switch (i->cert.format) {
	case CERT_CERTIFICATE:
		return i->cert.ca ? "certificate of a CA" : "certificate";
	case CERT_PRECERTIFICATE:
		return i->cert.ca ? "precertificate of a CA" : "precertificate";
	case CERT_TBS:
		return "bare TBSCertificate";
	case CERT_CSR:
		return "certificate signing request";
	case CERT_NONE:
		break;
	}
	return "no certificate";
}

const char *
say_confidence(enum pii_confidence confidence)
{
	static const char *const words[] = {
	    NULL, "a name", "possibly", "in other text"};

	return (unsigned)confidence < COUNT(words) ? words[confidence] : "?";
}

const char *
say_reason(const char *reason)
{
	static const struct {
		const char *reason, *words;
	} plain[] = {
	    {"commonName beside a structured name",
		"beside given name and surname"},
	    {"surname without givenName", "without a given name"},
	    {"givenName without surname", "without a surname"},
	    {"mailto", "a link to write mail"},
	    {"address in a dNSName", "an address, where a DNS name belongs"},
	};

	for (unsigned i = 0; i < COUNT(plain); i++)
		if (strcmp(plain[i].reason, reason) == 0)
			return plain[i].words;
	return reason;
}

const char *
say_flag(unsigned bit)
{
	static const char *const words[] = {"bytes that are not UTF-8",
	    "wrongly encoded", "UTF-8 in a string of an older type",
	    "letters of ISO 6937", "letters of Latin-1",
	    "a byte too many or too few", "bytes in the wrong order",
	    "another string type than it says", "not in DER", "a NUL in it",
	    "garbled letters, mended", "entities of HTML, resolved",
	    "control characters", "hidden characters", "cut short",
	    "too long, only its beginning was read", "look-alike letters",
	    "a field that nobody knows", "an extension that nobody knows",
	    "percent-encoded", "one of several in one field",
	    "a hash of a photo or signature"};

	return bit < COUNT(words) ? words[bit] : NULL;
}
