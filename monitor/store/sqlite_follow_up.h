/*
 * sqlite_follow_up: alerts that were told without a proof and then rewound. Who
 * was told, or may have been, is told that, too (outbox rows of topic 1), once;
 * when the exposure is proven later after all, what was told so is set right.
 * Private to the SQLite backend.
 */
#ifndef MONITOR_STORE_SQLITE_FOLLOW_UP_H
#define MONITOR_STORE_SQLITE_FOLLOW_UP_H

#include "monitor/store/sqlite.h"

/* The verb: these rows may have arrived from now on. */
enum status sqlite_outbox_begin(struct store *s, const int64_t *rows,
    size_t num, int64_t now_ms, struct err *e);
/* Before a rewind takes back what of this stretch is not proven. */
enum status sqlite_follow_up_keep(
    struct store *s, const struct stretch *at, int64_t now_ms, struct err *e);
/* Nothing is seen of this exposure any more: *told says whether somebody was
 * told, or may have been; they get a row, and nobody else one of topic 0. */
enum status sqlite_follow_up_put(struct store *s, int64_t exposure,
    const struct store_rewound *io, bool *told, struct err *e);
/* Before what this commit proves is marked so: a follow-up that did not begin
 * to be sent goes; where one did, or the alert may never have arrived, the
 * alert is due again, under its id, proven. */
enum status sqlite_follow_up_end(
    struct store *s, const struct store_commit *c, struct err *e);
/* The sighting that was taken back becomes the only one; *since_ms: when. */
enum status sqlite_follow_up_get(struct store *s, struct exposure *x,
    int64_t exposure, int64_t *since_ms, struct err *e);

#endif
