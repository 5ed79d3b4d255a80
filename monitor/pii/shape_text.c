/* shape_text: see shape_text.h. */
#include "monitor/pii/shape_text.h"

#include <string.h>

bool
shape_is_digit(uint8_t c)
{
	return c - (unsigned)'0' < 10;
}

bool
shape_is_letter(uint8_t c)
{
	return (c | 0x20u) - 'a' < 26 || c >= 0x80;
}

bool
shape_is_upper(uint8_t c)
{
	return c - (unsigned)'A' < 26;
}

struct span
shape_trim(struct span s)
{
	while (s.len > 0 && s.p[0] == ' ')
		s = span_from(s, 1);
	while (s.len > 0 && s.p[s.len - 1] == ' ')
		s.len--;
	return s;
}

bool
shape_is_words(struct span s, unsigned words)
{
	unsigned n = 0;
	bool in_word = false;

	for (size_t i = 0; i < s.len; i++) {
		bool letter = shape_is_letter(s.p[i]);

		if (!letter && (s.p[i] == '\0' || !strchr(" '.-", s.p[i])))
			return false;
		n += letter && !in_word;
		in_word = letter || (in_word && s.p[i] != ' ');
	}
	return n >= words;
}

size_t
shape_digits(struct span s)
{
	size_t n = 0;

	while (n < s.len && shape_is_digit(s.p[n]))
		n++;
	return n;
}

bool
shape_is_number(struct span s, size_t min, size_t max)
{
	return s.len >= min && s.len <= max && shape_digits(s) == s.len;
}

bool
shape_starts(struct span s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.len >= n && strncasecmp((const char *)s.p, prefix, n) == 0;
}

unsigned
shape_split(struct span out[SHAPE_PARTS], struct span s, uint8_t at)
{
	unsigned n = 0;

	for (;;) {
		size_t end = span_chr(s, at);

		if (n == SHAPE_PARTS)
			return 0;
		out[n++] = shape_trim(span_cut(s, 0, end));
		if (end == s.len)
			return n;
		s = span_from(s, end + 1);
	}
}

struct span
shape_join(struct arena *a, const struct span *list, unsigned n)
{
	size_t len = 0, at = 0;
	uint8_t *q;

	for (unsigned i = 0; i < n; i++)
		len += list[i].len + 1;
	q = len > 0 ? arena_get(a, len) : NULL;
	if (q == NULL)
		return span_of(NULL, 0);
	for (unsigned i = 0; i < n; i++) {
		if (list[i].len == 0)
			continue;
		memcpy(q + at, list[i].p, list[i].len);
		at += list[i].len;
		q[at++] = ' ';
	}
	return span_of(q, at > 0 ? at - 1 : 0);
}

struct span
shape_reorder(struct arena *a, struct span text, bool *found)
{
	struct span part[SHAPE_PARTS], swapped[2];
	unsigned n = shape_split(part, text, ',');

	*found =
	    n == 2 && shape_is_words(part[0], 1) && shape_is_words(part[1], 1);
	if (!*found)
		return text;
	swapped[0] = part[1];
	swapped[1] = part[0];
	return shape_join(a, swapped, 2);
}
