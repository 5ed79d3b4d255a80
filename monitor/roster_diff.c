/* roster_diff: see roster_diff.h. */
#include "monitor/roster_diff.h"

#include <stdlib.h>
#include <string.h>

#include "ctlog/base/mem.h"

/* A shard listed for less than this has its whole life before it. */
#define YOUNG_MS (30ll * 86400 * 1000)

static void
change_add(struct roster_changes *c, enum roster_act act,
    const struct want_log *was, const struct want_log *is)
{
	c->list = mem_grow(c->list, c->num + 1, sizeof(*c->list));
	c->list[c->num++] = (struct roster_change){act, was, is};
}

void
roster_changes_fini(struct roster_changes *c)
{
	free(c->list);
	*c = (struct roster_changes){0};
}

static const struct want_log *
find(const struct wants *w, const struct hash *log_id)
{
	for (size_t i = 0; i < w->num; i++)
		if (hash_eq(logkey_id(w->list[i].key), log_id))
			return &w->list[i];
	return NULL;
}

/* Who has taken its place, by URL or else by name. */
static const struct want_log *
successor(const struct wants *was, const struct wants *is,
    const struct want_log *gone)
{
	const struct want_log *namesake = NULL;

	for (size_t i = 0; i < is->num; i++) {
		const struct want_log *w = &is->list[i];

		if (find(was, logkey_id(w->key)) != NULL)
			continue;
		if (strcmp(w->url, gone->url) == 0)
			return w;
		if (strcmp(w->name, gone->name) == 0)
			namesake = w;
	}
	return namesake;
}

static bool
is_elsewhere(const struct want_log *was, const struct want_log *is)
{
	return strcmp(was->url, is->url) != 0 || was->api != is->api ||
	       strcmp(was->origin, is->origin) != 0;
}

static void
diff_stays(struct roster_changes *out, const struct want_log *was,
    const struct want_log *is)
{
	if (is_elsewhere(was, is))
		change_add(out, ROSTER_MOVE, was, is);
	if (was->state != is->state)
		change_add(out, ROSTER_STATE, was, is);
}

void
roster_diff(struct roster_changes *out, const struct wants *was,
    const struct wants *is, const struct directory *all)
{
	*out = (struct roster_changes){0};
	for (size_t i = 0; i < was->num; i++) {
		const struct want_log *w = &was->list[i], *now, *next;
		const struct hash *id = logkey_id(w->key);

		if ((now = find(is, id)) != NULL)
			diff_stays(out, w, now);
		else if (w->state == LOGLIST_RETIRED)
			continue; /* it leaves already */
		else if (directory_find(all, id) != NULL)
			change_add(out, ROSTER_LEAVE, w, NULL);
		else if ((next = successor(was, is, w)) != NULL)
			change_add(out, ROSTER_REPLACE, w, next);
		else
			change_add(out, ROSTER_VANISH, w, NULL);
	}
	for (size_t i = 0; i < is->num; i++)
		if (find(was, logkey_id(is->list[i].key)) == NULL)
			change_add(out, ROSTER_START, NULL, &is->list[i]);
}

bool
roster_is_young(const struct want_log *w, int64_t now_ms, bool now)
{
	if (w->state == LOGLIST_READONLY || w->state == LOGLIST_RETIRED ||
	    w->state == LOGLIST_REJECTED)
		return false; /* the time is of its end, not of its birth */
	if (w->since_ms == 0)
		return now;
	return now_ms - w->since_ms <= YOUNG_MS;
}
