/* memory_records: opt-in records, and what the match index is made of. */
#include "monitor/store/memory.h"

#include <search.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/store/rules.h"

static int
by_name(const void *a, const void *b)
{
	const struct mem_record *x = a, *y = b;
	int d = strcmp(x->tenant, y->tenant);

	return d != 0 ? d : strcmp(x->id, y->id);
}

static struct mem_record *
record_find(struct store *s, const char *tenant, const char *id)
{
	struct mem_record key = {.tenant = tenant, .id = id}, **node;

	node = tfind(&key, &s->by_name, by_name);
	return node == NULL ? NULL : *node;
}

static void
values_fini(struct mem_record *r)
{
	mem_wipe(r->json.p, r->json.cap);
	buf_fini(&r->keys);
	buf_fini(&r->blob);
	buf_fini(&r->json);
	free(r->only);
	r->only = NULL;
}

void
memory_record_free(struct mem_record *r)
{
	values_fini(r);
	free(r->names);
	free(r);
}

/* --- importing ----------------------------------------------------------- */

static struct mem_record *
record_new(struct store *s, const struct record *in, int64_t now_ms)
{
	struct mem_record *r = NEW(struct mem_record);
	struct buf names = {0};

	buf_add(&names, in->tenant, strlen(in->tenant) + 1);
	buf_add(&names, in->id, strlen(in->id) + 1);
	r->names = (char *)names.p;
	r->tenant = r->names;
	r->id = r->names + strlen(in->tenant) + 1;
	r->created_ms = now_ms;
	r->changed_ms = now_ms;
	s->records = memory_room(
	    s->records, s->num_records, sizeof(struct mem_record *));
	s->records[s->num_records++] = r;
	r->row = (int64_t)s->num_records;
	ASSERT(tsearch(r, &s->by_name, by_name) != NULL);
	return r;
}

static enum record_state
record_judge(const struct mem_record *r, struct record *full,
    const struct compiled *c, int64_t now_ms)
{
	struct record was = {0};
	struct rule_before b = {r->state, &was,
	    r->kind == full->kind &&
		rule_same_value(
		    full->kind, buf_span(&c->keys), buf_span(&r->keys))};
	bool there = r->json.len != 0 &&
		     rule_record_read(&was, buf_span(&r->json), NULL) == ST_OK;
	enum record_state state;

	rule_carry(full, there ? &b : NULL);
	state = rule_imported(full, there ? &b : NULL, now_ms);
	record_fini(&was);
	return state;
}

static void
record_set(struct mem_record *r, const struct record *in,
    const struct compiled *c, int64_t now_ms)
{
	struct record full = *in;
	enum record_state state = record_judge(r, &full, c, now_ms);
	bool same = span_eq(buf_span(&r->keys), buf_span(&c->keys)) &&
		    span_eq(buf_span(&r->blob), buf_span(&c->blob));

	if (state == RECORD_PENDING)
		r->active_ms = 0;
	else if (state == RECORD_PAUSED)
		;
	else if (r->state != RECORD_ACTIVE || !same)
		r->active_ms = now_ms;
	if (state != r->state)
		r->changed_ms = now_ms;
	r->state = state;
	r->kind = in->kind;
	r->expires_ms = in->expires_ms;
	values_fini(r);
	r->only = rule_only(in);
	buf_span_add(&r->keys, buf_span(&c->keys));
	buf_span_add(&r->blob, buf_span(&c->blob));
	record_json(&full, &r->json);
}

/* All that may be refused, before anything is changed. */
static enum status
import_check(struct store *s, struct store_import *io, struct err *e)
{
	enum status st = ST_OK;

	for (size_t i = 0; st == ST_OK && i < io->num; i++) {
		const struct record *in = &io->records[i];
		const struct mem_record *r = record_find(s, in->tenant, in->id);

		if (in->identity != NULL)
			st = err_set(e, ST_BAD,
			    "record %s belongs to %s: that takes a store; "
			    "import the records into one",
			    QUOTE(span_str(in->id)),
			    QUOTE(span_str(in->identity)));
		else if (r != NULL)
			st = rule_import(in, r->state, e);
		st = rule_refused(io, i, st, e);
	}
	return st != ST_OK ? st : rule_all_taken(io, e);
}

enum status
memory_records_import(struct store *s, struct store_import *io, struct err *e)
{
	enum status st;

	io->added = io->updated = io->active = io->pending = 0;
	io->num_refused = 0;
	st = import_check(s, io, e);
	if (st != ST_OK)
		return st;
	memory_expire(s, io->now_ms);
	for (size_t i = 0; i < io->num; i++) {
		const struct record *in = &io->records[i];
		struct mem_record *r = record_find(s, in->tenant, in->id);

		if (r != NULL)
			io->updated++;
		else
			io->added++;
		if (r == NULL)
			r = record_new(s, in, io->now_ms);
		record_set(r, in, &io->compiled[i], io->now_ms);
		r->generation = s->generation + 1;
		if (r->state == RECORD_ACTIVE)
			io->active++;
		else if (r->state == RECORD_PENDING)
			io->pending++;
	}
	s->generation += io->num != 0;
	s->next_expiry_ms = 0; /* unknown: look at the next commit */
	return ST_OK;
}

/* --- listing ------------------------------------------------------------- */

struct listing {
	const struct store_query *q;
	size_t given;
	store_record_fn *fn;
	void *arg;
	struct err *e;
	enum status st;
};

static void
give(struct listing *l, const struct mem_record *r)
{
	struct record_row x = {.row = r->row,
	    .created_ms = r->created_ms,
	    .active_ms = r->active_ms,
	    .changed_ms = r->changed_ms};

	if (l->q->reveal && r->state != RECORD_ERASED)
		l->st = rule_record_read(&x.r, buf_span(&r->json), l->e);
	if (l->st != ST_OK)
		return;
	free(x.r.tenant);
	free(x.r.id);
	x.r.tenant = mem_str(r->tenant);
	x.r.id = mem_str(r->id);
	x.r.kind = r->kind;
	x.r.state = r->state;
	x.r.expires_ms = r->expires_ms;
	l->fn(l->arg, &x);
	l->given++;
	record_fini(&x.r);
}

static bool
is_asked(const struct listing *l, const struct mem_record *r)
{
	const struct store_query *q = l->q;
	int order = 0;

	if (q->limit > 0 && l->given == q->limit)
		return false;
	if (q->tenant != NULL && strcmp(q->tenant, r->tenant) != 0)
		return false;
	if (q->tenant != NULL && q->id != NULL)
		return strcmp(q->id, r->id) == 0;
	if (q->tenant == NULL && q->after_tenant != NULL)
		order = strcmp(r->tenant, q->after_tenant);
	if (order == 0 && q->after_id != NULL)
		order = strcmp(r->id, q->after_id) > 0 ? 1 : -1;
	return order >= 0;
}

static void
visit(const void *node, VISIT which, void *arg)
{
	const struct mem_record *const *r = node;
	struct listing *l = arg;

	if ((which != postorder && which != leaf) || l->st != ST_OK)
		return;
	if (is_asked(l, *r))
		give(l, *r);
}

enum status
memory_records_list(struct store *s, const struct store_query *q,
    store_record_fn *fn, void *arg, struct err *e)
{
	struct listing l = {q, 0, fn, arg, e, ST_OK};

	/* "postorder" is what twalk(3) calls in-order. */
	twalk_r(s->by_name, visit, &l);
	return l.st;
}

/* --- states -------------------------------------------------------------- */

static void
erase(struct store *s, struct mem_record *r)
{
	for (size_t i = 0; i < s->num_exposures; i++)
		if (s->exposures[i]->record == r && !s->exposures[i]->gone)
			memory_exposure_drop(s, s->exposures[i]);
	values_fini(r);
	r->created_ms = r->active_ms = r->expires_ms = 0;
}

static void
withdraw(struct store *s, const struct mem_record *r)
{
	for (size_t i = 0; i < s->num_rows; i++)
		if (s->rows[i].exposure != NULL &&
		    s->rows[i].exposure->record == r &&
		    s->rows[i].state == MEM_WAITING)
			s->rows[i].state = MEM_GONE;
}

enum status
memory_record_state(
    struct store *s, const struct record_change *c, struct err *e)
{
	struct mem_record *r = record_find(s, c->tenant, c->id);
	enum status st;

	if (r == NULL)
		return rule_no_record(c->tenant, c->id, e);
	memory_expire(s, c->now_ms);
	st = rule_change(c, r->state, r->expires_ms, e);
	if (st != ST_OK || r->state == c->state)
		return st;
	if (c->state == RECORD_ERASED)
		erase(s, r);
	if (c->state == RECORD_WITHDRAWN)
		withdraw(s, r);
	if (c->state == RECORD_ACTIVE)
		r->active_ms = c->now_ms;
	r->state = c->state;
	r->changed_ms = c->now_ms;
	r->generation = ++s->generation;
	s->next_expiry_ms = 0;
	return ST_OK;
}

/* --- what the index is made of ------------------------------------------- */

static void
expires_next(struct store *s, const struct mem_record *r)
{
	if (r->state == RECORD_ACTIVE && r->expires_ms != 0 &&
	    r->expires_ms < s->next_expiry_ms)
		s->next_expiry_ms = r->expires_ms;
}

void
memory_expire(struct store *s, int64_t now_ms)
{
	bool any = false;

	if (now_ms < s->next_expiry_ms)
		return;
	s->next_expiry_ms = INT64_MAX;
	for (size_t i = 0; i < s->num_records; i++) {
		struct mem_record *r = s->records[i];

		if (r->state == RECORD_ACTIVE &&
		    rule_expired(r->expires_ms, now_ms)) {
			r->state = RECORD_EXPIRED;
			r->changed_ms = now_ms;
			r->generation = s->generation + 1;
			any = true;
		}
		expires_next(s, r);
	}
	s->generation += any;
}

enum status
memory_records_count(
    struct store *s, size_t out[RECORD_ERASED + 1], struct err *e)
{
	(void)e;
	memset(out, 0, (RECORD_ERASED + 1) * sizeof(*out));
	for (size_t i = 0; i < s->num_records; i++)
		out[s->records[i]->state]++;
	return ST_OK;
}

enum status
memory_index_generation(struct store *s, uint64_t *out, struct err *e)
{
	(void)e;
	*out = s->generation;
	return ST_OK;
}

enum status
memory_index_size(
    struct store *s, int64_t now_ms, struct match_size *out, struct err *e)
{
	(void)e;
	*out = (struct match_size){0};
	for (size_t i = 0; i < s->num_records; i++) {
		const struct mem_record *r = s->records[i];

		if (r->state != RECORD_ACTIVE ||
		    rule_expired(r->expires_ms, now_ms))
			continue;
		out->records++;
		out->keys += r->keys.len / LIMIT_STORE_KEY;
		out->blob_bytes += r->blob.len;
	}
	return ST_OK;
}

enum status
memory_index_load(struct store *s, int64_t now_ms, store_index_fn *fn,
    void *arg, struct err *e)
{
	(void)e;
	for (size_t i = 0; i < s->num_records; i++) {
		const struct mem_record *r = s->records[i];

		if (r->state == RECORD_ACTIVE &&
		    !rule_expired(r->expires_ms, now_ms))
			fn(arg, r->row, r->kind, buf_span(&r->keys),
			    buf_span(&r->blob));
	}
	return ST_OK;
}

enum status
memory_index_changes(
    struct store *s, const struct store_changes *q, struct err *e)
{
	const struct span none = span_of(NULL, 0);

	(void)e;
	for (size_t i = 0; i < s->num_records; i++) {
		const struct mem_record *r = s->records[i];
		bool active = r->state == RECORD_ACTIVE &&
			      !rule_expired(r->expires_ms, q->now_ms);

		if (r->generation > q->since)
			q->fn(q->arg, r->row, r->kind,
			    active ? buf_span(&r->keys) : none,
			    active ? buf_span(&r->blob) : none);
	}
	return ST_OK;
}

enum status
memory_record_name(
    struct store *s, int64_t row, struct record_ref *out, struct err *e)
{
	const struct mem_record *r;

	if (row < 1 || (uint64_t)row > s->num_records)
		return err_set(e, ST_MISSING,
		    "the store has no record in row %lld", (long long)row);
	r = s->records[row - 1];
	*out = (struct record_ref){mem_str(r->tenant), mem_str(r->id), r->kind};
	return ST_OK;
}
