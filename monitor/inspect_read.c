/* inspect_read: certificates out of files of any form; see inspect.h. */
#include "monitor/inspect.h"

#include "ctlog/base/text.h"

static const char begin_line[] = "-----BEGIN ";
static const char end_line[] = "-----END ";

/* Offset of `what` in s, or s.len. */
static size_t
find(struct span s, const char *what)
{
	const uint8_t *q =
	    s.len ? memmem(s.p, s.len, what, strlen(what)) : NULL;

	return q ? (size_t)(q - s.p) : s.len;
}

static bool
is_certificate(struct span der)
{
	struct cert c;

	if (der.len == 0 || der.p[0] != DER_SEQUENCE)
		return false;
	cert_parse(&c, der, NULL);
	return c.format != CERT_NONE;
}

/* The value of a base64 digit, or -1. */
static int
digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/*
 * Base64 in lines; what breaks it is left out, so that a damaged block is
 * still looked at. False when there was something to leave out.
 */
static bool
unbase64(struct buf *out, struct span s)
{
	uint8_t *q = buf_room(out, s.len / 4 * 3 + 3);
	uint32_t bits = 0;
	unsigned held = 0;
	bool good = true;
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		int d = digit(s.p[i]);

		if (d < 0) {
			good &= s.p[i] == '=' || s.p[i] == ' ' ||
				(s.p[i] >= '\t' && s.p[i] <= '\r');
			continue;
		}
		bits = bits << 6 | (uint32_t)d;
		held += 6;
		if (held < 8)
			continue;
		held -= 8;
		q[n++] = (uint8_t)(bits >> held);
	}
	out->len += n;
	return good && held < 6;
}

/* "Proc-Type: 4,ENCRYPTED" and the like in front of the base64 (RFC 1421). */
static struct span
skip_headers(struct span body)
{
	size_t end = find(body, "\n\n"), wide = find(body, "\r\n\r\n");
	struct span head;

	if (wide < end)
		end = wide + 2;
	head = span_cut(body, 0, end);
	return end < body.len && span_chr(head, ':') < head.len
		   ? span_from(body, end)
		   : body;
}

/* A label under which a certificate or a request may stand. */
static bool
is_label(struct span label)
{
	static const char *const known[] = {"CERTIFICATE", "X509 CERTIFICATE",
	    "TRUSTED CERTIFICATE", "CERTIFICATE REQUEST",
	    "NEW CERTIFICATE REQUEST", NULL};

	for (int i = 0; known[i] != NULL; i++)
		if (span_eq_str(label, known[i]))
			return true;
	return false;
}

/* OpenSSL's "TRUSTED CERTIFICATE" is one with a trust setting behind it. */
static struct span
first_only(struct span der)
{
	struct der t;

	return der_first(&t, der, DER_SEQUENCE) ? t.whole : der;
}

/* The next block of a wanted kind. */
static bool
next_pem(struct inspect_items *it, struct inspect_item *out)
{
	size_t at;
	struct span label, body;
	bool trusted;

	while ((at = find(it->left, begin_line)) < it->left.len) {
		label = span_from(it->left, at + sizeof(begin_line) - 1);
		at = find(label, "-----");
		body = span_from(label, at + 5);
		label = span_cut(label, 0, at);
		at = find(body, end_line);
		it->left = span_from(body, at < body.len ? at : body.len);
		if (!is_label(label))
			continue;
		out->problem =
		    at == body.len ? "no END line behind the PEM block" : NULL;
		trusted = label.p[0] == 'T';
		buf_clear(&it->scratch);
		if (!unbase64(
			&it->scratch, skip_headers(span_cut(body, 0, at))) &&
		    out->problem == NULL)
			out->problem = "the base64 of the PEM block is damaged";
		out->bytes = buf_span(&it->scratch);
		if (trusted)
			out->bytes = first_only(out->bytes);
		return true;
	}
	return false;
}

/* The next of several in DER; what follows the last one belongs to it. */
static bool
next_der(struct inspect_items *it, struct inspect_item *out)
{
	struct der t;
	struct span rest = it->left;

	out->problem = NULL;
	out->bytes = it->left;
	if (!der_next(&t, &rest))
		rest = span_of(NULL, 0);
	if (rest.len == 0 || !is_certificate(rest)) {
		it->state = INSPECT_END;
		return true;
	}
	out->bytes = t.whole;
	it->left = rest;
	return true;
}

/* Base64 of a certificate without the lines around it. */
static bool
is_bare_base64(struct span s)
{
	size_t at = 0;

	while (at < s.len && (s.p[at] == ' ' || s.p[at] == '\n'))
		at++;
	if (!span_starts(span_from(s, at), span_str("MI")))
		return false;
	for (size_t i = at; i < s.len; i++)
		if (digit(s.p[i]) < 0 && s.p[i] != '=' && s.p[i] != ' ' &&
		    (s.p[i] < '\t' || s.p[i] > '\r'))
			return false;
	return true;
}

/* What the input is, by its first bytes. */
static void
start(struct inspect_items *it)
{
	it->state = INSPECT_DER;
	if (is_certificate(it->left))
		return;
	if (find(it->left, begin_line) < it->left.len) {
		it->state = INSPECT_PEM;
		return;
	}
	if (!is_bare_base64(it->left))
		return;
	unbase64(&it->scratch, it->left);
	it->left = buf_span(&it->scratch);
}

/* Containers begin with the type of what they contain: signed data (RFC 2315
 * section 7), or version 3 in front of data (RFC 7292 section 4). */
static const char *
container(struct span input)
{
	struct span front = span_cut(input, 0, 40);
	struct span der = {0};

	if (find(input, "-----BEGIN PKCS7-----") < input.len ||
	    find(input, "-----BEGIN CMS-----") < input.len)
		return "PKCS #7; `openssl pkcs7 -print_certs -in FILE` gives "
		       "the certificates in it";
	if (front.len < 40 || front.p[0] != DER_SEQUENCE)
		return NULL;
	der = span_from(front, 1);
	if (memmem(der.p, der.len, "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", 9) ==
	    NULL)
		return memmem(der.p, der.len,
			   "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01", 9) &&
			       memmem(der.p, der.len, "\x02\x01\x03\x30", 4)
			   ? "PKCS #12; `openssl pkcs12 -nokeys -in FILE` "
			     "gives the certificates in it"
			   : NULL;
	return "PKCS #7; `openssl pkcs7 -inform DER -print_certs -in FILE` "
	       "gives the certificates in it";
}

static const char *
nothing(struct span input)
{
	const char *known = container(input);

	if (input.len == 0)
		return "the file is empty";
	if (known != NULL)
		return known;
	if (find(input, begin_line) < input.len)
		return "PEM, but no certificate or request in it";
	return "no certificate or request: neither PEM nor DER";
}

bool
inspect_next(struct inspect_items *it, struct inspect_item *out)
{
	struct span input = it->left;

	if (it->state == INSPECT_START)
		start(it);
	if (it->state == INSPECT_DER && (it->any || is_certificate(it->left))) {
		it->any = true;
		return next_der(it, out);
	}
	if (it->state == INSPECT_PEM && next_pem(it, out)) {
		it->any = true;
		return true;
	}
	it->state = INSPECT_END;
	if (it->any)
		return false;
	it->any = true;
	out->bytes = input;
	out->problem = nothing(input);
	return true;
}
