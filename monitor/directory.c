/* directory: see directory.h. */
#include "monitor/directory.h"

#include <stdlib.h>

#include "ctlog/base/mem.h"

/* More is more alive. */
static unsigned
liveliness(enum loglist_state s)
{
	static const unsigned char of[] = {
	    [LOGLIST_REJECTED] = 0,
	    [LOGLIST_RETIRED] = 1,
	    [LOGLIST_READONLY] = 2,
	    [LOGLIST_NONE] = 3,
	    [LOGLIST_PENDING] = 4,
	    [LOGLIST_QUALIFIED] = 5,
	    [LOGLIST_USABLE] = 6,
	};

	ASSERT(s < sizeof(of));
	return of[s];
}

static struct directory_log *
find(const struct directory *d, const struct hash *log_id)
{
	for (size_t i = 0; i < d->num; i++)
		if (hash_eq(&d->log[i].log->log_id, log_id))
			return &d->log[i];
	return NULL;
}

const struct directory_log *
directory_find(const struct directory *d, const struct hash *log_id)
{
	return find(d, log_id);
}

static struct directory_log *
add(struct directory *d, const struct loglist_log *l)
{
	d->log = mem_grow(d->log, d->num + 1, sizeof(*d->log));
	d->log[d->num] = (struct directory_log){.log = l,
	    .state = l->state,
	    .state_ms = l->state_ms,
	    .mmd_s = l->mmd_s};
	return &d->log[d->num++];
}

void
directory_add(struct directory *d, const struct loglist *list)
{
	uint64_t bit =
	    1ull << (d->num_lists < DIRECTORY_LISTS ? d->num_lists
						    : DIRECTORY_LISTS - 1);

	for (size_t i = 0; i < list->num; i++) {
		const struct loglist_log *l = &list->log[i];
		struct directory_log *at = find(d, &l->log_id);

		if (at == NULL)
			at = add(d, l);
		at->lists |= bit;
		if (liveliness(l->state) > liveliness(at->state)) {
			at->state = l->state;
			at->state_ms = l->state_ms;
		}
		if (l->mmd_s > at->mmd_s)
			at->mmd_s = l->mmd_s;
		if (l->final_size > at->final_size) {
			at->final_size = l->final_size;
			at->final_root = l->final_root;
		}
	}
	d->num_lists++;
}

void
directory_fini(struct directory *d)
{
	free(d->log);
	*d = (struct directory){0};
}

bool
directory_is_usual(const struct directory_log *l)
{
	return l->log->type == LOGLIST_PROD && l->state != LOGLIST_RETIRED &&
	       l->state != LOGLIST_REJECTED;
}
