/*
 * print: a configuration as YAML that reads back equal, or as one line of JSON
 * of the same shape; both by the schema.
 */
#include <string.h>

#include "config/schema.h"
#include "ctlog/base/text.h"

/* Where the help stands behind a value. */
#define HELP_COLUMN 40

struct printer {
	struct buf line; /* JSON: everything */
	FILE *out;
	bool json, comma;
	unsigned depth;
};

static void print_map(
    struct printer *p, const void *base, const struct conf_key *keys);

/* --- values -----------------------------------------------------------------
 */

/* Text that YAML takes for nothing else without quotation marks. */
static bool
is_bare(const char *s)
{
	static const char *const others[] = {"true", "false", "null"};

	if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
		*s == '/'))
		return false;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcasecmp(s, others[i]) == 0)
			return false;
	return s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789._-/@"
			   "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0';
}

static void
put_text(struct printer *p, const char *s)
{
	if (s == NULL)
		buf_str(&p->line, "null");
	else if (!p->json && is_bare(s))
		buf_str(&p->line, s);
	else
		text_json(&p->line, span_str(s));
}

static void
put_quantity(struct printer *p, const char *s)
{
	buf_fmt(&p->line, p->json ? "\"%s\"" : "%s", s);
}

static void
put_texts(struct printer *p, const struct conf_strings *s)
{
	buf_char(&p->line, '[');
	for (size_t i = 0; i < s->num; i++) {
		buf_str(&p->line, i == 0 ? "" : p->json ? "," : ", ");
		put_text(p, s->list[i]);
	}
	buf_char(&p->line, ']');
}

static void
put_value(struct printer *p, const void *base, const struct conf_key *k)
{
	const void *v = (const uint8_t *)base + k->offset;
	char text[VALUE_TEXT];
	int64_t n;

	switch (k->type) {
	case TYPE_BOOL:
		buf_str(&p->line, *(const bool *)v ? "true" : "false");
		break;
	case TYPE_INT:
		n = *(const int64_t *)v;
		if (n == 0 && k->zero != NULL)
			put_text(p, k->zero);
		else
			buf_fmt(&p->line, "%lld", (long long)n);
		break;
	case TYPE_DURATION:
		n = *(const int64_t *)v;
		if (n == 0 && k->zero != NULL)
			put_text(p, k->zero);
		else
			put_quantity(p, value_duration(text, n));
		break;
	case TYPE_SIZE:
		put_quantity(p, value_size(text, *(const int64_t *)v));
		break;
	case TYPE_WORD:
		put_text(p, k->words[*(const unsigned *)v]);
		break;
	case TYPE_TEXTS:
	case TYPE_COMMAND:
		put_texts(p, v);
		break;
	default:
		put_text(p, *(char *const *)v);
	}
}

/* --- lines ------------------------------------------------------------------
 */

static void
put_key(struct printer *p, const struct conf_key *k)
{
	if (p->json) {
		buf_fmt(&p->line, "%s\"%s\":", p->comma ? "," : "", k->name);
		p->comma = true;
		return;
	}
	/* The first key of a list's item stands behind its dash. */
	if (p->line.len == 0)
		for (unsigned i = 0; i < p->depth; i++)
			buf_str(&p->line, "  ");
	buf_fmt(&p->line, "%s:", k->name);
}

static void
end_line(struct printer *p, const struct conf_key *k)
{
	if (p->json)
		return;
	fprintf(
	    p->out, "%-*s # %s\n", HELP_COLUMN, buf_cstr(&p->line), k->help);
	buf_clear(&p->line);
}

static void
open_brace(struct printer *p, char c)
{
	if (p->json)
		buf_char(&p->line, c);
	p->comma = false;
}

static void
close_brace(struct printer *p, char c)
{
	if (p->json)
		buf_char(&p->line, c);
	p->comma = true;
}

static void
print_item(struct printer *p, const void *item, const struct conf_key *k)
{
	const struct conf_key *bare = k->sub;

	while (bare->name != NULL && !(bare->flags & KEY_BARE))
		bare++;
	if (p->json)
		buf_str(&p->line, p->comma ? "," : "");
	else
		for (unsigned i = 0; i < p->depth; i++)
			buf_str(&p->line, i + 1 == p->depth ? "- " : "  ");
	p->comma = true;
	if (bare->name != NULL &&
	    *(char *const *)((
		const void *)((const uint8_t *)item + bare->offset)) != NULL) {
		put_value(p, item, bare);
		end_line(p, bare);
		return;
	}
	open_brace(p, '{');
	print_map(p, item, k->sub);
	close_brace(p, '}');
}

static void
print_items(struct printer *p, const void *base, const struct conf_key *k)
{
	const uint8_t *b = base;
	const uint8_t *list = *(uint8_t *const *)(const void *)(b + k->offset);
	size_t num = *(const size_t *)(const void *)(b + k->num_at);

	put_key(p, k);
	if (!p->json && num == 0)
		buf_str(&p->line, " []");
	end_line(p, k);
	open_brace(p, '[');
	p->depth++;
	for (size_t i = 0; i < num; i++)
		print_item(p, list + i * k->size, k);
	p->depth--;
	close_brace(p, ']');
}

static void
print_sub(struct printer *p, const void *base, const struct conf_key *k)
{
	put_key(p, k);
	if (!p->json && k->sub->name == NULL)
		buf_str(&p->line, " {}");
	end_line(p, k);
	open_brace(p, '{');
	p->depth++;
	print_map(p, base, k->sub);
	p->depth--;
	close_brace(p, '}');
}

/* Is it the map that was chosen, and a text that is there? */
static bool
is_shown(const void *base, const struct conf_key *k)
{
	const void *v = (const uint8_t *)base + k->offset;

	if (k->flags & KEY_BARE)
		return false;
	if (k->type == TYPE_MAP)
		return !(k->flags & KEY_ONE_OF) || *(const int *)v == k->choice;
	if (k->type == TYPE_TEXT || k->type == TYPE_PATH)
		return k->flags & KEY_NULL || *(char *const *)v != NULL;
	return true;
}

static void
print_map(struct printer *p, const void *base, const struct conf_key *keys)
{
	for (const struct conf_key *k = keys; k->name != NULL; k++) {
		if (!is_shown(base, k))
			continue;
		if (k->type == TYPE_MAP) {
			print_sub(p, base, k);
		} else if (k->type == TYPE_ITEMS) {
			print_items(p, base, k);
		} else {
			put_key(p, k);
			if (!p->json)
				buf_char(&p->line, ' ');
			put_value(p, base, k);
			end_line(p, k);
		}
	}
}

void
config_print(const struct config *c, FILE *out)
{
	struct printer p = {.out = out};

	print_map(&p, c, conf_schema);
	buf_fini(&p.line);
}

void
config_print_json(const struct config *c, FILE *out)
{
	struct printer p = {.out = out, .json = true};

	open_brace(&p, '{');
	print_map(&p, c, conf_schema);
	close_brace(&p, '}');
	fprintf(out, "%s\n", buf_cstr(&p.line));
	buf_fini(&p.line);
}
