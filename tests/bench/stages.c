/*
 * stages: what a worker does with one reply, stage by stage, one line of JSON
 * for each: {"part":...,"value":...}, ns of this process's processor for an
 * entry, the least of several rounds. The reply comes out of a file, the index
 * holds some records that match nothing. With ROUNDS 1 it is for callgrind.
 *
 *	stages static|rfc6962 FILE BEGIN NUM ROUNDS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "ctlog/api/api.h"
#include "ctlog/base/gzip.h"
#include "ctlog/base/mem.h"
#include "ctlog/merkle/range.h"
#include "monitor/pii/match.h"
#include "monitor/tally.h"

#define BODY (64u << 20)
#define REGION (1u << 20)
#define RECORDS 1000u

static struct reply {
	const struct log_api *api;
	struct span body, plain;
	struct want want;
	struct arena scratch, arena;
	struct entries entries;
	struct hash leaves[LIMIT_BATCH];
	struct cert cert[LIMIT_BATCH];
	struct hasher *hasher;
	struct gunzip *gunzip;
	struct extractor *extractor;
	struct matcher *matcher;
	struct match_set set;
	struct findings findings;
	struct tally *tally;
	struct buf hits;
} r;

static void
need(bool had, const char *what)
{
	if (had)
		return;
	fprintf(stderr, "stages: %s\n", what);
	exit(1);
}

static double
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* --- the stages: each needs the one before ------------------------------------- */

static void
stage_decode(void)
{
	struct err e = {""};

	arena_clear(&r.scratch);
	r.plain = r.body;
	if (gzip_is(r.body))
		need(gunzip_run(r.gunzip, &r.scratch, &r.plain, r.body, &e) ==
			 ST_OK,
		    e.text);
	need(r.api->batch_parse(&r.entries, r.plain, &r.scratch, &r.want, &e) ==
		 ST_OK,
	    e.text);
}

static void
stage_hash(void)
{
	struct range tree;

	range_init(&tree, r.want.begin);
	entry_leaf_hashes(r.entries.entry, r.entries.num, r.hasher, r.leaves);
	range_add_leaves(&tree, r.hasher, r.leaves, r.entries.num);
}

static void
stage_walk(void)
{
	struct problems none = {0, NULL};

	for (uint32_t i = 0; i < r.entries.num; i++)
		cert_parse(&r.cert[i], r.entries.entry[i].cert, &none);
}

static void
extract_one(uint32_t i)
{
	struct problems none = {0, NULL};

	arena_clear(&r.arena);
	extract_run(r.extractor, &r.findings, &r.cert[i], &r.arena, &none);
}

static void
stage_extract(void)
{
	for (uint32_t i = 0; i < r.entries.num; i++)
		extract_one(i);
}

/* Extraction again, with what follows it; the difference is told. */
static void
stage_match(void)
{
	tally_clear(r.tally);
	for (uint32_t i = 0; i < r.entries.num; i++) {
		extract_one(i);
		tally_cert(r.tally, r.findings.facts.classes, &r.findings);
		if (r.findings.num == 0)
			continue;
		buf_clear(&r.hits);
		match_run(r.matcher, &r.set, &r.findings, 0, &r.hits);
	}
}

/* --- before --------------------------------------------------------------------- */

static struct arena
reserve(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	need(p != MAP_FAILED, "memory");
	return arena_of(p, len);
}

static void
build_index(void)
{
	static const uint8_t key[INDEX_KEY_LEN] = {7};
	struct match_size size = {RECORDS, 4 * RECORDS, 64 * RECORDS, 0};
	void *region = reserve(REGION).base;
	struct match_build *b = match_build_start(region, REGION, 1, &size);
	struct keyer *k = keyer_new(key);
	struct compiled c;

	need(b != NULL, "the index has no room");
	for (uint32_t i = 0; i < RECORDS; i++) {
		char value[64];
		struct record record = {.kind = RECORD_EMAIL, .value = value};

		snprintf(value, sizeof(value), "u%u@bench.example", i);
		need(match_compile(&c, &record, k, NULL) == ST_OK &&
			 match_build_add(b, i, record.kind, buf_span(&c.keys),
			     buf_span(&c.blob)) == ST_OK,
		    "a record");
		compiled_fini(&c);
	}
	match_build_finish(b);
	keyer_free(k);
	r.set.main = match_index_of(region, REGION);
	r.matcher = matcher_new(key);
}

static void
read_body(const char *path)
{
	uint8_t *p = reserve(BODY).base;
	FILE *f = fopen(path, "rb");

	need(f != NULL, path);
	r.body = span_of(p, fread(p, 1, BODY, f));
	fclose(f);
}

static const struct stage {
	const char *part;
	void (*run)(void);
} stages[] = {{"stage.decode_ns", stage_decode}, {"stage.hash_ns", stage_hash},
    {"stage.walk_ns", stage_walk}, {"stage.extract_ns", stage_extract},
    {"stage.match_ns", stage_match}};
#define STAGES (sizeof(stages) / sizeof(stages[0]))

int
main(int argc, char **argv)
{
	double best[STAGES];
	unsigned rounds;

	need(argc == 6, "stages static|rfc6962 FILE BEGIN NUM ROUNDS");
	r.api = log_api_find(argv[1]);
	need(r.api != NULL, argv[1]);
	read_body(argv[2]);
	r.want.begin = strtoull(argv[3], NULL, 10);
	r.want.end = r.want.begin + strtoull(argv[4], NULL, 10);
	r.want.size = r.want.end;
	rounds = (unsigned)strtoul(argv[5], NULL, 10);
	r.scratch = reserve(2ul * BODY);
	r.arena = reserve(4ul << 20);
	r.entries.entry = mem_new(LIMIT_BATCH, sizeof(struct entry));
	r.findings.cap = LIMIT_VALUES;
	r.findings.list = mem_new(LIMIT_VALUES, sizeof(struct finding));
	r.hasher = hasher_new();
	r.gunzip = gunzip_new();
	r.extractor = extractor_new();
	r.tally = tally_new();
	build_index();
	for (size_t s = 0; s < STAGES; s++)
		best[s] = 1e18;
	for (unsigned n = 0; n < rounds; n++)
		for (size_t s = 0; s < STAGES; s++) {
			double begin = cpu_ns(), took;

			stages[s].run();
			took = (cpu_ns() - begin) / r.entries.num;
			best[s] = took < best[s] ? took : best[s];
		}
	best[STAGES - 1] -= best[STAGES - 2];
	for (size_t s = 0; s < STAGES; s++)
		printf("{\"part\":\"%s\",\"value\":%.3f}\n", stages[s].part,
		    best[s]);
	return 0;
}
