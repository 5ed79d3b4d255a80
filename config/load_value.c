/*
 * load_value: one value of the file into its field, by its type; see load.h.
 * Maps, and lists of maps, are load.c.
 */
#include "config/load.h"

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"

static const char *
wanted(const struct conf_key *k)
{
	switch (k->type) {
	case TYPE_BOOL:
		return "true or false";
	case TYPE_INT:
		return "a whole number";
	case TYPE_DURATION:
		return "a duration such as 30s, 5m or 7d";
	case TYPE_SIZE:
		return "a size such as 64MiB";
	case TYPE_TEXTS:
	case TYPE_COMMAND:
	case TYPE_ITEMS:
		return "a list ([a, b], or lines that begin with '- ')";
	case TYPE_MAP:
		return "a map (lines of 'key: value' below it)";
	default:
		return "text";
	}
}

static const char *
found(const struct node *n)
{
	if (n->kind == NODE_LIST)
		return "a list";
	if (n->kind == NODE_MAP)
		return "a map";
	switch (node_scalar(n)) {
	case SCALAR_NULL:
		return "nothing";
	case SCALAR_BOOL:
		return "true or false (in quotation marks it is text)";
	case SCALAR_INT:
	case SCALAR_FLOAT:
		return "a number (in quotation marks it is text)";
	default:
		return n->plain ? "text" : "text (in quotation marks)";
	}
}

void
load_wrong_type(struct load *l, const struct conf_key *k, const struct node *n)
{
	if (!n->refused)
		mistake_add(l->m, n->at, "%s: %s is wanted, not %s", k->name,
		    wanted(k), found(n));
}

static bool
is_scalar(const struct node *n, enum scalar kind)
{
	return n->kind == NODE_SCALAR && !n->refused && node_scalar(n) == kind;
}

/* --- numbers ----------------------------------------------------------------
 */

/* Outside of its range, in the words of its type. */
static void
wrong_range(struct load *l, const struct conf_key *k, const struct node *n)
{
	char a[VALUE_TEXT], b[VALUE_TEXT];

	if (k->type == TYPE_DURATION)
		mistake_add(l->m, n->at, "%s: %s is outside %s to %s", k->name,
		    n->text, value_duration(a, k->min),
		    value_duration(b, k->max));
	else if (k->type == TYPE_SIZE)
		mistake_add(l->m, n->at, "%s: %s is outside %s to %s", k->name,
		    n->text, value_size(a, k->min), value_size(b, k->max));
	else
		mistake_add(l->m, n->at, "%s: %s is outside %lld to %lld %s",
		    k->name, QUOTE(span_str(n->text)), (long long)k->min,
		    (long long)k->max, k->unit);
}

static bool
is_zero(const struct conf_key *k, const struct node *n)
{
	return k->zero != NULL && is_scalar(n, SCALAR_TEXT) &&
	       strcmp(n->text, k->zero) == 0;
}

static void
load_number(struct load *l, int64_t *out, const struct conf_key *k,
    const struct node *n)
{
	uint64_t v;

	if (is_zero(k, n)) {
		*out = 0;
		return;
	}
	if (!is_scalar(n, SCALAR_INT)) {
		if (k->zero != NULL && !n->refused)
			mistake_add(l->m, n->at,
			    "%s: a whole number or '%s' is wanted, not %s",
			    k->name, k->zero, found(n));
		else
			load_wrong_type(l, k, n);
		return;
	}
	if (!text_u64(&v, span_str(n->text)) || v < (uint64_t)k->min ||
	    v > (uint64_t)k->max)
		wrong_range(l, k, n);
	else
		*out = (int64_t)v;
}

static void
load_quantity(struct load *l, int64_t *out, const struct conf_key *k,
    const struct node *n)
{
	bool time = k->type == TYPE_DURATION;
	int64_t v;

	if (is_zero(k, n)) {
		*out = 0;
		return;
	}
	if (is_scalar(n, SCALAR_INT) || is_scalar(n, SCALAR_FLOAT)) {
		mistake_add(l->m, n->at, "%s: '%s' has no unit; write %s",
		    k->name, QUOTE(span_str(n->text)),
		    time ? "ms, s, m, h, d or y behind it"
			 : "B, KiB, MiB, GiB or TiB behind it");
		return;
	}
	if (!is_scalar(n, SCALAR_TEXT)) {
		load_wrong_type(l, k, n);
		return;
	}
	if (!(time ? config_duration : config_size)(&v, n->text))
		mistake_add(l->m, n->at, "%s: '%s' is not %s%s%s", k->name,
		    QUOTE(span_str(n->text)), wanted(k),
		    k->zero != NULL ? ", nor " : "",
		    k->zero != NULL ? k->zero : "");
	else if (v < k->min || v > k->max)
		wrong_range(l, k, n);
	else
		*out = v;
}

static void
load_bool(
    struct load *l, bool *out, const struct conf_key *k, const struct node *n)
{
	if (is_scalar(n, SCALAR_BOOL))
		*out = n->text[0] == 't' || n->text[0] == 'T';
	else
		load_wrong_type(l, k, n);
}

/* --- text -------------------------------------------------------------------
 */

/* The place of a word among those allowed; -1 and a mistake otherwise. */
static int
load_word(struct load *l, const struct conf_key *k, const struct node *n)
{
	struct buf all = {0};
	int at = -1;

	for (int i = 0; k->words[i] != NULL && at < 0; i++) {
		if (strcmp(k->words[i], n->text) == 0)
			at = i;
		buf_fmt(&all, "%s%s", i ? ", " : "", k->words[i]);
	}
	if (at < 0)
		mistake_add(l->m, n->at, "%s: '%s' is not one of %s", k->name,
		    QUOTE(span_str(n->text)), buf_cstr(&all));
	buf_fini(&all);
	return at;
}

static void
load_enum(struct load *l, unsigned *out, const struct conf_key *k,
    const struct node *n)
{
	int at;

	if (!is_scalar(n, SCALAR_TEXT)) {
		load_wrong_type(l, k, n);
		return;
	}
	at = load_word(l, k, n);
	if (at >= 0)
		*out = (unsigned)at;
}

/* A store URL with its path made absolute, malloc'd. */
static char *
load_store(const struct load *l, const char *url, struct err *e)
{
	const char *path;
	struct buf b = {0};
	char *file, *out;

	if (!value_store(url, &path, e))
		return NULL;
	if (path == NULL)
		return mem_str(url);
	file = load_path(l, path, e);
	if (file == NULL)
		return NULL;
	buf_fmt(&b, "sqlite:%s%s", *file == '/' ? "//" : "", file);
	out = mem_str(buf_cstr(&b));
	free(file);
	buf_fini(&b);
	return out;
}

/* Text as it is kept, malloc'd; NULL after a mistake. */
static char *
load_string(struct load *l, const struct conf_key *k, const struct node *n)
{
	struct err e = {0};
	char *out = NULL;

	if (!is_scalar(n, SCALAR_TEXT)) {
		load_wrong_type(l, k, n);
		return NULL;
	}
	if (k->words != NULL && load_word(l, k, n) < 0)
		return NULL;
	if (k->type == TYPE_PATH)
		out = load_path(l, n->text, &e);
	else if (k->type == TYPE_STORE)
		out = load_store(l, n->text, &e);
	else if (k->check == NULL || k->check(n->text, l->allow_http, &e))
		out = mem_str(n->text);
	if (out == NULL)
		mistake_add(l->m, n->at, "%s: %s", k->name, e.text);
	return out;
}

static void
load_text(
    struct load *l, char **out, const struct conf_key *k, const struct node *n)
{
	char *s = NULL;

	if (!(k->flags & KEY_NULL && is_scalar(n, SCALAR_NULL))) {
		s = load_string(l, k, n);
		if (s == NULL)
			return;
	}
	free(*out);
	*out = s;
}

/* --- lists ------------------------------------------------------------------
 */

void
load_strings_fini(struct conf_strings *s)
{
	for (size_t i = 0; i < s->num; i++)
		free(s->list[i]);
	free(s->list);
	*s = (struct conf_strings){0};
}

static bool
strings_have(const struct conf_strings *s, const char *text)
{
	for (size_t i = 0; i < s->num; i++)
		if (strcmp(s->list[i], text) == 0)
			return true;
	return false;
}

static void
load_texts(struct load *l, struct conf_strings *out, const struct conf_key *k,
    const struct node *list)
{
	struct conf_key item = *k;
	struct conf_strings s = {0};
	char *text;

	if (!load_list_ok(l, k, list))
		return;
	s.list = mem_new(load_items_num(list), sizeof(*s.list));
	for (const struct node *n = list->first; n != NULL; n = n->next) {
		item.type = k->type == TYPE_COMMAND && n == list->first
				? TYPE_PATH
				: TYPE_TEXT;
		text = load_string(l, &item, n);
		if (text == NULL)
			continue;
		if (k->words != NULL && strings_have(&s, text)) {
			mistake_add(l->m, n->at, "%s: '%s' stands here twice",
			    k->name, text);
			free(text);
		} else {
			s.list[s.num++] = text;
		}
	}
	load_strings_fini(out);
	*out = s;
}

void
load_value(
    struct load *l, void *base, const struct conf_key *k, const struct node *n)
{
	void *out = (uint8_t *)base + k->offset;

	switch (k->type) {
	case TYPE_BOOL:
		load_bool(l, out, k, n);
		break;
	case TYPE_INT:
		load_number(l, out, k, n);
		break;
	case TYPE_DURATION:
	case TYPE_SIZE:
		load_quantity(l, out, k, n);
		break;
	case TYPE_WORD:
		load_enum(l, out, k, n);
		break;
	case TYPE_TEXTS:
	case TYPE_COMMAND:
		load_texts(l, out, k, n);
		break;
	case TYPE_MAP:
	case TYPE_ITEMS:
		break;
	default:
		load_text(l, out, k, n);
	}
}
