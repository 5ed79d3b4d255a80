/*
 * fixture: a store with a log, sinks and records for the tests of the
 * backends, and one line for each thing that they do with it. People in it are
 * made up.
 */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include <dirent.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <unistd.h>

#include "ctlog/base/mem.h"
#include "monitor/store/store.h"
#include "tests/unit/support.h"

#define NOW 1780000000000ll /* 2026-05-28 */
#define DAY 86400000ll
#define HOLD 600000ll

/* The two logs; the first one is open in every fixture. */
static const struct hash log_a = {{0xa0, 1, 2, 3}}, log_b = {{0xb0, 4, 5, 6}};

struct fixture {
	const struct store_api *api;
	struct store *s;
	struct store_conf conf;
	struct hasher *h;
	struct err e;
	char dir[64], path[96], url[112];
};

/* Sinks: "all" and "also" serve everybody, "acme" only that tenant. */
static char *acme_only[] = {(char *)(uintptr_t) "acme"};
static const struct store_sink three_sinks[] = {
    {(char *)(uintptr_t) "all", {0, NULL}},
    {(char *)(uintptr_t) "also", {0, NULL}},
    {(char *)(uintptr_t) "acme", {1, acme_only}},
};

#define OK(fx, call) assert_status((call), ST_OK, &(fx)->e)
#define FAILS(fx, status, call) assert_status((call), (status), &(fx)->e)

static inline void
fixture_open(struct fixture *fx)
{
	OK(fx, fx->api->open(&fx->s, &fx->conf, &fx->e));
}

static inline void
fixture_close(struct fixture *fx)
{
	fx->api->close(fx->s);
	fx->s = NULL;
}

/* Close and open again, where that keeps anything. */
static inline void
fixture_again(struct fixture *fx)
{
	if (fx->api != &store_sqlite)
		return;
	fixture_close(fx);
	fixture_open(fx);
}

static inline void
open_log(struct fixture *fx, const struct hash *id, const char *name)
{
	struct store_log l = {.log_id = *id,
	    .name = mem_str(name),
	    .operator_name = mem_str("Operator"),
	    .url = mem_str("https://ct.example/"),
	    .api = mem_str("static")};

	OK(fx, fx->api->log_open(fx->s, &l, NOW, &fx->e));
	store_log_fini(&l);
}

static inline struct fixture *
fixture_new(const struct store_api *api)
{
	struct fixture *fx = NEW(struct fixture);

	fx->api = api;
	fx->h = hasher_new();
	snprintf(fx->dir, sizeof(fx->dir), "/tmp/indelible-store-XXXXXX");
	assert_non_null(mkdtemp(fx->dir));
	snprintf(fx->path, sizeof(fx->path), "%s/indelible.db", fx->dir);
	if (api == &store_sqlite)
		snprintf(fx->url, sizeof(fx->url), "sqlite://%s", fx->path);
	else
		snprintf(fx->url, sizeof(fx->url), "memory:");
	fx->conf.url = fx->url;
	fx->conf.owner = "pid 4711 on test";
	fx->conf.sinks = three_sinks;
	fx->conf.num_sinks = 3;
	keys_random(&fx->conf.keys);
	OK(fx, api->init(&fx->conf, &fx->e));
	fixture_open(fx);
	open_log(fx, &log_a, "Log A");
	return fx;
}

static inline void
remove_dir(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *x;
	char path[512];

	while (d != NULL && (x = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", dir, x->d_name);
		if (x->d_name[0] != '.')
			unlink(path);
	}
	if (d != NULL)
		closedir(d);
	rmdir(dir);
}

static inline void
fixture_free(struct fixture *fx)
{
	fixture_close(fx);
	remove_dir(fx->dir);
	hasher_free(fx->h);
	free(fx);
}

/* A number out of the database. */
static inline int64_t
ask_db(const char *path, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *q;
	int64_t v;

	assert_int_equal(
	    sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	v = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	sqlite3_close(db);
	return v;
}

/* --- records --------------------------------------------------------------- */

/* A consented email record of tenant and id, "ID@VALUE.example". */
static inline struct record
an_email(const char *tenant, const char *id)
{
	struct record r = {.id = mem_str(id),
	    .tenant = mem_str(tenant),
	    .kind = RECORD_EMAIL,
	    .purpose = mem_str("ct-exposure/1"),
	    .method = mem_str("import"),
	    .evidence = mem_str("contract 4711"),
	    .consent_ms = NOW - DAY};
	struct buf b = {0};

	buf_fmt(&b, "jane.roe.%s@example.net", id);
	r.value = mem_str(buf_cstr(&b));
	buf_fini(&b);
	return r;
}

static inline void
add_notify(struct record *r, const char *to)
{
	r->notify.list = mem_grow(
	    r->notify.list, r->notify.num + 1, sizeof(*r->notify.list));
	r->notify.list[r->notify.num++] = mem_str(to);
}

/* Keys and blob that tell the record's value. */
static inline struct compiled
a_compiled(const struct record *r)
{
	const char *value = r->value != NULL ? r->value : r->surname.list[0];
	struct hasher *h = hasher_new();
	struct compiled c = {0};
	struct hash key;

	hasher_sha256(h, &key, span_str(value), span_str("1"));
	buf_add(&c.keys, key.b, HASH_LEN);
	hasher_sha256(h, &key, span_str(value), span_str("2"));
	buf_add(&c.keys, key.b, HASH_LEN);
	buf_fmt(&c.blob, "blob of %s", r->id);
	hasher_free(h);
	return c;
}

static inline enum status
import_all(struct fixture *fx, struct store_import *io, struct record *list,
    size_t num)
{
	struct compiled *c = mem_new(num, sizeof(*c));
	enum status st;

	for (size_t i = 0; i < num; i++)
		c[i] = a_compiled(&list[i]);
	*io = (struct store_import){
	    .num = num, .records = list, .compiled = c, .now_ms = NOW};
	st = fx->api->records_import(fx->s, io, &fx->e);
	for (size_t i = 0; i < num; i++) {
		compiled_fini(&c[i]);
		record_fini(&list[i]);
	}
	free(c);
	return st;
}

static inline void
import_one(struct fixture *fx, struct record r)
{
	struct store_import io;

	OK(fx, import_all(fx, &io, &r, 1));
}

static inline void
set_state(struct fixture *fx, const char *id, enum record_state state)
{
	struct record_change c = {"acme", id, state, NOW + 1};

	OK(fx, fx->api->record_state(fx->s, &c, &fx->e));
}

struct seen_record {
	int64_t row, created_ms, active_ms, changed_ms, expires_ms;
	enum record_state state;
	char tenant[32], id[32], value[64], notify[64];
};
struct seen_records {
	size_t num;
	struct seen_record list[64];
};

static inline void
see_record(void *arg, const struct record_row *x)
{
	struct seen_records *l = arg;
	struct seen_record *r = &l->list[l->num++];

	assert_true(l->num < 64);
	*r = (struct seen_record){.row = x->row,
	    .created_ms = x->created_ms,
	    .active_ms = x->active_ms,
	    .changed_ms = x->changed_ms,
	    .expires_ms = x->r.expires_ms,
	    .state = x->r.state};
	snprintf(r->tenant, sizeof(r->tenant), "%s", x->r.tenant);
	snprintf(r->id, sizeof(r->id), "%s", x->r.id);
	snprintf(r->value, sizeof(r->value), "%s",
	    x->r.value == NULL ? "" : x->r.value);
	if (x->r.notify.num > 0)
		snprintf(
		    r->notify, sizeof(r->notify), "%s", x->r.notify.list[0]);
}

static inline struct seen_records
list_records(struct fixture *fx, const char *tenant, bool reveal)
{
	struct seen_records l = {0};
	struct store_query q = {tenant, reveal};

	OK(fx, fx->api->records_list(fx->s, &q, see_record, &l, &fx->e));
	return l;
}

/* One of them, however many there are. */
struct wanted_record {
	const char *id;
	struct seen_records found;
};

static inline void
see_wanted(void *arg, const struct record_row *x)
{
	struct wanted_record *w = arg;

	if (strcmp(x->r.id, w->id) == 0)
		see_record(&w->found, x);
}

static inline struct seen_record
get_record(struct fixture *fx, const char *id)
{
	struct wanted_record w = {.id = id};
	struct store_query q = {NULL, true};

	OK(fx, fx->api->records_list(fx->s, &q, see_wanted, &w, &fx->e));
	assert_int_equal(w.found.num, 1);
	return w.found.list[0];
}

/* --- reading --------------------------------------------------------------- */

static inline struct hash
leaf_hash(struct fixture *fx, uint64_t index)
{
	struct hash leaf;

	hasher_leaf(fx->h, &leaf, span_of(&index, 8));
	return leaf;
}

static inline struct range
tree_to(struct fixture *fx, uint64_t begin, uint64_t end)
{
	struct range r;
	struct hash leaf;

	range_init(&r, begin);
	while (r.end < end) {
		leaf = leaf_hash(fx, r.end);
		range_add(&r, fx->h, 0, &leaf);
	}
	return r;
}

static inline void
assert_tree(
    struct fixture *fx, const struct range *got, uint64_t begin, uint64_t end)
{
	struct range want = tree_to(fx, begin, end);
	struct buf a = {0}, b = {0};

	range_save(got, &a);
	range_save(&want, &b);
	assert_true(span_eq(buf_span(&a), buf_span(&b)));
	buf_fini(&a);
	buf_fini(&b);
}

static inline struct stretch
claim(struct fixture *fx, const struct hash *log, int64_t job)
{
	struct stretch t = {.log_id = *log, .job = job, .limit = UINT64_MAX};

	OK(fx, fx->api->claim(fx->s, &t, &fx->e));
	return t;
}

static inline char **
strings_of(const char *one, size_t *num)
{
	char **list = mem_new(1, sizeof(*list));

	list[0] = mem_str(one);
	*num = 1;
	return list;
}

/* Certificate number `cert` holds the address of record `id`. */
static inline struct store_hit
a_hit(struct fixture *fx, const char *id, unsigned cert, uint64_t index)
{
	struct seen_record r = get_record(fx, id);
	struct store_hit h = {.record = r.row,
	    .index = index,
	    .timestamp_ms = NOW + (int64_t)index,
	    .leaf_hash = leaf_hash(fx, index)};
	struct exposure *x = &h.x;

	memset(x->cert.family, (int)cert, sizeof(x->cert.family));
	memset(x->cert.sha256, (int)cert + 1, sizeof(x->cert.sha256));
	x->cert.has_sha256 = true;
	/* As exposure_id() does, but told apart by eye. */
	memset(x->id, (int)cert, sizeof(x->id));
	x->id[0] = (uint8_t)r.row;
	x->time_ms = NOW + 5;
	x->tenant = mem_str(r.tenant);
	x->record_id = mem_str(id);
	x->record_kind = mem_str("email");
	x->match.rule = mem_str("email-strict");
	x->match.kind = mem_str("email");
	x->match.carrier = mem_str("san.rfc822Name");
	x->match.side = mem_str("subject");
	x->match.value = mem_str("Roe.Secret@example.org");
	x->match.score = 100;
	x->match.count = 1;
	x->match.reason =
	    strings_of("rfc822Name equals the record", &x->match.num_reasons);
	x->severity = SEV_MEDIUM;
	x->also = strings_of("name", &x->num_also);
	x->cert.serial = mem_str("0a1b");
	x->cert.issuer = mem_str("Example CA 1");
	x->cert.issuer_org = mem_str("Example Trust");
	x->cert.not_before_ms = NOW - DAY;
	x->cert.not_after_ms = NOW + DAY;
	x->cert.classes = strings_of("tls-iv", &x->cert.num_classes);
	return h;
}

/* A commit being made up: t moves to `read`. */
struct step {
	struct stretch *t;
	uint64_t read, proven; /* proven 0: no proof */
	uint64_t head;         /* size of its head; 0: `read` */
	uint64_t generation;
	size_t num_hits, num_quarantined;
	struct store_hit hits[8];
	struct store_quarantine quarantined[8];
	size_t num_tallies;
	struct store_tally tallies[4];
	int64_t now_ms;
	struct store_committed done;
};

static inline enum status
try_step(struct fixture *fx, struct step *s)
{
	struct range tree = tree_to(fx, s->t->begin, s->read);
	struct range tree_proven = tree_to(fx, s->t->begin, s->proven);
	struct store_proof proof = {.proven = s->proven,
	    .tree = &tree_proven,
	    .head = {s->head ? s->head : s->read, NOW, leaf_hash(fx, s->read),
		span_str("signed head")}};
	struct store_commit c = {.at = s->t,
	    .read = s->read,
	    .tree = &tree,
	    .num_hits = s->num_hits,
	    .hits = s->hits,
	    .num_quarantined = s->num_quarantined,
	    .quarantined = s->quarantined,
	    .num_tallies = s->num_tallies,
	    .tallies = s->tallies,
	    .proof = s->proven ? &proof : NULL,
	    .generation = s->generation,
	    .now_ms = s->now_ms ? s->now_ms : NOW,
	    .hold_ms = HOLD};
	enum status st = fx->api->commit(fx->s, &c, &s->done, &fx->e);

	if (st != ST_OK)
		return st;
	s->t->read = s->read;
	s->t->tree = tree;
	if (s->proven) {
		s->t->proven = s->proven;
		s->t->tree_proven = tree_proven;
	}
	return ST_OK;
}

static inline void
step_fini(struct step *s)
{
	for (size_t i = 0; i < s->num_hits; i++)
		exposure_fini(&s->hits[i].x);
	s->num_hits = s->num_quarantined = 0;
}

static inline struct store_committed
step(struct fixture *fx, struct step s)
{
	OK(fx, try_step(fx, &s));
	step_fini(&s);
	return s.done;
}

/* Move to read without anything else; with a proof up to proven. */
static inline void
step_plain(
    struct fixture *fx, struct stretch *t, uint64_t read, uint64_t proven)
{
	step(fx, (struct step){.t = t, .read = read, .proven = proven});
}

/* Move to read with one hit of `id` by certificate `cert` at `index`. */
static inline struct store_committed
step_hit(
    struct fixture *fx, struct stretch *t, uint64_t read, struct store_hit hit)
{
	return step(fx,
	    (struct step){.t = t, .read = read, .num_hits = 1, .hits = {hit}});
}

/* --- what is there ---------------------------------------------------------- */

struct seen_exposure {
	uint8_t id[16];
	int64_t time_ms;
	char value[64], record[32];
	size_t num;
	struct {
		struct hash log_id;
		uint64_t index;
		int64_t timestamp_ms;
		bool verified;
		char log_name[32];
	} at[16];
};
struct seen_exposures {
	size_t num;
	struct seen_exposure list[64];
};

static inline void
see_exposure(void *arg, const struct exposure *x)
{
	struct seen_exposures *l = arg;
	struct seen_exposure *s = &l->list[l->num++];

	assert_true(l->num < 64);
	*s = (struct seen_exposure){
	    .time_ms = x->time_ms, .num = x->num_sightings};
	memcpy(s->id, x->id, 16);
	snprintf(s->value, sizeof(s->value), "%s", x->match.value);
	snprintf(s->record, sizeof(s->record), "%s", x->record_id);
	for (size_t i = 0; i < s->num && i < 16; i++) {
		memcpy(s->at[i].log_id.b, x->sightings[i].log_id, HASH_LEN);
		s->at[i].index = x->sightings[i].index;
		s->at[i].timestamp_ms = x->sightings[i].timestamp_ms;
		s->at[i].verified = x->sightings[i].verified;
		snprintf(s->at[i].log_name, sizeof(s->at[i].log_name), "%s",
		    x->sightings[i].log_name);
	}
}

static inline struct seen_exposures
list_exposures(struct fixture *fx, const struct hash *log_id)
{
	struct seen_exposures l = {0};

	OK(fx, fx->api->exposures(fx->s, log_id, see_exposure, &l, &fx->e));
	return l;
}

static inline struct outbox
due(struct fixture *fx, int64_t now_ms)
{
	struct outbox o;

	OK(fx, fx->api->outbox_due(fx->s,
		   &(struct outbox_query){.now_ms = now_ms, .limit = 100}, &o,
		   &fx->e));
	return o;
}

static inline size_t
num_due(struct fixture *fx, int64_t now_ms)
{
	struct outbox o = due(fx, now_ms);
	size_t num = o.num;

	outbox_fini(&o);
	return num;
}

static inline void
settle(struct fixture *fx, int64_t row, enum settle how)
{
	struct store_settle x = {.row = row,
	    .how = how,
	    .now_ms = NOW + 20,
	    .due_ms = NOW + 10000,
	    .error =
		how == SETTLE_DELIVERED ? NULL : "550 roe.bounced@example.org"};

	OK(fx, fx->api->outbox_settle(fx->s, &x, 1, &fx->e));
}

/* Deliver what is due for a sink. */
static inline void
deliver(struct fixture *fx, const char *sink, int64_t now_ms)
{
	struct outbox o = due(fx, now_ms);

	for (size_t i = 0; i < o.num; i++)
		if (strcmp(o.rows[i].sink, sink) == 0)
			settle(fx, o.rows[i].id, SETTLE_DELIVERED);
	outbox_fini(&o);
}

struct seen_quarantine {
	size_t num;
	uint64_t index[16];
	char reason[16][32], bytes[16][32];
	int64_t row[16], time_ms[16];
};

static inline void
see_quarantine(
    void *arg, const struct hash *log_id, const struct store_quarantine *q)
{
	struct seen_quarantine *l = arg;
	size_t i = l->num++;

	assert_true(i < 16);
	(void)log_id;
	l->index[i] = q->index;
	l->row[i] = q->row;
	l->time_ms[i] = q->time_ms;
	snprintf(l->reason[i], sizeof(l->reason[i]), "%s", q->reason);
	snprintf(l->bytes[i], sizeof(l->bytes[i]), "%.*s", (int)q->bytes.len,
	    (const char *)q->bytes.p);
}

static inline struct seen_quarantine
list_quarantine(struct fixture *fx)
{
	struct seen_quarantine l = {0};

	OK(fx, fx->api->quarantine_read(fx->s, 0, see_quarantine, &l, &fx->e));
	return l;
}

/* --- setting up --------------------------------------------------------------- */

static inline int
sqlite(void **state)
{
	*state = fixture_new(&store_sqlite);
	return 0;
}

static inline int
memory(void **state)
{
	*state = fixture_new(&store_memory);
	return 0;
}

static inline int
done(void **state)
{
	fixture_free(*state);
	return 0;
}

/* A test over one backend, and over every one. */
#define SQLITE(x) cmocka_unit_test_setup_teardown(x, sqlite, done)
#define BOTH(x)                                                                \
	cmocka_unit_test_setup_teardown(x, sqlite, done),                      \
	    cmocka_unit_test_setup_teardown(x, memory, done)

#endif
