/* mail_foreign: whether what others wrote is what it should be: in a mail that
 * people trust, a name in a certificate is a place for messages of strangers.
 * Not here: how it is shown (form.c). See mail_private.h. */
#include <strings.h>

#include "alerts/mail_private.h"

/* Organisations' names are not longer, as a rule, and numbers in them have
 * fewer digits than those that are called. */
#define NAME_LEN 64u
#define PHONE_DIGITS 9u

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* Words with an address in them, or a number to be called. */
static bool
is_call(struct span word)
{
	bool dot = false;

	for (size_t i = 0; i < word.len; i++) {
		struct span rest = span_from(word, i);

		if (word.p[i] == '@' || span_starts(rest, span_str("://")) ||
		    (word.p[i] == '/' && dot) ||
		    (word.p[i] == '+' && rest.len > 1 && is_digit(rest.p[1])))
			return true;
		dot |= word.p[i] == '.';
	}
	return word.len > 4 &&
	       strncasecmp((const char *)word.p, "www.", 4) == 0;
}

bool
mail_is_message(struct span name)
{
	size_t digits = 0, n;

	if (name.len > NAME_LEN)
		return true;
	for (size_t i = 0; i < name.len; i++)
		digits += is_digit(name.p[i]);
	for (; name.len > 0; name = span_from(name, n + 1)) {
		n = span_chr(name, ' ');
		if (is_call(span_cut(name, 0, n)))
			return true;
	}
	return digits >= PHONE_DIGITS;
}
