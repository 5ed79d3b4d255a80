/*
 * micro: how fast and how large the parts are, one line of JSON for each
 * figure: {"part":...,"value":...}. What is to be reached and how it is told
 * stands in run.py. Times are of this process's processor, the least of
 * several rounds, for machines that do other things besides.
 *
 *	micro index N           an index of N e-mail records
 *	micro delta N           beside it, as many changes as are remembered
 *	micro store N DIR       a store of N records, loaded into an index
 *	micro fill N DB KEY     into a store that is there, of mixed kinds
 *	micro cert FILE         walking and reading a certificate
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "ctlog/base/mem.h"
#include "monitor/delta.h"
#include "monitor/pii/blob.h"
#include "monitor/pii/index.h"
#include "monitor/store/store.h"
#include "monitor/tally.h"

#define ROUNDS 5
#define PROBES_NUM 2000000u
#define NOW 1780000000000ll

static double
cpu_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void
say(const char *part, double value)
{
	printf("{\"part\":\"%s\",\"value\":%.3f}\n", part, value);
	fflush(stdout);
}

static uint64_t
mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* A keyed hash is as good as a random number. */
static void
key_of(uint8_t key[LIMIT_STORE_KEY], uint64_t n)
{
	for (unsigned i = 0; i < LIMIT_STORE_KEY / 8; i++) {
		uint64_t v = mix(n * 4 + i);

		memcpy(key + 8 * i, &v, 8);
	}
}

/* --- the index ----------------------------------------------------------------- */

struct built {
	void *region;
	size_t len; /* used of it */
	struct rows rows;
	size_t num;
	struct match_set set;
	struct match_build *build;
};

static void *
map(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		exit(1);
	return p;
}

static struct built
index_make(size_t num)
{
	struct match_size size = {num, num, num, 0};
	struct built b = {.num = num, .len = match_region_len(&size)};
	uint8_t key[LIMIT_STORE_KEY], head = blob_head(0);
	double begin;

	b.region = map(b.len);
	begin = cpu_now();
	b.build = match_build_start(b.region, b.len, 1, &size);
	for (size_t i = 0; i < num; i++) {
		key_of(key, i);
		rows_add(&b.rows, (int64_t)i + 1);
		if (match_build_add(b.build, (uint32_t)i, RECORD_EMAIL,
			span_of(key, sizeof(key)), span_of(&head, 1)) != ST_OK)
			exit(1);
	}
	match_build_finish(b.build);
	say("index.build_s", cpu_now() - begin);
	b.set.main = match_index_of(b.region, b.len);
	return b;
}

/* ns to look for keys that are not there (or are), hashes being ready. Several
 * are asked for before they are looked up, as the matcher does; `ahead` 1: one
 * by one. */
static double
probe(
    const struct match_set *set, uint64_t first, uint64_t span, unsigned ahead)
{
	uint8_t *keys = mem_new(PROBES_NUM, LIMIT_KEY), key[LIMIT_STORE_KEY];
	double best = 1e9;
	size_t found = 0;

	for (uint64_t i = 0; i < PROBES_NUM; i++) {
		key_of(key, first + mix(i) % span);
		memcpy(keys + i * LIMIT_KEY, key, LIMIT_KEY);
	}
	for (unsigned r = 0; r < ROUNDS; r++) {
		double begin = cpu_now(), took;

		for (uint64_t i = 0; i + ahead <= PROBES_NUM; i += ahead) {
			for (unsigned k = 0; k < ahead; k++)
				index_prefetch(set, keys + (i + k) * LIMIT_KEY);
			for (unsigned k = 0; k < ahead; k++) {
				struct index_cursor c = index_lookup(
				    set, keys + (i + k) * LIMIT_KEY);
				struct index_record x;

				found += index_found(&c, &x);
			}
		}
		took = (cpu_now() - begin) / PROBES_NUM * 1e9;
		best = took < best ? took : best;
	}
	if ((found > 0) != (first == 0))
		exit(1);
	free(keys);
	return best;
}

/* Bytes of a mapping that are in memory: what was told of, not what was
 * reserved. */
static double
resident(void *region, size_t len)
{
	const size_t page = 4096;
	size_t num = (len + page - 1) / page, in = 0;
	unsigned char *there = mem_new(num, 1);

	if (mincore(region, len, there) != 0)
		exit(1);
	for (size_t i = 0; i < num; i++)
		in += there[i] & 1;
	free(there);
	return (double)(in * page);
}

static void
part_index(size_t num)
{
	struct built b = index_make(num);

	say("index.mb", (resident(b.region, b.len) +
			    (double)(b.rows.cap_runs * sizeof(*b.rows.runs))) /
			    1e6);
	say("index.miss_ns", probe(&b.set, 1ull << 40, 1ull << 40, 1));
	say("index.miss_ahead_ns", probe(&b.set, 1ull << 40, 1ull << 40, 4));
	say("index.hit_ns", probe(&b.set, 0, num, 1));
}

static void
part_delta(size_t num)
{
	struct built b = index_make(num);
	const size_t cap = 512u << 20;
	void *region = map(cap);
	uint8_t key[LIMIT_STORE_KEY], head = blob_head(0);
	struct delta d;
	struct err e = {""};
	double begin = cpu_now();

	delta_init(&d, &b.rows);
	for (size_t i = 0; i < STORE_CHANGES; i++) {
		key_of(key, (1ull << 41) + i);
		/* Half of them are new, some end. */
		delta_change(&d, (int64_t)(mix(i) % (2 * num)) + 1,
		    RECORD_EMAIL, span_of(key, i % 8 ? sizeof(key) : 0),
		    span_of(&head, i % 8 ? 1 : 0));
	}
	if (delta_build(&d, region, cap, 2, &e) != ST_OK)
		exit(1);
	say("delta.build_s", cpu_now() - begin);
	b.set.delta = match_index_of(region, cap);
	say("delta.miss_ns", probe(&b.set, 1ull << 50, 1ull << 40, 1));
	delta_fini(&d);
}

/* --- the store ----------------------------------------------------------------- */

#define CHUNK 50000u

/* Most are e-mail addresses; of a mixed store some are domains and names. */
static void
record_make(struct record *r, size_t no, bool mixed)
{
	char text[64];

	snprintf(text, sizeof(text), "r%zu", no);
	*r = (struct record){.id = mem_str(text),
	    .tenant = mem_str("bench"),
	    .purpose = mem_str("ct-exposure/1"),
	    .method = mem_str("import"),
	    .evidence = mem_str("bench"),
	    .consent_ms = NOW - 1};
	if (mixed && no % 8 == 6) {
		r->kind = RECORD_DOMAIN;
		snprintf(text, sizeof(text), "d%zu.bench.example", no);
	} else if (mixed && no % 8 == 7) {
		r->kind = RECORD_NAME;
		r->given.num = r->surname.num = 1;
		r->given.list = mem_new(1, sizeof(char *));
		r->surname.list = mem_new(1, sizeof(char *));
		r->given.list[0] = mem_str(no % 3 ? "Ada" : "Jane");
		snprintf(text, sizeof(text), "bench%zx", no);
		r->surname.list[0] = mem_str(text);
		return;
	} else {
		snprintf(text, sizeof(text), "u%zu@example.com", no);
	}
	r->value = mem_str(text);
}

static void
store_fill(struct store *s, const struct store_api *api,
    const struct keys *keys, size_t num, bool mixed)
{
	struct record *list = mem_new(CHUNK, sizeof(*list));
	struct compiled *comp = mem_new(CHUNK, sizeof(*comp));
	struct keyer *k = keyer_new(keys->index);
	struct err e = {""};

	for (size_t at = 0; at < num; at += CHUNK) {
		struct store_import io = {
		    .records = list, .compiled = comp, .now_ms = NOW};

		for (; io.num < CHUNK && at + io.num < num; io.num++) {
			struct record *r = &list[io.num];

			record_make(r, at + io.num, mixed);
			if (match_compile(&comp[io.num], r, k, &e) != ST_OK)
				exit(1);
		}
		if (api->records_import(s, &io, &e) != ST_OK)
			exit(1);
		for (size_t i = 0; i < io.num; i++) {
			record_fini(&list[i]);
			compiled_fini(&comp[i]);
		}
	}
	keyer_free(k);
	free(list);
	free(comp);
}

static void
loaded(void *arg, int64_t row, enum record_kind kind, struct span keys,
    struct span blob)
{
	struct built *b = arg;

	rows_add(&b->rows, row);
	if (match_build_add(b->build, (uint32_t)b->num++, kind, keys, blob) !=
	    ST_OK)
		exit(1);
}

static void
part_store(size_t num, const char *dir)
{
	const struct store_api *api = &store_sqlite;
	struct store_conf conf = {.owner = "bench"};
	struct match_size size;
	struct built b = {0};
	struct store *s;
	struct err e = {""};
	char url[512];
	double begin;

	snprintf(url, sizeof(url), "sqlite://%s/bench.db", dir);
	conf.url = url;
	memset(&conf.keys, 7, sizeof(conf.keys));
	if (api->init(&conf, &e) != ST_OK || api->open(&s, &conf, &e) != ST_OK)
		exit(1);
	begin = cpu_now();
	store_fill(s, api, &conf.keys, num, false);
	say("store.import_s_per_1m", (cpu_now() - begin) / (double)num * 1e6);
	begin = cpu_now();
	if (api->index_size(s, NOW, &size, &e) != ST_OK)
		exit(1);
	b.len = match_region_len(&size);
	b.region = map(b.len);
	b.build = match_build_start(b.region, b.len, 1, &size);
	if (api->index_load(s, NOW, loaded, &b, &e) != ST_OK)
		exit(1);
	match_build_finish(b.build);
	say("store.load_s", cpu_now() - begin);
	say("store.records", (double)b.num);
	say("store.mb", (resident(b.region, b.len) +
			    (double)(b.rows.cap_runs * sizeof(*b.rows.runs))) /
			    1e6);
	api->close(s);
}

/* A store that was made, with its master key. */
static void
part_fill(size_t num, const char *path, const char *master)
{
	const struct store_api *api = &store_sqlite;
	struct store_conf conf = {.owner = "bench"};
	struct store *s;
	struct err e = {""};
	char url[512];

	snprintf(url, sizeof(url), "sqlite://%s", path);
	conf.url = url;
	if (keys_load(&conf.keys, master, &e) != ST_OK ||
	    api->open(&s, &conf, &e) != ST_OK) {
		fprintf(stderr, "micro: %s\n", e.text);
		exit(1);
	}
	store_fill(s, api, &conf.keys, num, true);
	api->close(s);
}

/* --- a certificate ---------------------------------------------------------------- */

static double
cert_ns(struct span der, bool count)
{
	struct extractor *x = extractor_new();
	struct tally *t = tally_new();
	struct findings f = {.cap = LIMIT_VALUES};
	struct arena arena = arena_of(mem_new(1 << 20, 1), 1 << 20);
	double best = 1e9;

	f.list = mem_new(f.cap, sizeof(*f.list));
	for (unsigned r = 0; r < 3 * ROUNDS; r++) {
		double begin = cpu_now(), took;

		for (unsigned i = 0; i < 100000; i++) {
			struct problems none = {0, NULL};
			struct cert c;

			arena_clear(&arena);
			cert_parse(&c, der, &none);
			extract_run(x, &f, &c, &arena, &none);
			if (count)
				tally_cert(t, f.facts.classes, &f);
		}
		took = (cpu_now() - begin) / 100000 * 1e9;
		best = took < best ? took : best;
	}
	return best;
}

static void
part_cert(const char *path)
{
	static uint8_t der[1 << 16];
	FILE *file = fopen(path, "rb");
	size_t len = file ? fread(der, 1, sizeof(der), file) : 0;
	double plain, counted;

	if (len == 0)
		exit(1);
	plain = cert_ns(span_of(der, len), false);
	counted = cert_ns(span_of(der, len), true);
	say("cert.bytes", (double)len);
	say("cert.walk_ns", plain);
	say("cert.count_ns", counted - plain);
}

int
main(int argc, char **argv)
{
	size_t num = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;

	if (argc == 3 && strcmp(argv[1], "index") == 0)
		part_index(num);
	else if (argc == 3 && strcmp(argv[1], "delta") == 0)
		part_delta(num);
	else if (argc == 4 && strcmp(argv[1], "store") == 0)
		part_store(num, argv[3]);
	else if (argc == 5 && strcmp(argv[1], "fill") == 0)
		part_fill(num, argv[3], argv[4]);
	else if (argc == 3 && strcmp(argv[1], "cert") == 0)
		part_cert(argv[2]);
	else
		return 64;
	return 0;
}
