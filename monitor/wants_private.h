/* wants_private: between wants.c and wants_list.c. */
#ifndef MONITOR_WANTS_PRIVATE_H
#define MONITOR_WANTS_PRIVATE_H

#include "monitor/wants.h"

/* The log is the list's from then on; one that is there already is dropped. */
void wants_add(struct wants *w, struct want_log *log);

/* A URL with a final slash; and without that and the scheme. malloc'd. */
char *wants_base(const char *url);
char *wants_origin(const char *url);

/* The log on disk: wants_local.c. */
enum status wants_local(
    struct wants *out, const struct logs_opts *o, struct err *e);

/* --log names no other logs than built-in ones. */
bool wants_special_only(const struct logs_opts *o);
/* Of lists on the command line; ST_USAGE when a pattern matches nothing. */
enum status wants_strictly(
    struct wants *w, const struct logs_opts *o, struct err *e);
/* What logs.include takes. */
void wants_included(
    struct wants *w, const struct config *c, const struct lists *lists);
/* Without those that a pattern matches. */
void wants_exclude(struct wants *w, const struct conf_strings *patterns);

#endif
