/*
 * natid: is this text a number that a state or an authority gave to a natural
 * person (reference pii.md 1.4)? Numbers are found and named, never decoded.
 */
#ifndef MONITOR_PII_NATID_H
#define MONITOR_PII_NATID_H

#include "ctlog/base/span.h"

/* Why it is one, as a constant for the report; NULL when it is none. Shapes
 * that stand for nothing else, and bare numbers that prove themselves by a
 * check letter. */
const char *natid_reason(struct span text);

/*
 * The number in a user principal name, which is a login made of it: the EDIPI
 * of "1234567890@mil", or the number of "<id>@<object identifier>". Empty
 * when the name is no such thing.
 */
struct span natid_of_upn(struct span upn);

#endif
