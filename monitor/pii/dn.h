/*
 * dn: private to the extractor: a distinguished name, or a list of attributes,
 * while it is read: what waits for the other attributes. find_dn.c reads the
 * attributes, find_common.c judges a commonName beside a structured name.
 */
#ifndef MONITOR_PII_DN_H
#define MONITOR_PII_DN_H

#include "monitor/pii/finder.h"

#define PARTS 8

/* One part of a name, or an attribute that waits for the others. */
struct part {
	struct name_attr attr;
	const struct carrier *carrier;
	struct chars text;
	struct place place;
};

struct parts {
	struct part part[PARTS];
	unsigned num;
};

struct dn {
	struct parts given, surname, common, personal, serial, unknown;
	struct der org;
	struct span country;
	uint32_t first; /* finding of this name */
	bool person;    /* has a personal number */
	bool pseudonym;
};

void dn_start(struct dn *dn, const struct finder *f);
void dn_read(struct finder *f, struct dn *dn, struct place *p,
    const struct name_attr *attr);
/* What the attributes say when they are all read. */
void dn_finish(struct finder *f, struct dn *dn);

/* find_serial.c: serialNumbers and what is read like them. */
void dn_put_serials(struct finder *f, struct dn *dn, bool named);
/* By its policy the certificate is that of a natural person. */
bool dn_is_personal(struct finder *f);

/* find_common.c: the readings number `i` of some parts, with blanks between. */
struct span dn_join(struct finder *f, const struct parts *a,
    const struct parts *b, unsigned reading);
/* Without the words that hold an at sign, in all readings; false when nothing is
 * left of the first. */
bool dn_drop_addresses(struct finder *f, struct chars *text);
/* A host or a URL: one word with a full stop or a slash in it. */
bool dn_is_host(struct span s);
/* A commonName beside givenName or surname. */
void dn_put_common(struct finder *f, const struct dn *dn, struct part *part);

#endif
