/*
 * sha256: see sha256.h. Messages are cut into blocks and shared out to two
 * lanes; a lane that is through with its message takes the next one, so that
 * messages of different lengths keep both busy. The blocks themselves are
 * hashed by libcrypto here, or by the processor in sha256_x86.c.
 *
 * libcrypto's low-level functions are used on purpose: their state is a plain
 * struct, so a saved one is copied by assignment, and whole blocks are hashed
 * where they lie. EVP allocates for each copy of a context, and looks up the
 * algorithm again and again.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "ctlog/base/sha256.h"

#include <openssl/sha.h>

#include "ctlog/base/err.h"

/* Behind a message: the byte 80 and its length. */
#define TRAILER 9

const struct sha256_start sha256_initial = {
    {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
	0x1f83d9ab, 0x5be0cd19},
    0};

static void
plain_one(uint32_t h[8], const uint8_t *p, size_t blocks)
{
	SHA256_CTX ctx = {.md_len = SHA256_LEN};

	memcpy(ctx.h, h, sizeof(ctx.h));
	/* Whole blocks are not kept: the state is up to date behind them. */
	ASSERT(SHA256_Update(&ctx, p, blocks * SHA256_BLOCK));
	memcpy(h, ctx.h, sizeof(ctx.h));
}

const struct sha256_engine sha256_plain = {.name = "plain", .one = plain_one};

const struct sha256_engine *
sha256_engine(void)
{
	const struct sha256_engine *native = sha256_native();

	return native != NULL ? native : &sha256_plain;
}

/* One message under way. */
struct lane {
	uint32_t h[8];
	const uint8_t *p; /* blocks to be hashed next */
	size_t blocks;
	struct span head, body;         /* what comes behind them */
	uint64_t len;                   /* of the whole */
	uint8_t *out;                   /* NULL: no message */
	bool last;                      /* nothing comes behind them */
	uint8_t edge[2 * SHA256_BLOCK]; /* blocks that lie nowhere as such */
};

struct run {
	const struct sha256_engine *engine;
	const struct sha256_start *start;
	const struct sha256_text *next, *end;
};

static inline void
put_u64(uint8_t *out, uint64_t v)
{
	v = __builtin_bswap64(v);
	memcpy(out, &v, sizeof(v));
}

/* Whole blocks of a part, where they lie. */
static inline void
lane_part(struct lane *l, struct span *part)
{
	size_t whole = part->len / SHA256_BLOCK * SHA256_BLOCK;

	l->p = part->p;
	l->blocks = whole / SHA256_BLOCK;
	*part = span_of(part->p + whole, part->len - whole);
}

/* A block that is partly in the head and partly in the body. */
static inline void
lane_seam(struct lane *l)
{
	size_t more = SHA256_BLOCK - l->head.len;

	memcpy(l->edge, l->head.p, l->head.len);
	memcpy(l->edge + l->head.len, l->body.p, more);
	l->p = l->edge;
	l->blocks = 1;
	l->head.len = 0;
	l->body = span_of(l->body.p + more, l->body.len - more);
}

/* The rest of the message, 80, zeros, and its length in bits. */
static inline void
lane_end(struct lane *l)
{
	size_t n = l->head.len + l->body.len;
	size_t room = n + TRAILER > SHA256_BLOCK ? 2 : 1;
	uint8_t *edge = l->edge, *q = edge + room * SHA256_BLOCK - 8;

	/* Of constant lengths, so that it is no call. */
	memset(edge, 0, SHA256_BLOCK);
	if (room > 1)
		memset(edge + SHA256_BLOCK, 0, SHA256_BLOCK);
	if (l->head.len > 0)
		memcpy(edge, l->head.p, l->head.len);
	if (l->body.len > 0)
		memcpy(edge + l->head.len, l->body.p, l->body.len);
	edge[n] = 0x80;
	put_u64(q, l->len << 3);
	l->p = edge;
	l->blocks = room;
	l->last = true;
}

/* The blocks to be hashed next. */
static inline void
lane_fill(struct lane *l)
{
	if (l->head.len + l->body.len + TRAILER <= sizeof(l->edge))
		lane_end(l);
	else if (l->head.len >= SHA256_BLOCK)
		lane_part(l, &l->head);
	else if (l->head.len > 0)
		lane_seam(l);
	else
		lane_part(l, &l->body);
}

/* The next message; false when there is none. */
static inline bool
lane_take(struct lane *l, struct run *r)
{
	const struct sha256_text *t = r->next;

	if (t == r->end)
		return false;
	r->next++;
	memcpy(l->h, r->start->h, sizeof(l->h));
	l->head = t->head;
	l->body = t->body;
	l->len = r->start->len + t->head.len + t->body.len;
	l->out = t->out;
	l->last = false;
	lane_fill(l);
	return true;
}

/* So many blocks are done: on to those behind them, or to the next message;
 * false when there is none. */
static inline bool
lane_step(struct lane *l, struct run *r, size_t blocks)
{
	l->p += blocks * SHA256_BLOCK;
	l->blocks -= blocks;
	if (l->blocks > 0)
		return true;
	if (!l->last) {
		lane_fill(l);
		return true;
	}
	for (unsigned i = 0; i < 8; i += 2)
		put_u64(l->out + 4 * i, (uint64_t)l->h[i] << 32 | l->h[i + 1]);
	return lane_take(l, r);
}

/* While there are messages for both lanes; the lane that is left over. */
static struct lane *
run_two(struct run *r, struct lane *a, struct lane *b)
{
	size_t n;

	for (;;) {
		n = a->blocks < b->blocks ? a->blocks : b->blocks;
		r->engine->two(a->h, a->p, b->h, b->p, n);
		if (!lane_step(a, r, n))
			return lane_step(b, r, n) ? b : NULL;
		if (!lane_step(b, r, n))
			return a;
	}
}

void
sha256_run(const struct sha256_engine *e, const struct sha256_start *start,
    const struct sha256_text *texts, size_t num)
{
	struct run r = {e, start, texts, texts + num};
	struct lane a, b, *left = &a;
	size_t n;

	if (!lane_take(&a, &r))
		return;
	if (e->two != NULL && lane_take(&b, &r))
		left = run_two(&r, &a, &b);
	while (left != NULL) {
		n = left->blocks;
		e->one(left->h, left->p, n);
		if (!lane_step(left, &r, n))
			left = NULL;
	}
}

void
sha256_advance(const struct sha256_engine *e, struct sha256_start *start,
    const uint8_t block[SHA256_BLOCK])
{
	e->one(start->h, block, 1);
	start->len += SHA256_BLOCK;
}
