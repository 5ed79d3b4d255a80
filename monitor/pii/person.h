/*
 * person: is this text the name of a person? (reference pii.md 4.) For a
 * commonName, which may be a host, an address, a company, a machine or a
 * person. First the shapes of national certificates, then what is surely
 * something else, then a sum of points; every point has its reason, and the
 * reasons go into the alert.
 */
#ifndef MONITOR_PII_PERSON_H
#define MONITOR_PII_PERSON_H

#include "monitor/pii/extract.h"
#include "monitor/pii/words.h"

struct tlds;

enum verdict {
	PERSON_NAME,     /* 50 points or more */
	PERSON_POSSIBLE, /* 25 or more */
	PERSON_NUMBER,   /* a national number and no name */
	PERSON_PSEUDONYM,
	PERSON_GROUP,
	PERSON_ORG,
	PERSON_HOST,
	PERSON_EMAIL,
	PERSON_IP,
	PERSON_URI,
	PERSON_OPAQUE,
	PERSON_OTHER
};

/* What the certificate says besides. */
struct person_in {
	struct span text;         /* UTF-8, as it is to be shown */
	struct span org;          /* organizationName, canonical as a name */
	const struct span *local; /* local parts of its addresses, canonical */
	unsigned num_local;
	uint32_t classes; /* bit set over enum cert_class */
	bool ca;
	bool numbered; /* it has a personal number somewhere */
	struct tlds *tlds;
};

struct person {
	enum verdict verdict;
	int score;           /* the sum; may be below 0 or above 100 */
	struct span name;    /* for people, in display order */
	struct span also;    /* the same in another script; may be empty */
	struct span number;  /* national number that stood with it */
	struct span account; /* number of an account that did */
	const char *number_reason;
	bool sole_trader, is_org;            /* marked so; O is the same */
	const char *reason[FINDING_REASONS]; /* constants, NULL-ended */
};

/* Spans point into in->text or the arena. */
void person_judge(struct person *out, const struct words *w, struct arena *a,
    const struct person_in *in);

/* What in the text is the name, and the numbers that stand with it, when it is
 * known to be a person's: only name, also, number(_reason), account are set.
 */
void person_bare(struct person *out, const struct words *w, struct arena *a,
    struct span text);

const char *verdict_name(enum verdict v);

/* A commonName that is a host name and nothing else, told by its bytes: quick,
 * for the many (tlds.c). */
struct tlds *tlds_new(void);
void tlds_free(struct tlds *t);
bool person_is_host(struct tlds *t, struct span ascii);

#endif
