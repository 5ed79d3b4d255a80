/*
 * fuzz_index: a match index that somebody else wrote. The input either is the
 * region, or changes bytes of a good one (u16 place, u8 value, again and
 * again); then a certificate is matched against it.
 */
#include <stdlib.h>

#include "ctlog/base/mem.h"
#include "monitor/pii/match.h"
#include "monitor/pii/normal.h"

#define REGION 8192

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *jane[] = {"Jane", "Ann"}, *roe[] = {"Roe"},
	    *alias[] = {"J Public"}, *example[] = {"example.com"};
static const uint8_t key[INDEX_KEY_LEN] = {1};

static void
add(struct match_build *b, struct keyer *k, uint32_t no, struct record *r)
{
	struct compiled c;

	if (match_compile(&c, r, k, NULL) != ST_OK ||
	    match_build_add(
		b, no, r->kind, buf_span(&c.keys), buf_span(&c.blob)) != ST_OK)
		abort();
	compiled_fini(&c);
}

static void
build(void *region)
{
	struct record email = {.kind = RECORD_EMAIL,
	    .value = "jane+x@gmail.com",
	    .email_policy = EMAIL_PLUS | EMAIL_GMAIL_DOTS};
	struct record idn = {.kind = RECORD_EMAIL, .value = "a@fa\xc3\x9f.de"};
	struct record domain = {
	    .kind = RECORD_DOMAIN, .value = "example.com", .subdomains = true};
	struct record name = {.kind = RECORD_NAME,
	    .given = {2, jane},
	    .surname = {1, roe},
	    .aliases = {1, alias},
	    .domains = {1, example},
	    .organizations = {1, example}};
	struct match_size size = {8, 64, 2048, 4};
	struct keyer *k = keyer_new(key);
	struct match_build *b = match_build_start(region, REGION, 1, &size);

	if (b == NULL)
		abort();
	for (uint32_t i = 0; i < 2; i++) {
		add(b, k, 4 * i, &email);
		add(b, k, 4 * i + 1, &idn);
		add(b, k, 4 * i + 2, &domain);
		add(b, k, 4 * i + 3, &name);
	}
	match_build_drop(b, 2);
	match_build_drop(b, 1);
	match_build_finish(b);
	keyer_free(k);
}

static struct finding
finding(enum pii_kind kind, const char *canonical)
{
	return (struct finding){.kind = kind,
	    .carrier = "x",
	    .value = span_str(canonical),
	    .canonical = span_str(canonical)};
}

static void
match(const struct match_index *ix)
{
	/* What is damaged serves as both. */
	const struct match_set set = {ix, ix};
	struct finding list[] = {finding(PII_EMAIL, "jane@gmail.com"),
	    finding(PII_EMAIL, "jane+x@gmail.com"),
	    finding(PII_UPN, "a@fass.de"),
	    finding(PII_JID, "a@b.c.example.com"),
	    finding(PII_NAME, "jane ann roe"), finding(PII_NAME, "jane roe"),
	    finding(PII_NAME, "j roe"), finding(PII_NAME, "j public"),
	    finding(PII_PSEUDONYM, "ann jane roe")};
	struct findings f = {.num = sizeof(list) / sizeof(list[0]),
	    .list = list,
	    .facts.subject_org = span_str("example.com")};
	struct matcher *m = matcher_new(key);
	struct buf hits = {0};
	size_t num = match_run(m, &set, &f, 0, &hits);

	for (size_t i = 0; i < num; i++) {
		const struct match_hit *h =
		    (const struct match_hit *)(const void *)hits.p + i;

		if (h->finding >= f.num || h->score > 100 || h->rule == NULL)
			abort();
	}
	match_overrun(m);
	buf_fini(&hits);
	matcher_free(m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct match_index *ix;
	size_t cap = REGION;
	uint8_t *region;

	if (size > 0 && data[0] & 1)
		cap = size - 1;
	region = mem_new(cap, 1);
	if (cap == REGION && size > 0 && (data[0] & 1) == 0) {
		build(region);
		for (size_t i = 1; i + 3 <= size; i += 3)
			region[(data[i] << 8 | data[i + 1]) % REGION] =
			    data[i + 2];
	} else if (size > 1) {
		memcpy(region, data + 1, size - 1);
	}
	ix = match_index_of(region, cap);
	if (ix != NULL)
		match(ix);
	free(region);
	return 0;
}
