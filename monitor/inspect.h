/*
 * inspect: private to `indelible inspect`: certificates out of any input, and
 * the two forms of what is found in one. The command is cmd_inspect.c.
 */
#ifndef MONITOR_INSPECT_H
#define MONITOR_INSPECT_H

#include "ctlog/base/buf.h"
#include "ctlog/merkle/hash.h"
#include "monitor/pii/extract.h"

/* One thing of an input that is, or should be, a certificate. */
struct inspect_item {
	struct span bytes;
	const char *problem; /* of what it was wrapped in (PEM), or NULL */
};

/*
 * The items of an input one after the other: PEM blocks, base64 without the
 * lines around it, or DER one behind the other. Of an input without any, one
 * item with all its bytes. `scratch` holds what PEM is decoded to.
 */
struct inspect_items {
	struct span left;
	enum { INSPECT_START, INSPECT_PEM, INSPECT_DER, INSPECT_END } state;
	bool any;
	struct buf scratch;
};
bool inspect_next(struct inspect_items *it, struct inspect_item *out);

/* One certificate with all that was found. */
struct inspection {
	const char *file; /* as given */
	unsigned index;
	struct cert cert;
	struct findings findings;
	struct facts facts;
	struct problems problems;
	struct hash sha256, family;
};

/* A line of JSON (interface.md section 4). */
void inspect_json(struct buf *out, const struct inspection *i, bool reveal);

/* For people. `colour`: with terminal escapes of our own. */
void inspect_text(
    struct buf *out, const struct inspection *i, bool reveal, bool colour);

/* The value, or the canonical form, as it may be shown: without --reveal no
 * numbers of people, birth dates, addresses and phones. */
void inspect_value(
    struct buf *out, const struct finding *f, struct span value, bool reveal);

/* "parsed", "partial", "unparsed" */
const char *inspect_status(const struct inspection *i);

#endif
