/*
 * tlds: whether a commonName is a host name: its last label is a top-level
 * domain that exists. Looked up in the public suffix list, and remembered:
 * most logs' commonNames end in one of a few.
 */
#include <libpsl.h>
#include <stdlib.h>

#include "ctlog/base/mem.h"
#include "monitor/pii/person.h"

#define LABEL_MAX 63
#define SLOTS 64 /* a power of two */

struct tlds {
	struct tld {
		uint8_t len;
		bool known;
		char text[LABEL_MAX + 1];
	} slot[SLOTS];
};

struct tlds *
tlds_new(void)
{
	return NEW(struct tlds);
}

void
tlds_free(struct tlds *t)
{
	free(t);
}

static bool
is_tld(struct tlds *t, const char *label, size_t len)
{
	uint32_t h = (uint32_t)len;
	struct tld *slot;

	for (size_t i = 0; i < len; i++)
		h = h * 31 + (uint8_t)label[i];
	slot = &t->slot[h & (SLOTS - 1)];
	if (slot->len == len && memcmp(slot->text, label, len) == 0)
		return slot->known;
	slot->len = (uint8_t)len;
	memcpy(slot->text, label, len);
	slot->text[len] = '\0';
	slot->known = psl_is_public_suffix2(
	    psl_builtin(), slot->text, PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE);
	return slot->known;
}

/* Lower case; 0 at a byte that no label has. */
static char
label_char(uint8_t c)
{
	if (c - (unsigned)'A' < 26)
		return (char)(c | 0x20);
	if (c - (unsigned)'a' < 26 || c - (unsigned)'0' < 10 || c == '-')
		return (char)c;
	return '\0';
}

bool
person_is_host(struct tlds *t, struct span s)
{
	char label[LABEL_MAX];
	size_t n = 0, dots = 0, digits = 0;
	bool number = false; /* the label before is one of ten digits */

	if (s.len > 0 && s.p[s.len - 1] == '.')
		s.len--;
	for (size_t i = 0; i < s.len; i++) {
		char c = label_char(s.p[i]);

		if (s.p[i] == '.') {
			dots++;
			number = n == 10 && digits == 10;
			n = digits = 0;
			continue;
		}
		if (c == '\0' && s.p[i] != '_' && s.p[i] != '*' &&
		    s.p[i] != '?')
			return false;
		if (n == LABEL_MAX)
			return false;
		label[n++] = c;
		digits += c - (unsigned)'0' < 10;
	}
	/* ROE.JANE.1234567890.ID is a person of the US defense, not Indonesian. */
	if (number && s.p[0] - (unsigned)'A' < 26)
		return false;
	return dots > 0 && n > 0 && is_tld(t, label, n);
}
