/*
 * fuzz_tree: certificates changed as trees (trees.c), parsed, searched and
 * matched. What comes out is UTF-8, has the sizes it may have, and hits name
 * findings that are there. Seeds are the cases of tests/pii/make.py.
 */
#include <stdlib.h>

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/pii/carrier.h"
#include "monitor/pii/match.h"
#include "monitor/pii/normal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --- records ---------------------------------------------------------------
 */

#define REGION (64u << 10)
static char *jane[] = {"Jane"}, *roe[] = {"Roe"}, *maria[] = {"María"},
	    *garcia[] = {"García", "López"}, *hanako[] = {"花子"},
	    *yamada[] = {"山田"}, *ivan[] = {"Иван"}, *ivanov[] = {"Иванов"},
	    *example[] = {"example.com"};
static const uint8_t key[INDEX_KEY_LEN] = {7};
static struct record records[] = {
    {.kind = RECORD_EMAIL, .value = "jane.roe@example.com"},
    {.kind = RECORD_EMAIL,
	.value = "jane@gmail.com",
	.email_policy = EMAIL_PLUS | EMAIL_GMAIL_DOTS},
    {.kind = RECORD_DOMAIN, .value = "example.com", .subdomains = true},
    {.kind = RECORD_NAME,
	.given = {1, jane},
	.surname = {1, roe},
	.domains = {1, example}},
    {.kind = RECORD_NAME, .given = {1, maria}, .surname = {2, garcia}},
    {.kind = RECORD_NAME, .given = {1, hanako}, .surname = {1, yamada}},
    {.kind = RECORD_NAME, .given = {1, ivan}, .surname = {1, ivanov}},
};
#define RECORDS (sizeof(records) / sizeof(records[0]))

static const struct match_index *
build(void)
{
	struct match_size size = {RECORDS, 512, 16384};
	void *region = mem_new(REGION, 1);
	struct match_build *b = match_build_start(region, REGION, 1, &size);
	struct keyer *k = keyer_new(key);
	struct compiled c;

	ASSERT(b != NULL);
	for (uint32_t i = 0; i < RECORDS; i++) {
		ASSERT(match_compile(&c, &records[i], k, NULL) == ST_OK);
		ASSERT(match_build_add(b, i, records[i].kind, buf_span(&c.keys),
			   buf_span(&c.blob)) == ST_OK);
		compiled_fini(&c);
	}
	match_build_finish(b);
	keyer_free(k);
	return match_index_of(region, REGION);
}

/* --- one certificate -------------------------------------------------------
 */

#define FINDINGS 1024
static uint8_t memory[1 << 20];
static struct finding list[FINDINGS];

/* All places have their names from the table, for they are counted by them.
 * The extractor's stay where they are: what was found once is remembered. */
static bool
is_label(const char *carrier)
{
	static const char *known[1024];
	static struct carriers *table;
	const char **k =
	    &known[(uintptr_t)carrier / 4 % (sizeof(known) / sizeof(known[0]))];

	if (table == NULL)
		table = carriers_new();
	for (size_t i = 0; i < carrier_labels(table) && *k != carrier; i++)
		if (strcmp(carrier, carrier_label(table, i)) == 0)
			*k = carrier;
	return *k == carrier;
}

static void
check_findings(const struct findings *f)
{
	ASSERT(f->num <= FINDINGS);
	for (uint32_t i = 0; i < f->num; i++) {
		const struct finding *g = &f->list[i];

		ASSERT(g->kind < PII_KINDS && g->score <= 100);
		ASSERT(g->canonical.len > 0);
		ASSERT(g->value.len <= 2 * LIMIT_VALUE);
		ASSERT(text_is_utf8(g->value) && text_is_utf8(g->canonical) &&
		       text_is_utf8(g->alt));
		ASSERT(g->carrier != NULL && g->reason[0] != NULL);
		ASSERT(is_label(g->carrier));
		ASSERT(g->reason[FINDING_REASONS - 1] == NULL);
	}
}

static void
check_hits(const struct findings *f, const struct buf *hits, size_t num)
{
	for (size_t i = 0; i < num; i++) {
		const struct match_hit *h =
		    (const struct match_hit *)(const void *)hits->p + i;

		ASSERT(h->no < RECORDS && h->finding < f->num);
		ASSERT(h->score <= 100 && h->rule != NULL && h->count > 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct extractor *x;
	static struct matcher *m;
	static struct match_set set;
	static struct buf hits;
	struct problem kept[LIMIT_PROBLEMS];
	struct problems problems = {.list = kept};
	struct arena arena = arena_of(memory, sizeof(memory));
	struct findings f = {.cap = FINDINGS, .list = list};
	struct cert c;

	if (x == NULL) {
		x = extractor_new();
		m = matcher_new(key);
		set.main = build();
	}
	cert_parse(&c, span_of(data, size), &problems);
	extract_run(x, &f, &c, &arena, &problems);
	check_findings(&f);
	/* What is not read is said. */
	ASSERT((c.status == CERT_PARSED && !f.partial) || problems.num > 0);
	buf_clear(&hits);
	check_hits(&f, &hits, match_run(m, &set, &f, 0, &hits));
	return 0;
}
