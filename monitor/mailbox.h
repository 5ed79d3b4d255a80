/*
 * mailbox: letters between two threads. The only place with a lock. A letter
 * has one owner at a time: who puts it forgets it.
 */
#ifndef MONITOR_MAILBOX_H
#define MONITOR_MAILBOX_H

#include <stdbool.h>

struct letter { /* begins whatever is sent */
	struct letter *next;
};

struct mailbox;

struct mailbox *mailbox_new(void);
void mailbox_free(struct mailbox *m);
void mailbox_put(struct mailbox *m, struct letter *l);
/* All letters, oldest first, NULL when there is none; with `wait` sleeps until
 * there is one. Drain the whole list: wake-ups coalesce. */
struct letter *mailbox_take(struct mailbox *m, bool wait);

#endif
