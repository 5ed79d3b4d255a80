/* inspect_tally: what a run over many files has seen; see inspect.h. */
#include "monitor/inspect.h"

void
inspect_count(struct inspect_tally *t, const struct inspection *i)
{
	uint32_t kinds = 0;

	for (uint32_t k = 0; k < i->findings.num; k++)
		if (inspect_counts(&i->findings.list[k]))
			kinds |= 1u << i->findings.list[k].kind;
	for (unsigned k = 0; k < PII_KINDS; k++)
		t->kind[k] += kinds >> k & 1;
	t->certificates += i->cert.format != CERT_NONE;
	t->with += kinds != 0;
	t->matched += i->matched != 0;
}

static void
put_number(struct buf *out, uint64_t num, const char *one, const char *several)
{
	buf_fmt(
	    out, "%llu %s", (unsigned long long)num, num == 1 ? one : several);
}

void
inspect_summary(struct buf *out, const struct inspect_tally *t, bool fail_on)
{
	const char *lead = ": ";

	put_number(out, t->files, "file, ", "files, ");
	put_number(out, t->certificates, "certificate, ", "certificates, ");
	buf_fmt(out, "%llu with personal data of the subject",
	    (unsigned long long)t->with);
	for (unsigned k = 0; k < PII_KINDS; k++) {
		if (t->kind[k] == 0)
			continue;
		buf_fmt(out, "%s%s %llu", lead, kind_name((enum pii_kind)k),
		    (unsigned long long)t->kind[k]);
		lead = ", ";
	}
	if (t->empty > 0)
		buf_str(out, "; ");
	if (t->empty > 0)
		put_number(out, t->empty, "file without a certificate",
		    "files without a certificate");
	if (t->unread > 0)
		buf_fmt(out, "; %llu not read", (unsigned long long)t->unread);
	if (fail_on)
		buf_fmt(out, "; %llu refused by --fail-on",
		    (unsigned long long)t->matched);
	buf_char(out, '\n');
}
