/*
 * rfc6962: logs of RFC 6962 section 4: JSON over get-sth, get-entries,
 * get-sth-consistency, get-entry-and-proof and get-proof-by-hash. Also the art
 * of learning how many entries a log gives at a time.
 */
#include "ctlog/api/api.h"

#include <inttypes.h>

#include "ctlog/api/job.h"
#include "ctlog/base/text.h"
#include "ctlog/wire/page.h"

/* --- heads ----------------------------------------------------------------- */

static void
rfc6962_head_request(const struct log *l, struct request *out)
{
	request_url(out, l, LIMIT_HEAD, "ct/v1/get-sth");
}

static enum status
rfc6962_head_parse(
    const struct log *l, struct head *out, struct span body, struct err *e)
{
	return head_parse_sth(out, l->key, body, e);
}

static bool
rfc6962_issuer_request(
    const struct log *l, struct request *out, const struct hash *fingerprint)
{
	(void)l;
	(void)out;
	(void)fingerprint;
	return false;
}

/* --- page size ------------------------------------------------------------- */

/* What is asked for while the log's page size is unknown: twice the largest
 * page that is known to exist, so that a page can be seen from end to end. */
#define FIRST_PAGE 2048u
/* So many replies without news, and twice as much is tried. */
#define GROW_AFTER 32u

static uint32_t
page_size(const struct log *l)
{
	if (l->page == 0)
		return FIRST_PAGE;
	return l->page < LIMIT_BATCH ? l->page : LIMIT_BATCH;
}

/* Aligned to pages; to nothing while they are not known, so that a log that
 * serves only whole pages is not asked for a part of one. */
static uint64_t
rfc6962_batch_end(const struct log *l, uint64_t begin, uint64_t limit)
{
	uint64_t page = page_size(l);
	uint64_t step = l->page == 0 ? page : page - begin % page;

	ASSERT(begin < limit);
	return limit - begin > step ? begin + step : limit;
}

static uint64_t
rfc6962_plan_limit(const struct log *l, uint64_t size, bool partial)
{
	(void)l;
	(void)partial;
	return size;
}

static void
page_set(struct log *l, uint32_t page)
{
	l->page = page < LIMIT_BATCH ? page : LIMIT_BATCH;
	l->clue.idle = 0;
}

/* A reply that does not tell the page size; perhaps a larger question will. */
static void
page_no_news(struct log *l)
{
	l->clue.idle++;
	if (l->clue.idle == GROW_AFTER)
		page_set(l, page_size(l) * 2);
}

/* A short reply to a question for [begin, end). */
static void
learn_short(struct log *l, uint64_t begin, uint64_t end, uint32_t got)
{
	bool whole = end - begin == page_size(l);
	bool is_page = begin == l->clue.stop || (whole && got == l->clue.cut);

	l->clue.stop = begin + got;
	if (whole)
		l->clue.cut = got;
	if (is_page)
		page_set(l, got);
	else
		page_no_news(l);
}

/*
 * A short reply may be a page of the log, or just the rest of one: most servers
 * stop at multiples of their page size. Whatever the server does,
 *   - a short reply that begins where another one stopped is a page, and so is
 *     one that begins at 0;
 *   - when two questions in a row for a whole page are cut to the same length,
 *     that is the page;
 *   - any other short reply says nothing.
 * When there is no news for a while, twice as much is asked for: an estimate
 * that is too low mends itself so, and one that was right is found again with
 * the next two replies. It costs no request, since a short reply is a page, too.
 *
 * What was not asked for up to a multiple of the page ends at the end of the
 * tree; a short reply there comes from a front end that lags behind the head.
 */
static void
rfc6962_learn(struct log *l, uint64_t begin, uint64_t end, uint32_t got)
{
	uint32_t page = page_size(l);

	if (got == 0 || (l->page != 0 && end % page != 0))
		return;
	if (got < end - begin) {
		learn_short(l, begin, end, got);
	} else if (end - begin == page) {
		l->page = page;
		l->clue.cut = 0;
		page_no_news(l);
	}
}

/* --- batches: get-entries -------------------------------------------------- */

static bool
rfc6962_batch_request(
    const struct log *l, struct request *out, const struct want *w)
{
	ASSERT(w->begin < w->end && w->end <= w->size);
	if (w->attempt > 0)
		return false;
	/* Both are inclusive. */
	request_url(out, l, LIMIT_BODY,
	    "ct/v1/get-entries?start=%" PRIu64 "&end=%" PRIu64, w->begin,
	    w->end - 1);
	return true;
}

/* extra_data stays as it is; only alerts ask for it. */
static enum status
take_entry(struct entries *out, struct arena *scratch, struct span leaf_input,
    struct span extra_data, struct err *e)
{
	uint8_t *leaf = arena_get(scratch, leaf_input.len / 4 * 3);
	struct entry *to = &out->entry[out->num];
	ssize_t len;

	if (leaf == NULL)
		return err_set(e, ST_LIMIT,
		    "entry %" PRIu64 ": no room to decode it",
		    out->begin + out->num);
	len = page_unbase64(leaf, leaf_input);
	if (len < 0)
		return err_set(e, ST_BAD,
		    "RFC 6962 4.6: entry %" PRIu64 ": leaf_input is not base64",
		    out->begin + out->num);
	entry_parse_leaf(to, span_of(leaf, (size_t)len));
	to->extra_base64 = extra_data;
	out->num++;
	return ST_OK;
}

static enum status
rfc6962_batch_parse(struct entries *out, struct span body,
    struct arena *scratch, const struct want *w, struct err *e)
{
	struct span leaf_input, extra_data;
	struct page p;
	enum status st;

	ASSERT(w->begin < w->end && w->end - w->begin <= LIMIT_BATCH);
	out->begin = w->begin;
	out->num = out->dropped = 0;
	st = page_open(&p, body, e);
	while (st == ST_OK) {
		st = page_next(&p, &leaf_input, &extra_data, e);
		if (st != ST_OK)
			break;
		if (out->num < w->end - w->begin)
			st =
			    take_entry(out, scratch, leaf_input, extra_data, e);
		else if (++out->dropped > LIMIT_BATCH)
			st = err_set(e, ST_BAD,
			    "RFC 6962 4.6: more than %u entries that nobody "
			    "asked for",
			    LIMIT_BATCH);
	}
	if (st != ST_MISSING)
		return st;
	if (out->num == 0)
		return err_set(
		    e, ST_MISSING, "RFC 6962 4.6: a reply without entries");
	return ST_OK;
}

/* --- proofs ---------------------------------------------------------------- */

/* Replies of status 400 in a row that mean "no such thing here". Fewer may
 * come from a front end that lags behind the head. */
#define REFUSALS 4u

/* The next thing to ask for, in this order. */
enum need { NEED_LEAF, NEED_CONSISTENCY, NEED_PATH, NEED_NOTHING };

static enum need
next_need(const struct proof_job *j)
{
	if (job_is_trivial(j))
		return NEED_NOTHING;
	if (j->kind == PROOF_INCLUSION)
		return j->step == 0 ? NEED_PATH : NEED_NOTHING;
	if (j->step == NEED_LEAF && j->kind == PROOF_ANCHOR)
		return NEED_LEAF;
	if (j->step <= NEED_CONSISTENCY && j->at != j->head.size)
		return NEED_CONSISTENCY;
	return NEED_NOTHING;
}

/* The leaf hash in base64, in a query. */
static void
request_path(
    struct request *out, const struct log *l, const struct proof_job *j)
{
	struct buf plain = {0}, hash = {0};

	text_base64(&plain, hash_span(&j->leaf));
	for (size_t i = 0; i < plain.len; i++) {
		if (strchr("+/=", plain.p[i]) != NULL)
			buf_fmt(&hash, "%%%02X", plain.p[i]);
		else
			buf_char(&hash, (char)plain.p[i]);
	}
	request_url(out, l, LIMIT_HEAD,
	    "ct/v1/get-proof-by-hash?hash=%s&tree_size=%" PRIu64,
	    buf_cstr(&hash), j->head.size);
	out->only_hashes = true;
	buf_fini(&plain);
	buf_fini(&hash);
}

static bool
rfc6962_proof_request(
    const struct log *l, struct proof_job *j, struct request *out)
{
	switch (next_need(j)) {
	case NEED_LEAF:
		request_url(out, l, LIMIT_JSON,
		    "ct/v1/get-entry-and-proof?leaf_index=%" PRIu64
		    "&tree_size=%" PRIu64,
		    j->at - 1, j->at);
		break;
	case NEED_CONSISTENCY:
		request_url(out, l, LIMIT_HEAD,
		    "ct/v1/get-sth-consistency?first=%" PRIu64
		    "&second=%" PRIu64,
		    j->at, j->head.size);
		out->only_hashes = true;
		break;
	case NEED_PATH:
		request_path(out, l, j);
		break;
	default:
		return false;
	}
	out->may_miss = true;
	return true;
}

static enum status
proof_refused(
    struct proof_job *j, enum need need, int http_status, struct err *e)
{
	static const char *const calls[] = {[NEED_LEAF] = "get-entry-and-proof",
	    [NEED_CONSISTENCY] = "get-sth-consistency",
	    [NEED_PATH] = "get-proof-by-hash"};
	const char *what = calls[need];

	if (http_status == 400)
		j->attempt++;
	if (http_status != 404 && j->attempt < REFUSALS)
		return err_set(
		    e, ST_AGAIN, "%s: HTTP status %d", what, http_status);
	return err_set(e, ST_MISSING,
	    "the log offers no such proof: %s answers HTTP status %d", what,
	    http_status);
}

/* The last leaf of the tree and its audit path are the compact range. */
static enum status
reply_leaf(
    struct proof_job *j, struct hasher *h, struct span body, struct err *e)
{
	struct buf leaf_input = {0};
	struct hash leaf;
	enum status st;

	st = head_parse_entry_proof(&j->path, &leaf_input, body, e);
	if (st == ST_OK) {
		hasher_leaf(h, &leaf, buf_span(&leaf_input));
		st = proof_last_leaf(&j->range, h, j->at, &leaf, &j->path);
		if (st != ST_OK)
			err_set(e, st,
			    "RFC 6962 4.8: the audit path of entry %" PRIu64
			    " has %u hashes",
			    j->at - 1, j->path.num);
	}
	buf_fini(&leaf_input);
	return st;
}

static enum status
reply_path(struct proof_job *j, struct span body, struct err *e)
{
	uint64_t index;
	enum status st = head_parse_hash_proof(&index, &j->path, body, e);

	if (st == ST_OK && index != j->at)
		return err_set(e, ST_BAD,
		    "RFC 6962 4.5: the log finds the leaf of entry %" PRIu64
		    " at %" PRIu64,
		    j->at, index);
	return st;
}

static enum status
rfc6962_proof_reply(struct proof_job *j, struct hasher *h, int http_status,
    struct span body, struct err *e)
{
	enum need need = next_need(j);
	enum status st;

	ASSERT(need != NEED_NOTHING);
	if (http_status != 200)
		return proof_refused(j, need, http_status, e);
	if (need == NEED_LEAF)
		st = reply_leaf(j, h, body, e);
	else if (need == NEED_PATH)
		st = reply_path(j, body, e);
	else
		st = head_parse_consistency(&j->path, body, e);
	if (st != ST_OK)
		return st;
	j->step = need + 1;
	j->attempt = 0;
	return ST_OK;
}

static enum status
rfc6962_proof_result(struct proof_job *j, struct hasher *h, struct err *e)
{
	struct tree first = {.size = j->at};
	struct tree second = {j->head.size, j->head.root};
	enum status st;

	if (job_is_trivial(j))
		return job_trivial(j, h, e);
	ASSERT(next_need(j) == NEED_NOTHING);
	if (j->kind == PROOF_INCLUSION)
		return job_included(j, h, e);
	if (j->at == j->head.size)
		return job_compare(j, &j->range, h, e);
	range_root(&j->range, h, &first.root);
	st = proof_consistency(h, &first, &second, &j->path);
	if (st == ST_OK)
		return ST_OK;
	return err_set(e, st,
	    "the log's consistency proof from %" PRIu64 " to %" PRIu64
	    " entries %s",
	    j->at, j->head.size,
	    st == ST_BAD ? "has a wrong length" : "does not verify");
}

const struct log_api log_api_rfc6962 = {
    .name = "rfc6962",
    .head_request = rfc6962_head_request,
    .head_parse = rfc6962_head_parse,
    .batch_end = rfc6962_batch_end,
    .batch_request = rfc6962_batch_request,
    .batch_parse = rfc6962_batch_parse,
    .proof_request = rfc6962_proof_request,
    .proof_reply = rfc6962_proof_reply,
    .proof_result = rfc6962_proof_result,
    .issuer_request = rfc6962_issuer_request,
    .plan_limit = rfc6962_plan_limit,
    .learn = rfc6962_learn,
};
