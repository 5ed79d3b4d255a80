/* logs_view: see logs_view.h. */
#include "monitor/logs_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"

#define SUGGESTIONS 3

static bool
is_signed(const struct list_source *src)
{
	return src->key_pem != NULL || src->key_file != NULL;
}

void
logs_view_fini(struct logs_view *v)
{
	directory_fini(&v->all);
	for (size_t i = 0; i < v->num_lists; i++) {
		free(v->lists[i].label);
		loglist_fini(&v->lists[i].list);
	}
	free(v->lists);
}

static struct logs_view_list *
add(struct logs_view *v, const char *label, bool signed_)
{
	struct logs_view_list *l;

	v->lists = mem_grow(v->lists, v->num_lists + 1, sizeof(*v->lists));
	l = &v->lists[v->num_lists++];
	*l = (struct logs_view_list){
	    .label = mem_str(label), .is_signed = signed_};
	return l;
}

void
logs_view_add(
    struct logs_view *v, const struct list_source *src, struct loglist *list)
{
	struct logs_view_list *l = add(v, listing_label(src), is_signed(src));

	l->list = *list;
	*list = (struct loglist){0};
	directory_add(&v->all, &l->list);
}

void
logs_view_special(struct logs_view *v)
{
	struct logs_view_list *l = add(v, "built-in", true);

	listing_special(&l->list);
	directory_add(&v->all, &l->list);
}

static const struct want_log *
want_of(const struct logs_view *v, const struct hash *log_id)
{
	for (size_t i = 0; v->wants != NULL && i < v->wants->num; i++)
		if (hash_eq(logkey_id(v->wants->list[i].key), log_id))
			return &v->wants->list[i];
	return NULL;
}

static void
put_extra(struct loglist *out, const struct want_log *w)
{
	struct loglist_log *l;

	out->log = mem_grow(out->log, out->num + 1, sizeof(*out->log));
	l = &out->log[out->num++];
	*l = (struct loglist_log){.operator_name = mem_str(w->operator_name),
	    .description = mem_str(w->name),
	    .url = mem_str(w->url),
	    .origin = w->api == &log_api_static ? mem_str(w->origin) : NULL,
	    .log_id = *logkey_id(w->key),
	    .tiled = w->api == &log_api_static,
	    .mmd_s = w->mmd_s};
	ASSERT(logkey_parse(&l->key, logkey_spki(w->key), NULL) == ST_OK);
}

void
logs_view_extra(struct logs_view *v)
{
	struct logs_view_list *l;

	if (v->wants == NULL)
		return;
	l = add(v, "logs.extra", true);
	l->list.version = mem_str("");
	for (size_t i = 0; i < v->wants->num; i++)
		if (!v->wants->list[i].listed)
			put_extra(&l->list, &v->wants->list[i]);
	directory_add(&v->all, &l->list);
}

const char *
logs_view_api(const struct logs_view *v, const struct loglist_log *l)
{
	const struct want_log *w = want_of(v, &l->log_id);

	if (w != NULL && !w->listed && w->api == NULL)
		return "unknown";
	return l->tiled ? "static" : "rfc6962";
}

bool
logs_view_follows(const struct logs_view *v, const struct hash *log_id)
{
	return want_of(v, log_id) != NULL;
}

static void
say(struct buf *out)
{
	fwrite(out->p, 1, out->len, stdout);
	buf_fini(out);
}

/* --- a list ----------------------------------------------------------------- */

static void
list_json(
    struct buf *out, const struct list_source *src, const struct loglist *l)
{
	char when[TEXT_TIME];

	buf_str(out, "{\"list\":");
	text_json(out, span_str(listing_label(src)));
	if (src->url != NULL) {
		buf_str(out, ",\"url\":");
		text_json(out, span_str(src->url));
	}
	buf_fmt(out, ",\"logs\":%zu,\"left_out\":%zu,\"version\":", l->num,
	    l->num_skipped);
	text_json(out, span_str(l->version));
	buf_str(out, ",\"timestamp\":");
	if (l->timestamp_ms != 0)
		buf_fmt(out, "\"%s\"", text_time(when, l->timestamp_ms));
	else
		buf_str(out, "null");
	buf_fmt(out, ",\"signed\":%s,\"frozen\":%s}",
	    is_signed(src) ? "true" : "false", l->mimics ? "true" : "false");
}

static void
list_text(
    struct buf *out, const struct list_source *src, const struct loglist *l)
{
	char when[TEXT_TIME];

	text_line(out, span_str(listing_label(src)), LIMIT_URL);
	buf_fmt(out, ": %zu log%s", l->num, l->num == 1 ? "" : "s");
	if (l->version[0] != '\0') {
		buf_str(out, ", version ");
		text_line(out, span_str(l->version), LIMIT_QUOTE);
	}
	if (l->timestamp_ms != 0)
		buf_fmt(out, ", of %s", text_time(when, l->timestamp_ms));
	buf_fmt(out, ", %s%s", is_signed(src) ? "signed" : "unsigned",
	    l->mimics ? ", frozen" : "");
}

void
logs_view_list(const struct logs_view *v, const struct list_source *src,
    const struct loglist *list)
{
	struct buf out = {0};

	(v->json ? list_json : list_text)(&out, src, list);
	buf_char(&out, '\n');
	say(&out);
}

/* --- a log ------------------------------------------------------------------ */

static bool
stands_in(const struct directory_log *l, size_t list)
{
	return list < DIRECTORY_LISTS && (l->lists >> list & 1) != 0;
}

static bool
is_vouched(const struct logs_view *v, const struct directory_log *l)
{
	for (size_t i = 0; i < v->num_lists; i++)
		if (stands_in(l, i) && v->lists[i].is_signed)
			return true;
	return false;
}

static const char *
type_name(enum loglist_type t)
{
	return t == LOGLIST_TEST              ? "test"
	       : t == LOGLIST_MONITORING_ONLY ? "monitoring_only"
					      : "prod";
}

static void
json_text(struct buf *out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	buf_fmt(out, ",\"%s\":", name);
	text_json(out, span_str(value));
}

static void
json_base64(struct buf *out, const char *name, struct span value)
{
	buf_fmt(out, "\"%s\":\"", name);
	text_base64(out, value);
	buf_char(out, '"');
}

static void
json_times(struct buf *out, const struct directory_log *at)
{
	const struct loglist_log *l = at->log;
	char from[TEXT_TIME], to[TEXT_TIME];

	if (at->state_ms != 0)
		buf_fmt(out, ",\"state_since\":\"%s\"",
		    text_time(from, at->state_ms));
	if (l->end_ms != 0)
		buf_fmt(out, ",\"expiries\":{\"from\":\"%s\",\"to\":\"%s\"}",
		    text_time(from, l->start_ms), text_time(to, l->end_ms));
	if (at->final_size == 0)
		return;
	buf_fmt(out, ",\"final\":{\"size\":%" PRIu64 ",", at->final_size);
	json_base64(out, "root", hash_span(&at->final_root));
	buf_char(out, '}');
}

static void
json_lists(
    struct buf *out, const struct logs_view *v, const struct directory_log *at)
{
	bool any = false;

	buf_str(out, ",\"lists\":[");
	for (size_t i = 0; i < v->num_lists; i++) {
		if (!stands_in(at, i))
			continue;
		if (any)
			buf_char(out, ',');
		text_json(out, span_str(v->lists[i].label));
		any = true;
	}
	buf_fmt(out, "],\"signed\":%s", is_vouched(v, at) ? "true" : "false");
	if (v->wants != NULL)
		buf_fmt(out, ",\"followed\":%s",
		    logs_view_follows(v, &at->log->log_id) ? "true" : "false");
	buf_str(out, "}\n");
}

static void
log_json(
    struct buf *out, const struct logs_view *v, const struct directory_log *at)
{
	const struct loglist_log *l = at->log;

	buf_char(out, '{');
	json_base64(out, "log_id", hash_span(&l->log_id));
	json_text(out, "description", l->description);
	json_text(out, "operator", l->operator_name);
	json_text(out, "url", l->url);
	json_text(out, "submission_url", l->submission);
	json_text(out, "origin", l->origin);
	buf_fmt(out,
	    ",\"api\":\"%s\",\"state\":\"%s\",\"type\":\"%s\",\"mmd\":%u,",
	    logs_view_api(v, l), loglist_state_name(at->state),
	    type_name(l->type), at->mmd_s);
	json_base64(out, "key", logkey_spki(l->key));
	json_times(out, at);
	json_lists(out, v, at);
}

/* Of a path or URL, its end. */
static struct span
short_label(const char *label)
{
	const char *slash = strrchr(label, '/');

	return span_str(slash != NULL && slash[1] != '\0' ? slash + 1 : label);
}

void
logs_view_lists(
    struct buf *out, const struct logs_view *v, const struct directory_log *at)
{
	bool any = false;

	for (size_t i = 0; i < v->num_lists; i++) {
		if (!stands_in(at, i))
			continue;
		buf_str(out, any ? ", " : "");
		text_line(out, short_label(v->lists[i].label), LIMIT_QUOTE);
		if (!v->lists[i].is_signed)
			buf_str(out, " (unsigned)");
		any = true;
	}
}

static void
block_text(struct buf *out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	buf_fmt(out, "  %-9s ", name);
	text_line(out, span_str(value), LIMIT_URL);
	buf_char(out, '\n');
}

static void
block_state(struct buf *out, const struct directory_log *at)
{
	char from[TEXT_TIME], to[TEXT_TIME];

	buf_fmt(out, "  %-9s %s", "state", loglist_state_name(at->state));
	if (at->state_ms != 0)
		buf_fmt(out, " since %s", text_time(from, at->state_ms));
	if (at->final_size != 0)
		buf_fmt(out, ", ends at %" PRIu64, at->final_size);
	if (at->log->type != LOGLIST_PROD)
		buf_fmt(out, " (%s)", type_name(at->log->type));
	buf_char(out, '\n');
	if (at->log->end_ms != 0)
		buf_fmt(out, "  %-9s %s to %s\n", "expiries",
		    text_time(from, at->log->start_ms),
		    text_time(to, at->log->end_ms));
}

static void
log_block(
    struct buf *out, const struct logs_view *v, const struct directory_log *at)
{
	const struct loglist_log *l = at->log;

	text_line(out, span_str(l->description), LIMIT_QUOTE);
	buf_char(out, '\n');
	block_text(out, "operator", l->operator_name);
	buf_fmt(out, "  %-9s ", "log id");
	text_base64(out, hash_span(&l->log_id));
	buf_fmt(out, "\n  %-9s ", "key");
	text_base64(out, logkey_spki(l->key));
	buf_char(out, '\n');
	block_text(out, "url", l->url);
	block_text(out, "api", logs_view_api(v, l));
	if (v->wants != NULL)
		block_text(out, "followed",
		    logs_view_follows(v, &l->log_id) ? "yes" : "no");
	block_text(out, "origin", l->origin);
	block_state(out, at);
	buf_fmt(out, "  %-9s %u s\n  %-9s ", "mmd", at->mmd_s, "lists");
	logs_view_lists(out, v, at);
	buf_char(out, '\n');
}

/* By description, id or URL, with or without its final slash. */
static bool
is_named(const struct loglist_log *l, const char *name)
{
	size_t len = strlen(name);
	uint8_t id[HASH_LEN];

	if (text_unbase64_exact(id, HASH_LEN, span_str(name)))
		return memcmp(id, l->log_id.b, HASH_LEN) == 0;
	if (strcasecmp(name, l->description) == 0)
		return true;
	if (len > 0 && name[len - 1] == '/')
		len--;
	return strncmp(name, l->url, len) == 0 &&
	       strcmp(l->url + len, "/") == 0;
}

size_t
logs_view_say(const struct logs_view *v)
{
	size_t num = 0;

	if (v->all.num == 0)
		return 0;
	if (!v->json && v->name == NULL) {
		logs_table(v);
		return v->all.num;
	}
	for (size_t i = 0; i < v->all.num; i++) {
		struct buf out = {0};

		if (v->name != NULL && !is_named(v->all.log[i].log, v->name))
			continue;
		num++;
		(v->json ? log_json : log_block)(&out, v, &v->all.log[i]);
		say(&out);
	}
	return num;
}

/* A part of its name, or letters that were mistaken. */
static bool
is_like(const struct loglist_log *l, const char *name)
{
	size_t len = strlen(name);

	return len > 1 && (strcasestr(l->description, name) != NULL ||
			      text_distance(name, l->description) <= len / 4);
}

void
logs_view_suggest(const struct logs_view *v)
{
	unsigned num = 0;

	for (size_t i = 0; i < v->all.num && num < SUGGESTIONS; i++) {
		const struct loglist_log *l = v->all.log[i].log;

		if (!is_like(l, v->name))
			continue;
		fprintf(stderr, "%s%s", num++ == 0 ? "did you mean " : " or ",
		    QUOTE(span_str(l->description)));
	}
	if (num > 0)
		fprintf(stderr, "?\n");
}
