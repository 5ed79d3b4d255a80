/*
 * loglist: see loglist.h. One entry that nobody could follow (a key that is
 * none, a placeholder host, plain http) costs only itself; a member of another
 * type than the schema's costs the list, for then it is no log list.
 */
#include "ctlog/wire/loglist.h"

#include <inttypes.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "ctlog/wire/field.h"
#include "ctlog/wire/logurl.h"

/* RFC 6962 logs promise a day; some lists leave it out. */
#define MMD_USUAL_S 86400u

/*
 * Google answers what it takes for a library that enforces CT with a frozen
 * list, recognised by two logs that do not exist.
 */
#define MIMIC_1 "9EGV1vAOLbVUNcrdV3iS5T4VrUFwWPh44U/2uRh0FYk="
#define MIMIC_2 "si9+3rWvav5QPeBAgbLXTBJThJL+3yyypSZQPO9TztI="
#define MIMIC_HOST "ct-mimics.example.com"
/* Stands in for the URL of a log that has none any more. */
#define BOGUS "https://ct.example.com/bogus"

static const char *const state_names[] = {
    [LOGLIST_NONE] = "none",
    [LOGLIST_PENDING] = "pending",
    [LOGLIST_QUALIFIED] = "qualified",
    [LOGLIST_USABLE] = "usable",
    [LOGLIST_READONLY] = "readonly",
    [LOGLIST_RETIRED] = "retired",
    [LOGLIST_REJECTED] = "rejected",
};
#define NUM_STATES (sizeof(state_names) / sizeof(state_names[0]))

const char *
loglist_state_name(enum loglist_state s)
{
	ASSERT(s < NUM_STATES);
	return state_names[s];
}

/* Where the reader stands. */
struct reader {
	struct loglist *list;
	struct span operator_name;
	size_t operator_at;
	bool tiled;
};

static void
log_fini(struct loglist_log *log)
{
	free(log->operator_name);
	free(log->description);
	free(log->url);
	free(log->submission);
	free(log->origin);
	logkey_free(log->key);
}

/* Whether the entry is one of the mimics, by its id or its host. */
static bool
is_mimic(const json_t *o)
{
	struct span id = span_of(NULL, 0), url = id, host, bare;

	field_str(&id, o, "log_id", NULL);
	if (span_eq_str(id, MIMIC_1) || span_eq_str(id, MIMIC_2))
		return true;
	field_str(&url, o, "url", NULL);
	return logurl_split(url, &host, &bare) && span_eq_str(host, MIMIC_HOST);
}

/* false when the key can't be used or is not the one that log_id names. */
static bool
log_key(struct loglist_log *log, const json_t *o)
{
	struct buf spki = {0};
	bool ok;

	ok = field_hash(&log->log_id, o, "log_id", NULL) == ST_OK &&
	     field_bytes(&spki, o, "key", NULL) == ST_OK &&
	     logkey_parse(&log->key, buf_span(&spki), NULL) == ST_OK &&
	     hash_eq(logkey_id(log->key), &log->log_id);
	buf_fini(&spki);
	return ok;
}

/* Read the URL called `name`, with a final slash; *out stays NULL when nobody
 * can be asked there. *bare is the URL without scheme and slash. */
static enum status
log_url(char **out, struct span *bare, const json_t *o, const char *name,
    struct err *e)
{
	struct span url, host;
	enum status st = field_str(&url, o, name, e);

	if (st != ST_OK)
		return st;
	if (!logurl_split(url, &host, bare) ||
	    span_starts(url, span_str(BOGUS)))
		return ST_OK;
	if (bare->p[bare->len - 1] == '/')
		bare->len--;
	*out = logurl_copy(url);
	return ST_OK;
}

static enum status
log_urls(struct loglist_log *log, const json_t *o, struct err *e)
{
	struct span bare;
	enum status st;

	if (!log->tiled)
		return log_url(&log->url, &bare, o, "url", e);
	st = log_url(&log->url, &bare, o, "monitoring_url", e);
	if (st == ST_OK)
		st = log_url(&log->submission, &bare, o, "submission_url", e);
	if (st == ST_OK && log->submission != NULL)
		log->origin = mem_strn(bare.p, bare.len);
	return st;
}

/* The head that a log stopped at, when the list tells. */
static enum status
log_final(struct loglist_log *log, const json_t *state, struct err *e)
{
	enum status st;
	json_t *o;

	if (!field_has(state, "final_tree_head"))
		return ST_OK;
	if ((st = field_object(&o, state, "final_tree_head", e)) != ST_OK)
		return st;
	if ((st = field_hash(&log->final_root, o, "sha256_root_hash", e)) !=
	    ST_OK)
		return st;
	return field_u64(&log->final_size, o, "tree_size", e);
}

/* "state" holds one member, whose name is the state. Names we do not know are
 * new ones: such a log is not usable yet. */
static enum status
log_state(struct loglist_log *log, const json_t *o, struct err *e)
{
	json_t *all, *state;
	enum status st;

	if (!field_has(o, "state"))
		return ST_OK;
	if ((st = field_object(&all, o, "state", e)) != ST_OK)
		return st;
	log->state = LOGLIST_PENDING;
	if (json_object_size(all) != 1)
		return ST_OK;
	for (unsigned i = LOGLIST_PENDING; i < NUM_STATES; i++)
		if (field_has(all, state_names[i]))
			log->state = (enum loglist_state)i;
	state = json_object_iter_value(json_object_iter(all));
	if (!json_is_object(state))
		return err_set(e, ST_BAD, "state holds no object");
	if (field_has(state, "timestamp") &&
	    (st = field_time(&log->state_ms, state, "timestamp", e)) != ST_OK)
		return st;
	return log_final(log, state, e);
}

static enum status
log_type(struct loglist_log *log, const json_t *o, struct err *e)
{
	struct span type;
	enum status st;

	if (!field_has(o, "log_type"))
		return ST_OK;
	if ((st = field_str(&type, o, "log_type", e)) != ST_OK)
		return st;
	if (span_eq_str(type, "test"))
		log->type = LOGLIST_TEST;
	else if (span_eq_str(type, "monitoring_only"))
		log->type = LOGLIST_MONITORING_ONLY;
	return ST_OK;
}

static enum status
log_interval(struct loglist_log *log, const json_t *o, struct err *e)
{
	enum status st;
	json_t *t;

	if (!field_has(o, "temporal_interval"))
		return ST_OK;
	if ((st = field_object(&t, o, "temporal_interval", e)) != ST_OK)
		return st;
	if ((st = field_time(&log->start_ms, t, "start_inclusive", e)) != ST_OK)
		return st;
	return field_time(&log->end_ms, t, "end_exclusive", e);
}

static enum status
log_mmd(struct loglist_log *log, const json_t *o, struct err *e)
{
	uint64_t mmd = 0;
	enum status st;

	if (field_has(o, "mmd") && (st = field_u64(&mmd, o, "mmd", e)) != ST_OK)
		return st;
	if (mmd > UINT32_MAX)
		return err_set(e, ST_BAD, "mmd is out of range");
	log->mmd_s = mmd != 0 ? (uint32_t)mmd : MMD_USUAL_S;
	return ST_OK;
}

/* Everything but key and URLs. */
static enum status
log_rest(struct loglist_log *log, const json_t *o, struct err *e)
{
	struct span description = span_str(log->url);
	enum status st;

	if (field_has(o, "description") &&
	    (st = field_str(&description, o, "description", e)) != ST_OK)
		return st;
	log->description = mem_strn(description.p, description.len);
	if ((st = log_state(log, o, e)) != ST_OK)
		return st;
	if ((st = log_type(log, o, e)) != ST_OK)
		return st;
	if ((st = log_interval(log, o, e)) != ST_OK)
		return st;
	return log_mmd(log, o, e);
}

/* *skip: the entry is well-formed and of no use. */
static enum status
log_parse(struct loglist_log *log, bool *skip, const json_t *o, struct err *e)
{
	enum status st;

	*skip = true;
	if (!json_is_object(o))
		return err_set(e, ST_BAD, "not an object");
	if (!log_key(log, o))
		return ST_OK;
	if ((st = log_urls(log, o, e)) != ST_OK)
		return st;
	if (log->url == NULL || (log->tiled && log->submission == NULL))
		return ST_OK;
	*skip = false;
	return log_rest(log, o, e);
}

static enum status
list_add(const struct reader *r, const json_t *o, struct err *e)
{
	struct loglist_log log = {.tiled = r->tiled};
	struct loglist *l = r->list;
	enum status st;
	bool skip;

	if (l->num + l->num_skipped >= LIMIT_LOGS)
		return err_set(
		    e, ST_LIMIT, "more than %u logs in all", LIMIT_LOGS);
	if (is_mimic(o)) {
		l->mimics = true;
		l->num_skipped++;
		return ST_OK;
	}
	st = log_parse(&log, &skip, o, e);
	if (st != ST_OK || skip) {
		l->num_skipped += st == ST_OK;
		log_fini(&log);
		return st;
	}
	log.operator_name = mem_strn(r->operator_name.p, r->operator_name.len);
	if ((l->num & (l->num - 1)) == 0)
		l->log = mem_grow(
		    l->log, l->num ? 2 * l->num : 1, sizeof(l->log[0]));
	l->log[l->num++] = log;
	return ST_OK;
}

static enum status
list_logs(const struct reader *r, const json_t *op, struct err *e)
{
	const char *name = r->tiled ? "tiled_logs" : "logs";
	enum status st;
	json_t *all, *o;
	size_t i;

	if (!field_has(op, name))
		return ST_OK;
	st = field_array(&all, op, name, e);
	if (st != ST_OK) {
		err_prefix(e, "operators[%zu]", r->operator_at);
		return st;
	}
	json_array_foreach(all, i, o)
	{
		st = list_add(r, o, e);
		if (st != ST_OK) {
			err_prefix(e, "operators[%zu].%s[%zu]", r->operator_at,
			    name, i);
			return st;
		}
	}
	return ST_OK;
}

static enum status
list_operator(struct reader *r, const json_t *o, struct err *e)
{
	enum status st;

	st = field_str(&r->operator_name, o, "name", e);
	if (st == ST_OK && r->operator_name.len == 0)
		st = err_set(e, ST_BAD, "name is empty");
	if (st != ST_OK) {
		err_prefix(e, "operators[%zu]", r->operator_at);
		return st;
	}
	r->tiled = false;
	if ((st = list_logs(r, o, e)) != ST_OK)
		return st;
	r->tiled = true;
	return list_logs(r, o, e);
}

/* Apple counts its editions, in two numbers, and gives neither version nor
 * time: "32.1013". */
static enum status
list_asset(struct loglist *l, const json_t *o, struct err *e)
{
	struct buf version = {0};
	uint64_t n = 0;
	enum status st = ST_OK;

	if (field_has(o, "assetVersion")) {
		st = field_u64(&n, o, "assetVersion", e);
		buf_fmt(&version, "%" PRIu64, n);
	}
	if (st == ST_OK && version.len > 0 && field_has(o, "assetVersionV2")) {
		st = field_u64(&n, o, "assetVersionV2", e);
		buf_fmt(&version, ".%" PRIu64, n);
	}
	if (st == ST_OK)
		l->version = mem_strn(version.p, version.len);
	buf_fini(&version);
	return st;
}

static enum status
list_version(struct loglist *l, const json_t *o, struct err *e)
{
	struct span version;
	enum status st;

	if (!field_has(o, "version"))
		return list_asset(l, o, e);
	if ((st = field_str(&version, o, "version", e)) == ST_OK)
		l->version = mem_strn(version.p, version.len);
	return st;
}

static enum status
list_head(struct loglist *l, const json_t *o, struct err *e)
{
	enum status st = list_version(l, o, e);

	if (st != ST_OK)
		return st;
	if (field_has(o, "log_list_timestamp") &&
	    (st = field_time(&l->timestamp_ms, o, "log_list_timestamp", e)) !=
		ST_OK)
		return st;
	if (!field_has(o, "is_all_logs"))
		return ST_OK;
	return field_bool(&l->all_logs, o, "is_all_logs", e);
}

static enum status
list_parse(struct loglist *l, const json_t *root, struct err *e)
{
	struct reader r = {.list = l};
	enum status st;
	json_t *all, *o;

	if ((st = list_head(l, root, e)) != ST_OK)
		return st;
	if ((st = field_array(&all, root, "operators", e)) != ST_OK)
		return st;
	json_array_foreach(all, r.operator_at,
	    o) if ((st = list_operator(&r, o, e)) != ST_OK) return st;
	if (l->num == 0)
		return err_set(e, ST_BAD,
		    "no log that can be followed (%zu entries left out%s)",
		    l->num_skipped,
		    l->mimics ? ", mimic logs of a frozen list among them"
			      : "");
	return ST_OK;
}

enum status
loglist_parse(struct loglist *out, struct span json, struct err *e)
{
	enum status st;
	json_t *root;

	*out = (struct loglist){0};
	st = field_load(&root, json, LIMIT_LOGLIST, e);
	if (st == ST_OK)
		st = list_parse(out, root, e);
	json_decref(root);
	if (st != ST_OK) {
		loglist_fini(out);
		err_prefix(e, "log list");
	}
	return st;
}

void
loglist_fini(struct loglist *l)
{
	for (size_t i = 0; i < l->num; i++)
		log_fini(&l->log[i]);
	free(l->log);
	free(l->version);
	*l = (struct loglist){0};
}

enum status
loglist_verify(
    struct span json, struct span sig, const struct logkey *k, struct err *e)
{
	if (logkey_verify(k, json, sig))
		return ST_OK;
	return err_set(e, ST_SIGNATURE,
	    "log list: the signature does not verify; list and signature are "
	    "two files and may be of two versions, fetch both again");
}
