/*
 * advice: what the person can do now, best first (reference pii.md 8.1, 8.4),
 * and how the CA is reached (8.5). Constants only.
 */
#ifndef ALERTS_ADVICE_H
#define ALERTS_ADVICE_H

#include "alerts/alert.h"

enum advice_id {
	ADVICE_ISSUER,
	ADVICE_FULCIO,
	ADVICE_SMIME,
	ADVICE_TLS_NAME,
	ADVICE_RENEWAL,
	ADVICE_TEMPLATE,
	ADVICE_NUMBER,
	ADVICE_ADDRESS,
	ADVICE_REVOKE,
	ADVICE_ASK,
	ADVICE_AUTHORITY,
	NUM_ADVICES
};

struct advice {
	const char *name; /* by which mails have their own words for it */
	const char *text;
};
extern const struct advice advices[NUM_ADVICES];

#define ADVICE_MAX 8

/* What the kinds and the class of certificate call for. */
size_t alert_advice(
    const struct advice *out[ADVICE_MAX], const struct exposure *x);

/* That it stays where it is. */
extern const char alert_permanence[];

/* How to find out whom to write to, for a CA that is in no directory. */
extern const char alert_ca_unknown[];

#endif
