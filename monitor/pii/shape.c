/* shape: see shape.h. One function a country or custom, in the order in which
 * they are tried. */
#include "monitor/pii/shape.h"

#include <string.h>

#define PARTS 8

static bool
is_digit(uint8_t c)
{
	return c - (unsigned)'0' < 10;
}

static bool
is_letter(uint8_t c)
{
	return (c | 0x20u) - 'a' < 26 || c >= 0x80;
}

static bool
is_upper(uint8_t c)
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
		bool letter = is_letter(s.p[i]);

		if (!letter && (s.p[i] == '\0' || !strchr(" '.-", s.p[i])))
			return false;
		n += letter && !in_word;
		in_word = letter || (in_word && s.p[i] != ' ');
	}
	return n >= words;
}

static size_t
num_digits(struct span s)
{
	size_t n = 0;

	while (n < s.len && is_digit(s.p[n]))
		n++;
	return n;
}

static bool
all_digits(struct span s, size_t min, size_t max)
{
	return s.len >= min && s.len <= max && num_digits(s) == s.len;
}

static bool
starts(struct span s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.len >= n && strncasecmp((const char *)s.p, prefix, n) == 0;
}

/* At most PARTS, trimmed; 0 when there are more. */
static unsigned
split(struct span out[PARTS], struct span s, uint8_t at)
{
	unsigned n = 0;

	for (;;) {
		size_t end = span_chr(s, at);

		if (n == PARTS)
			return 0;
		out[n++] = shape_trim(span_cut(s, 0, end));
		if (end == s.len)
			return n;
		s = span_from(s, end + 1);
	}
}

static struct span
join(struct arena *a, const struct span *list, unsigned n)
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
	struct span part[PARTS], swapped[2];
	unsigned n = split(part, text, ',');

	*found =
	    n == 2 && shape_is_words(part[0], 1) && shape_is_words(part[1], 1);
	if (!*found)
		return text;
	swapped[0] = part[1];
	swapped[1] = part[0];
	return join(a, swapped, 2);
}

/* --- national ------------------------------------------------------------------ */

static bool
is_generation(struct span s)
{
	static const char *const list[] = {"JR", "SR", "II", "III", "IV", "V"};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (span_eq_str(s, list[i]))
			return true;
	return false;
}

/* LAST.FIRST.MIDDLE.JR.1234567890, with a purpose behind it. */
static bool
us_defense(struct shape *out, struct arena *a, struct span text)
{
	struct span part[PARTS];
	unsigned n = split(part, text, '.'), names = 0;

	while (names < n && shape_is_words(part[names], 1))
		names++;
	if (names < 2 || names == n || n - names > 2 ||
	    !all_digits(part[names], 10, 10))
		return false;
	out->number = part[names];
	out->number_reason = "US defense number (EDIPI)";
	if (names > 2 && is_generation(part[names - 1]))
		names--;
	part[names] = part[0];
	out->name = join(a, part + 1, names);
	out->points = 90;
	out->reason = "LAST.FIRST.MIDDLE.number of US defense certificates";
	return true;
}

/* SURNAME,GIVEN,47101010033 or ...,PNOEE-47101010033. */
static bool
baltic(struct shape *out, struct arena *a, struct span text)
{
	struct span part[PARTS], number, swapped[2];

	if (split(part, text, ',') != 3)
		return false;
	number = part[2];
	if (starts(number, "PNO") && number.len > 6 && number.p[5] == '-')
		number = span_from(number, 6);
	if (!all_digits(number, 11, 11) || !shape_is_words(part[0], 1) ||
	    !shape_is_words(part[1], 1))
		return false;
	swapped[0] = part[1];
	swapped[1] = part[0];
	out->name = join(a, swapped, 2);
	out->number = part[2];
	out->number_reason = "Baltic personal number";
	out->points = 90;
	out->reason = "SURNAME,GIVEN,number of Baltic certificates";
	return true;
}

static bool
is_spanish_number(struct span s)
{
	if (s.len > 0 && memchr("XYZxyz", s.p[0], 6) != NULL)
		s = span_from(s, 1);
	return (s.len == 8 || s.len == 9) && num_digits(s) == s.len - 1 &&
	       is_letter(s.p[s.len - 1]);
}

/* GARCIA LOPEZ MARIA - 12345678Z; NOMBRE GARCIA LOPEZ MARIA - NIF 12345678Z.
 */
static bool
spanish(struct shape *out, struct arena *a, struct span text)
{
	static const char *const labels[] = {"DNI", "NIF", "NIE", "CIF"};
	struct span number, name;
	size_t at = text.len;
	bool swapped;

	while (at > 0 && text.p[at - 1] != '-')
		at--;
	if (at < 2 || text.p[at - 2] != ' ')
		return false;
	number = shape_trim(span_from(text, at));
	name = shape_trim(span_cut(text, 0, at - 1));
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (starts(number, labels[i]))
			number = shape_trim(span_from(number, 3));
	if (number.len > 0 && number.p[0] == ':')
		number = shape_trim(span_from(number, 1));
	out->points = starts(name, "NOMBRE ") ? 90 : 80;
	if (starts(name, "NOMBRE "))
		name = shape_trim(span_from(name, 7));
	name = shape_reorder(a, name, &swapped);
	if (!is_spanish_number(number) || !shape_is_words(name, 2))
		return false;
	out->name = name;
	out->number = number;
	out->number_reason = "Spanish identity number";
	out->reason = "name - number of Spanish certificates";
	return true;
}

/* MARIA DA SILVA SANTOS:12345678909; with 14 digits, a company. */
static bool
brazilian(struct shape *out, struct arena *a, struct span text)
{
	size_t at = span_chr(text, ':');
	struct span name = shape_trim(span_cut(text, 0, at));
	struct span number = span_from(text, at + 1);

	(void)a;
	if (at == text.len || name.len == 0)
		return false;
	if (all_digits(number, 14, 14)) {
		out->kind = SHAPE_ORG;
		out->reason = "name:CNPJ of Brazilian companies";
		return true;
	}
	if (!all_digits(number, 11, 11) || !shape_is_words(name, 2))
		return false;
	out->name = name;
	out->number = number;
	out->number_reason = "Brazilian tax number (CPF)";
	out->points = 80;
	out->reason = "name:CPF of Brazilian certificates";
	return true;
}

/* RSSMRA80A01H501U/card.hash: six letters, two digits, a letter, two digits, a
 * letter, three digits, a letter. */
static bool
italian(struct shape *out, struct arena *a, struct span text)
{
	static const char mask[] = "AAAAAA99A99A999A";

	(void)a;
	if (text.len < 17 || text.p[16] != '/')
		return false;
	for (size_t i = 0; i < 16; i++)
		if (mask[i] == 'A' ? !is_upper(text.p[i])
				   : !is_digit(text.p[i]))
			return false;
	out->kind = SHAPE_NUMBER;
	out->number = span_cut(text, 0, 16);
	out->number_reason = "Italian tax code, which encodes birth date and "
			     "sex";
	out->reason = "tax code of Italian health cards";
	return true;
}

/* 051@name@number@1 */
static bool
chinese(struct shape *out, struct arena *a, struct span text)
{
	struct span part[PARTS];

	(void)a;
	if (split(part, text, '@') != 4 || !all_digits(part[0], 3, 3) ||
	    part[0].p[0] != '0' || !all_digits(part[3], 1, 4) ||
	    !shape_is_words(part[1], 1))
		return false;
	out->name = part[1];
	if (part[2].len == 18 && num_digits(part[2]) >= 17) {
		out->number = part[2];
		out->number_reason = "Chinese identity number, which encodes "
				     "birth date and sex";
	}
	out->points = 60;
	out->reason = "type@name@number of Chinese certificates";
	return true;
}

/* name(latin name)0011041202012281110003 */
static bool
korean(struct shape *out, struct arena *a, struct span text)
{
	size_t open = span_chr(text, '('), close = span_chr(text, ')');
	struct span tail;

	(void)a;
	if (open == 0 || open >= close || close == text.len)
		return false;
	tail = span_from(text, close + 1);
	if (tail.len < 15 || tail.len > 24)
		return false;
	for (size_t i = 0; i < tail.len; i++)
		if (!is_digit(tail.p[i]) && !is_upper(tail.p[i]))
			return false;
	out->account = tail;
	out->name = shape_trim(span_cut(text, 0, open));
	if (!shape_is_words(out->name, 1))
		return false;
	tail = shape_trim(span_cut(text, open + 1, close - open - 1));
	if (shape_is_words(tail, 1))
		out->also = tail;
	out->points = 80;
	out->reason = "name()number of Korean certificates";
	return true;
}

/* 10123456A, 1234567890123, 010180-123A. */
static bool
is_tail_number(struct span s)
{
	size_t n = num_digits(s);

	if (n == s.len)
		return n >= 9 && n <= 13;
	if (n == 8 && s.len == 9)
		return is_upper(s.p[8]);
	return n == 6 && s.len == 11 && strchr("-+A", s.p[6]) != NULL &&
	       num_digits(span_from(s, 7)) >= 3;
}

/* SURNAME GIVEN 10123456A */
static bool
numbered(struct shape *out, struct arena *a, struct span text)
{
	size_t at = text.len;
	struct span name;

	(void)a;
	while (at > 0 && text.p[at - 1] != ' ')
		at--;
	name = shape_trim(span_cut(text, 0, at));
	while (name.len > 0 && name.p[name.len - 1] == ',')
		name.len--;
	if (!is_tail_number(span_from(text, at)) || !shape_is_words(name, 2))
		return false;
	out->name = name;
	out->number = span_from(text, at);
	out->number_reason = "a long number behind a name";
	out->points = 60;
	out->reason = "a name with a personal number behind it";
	return true;
}

/* German marks: "Mondfisch:PN", "PN: Mondfisch", "GRP - Einkauf". */
static bool
german_mark(struct shape *out, struct arena *a, struct span text)
{
	bool pn = starts(text, "PN"), grp = starts(text, "GRP");
	struct span rest = shape_trim(span_from(text, pn ? 2 : 3));

	(void)a;
	if (text.len > 3 && memcmp(text.p + text.len - 3, ":PN", 3) == 0) {
		out->kind = SHAPE_PSEUDONYM;
		out->name = shape_trim(span_cut(text, 0, text.len - 3));
		out->reason = "marked as a pseudonym (:PN)";
		return true;
	}
	if ((!pn && !grp) || rest.len < 2 ||
	    (rest.p[0] != ':' && rest.p[0] != '-'))
		return false;
	out->kind = pn ? SHAPE_PSEUDONYM : SHAPE_GROUP;
	out->name = shape_trim(span_from(rest, 1));
	out->reason =
	    pn ? "marked as a pseudonym (PN)" : "marked as a group (GRP)";
	return true;
}

struct shape
shape_find(struct arena *a, struct span text)
{
	static bool (*const shapes[])(struct shape *, struct arena *,
	    struct span) = {us_defense, baltic, spanish, brazilian, italian,
	    chinese, korean, german_mark, numbered};
	struct shape s;

	text = shape_trim(text);
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		s = (struct shape){.kind = SHAPE_NAME};
		if (shapes[i](&s, a, text))
			return s;
	}
	return (struct shape){.kind = SHAPE_NONE};
}
