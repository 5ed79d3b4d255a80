/* memory_tally: counters of certificates and findings; see sqlite_tally.c. */
#include "ctlog/base/mem.h"
#include "monitor/store/memory.h"

static void
add(struct store *s, size_t stretch, uint64_t end, const struct store_count *c)
{
	struct mem_tally *t;

	for (size_t i = 0; i < s->num_tallies; i++) {
		t = &s->tallies[i];
		if (t->stretch != stretch || t->end != end ||
		    t->what != c->what || t->kind != c->kind ||
		    t->side != c->side || strcmp(t->label, c->label) != 0)
			continue;
		t->n += c->n;
		return;
	}
	s->tallies = memory_room(s->tallies, s->num_tallies, sizeof(*t));
	s->tallies[s->num_tallies++] = (struct mem_tally){
	    stretch, end, c->what, mem_str(c->label), c->kind, c->side, c->n};
}

void
memory_tallies_put(
    struct store *s, size_t stretch, const struct store_commit *c)
{
	for (size_t i = 0; i < c->num_tallies; i++)
		for (size_t k = 0; k < c->tallies[i].num; k++)
			add(s, stretch, c->tallies[i].end,
			    &c->tallies[i].list[k]);
}

static void
drop(struct store *s, size_t i)
{
	free(s->tallies[i].label);
	s->tallies[i] = s->tallies[--s->num_tallies];
}

void
memory_tallies_prove(struct store *s, size_t stretch, uint64_t proven)
{
	for (size_t i = 0; i < s->num_tallies;) {
		struct mem_tally t = s->tallies[i];
		struct store_count c = {t.what, t.label, t.kind, t.side, t.n};

		if (t.stretch != stretch || t.end == 0 || t.end > proven) {
			i++;
			continue;
		}
		add(s, stretch, 0, &c);
		drop(s, i);
	}
}

void
memory_tallies_undo(struct store *s, size_t stretch)
{
	for (size_t i = 0; i < s->num_tallies;)
		if (s->tallies[i].stretch == stretch && s->tallies[i].end > 0)
			drop(s, i);
		else
			i++;
}

void
memory_tallies_join(struct store *s, size_t to, size_t from)
{
	for (size_t i = 0; i < s->num_tallies;) {
		struct mem_tally t = s->tallies[i];
		struct store_count c = {t.what, t.label, t.kind, t.side, t.n};

		if (t.stretch != from) {
			i++;
			continue;
		}
		add(s, to, t.end, &c);
		drop(s, i);
	}
}

static bool
same_counter(const struct store *s, size_t i, size_t k)
{
	const struct mem_tally *a = &s->tallies[i], *b = &s->tallies[k];

	return b->end == 0 &&
	       s->stretches[a->stretch].log == s->stretches[b->stretch].log &&
	       a->what == b->what && a->kind == b->kind && a->side == b->side &&
	       strcmp(a->label, b->label) == 0;
}

enum status
memory_tallies(struct store *s, store_count_fn *fn, void *arg, struct err *e)
{
	(void)e;
	for (size_t i = 0; i < s->num_tallies; i++) {
		const struct mem_tally *t = &s->tallies[i];
		struct store_count c = {t->what, t->label, t->kind, t->side, 0};
		bool before = false;

		for (size_t k = 0; t->end == 0 && k < s->num_tallies; k++) {
			if (!same_counter(s, i, k))
				continue;
			before |= k < i;
			c.n += s->tallies[k].n;
		}
		if (t->end == 0 && !before)
			fn(arg, &s->stretches[t->stretch].x.log_id, &c);
	}
	return ST_OK;
}
