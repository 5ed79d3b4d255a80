/* query: see query.h. */
#include "monitor/query.h"

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"

static bool
is_text(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return text_is_utf8(s);
}

/* Undo the escapes of `in` into *at, with a NUL behind, and step over it. */
static const char *
unescape(char **at, struct span in, bool plus)
{
	char *start = *at, *to = start;

	for (size_t i = 0; i < in.len; i++) {
		uint8_t c = in.p[i];

		if (c <= 0x20 || c >= 0x7f)
			return NULL;
		if (c == '%') {
			if (!text_unhex(&c, 1, span_cut(in, i + 1, 2)))
				return NULL;
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		*to++ = (char)c;
	}
	if (!is_text(span_of(start, (size_t)(to - start))))
		return NULL;
	*to++ = '\0';
	*at = to;
	return start;
}

/* Empty pieces, as behind a last '&', count for nothing. */
static enum status
params(struct query *q, char *at, struct span s, struct err *e)
{
	while (s.len > 0) {
		struct span one = span_cut(s, 0, span_chr(s, '&')), value;
		struct door_param *p = &q->params[q->num];

		s = span_from(s, one.len + 1);
		if (one.len == 0)
			continue;
		if (q->num == QUERY_PARAMS)
			return err_set(e, ST_BAD, "too many parameters");
		value = span_from(one, span_chr(one, '=') + 1);
		p->name =
		    unescape(&at, span_cut(one, 0, span_chr(one, '=')), true);
		if (p->name != NULL)
			p->value = unescape(&at, value, true);
		if (p->name == NULL || p->value == NULL)
			return err_set(e, ST_BAD,
			    "a parameter is not escaped as it must be");
		q->num++;
	}
	return ST_OK;
}

/* Unescaped, nothing grows but by its NUL. */
static char *
room(struct query *q, struct span s)
{
	*q = (struct query){
	    .memory = mem_new(s.len + 1 + 2 * (QUERY_PARAMS + 1), 1),
	    .path = ""};
	return q->memory;
}

enum status
query_target(struct query *out, struct span target, struct err *e)
{
	struct span path = span_cut(target, 0, span_chr(target, '?'));
	char *at = room(out, target);

	if (path.len == 0 || path.p[0] != '/')
		return err_set(e, ST_BAD, "the target is no path");
	out->path = unescape(&at, path, false);
	if (out->path == NULL)
		return err_set(
		    e, ST_BAD, "the path is not escaped as it must be");
	return params(out, at, span_from(target, path.len + 1), e);
}

enum status
query_form(struct query *out, struct span body, struct err *e)
{
	return params(out, room(out, body), body, e);
}

void
query_fini(struct query *q)
{
	free(q->memory);
	*q = (struct query){0};
}

const char *
query_param(const struct door_param *list, size_t num, const char *name)
{
	const char *found = NULL;

	for (size_t i = 0; i < num; i++) {
		if (strcmp(list[i].name, name) != 0)
			continue;
		if (found != NULL)
			return NULL;
		found = list[i].value;
	}
	return found;
}
