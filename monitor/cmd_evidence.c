/* cmd_evidence: see cmd_evidence.h. What is kept comes first; the log is asked
 * for what is missing. */
#include "monitor/cmd_evidence.h"

#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"
#include "monitor/ask.h"
#include "monitor/cmd.h"
#include "monitor/detect.h"
#include "monitor/evidence_folder.h"
#include "monitor/records_view.h"
#include "monitor/wants.h"

/* So long for all that is asked, of however many logs. */
#define LIMIT_S 120.0

/* What the store has, as far as it holds; the texts are the answer's. */
struct keeping {
	struct proven_at at;
	bool has_place, has_entry, has_proof;
	struct buf leaf, precert;
	struct entry entry; /* spans into these */
	struct proven proof;
	long long tries;
};

struct job {
	const struct config *config;
	const char *alert, *dir;
	struct keeping kept;
	struct ev_loop *loop;
	struct http *http;
	ev_timer limit;
	struct want_log *want; /* the log of the sighting */
	struct log log;
	struct detect *detect;
	struct proof *proof;
	struct proven_at at;
	bool done, late;
	enum status status;
	struct err err;
};

/* --- what is kept ------------------------------------------------------------- */

static bool
place_read(struct proven_at *out, const json_t *j)
{
	long long index = view_number(j, "index");

	out->index = (uint64_t)index;
	return index >= 0 &&
	       text_unbase64_exact(
		   out->log_id.b, HASH_LEN, span_str(view_text(j, "log_id"))) &&
	       text_unbase64_exact(out->leaf_hash.b, HASH_LEN,
		   span_str(view_text(j, "leaf_hash")));
}

/* The entry whose leaf has that hash, with its certificate. */
static bool
entry_read(struct keeping *k, const json_t *j)
{
	struct hasher *h = hasher_new();
	struct hash hash;

	if (view_bytes(&k->leaf, j, "leaf")) {
		entry_parse_leaf(&k->entry, buf_span(&k->leaf));
		if (view_bytes(&k->precert, j, "precertificate"))
			k->entry.precert = buf_span(&k->precert);
	}
	hasher_leaf(h, &hash, buf_span(&k->leaf));
	hasher_free(h);
	return k->leaf.len > 0 && hash_eq(&hash, &k->at.leaf_hash) &&
	       evidence_cert(&k->entry).len > 0;
}

static void
keeping_read(struct keeping *k, const json_t *answer)
{
	const json_t *proof = json_object_get(answer, "proof");
	struct err e;

	k->tries = view_number(answer, "tries");
	k->has_place = place_read(&k->at, answer);
	if (!k->has_place)
		return;
	k->has_entry = entry_read(k, json_object_get(answer, "entry"));
	k->has_proof = json_is_object(proof) &&
		       proven_read(&k->proof, proof, &k->at, &e) == ST_OK;
}

static void
keeping_fini(struct keeping *k)
{
	proven_fini(&k->proof);
	buf_fini(&k->leaf);
	buf_fini(&k->precert);
}

static enum status
save_kept(struct job *j)
{
	const struct keeping *k = &j->kept;
	const struct evidence_of x = {.alert = j->alert,
	    .log = k->proof.log,
	    .at = k->at,
	    .head = k->proof.head,
	    .head_raw = buf_span(&k->proof.head_raw),
	    .path = &k->proof.path,
	    .entry = &k->entry};

	return evidence_folder(j->dir, &x, &j->err);
}

/* Beside a running service by its socket, else out of the store. */
static int
keeping_ask(struct keeping *k, json_t **answer, const struct evidence_job *e)
{
	struct asking a;
	int rc;

	asking_init(&a, e->config, "GET", "/api/v1/alerts");
	a.q.write = true; /* it leaves a row in the audit trail */
	asking_id(&a, view_text(e->alert, "id"), ":evidence");
	asking_param(&a, "tenant", e->tenant);
	rc = ask(answer, &a);
	if (rc == EX_OK)
		keeping_read(k, *answer);
	return rc;
}

/* --- what was fetched ------------------------------------------------------------ */

static void
end(struct job *j, enum status st)
{
	j->status = st;
	j->done = true;
	ev_break(j->loop, EVBREAK_ALL);
}

/* The entry in hand is this place's. */
static bool
entry_kept(const struct job *j)
{
	const struct keeping *k = &j->kept;

	return k->has_entry && hash_eq(&k->at.leaf_hash, &j->at.leaf_hash);
}

static void
save(struct job *j, const struct proof_got *got)
{
	const struct evidence_of x = {.alert = j->alert,
	    .log = {j->want->name, j->want->operator_name, j->want->url,
		j->log.api->name, j->want->key},
	    .at = j->at,
	    .head = got->head,
	    .head_raw = got->head_raw,
	    .path = &got->path,
	    .entry = got->entry != NULL ? got->entry : &j->kept.entry};

	end(j, evidence_folder(j->dir, &x, &j->err));
}

static void
on_proof(
    void *arg, enum status st, const struct proof_got *got, const struct err *e)
{
	struct job *j = arg;

	if (st == ST_OK) {
		save(j, got);
		return;
	}
	j->err = *e;
	end(j, st);
}

/* --- the log ---------------------------------------------------------------------- */

static void
proof_begin(struct job *j)
{
	struct proof_want w = {.http = j->http,
	    .log = &j->log,
	    .operator_name = j->want->operator_name,
	    .index = j->at.index,
	    .leaf_hash = j->at.leaf_hash,
	    .has_entry = entry_kept(j)};

	j->proof = proof_new(&w, on_proof, j);
}

static void
on_detected(void *arg, const struct detected *d)
{
	struct job *j = arg;

	j->detect = NULL;
	j->log.api = d->api;
	if (d->api != NULL) {
		proof_begin(j);
		return;
	}
	j->err = d->err;
	end(j, ST_UNREACHABLE);
}

static void
on_limit(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct job *j = w->data;

	(void)loop;
	(void)revents;
	j->late = true;
	err_set(&j->err, ST_UNREACHABLE, "it takes too long");
	end(j, ST_UNREACHABLE);
}

/* From this log, into the files. */
static enum status
from_log(struct job *j, struct want_log *w)
{
	j->want = w;
	j->done = false;
	j->log = (struct log){.api = w->api,
	    .name = w->name,
	    .url = w->url,
	    .origin = w->origin,
	    .key = w->key};
	if (w->api != NULL)
		proof_begin(j);
	else
		j->detect = detect_new(j->http, w->url, on_detected, j);
	while (!j->done)
		ev_run(j->loop, 0);
	if (j->detect != NULL)
		detect_end(j->detect);
	proof_end(j->proof);
	j->detect = NULL;
	j->proof = NULL;
	return j->status;
}

/* --- the sightings ------------------------------------------------------------------ */

static struct want_log *
log_find(const struct wants *wants, const struct hash *log_id)
{
	for (size_t i = 0; i < wants->num; i++)
		if (hash_eq(logkey_id(wants->list[i].key), log_id))
			return &wants->list[i];
	return NULL;
}

/* The first log that still has it. */
static enum status
from_logs(struct job *j, const struct wants *wants, const json_t *sightings)
{
	enum status st = err_set(&j->err, ST_MISSING,
	    "no log that has it stands in logs.lists or logs.extra");
	const json_t *s;
	struct want_log *w;
	size_t i;

	json_array_foreach(sightings, i, s)
	{
		if (!place_read(&j->at, s) ||
		    (w = log_find(wants, &j->at.log_id)) == NULL)
			continue;
		st = wants_contact(&(struct wants){.num = 1, .list = w},
		    j->config->contact, &j->err);
		if (st == ST_OK)
			st = from_log(j, w);
		if (st == ST_OK)
			return st;
		err_prefix(&j->err, "%s", QUOTE(span_str(w->name)));
		if (st == ST_DENIED || st == ST_IO || j->late)
			return st;
	}
	return st;
}

/* The logs that are followed, then all that the lists have: also one that is
 * retired may still answer. */
static enum status
wants_read(struct wants *out, const struct config *c, struct listing *listing,
    struct err *e)
{
	struct lists lists;
	enum status st = lists_read(&lists, c, listing, e);

	if (st == ST_OK)
		st = wants_of_lists(out, c, &lists, e);
	for (size_t i = 0; st == ST_OK && i < lists.num; i++)
		wants_all(out, &lists.list[i]);
	lists_fini(&lists);
	return st;
}

static enum status
with_wants(struct job *j, const struct wants *wants, const json_t *alert)
{
	const json_t *list =
	    json_object_get(json_object_get(alert, "data"), "sightings");
	enum status st;

	j->loop = ev_loop_new(EVFLAG_AUTO);
	ASSERT(j->loop != NULL);
	j->http = engine_http(j->loop, j->config);
	ev_timer_init(&j->limit, on_limit, LIMIT_S, 0.0);
	j->limit.data = j;
	ev_timer_start(j->loop, &j->limit);
	st = from_logs(j, wants, list);
	ev_timer_stop(j->loop, &j->limit);
	http_free(j->http);
	ev_loop_destroy(j->loop);
	return st;
}

static enum status
save_asked(struct job *j, const json_t *alert)
{
	char *lists = cmd_list_dir(j->config->store);
	struct listing_conf lc = {.config = j->config,
	    .dir = lists,
	    .allow_http = j->config->allow_http,
	    .offline = true};
	struct listing *listing = listing_new(&lc);
	struct wants wants = {0};
	enum status st = wants_read(&wants, j->config, listing, &j->err);

	if (st == ST_OK)
		st = with_wants(j, &wants, alert);
	wants_fini(&wants);
	listing_free(listing);
	free(lists);
	return st;
}

/* What there is, when it is not all. */
static void
tell_missing(const struct keeping *k)
{
	if (k->has_entry && !k->has_proof)
		fprintf(stderr,
		    "indelible: the entry is kept, the proof that the log has "
		    "signed it is not (the service has asked in vain, so far: "
		    "%lld)\n",
		    k->tries);
	else if (k->has_proof && !k->has_entry)
		fprintf(
		    stderr, "indelible: the proof is kept, the entry is not\n");
}

int
evidence_save(const struct evidence_job *e)
{
	struct job j = {.config = e->config,
	    .alert = view_text(e->alert, "id"),
	    .dir = e->dir};
	json_t *answer;
	enum status st;
	int rc = keeping_ask(&j.kept, &answer, e);

	if (rc == EX_OK) {
		st = j.kept.has_entry && j.kept.has_proof
			 ? save_kept(&j)
			 : save_asked(&j, e->alert);
		if (st != ST_OK)
			rc = cmd_fail(st, &j.err);
		if (st == ST_DENIED)
			rc = EX_CANTCREAT;
		else if (st != ST_OK)
			tell_missing(&j.kept);
	}
	json_decref(answer);
	keeping_fini(&j.kept);
	return rc;
}
