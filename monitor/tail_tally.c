/* tail_tally: see tail_tally.h. */
#include "monitor/tail_tally.h"

#include "monitor/tally.h"

static void
tally_end(struct tallies *out, struct tally *sum, uint64_t end)
{
	struct store_tally *t = &out->list[out->num++];

	t->end = end;
	t->list = tally_counts(sum, &t->num);
	tally_clear(sum);
}

void
tallies_make(struct tallies *out, struct tally *sum, const struct haul *hauls,
    const uint64_t at[2])
{
	*out = (struct tallies){0};
	for (const struct haul *h = hauls; h != NULL; h = h->next) {
		tally_add(sum, h->tally);
		if (h->next == NULL || h->end == at[0] || h->end == at[1])
			tally_end(out, sum, h->end);
	}
}

void
tallies_fini(struct tallies *t)
{
	for (size_t i = 0; i < t->num; i++)
		free((void *)(uintptr_t)t->list[i].list);
}
