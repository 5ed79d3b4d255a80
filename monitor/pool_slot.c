/*
 * pool_slot: slots and the memory of their bodies: which are free, and who may
 * have how much. Not here: what happens in a slot (pool.c).
 *
 * `reserved` is what the bodies of taken slots may need, `kept` what those of
 * free slots still hold; together never more than conf.memory, unless a single
 * body is as large as that.
 */
#include <sys/mman.h>

#include "ctlog/base/mem.h"
#include "monitor/pool_main.h"

/* For so long a refused first request keeps its place free of others. */
#define HUNGER_S 1.0

/* --- memory of free slots -------------------------------------------------- */

/* The largest page that a system has: memory is given back in whole pages, and
 * refused when it is asked for from the middle of one on. */
#define PAGE ((size_t)64 << 10)

static size_t
whole_pages(size_t len)
{
	return (len + PAGE - 1) / PAGE * PAGE;
}

/* Leave a free slot no more than `len` bytes of memory, in whole pages. */
static void
body_trim(struct pool *p, unsigned no, size_t len)
{
	len = whole_pages(len);
	if (p->touched[no] <= len)
		return;
	madvise(p->map.body[no] + len, p->conf.body_limit - len, MADV_REMOVE);
	p->kept -= p->touched[no] - len;
	p->touched[no] = len;
}

/* What free slots keep all together: memory that is given back has to be zeroed
 * before it is used again, which takes longer than receiving into it. */
static size_t
most_kept(const struct pool *p)
{
	size_t most = p->conf.memory / 4, left = 0;

	if (p->reserved < p->conf.memory)
		left = p->conf.memory - p->reserved;
	return most < left ? most : left;
}

/* Take memory from free slots, those that were used last at the end. */
static void
bodies_trim(struct pool *p)
{
	for (unsigned i = 0; i < p->num_free && p->kept > most_kept(p); i++)
		body_trim(p, p->free[i], 0);
}

/* A reply that was not worth work may have filled all of its room. */
static size_t
body_touched(const struct pool *p, const struct slot *s)
{
	size_t len = s->order.body_len > 0 ? s->order.body_len : s->room;

	len = whole_pages(len);
	return len > p->touched[s->no] ? len : p->touched[s->no];
}

/* --- who may have how much -------------------------------------------------- */

static bool
has_room(const struct pool *p, size_t room)
{
	return p->num_free > 0 &&
	       (p->reserved == 0 || p->reserved + room <= p->conf.memory);
}

/* Nobody takes more than is left over for others. So n logs that all want as
 * much as they can get have 1/(n + 1) each, and one alone has half. */
static bool
is_fair(const struct pool *p, const struct pool_share *who, size_t room)
{
	return who->slots < p->num_free &&
	       who->memory + room <= p->conf.memory - p->reserved - room;
}

/* Somebody who cannot go on was refused, and this would be in the way. */
static bool
is_in_the_way(const struct pool *p, size_t room)
{
	return ev_now(p->loop) < p->hungry_until &&
	       (p->num_free < 2 ||
		   p->reserved + room + p->hungry_room > p->conf.memory);
}

struct slot *
pool_slot(struct pool *p, struct pool_share *who, size_t room, bool first)
{
	struct slot *s;
	bool fits;

	if (room > p->conf.body_limit)
		room = p->conf.body_limit;
	fits = has_room(p, room);
	if (first) {
		p->hungry_until = fits ? 0 : ev_now(p->loop) + HUNGER_S;
		p->hungry_room = room;
	} else if (is_in_the_way(p, room) || !is_fair(p, who, room)) {
		return NULL;
	}
	if (!fits)
		return NULL;
	s = &p->slot[p->free[--p->num_free]];
	body_trim(p, s->no, room);
	p->kept -= p->touched[s->no];
	p->reserved += room;
	bodies_trim(p);
	who->memory += room;
	who->slots++;
	*s = (struct slot){.no = s->no, .body = s->body, .room = room};
	s->share = who;
	return s;
}

/* Whoever had it counts it no more, though a worker may still be busy. */
static void
slot_disown(struct slot *s)
{
	if (s->share == NULL)
		return;
	s->share->memory -= s->room;
	s->share->results -= s->held;
	s->share->slots--;
	s->share = NULL;
}

void
pool_hold(struct pool *p, struct slot *s)
{
	s->held = s->result.len;
	s->share->results += s->held;
	p->results += s->held;
}

/* As with bodies (is_fair): n logs with large results have 1/(n + 1) each, and
 * those of others go on. */
bool
pool_may_hold(const struct pool *p, const struct slot *s)
{
	size_t left = 0;

	if (p->results < p->conf.memory)
		left = p->conf.memory - p->results;
	return s->share->results <= left;
}

void
pool_release(struct pool *p, struct slot *s)
{
	slot_disown(s);
	if (s->working) {
		s->abandoned = true;
		return;
	}
	buf_fini(&s->result);
	pool_index_leave(p, s);
	p->reserved -= s->room;
	p->results -= s->held;
	p->touched[s->no] = body_touched(p, s);
	p->kept += p->touched[s->no];
	p->free[p->num_free++] = s->no;
	bodies_trim(p);
}
