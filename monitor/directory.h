/*
 * directory: several log lists as one: each log once, by its log_id, for names
 * and URLs differ from list to list. What is told of a log is what the first
 * of the lists says that has it; but it is as alive as any of them says, for a
 * browser that gives a log up does not end it.
 */
#ifndef MONITOR_DIRECTORY_H
#define MONITOR_DIRECTORY_H

#include "ctlog/wire/loglist.h"

/* Lists beyond these are not told apart. */
#define DIRECTORY_LISTS 64

struct directory_log {
	const struct loglist_log *log; /* of the first list that has it */
	enum loglist_state state;      /* the liveliest */
	int64_t state_ms;              /* of that; 0 unknown */
	uint32_t mmd_s;                /* the longest, which is the safe one */
	uint64_t final_size;           /* of the final head; 0 unknown */
	struct hash final_root;
	uint64_t lists; /* bit i: list i has it */
};

struct directory {
	size_t num, num_lists;
	struct directory_log *log;
};

/* Borrows the list. */
void directory_add(struct directory *d, const struct loglist *list);
void directory_fini(struct directory *d);
/* NULL: in none of them. */
const struct directory_log *directory_find(
    const struct directory *d, const struct hash *log_id);

/* Followed without being named exactly: in production, and not over. */
bool directory_is_usual(const struct directory_log *l);

#endif
