/* shape: see shape.h. One function a country or custom, in the order in which
 * they are tried. */
#include "monitor/pii/shape.h"

#include <string.h>

#include "monitor/pii/natid.h"
#include "monitor/pii/script.h"
#include "monitor/pii/shape_text.h"

static bool
is_generation(struct span s)
{
	static const char *const list[] = {"JR", "SR", "II", "III", "IV", "V"};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (span_eq_str(s, list[i]))
			return true;
	return false;
}

bool
shape_is_defense(struct span s)
{
	struct span part[SHAPE_PARTS];
	bool number = false;
	unsigned n;

	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] - (unsigned)'a' < 26)
			return false;
	n = shape_split(part, s, '.');
	for (unsigned i = 2; i < n; i++)
		number |= shape_is_number(part[i], 10, 10);
	return number;
}

/* LAST.FIRST.MIDDLE.JR.1234567890, with a purpose behind it. */
static bool
us_defense(struct shape *out, struct arena *a, struct span text)
{
	struct span part[SHAPE_PARTS];
	unsigned n = shape_split(part, text, '.'), names = 0;

	/* A middle name that somebody has not: DOE.JOHN..1234567890. */
	while (names < n && (shape_is_words(part[names], 1) ||
				(names > 1 && part[names].len == 0)))
		names++;
	if (names < 2 || names == n || n - names > 2 ||
	    !shape_is_number(part[names], 10, 10))
		return false;
	out->number = part[names];
	out->number_reason = "US defense number (EDIPI)";
	if (names > 2 && is_generation(part[names - 1]))
		names--;
	part[names] = part[0];
	out->name = shape_join(a, part + 1, names);
	out->points = 90;
	out->reason = "LAST.FIRST.MIDDLE.number of US defense certificates";
	return true;
}

/* Eleven digits; a Latvian one has a hyphen behind the sixth. */
static bool
is_baltic_number(struct span s)
{
	return shape_is_number(s, 11, 11) ||
	       (s.len == 12 && shape_digits(s) == 6 && s.p[6] == '-' &&
		   shape_digits(span_from(s, 7)) == 5);
}

/* SURNAME,GIVEN,47101010033 or ...,PNOEE-47101010033. */
static bool
baltic(struct shape *out, struct arena *a, struct span text)
{
	struct span part[SHAPE_PARTS], number, swapped[2];

	if (shape_split(part, text, ',') != 3)
		return false;
	number = part[2];
	if (shape_starts(number, "PNO") && number.len > 6 && number.p[5] == '-')
		number = span_from(number, 6);
	if (!is_baltic_number(number) || !shape_is_words(part[0], 1) ||
	    !shape_is_words(part[1], 1))
		return false;
	swapped[0] = part[1];
	swapped[1] = part[0];
	out->name = shape_join(a, swapped, 2);
	out->number = part[2];
	out->number_reason = number.p[0] == '3' || number.p[0] == '4' ||
				     number.p[0] == '5' || number.p[0] == '6'
				 ? "Baltic personal number, which encodes "
				   "birth date and sex"
				 : "Baltic personal number";
	out->points = 90;
	out->reason = "SURNAME,GIVEN,number of Baltic certificates";
	return true;
}

static bool
is_spanish_number(struct span s)
{
	if (s.len > 0 && memchr("XYZxyz", s.p[0], 6) != NULL)
		s = span_from(s, 1);
	return (s.len == 8 || s.len == 9) && shape_digits(s) == s.len - 1 &&
	       shape_is_letter(s.p[s.len - 1]);
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
	if (at < 2)
		return false;
	number = shape_trim(span_from(text, at));
	name = shape_trim(span_cut(text, 0, at - 1));
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (shape_starts(number, labels[i]))
			number = shape_trim(span_from(number, 3));
	if (number.len > 0 && number.p[0] == ':')
		number = shape_trim(span_from(number, 1));
	out->points = shape_starts(name, "NOMBRE ") ? 90 : 80;
	if (shape_starts(name, "NOMBRE "))
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

/* "(R: B12345678)", whom somebody acts for. */
static bool
is_agent_mark(struct span s)
{
	size_t at = s.len > 4 && s.p[3] == ' ' ? 4 : 3;

	if (s.len != at + 10 || s.p[0] != '(' || !shape_is_upper(s.p[1]) ||
	    s.p[2] != ':' || s.p[s.len - 1] != ')')
		return false;
	s = span_cut(s, at, 9);
	for (size_t i = 0; i < s.len; i++)
		if (!shape_is_upper(s.p[i]) && !shape_is_digit(s.p[i]))
			return false;
	return true;
}

/* 12345678Z MARIA GARCIA LOPEZ (R: B12345678): who acts for a company; either
 * of the two numbers may be missing. */
static bool
spanish_agent(struct shape *out, struct arena *a, struct span text)
{
	size_t open = span_chr(text, '(');
	struct span number = span_cut(text, 0, span_chr(text, ' '));
	bool agent = is_agent_mark(span_from(text, open));
	bool numbered = is_spanish_number(number);

	(void)a;
	out->name = span_cut(text, 0, agent ? open : text.len);
	if (numbered)
		out->name = span_from(out->name, number.len);
	out->name = shape_trim(out->name);
	if ((!agent && !numbered) || !shape_is_words(out->name, 2))
		return false;
	if (numbered) {
		out->number = number;
		out->number_reason = "Spanish identity number";
	}
	out->points = 80;
	out->reason = "number, name and company of Spanish certificates";
	return true;
}

/* MARIA DA SILVA SANTOS:12345678909; with 14 digits, a company. */
static bool
brazilian(struct shape *out, struct arena *a, struct span text)
{
	size_t at = span_chr(text, ':');
	struct span name = shape_trim(span_cut(text, 0, at));
	struct span number = shape_trim(span_from(text, at + 1));

	(void)a;
	if (at == text.len || name.len == 0)
		return false;
	if (shape_is_number(number, 14, 14)) {
		out->kind = SHAPE_ORG;
		out->reason = "name:CNPJ of Brazilian companies";
		return true;
	}
	if (!shape_is_number(number, 11, 11) || !shape_is_words(name, 2))
		return false;
	out->name = name;
	out->number = number;
	out->number_reason = "Brazilian tax number (CPF)";
	out->points = 80;
	out->reason = "name:CPF of Brazilian certificates";
	return true;
}

/* RSSMRA80A01H501U: six letters, two digits, a letter, two digits, a letter,
 * three digits, a letter. */
static bool
is_tax_code(struct span s)
{
	static const char mask[] = "AAAAAA99A99A999A";

	if (s.len != sizeof(mask) - 1)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (mask[i] == 'A' ? !shape_is_upper(s.p[i])
				   : !shape_is_digit(s.p[i]))
			return false;
	return true;
}

/* RSSMRA80A01H501U/card.hash, or ROSSI/MARIO/RSSMRA80A01H501U/card. */
static bool
italian(struct shape *out, struct arena *a, struct span text)
{
	struct span part[SHAPE_PARTS], swapped[2];
	unsigned n = shape_split(part, text, '/');
	bool named = n >= 3 && shape_is_words(part[0], 1) &&
		     shape_is_words(part[1], 1) && is_tax_code(part[2]);

	if (!named && (n < 2 || !is_tax_code(part[0])))
		return false;
	out->number = part[named ? 2 : 0];
	out->number_reason = "Italian tax code, which encodes birth date and "
			     "sex";
	if (!named) {
		out->kind = SHAPE_NUMBER;
		out->reason = "tax code of Italian health cards";
		return true;
	}
	swapped[0] = part[1];
	swapped[1] = part[0];
	out->name = shape_join(a, swapped, 2);
	out->points = 80;
	out->reason = "SURNAME/GIVEN/tax code of Italian certificates";
	return true;
}

/* Behind a digit that says what sort of number or holder it is. */
static struct span
behind_sort(struct span s, size_t len)
{
	return s.len > len && shape_is_digit(s.p[0]) ? span_from(s, 1) : s;
}

/* 051@name@number@1; or the number before the name. */
static bool
chinese(struct shape *out, struct arena *a, struct span text)
{
	struct span part[SHAPE_PARTS], number;
	unsigned at;

	(void)a;
	if (shape_split(part, text, '@') != 4 ||
	    !shape_is_number(part[0], 3, 3) || part[0].p[0] != '0' ||
	    !shape_is_number(part[3], 1, 8))
		return false;
	at = shape_is_words(behind_sort(part[1], 1), 1) ? 1 : 2;
	out->name = behind_sort(part[at], 1);
	if (!shape_is_words(out->name, 1))
		return false;
	number = behind_sort(part[3 - at], 18);
	if (number.len == 18 && shape_digits(number) >= 17) {
		out->number = number;
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
		if (!shape_is_digit(tail.p[i]) && !shape_is_upper(tail.p[i]))
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

/* 10123456A, A123456789, 1234567890123, 010180-123A, 010180-10006. */
static bool
is_tail_number(struct span s)
{
	size_t n = shape_digits(s);
	struct span rest = span_from(s, 7);

	if (n == s.len)
		return n >= 9 && n <= 13;
	if (n == 0 && s.len == 10) /* of Taiwan */
		return shape_is_upper(s.p[0]) &&
		       shape_digits(span_from(s, 1)) == 9;
	if (n == 8 && s.len == 9)
		return shape_is_upper(s.p[8]);
	return n == 6 && memchr("-+A", s.p[6], 3) != NULL &&
	       (rest.len == 4 || rest.len == 5) &&
	       shape_digits(rest) + 1 >= rest.len;
}

/* A name of one word is enough where names have no blanks. */
static unsigned
words_needed(struct span name)
{
	const unsigned east = 1u << SCRIPT_HAN | 1u << SCRIPT_HANGUL;

	return (script_set(name) & ~east) == 0 ? 1 : 2;
}

/* A name up to there, and from there on a number. */
static bool
numbered_at(struct shape *out, struct arena *a, struct span text, size_t at)
{
	struct span name = span_cut(text, 0, at), number = span_from(text, at);
	struct natid id;
	bool swapped;

	if (number.len > 0 && memchr(")]", number.p[number.len - 1], 2))
		number.len--;
	while (name.len > 0 && memchr(" ,;:/-([", name.p[name.len - 1], 8))
		name.len--;
	name = shape_reorder(a, name, &swapped);
	if (!shape_is_words(name, words_needed(name)))
		return false;
	if (natid_read(&id, number, span_of(NULL, 0)))
		out->number_reason = id.reason[0];
	else if (is_tail_number(number))
		out->number_reason = "a long number behind a name";
	else
		return false;
	out->name = name;
	out->number = number;
	out->points = 60;
	out->reason = "a name with a personal number behind it";
	return true;
}

/* Back from there to where a word begins. */
static size_t
word_begin(struct span text, size_t at)
{
	while (at > 0 && memchr(" ,;([", text.p[at - 1], 5) == NULL)
		at--;
	return at;
}

/* SURNAME GIVEN 10123456A; the word before the number may be its name ("PESEL:
 * 44051401359"), brackets may stand around it, Han needs no blank. */
static bool
numbered(struct shape *out, struct arena *a, struct span text)
{
	size_t digit = 0, word, label;

	while (digit < text.len && !shape_is_digit(text.p[digit]))
		digit++;
	if (digit == 0 || digit == text.len)
		return false;
	word = label = word_begin(text, digit);
	while (label > 0 && memchr(" ,;([", text.p[label - 1], 5) != NULL)
		label--;
	label = word_begin(text, label);
	return numbered_at(out, a, text, label) ||
	       numbered_at(out, a, text, word) ||
	       ((text.p[digit - 1] >= 0x80 || text.p[digit - 1] == '-') &&
		   numbered_at(out, a, text, digit));
}

/* German marks: "Mondfisch:PN", "PN: Mondfisch", "GRP - Einkauf". */
static bool
german_mark(struct shape *out, struct arena *a, struct span text)
{
	bool pn = shape_starts(text, "PN"), grp = shape_starts(text, "GRP");
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

/* ROE SOTO Jane FAU 20123456789 soft: for a company, by its number; FIR and AUT
 * by that of the person. */
static bool
peruvian(struct shape *out, struct arena *a, struct span text)
{
	static const char *const ends[] = {" hard", " soft"};
	struct span number;
	size_t at, name;
	bool end = false;

	(void)a;
	for (size_t i = 0; i < 2 && text.len > 5; i++)
		end |= span_eq_str(span_from(text, text.len - 5), ends[i]);
	if (!end)
		return false;
	text = span_cut(text, 0, text.len - 5);
	at = word_begin(text, text.len);
	number = span_from(text, at);
	name = at > 0 ? word_begin(text, at - 1) : 0;
	out->name = shape_trim(span_cut(text, 0, name));
	if (!shape_is_number(number, 8, 11) || !shape_is_words(out->name, 2))
		return false;
	if (number.len == 8) {
		out->number = number;
		out->number_reason = "Peruvian identity number";
	}
	out->points = 60;
	out->reason = "name, number and hard or soft of Peru";
	return true;
}

/* DS RAJESH KUMAR 2: Indian keys for documents, by their holder. */
static bool
indian(struct shape *out, struct arena *a, struct span text)
{
	size_t end = text.len;

	(void)a;
	if (text.len < 4 || memcmp(text.p, "DS ", 3) != 0)
		return false;
	while (end > 3 && text.len - end < 3 && shape_is_digit(text.p[end - 1]))
		end--;
	out->name = shape_trim(span_cut(text, 3, end - 3));
	out->reason = "DS name of Indian certificates";
	return shape_is_words(out->name, 2);
}

struct shape
shape_find(struct arena *a, struct span text)
{
	static bool (*const shapes[])(
	    struct shape *, struct arena *, struct span) = {us_defense, baltic,
	    spanish, spanish_agent, numbered, brazilian, italian, chinese,
	    korean, german_mark, indian, peruvian};
	struct shape s;

	text = shape_trim(text);
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		s = (struct shape){.kind = SHAPE_NAME};
		if (shapes[i](&s, a, text))
			return s;
	}
	return (struct shape){.kind = SHAPE_NONE};
}
