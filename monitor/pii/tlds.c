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

/* What a byte is in a host name: 0 = nothing, ODD: in none that exists, but in
 * what stands for one, else itself in lower case. */
#define ODD 1
#define LOWER(c) [c] = c, [c ^ 0x20] = c
static const char host_char[256] = {LOWER('a'), LOWER('b'), LOWER('c'),
    LOWER('d'), LOWER('e'), LOWER('f'), LOWER('g'), LOWER('h'), LOWER('i'),
    LOWER('j'), LOWER('k'), LOWER('l'), LOWER('m'), LOWER('n'), LOWER('o'),
    LOWER('p'), LOWER('q'), LOWER('r'), LOWER('s'), LOWER('t'), LOWER('u'),
    LOWER('v'), LOWER('w'), LOWER('x'), LOWER('y'),
    LOWER('z'), ['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4',
    ['5'] = '5', ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9',
    ['-'] = '-', ['.'] = '.', ['_'] = ODD, ['*'] = ODD, ['?'] = ODD};

/* One of ten digits. ROE.JANE.1234567890.ID is a person of the US defense, not
 * Indonesian. */
static bool
is_number(struct span label)
{
	for (size_t i = 0; i < label.len; i++)
		if (label.p[i] - (unsigned)'0' >= 10)
			return false;
	return label.len == 10;
}

bool
person_is_host(struct tlds *t, struct span s)
{
	size_t begin = 0, before = 0; /* of this label, and of the one before */
	char label[LABEL_MAX];
	size_t n;

	if (s.len > 0 && s.p[s.len - 1] == '.')
		s.len--;
	for (size_t i = 0; i < s.len; i++) {
		char c = host_char[s.p[i]];

		if (c == '.') {
			before = begin;
			begin = i + 1;
		} else if (c == 0 || i - begin == LABEL_MAX) {
			return false;
		}
	}
	n = s.len - begin;
	if (begin == 0 || n == 0)
		return false;
	if (s.p[0] - (unsigned)'A' < 26 &&
	    is_number(span_cut(s, before, begin - 1 - before)))
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = host_char[s.p[begin + i]];

		label[i] = c == ODD ? '\0' : c;
	}
	return is_tld(t, label, n);
}
