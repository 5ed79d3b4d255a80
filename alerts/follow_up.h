/*
 * follow_up: somebody was alerted before the log had proven the entry, and it
 * turned out that it could not be proven. What that means is said to those who
 * were told; its words for machines are here.
 */
#ifndef ALERTS_FOLLOW_UP_H
#define ALERTS_FOLLOW_UP_H

#include "alerts/sink.h"

/* First 16 bytes of SHA-256 over "indelible/follow-up/1" and the alert's id. */
void follow_up_id(uint8_t id[16], const uint8_t alert[16]);

/* What happened, and what it means, for people. */
extern const char follow_up_what[], follow_up_meaning[];

/* A misbehaviour event about the log that x was seen in, of one line without a
 * line end: dev.indelible.log.misbehaviour.v1, kind alert-withdrawn. */
void follow_up_json(const struct message *m, struct buf *out);

#endif
