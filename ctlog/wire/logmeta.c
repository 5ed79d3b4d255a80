/* logmeta: see logmeta.h. */
#include "ctlog/wire/logmeta.h"

#include "ctlog/base/limits.h"
#include "ctlog/wire/field.h"

static enum status
meta_key(struct logkey **out, const json_t *o, struct err *e)
{
	struct buf spki = {0};
	struct hash id;
	enum status st = field_bytes(&spki, o, "key", e);

	if (st == ST_OK)
		st = logkey_parse(out, buf_span(&spki), e);
	buf_fini(&spki);
	if (st != ST_OK || !field_has(o, "log_id"))
		return st;
	st = field_hash(&id, o, "log_id", e);
	if (st == ST_OK && !hash_eq(&id, logkey_id(*out)))
		st = err_set(e, ST_BAD, "log_id is not that of the key");
	return st;
}

enum status
logmeta_key(struct logkey **out, struct span json, struct err *e)
{
	json_t *o;
	enum status st = field_load(&o, json, LIMIT_JSON, e);

	*out = NULL;
	if (st != ST_OK)
		return st;
	st = meta_key(out, o, e);
	if (st != ST_OK) {
		logkey_free(*out);
		*out = NULL;
	}
	json_decref(o);
	return st;
}
