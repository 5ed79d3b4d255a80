/* api_rfc6962: replies by hand, learning the page size from simulated servers,
 * proofs from a tree made naively, real and sample replies where they are at
 * hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <inttypes.h>
#include <jansson.h>

#include "ctlog/api/api.h"
#include "ctlog/base/mem.h"
#include "tests/unit/data.h"
#include "tests/unit/tree.h"

#define URL "https://ct.example.org/2026h2/"
#define DATA "../shared/data/"

static char url[] = URL;
static const struct log a_log = {.api = &log_api_rfc6962, .url = url};
static struct entry room[LIMIT_BATCH];

static void
test_requests(void **state)
{
	struct want w = {256, 512, 600, 0};
	struct hash fingerprint = {{0}};
	struct request r;

	(void)state;
	log_api_rfc6962.head_request(&a_log, &r);
	assert_string_equal(r.url, URL "ct/v1/get-sth");
	assert_int_equal(r.limit, LIMIT_HEAD);
	assert_false(log_api_rfc6962.issuer_request(&a_log, &r, &fingerprint));
	assert_true(log_api_rfc6962.batch_request(&a_log, &r, &w));
	assert_string_equal(r.url, URL "ct/v1/get-entries?start=256&end=511");
	assert_int_equal(r.limit, LIMIT_BODY);
	assert_false(r.may_miss);
	w = (struct want){599, 600, 600, 0};
	assert_true(log_api_rfc6962.batch_request(&a_log, &r, &w));
	assert_string_equal(r.url, URL "ct/v1/get-entries?start=599&end=599");
	w.attempt = 1;
	assert_false(log_api_rfc6962.batch_request(&a_log, &r, &w));
}

static void
test_batch_end(void **state)
{
	static const struct {
		uint32_t page;
		uint64_t begin, limit, end;
	} v[] = {
	    {0, 0, 1, 1},
	    {0, 0, 5000, 2048},
	    {0, 2047, 5000, 4095},
	    {0, 2048, 5000, 4096},
	    {256, 0, 5000, 256},
	    {256, 255, 5000, 256},
	    {256, 257, 5000, 512},
	    {256, 257, 258, 258},
	    {1000, 65535, 100000, 66000},
	    {1, 65536, 100000, 65537},
	    {4096, 0, UINT64_MAX, 4096},
	    {UINT32_MAX, 1, UINT64_MAX, LIMIT_BATCH},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct log l = {.url = url, .page = v[i].page};

		assert_int_equal(
		    log_api_rfc6962.batch_end(&l, v[i].begin, v[i].limit),
		    v[i].end);
	}
	assert_int_equal(log_api_rfc6962.plan_limit(&a_log, 77, false), 77);
	assert_int_equal(log_api_rfc6962.plan_limit(&a_log, 77, true), 77);
}

/* --- replies --------------------------------------------------------------- */

#define X509 "0000 0000018f00000001 0000 000002 3000 0000"
#define X509_64 "AAAAAAGPAAAAAQAAAAACMAAAAA=="

/* Parse with no more scratch than promised; the block ends with the room. */
static enum status
parse(
    struct entries *out, struct span body, const struct want *w, struct err *e)
{
	static uint8_t *scratch;
	struct arena a;

	free(scratch);
	scratch = mem_new(body.len + 1, 1);
	a = arena_of(scratch, body.len);
	out->entry = room;
	return log_api_rfc6962.batch_parse(out, body, &a, w, e);
}

static void
make_reply(struct buf *b, unsigned num, const char *entry)
{
	buf_clear(b);
	buf_str(b, "{\"entries\":[");
	for (unsigned i = 0; i < num; i++)
		buf_fmt(b, "%s%s", i ? "," : "", entry);
	buf_str(b, "]}");
}

#define ENTRY "{\"leaf_input\":\"" X509_64 "\",\"extra_data\":\"AAAFAAACqrs=\"}"

static void
test_parse(void **state)
{
	struct want w = {1000, 1003, 5000, 0};
	struct entries es;
	struct buf b = {0}, leaf = {0};
	struct arena a;
	uint8_t raw[16];

	(void)state;
	data_hex(&leaf, X509);
	for (unsigned n = 1; n <= 5; n++) {
		make_reply(&b, n, ENTRY);
		assert_int_equal(parse(&es, buf_span(&b), &w, NULL), ST_OK);
		assert_int_equal(es.begin, 1000);
		assert_int_equal(es.num, n < 3 ? n : 3);
		assert_int_equal(es.dropped, n < 3 ? 0 : n - 3);
		for (unsigned i = 0; i < es.num; i++) {
			assert_null(room[i].problem);
			assert_true(span_eq(room[i].leaf, buf_span(&leaf)));
			assert_int_equal(room[i].chain.len, 0);
		}
	}
	make_reply(&b, 3 + LIMIT_BATCH, ENTRY);
	assert_int_equal(parse(&es, buf_span(&b), &w, NULL), ST_OK);
	assert_int_equal(es.dropped, LIMIT_BATCH);
	make_reply(&b, 3 + LIMIT_BATCH + 1, ENTRY);
	assert_int_equal(parse(&es, buf_span(&b), &w, NULL), ST_BAD);
	make_reply(&b, 3, ENTRY);
	assert_int_equal(parse(&es, buf_span(&b), &w, NULL), ST_OK);
	/* extra_data on demand. */
	a = arena_of(raw, sizeof(raw));
	assert_int_equal(entry_load_extra(&room[2], &a), ST_OK);
	assert_int_equal(room[2].chain.len, 5);
	assert_int_equal(entry_issuer(&room[2]).len, 2);
	buf_fini(&b);
	buf_fini(&leaf);
}

/* An unreadable leaf costs the entry only, bad base64 the reply. */
static void
test_parse_problems(void **state)
{
	struct want w = {7, 9, 100, 0};
	struct entries es;
	struct err e;

	(void)state;
	assert_int_equal(
	    parse(&es,
		span_str("{\"entries\":[{\"leaf_input\":\"AAEC\"},"
			 "{\"leaf_input\":\"\\u0041AECAw\\u003d=\"}]}"),
		&w, &e),
	    ST_OK);
	assert_int_equal(es.num, 2);
	assert_non_null(room[0].problem);
	assert_int_equal(room[0].leaf.len, 3);
	assert_int_equal(room[1].leaf.len, 4);
	assert_memory_equal(room[1].leaf.p, "\0\1\2\3", 4);
	assert_int_equal(parse(&es,
			     span_str("{\"entries\":[{\"leaf_input\":\"AAEC\"},"
				      "{\"leaf_input\":\"AAE\"}]}"),
			     &w, &e),
	    ST_BAD);
	assert_non_null(strstr(e.text, "entry 8: leaf_input is not base64"));
	assert_int_equal(
	    parse(&es, span_str("{\"entries\":[]}"), &w, &e), ST_MISSING);
	assert_non_null(strstr(e.text, "without entries"));
	assert_int_equal(parse(&es, span_str("<html>"), &w, &e), ST_BAD);
	assert_int_equal(parse(&es, span_of(NULL, 0), &w, &e), ST_BAD);
	/* What stands behind the entries that count must be right, too. */
	assert_int_equal(
	    parse(&es,
		span_str("{\"entries\":[{\"leaf_input\":\"AAEC\"},"
			 "{\"leaf_input\":\"AAEC\"},{\"leaf_input\":\"AAEC"),
		&w, &e),
	    ST_BAD);
}

/* body.len bytes of scratch are enough, even when entries are small and their
 * extra_data is decoded, too. */
static void
test_parse_scratch(void **state)
{
	static const char *const small[] = {
	    "{\"leaf_input\":\"AAAA\",\"extra_data\":\"AAAA\"}",
	    "{\"leaf_input\":\"\",\"extra_data\":\"\"}",
	    "{\"leaf_input\":\"AAAAAAAAAAAA\",\"extra_data\":\"AAAAAAAAAAAA\"}",
	    ENTRY};
	struct want w = {0, LIMIT_BATCH, LIMIT_BATCH, 0};
	struct entries es = {.entry = room};
	struct buf b = {0};
	struct arena a;
	enum status st;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		make_reply(&b, LIMIT_BATCH, small[i]);
		a = arena_of(mem_new(b.len, 1), b.len);
		assert_int_equal(log_api_rfc6962.batch_parse(
				     &es, buf_span(&b), &a, &w, NULL),
		    ST_OK);
		assert_int_equal(es.num, LIMIT_BATCH);
		for (uint32_t k = 0; k < es.num; k++) {
			st = entry_load_extra(&es.entry[k], &a);
			assert_int_not_equal(st, ST_LIMIT);
		}
		free(a.base);
	}
	buf_fini(&b);
}

/* --- learning the page size ------------------------------------------------ */

/* How many entries come when [begin, end) is asked for. */
typedef uint64_t serve_fn(uint64_t begin, uint64_t end, uint64_t cap);

/* CTFE with align_getentries. */
static uint64_t
serve_aligned(uint64_t begin, uint64_t end, uint64_t cap)
{
	if (end - begin >= cap) {
		end = begin + cap;
		end -= end % cap;
	}
	return end - begin;
}

static uint64_t
serve_capped(uint64_t begin, uint64_t end, uint64_t cap)
{
	return end - begin > cap ? cap : end - begin;
}

/* CTile: out of fixed tiles. */
static uint64_t
serve_tiles(uint64_t begin, uint64_t end, uint64_t cap)
{
	uint64_t stop = (begin / cap + 1) * cap;

	return (end < stop ? end : stop) - begin;
}

/* Page files: to the end of the file, whatever was asked; what is more than
 * asked for is dropped. */
static uint64_t
serve_files(uint64_t begin, uint64_t end, uint64_t cap)
{
	uint64_t got = (begin / cap + 1) * cap - begin;

	return got > end - begin ? end - begin : got;
}

/* Read [begin, size) as a tail does: the rest of a short reply is asked for
 * before the next batch. Returns the number of requests. */
static uint64_t
simulate(struct log *l, serve_fn *serve, uint64_t cap, const uint64_t range[2])
{
	uint64_t requests = 0, end, got;

	for (uint64_t at = range[0]; at < range[1];) {
		end = log_api_rfc6962.batch_end(l, at, range[1]);
		assert_true(end > at && end <= range[1]);
		assert_true(end - at <= LIMIT_BATCH);
		for (; at < end; at += got, requests++) {
			got = serve(at, end, cap);
			log_api_rfc6962.learn(l, at, end, (uint32_t)got);
			assert_in_range(l->page, 0, LIMIT_BATCH);
		}
	}
	return requests;
}

static void
assert_few(uint64_t requests, uint64_t best, uint64_t more)
{
	if (requests > best + best / 20 + more)
		fail_msg("%" PRIu64 " requests where %" PRIu64 " would do",
		    requests, best);
}

static serve_fn *const servers[] = {
    serve_aligned, serve_capped, serve_tiles, serve_files};
static const uint64_t caps[] = {1, 2, 7, 32, 50, 64, 77, 100, 128, 200, 250,
    256, 333, 500, 512, 999, 1000, 1024};
#define NUM(a) (sizeof(a) / sizeof((a)[0]))

/* From wherever it starts, the page is found within two questions, and hardly
 * more requests are made than there must be. */
static void
check_unknown(serve_fn *serve, uint64_t cap, uint64_t begin)
{
	uint64_t soon[2] = {begin, begin + 3 * 2048};
	uint64_t range[2] = {soon[1], soon[1] + 200 * cap};
	struct log l = {.url = url};

	simulate(&l, serve, cap, soon);
	/* Twice in an attempt to grow. */
	assert_true(l.page == cap || l.page == cap * 2);
	assert_few(simulate(&l, serve, cap, range), 200, 4);
	assert_true(l.page == cap || l.page == cap * 2);
}

/* The estimate is wrong to begin with. */
static void
check_wrong(serve_fn *serve, uint64_t cap, uint64_t begin)
{
	static const uint32_t wrong[] = {1, 2, 17, 100, 226, 300, 1023, 4095};
	uint64_t range[2] = {begin, begin + 1000 * cap + 20000};
	uint64_t best = (range[1] - range[0]) / cap;

	for (size_t i = 0; i < NUM(wrong); i++) {
		struct log l = {.url = url, .page = wrong[i]};

		assert_few(simulate(&l, serve, cap, range), best, 400);
		assert_true(l.page == cap || l.page == cap * 2);
	}
}

static void
test_learn_servers(void **state)
{
	static const uint64_t begin[] = {0, 1, 5, 31, 32, 100, 255, 256, 300,
	    999, 1000, 1001, 1023, 1024, 2048, 3072, 23576, 65535, 65537,
	    123457};

	(void)state;
	for (size_t s = 0; s < NUM(servers); s++)
		for (size_t c = 0; c < NUM(caps); c++) {
			for (size_t i = 0; i < NUM(begin); i++)
				check_unknown(servers[s], caps[c], begin[i]);
			check_wrong(servers[s], caps[c], 0);
			check_wrong(servers[s], caps[c], 65535);
		}
}

/* A server that gives whatever it is asked for is asked for more and more. */
static void
test_learn_grows(void **state)
{
	struct log l = {.url = url, .page = 1};
	uint64_t range[2] = {0, 400000};

	(void)state;
	simulate(&l, serve_capped, 1u << 20, range);
	assert_int_equal(l.page, LIMIT_BATCH);
	/* Pages larger than we ask for. */
	l = (struct log){.url = url};
	assert_few(simulate(&l, serve_aligned, 5000, range),
	    range[1] / LIMIT_BATCH, 32);
	assert_int_equal(l.page, LIMIT_BATCH);
}

/* Without a word on the page size: the end of the tree, nothing at all. */
static void
test_learn_nothing(void **state)
{
	struct log l = {.url = url};

	(void)state;
	log_api_rfc6962.learn(&l, 0, 2048, 0);
	assert_int_equal(l.page, 0);
	log_api_rfc6962.learn(&l, 2000, 2048, 48);
	assert_int_equal(l.page, 0);
	log_api_rfc6962.learn(&l, 255, 2048, 1); /* the last of a tile */
	assert_int_equal(l.page, 0);
	log_api_rfc6962.learn(&l, 256, 2048, 256);
	assert_int_equal(l.page, 256);
	for (int i = 0; i < 100; i++) { /* a front end that lags */
		log_api_rfc6962.learn(&l, 1024, 1100, 3);
		log_api_rfc6962.learn(&l, 1027, 1100, 3);
	}
	assert_int_equal(l.page, 256);
	log_api_rfc6962.learn(&l, 1100, 1280, 180);
	assert_int_equal(l.page, 256);
	/* The log gives less from now on. */
	log_api_rfc6962.learn(&l, 1280, 1536, 32);
	assert_int_equal(l.page, 256);
	log_api_rfc6962.learn(&l, 1312, 1536, 32);
	assert_int_equal(l.page, 32);
}

/* --- proofs ---------------------------------------------------------------- */

struct server {
	const struct forest *f;
	uint64_t seed;
	int spoil; /* the number of the reply to be spoilt, or -1 */
	int replies;
	uint64_t leaf; /* the one that is asked for by its hash */
	int lie;       /* added to its index */
};

static void
add_path(struct buf *out, const char *name, const struct path *p)
{
	buf_fmt(out, "{\"%s\":[", name);
	for (uint32_t i = 0; i < p->num; i++) {
		buf_str(out, i ? ",\"" : "\"");
		text_base64(out, hash_span(&p->node[i]));
		buf_char(out, '"');
	}
	buf_char(out, ']');
}

static void
serve(struct server *s, struct buf *out, const char *at)
{
	struct path p = {0};
	uint64_t a, b, leaf[2];

	buf_clear(out);
	if (sscanf(at,
		URL "ct/v1/get-sth-consistency?first=%" SCNu64
		    "&second=%" SCNu64,
		&a, &b) == 2) {
		assert_true(a > 0 && a < b);
		forest_consistency(s->f, &p, a, b);
		p.node[0].b[0] ^= s->replies == s->spoil;
		add_path(out, "consistency", &p);
	} else if (sscanf(at,
		       URL "ct/v1/get-entry-and-proof?leaf_index=%" SCNu64
			   "&tree_size=%" SCNu64,
		       &a, &b) == 2) {
		assert_true(a < b);
		leaf[0] = s->seed;
		leaf[1] = a;
		forest_path(s->f, &p, a, 0, b);
		if (p.num > 0)
			p.node[p.num - 1].b[0] ^= s->replies == s->spoil;
		else
			leaf[0] ^= s->replies == s->spoil;
		add_path(out, "audit_path", &p);
		buf_str(out, ",\"extra_data\":\"\",\"leaf_input\":\"");
		text_base64(out, span_of(leaf, sizeof(leaf)));
		buf_char(out, '"');
	} else if (sscanf(at,
		       URL "ct/v1/get-proof-by-hash?hash=%*[^&]&tree_size="
			   "%" SCNu64,
		       &b) == 1) {
		forest_path(s->f, &p, s->leaf, 0, b);
		p.node[p.num - 1].b[0] ^= s->replies == s->spoil;
		add_path(out, "audit_path", &p);
		buf_fmt(out, ",\"leaf_index\":%" PRIu64,
		    s->leaf + (uint64_t)s->lie);
	} else {
		fail_msg("%s", at);
	}
	buf_char(out, '}');
	s->replies++;
}

static enum status
drive(struct proof_job *j, struct server *s)
{
	struct hasher *h = hasher_new();
	struct buf body = {0};
	enum status st = ST_OK;
	struct request r;
	struct err e;

	while (st == ST_OK && log_api_rfc6962.proof_request(&a_log, j, &r)) {
		serve(s, &body, r.url);
		assert_true(body.len <= r.limit);
		st =
		    log_api_rfc6962.proof_reply(j, h, 200, buf_span(&body), &e);
	}
	if (st == ST_OK)
		st = log_api_rfc6962.proof_result(j, h, &e);
	buf_fini(&body);
	hasher_free(h);
	return st;
}

static void
assert_range(const struct range *got, const struct forest *f, uint64_t at)
{
	struct range want = forest_range(f, at);

	assert_int_equal(got->end, at);
	assert_int_equal(got->num, want.num);
	for (uint32_t i = 0; i < want.num; i++)
		assert_true(hash_eq(&got->node[i], &want.node[i]));
}

struct case_of {
	uint64_t at, size;
	enum proof_kind kind;
};

static enum status
prove(const struct case_of *c, struct server *s)
{
	struct head head = {
	    .size = c->size, .root = forest_root(s->f, 0, c->size)};
	struct range have = forest_range(s->f, c->at);
	struct proof_job j;
	enum status st;

	proof_job_init(
	    &j, c->kind, &head, c->at, c->kind == PROOF_PREFIX ? &have : NULL);
	st = drive(&j, s);
	if (st == ST_OK)
		assert_range(&j.range, s->f, c->at);
	proof_job_fini(&j);
	return st;
}

static void
check_case(const struct forest *f, const struct case_of *c)
{
	struct server s = {f, 1, -1, 0, 0, 0};
	int most = c->kind == PROOF_ANCHOR ? 2 : 1;

	assert_int_equal(prove(c, &s), ST_OK);
	if (c->at == 0)
		most = 0;
	else if (c->at == c->size)
		most--;
	assert_int_equal(s.replies, most);
	for (int i = 0; i < most; i++) {
		s = (struct server){f, 1, i, 0, 0, 0};
		assert_int_equal(prove(c, &s), ST_MISMATCH);
	}
}

static void
test_proofs(void **state)
{
	struct forest f = forest_new(600, 1);

	(void)state;
	for (uint64_t size = 0; size <= 600; size += size < 33 ? 1 : 21)
		for (uint64_t at = 0; at <= size; at += at < 8 ? 1 : 13) {
			check_case(
			    &f, &(struct case_of){at, size, PROOF_ANCHOR});
			check_case(
			    &f, &(struct case_of){at, size, PROOF_PREFIX});
		}
	for (uint64_t size = 255; size <= 257; size++)
		for (uint64_t at = size - 2; at <= size; at++)
			check_case(
			    &f, &(struct case_of){at, size, PROOF_ANCHOR});
	forest_free(&f);
}

/* The hash is in the query as base64 with its three odd letters escaped. */
static void
test_path_request(void **state)
{
	struct head head = {.size = 9};
	struct proof_job j;
	struct request r;
	struct hash leaf;

	(void)state;
	memset(leaf.b, 0xfb, sizeof(leaf.b));
	proof_job_inclusion(&j, &head, 8, &leaf);
	assert_true(log_api_rfc6962.proof_request(&a_log, &j, &r));
	assert_string_equal(r.url,
	    URL "ct/v1/get-proof-by-hash?hash="
		"%2B%2Fv7%2B%2Fv7%2B%2Fv7%2B%2Fv7%2B%2Fv7%2B%2Fv7%2B%2Fv7"
		"%2B%2Fv7%2B%2Fv7%2B%2Fv7%2B%2Fs%3D&tree_size=9");
	assert_true(r.only_hashes);
	proof_job_fini(&j);
}

static enum status
include(struct server *s, uint64_t index, uint64_t size)
{
	struct head head = {.size = size, .root = forest_root(s->f, 0, size)};
	struct path want = {0};
	struct proof_job j;
	enum status st;

	s->leaf = index;
	proof_job_inclusion(&j, &head, index, &s->f->leaf[index]);
	st = drive(&j, s);
	if (st == ST_OK) {
		forest_path(s->f, &want, index, 0, size);
		assert_int_equal(j.path.num, want.num);
		assert_memory_equal(
		    j.path.node, want.node, want.num * sizeof(*want.node));
	}
	proof_job_fini(&j);
	return st;
}

static void
test_inclusion(void **state)
{
	struct forest f = forest_new(70, 1);

	(void)state;
	for (uint64_t size = 1; size <= 70; size++)
		for (uint64_t index = 0; index < size; index++) {
			struct server s = {.f = &f, .seed = 1, .spoil = -1};

			assert_int_equal(include(&s, index, size), ST_OK);
			assert_int_equal(s.replies, size > 1);
			if (size == 1)
				continue;
			s = (struct server){.f = &f, .seed = 1};
			assert_int_equal(include(&s, index, size), ST_MISMATCH);
			s = (struct server){
			    .f = &f, .seed = 1, .spoil = -1, .lie = 1};
			assert_int_equal(include(&s, index, size), ST_BAD);
		}
	forest_free(&f);
}

static void
test_proofs_contradicted(void **state)
{
	struct forest f = forest_new(300, 1), other = forest_new(300, 2);
	struct head head = {.size = 300, .root = forest_root(&f, 0, 300)};
	struct server s = {&f, 1, -1, 0};
	struct proof_job j;
	struct range have;

	(void)state;
	for (uint64_t at = 1; at <= 300; at += 23) {
		have = forest_range(&other, at);
		proof_job_init(&j, PROOF_PREFIX, &head, at, &have);
		assert_int_equal(drive(&j, &s), ST_MISMATCH);
		proof_job_fini(&j);
	}
	have = forest_range(&other, 300);
	proof_job_init(&j, PROOF_PREFIX, &head, 300, &have);
	assert_int_equal(drive(&j, &s), ST_MISMATCH);
	proof_job_fini(&j);
	for (uint64_t at = 299; at <= 300; at++) {
		head.root.b[0] ^= 1;
		proof_job_init(&j, PROOF_ANCHOR, &head, at, NULL);
		assert_int_equal(drive(&j, &s), ST_MISMATCH);
		proof_job_fini(&j);
		head.root.b[0] ^= 1;
	}
	forest_free(&f);
	forest_free(&other);
}

static void
test_proof_replies(void **state)
{
	static const char *const bad[] = {"", "<html>", "{}", "[]",
	    "{\"audit_path\":[],\"leaf_input\":\"AA==\"}",
	    "{\"audit_path\":[\"AA==\"],\"leaf_input\":\"AA==\"}",
	    "{\"audit_path\":[]}"};
	struct forest f = forest_new(8, 1);
	struct head head = {.size = 8, .root = forest_root(&f, 0, 8)};
	struct request first, again;
	struct proof_job j;
	struct err e;

	(void)state;
	proof_job_init(&j, PROOF_ANCHOR, &head, 6, NULL);
	assert_true(log_api_rfc6962.proof_request(&a_log, &j, &first));
	assert_true(first.may_miss);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(log_api_rfc6962.proof_reply(
				     &j, f.h, 200, span_str(bad[i]), &e),
		    ST_BAD);
	assert_int_equal(
	    log_api_rfc6962.proof_reply(&j, f.h, 503, span_str(""), &e),
	    ST_AGAIN);
	assert_true(log_api_rfc6962.proof_request(&a_log, &j, &again));
	assert_string_equal(first.url, again.url);
	assert_int_equal(
	    log_api_rfc6962.proof_reply(&j, f.h, 404, span_str(""), &e),
	    ST_MISSING);
	assert_non_null(strstr(e.text, "offers no such proof: get-entry-and-"));
	proof_job_fini(&j);

	/* A proof of a length that the sizes do not ask for. */
	head.size = 8;
	proof_job_init(&j, PROOF_PREFIX, &head, 3,
	    &(struct range){.end = 3, .num = 2, .level = {1, 0}});
	assert_true(log_api_rfc6962.proof_request(&a_log, &j, &first));
	assert_int_equal(log_api_rfc6962.proof_reply(&j, f.h, 200,
			     span_str("{\"consistency\":[]}"), &e),
	    ST_OK);
	assert_false(log_api_rfc6962.proof_request(&a_log, &j, &first));
	assert_int_equal(log_api_rfc6962.proof_result(&j, f.h, &e), ST_BAD);
	proof_job_fini(&j);
	forest_free(&f);
}

/* 400 may come from a front end that lags; four times means no. */
static void
test_proof_refused(void **state)
{
	struct hasher *h = hasher_new();
	struct head head = {.size = 8};
	struct proof_job j;
	struct request r;
	struct err e;

	(void)state;
	proof_job_init(&j, PROOF_ANCHOR, &head, 3, NULL);
	for (int i = 0; i < 4; i++) {
		assert_true(log_api_rfc6962.proof_request(&a_log, &j, &r));
		assert_int_equal(
		    log_api_rfc6962.proof_reply(&j, h, 400, span_str("no"), &e),
		    i < 3 ? ST_AGAIN : ST_MISSING);
	}
	proof_job_fini(&j);
	hasher_free(h);
}

/* --- real and sample replies ----------------------------------------------- */

static void
assert_sha256(struct hasher *h, struct span bytes, const json_t *hex)
{
	struct buf got = {0};
	struct hash hash;

	assert_non_null(hex);
	hasher_sha256(h, &hash, bytes, span_of("", 0));
	text_hex(&got, hash_span(&hash));
	assert_string_equal(buf_cstr(&got), json_string_value(hex));
	buf_fini(&got);
}

static void
assert_chain(struct hasher *h, const struct entry *e, const json_t *chain)
{
	struct rd r = rd_of(e->chain);
	const json_t *one;
	size_t i;

	json_array_foreach(chain, i, one) assert_sha256(h, rd_vec(&r, 3), one);
	assert_true(rd_done(&r));
}

static void
assert_entry(
    struct hasher *h, struct entry *e, struct arena *a, const json_t *o)
{
	const char *type = json_string_value(json_object_get(o, "type"));
	const json_t *chain = json_object_get(o, "chain_sha256");
	uint8_t want[HASH_LEN];
	struct hash leaf;

	assert_null(e->problem);
	assert_int_equal(
	    e->timestamp, json_integer_value(json_object_get(o, "timestamp")));
	assert_int_equal(e->type, strcmp(type, "precert") == 0);
	assert_true(text_unbase64_exact(want, HASH_LEN,
	    span_str(json_string_value(json_object_get(o, "leaf_hash")))));
	entry_leaf_hash(e, h, &leaf);
	assert_memory_equal(leaf.b, want, HASH_LEN);
	/* One of them has text for extra_data. */
	if (e->extra_base64.len == 8) {
		assert_int_equal(entry_load_extra(e, a), ST_BAD);
		return;
	}
	assert_int_equal(entry_load_extra(e, a), ST_OK);
	assert_sha256(h, e->type == ENTRY_X509 ? e->cert : e->precert,
	    json_object_get(o, "cert_sha256"));
	assert_chain(h, e, chain);
}

static void
check_file(const char *name)
{
	struct want w = {0, LIMIT_BATCH, LIMIT_BATCH, 0};
	struct entries es = {.entry = room};
	struct buf b = {0}, path = {0};
	struct hasher *h = hasher_new();
	struct arena a;
	char *line = NULL;
	size_t cap = 0;
	FILE *f;

	buf_fmt(&path, DATA "ctdata/get-entries/%s.json", name);
	assert_true(data_read(&b, buf_cstr(&path)));
	path.len -= strlen(".json");
	buf_str(&path, ".expected.jsonl");
	f = fopen(buf_cstr(&path), "r");
	assert_non_null(f);
	a = arena_of(mem_new(b.len, 1), b.len);
	assert_int_equal(
	    log_api_rfc6962.batch_parse(&es, buf_span(&b), &a, &w, NULL),
	    ST_OK);
	for (uint32_t i = 0; i < es.num; i++) {
		json_t *o;

		assert_true(getline(&line, &cap, f) > 0);
		o = json_loads(line, JSON_ALLOW_NUL, NULL);
		assert_non_null(o);
		assert_entry(h, &es.entry[i], &a, o);
		json_decref(o);
	}
	assert_int_equal(getline(&line, &cap, f), -1);
	fclose(f);
	free(line);
	free(a.base);
	buf_fini(&b);
	buf_fini(&path);
	hasher_free(h);
}

static void
test_real(void **state)
{
	static const char *const name[] = {"argon2020_10000",
	    "argon2026h2_live", "fourentries", "misc_client_tests",
	    "mpalmer_ok_entries"};
	FILE *f = fopen(DATA "ctdata/get-entries/fourentries.json", "r");

	(void)state;
	if (f == NULL)
		return;
	fclose(f);
	for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++)
		check_file(name[i]);
}

static void
check_sample(const char *path, FILE *expected, uint64_t first)
{
	struct want w = {first, first + 100, 1100, 0};
	struct entries es = {.entry = room};
	struct hasher *h = hasher_new();
	uint8_t want[HASH_LEN];
	struct buf b = {0};
	struct arena a;
	char *line = NULL;
	size_t cap = 0;

	assert_true(data_read(&b, path));
	a = arena_of(mem_new(b.len, 1), b.len);
	assert_int_equal(
	    log_api_rfc6962.batch_parse(&es, buf_span(&b), &a, &w, NULL),
	    ST_OK);
	assert_int_equal(es.num, 100);
	for (uint32_t i = 0; i < es.num; i++) {
		struct hash leaf;
		json_t *o;

		assert_true(getline(&line, &cap, expected) > 0);
		o = json_loads(line, JSON_ALLOW_NUL, NULL);
		assert_true(text_unbase64_exact(want, HASH_LEN,
		    span_str(json_string_value(
			json_object_get(o, "rfc6962_leaf_hash")))));
		entry_leaf_hash(&es.entry[i], h, &leaf);
		assert_memory_equal(leaf.b, want, HASH_LEN);
		json_decref(o);
	}
	free(line);
	free(a.base);
	buf_fini(&b);
	hasher_free(h);
}

static void
test_sample(void **state)
{
	FILE *f = fopen(DATA "synthlog/expected.jsonl", "r");
	struct buf path = {0};

	(void)state;
	for (unsigned at = 0; f != NULL && at < 1100; at += 100) {
		buf_clear(&path);
		buf_fmt(&path, DATA "synthlog/rfc6962/get-entries/%u-%u.json",
		    at, at + 99);
		check_sample(buf_cstr(&path), f, at);
	}
	if (f != NULL)
		fclose(f);
	buf_fini(&path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_requests),
	    cmocka_unit_test(test_batch_end),
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_parse_problems),
	    cmocka_unit_test(test_parse_scratch),
	    cmocka_unit_test(test_learn_servers),
	    cmocka_unit_test(test_learn_grows),
	    cmocka_unit_test(test_learn_nothing),
	    cmocka_unit_test(test_proofs),
	    cmocka_unit_test(test_path_request),
	    cmocka_unit_test(test_inclusion),
	    cmocka_unit_test(test_proofs_contradicted),
	    cmocka_unit_test(test_proof_replies),
	    cmocka_unit_test(test_proof_refused),
	    cmocka_unit_test(test_real),
	    cmocka_unit_test(test_sample),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
