/*
 * notice: something that the operator is told by an event, other than what a
 * tail tells of its log. The same is told once a day.
 */
#ifndef MONITOR_NOTICE_H
#define MONITOR_NOTICE_H

#include <sys/queue.h>

#include "ctlog/base/buf.h"
#include "monitor/writer.h"

struct notice {
	STAILQ_ENTRY(notice) link;
	char *type, *subject;
	struct buf data; /* a JSON object without its closing brace */
	int64_t time_ms;
	struct task task;      /* while it is being stored */
	struct notices *queue; /* where it goes back to when that fails */
	struct writer *writer;
};
STAILQ_HEAD(notice_list, notice);

/* Those that are not stored yet. */
struct notices {
	struct notice_list list;
	/* Some was stored: the courier has work. May be NULL. */
	void (*on_stored)(void *arg);
	void *arg;
};
void notices_init(struct notices *q, void (*on_stored)(void *), void *arg);
void notices_fini(struct notices *q);

/* type: "loglist.refused"; both strings are copied. */
struct notice *notice_new(const char *type, const char *subject);
/* Add a member; NULL adds nothing. */
void notice_text(struct notice *n, const char *name, const char *value);
void notice_base64(struct notice *n, const char *name, struct span value);
/* The notice is the queue's from then on. */
void notices_add(struct notices *q, struct notice *n);

/* Store all, on the store's own thread, before there is a writer. */
enum status notices_store(struct notices *q, struct store *s, struct err *e);
/* Hand all to the writer. What cannot be stored comes back, to be handed over
 * again later. The queue outlives the writer's work. */
void notices_submit(struct notices *q, struct writer *w);

#endif
