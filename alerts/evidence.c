/* evidence: see evidence.h. */
#include "alerts/evidence.h"

#include <openssl/evp.h>
#include <string.h>

#include "alerts/json.h"
#include "ctlog/base/err.h"

/* Columns of base64 in PEM (RFC 7468 section 2). */
#define PEM_WIDTH 64u

static const char readme[] =
#include "alerts/evidence/README.txt.h"
    ;

/* --- the README --------------------------------------------------------------- */

static const char covered_cert[] =
    "leaf.bin has it from its byte 15 on:\n"
    "\n"
    "   openssl x509 -in certificate.pem -outform DER -out certificate.der\n"
    "   tail -c +16 leaf.bin | cmp -n $(wc -c < certificate.der) - "
    "certificate.der && echo the same\n"
    "\n"
    "   What it says:";
static const char covered_precert[] =
    "It is a precertificate: what the CA has announced. From its byte 47 on\n"
    "   leaf.bin has the same, without the mark of a precertificate and the\n"
    "   signature (RFC 6962, section 3.2):\n"
    "\n"
    "   tail -c +48 leaf.bin | openssl asn1parse -inform DER\n"
    "   openssl asn1parse -in certificate.pem\n"
    "\n"
    "   What it says:";

static void
put_digest(struct buf *out, struct span bytes)
{
	uint8_t digest[EVP_MAX_MD_SIZE];

	ASSERT(
	    EVP_Digest(bytes.p, bytes.len, digest, NULL, EVP_sha256(), NULL));
	text_hex(out, span_of(digest, 32));
}

static void
put_time(struct buf *out, int64_t ms)
{
	char text[TEXT_TIME];

	buf_str(out, text_time(text, ms));
}

/* What others have named goes through text_line. */
static void
put_foreign(struct buf *out, const char *text)
{
	text_line(out, span_str(text), SIZE_MAX);
}

static void
put_names(struct buf *out, struct span name, const struct evidence *ev)
{
	if (span_eq_str(name, "log"))
		put_foreign(out, ev->log_name);
	else if (span_eq_str(name, "operator"))
		put_foreign(out, ev->operator_name[0] != '\0'
				     ? ev->operator_name
				     : "not known");
	else if (span_eq_str(name, "url"))
		put_foreign(out, ev->url);
	else if (span_eq_str(name, "log_id"))
		text_base64(out, ev->log_id);
	else if (span_eq_str(name, "alert"))
		put_foreign(out, ev->alert);
	else if (span_eq_str(name, "form"))
		buf_str(out, strcmp(ev->api, "static") == 0 ? "a checkpoint"
							    : "get-sth");
	else if (span_eq_str(name, "what"))
		buf_str(out, ev->precert ? "the precertificate that was logged"
					 : "the certificate that was logged");
	else
		buf_str(out, ev->precert ? covered_precert : covered_cert);
}

static void
put_field(struct buf *out, struct span name, const struct evidence *ev)
{
	if (span_eq_str(name, "index"))
		buf_fmt(out, "%llu", (unsigned long long)ev->index);
	else if (span_eq_str(name, "size"))
		buf_fmt(out, "%llu", (unsigned long long)ev->size);
	else if (span_eq_str(name, "timestamp"))
		put_time(out, ev->logged_ms);
	else if (span_eq_str(name, "signed"))
		put_time(out, ev->signed_ms);
	else if (span_eq_str(name, "sha256"))
		put_digest(out, ev->cert);
	else
		put_names(out, name, ev);
}

static void
put_readme(struct buf *out, const struct evidence *ev)
{
	struct span s = span_str(readme);
	size_t open;

	while (s.len > 0) {
		open = span_chr(s, '{');
		buf_span_add(out, span_cut(s, 0, open));
		s = span_from(s, open + 1);
		if (s.len == 0)
			return;
		put_field(out, span_cut(s, 0, span_chr(s, '}')), ev);
		s = span_from(s, span_chr(s, '}') + 1);
	}
}

/* --- the other files ------------------------------------------------------------ */

static void
put_pem(struct buf *out, const char *label, struct span der)
{
	struct buf text = {0};
	struct span rest;

	text_base64(&text, der);
	buf_fmt(out, "-----BEGIN %s-----\n", label);
	for (rest = buf_span(&text); rest.len > 0;
	     rest = span_from(rest, PEM_WIDTH)) {
		buf_span_add(out, span_cut(rest, 0, PEM_WIDTH));
		buf_char(out, '\n');
	}
	buf_fmt(out, "-----END %s-----\n", label);
	buf_fini(&text);
}

static void
put_path(struct buf *out, const struct evidence *ev)
{
	for (size_t i = 0; i < ev->num_path; i++) {
		text_hex(out, ev->path[i]);
		buf_char(out, '\n');
	}
}

static void
put_json(struct buf *out, const struct evidence *ev)
{
	buf_char(out, '{');
	json_uint(out, "version", 1);
	json_text(out, "alert", ev->alert);
	json_text(out, "log_name", ev->log_name);
	json_text(out, "operator", ev->operator_name);
	json_text(out, "url", ev->url);
	json_text(out, "api", ev->api);
	json_base64(out, "log_id", ev->log_id);
	json_uint(out, "index", ev->index);
	json_time(out, "timestamp", ev->logged_ms);
	json_base64(out, "leaf_hash", ev->leaf_hash);
	json_uint(out, "tree_size", ev->size);
	json_time(out, "signed", ev->signed_ms);
	json_bool(out, "precertificate", ev->precert);
	json_open(out, "audit_path", '[');
	for (size_t i = 0; i < ev->num_path; i++) {
		json_sep(out);
		buf_char(out, '"');
		text_base64(out, ev->path[i]);
		buf_char(out, '"');
	}
	buf_str(out, "]}\n");
}

/* --- all of them ----------------------------------------------------------------- */

static bool
pass(struct buf *content, const char *name, evidence_fn *fn, void *arg)
{
	bool more = fn(arg, name, buf_span(content));

	buf_clear(content);
	return more;
}

static bool
composed(const struct evidence *ev, evidence_fn *fn, void *arg, struct buf *b)
{
	put_pem(b, "CERTIFICATE", ev->cert);
	if (!pass(b, "certificate.pem", fn, arg))
		return false;
	put_pem(b, "PUBLIC KEY", ev->log_spki);
	if (!pass(b, "log-key.pem", fn, arg))
		return false;
	put_path(b, ev);
	if (!pass(b, "proof.txt", fn, arg))
		return false;
	put_json(b, ev);
	if (!pass(b, "evidence.json", fn, arg))
		return false;
	put_readme(b, ev);
	return pass(b, "README.txt", fn, arg);
}

bool
evidence_files(const struct evidence *ev, evidence_fn *fn, void *arg)
{
	struct buf b = {0};
	bool ok = fn(arg, "leaf.bin", ev->leaf) &&
		  fn(arg, "head.tbs", ev->head_tbs) &&
		  fn(arg, "head.sig", ev->head_sig) &&
		  fn(arg, "head.txt", ev->head_raw) &&
		  composed(ev, fn, arg, &b);

	buf_fini(&b);
	return ok;
}
