/*
 * natid: is this text a number that a state or an authority gave to a natural
 * person (reference pii.md 1.4)? Numbers are found and named, never decoded:
 * that one encodes a birth date is told, the date is not.
 */
#ifndef MONITOR_PII_NATID_H
#define MONITOR_PII_NATID_H

#include "ctlog/base/span.h"

#define NATID_REASONS 3

struct natid {
	/* Constants for the report, NULL-ended: the scheme, whose it is,
	 * what it encodes. */
	const char *reason[NATID_REASONS + 1];
	/* Digits alone, which prove themselves by a check digit: companies
	 * have such numbers too. */
	bool bare;
};

/* `country`: two letters of the countryName beside it, or empty. False when the
 * text is no such number. */
bool natid_read(struct natid *out, struct span text, struct span country);

/*
 * The number in a user principal name, which is a login made of it: the EDIPI
 * of "1234567890@mil", or the number of "<id>@<object identifier>". Empty
 * when the name is no such thing.
 */
struct span natid_of_upn(struct span upn);

/* natid_country.c: "of Estonia" for the code; NULL when it is not known. */
const char *natid_country(struct span code);

/* natid_scheme.c: the numbers of a country encode a birth date, and this one
 * does so where it should. */
bool natid_encodes_birth(struct span code, struct span number);

/* natid_scheme.c: what a number without any prefix is by its make and its check
 * character, a constant; NULL when nothing. *code becomes its country's. */
const char *natid_letters(struct span *code, struct span number);
/* The same of digits alone. `country` as above; when it is empty, only what
 * has a birth date inside as well. */
const char *natid_check(
    struct span *code, struct span number, struct span country);

#endif
