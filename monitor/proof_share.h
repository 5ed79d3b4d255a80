/*
 * proof_share: what proofs of several entries of one log have in common when
 * they are made one after the other: the head, and hash tiles. So a log is not
 * asked for the same thing for each of them.
 */
#ifndef MONITOR_PROOF_SHARE_H
#define MONITOR_PROOF_SHARE_H

#include <ev.h>

#include "ctlog/base/buf.h"
#include "ctlog/wire/head.h"

/* Tiles that are remembered: 8 KiB each at most. */
#define SHARE_TILES 32u
#define SHARE_TILE_MAX 8192u

struct proof_share {
	struct ev_loop *loop;
	struct head head; /* verified; size 0: there is none */
	struct buf head_raw;
	struct share_tile {
		struct buf url, body;
	} tile[SHARE_TILES];
	unsigned next;      /* to be replaced */
	unsigned num_heads; /* that the log has given */
};

/* Zeroed but for its loop before. */
void share_fini(struct proof_share *s);
/* What is remembered led to nothing good. */
void share_forget(struct proof_share *s);

void share_head_put(
    struct proof_share *s, const struct head *h, struct span raw);
/* Only hashes: a body of another size is not remembered. */
void share_tile_put(struct proof_share *s, const char *url, struct span body);
/* NULL: it is not remembered. */
const struct buf *share_tile_get(const struct proof_share *s, const char *url);

#endif
