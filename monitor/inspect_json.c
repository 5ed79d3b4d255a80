/* inspect_json: one object per certificate; see inspect.h. */
#include "monitor/inspect.h"

#include "alerts/json.h"
#include "ctlog/base/text.h"

static const char *
format_name(enum cert_format f)
{
	static const char *const names[] = {
	    NULL, "certificate", "precertificate", "tbs", "csr"};

	return names[f];
}

const char *
inspect_status(const struct inspection *i)
{
	if (i->cert.status == CERT_UNPARSED)
		return "unparsed";
	return i->cert.status == CERT_PARTIAL || i->findings.partial ? "partial"
								     : "parsed";
}

/* The value and its canonical form, as they may be shown. */
static void
json_values(struct buf *out, const struct inspection *i,
    const struct finding *f, bool reveal)
{
	struct buf shown = {0};

	inspect_value(&shown, i, f, f->value, reveal);
	json_name(out, "value");
	text_json(out, buf_span(&shown));
	buf_clear(&shown);
	inspect_value(&shown, i, f, f->canonical, reveal);
	json_name(out, "canonical");
	text_json(out, buf_span(&shown));
	buf_fini(&shown);
}

/* A bit set as an array of names. */
static void
json_bits(struct buf *out, const char *name, uint32_t set,
    const char *(*name_of)(unsigned))
{
	json_open(out, name, '[');
	for (unsigned i = 0; i < 32 && name_of(i) != NULL; i++) {
		if (!(set >> i & 1))
			continue;
		json_sep(out);
		text_json(out, span_str(name_of(i)));
	}
	buf_char(out, ']');
}

static void
json_finding(struct buf *out, const struct inspection *i,
    const struct finding *f, bool reveal)
{
	char oid[DER_OID_TEXT];

	json_sep(out);
	buf_char(out, '{');
	json_text(out, "kind", kind_name(f->kind));
	json_text(out, "side", side_name(f->side));
	json_text(out, "carrier", f->carrier);
	json_text(out, "path", f->path);
	json_text(out, "oid", f->oid.len ? der_oid_text(oid, f->oid) : NULL);
	json_text(out, "string_type",
	    f->string_tag ? string_type_name(f->string_tag) : NULL);
	json_values(out, i, f, reveal);
	json_text(out, "confidence", confidence_name(f->confidence));
	json_uint(out, "score", f->score);
	json_open(out, "reasons", '[');
	for (int k = 0; k < FINDING_REASONS && f->reason[k] != NULL; k++) {
		json_sep(out);
		text_json(out, span_str(f->reason[k]));
	}
	buf_char(out, ']');
	json_bits(out, "flags", f->flags, flag_name);
	buf_char(out, '}');
}

static void
json_problems(struct buf *out, const struct problems *p)
{
	json_open(out, "problems", '[');
	for (uint32_t i = 0; i < p->num && i < LIMIT_PROBLEMS; i++) {
		json_sep(out);
		buf_char(out, '{');
		json_text(out, "path", p->list[i].path);
		json_text(out, "what", p->list[i].what);
		buf_char(out, '}');
	}
	buf_char(out, ']');
}

static void
json_hash(struct buf *out, const char *name, const struct hash *h)
{
	json_name(out, name);
	buf_char(out, '"');
	text_hex(out, hash_span(h));
	buf_char(out, '"');
}

void
inspect_json(struct buf *out, const struct inspection *i, bool reveal)
{
	buf_char(out, '{');
	json_text(out, "file", i->file);
	json_uint(out, "index", i->index);
	json_text(out, "format", format_name(i->cert.format));
	json_text(out, "status", inspect_status(i));
	/* The hash of a certificate; a bare TBSCertificate is none. */
	if (i->cert.format == CERT_TBS)
		json_text(out, "sha256", NULL);
	else
		json_hash(out, "sha256", &i->sha256);
	json_hash(out, "tbs_sha256", &i->family);
	json_bits(out, "classes", i->facts.classes, class_name);
	json_bool(out, "ca", i->cert.ca);
	json_open(out, "findings", '[');
	for (uint32_t k = 0; k < i->findings.num; k++)
		json_finding(out, i, &i->findings.list[k], reveal);
	buf_char(out, ']');
	json_problems(out, &i->problems);
	buf_str(out, "}\n");
}
