/*
 * logs_view: log lists and their logs as `indelible logs` shows them, for
 * people and as JSON Lines. Each log once, with the lists that it stands in.
 */
#ifndef MONITOR_LOGS_VIEW_H
#define MONITOR_LOGS_VIEW_H

#include "monitor/directory.h"
#include "monitor/listing.h"
#include "monitor/wants.h"

struct logs_view {
	bool json;
	const char *name; /* this log alone, in full; NULL: all */
	/* what the configuration follows; borrowed. NULL: that is not asked */
	const struct wants *wants;
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
/* The logs that are built in; those that are wanted and in no list. */
void logs_view_special(struct logs_view *v);
void logs_view_extra(struct logs_view *v);

/* To stdout: a line for a list; all logs, or the one; how many. */
void logs_view_list(const struct logs_view *v, const struct list_source *src,
    const struct loglist *list);
size_t logs_view_say(const struct logs_view *v);
/* To stderr: logs whose name is like the one that was not found. */
void logs_view_suggest(const struct logs_view *v);

/* For logs_table.c: a line for each log, in columns. */
void logs_table(const struct logs_view *v);
const char *logs_view_api(
    const struct logs_view *v, const struct loglist_log *l);
bool logs_view_follows(const struct logs_view *v, const struct hash *log_id);
void logs_view_lists(
    struct buf *out, const struct logs_view *v, const struct directory_log *at);

#endif
