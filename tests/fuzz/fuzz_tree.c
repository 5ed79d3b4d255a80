/*
 * fuzz_tree: certificates changed as trees (tree.h), parsed, searched and
 * matched. What comes out is UTF-8, has the sizes it may have, and hits name
 * findings that are there. Seeds are the cases of tests/pii/make.py.
 */
#include <stdlib.h>

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/pii/carrier.h"
#include "monitor/pii/match.h"
#include "monitor/pii/normal.h"
#include "tests/fuzz/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(
    uint8_t *data, size_t size, size_t max, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_len,
    const uint8_t *two, size_t two_len, uint8_t *out, size_t max,
    unsigned seed);

/* --- mutations -------------------------------------------------------------
 */

static struct tree trees[2];

static struct tree *
read_tree(int no, const uint8_t *data, size_t size, unsigned seed)
{
	struct tree *t = &trees[no];

	tree_start(t, seed + (uint64_t)no);
	tree_read(t, t->root, span_of(data, size), 0);
	return t;
}

/* libFuzzer's buffer is what the tree points into: written elsewhere first.
 * What is too long stays as it was. */
static size_t
write_tree(struct tree *t, uint8_t *out, size_t max, size_t as_it_was)
{
	static uint8_t written[TREE_ROOM];
	size_t len = tree_write(t, written, max < TREE_ROOM ? max : TREE_ROOM);

	if (len == 0)
		return as_it_was;
	memcpy(out, written, len);
	return len;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	struct tree *t = read_tree(0, data, size, seed);

	tree_mutate(t);
	return write_tree(t, data, max, size < max ? size : max);
}

size_t
LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_len,
    const uint8_t *two, size_t two_len, uint8_t *out, size_t max, unsigned seed)
{
	struct tree *t = read_tree(0, one, one_len, seed);
	struct tree *other = read_tree(1, two, two_len, seed);

	tree_splice(t, other);
	return write_tree(t, out, max, 0);
}

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

/* All places have their names from the table, for they are counted by them. */
static bool
is_label(const char *carrier)
{
	static struct carriers *table;

	if (table == NULL)
		table = carriers_new();
	for (size_t i = 0; i < carrier_labels(table); i++)
		if (strcmp(carrier, carrier_label(table, i)) == 0)
			return true;
	return false;
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
