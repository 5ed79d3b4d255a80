/*
 * logs_view: log lists and their logs as `indelible logs` shows them, for
 * people and as JSON Lines. Each log once, with the lists that it stands in.
 */
#ifndef MONITOR_LOGS_VIEW_H
#define MONITOR_LOGS_VIEW_H

#include "monitor/directory.h"
#include "monitor/listing.h"

struct logs_view {
	bool json;
	const char *name; /* this log alone, in full; NULL: all */
	struct directory all;
	/* of each list that was added */
	struct logs_view_list {
		char *label;
		bool is_signed;
		struct loglist list;
	} * lists;
	size_t num_lists;
};
void logs_view_fini(struct logs_view *v);

/* The list is the view's from then on. */
void logs_view_add(
    struct logs_view *v, const struct list_source *src, struct loglist *list);
/* The logs that are built in. */
void logs_view_special(struct logs_view *v);

/* To stdout: a line for a list; all logs, or the one; how many. */
void logs_view_list(const struct logs_view *v, const struct list_source *src,
    const struct loglist *list);
size_t logs_view_say(const struct logs_view *v);

#endif
