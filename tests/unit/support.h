/*
 * support: what several unit tests need: cmocka with the headers it asks for,
 * whole files, hashes written in hex or base64, and random numbers that are
 * the same in every run.
 */
#ifndef TESTS_UNIT_SUPPORT_H
#define TESTS_UNIT_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ctlog/base/buf.h"
#include "ctlog/base/err.h"
#include "ctlog/base/text.h"
#include "ctlog/merkle/hash.h"

/* The status, and the message when it is another one. */
#define assert_status(got, want, e)                                            \
	assert_status_at((got), (want), (e), __FILE__, __LINE__)
static inline void
assert_status_at(enum status got, enum status want, const struct err *e,
    const char *file, int line)
{
	if (got == want)
		return;
	print_message("%s:%d: %s where %s is due: %s\n", file, line,
	    status_name(got), status_name(want),
	    e != NULL && got != ST_OK ? e->text : "");
	_fail(file, line);
}

/* The message speaks of `part`. */
#define assert_says(e, part) assert_says_at((e), (part), __FILE__, __LINE__)
static inline void
assert_says_at(
    const struct err *e, const char *part, const char *file, int line)
{
	if (strstr(e->text, part) != NULL)
		return;
	print_message("%s:%d: no \"%s\" in: %s\n", file, line, part, e->text);
	_fail(file, line);
}

static inline struct hash
hex_hash(const char *hex)
{
	struct hash h;

	assert_true(text_unhex(h.b, HASH_LEN, span_str(hex)));
	return h;
}

static inline struct hash
base64_hash(const char *base64)
{
	struct hash h;

	assert_true(text_unbase64_exact(h.b, HASH_LEN, span_str(base64)));
	return h;
}

#define assert_hash(got, want)                                                 \
	assert_memory_equal((got)->b, (want)->b, HASH_LEN)

/* splitmix64 */
static inline uint64_t
random_next(uint64_t *seed)
{
	uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline uint64_t
random_below(uint64_t *seed, uint64_t limit)
{
	return random_next(seed) % limit;
}

/* The contents of a file behind those of `out`; false when it is not there. */
static inline bool
file_read(struct buf *out, const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	if (f == NULL)
		return false;
	while ((n = fread(buf_room(out, 65536), 1, 65536, f)) > 0)
		out->len += n;
	fclose(f);
	return true;
}

/* Real logs' bytes, which are not part of the repository. */
#define CTDATA "../shared/data/ctdata/"

#endif
