/* wants_local: a log on disk; see wants.h. */
#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "ctlog/wire/logmeta.h"
#include "monitor/diag.h"
#include "monitor/wants_private.h"

#define META "log.v3.json"
/* What archives hold was a day late at most in all policies (RFC 6962 logs),
 * and that does not stand in them. */
#define ARCHIVE_MMD_S 86400

static enum status
local_get(struct shelf *s, const char *name, size_t limit, struct shelf_body *b,
    struct err *e)
{
	*b = (struct shelf_body){.limit = limit};
	return shelf_get(s, name, b, e);
}

/* The key that comes with the log. Whoever wrote the one could write the
 * other, so that is said. */
static enum status
key_inside(struct logkey **out, struct shelf *s, struct err *e)
{
	struct shelf_body b;
	struct buf id = {0};
	enum status st = local_get(s, META, LIMIT_JSON, &b, e);

	if (st == ST_MISSING)
		err_set(e, ST_USAGE,
		    "no " META " tells the log's public key; give --log-key "
		    "FILE");
	else if (st == ST_OK)
		st = logmeta_key(out, b.body, e);
	if (st == ST_OK) {
		text_base64(&id, hash_span(logkey_id(*out)));
		diag_warn("%s tells the key, and nobody signs that: this is "
			  "the log of id %s if you know it to be; --log-key "
			  "FILE makes sure",
		    b.place.text, buf_cstr(&id));
	} else if (st != ST_MISSING && b.place.text[0] != '\0') {
		err_prefix(e, "%s", b.place.text);
	}
	buf_fini(&id);
	buf_fini(&b.own);
	return st == ST_MISSING ? ST_USAGE : st;
}

/* The log's name for itself, out of its checkpoint. */
static enum status
origin_inside(char **out, struct shelf *s, struct err *e)
{
	struct shelf_body b;
	enum status st = local_get(s, "checkpoint", LIMIT_HEAD, &b, e);
	struct span origin = {NULL, 0};

	if (st == ST_MISSING)
		err_prefix(e,
		    "this is no static-ct-api log on disk, and no archive of "
		    "one (--log-dir DIR/*.zip)");
	if (st == ST_OK) {
		origin = head_note_origin(b.body);
		if (origin.len == 0 || span_chr(origin, '\0') != origin.len)
			st = err_set(
			    e, ST_BAD, "%s: not a checkpoint", b.place.text);
	}
	if (st == ST_OK)
		*out = mem_strn(origin.p, origin.len);
	buf_fini(&b.own);
	return st;
}

enum status
wants_local(struct wants *out, const struct logs_opts *o, struct err *e)
{
	struct want_log log = {.api = &log_api_static, .mmd_s = ARCHIVE_MMD_S};
	char *origin = NULL;
	enum status st;

	if (o->api != NULL && strcmp(o->api, "static") != 0)
		return err_set(e, ST_USAGE,
		    "a log on disk is in tiles: --log-api static, or none");
	st = shelf_open(&out->shelf, o->dirs, o->num_dirs, e);
	if (st == ST_OK)
		st = origin_inside(&origin, out->shelf, e);
	if (st == ST_OK)
		st = o->key != NULL ? file_read_key(&log.key, o->key, e)
				    : key_inside(&log.key, out->shelf, e);
	if (st == ST_OK) {
		log.url = mem_str(HTTP_LOCAL);
		log.origin = mem_str(o->origin != NULL ? o->origin : origin);
		log.name = mem_str(log.origin);
		log.operator_name = mem_str("");
		wants_add(out, &log);
	}
	free(origin);
	return st;
}
