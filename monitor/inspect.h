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
 * lines around it, DER one behind the other, or what PKCS #7 in one of these
 * holds. Of an input without any, one item with all its bytes, or none of
 * them when it is a private key. `scratch` holds what PEM is decoded to.
 */
struct inspect_items {
	struct span left;
	struct span inner; /* certificates left of a block of PKCS #7 */
	enum { INSPECT_START, INSPECT_PEM, INSPECT_DER, INSPECT_END } state;
	bool any;
	bool key;          /* a private key was passed over */
	const char *other; /* what else was, in words */
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
	uint32_t matched; /* kinds of --fail-on that it has */
};

/* A line of JSON (interface.md section 4). */
void inspect_json(struct buf *out, const struct inspection *i, bool reveal);

/* What people were told that can be done: by how public it is, bits of the ways
 * out. */
struct inspect_advice {
	uint32_t ways[4];
};

/* How the report for people looks; {0} but for `width` is the plainest. */
struct inspect_style {
	bool reveal, colour;
	bool terminal;  /* words longer than a line are broken */
	unsigned width; /* columns */
	enum { INSPECT_NOTHING, INSPECT_LINE, INSPECT_BLOCK } last; /* put */
	struct inspect_advice advice; /* given so far */
};

/* For people. Nothing found is one line; else a block between blank lines. */
void inspect_text(
    struct buf *out, const struct inspection *i, struct inspect_style *style);

/* A value, or a canonical form, of finding `f` as it may be shown: without
 * `reveal` no numbers of people, birth dates, addresses and phones, and no
 * such number inside an address or a name. */
void inspect_value(struct buf *out, const struct inspection *i,
    const struct finding *f, struct span value, bool reveal);
/* The whole value is masked; else only numbers in it. */
bool inspect_is_masked(enum pii_kind kind);

/* "parsed", "partial", "unparsed" */
const char *inspect_status(const struct inspection *i);

/* It is the subject's, and more than possible: what --fail-on and the
 * summary count. */
static inline bool
inspect_counts(const struct finding *f)
{
	return f->side == SIDE_SUBJECT && f->confidence <= CONF_NAME;
}

/* All that one run has seen, for its last line. */
struct inspect_tally {
	uint64_t files, unread, empty; /* empty: without a certificate */
	uint64_t certificates, with, matched;
	uint64_t kind[PII_KINDS]; /* certificates that have it */
};
void inspect_count(struct inspect_tally *t, const struct inspection *i);
/* One line; `fail_on`: say how many match. */
void inspect_summary(
    struct buf *out, const struct inspect_tally *t, bool fail_on);

#endif
