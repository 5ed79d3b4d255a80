/*
 * batch: the worker's side, from a body to a result. The format of a result is
 * private to this file and batch_result.c; both ends are one binary.
 */
#include "monitor/batch.h"

#include "ctlog/base/gzip.h"
#include "ctlog/base/mem.h"
#include "monitor/batch_format.h"
#include "monitor/kept.h"
#include "monitor/tally.h"

#include <sys/mman.h>
#include <unistd.h>

/* A gunzipped page and its base64 decoded. */
#define SCRATCH (2ul * LIMIT_BODY)
#define CERT_ARENA (4ul << 20)

struct bench {
	struct hasher *hasher;
	struct gunzip *gunzip;
	struct extractor *extractor;
	struct matcher *matcher;
	struct tally *tally;
	struct arena scratch; /* for a whole batch */
	struct arena arena;   /* for one certificate */
	struct entry *entries;
	struct hash *leaves;
	struct findings findings;
	struct buf hits; /* struct match_hit[] of one certificate */
	struct buf cert; /* its side of a hit */
	struct buf kept; /* an entry that can't be read, or with hits */
	struct buf stamps, quarantined, found; /* results in the making */
};

static struct arena
reserve(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	ASSERT(p != MAP_FAILED);
	return arena_of(p, len);
}

struct bench *
bench_new(const uint8_t index_key[INDEX_KEY_LEN])
{
	struct bench *b = NEW(struct bench);

	b->hasher = hasher_new();
	b->gunzip = gunzip_new();
	b->extractor = extractor_new();
	b->matcher = matcher_new(index_key);
	b->tally = tally_new();
	b->scratch = reserve(SCRATCH);
	b->arena = reserve(CERT_ARENA);
	b->entries = mem_new(LIMIT_BATCH, sizeof(*b->entries));
	b->leaves = mem_new(LIMIT_BATCH, sizeof(*b->leaves));
	b->findings.cap = LIMIT_VALUES;
	b->findings.list = mem_new(LIMIT_VALUES, sizeof(*b->findings.list));
	return b;
}

void
bench_free(struct bench *b)
{
	if (b == NULL)
		return;
	hasher_free(b->hasher);
	gunzip_free(b->gunzip);
	extractor_free(b->extractor);
	matcher_free(b->matcher);
	tally_free(b->tally);
	munmap(b->scratch.base, b->scratch.cap);
	munmap(b->arena.base, b->arena.cap);
	free(b->entries);
	free(b->leaves);
	free(b->findings.list);
	buf_fini(&b->hits);
	buf_fini(&b->cert);
	buf_fini(&b->stamps);
	buf_fini(&b->kept);
	buf_fini(&b->quarantined);
	buf_fini(&b->found);
	free(b);
}

/* One batch under way. */
struct work {
	struct bench *b;
	const struct batch_order *order;
	const struct match_set *index;
	size_t room; /* for stamps, quarantined and found together */
	volatile uint64_t *reading;
	struct tally {
		uint32_t quarantined, hits, partial;
	} num;
	bool counts;      /* the entry in hand has a certificate, */
	uint32_t classes; /* of these */
	uint32_t num_odd_index;
	struct batch_odd_index odd_index;
	struct range range;
};

/* What is read again is kept already. */
static void
put_quarantine(struct work *w, uint64_t at, const struct hash *leaf,
    struct entry *e, const char *reason)
{
	struct buf *q = &w->b->quarantined, *kept = &w->b->kept;

	buf_clear(kept);
	if (w->order->api != &kept_api) {
		if (entry_load_extra(e, &w->b->scratch) != ST_OK)
			e->precert = span_of(NULL, 0);
		kept_put(kept, e);
	}
	buf_uint(q, at, 8);
	buf_span_add(q, hash_span(leaf));
	buf_vec(q, span_str(reason), 2);
	buf_vec(q, buf_span(kept), 4);
	w->num.quarantined++;
}

/* The kinds of what the subject's side surely holds. */
static uint32_t
sure_kinds(const struct findings *f)
{
	uint32_t kinds = 0;

	for (uint32_t i = 0; i < f->num; i++)
		if (f->list[i].side == SIDE_SUBJECT &&
		    f->list[i].confidence <= CONF_NAME)
			kinds |= 1u << f->list[i].kind;
	return kinds;
}

static void
put_match(struct buf *out, const struct match_hit *h, const struct finding *f)
{
	uint8_t n = 0;

	buf_uint(out, h->no, 4);
	buf_uint(out, h->count, 4);
	buf_uint(out, h->score, 1);
	buf_uint(out, f->kind, 1);
	buf_uint(out, f->side, 1);
	buf_vec(out, span_str(h->rule), 1);
	buf_vec(out, span_str(f->carrier), 1);
	buf_vec(out, span_cut(f->value, 0, LIMIT_VALUE), 2);
	while (n < MATCH_REASONS && h->reason[n] != NULL)
		n++;
	buf_uint(out, n, 1);
	for (uint8_t i = 0; i < n; i++)
		buf_vec(out, span_str(h->reason[i]), 1);
}

/* The certificate's side of its hits, the same for all. The fingerprint is
 * that of the certificate or precertificate as logged; a bare TBS without one
 * has none. */
static void
put_cert(struct work *w, struct entry *e, const struct cert *c)
{
	struct bench *b = w->b;
	struct buf *out = &b->cert;
	struct facts *facts = &b->findings.facts;
	struct hash sha = {0}, family;
	struct span whole;

	if (entry_load_extra(e, &b->scratch) != ST_OK)
		e->precert = span_of(NULL, 0); /* costs only its sha256 */
	whole = e->type == ENTRY_X509 ? e->cert : e->precert;
	if (whole.len > 0)
		hasher_sha256(b->hasher, &sha, whole, span_of(NULL, 0));
	cert_family(&family, c, b->hasher);
	buf_clear(out);
	buf_uint(out, facts->classes, 4);
	buf_uint(out, whole.len > 0, 1);
	buf_uint(out, e->type == ENTRY_PRECERT || c->poison, 1);
	buf_span_add(out, hash_span(&sha));
	buf_span_add(out, hash_span(&family));
	buf_vec(out, span_cut(c->serial, 0, 64), 1);
	buf_vec(out, span_cut(facts->issuer_cn, 0, 1024), 2);
	buf_vec(out, span_cut(facts->issuer_org, 0, 1024), 2);
	buf_uint(out, (uint64_t)c->not_before_ms, 8);
	buf_uint(out, (uint64_t)c->not_after_ms, 8);
}

/* A certificate that matches so many records that they don't fit is told of as
 * far as there is room, and kept. */
static const char *
put_hits(struct work *w, uint64_t at, const struct hash *leaf, struct entry *e,
    const struct cert *c)
{
	struct bench *b = w->b;
	const struct match_hit *hit = (const void *)b->hits.p;
	size_t n = b->hits.len / sizeof(*hit), begin = b->found.len;
	uint32_t kinds = sure_kinds(&b->findings);

	put_cert(w, e, c);
	buf_clear(&b->kept);
	kept_put_hit(&b->kept, e);
	for (size_t i = 0; i < n; i++) {
		const struct finding *f = &b->findings.list[hit[i].finding];

		if (b->found.len - begin > w->room / 2)
			return "the certificate matches more records than "
			       "can be told of";
		buf_uint(&b->found, at, 8);
		buf_uint(&b->found, e->timestamp, 8);
		buf_span_add(&b->found, hash_span(leaf));
		put_match(&b->found, &hit[i], f);
		buf_uint(&b->found, kinds & ~(1u << f->kind), 4);
		buf_span_add(&b->found, buf_span(&b->cert));
		buf_vec(&b->found, buf_span(&b->kept), 4);
		buf_clear(&b->kept); /* with the first of them */
		w->num.hits++;
	}
	return NULL;
}

/* In test builds a certificate can kill its worker, or keep it for ever, so
 * that the tests see what becomes of a batch then. */
static void
poison(struct span cert)
{
#ifdef INDELIBLE_POISON
	static const char pill[] = "indelible-test-poison";
	static const char drug[] = "indelible-test-stupor";

	if (memmem(cert.p, cert.len, pill, sizeof(pill) - 1) != NULL)
		_exit(99);
	if (memmem(cert.p, cert.len, drug, sizeof(drug) - 1) != NULL)
		for (volatile bool asleep = true; asleep;)
			;
#else
	(void)cert;
#endif
}

/* Extract from one certificate and match what was found. NULL, or why it
 * belongs into quarantine. */
static const char *
work_cert(struct work *w, uint64_t at, const struct hash *leaf, struct entry *e)
{
	struct bench *b = w->b;
	struct problems none = {0, NULL};
	const char *reason = NULL, *more = NULL;
	struct cert c;

	poison(e->cert);
	arena_clear(&b->arena);
	cert_parse(&c, e->cert, &none);
	extract_run(b->extractor, &b->findings, &c, &b->arena, &none);
	if (c.status == CERT_UNPARSED)
		reason = "the certificate is unreadable";
	else if (c.status == CERT_PARTIAL || b->findings.partial ||
		 b->findings.dropped > 0)
		w->num.partial++;
	w->counts = true;
	w->classes = b->findings.facts.classes;
	if (b->findings.num == 0)
		return reason;
	buf_clear(&b->hits);
	if (match_run(b->matcher, w->index, &b->findings, w->order->threshold,
		&b->hits) > 0)
		more = put_hits(w, at, leaf, e, &c);
	if (match_overrun(b->matcher))
		more = "the certificate matches more records than can be "
		       "compared";
	return reason != NULL ? reason : more;
}

/* A leaf of another version may have anything where v1 has its timestamp. */
static void
put_stamp(struct work *w, const struct entry *e)
{
	bool v1 = e->bare ||
		  (e->leaf.len >= 10 && e->leaf.p[0] == 0 && e->leaf.p[1] == 0);

	buf_uint(&w->b->stamps, v1 ? e->timestamp : UINT64_MAX, 8);
}

static void
work_content(
    struct work *w, uint64_t at, const struct hash *leaf, struct entry *e)
{
	const char *reason = e->problem, *second = NULL;

	if (w->order->stamps) {
		put_stamp(w, e);
		return;
	}
	if (at < w->order->from || at >= w->order->to)
		return;
	*w->reading = at;
	if (batch_skips(w->order, at))
		reason = "reading the entry killed a worker";
	else if (e->cert.len > 0)
		second = work_cert(w, at, leaf, e);
	if (reason == NULL)
		reason = second;
	if (reason != NULL)
		put_quarantine(w, at, leaf, e, reason);
}

/* A wrong leaf_index, or none, is worth telling; the entry's place is what the
 * tree says. */
static void
check_index(
    struct work *w, uint64_t at, const struct hash *leaf, const struct entry *e)
{
	uint64_t says =
	    e->leaf_index < 0 ? BATCH_NO_INDEX : (uint64_t)e->leaf_index;

	if (w->order->api != &log_api_static || e->problem != NULL ||
	    says == at || (says == BATCH_NO_INDEX && w->order->unindexed))
		return;
	if (w->num_odd_index++ == 0)
		w->odd_index = (struct batch_odd_index){at, says, *leaf};
}

/* One entry; false when its results no longer fit, and it is undone. */
static bool
work_entry(
    struct work *w, uint64_t at, const struct hash *leaf, struct entry *e)
{
	struct bench *b = w->b;
	struct tally before = w->num;
	size_t quarantined = b->quarantined.len, found = b->found.len;
	size_t stamps = b->stamps.len;

	w->counts = false;
	work_content(w, at, leaf, e);
	if (b->stamps.len + b->quarantined.len + b->found.len +
		tally_room(b->tally, w->counts ? &b->findings : NULL) >
	    w->room) {
		w->num = before;
		b->quarantined.len = quarantined;
		b->found.len = found;
		b->stamps.len = stamps;
		return false;
	}
	if (w->counts)
		tally_cert(b->tally, w->classes, &b->findings);
	check_index(w, at, leaf, e);
	return true;
}

/* All entries, or those whose results fit. */
static void
work_entries(struct work *w, struct entries *es)
{
	struct bench *b = w->b;
	uint32_t i;

	entry_leaf_hashes(es->entry, es->num, b->hasher, b->leaves);
	for (i = 0; i < es->num; i++)
		if (!work_entry(w, es->begin + i, &b->leaves[i], &es->entry[i]))
			break;
	range_add_leaves(&w->range, b->hasher, b->leaves, i);
}

/* Give memory of an unusually large batch back to the system. */
static void
scratch_clear(struct arena *a)
{
	if (a->used > (8ul << 20))
		madvise(a->base, a->cap, MADV_DONTNEED);
	arena_clear(a);
}

static enum status
work_parse(struct work *w, struct entries *es, struct span body, struct err *e)
{
	enum status st;

	if (gzip_is(body)) {
		struct arena half = arena_of(w->b->scratch.base, LIMIT_BODY);

		st = gunzip_run(w->b->gunzip, &half, &body, body, e);
		/* When it failed nobody knows how far it came. */
		w->b->scratch.used = st == ST_OK ? half.used : half.cap;
		if (st != ST_OK)
			return st;
	}
	es->entry = w->b->entries;
	return w->order->api->batch_parse(
	    es, body, &w->b->scratch, &w->order->want, e);
}

static void
out_add(struct batch_out *out, struct span s)
{
	ASSERT(s.len <= out->cap - out->len);
	if (s.len > 0)
		memcpy(out->p + out->len, s.p, s.len);
	out->len += s.len;
}

static void
put_failure(struct batch_out *out, enum status st, const struct err *e)
{
	struct buf b = {0};

	buf_uint(&b, RESULT_MAGIC, 4);
	buf_uint(&b, st, 1);
	buf_vec(&b, span_str(e->text), 2);
	out_add(out, buf_span(&b));
	buf_fini(&b);
}

static void
put_result(struct work *w, struct batch_out *out, uint32_t dropped)
{
	struct buf head = {0}, range = {0}, tally = {0};

	range_save(&w->range, &range);
	buf_uint(&head, RESULT_MAGIC, 4);
	buf_uint(&head, ST_OK, 1);
	buf_vec(&head, buf_span(&range), 2);
	buf_uint(&head, dropped, 4);
	buf_uint(&head, w->num.partial, 4);
	buf_uint(&head, w->num_odd_index, 4);
	buf_uint(&head, w->odd_index.entry, 8);
	buf_uint(&head, w->odd_index.says, 8);
	buf_span_add(&head, hash_span(&w->odd_index.leaf_hash));
	buf_vec(&head, buf_span(&w->b->stamps), 4);
	tally_put(w->b->tally, &tally);
	buf_vec(&head, buf_span(&tally), 4);
	buf_uint(&head, w->num.quarantined, 4);
	buf_uint(&head, w->num.hits, 4);
	out_add(out, buf_span(&head));
	out_add(out, buf_span(&w->b->quarantined));
	out_add(out, buf_span(&w->b->found));
	buf_fini(&head);
	buf_fini(&range);
	buf_fini(&tally);
}

void
batch_work(struct bench *b, struct batch_out *out,
    const struct batch_order *order, struct span body,
    const struct match_set *index)
{
	struct work w = {.b = b, .order = order, .index = index};
	struct entries es = {0};
	struct err err = {""};
	volatile uint64_t nobody;
	enum status st;

	w.reading = out->reading != NULL ? out->reading : &nobody;
	ASSERT(out->cap > RESULT_HEAD_MAX);
	w.room = out->cap - RESULT_HEAD_MAX;
	tally_clear(b->tally);
	range_init(&w.range, order->want.begin);
	buf_clear(&b->stamps);
	buf_clear(&b->quarantined);
	buf_clear(&b->found);
	scratch_clear(&b->scratch);
	st = work_parse(&w, &es, body, &err);
	if (st == ST_OK)
		work_entries(&w, &es);
	if (st == ST_OK && w.range.end == w.range.begin)
		st = err_set(&err, ST_LIMIT,
		    "the hits of one entry exceed %zu bytes", w.room);
	if (st != ST_OK)
		put_failure(out, st, &err);
	else
		put_result(&w, out, es.dropped);
}
