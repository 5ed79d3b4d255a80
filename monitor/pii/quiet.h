/*
 * quiet: bytes that were read before and have nothing in them, remembered by
 * their place: the issuers' names and key identifiers, of which a log has few.
 */
#ifndef MONITOR_PII_QUIET_H
#define MONITOR_PII_QUIET_H

#include "ctlog/base/span.h"

#define QUIETS 16 /* a power of two */

struct quiet {
	struct {
		size_t len;
		uint8_t bytes[248];
	} slot[QUIETS];
};

static inline size_t
quiet_slot(struct span s)
{
	return s.len > 0 ? (s.len + s.p[s.len - 1]) % QUIETS : 0;
}

static inline bool
quiet_has(const struct quiet *q, struct span s)
{
	size_t at = quiet_slot(s);

	return s.len > 0 && q->slot[at].len == s.len &&
	       memcmp(q->slot[at].bytes, s.p, s.len) == 0;
}

static inline void
quiet_keep(struct quiet *q, struct span s)
{
	size_t at = quiet_slot(s);

	if (s.len == 0 || s.len > sizeof(q->slot[at].bytes))
		return;
	q->slot[at].len = s.len;
	memcpy(q->slot[at].bytes, s.p, s.len);
}

#endif
