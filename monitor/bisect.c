/* bisect: see bisect.h. */
#include "monitor/bisect.h"

#include <string.h>

#include "ctlog/base/err.h"

void
bisect_from(struct bisect *b, uint64_t lo, uint64_t hi, uint64_t from_ms,
    uint64_t mmd_ms)
{
	ASSERT(lo <= hi);
	b->end = false;
	b->lo = lo;
	b->bound = from_ms > mmd_ms ? from_ms - mmd_ms : 0;
	/* Nothing is older than 0. */
	b->hi = b->bound > 0 ? hi : lo;
}

void
bisect_to(
    struct bisect *b, uint64_t lo, uint64_t hi, uint64_t to_ms, uint64_t mmd_ms)
{
	ASSERT(lo <= hi);
	b->end = true;
	b->lo = lo;
	b->hi = to_ms > 0 ? hi : lo;
	b->bound =
	    to_ms < STAMP_UNKNOWN - mmd_ms ? to_ms + mmd_ms : STAMP_UNKNOWN;
}

/* Is the entry before what is looked for? One without a timestamp is in the
 * range. */
static bool
is_before(const struct bisect *b, uint64_t stamp)
{
	if (stamp == STAMP_UNKNOWN)
		return b->end;
	return stamp < b->bound;
}

bool
bisect_run(struct bisect *b, uint64_t *at)
{
	while (b->lo < b->hi) {
		uint64_t mid = b->lo + (b->hi - b->lo) / 2;

		if (mid < b->begin || mid - b->begin >= b->num) {
			*at = mid;
			return false;
		}
		if (is_before(b, b->stamp[mid - b->begin]))
			b->lo = mid + 1;
		else
			b->hi = mid;
	}
	return true;
}

void
bisect_know(
    struct bisect *b, uint64_t begin, const uint64_t *stamp, uint32_t num)
{
	ASSERT(num <= LIMIT_TILE);
	b->begin = begin;
	b->num = num;
	memcpy(b->stamp, stamp, num * sizeof(*stamp));
}
