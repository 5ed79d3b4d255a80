/*
 * exposure: an exposure as compact JSON for the store, and back; and its end.
 * The form is the store's own: unlike the alert it has the value unmasked (the
 * store seals it) and nothing that is made from the rest.
 */
#include <jansson.h>

#include "alerts/alert.h"
#include "alerts/json.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"

#define FORM 1
/* Strings in one list: reasons, kinds, classes. */
#define LIST_MAX 64

static void
free_list(char **list, size_t num)
{
	for (size_t i = 0; i < num; i++)
		free(list[i]);
	free(list);
}

bool
exposure_is_proven(const struct exposure *x)
{
	for (size_t i = 0; i < x->num_sightings; i++)
		if (x->sightings[i].verified)
			return true;
	return false;
}

void
exposure_fini(struct exposure *x)
{
	free(x->tenant);
	free(x->record_id);
	free(x->record_kind);
	free(x->match.rule);
	free(x->match.kind);
	free(x->match.carrier);
	free(x->match.side);
	free(x->match.value);
	free_list(x->match.reason, x->match.num_reasons);
	free_list(x->also, x->num_also);
	free(x->cert.serial);
	free(x->cert.issuer);
	free(x->cert.issuer_org);
	free_list(x->cert.classes, x->cert.num_classes);
	for (size_t i = 0; i < x->num_sightings; i++) {
		free(x->sightings[i].log_name);
		free(x->sightings[i].operator_name);
	}
	free(x->sightings);
	*x = (struct exposure){0};
}

/* --- writing --------------------------------------------------------------- */

static void
pack_time(struct buf *out, const char *name, int64_t ms)
{
	json_name(out, name);
	if (ms == INT64_MIN)
		buf_str(out, "null");
	else
		buf_fmt(out, "%lld", (long long)ms);
}

/* A text that every exposure has: "" stands for one that was not set. */
static void
pack_text(struct buf *out, const char *name, const char *text)
{
	json_text(out, name, text != NULL ? text : "");
}

static void
pack_match(const struct exposure *x, struct buf *out)
{
	json_open(out, "match", '{');
	pack_text(out, "rule", x->match.rule);
	pack_text(out, "kind", x->match.kind);
	pack_text(out, "carrier", x->match.carrier);
	pack_text(out, "side", x->match.side);
	pack_text(out, "value", x->match.value);
	json_uint(out, "score", x->match.score);
	json_uint(out, "count", x->match.count);
	json_texts(out, "reasons", x->match.num_reasons, x->match.reason);
	buf_char(out, '}');
}

static void
pack_cert(const struct exposure *x, struct buf *out)
{
	json_open(out, "cert", '{');
	if (x->cert.has_sha256)
		json_hex(out, "sha256", span_of(x->cert.sha256, 32));
	else
		json_text(out, "sha256", NULL);
	json_hex(out, "family", span_of(x->cert.family, 32));
	json_bool(out, "precert", x->cert.precert);
	json_text(out, "serial", x->cert.serial);
	json_text(out, "issuer", x->cert.issuer);
	json_text(out, "issuer_org", x->cert.issuer_org);
	pack_time(out, "not_before", x->cert.not_before_ms);
	pack_time(out, "not_after", x->cert.not_after_ms);
	json_texts(out, "classes", x->cert.num_classes, x->cert.classes);
	buf_char(out, '}');
}

void
exposure_pack(const struct exposure *x, struct buf *out)
{
	buf_char(out, '{');
	json_uint(out, "form", FORM);
	pack_text(out, "tenant", x->tenant);
	pack_text(out, "record", x->record_id);
	pack_text(out, "record_kind", x->record_kind);
	pack_match(x, out);
	json_uint(out, "severity", (uint64_t)x->severity);
	json_texts(out, "also", x->num_also, x->also);
	pack_cert(x, out);
	buf_char(out, '}');
}

/* --- reading --------------------------------------------------------------- */

/* Reading members sticks at the first that is wrong; it is named once. */
struct unpack {
	const char *bad;
};

static const json_t *
member(struct unpack *u, const json_t *from, const char *name)
{
	const json_t *j = json_object_get(from, name);

	if (j == NULL && u->bad == NULL)
		u->bad = name;
	return j;
}

/* A string that is there; NULL where null may stand. */
static char *
unpack_text(
    struct unpack *u, const json_t *from, const char *name, bool may_be_null)
{
	const json_t *j = member(u, from, name);

	if (json_is_string(j))
		return mem_str(json_string_value(j));
	if (!(may_be_null && json_is_null(j)) && u->bad == NULL)
		u->bad = name;
	return NULL;
}

static int64_t
unpack_int(struct unpack *u, const json_t *from, const char *name, int64_t max)
{
	const json_t *j = member(u, from, name);
	int64_t v = json_is_integer(j) ? json_integer_value(j) : -1;

	if ((v < 0 || v > max) && u->bad == NULL)
		u->bad = name;
	return v;
}

static int64_t
unpack_time(struct unpack *u, const json_t *from, const char *name)
{
	const json_t *j = member(u, from, name);

	if (json_is_integer(j))
		return json_integer_value(j);
	if (!json_is_null(j) && u->bad == NULL)
		u->bad = name;
	return INT64_MIN;
}

/* 64 hex digits; false where null stands and may. */
static bool
unpack_hash(struct unpack *u, uint8_t hash[32], const json_t *j, bool may_miss)
{
	if (may_miss && json_is_null(j))
		return false;
	if (!json_is_string(j) ||
	    !text_unhex(hash, 32,
		span_of(json_string_value(j), json_string_length(j)))) {
		if (u->bad == NULL)
			u->bad = "sha256 or family";
		return false;
	}
	return true;
}

static char **
unpack_list(struct unpack *u, size_t *num, const json_t *from, const char *name)
{
	const json_t *j = member(u, from, name);
	size_t len = json_array_size(j);
	char **list;

	*num = 0;
	if (!json_is_array(j) || len > LIST_MAX) {
		if (u->bad == NULL)
			u->bad = name;
		return NULL;
	}
	list = len > 0 ? mem_new(len, sizeof(*list)) : NULL;
	for (size_t i = 0; i < len; i++) {
		const char *text = json_string_value(json_array_get(j, i));

		if (text == NULL && u->bad == NULL)
			u->bad = name;
		list[(*num)++] = mem_str(text ? text : "");
	}
	return list;
}

static void
unpack_match(struct unpack *u, struct exposure *x, const json_t *j)
{
	x->match.rule = unpack_text(u, j, "rule", false);
	x->match.kind = unpack_text(u, j, "kind", false);
	x->match.carrier = unpack_text(u, j, "carrier", false);
	x->match.side = unpack_text(u, j, "side", false);
	x->match.value = unpack_text(u, j, "value", false);
	x->match.score = (unsigned)unpack_int(u, j, "score", 100);
	x->match.count = (unsigned)unpack_int(u, j, "count", UINT32_MAX);
	x->match.reason = unpack_list(u, &x->match.num_reasons, j, "reasons");
}

static void
unpack_cert(struct unpack *u, struct exposure *x, const json_t *j)
{
	const json_t *precert = member(u, j, "precert");

	if (!json_is_boolean(precert) && u->bad == NULL)
		u->bad = "precert";
	x->cert.has_sha256 =
	    unpack_hash(u, x->cert.sha256, member(u, j, "sha256"), true);
	unpack_hash(u, x->cert.family, member(u, j, "family"), false);
	x->cert.precert = json_is_true(precert);
	x->cert.serial = unpack_text(u, j, "serial", true);
	x->cert.issuer = unpack_text(u, j, "issuer", true);
	x->cert.issuer_org = unpack_text(u, j, "issuer_org", true);
	x->cert.not_before_ms = unpack_time(u, j, "not_before");
	x->cert.not_after_ms = unpack_time(u, j, "not_after");
	x->cert.classes = unpack_list(u, &x->cert.num_classes, j, "classes");
}

static void
unpack_all(struct unpack *u, struct exposure *x, const json_t *j)
{
	x->tenant = unpack_text(u, j, "tenant", false);
	x->record_id = unpack_text(u, j, "record", false);
	x->record_kind = unpack_text(u, j, "record_kind", false);
	unpack_match(u, x, member(u, j, "match"));
	x->severity = (enum severity)unpack_int(u, j, "severity", SEV_HIGH);
	x->also = unpack_list(u, &x->num_also, j, "also");
	unpack_cert(u, x, member(u, j, "cert"));
}

enum status
exposure_unpack(struct exposure *x, struct span packed, struct err *e)
{
	struct unpack u = {0};
	json_error_t why;
	json_t *j;

	*x = (struct exposure){0};
	if (packed.len > LIMIT_JSON)
		return err_set(
		    e, ST_LIMIT, "a stored exposure of %zu bytes", packed.len);
	j = json_loadb(
	    (const char *)packed.p, packed.len, JSON_REJECT_DUPLICATES, &why);
	if (j == NULL)
		return err_set(e, ST_BAD,
		    "a stored exposure is no JSON (at byte %d)", why.position);
	if (unpack_int(&u, j, "form", INT64_MAX) > FORM && u.bad == NULL) {
		json_decref(j);
		return err_set(e, ST_NEWER,
		    "a stored exposure was written by a newer version");
	}
	unpack_all(&u, x, j);
	json_decref(j);
	if (u.bad == NULL)
		return ST_OK;
	exposure_fini(x);
	return err_set(
	    e, ST_BAD, "a stored exposure: %s is missing or wrong", u.bad);
}
