/*
 * inspect_say: what `inspect` says to people, in words: kinds, classes,
 * flags, confidence, and where in a certificate something stands.
 */
#ifndef MONITOR_INSPECT_SAY_H
#define MONITOR_INSPECT_SAY_H

#include "monitor/inspect.h"

/* "e-mail address", "e-mail addresses" */
const char *say_kind(enum pii_kind kind, bool several);
/* "an e-mail address", "3 names" */
void say_count(struct buf *out, enum pii_kind kind, uint32_t num);
/* "a certificate for e-mail ..."; empty when nothing more is to be said. */
void say_classes(struct buf *out, uint32_t classes);
const char *say_format(const struct inspection *i);
/* "a name", "possibly", "in other text"; NULL of what the field is made for */
const char *say_confidence(enum pii_confidence confidence);
/* A reason in plain words, without names of fields where there are others. */
const char *say_reason(const char *reason);
const char *say_flag(unsigned bit);
/* "the subject's e-mail field", "alternative names, no. 3" */
void say_place(struct buf *out, const struct finding *f);
/* The place says what this reason does. */
bool say_is_place(const char *reason);
/* The same of a problem's path: "the subject, no. 4". Empty when there are no
 * better words than the path. */
void say_path(struct buf *out, const char *path);

/*
 * What can be done about it, after `advice` that was given before and is
 * updated: each is worth saying once. Empty when all was said.
 */
void say_advice(struct buf *lead, struct buf *out, const struct inspection *i,
    struct inspect_advice *said);

#endif
