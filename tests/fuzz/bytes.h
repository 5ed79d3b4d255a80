/*
 * bytes: changes of inputs that have no structure we know, or shall lose it:
 * bits, numbers, runs of bytes, pieces of other inputs. Deterministic.
 */
#ifndef TESTS_FUZZ_BYTES_H
#define TESTS_FUZZ_BYTES_H

#include <stdint.h>
#include <string.h>

struct bytes {
	uint8_t *p;
	size_t len, max;
};

/* xorshift64*; never 0. A number below n, 0 for none. */
static inline uint32_t
dice(uint64_t *state, size_t n)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return n == 0 ? 0
		      : (uint32_t)((*state * 0x2545f4914f6cdd1du >> 32) % n);
}

/* A length, mostly a small one. */
static inline size_t
dice_len(uint64_t *d, size_t most)
{
	size_t limit = (size_t)1 << dice(d, 10);

	return 1 + dice(d, limit < most ? limit : most);
}

/* Room for n bytes at `at`; false when there is none. */
static inline int
bytes_open(struct bytes *b, size_t at, size_t n)
{
	if (n > b->max - b->len)
		return 0;
	memmove(b->p + at + n, b->p + at, b->len - at);
	b->len += n;
	return 1;
}

static inline void
bytes_drop(struct bytes *b, uint64_t *d)
{
	size_t at = dice(d, b->len), n = dice_len(d, b->len);

	if (n > b->len - at)
		n = b->len - at;
	memmove(b->p + at, b->p + at + n, b->len - at - n);
	b->len -= n;
}

/* The same byte many times, or a copy of what stands elsewhere. */
static inline void
bytes_grow(struct bytes *b, uint64_t *d)
{
	size_t at = dice(d, b->len + 1), from = dice(d, b->len);
	size_t n = dice_len(d, 512);

	if (b->len == 0 || dice(d, 2) == 0) {
		if (bytes_open(b, at, n))
			memset(b->p + at, (int)dice(d, 256), n);
		return;
	}
	if (n > b->len - from)
		n = b->len - from;
	if (bytes_open(b, at, n))
		memmove(b->p + at, b->p + from + (from >= at ? n : 0),
		    from < at && from + n > at ? at - from : n);
}

/* A piece of another input, in between or in the place of bytes. */
static inline void
bytes_splice(struct bytes *b, uint64_t *d, const uint8_t *other, size_t len)
{
	size_t from = dice(d, len), at = dice(d, b->len + 1);
	size_t n = dice_len(d, len);

	if (len == 0)
		return;
	if (n > len - from)
		n = len - from;
	if (dice(d, 2) == 0) {
		if (n > b->len - at)
			n = b->len - at;
	} else if (!bytes_open(b, at, n)) {
		return;
	}
	memcpy(b->p + at, other + from, n);
}

static inline void
bytes_set(struct bytes *b, uint64_t *d)
{
	static const uint8_t often[] = {0, 1, 0x1f, 0x20, '"', '%', ',', '.',
	    '0', '=', '@', '\\', '\n', 0x7f, 0x80, 0xc2, 0xe2, 0xf0, 0xfe,
	    0xff};
	uint8_t *p = b->p + dice(d, b->len);

	switch (dice(d, 4)) {
	case 0:
		*p ^= (uint8_t)(1u << dice(d, 8));
		break;
	case 1:
		*p = (uint8_t)dice(d, 256);
		break;
	case 2:
		*p = often[dice(d, sizeof(often))];
		break;
	default:
		*p = (uint8_t)(*p + dice(d, 33) - 16);
	}
}

/* One to four changes; `other` is where pieces come from. */
static inline void
bytes_mutate(struct bytes *b, uint64_t *d, const uint8_t *other, size_t len)
{
	for (uint32_t times = 1 + dice(d, 4); times > 0; times--) {
		uint32_t what = dice(d, 8);

		if (what == 0 || b->len == 0)
			bytes_grow(b, d);
		else if (what == 1)
			bytes_drop(b, d);
		else if (what < 4)
			bytes_splice(b, d, other, len);
		else
			bytes_set(b, d);
	}
}

#endif
