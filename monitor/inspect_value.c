/* inspect_value: what may be shown of a value; see inspect.h. */
#include "alerts/alert.h"
#include "monitor/inspect.h"

#define NUMBER_MIN 6 /* digits in a row that tell a number by themselves */

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* A sign between the words of names, "DOE.JOHN.1234567890", not of numbers,
 * "80.01.01". */
static bool
parts_words(struct span s, size_t at)
{
	if (strchr(" ,/@:;()", s.p[at]) != NULL)
		return true;
	return s.p[at] == '.' && at > 0 && at + 1 < s.len &&
	       (!is_digit(s.p[at - 1]) || !is_digit(s.p[at + 1]));
}

/* Words that have more than three digits are masked. */
static void
mask_words(struct buf *out, struct span s)
{
	size_t at = 0, end, digits;

	for (; at < s.len; at = end) {
		digits = 0;
		for (end = at; end < s.len && !parts_words(s, end);)
			digits += is_digit(s.p[end++]);
		if (digits > 3)
			alert_mask("number", span_cut(s, at, end - at), out);
		else
			buf_span_add(out, span_cut(s, at, end - at));
		if (end < s.len)
			buf_char(out, (char)s.p[end++]);
	}
}

/* The longest run of digits. */
static struct span
digits_of(struct span s)
{
	struct span best = span_of(NULL, 0);

	for (size_t at = 0, end; at < s.len; at = end + 1) {
		for (end = at; end < s.len && is_digit(s.p[end]);)
			end++;
		if (end - at > best.len)
			best = span_cut(s, at, end - at);
	}
	return best;
}

bool
inspect_is_masked(enum pii_kind kind)
{
	return kind == PII_NATIONAL_ID || kind == PII_BIRTH_DATE ||
	       kind == PII_ADDRESS || kind == PII_PHONE;
}

/* A number that is masked stands in it too: "1234567890@mil". */
static bool
has_number(const struct findings *all, struct span value)
{
	if (digits_of(value).len < NUMBER_MIN)
		return false;
	for (uint32_t i = 0; i < all->num; i++) {
		struct span number = digits_of(all->list[i].canonical);

		if (inspect_is_masked(all->list[i].kind) &&
		    number.len >= NUMBER_MIN &&
		    memmem(value.p, value.len, number.p, number.len) != NULL)
			return true;
	}
	return false;
}

void
inspect_value(struct buf *out, const struct inspection *i,
    const struct finding *f, struct span value, bool reveal)
{
	if (reveal)
		buf_span_add(out, value);
	else if (inspect_is_masked(f->kind))
		alert_mask(kind_name(f->kind), value, out);
	/* A name with a number in it, as national CAs like it. */
	else if (f->kind == PII_NAME || has_number(&i->findings, value))
		mask_words(out, value);
	else
		buf_span_add(out, value);
}
