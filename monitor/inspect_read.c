/* inspect_read: certificates out of files of any form; see inspect.h. */
#include "monitor/inspect.h"

#include "ctlog/base/text.h"
#include "monitor/inspect_other.h"

static const char begin_line[] = "-----BEGIN ";
static const char end_line[] = "-----END ";

static bool
is_certificate(struct span der)
{
	struct cert c;

	if (der.len == 0 || der_id(der.p[0]) != DER_SEQUENCE)
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
	size_t end = inspect_find(body, "\n\n"),
	       wide = inspect_find(body, "\r\n\r\n");
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

/* One under which PKCS #7 stands, with certificates in it or not. */
static bool
is_container(struct span label)
{
	return span_eq_str(label, "PKCS7") || span_eq_str(label, "CMS") ||
	       span_eq_str(label, "PKCS #7 SIGNED DATA");
}

/* OpenSSL's "TRUSTED CERTIFICATE" is one with a trust setting behind it. */
static struct span
first_only(struct span der)
{
	struct der t;

	return der_first(&t, der, DER_SEQUENCE) ? t.whole : der;
}

/* The next block; false when there is none. */
static bool
next_block(struct span *label, struct span *body, struct inspect_items *it)
{
	size_t at = inspect_find(it->left, begin_line);

	if (at == it->left.len)
		return false;
	*label = span_from(it->left, at + sizeof(begin_line) - 1);
	at = inspect_find(*label, "-----");
	*body = span_from(*label, at + 5);
	*label = span_cut(*label, 0, at);
	at = inspect_find(*body, end_line);
	it->left = span_from(*body, at);
	*body = span_cut(*body, 0, at);
	return true;
}

/* A block in which no certificate stands. */
static void
pass_over(struct inspect_items *it, struct span label)
{
	if (inspect_is_key_label(label))
		it->key = true;
	else if (it->other == NULL)
		it->other = inspect_label_words(label);
}

/* A block's bytes; the certificates of PKCS #7, which some programs call a
 * certificate, are left in `inner`. */
static void
open_block(struct inspect_items *it, struct inspect_item *out,
    struct span label, struct span body)
{
	out->problem =
	    it->left.len == 0 ? "no END line behind the PEM block" : NULL;
	buf_clear(&it->scratch);
	if (!unbase64(&it->scratch, skip_headers(body)) && out->problem == NULL)
		out->problem = "the base64 of the PEM block is damaged";
	out->bytes = buf_span(&it->scratch);
	if (label.p[0] == 'T')
		out->bytes = first_only(out->bytes);
	it->inner = inspect_opened(out->bytes);
	if (!is_certificate(it->inner))
		it->inner = span_of(NULL, 0);
}

/* The first of several in DER; what follows the last one belongs to it. */
static void
take(struct inspect_item *out, struct span *left)
{
	struct der t;
	struct span rest = *left;

	out->problem = NULL;
	out->bytes = *left;
	if (!der_next(&t, &rest) || rest.len == 0 || !is_certificate(rest)) {
		*left = span_of(NULL, 0);
		return;
	}
	out->bytes = t.whole;
	*left = rest;
}

/* The next certificate of the next block of a wanted kind. */
static bool
next_pem(struct inspect_items *it, struct inspect_item *out)
{
	struct span label, body;

	while (it->inner.len == 0) {
		if (!next_block(&label, &body, it))
			return false;
		if (!is_label(label) && !is_container(label)) {
			pass_over(it, label);
			continue;
		}
		open_block(it, out, label, body);
		if (it->inner.len > 0)
			break;
		if (inspect_is_key(out->bytes))
			it->key = true; /* whatever the label says */
		else if (is_label(label))
			return true;
		else
			pass_over(it, label);
	}
	take(out, &it->inner);
	return true;
}

/* Base64 without the lines around it. */
static bool
is_bare_base64(struct span s)
{
	if (!span_starts(s, span_str("M"))) /* 0x30: a SEQUENCE */
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (digit(s.p[i]) < 0 && s.p[i] != '=' && s.p[i] != ' ' &&
		    (s.p[i] < '\t' || s.p[i] > '\r'))
			return false;
	return true;
}

/* DER is read as it is, or out of PKCS #7. */
static bool
start_der(struct inspect_items *it)
{
	struct span inner = inspect_opened(it->left);

	if (is_certificate(inner))
		it->left = inner;
	it->any = is_certificate(it->left);
	it->key = !it->any && inspect_is_key(it->left);
	return it->any;
}

/* What the input is, by its first bytes. */
static void
start(struct inspect_items *it)
{
	struct span text = inspect_trimmed(it->left);

	it->state = INSPECT_DER;
	if (start_der(it))
		return;
	if (inspect_find(it->left, begin_line) < it->left.len) {
		it->state = INSPECT_PEM;
		return;
	}
	if (!is_bare_base64(text))
		return;
	unbase64(&it->scratch, text);
	it->left = buf_span(&it->scratch);
	start_der(it);
}

/* An input without any certificate. Nothing of a key is looked at, so that
 * nothing of it can be shown. */
static void
take_other(
    const struct inspect_items *it, struct inspect_item *out, struct span input)
{
	out->bytes = it->key ? span_of(NULL, 0) : input;
	out->problem = it->key ? "a private key: nobody should see it, and it "
				 "was not looked at"
		       : it->other != NULL ? it->other
					   : inspect_other_words(input);
}

bool
inspect_next(struct inspect_items *it, struct inspect_item *out)
{
	struct span input = it->left;

	if (it->state == INSPECT_START)
		start(it);
	if (it->state == INSPECT_DER && it->any) {
		take(out, &it->left);
		if (it->left.len == 0)
			it->state = INSPECT_END;
		return true;
	}
	if (it->state == INSPECT_PEM && next_pem(it, out)) {
		it->any = true;
		return true;
	}
	it->state = INSPECT_END;
	if (it->any)
		return false;
	it->any = true;
	take_other(it, out, input);
	return true;
}
