/*
 * record: see record.h; names, release, consent, and which format a file has.
 * Fields are record_draft.c, formats record_json.c and record_csv.c.
 */
#include "monitor/pii/record.h"

#include "ctlog/base/limits.h"
#include "monitor/pii/record_draft.h"

const char *
record_kind_name(enum record_kind k)
{
	static const char *const names[] = {
	    [RECORD_EMAIL] = "email",
	    [RECORD_DOMAIN] = "domain",
	    [RECORD_NAME] = "name",
	};

	return k < sizeof(names) / sizeof(names[0]) ? names[k] : "?";
}

const char *
record_state_name(enum record_state s)
{
	static const char *const names[] = {
	    [RECORD_PENDING] = "pending",
	    [RECORD_ACTIVE] = "active",
	    [RECORD_PAUSED] = "paused",
	    [RECORD_WITHDRAWN] = "withdrawn",
	    [RECORD_EXPIRED] = "expired",
	    [RECORD_ERASED] = "erased",
	};

	return s < sizeof(names) / sizeof(names[0]) ? names[s] : "?";
}

static void
strings_fini(struct strings *s)
{
	for (size_t i = 0; i < s->num; i++)
		free(s->list[i]);
	free(s->list);
}

void
record_fini(struct record *r)
{
	struct strings *lists[] = {&r->given, &r->surname, &r->aliases,
	    &r->domains, &r->organizations, &r->countries, &r->localities,
	    &r->emails, &r->notify};
	char *texts[] = {r->id, r->tenant, r->value, r->identity, r->purpose,
	    r->method, r->evidence};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		strings_fini(lists[i]);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free(texts[i]);
	*r = (struct record){0};
}

/* Whatever the method was, something must show it (interface.md section 3). */
bool
record_consented(const struct record *r)
{
	return r->purpose != NULL && r->method != NULL && r->consent_ms != 0 &&
	       r->evidence != NULL;
}

/* What is wrong with a file as a whole; NULL: nothing. */
static const char *
file_refusal(struct span file)
{
	if (file.len > LIMIT_RECORD_FILE)
		return "the file is larger than 4 GiB; split it";
	if (file.len > 0 && file.p[0] == '[')
		return "a JSON array; write one record a line, without "
		       "brackets and commas around them";
	if (file.len > 1 &&
	    (file.p[0] == 0 || file.p[1] == 0 || file.p[0] >= 0xfe))
		return "this is not UTF-8; save the file as UTF-8";
	return NULL;
}

size_t
record_read(struct span file, record_fn *fn, record_bad_fn *bad, void *arg)
{
	return record_read_of(file, RECORD_TENANT, fn, bad, arg);
}

size_t
record_read_of(struct span file, const char *tenant, record_fn *fn,
    record_bad_fn *bad, void *arg)
{
	struct reading in = {.tenant = tenant,
	    .line_max = LIMIT_RECORD_LINE,
	    .fn = fn,
	    .bad = bad,
	    .arg = arg};
	struct span bom = span_str("\xef\xbb\xbf");
	const char *no;

	if (span_starts(file, bom))
		file = span_from(file, bom.len);
	no = file_refusal(file);
	if (no != NULL) {
		bad(arg, 1, no);
		return 1;
	}
	in.seen = seen_new();
	if (file.len > 0 && file.p[0] == '{')
		record_json_read(&in, file);
	else if (file.len > 0)
		record_csv_read(&in, file);
	seen_free(in.seen);
	return in.lines_bad;
}
