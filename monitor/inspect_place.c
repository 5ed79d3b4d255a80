/*
 * inspect_place: where in a certificate something stands, in words that do not
 * need its specification; see inspect_say.h. Carriers without words of their
 * own here are told by their label ("placeOfBirth": place of birth).
 */
#include <stdlib.h>

#include "monitor/inspect_say.h"

struct word {
	const char *label, *words;
};

/* The words of a label, or NULL. */
static const char *
lookup(const struct word *w, struct span label)
{
	for (; w->label != NULL; w++)
		if (span_eq_str(label, w->label))
			return w->words;
	return NULL;
}

/* Labels of the table of carriers that do not say it themselves. */
static const struct word labels[] = {{"emailAddress", "e-mail field"},
    {"mail", "mail field"}, {"userId", "user ID"},
    {"serialNumber", "serial number field"},
    {"organizationalUnitName", "organisational unit"},
    {"organizationName", "organisation"}, {"unknown", "field of no known type"},
    {"dNSName", "a DNS name"}, {"uniformResourceIdentifier", "a URI"},
    {"smtpUTF8Mailbox", "an international mailbox"},
    {"userPrincipalName", "a user principal name"},
    {"xmppAddr", "a messaging address"},
    {"krb5PrincipalName", "a Kerberos principal"},
    {"directoryName", "a directory name"}, {"nsComment", "Netscape comment"},
    {"msSecurityIdentifier", "Microsoft security identifier"},
    {"brPerson", "a person of Brazil's PKI"},
    {"fascN", "a card number (FASC-N)"}, {"esNif", "NIF"}, {"fnmtNif", "NIF"},
    {"clRut", "RUT"}, {"clIssuerRut", "RUT of the issuer"}, {"veRif", "RIF"},
    {NULL, NULL}};

static bool
is_upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

/* "placeOfBirth" as "place of birth"; "INN" stays. */
static void
put_label(struct buf *out, struct span label)
{
	const char *known = lookup(labels, label);

	if (known != NULL) {
		buf_str(out, known);
		return;
	}
	for (size_t i = 0; i < label.len; i++) {
		uint8_t c = label.p[i];
		bool begins = i > 0 && is_upper(c) && !is_upper(label.p[i - 1]);
		bool alone = i + 1 == label.len || !is_upper(label.p[i + 1]);

		if (begins)
			buf_char(out, ' ');
		buf_char(out, (char)(begins && alone ? c | 0x20 : c));
	}
}

/* The first number in brackets of a path, counted from 1; 0 when there is
 * none. That of the extension's own object identifier is none. */
static unsigned long
number_of(const char *path)
{
	const char *at = strchr(path, '[');

	if (at != NULL && strncmp(path, "ext[", 4) == 0)
		at = strchr(at + 1, '[');
	return at != NULL ? strtoul(at + 1, NULL, 10) + 1 : 0;
}

/* What is there of a name: "subject.commonName". */
static const struct word names[] = {{"subject", "the subject's "},
    {"issuer", "the issuer's "}, {"request", "the request's "},
    {"aki", "the authority key identifier's "},
    {"sda", "the subject's directory attributes, "}, {NULL, NULL}};

/* A finding made of both attributes; it stands where the first does. */
static const char whole_name[] = "givenName and surname";

bool
say_is_place(const char *reason)
{
	return strcmp(reason, whole_name) == 0 ||
	       strcmp(reason, "unknown") == 0;
}

static const struct word lists[] = {{"san", "alternative names"},
    {"ian", "the issuer's alternative names"}, {NULL, NULL}};

/* "alternative names, no. 3, a directory name: common name" */
static void
put_listed(struct buf *out, struct span label, unsigned long number)
{
	size_t dot = span_chr(label, '.');

	if (number > 0)
		buf_fmt(out, ", no. %lu", number);
	if (span_eq_str(label, "rfc822Name"))
		return;
	buf_str(out, ", ");
	put_label(out, span_cut(label, 0, dot));
	if (dot < label.len) {
		buf_str(out, ": ");
		put_label(out, span_from(label, dot + 1));
	}
}

void
say_place(struct buf *out, const struct finding *f)
{
	struct span carrier = span_str(f->carrier), front, label;
	const char *words, *both = "";

	front = span_cut(carrier, 0, span_chr(carrier, '.'));
	label = span_from(
	    carrier, front.len < carrier.len ? front.len + 1 : carrier.len);
	if (f->reason[0] != NULL && strcmp(f->reason[0], whole_name) == 0)
		both = " and surname";
	if ((words = lookup(lists, front)) != NULL) {
		buf_str(out, words);
		put_listed(out, label, number_of(f->path));
	} else if ((words = lookup(names, front)) != NULL) {
		buf_str(out, words);
		put_label(out, label);
	} else if (!span_eq_str(front, "ext") || label.len == 0) {
		buf_str(out, "the bytes");
	} else if (span_eq_str(label, "unknown")) {
		buf_str(out, "an extension that nobody knows");
	} else {
		buf_str(out, "the extension ");
		put_label(out, label);
		if (number_of(f->path) > 0)
			buf_fmt(out, ", no. %lu", number_of(f->path));
	}
	buf_str(out, both);
}

/* The roots of paths, and the extensions in which things go wrong. */
static const struct word roots[] = {{"subject", "the subject"},
    {"issuer", "the issuer"}, {"request", "the request's attributes"},
    {"validity", "the dates"}, {"extensions", "the extensions"},
    {"subjectPublicKeyInfo", "the key"}, {"file", "the file"},
    {"certificate", "the certificate"},
    {"tbsCertificate", "the signed part of the certificate"},
    {"ext[2.5.29.9]", "the subject's directory attributes"},
    {"ext[2.5.29.17]", "alternative names"},
    {"ext[2.5.29.18]", "the issuer's alternative names"},
    {"ext[2.5.29.30]", "name constraints"},
    {"ext[2.5.29.31]", "where CRLs are"},
    {"ext[2.5.29.32]", "certificate policies"},
    {"ext[2.5.29.35]", "the authority key identifier"},
    {"ext[2.5.29.37]", "the key's purposes"},
    {"ext[1.3.6.1.5.5.7.1.3]", "statements of a qualified certificate"},
    {NULL, NULL}};

void
say_path(struct buf *out, const char *path)
{
	struct span root = span_str(path);
	unsigned long number = number_of(path);
	const char *words;

	if (span_starts(root, span_str("ext["))) {
		root = span_cut(root, 0, span_chr(root, ']') + 1);
		words = lookup(roots, root);
		if (words == NULL)
			words = "an extension";
	} else {
		words = lookup(roots, span_cut(root, 0, span_chr(root, '[')));
	}
	if (words == NULL)
		return;
	buf_str(out, words);
	if (number > 0)
		buf_fmt(out, ", no. %lu", number);
}
