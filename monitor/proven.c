/* proven: see proven.h. */
#include "monitor/proven.h"

#include "alerts/json.h"
#include "ctlog/base/mem.h"
#include "monitor/records_view.h"

void
proven_put(struct buf *out, const struct proven_log *log,
    const struct head *head, struct span head_raw, const struct path *path)
{
	buf_char(out, '{');
	json_uint(out, "version", 1);
	json_text(out, "log_name", log->name);
	json_text(out, "operator", log->operator_name);
	json_text(out, "url", log->url);
	json_text(out, "api", log->api);
	json_base64(out, "log_key", logkey_spki(log->key));
	json_uint(out, "tree_size", head->size);
	json_time(out, "signed", (int64_t)head->timestamp);
	json_base64(out, "head", head_raw);
	json_open(out, "audit_path", '[');
	for (uint32_t i = 0; i < path->num; i++) {
		json_sep(out);
		buf_char(out, '"');
		text_base64(out, hash_span(&path->node[i]));
		buf_char(out, '"');
	}
	buf_str(out, "]}");
}

/* --- reading ---------------------------------------------------------------- */

static enum status
bad(struct err *e, const char *what)
{
	return err_set(e, ST_BAD, "the kept proof: %s", what);
}

static enum status
key_read(struct proven *p, const json_t *j, const struct proven_at *at,
    struct err *e)
{
	struct buf spki = {0};
	enum status st = ST_BAD;

	if (view_bytes(&spki, j, "log_key"))
		st = logkey_parse(&p->key, buf_span(&spki), NULL);
	buf_fini(&spki);
	if (st != ST_OK)
		return bad(e, "there is no key in it");
	p->log.key = p->key;
	if (!hash_eq(logkey_id(p->key), &at->log_id))
		return err_set(
		    e, ST_MISMATCH, "the kept proof: its key is another log's");
	return ST_OK;
}

static bool
path_read(struct path *out, const json_t *list)
{
	const json_t *node;
	size_t i;

	out->num = 0;
	if (!json_is_array(list) ||
	    json_array_size(list) > sizeof(out->node) / sizeof(out->node[0]))
		return false;
	json_array_foreach(list, i, node)
	{
		const char *text = json_string_value(node);

		if (text == NULL || !text_unbase64_exact(out->node[i].b,
					HASH_LEN, span_str(text)))
			return false;
		out->num++;
	}
	return true;
}

/* As the log has signed it, whatever stands beside it. */
static enum status
head_read(struct proven *p, const json_t *j, struct err *e)
{
	if (!view_bytes(&p->head_raw, j, "head"))
		return bad(e, "there is no head in it");
	return head_parse_stored(&p->head, p->key, buf_span(&p->head_raw), e);
}

static enum status
check(const struct proven *p, const struct proven_at *at, struct err *e)
{
	const struct tree tree = {p->head.size, p->head.root};
	struct hasher *h = hasher_new();
	enum status st =
	    proof_inclusion(h, &tree, at->index, &at->leaf_hash, &p->path);

	hasher_free(h);
	return st == ST_OK ? ST_OK
			   : err_set(e, st,
				 "the kept proof: the entry is not in the tree "
				 "that the log has signed");
}

enum status
proven_read(struct proven *out, const json_t *proof, const struct proven_at *at,
    struct err *e)
{
	enum status st;

	*out = (struct proven){
	    .log = {view_text(proof, "log_name"), view_text(proof, "operator"),
		view_text(proof, "url"), view_text(proof, "api"), NULL}};
	st = key_read(out, proof, at, e);
	if (st == ST_OK)
		st = head_read(out, proof, e);
	if (st == ST_OK &&
	    !path_read(&out->path, json_object_get(proof, "audit_path")))
		st = bad(e, "there is no audit path in it");
	return st == ST_OK ? check(out, at, e) : st;
}

void
proven_fini(struct proven *p)
{
	logkey_free(p->key);
	buf_fini(&p->head_raw);
	*p = (struct proven){0};
}
