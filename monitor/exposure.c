/* exposure: see exposure.h. */
#include "monitor/exposure.h"

#include "alerts/severity.h"
#include "ctlog/base/text.h"
#include "ctlog/base/mem.h"

static char *
copy(struct span s)
{
	return mem_strn(s.p, s.len);
}

static void
make_match(struct exposure *x, const struct batch_hit *hit)
{
	x->match.rule = copy(hit->rule);
	x->match.kind = mem_str(kind_name(hit->kind));
	x->match.carrier = copy(hit->carrier);
	x->match.side = mem_str(side_name(hit->side));
	x->match.value = copy(hit->value);
	x->match.score = hit->score;
	x->match.count = hit->count;
	x->match.num_reasons = hit->num_reasons;
	x->match.reason = mem_new(hit->num_reasons, sizeof(*x->match.reason));
	for (uint32_t i = 0; i < hit->num_reasons; i++)
		x->match.reason[i] = copy(hit->reason[i]);
}

/* The names of a bit set, as a list of strings. */
static char **
names_of(uint32_t bits, const char *(*name)(unsigned bit), size_t *num)
{
	char **list = mem_new(32, sizeof(*list));

	*num = 0;
	for (unsigned i = 0; i < 32; i++)
		if (bits >> i & 1 && name(i) != NULL)
			list[(*num)++] = mem_str(name(i));
	return list;
}

static const char *
kind_of_bit(unsigned bit)
{
	return bit < PII_KINDS ? kind_name((enum pii_kind)bit) : NULL;
}

static char *
hex_of(struct span s)
{
	struct buf b = {0};
	char *text;

	text_hex(&b, s);
	text = mem_strn(b.p, b.len);
	buf_fini(&b);
	return text;
}

static void
make_cert(struct exposure *x, const struct batch_hit *hit)
{
	x->cert.has_sha256 = hit->has_sha256;
	x->cert.precert = hit->precert;
	memcpy(x->cert.sha256, hit->sha256.b, HASH_LEN);
	memcpy(x->cert.family, hit->family.b, HASH_LEN);
	x->cert.serial = hex_of(hit->serial);
	x->cert.issuer = copy(hit->issuer);
	x->cert.issuer_org = copy(hit->issuer_org);
	x->cert.not_before_ms = hit->not_before_ms;
	x->cert.not_after_ms = hit->not_after_ms;
	x->cert.classes =
	    names_of(hit->classes, class_name, &x->cert.num_classes);
}

void
exposure_make(struct exposure *out, const struct batch_hit *hit,
    const struct record_ref *record, unsigned name_threshold, int64_t now_ms)
{
	*out = (struct exposure){.time_ms = now_ms,
	    .tenant = mem_str(record->tenant),
	    .record_id = mem_str(record->id),
	    .record_kind = mem_str(record_kind_name(record->kind))};
	make_match(out, hit);
	make_cert(out, hit);
	out->also = names_of(hit->also, kind_of_bit, &out->num_also);
	exposure_id(out->id, out->tenant, out->record_id, out->cert.family);
	out->severity = alert_severity(out, name_threshold);
}
