/* api_static: paths, batches at every edge, proofs from a tree made naively,
 * and real tiles where they are at hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <jansson.h>

#include "ctlog/api/api.h"
#include "ctlog/base/mem.h"
#include "tests/unit/data.h"
#include "tests/unit/tree.h"

#define URL "https://ct.example.org/2026h2/"
#define DATA "../shared/data/"

static char url[] = URL;
static const struct log a_log = {.api = &log_api_static, .url = url};
static struct entry room[LIMIT_BATCH];

static void
test_find(void **state)
{
	(void)state;
	assert_ptr_equal(log_api_find("static"), &log_api_static);
	assert_ptr_equal(log_api_find("rfc6962"), &log_api_rfc6962);
	assert_null(log_api_find("rfc"));
	assert_null(log_api_find(""));
}

static void
test_requests(void **state)
{
	struct hash fingerprint = {{0xab, 0x01}};
	struct request r;

	(void)state;
	log_api_static.head_request(&a_log, &r);
	assert_string_equal(r.url, URL "checkpoint");
	assert_int_equal(r.limit, LIMIT_HEAD);
	assert_false(r.may_miss);
	assert_true(log_api_static.issuer_request(&a_log, &r, &fingerprint));
	assert_string_equal(r.url, URL "issuer/ab010000000000000000000000000000"
				       "00000000000000000000000000000000");
	assert_true(r.may_miss);
}

static void
test_long_url(void **state)
{
	char longest[LOG_URL_MAX + 1];
	struct log l = {.api = &log_api_static, .url = longest};
	struct want w = {(1ull << 40) - 1, 1ull << 40, 1ull << 40, 0};
	struct request r;

	(void)state;
	memset(longest, 'u', LOG_URL_MAX);
	longest[LOG_URL_MAX - 1] = '/';
	longest[LOG_URL_MAX] = '\0';
	assert_true(log_api_static.batch_request(&l, &r, &w));
	assert_string_equal(
	    r.url + LOG_URL_MAX, "tile/data/x004/x294/x967/295");
}

static void
test_batch_request(void **state)
{
	static const struct {
		uint64_t begin, end, size;
		const char *path[2];
	} v[] = {
	    {0, 1, 1, {"000.p/1", "000"}},
	    {0, 255, 255, {"000.p/255", "000"}},
	    {10, 20, 255, {"000.p/255", "000"}},
	    {0, 256, 256, {"000", NULL}},
	    {0, 256, 257, {"000", NULL}},
	    {255, 256, 257, {"000", NULL}},
	    {256, 257, 257, {"001.p/1", "001"}},
	    {65535, 65536, 65536, {"255", NULL}},
	    {65536, 65537, 65537, {"256.p/1", "256"}},
	    {255999, 256000, 256001, {"999", NULL}},
	    {256000, 256001, 256001, {"x001/000.p/1", "x001/000"}},
	    {315921152, 315921408, 400000000, {"x001/x234/067", NULL}},
	};
	struct request r;

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct want w = {v[i].begin, v[i].end, v[i].size, 0};

		for (; w.attempt < 2; w.attempt++) {
			const char *path = v[i].path[w.attempt];
			bool is = log_api_static.batch_request(&a_log, &r, &w);

			assert_int_equal(is, path != NULL);
			if (path == NULL)
				break;
			assert_string_equal(
			    r.url + strlen(URL "tile/data/"), path);
			assert_int_equal(r.limit, LIMIT_BODY);
			assert_int_equal(r.may_miss, v[i].path[1] != NULL);
		}
		if (w.attempt == 2)
			assert_false(
			    log_api_static.batch_request(&a_log, &r, &w));
	}
}

static void
test_limits(void **state)
{
	(void)state;
	assert_int_equal(log_api_static.plan_limit(&a_log, 0, false), 0);
	assert_int_equal(log_api_static.plan_limit(&a_log, 255, false), 0);
	assert_int_equal(log_api_static.plan_limit(&a_log, 255, true), 255);
	assert_int_equal(log_api_static.plan_limit(&a_log, 256, false), 256);
	assert_int_equal(log_api_static.plan_limit(&a_log, 513, false), 512);
	assert_int_equal(log_api_static.plan_limit(&a_log, 513, true), 513);
	assert_int_equal(log_api_static.batch_end(&a_log, 0, 1), 1);
	assert_int_equal(log_api_static.batch_end(&a_log, 0, 1000), 256);
	assert_int_equal(log_api_static.batch_end(&a_log, 255, 1000), 256);
	assert_int_equal(log_api_static.batch_end(&a_log, 256, 512), 512);
	assert_int_equal(log_api_static.batch_end(&a_log, 256, 511), 511);
	assert_int_equal(log_api_static.batch_end(&a_log, 1, UINT64_MAX), 256);
}

/* --- data tiles ------------------------------------------------------------ */

/* TileLeaf number `index`; its timestamp is its index, too. */
static void
add_leaf(struct buf *b, uint64_t index)
{
	buf_uint(b, index, 8);
	buf_uint(b, index % 2, 2);
	if (index % 2)
		data_fill(b, 0x11, 32);
	buf_uint(b, 4, 3);
	buf_uint(b, index, 4);
	data_hex(b, "0008 000005");
	buf_uint(b, index, 5);
	if (index % 2)
		data_hex(b, "000002 3001");
	buf_uint(b, 32, 2);
	data_fill(b, 0xaa, 32);
}

/* The data tile that serves the wanted entries, of that width. */
static void
make_tile(struct buf *b, const struct want *w, uint64_t width)
{
	uint64_t first = w->begin - w->begin % 256;

	buf_clear(b);
	for (uint64_t i = first; i < first + width; i++)
		add_leaf(b, i);
}

/* Parse a copy of the exact size, so that ASan sees a read behind it. The
 * spans of the entries end with it. */
static enum status
parse(struct entries *out, const struct buf *b, const struct want *w,
    struct err *e)
{
	uint8_t *copy = mem_copy(b->p, b->len);
	struct arena none = arena_of(NULL, 0);
	enum status st;

	out->entry = room;
	st =
	    log_api_static.batch_parse(out, span_of(copy, b->len), &none, w, e);
	for (uint32_t i = 0; st == ST_OK && i < out->num; i++)
		if (room[i].cert.len > 0)
			assert_in_range(room[i].cert.p - copy, 0, b->len);
	free(copy);
	return st;
}

/* Read [begin, size) of a tree batch by batch: every entry comes once. */
static void
read_all(uint64_t begin, uint64_t size, bool full_tiles)
{
	struct entries es;
	struct buf b = {0};
	struct err e;

	for (uint64_t at = begin; at < size; at += es.num) {
		struct want w = {
		    at, log_api_static.batch_end(&a_log, at, size), size, 0};
		uint64_t left = size - (at - at % 256);

		make_tile(&b, &w, full_tiles || left > 256 ? 256 : left);
		assert_int_equal(parse(&es, &b, &w, &e), ST_OK);
		assert_int_equal(es.begin, at);
		assert_int_equal(es.num, w.end - at);
		assert_int_equal(es.dropped, 0);
		for (uint32_t i = 0; i < es.num; i++) {
			assert_null(room[i].problem);
			assert_int_equal(room[i].timestamp, at + i);
			assert_int_equal(room[i].leaf_index, at + i);
			assert_int_equal(room[i].type, (at + i) % 2);
		}
	}
	buf_fini(&b);
}

static void
test_batch_edges(void **state)
{
	static const uint64_t edge[] = {
	    0, 1, 2, 254, 255, 256, 257, 511, 512, 513};

	(void)state;
	for (size_t i = 0; i < sizeof(edge) / sizeof(edge[0]); i++)
		for (size_t k = i; k < sizeof(edge) / sizeof(edge[0]); k++) {
			read_all(edge[i], edge[k], false);
			read_all(edge[i], edge[k], true);
			read_all(65024 + edge[i], 65024 + edge[k], false);
		}
}

static void
test_batch_short(void **state)
{
	struct want w = {256, 300, 400, 0};
	struct entries es;
	struct buf b = {0};
	struct err e;

	(void)state;
	make_tile(&b, &w, 43);
	assert_int_equal(parse(&es, &b, &w, &e), ST_BAD);
	assert_non_null(strstr(e.text, "ends at entry 299"));
	/* Enough, though not the width that was asked for. */
	make_tile(&b, &w, 44);
	assert_int_equal(parse(&es, &b, &w, &e), ST_OK);
	assert_int_equal(es.num, 44);
	buf_clear(&b);
	assert_int_equal(parse(&es, &b, &w, &e), ST_MISSING);
	buf_fini(&b);
}

static void
test_batch_long(void **state)
{
	struct want w = {256, 300, 400, 0};
	struct entries es;
	struct buf b = {0};
	struct err e;

	(void)state;
	make_tile(&b, &w, 257);
	assert_int_equal(parse(&es, &b, &w, &e), ST_BAD);
	assert_non_null(strstr(e.text, "more than 256"));
	make_tile(&b, &w, 256);
	buf_char(&b, '\0');
	assert_int_equal(parse(&es, &b, &w, &e), ST_BAD);
	make_tile(&b, &w, 200);
	buf_char(&b, '\0');
	assert_int_equal(parse(&es, &b, &w, &e), ST_BAD);
	assert_non_null(strstr(e.text, "entry 456"));
	buf_fini(&b);
}

static void
test_batch_truncated(void **state)
{
	struct want w = {256, 259, 259, 0};
	struct entries es;
	struct buf b = {0};
	size_t len;

	(void)state;
	make_tile(&b, &w, 3);
	for (len = b.len; b.len > 0;) {
		b.len--;
		assert_int_equal(
		    parse(&es, &b, &w, NULL), b.len > 0 ? ST_BAD : ST_MISSING);
	}
	/* An entry type that nobody knows makes the rest unreadable. */
	b.len = len;
	b.p[9] = 2;
	assert_int_equal(parse(&es, &b, &w, NULL), ST_BAD);
	buf_fini(&b);
}

static void
test_leaf_index(void **state)
{
	static const char *const v[][2] = {
	    {"0008 000005 0000000101", NULL},
	    {"0008 000005 0000000000", NULL},
	    {"0008 000005 ffffffffff", NULL},
	    {"0007 000004 00000100", "malformed"},
	    {"0010 000005 0000000100 000005 0000000100", "malformed"},
	    {"0008 000005 0000000100", NULL},
	    {"0000", NULL},
	};
	struct want w = {256, 257, 257, 0};
	struct entries es;
	struct buf b = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		buf_clear(&b);
		data_hex(&b, "0000000000000001 0000 000002 3000");
		data_hex(&b, v[i][0]);
		data_hex(&b, "0000");
		assert_int_equal(parse(&es, &b, &w, NULL), ST_OK);
		/* It may be read all the same. */
		assert_int_equal(room[0].cert.len, 2);
		if (v[i][1] == NULL)
			assert_null(room[0].problem);
		else
			assert_non_null(strstr(room[0].problem, v[i][1]));
	}
	buf_fini(&b);
}

/* --- proofs ---------------------------------------------------------------- */

/* A server of hash tiles. */
struct server {
	const struct forest *f;
	uint64_t size;         /* of the tree that has been published */
	bool partials_deleted; /* where the full tile exists */
	int spoil;             /* the number of the reply to be spoilt, or -1 */
	int replies, misses;
};

static uint64_t
read_number(const char **at)
{
	uint64_t n = 0;

	for (; **at >= '0' && **at <= '9'; (*at)++)
		n = n * 10 + (uint64_t)(**at - '0');
	return n;
}

/* "x001/x234/067.p/8" */
static uint64_t
read_index(const char **at)
{
	uint64_t n = 0;

	for (;; (*at)++) {
		bool more = **at == 'x';

		if (more)
			(*at)++;
		n = n * 1000 + read_number(at);
		if (!more)
			return n;
		assert_int_equal(**at, '/');
	}
}

static int
serve(struct server *s, struct buf *out, const char *at)
{
	unsigned level, width = 256, have;
	uint64_t index;

	buf_clear(out);
	assert_int_equal(strncmp(at, URL "tile/", strlen(URL "tile/")), 0);
	at += strlen(URL "tile/");
	level = (unsigned)read_number(&at);
	assert_int_equal(*at++, '/');
	index = read_index(&at);
	if (strncmp(at, ".p/", 3) == 0) {
		at += 3;
		width = (unsigned)read_number(&at);
		assert_in_range(width, 1, 255);
	}
	assert_int_equal(*at, '\0');
	have = forest_tile(s->f, out, level, index, s->size);
	if (have < width ||
	    (width < 256 && have == 256 && s->partials_deleted)) {
		s->misses++;
		return 404;
	}
	out->len = width * HASH_LEN;
	if (s->replies++ == s->spoil)
		for (size_t i = 0; i < out->len; i += HASH_LEN)
			out->p[i] ^= 1;
	return 200;
}

static enum status
drive(struct proof_job *j, struct server *s)
{
	struct hasher *h = hasher_new();
	struct buf body = {0};
	enum status st = ST_OK;
	struct request r;
	struct err e;
	int code;

	while (st == ST_OK && log_api_static.proof_request(&a_log, j, &r)) {
		assert_true(r.may_miss);
		code = serve(s, &body, r.url);
		assert_true(body.len <= r.limit);
		st =
		    log_api_static.proof_reply(j, h, code, buf_span(&body), &e);
	}
	if (st == ST_OK)
		st = log_api_static.proof_result(j, h, &e);
	buf_fini(&body);
	hasher_free(h);
	return st;
}

struct case_of {
	const struct forest *f;
	uint64_t at, size;
};

static struct head
head_of(const struct case_of *c)
{
	return (struct head){
	    .size = c->size, .root = forest_root(c->f, 0, c->size)};
}

static void
assert_range(const struct range *got, const struct forest *f, uint64_t at)
{
	struct range want = forest_range(f, at);

	assert_int_equal(got->begin, 0);
	assert_int_equal(got->end, at);
	assert_int_equal(got->num, want.num);
	for (uint32_t i = 0; i < want.num; i++) {
		assert_int_equal(got->level[i], want.level[i]);
		assert_true(hash_eq(&got->node[i], &want.node[i]));
	}
}

static void
assert_unit(const struct hash *got, const struct forest *f, uint64_t number)
{
	struct hash want = forest_root(f, number * UNIT, (number + 1) * UNIT);

	assert_true(hash_eq(got, &want));
}

static enum status
prove(const struct case_of *c, enum proof_kind kind, struct server *s)
{
	struct range have = forest_range(c->f, c->at);
	struct head head = head_of(c);
	struct proof_job j;
	enum status st;

	proof_job_init(
	    &j, kind, &head, c->at, kind == PROOF_PREFIX ? &have : NULL);
	st = drive(&j, s);
	if (st == ST_OK)
		assert_range(&j.range, c->f, c->at);
	proof_job_fini(&j);
	return st;
}

/* Both proofs come out; with any one tile spoilt they don't. */
static void
check_case(const struct case_of *c)
{
	for (enum proof_kind k = PROOF_ANCHOR; k <= PROOF_PREFIX; k++) {
		struct server s = {c->f, c->size, false, -1, 0, 0};

		assert_int_equal(prove(c, k, &s), ST_OK);
		assert_int_equal(s.misses, 0);
		assert_true(s.replies <= 2 * (int)TILE_LEVELS);
		for (int i = 0, n = s.replies; i < n; i++) {
			s = (struct server){c->f, c->size, false, i, 0, 0};
			assert_int_equal(prove(c, k, &s), ST_MISMATCH);
		}
	}
}

static enum status
include(const struct case_of *c, struct server *s)
{
	struct head head = head_of(c);
	struct path want = {0};
	struct proof_job j;
	enum status st;

	proof_job_inclusion(&j, &head, c->at, &c->f->leaf[c->at]);
	st = drive(&j, s);
	if (st == ST_OK) {
		forest_path(c->f, &want, c->at, 0, c->size);
		assert_int_equal(j.path.num, want.num);
		assert_memory_equal(
		    j.path.node, want.node, want.num * sizeof(*want.node));
	}
	proof_job_fini(&j);
	return st;
}

static void
check_inclusion(const struct case_of *c)
{
	struct server s = {c->f, c->size, false, -1, 0, 0};

	assert_int_equal(include(c, &s), ST_OK);
	assert_int_equal(s.misses, 0);
	for (int i = 0, n = s.replies; i < n; i++) {
		s = (struct server){c->f, c->size, false, i, 0, 0};
		assert_int_equal(include(c, &s), ST_MISMATCH);
	}
}

static void
test_inclusion(void **state)
{
	static const uint64_t at[][2] = {{0, 65536}, {65535, 65536},
	    {65536, 65537}, {0, 66100}, {65535, 66100}, {65536, 66100},
	    {66099, 66100}, {65791, 66100}, {65792, 66100}};
	struct forest f = forest_new(66100, 2);

	(void)state;
	for (uint64_t size = 1; size <= 600; size += size < 20 ? 1 : 29)
		for (uint64_t i = 0; i < size; i += i < 20 ? 1 : 31)
			check_inclusion(&(struct case_of){&f, i, size});
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		check_inclusion(&(struct case_of){&f, at[i][0], at[i][1]});
	forest_free(&f);
}

static void
test_proofs_small(void **state)
{
	struct forest f = forest_new(600, 1);

	(void)state;
	for (uint64_t size = 0; size <= 600; size += size < 8 ? 1 : 37)
		for (uint64_t at = 0; at <= size; at += at < 4 ? 1 : 61)
			check_case(&(struct case_of){&f, at, size});
	for (uint64_t size = 255; size <= 257; size++)
		for (uint64_t at = size - 2; at <= size; at++)
			check_case(&(struct case_of){&f, at, size});
	forest_free(&f);
}

static void
test_proofs_large(void **state)
{
	static const uint64_t at[][2] = {{65535, 65536}, {65536, 65536},
	    {65535, 65537}, {65537, 65537}, {1, 65536}, {65279, 66100}};
	struct forest f = forest_new(66100, 2);

	(void)state;
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		check_case(&(struct case_of){&f, at[i][0], at[i][1]});
	forest_free(&f);
}

/* Of a tree of some units the hashes of these, tied to the head; any one tile
 * spoilt, and they are not believed. */
static void
test_units(void **state)
{
	static const uint64_t sizes[] = {UNIT, UNIT + 1, 2 * UNIT + 300};
	struct forest f = forest_new(2 * UNIT + 300, 5);

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct case_of c = {&f, 0, sizes[i]};
		unsigned num = (unsigned)(sizes[i] / UNIT);
		struct head head = head_of(&c);
		struct proof_job j;
		int replies = 1;

		for (int spoilt = -1; spoilt < replies; spoilt++) {
			struct server s = {&f, c.size, false, spoilt, 0, 0};

			proof_job_init(&j, PROOF_ANCHOR, &head, 0, NULL);
			proof_job_units(&j, num);
			assert_int_equal(
			    drive(&j, &s), spoilt < 0 ? ST_OK : ST_MISMATCH);
			replies = s.replies;
			for (unsigned k = 0; spoilt < 0 && k < num; k++)
				assert_unit(&j.unit[k], &f, k);
			proof_job_fini(&j);
		}
		assert_true(replies <= 4);
	}
	forest_free(&f);
}

/* Of a log of more than 256 units: what is asked for is the tile of those from
 * the 257th on, and what ties it to the head. The hashes are made up. */
static void
test_units_of_the_second_tile(void **state)
{
	static const struct {
		const char *path;
		unsigned level, num;
	} tile[] = {{"tile/3/000.p/1", 24, 1}, {"tile/2/001.p/3", 16, 3},
	    {"tile/0/x066/304.p/5", 0, 5}};
	uint64_t at = LIMIT_TILE * UNIT;
	struct head head = {.size = at + 3 * UNIT + 5};
	struct hasher *h = hasher_new();
	struct buf body = {0};
	struct range whole;
	struct request r;
	struct proof_job j;
	struct hash node;
	struct err e;

	(void)state;
	range_init(&whole, 0);
	for (unsigned i = 0; i < 3; i++)
		for (unsigned k = 0; k < tile[i].num; k++) {
			memset(node.b, (int)(16 * i + k), HASH_LEN);
			range_add(&whole, h, tile[i].level, &node);
		}
	range_root(&whole, h, &head.root);
	proof_job_init(&j, PROOF_ANCHOR, &head, at, NULL);
	proof_job_units(&j, 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(log_api_static.proof_request(&a_log, &j, &r));
		assert_string_equal(r.url + strlen(URL), tile[i].path);
		buf_clear(&body);
		for (unsigned k = 0; k < tile[i].num; k++) {
			memset(node.b, (int)(16 * i + k), HASH_LEN);
			buf_span_add(&body, hash_span(&node));
		}
		assert_int_equal(
		    log_api_static.proof_reply(&j, h, 200, buf_span(&body), &e),
		    ST_OK);
	}
	assert_false(log_api_static.proof_request(&a_log, &j, &r));
	assert_int_equal(log_api_static.proof_result(&j, h, &e), ST_OK);
	assert_int_equal(j.range.end, at);
	assert_int_equal(j.range.num, 1);
	for (unsigned k = 0; k < 3; k++)
		assert_int_equal(j.unit[k].b[0], 16 + k);
	proof_job_fini(&j);
	buf_fini(&body);
	hasher_free(h);
}

/* The log has grown and deleted the partial tiles meanwhile. */
static void
test_proofs_grown(void **state)
{
	struct forest f = forest_new(1100, 3);
	struct case_of c = {&f, 300, 700};
	struct server s = {&f, 1100, true, -1, 0, 0};
	struct case_of later = {&f, 300, 1000};

	(void)state;
	assert_int_equal(prove(&c, PROOF_ANCHOR, &s), ST_OK);
	assert_int_equal(s.misses, 1);
	s.misses = 0;
	assert_int_equal(prove(&c, PROOF_PREFIX, &s), ST_OK);
	assert_int_equal(s.misses, 1);
	/* Neither partial nor full: the server lags behind the head. */
	s = (struct server){&f, 900, true, -1, 0, 0};
	assert_int_equal(prove(&later, PROOF_PREFIX, &s), ST_AGAIN);
	assert_int_equal(s.misses, 2);
	/* A full tile that is not there. */
	s = (struct server){&f, 400, true, -1, 0, 0};
	assert_int_equal(prove(&c, PROOF_PREFIX, &s), ST_MISSING);
	forest_free(&f);
}

static void
test_proofs_contradicted(void **state)
{
	struct forest f = forest_new(600, 4), other = forest_new(600, 5);
	struct server s = {&f, 600, false, -1, 0, 0};
	struct head head = head_of(&(struct case_of){&f, 0, 600});
	struct proof_job j;
	struct range have;

	(void)state;
	/* Our tree is another one. */
	for (uint64_t at = 1; at <= 600; at += 53) {
		have = forest_range(&other, at);
		proof_job_init(&j, PROOF_PREFIX, &head, at, &have);
		assert_int_equal(drive(&j, &s), ST_MISMATCH);
		proof_job_fini(&j);
	}
	have = forest_range(&other, 600);
	proof_job_init(&j, PROOF_PREFIX, &head, 600, &have);
	assert_int_equal(drive(&j, &s), ST_MISMATCH);
	proof_job_fini(&j);
	/* The tiles are not the head's. */
	head.root.b[31] ^= 1;
	proof_job_init(&j, PROOF_ANCHOR, &head, 17, NULL);
	assert_int_equal(drive(&j, &s), ST_MISMATCH);
	proof_job_fini(&j);
	/* A tree without leaves has one root only. */
	head.size = 0;
	proof_job_init(&j, PROOF_ANCHOR, &head, 0, NULL);
	assert_int_equal(drive(&j, &s), ST_MISMATCH);
	proof_job_fini(&j);
	forest_free(&f);
	forest_free(&other);
}

static void
test_proof_replies(void **state)
{
	struct forest f = forest_new(300, 6);
	struct head head = head_of(&(struct case_of){&f, 0, 300});
	struct request first, again;
	struct proof_job j;
	struct buf body = {0};
	struct err e;

	(void)state;
	proof_job_init(&j, PROOF_ANCHOR, &head, 299, NULL);
	assert_true(log_api_static.proof_request(&a_log, &j, &first));
	data_fill(&body, 0, 8191);
	assert_int_equal(
	    log_api_static.proof_reply(&j, f.h, 200, buf_span(&body), &e),
	    ST_BAD);
	assert_int_equal(
	    log_api_static.proof_reply(&j, f.h, 200, span_of("", 0), &e),
	    ST_BAD);
	assert_int_equal(
	    log_api_static.proof_reply(&j, f.h, 503, buf_span(&body), &e),
	    ST_AGAIN);
	assert_true(log_api_static.proof_request(&a_log, &j, &again));
	assert_string_equal(first.url, again.url);
	buf_fini(&body);
	proof_job_fini(&j);

	head.size = LIMIT_TREE_SIZE + 1;
	proof_job_init(&j, PROOF_ANCHOR, &head, 299, NULL);
	assert_false(log_api_static.proof_request(&a_log, &j, &again));
	assert_int_equal(log_api_static.proof_result(&j, f.h, &e), ST_LIMIT);
	proof_job_fini(&j);
	forest_free(&f);
}

static uint64_t
random_u40(void)
{
	uint64_t v = (uint64_t)random() << 31 ^ (uint64_t)random();

	return v >> (random() % 50 + 14) & (LIMIT_TREE_SIZE - 1);
}

/* Whatever the sizes, the tiles fit and the job ends. */
static void
test_proofs_huge(void **state)
{
	struct hasher *h = hasher_new();
	uint8_t zeros[8192] = {0};
	struct proof_job j;
	struct request r;
	struct head head = {.root = {{0xff}}};

	(void)state;
	srandom(40);
	for (int i = 0; i < 2000; i++) {
		unsigned num = 0;
		uint64_t at = random_u40();

		head.size = i % 10 ? random_u40() : LIMIT_TREE_SIZE;
		if (at > head.size)
			at = i % 3 ? head.size : head.size / 2;
		proof_job_init(&j, PROOF_ANCHOR, &head, at, NULL);
		while (log_api_static.proof_request(&a_log, &j, &r)) {
			assert_int_equal(
			    log_api_static.proof_reply(&j, h, 200,
				span_of(zeros, sizeof(zeros)), NULL),
			    ST_OK);
			num++;
		}
		assert_true(num <= 2 * TILE_LEVELS);
		assert_int_equal(log_api_static.proof_result(&j, h, NULL),
		    at == 0 && head.size != 0 ? ST_OK : ST_MISMATCH);
		proof_job_fini(&j);
	}
	hasher_free(h);
}

/* --- real and sample tiles ------------------------------------------------- */

/* Leaf hashes of a data tile file, back to back; false without the file. */
static bool
hash_file(struct buf *hashes, const char *path, uint64_t first, uint64_t num)
{
	struct want w = {first, first + num, first + num, 0};
	struct arena none = arena_of(NULL, 0);
	struct hasher *h = hasher_new();
	struct entries es = {.entry = room};
	struct buf b = {0};
	bool is = data_read(&b, path);
	struct hash hash;

	if (is)
		assert_int_equal(log_api_static.batch_parse(
				     &es, buf_span(&b), &none, &w, NULL),
		    ST_OK);
	for (uint32_t i = 0; i < es.num; i++) {
		assert_null(es.entry[i].problem);
		entry_leaf_hash(&es.entry[i], h, &hash);
		buf_span_add(hashes, hash_span(&hash));
	}
	buf_fini(&b);
	hasher_free(h);
	return is;
}

static void
assert_root(const struct buf *hashes, uint64_t n, const char *hex)
{
	struct hasher *h = hasher_new();
	struct range r = {0};
	struct hash root;
	struct buf got = {0};

	for (uint64_t i = 0; i < n; i++) {
		memcpy(root.b, hashes->p + i * HASH_LEN, HASH_LEN);
		range_add(&r, h, 0, &root);
	}
	range_root(&r, h, &root);
	text_hex(&got, hash_span(&root));
	assert_string_equal(buf_cstr(&got), hex);
	buf_fini(&got);
	hasher_free(h);
}

/* Data tiles 0.. of a folder hash to its level-0 tiles. */
static bool
hash_folder(struct buf *hashes, const char *dir, unsigned tiles)
{
	struct buf path = {0}, level0 = {0};
	bool is = true;

	for (unsigned i = 0; i < tiles && is; i++) {
		buf_clear(&path);
		buf_fmt(&path, "%stile/data/%03u", dir, i);
		is = hash_file(hashes, buf_cstr(&path), i * 256ull, 256);
		buf_clear(&path);
		buf_fmt(&path, "%stile/0/%03u", dir, i);
		is = is && data_read(&level0, buf_cstr(&path));
	}
	if (is) {
		assert_int_equal(level0.len, hashes->len);
		assert_memory_equal(level0.p, hashes->p, level0.len);
	}
	buf_fini(&path);
	buf_fini(&level0);
	return is;
}

static void
test_navigli(void **state)
{
	struct buf hashes = {0}, partial = {0};

	(void)state;
	if (hash_folder(&hashes, DATA "ctdata/static/navigli2025h2/", 4)) {
		assert_root(&hashes, 256,
		    "6c80217987879103977872b0d0f2a3b6"
		    "d989da11ad194fd50f15396f44806fe7");
		assert_root(&hashes, 512,
		    "d6bb9a9603d25112c422d8e5e47168e3"
		    "d2dc7bb5ba5b1adaa18eba45f6b53d45");
		assert_root(&hashes, 778,
		    "f969c738c45997f2c6d7aebda1eb246d"
		    "d2bd6dc3b89e4ad8d5c7d5ca49c2e765");
		assert_root(&hashes, 1024,
		    "10c7c61bce6e21d75e397b79ff075018"
		    "fdc841dd02382aa82e0f50e82b0f2c90");
		assert_true(hash_file(&partial,
		    DATA "ctdata/static/navigli2025h2/tile/data/003.p/10", 768,
		    10));
		assert_int_equal(partial.len, 320);
		assert_memory_equal(
		    partial.p, hashes.p + 768 * HASH_LEN, partial.len);
	}
	buf_fini(&hashes);
	buf_fini(&partial);
}

static void
test_example_tile(void **state)
{
	struct buf hashes = {0};

	(void)state;
	if (hash_file(&hashes, DATA "ctdata/static/tesseract_example_tile",
		1024, 256))
		assert_root(&hashes, 256,
		    "c47c3abede367541cb625cf67f989871"
		    "1a1108eff0322a765fb9b484fe00442e");
	buf_fini(&hashes);
}

/* Leaf hashes as expected.jsonl has them, a JSON object a line. */
static void
assert_expected(const struct buf *hashes, const char *path, const char *member)
{
	FILE *f = fopen(path, "r");
	uint8_t want[HASH_LEN];
	char *line = NULL;
	size_t cap = 0;

	assert_non_null(f);
	for (size_t at = 0; at < hashes->len; at += HASH_LEN) {
		json_t *o;

		assert_true(getline(&line, &cap, f) > 0);
		o = json_loads(line, JSON_ALLOW_NUL, NULL);
		assert_non_null(o);
		assert_true(text_unbase64_exact(want, HASH_LEN,
		    span_str(json_string_value(json_object_get(o, member)))));
		assert_memory_equal(want, hashes->p + at, HASH_LEN);
		json_decref(o);
	}
	free(line);
	fclose(f);
}

static void
test_expected(void **state)
{
	struct buf hashes = {0};

	(void)state;
	if (hash_folder(&hashes, DATA "ctdata/static/navigli2025h2/", 4))
		assert_expected(&hashes,
		    DATA "ctdata/static/navigli2025h2.expected.jsonl",
		    "leaf_hash");
	buf_clear(&hashes);
	if (hash_folder(&hashes, DATA "synthlog/static/", 4)) {
		assert_true(hash_file(&hashes,
		    DATA "synthlog/static/tile/data/004.p/76", 1024, 76));
		assert_expected(&hashes, DATA "synthlog/expected.jsonl",
		    "static_leaf_hash");
	}
	buf_fini(&hashes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_requests),
	    cmocka_unit_test(test_long_url),
	    cmocka_unit_test(test_batch_request),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_batch_edges),
	    cmocka_unit_test(test_batch_short),
	    cmocka_unit_test(test_batch_long),
	    cmocka_unit_test(test_batch_truncated),
	    cmocka_unit_test(test_leaf_index),
	    cmocka_unit_test(test_inclusion),
	    cmocka_unit_test(test_proofs_small),
	    cmocka_unit_test(test_proofs_large),
	    cmocka_unit_test(test_units),
	    cmocka_unit_test(test_units_of_the_second_tile),
	    cmocka_unit_test(test_proofs_grown),
	    cmocka_unit_test(test_proofs_contradicted),
	    cmocka_unit_test(test_proof_replies),
	    cmocka_unit_test(test_proofs_huge),
	    cmocka_unit_test(test_navigli),
	    cmocka_unit_test(test_example_tile),
	    cmocka_unit_test(test_expected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
