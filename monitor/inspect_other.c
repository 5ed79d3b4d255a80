/* inspect_other: see inspect_other.h. */
#include "monitor/inspect_other.h"

#include "ctlog/base/text.h"

size_t
inspect_find(struct span s, const char *what)
{
	const uint8_t *q =
	    s.len ? memmem(s.p, s.len, what, strlen(what)) : NULL;

	return q ? (size_t)(q - s.p) : s.len;
}

static bool
has(struct span s, const char *what)
{
	return inspect_find(s, what) < s.len;
}

struct span
inspect_trimmed(struct span s)
{
	static const char mark[] = "\xef\xbb\xbf";

	if (span_starts(s, span_str(mark)))
		s = span_from(s, sizeof(mark) - 1);
	while (s.len > 0 && strchr(" \t\r\n", s.p[0]) != NULL && s.p[0] != '\0')
		s = span_from(s, 1);
	return s;
}

/* --- DER ------------------------------------------------------------------ */

static bool
is_oid(const struct der *t, const char *bytes)
{
	return t->id == DER_OID && span_starts(t->value, span_str(bytes));
}

#define OID_SIGNED_DATA "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
#define OID_PKCS7 "\x2a\x86\x48\x86\xf7\x0d\x01\x07"
#define OID_PKCS5 "\x2a\x86\x48\x86\xf7\x0d\x01\x05"
#define OID_PKCS12_PBE "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01"

/* Inside of ContentInfo, when it is of this type. */
static bool
content_of(struct span *content, struct span der, const char *type)
{
	struct der t, oid;

	if (!der_first(&t, der, DER_SEQUENCE))
		return false;
	*content = t.value;
	return der_next(&oid, content) && is_oid(&oid, type);
}

struct span
inspect_opened(struct span der)
{
	struct span none = span_of(NULL, 0), in;
	struct der t;

	if (!content_of(&in, der, OID_SIGNED_DATA) ||
	    !der_first(&t, in, DER_CONTEXT_CONSTRUCTED) ||
	    !der_first(&t, t.value, DER_SEQUENCE))
		return none;
	/* Version, digestAlgorithms and the content stand before them. */
	for (in = t.value; der_next(&t, &in);)
		if (t.id == DER_CONTEXT_CONSTRUCTED)
			return t.value;
	return none;
}

bool
inspect_is_key(struct span der)
{
	struct der t, first, second, third = {0};
	struct span in;

	if (!der_first(&t, der, DER_SEQUENCE))
		return false;
	in = t.value;
	if (!der_next(&first, &in) || !der_next(&second, &in))
		return false;
	if (!der_next(&third, &in))
		third.id = 0;
	if (first.id == DER_SEQUENCE && second.id == DER_OCTET_STRING)
		return der_first(&t, first.value, DER_OID) &&
		       (is_oid(&t, OID_PKCS5) || is_oid(&t, OID_PKCS12_PBE));
	if (first.id != DER_INTEGER || first.value.len != 1 ||
	    first.value.p[0] > 1)
		return false;
	return second.id == DER_OCTET_STRING ||
	       (second.id == DER_INTEGER && third.id == DER_INTEGER) ||
	       (second.id == DER_SEQUENCE && third.id == DER_OCTET_STRING);
}

/* Version 3 in front of data (RFC 7292 section 4). */
static bool
is_pkcs12(struct span input)
{
	struct der t, version;
	struct span in;

	if (!der_first(&t, input, DER_SEQUENCE))
		return false;
	in = t.value;
	return der_next(&version, &in) && version.id == DER_INTEGER &&
	       version.value.len == 1 && version.value.p[0] == 3 &&
	       content_of(&in, in, OID_PKCS7);
}

/* --- PEM ------------------------------------------------------------------ */

bool
inspect_is_key_label(struct span label)
{
	return has(label, "PRIVATE KEY");
}

const char *
inspect_label_words(struct span label)
{
	if (has(label, "PUBLIC KEY"))
		return "a public key, without a certificate";
	if (has(label, "CRL"))
		return "a list of revoked certificates (CRL)";
	if (has(label, "PKCS7") || has(label, "CMS"))
		return "PKCS #7, but no certificate in it";
	return "PEM, but no certificate or request in it";
}

/* --- anything ------------------------------------------------------------- */

/* Texts and archives by what they begin with. */
static const struct {
	const char *start, *words;
} starts[] = {
    {"\xff\xfe", "text in UTF-16; save it as UTF-8"},
    {"\xfe\xff", "text in UTF-16; save it as UTF-8"},
    {"\xfe\xed\xfe\xed",
	"a key store of Java; `keytool -list -rfc -keystore FILE` prints "
	"the certificates in it"},
    {"PK\x03\x04", "a ZIP archive; unpack it"},
    {"\x1f\x8b", "compressed with gzip; unpack it"},
    {"ssh-", "a public key of SSH, without a certificate"},
    {"<", "a web page or XML, as of a download that failed"},
};

const char *
inspect_other_words(struct span input)
{
	struct span text = inspect_trimmed(input), in;

	if (input.len == 0)
		return "the file is empty";
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (span_starts(text, span_str(starts[i].start)))
			return starts[i].words;
	if (is_pkcs12(input))
		return "PKCS #12, which holds a private key too; `openssl "
		       "pkcs12 -nokeys -in FILE` gives the certificates in it";
	if (content_of(&in, input, OID_SIGNED_DATA))
		return "PKCS #7, but no certificate in it";
	if (content_of(&in, input, OID_PKCS7))
		return "PKCS #7 that is encrypted or not signed";
	if (has(input, "pkcs7-signature") || has(input, "pkcs7-mime"))
		return "a signed mail; `openssl smime -pk7out -in FILE | "
		       "indelible inspect -` shows the certificates in it";
	return "neither PEM, nor DER of a certificate or request";
}
