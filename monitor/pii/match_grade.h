/*
 * match_grade: a name in a certificate against the words of a record: how well
 * one has the other (reference pii.md 5.2). Only match_name.c includes this.
 */
#ifndef MONITOR_PII_MATCH_GRADE_H
#define MONITOR_PII_MATCH_GRADE_H

#include "monitor/pii/blob.h"
#include "monitor/pii/normal.h"

/* Points for a name (reference pii.md 5.5). */
enum points {
	POINTS_FULL = 50,
	POINTS_SUBSET = 45,
	POINTS_PAIR = 35,
	POINTS_INITIAL = 10,
	POINTS_STRUCTURED = 20,
	POINTS_NAME = 10,
	POINTS_POSSIBLE = -10,
	POINTS_DOMAIN = 40,
	POINTS_ORG = 25,
	POINTS_ORG_ID = 40,
	POINTS_COUNTRY = 10,
	POINTS_OTHER_COUNTRY = -25,
	POINTS_LOCALITY = 10,
	POINTS_FOREIGN = -20,
	POINTS_COMMON = -20,
};

/* A name as it stands in the certificate, in one reading of it. */
struct reading {
	uint32_t finding;
	bool tagged; /* the tags are made: something was found */
	unsigned num;
	unsigned cut; /* the token that may be cut; NAME_TOKENS: none */
	struct span token[NAME_TOKENS];
	uint64_t tag[NAME_TOKENS];
	uint32_t initial[NAME_TOKENS]; /* of tokens of one letter */
	uint32_t prefix;               /* of the one that may be cut */
};

/* What a record and a reading have in common. */
struct grade {
	int points;
	const char *rule, *why;
	bool alone; /* at most two words: needs a qualifier */
	bool weak;  /* needs a strong one */
	unsigned foreign;
	bool cut;
};

int grade_points(const struct grade *g);

/* Read the sets of a name's blob and grade the reading against each; the best
 * of them. false when the record has nothing in common with it, or the blob is
 * damaged. */
bool grade_record(struct grade *best, struct rd *blob, const struct reading *t);

#endif
