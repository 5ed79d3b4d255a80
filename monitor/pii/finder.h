/*
 * finder: private to the extractor (extract.c and find_*.c): where in the
 * certificate it is reading, and what becomes of a value. Everything is
 * decoded into the arena; what does not fit is counted, never dropped in
 * silence.
 */
#ifndef MONITOR_PII_FINDER_H
#define MONITOR_PII_FINDER_H

#include "ctlog/x509/chars.h"
#include "ctlog/x509/name.h"
#include "monitor/pii/address.h"
#include "monitor/pii/carrier.h"
#include "monitor/pii/extract.h"
#include "monitor/pii/person.h"
#include "monitor/pii/quiet.h"

struct finder {
	const struct carriers *carriers;
	const struct words *words;
	struct tlds *tlds;
	const struct cert *cert;
	struct findings *out;
	struct arena *arena;
	struct problems *problems;
	unsigned values; /* decoded so far: LIMIT_VALUES at most */
	unsigned num_commons;
	struct common *common; /* COMMONS of them */
	unsigned nested;       /* names inside names */
	struct dn *ext_dn;     /* attributes that stand as extensions */
	bool has_ext_dn, has_classes;
	uint32_t classes;   /* class_stated(), when it was asked for */
	struct quiet *keys; /* identifiers of the issuers' keys */
};

/* All that was read so far could be read, and that is known. */
static inline bool
find_is_calm(const struct finder *f)
{
	return !f->out->partial && f->problems != NULL && f->problems->num == 0;
}

/* Where a value stands. */
struct place {
	enum where where;
	enum pii_side side;
	const char *root; /* "subject", "bytes"; NULL: the extension `ext` */
	struct span ext;
	long index, sub; /* -1 = none: subject[2], ext[2.5.29.17][3][1] */
	struct span oid; /* finding.oid */
	const char *carrier;
	const char *reason; /* NULL: the last word of carrier */
	uint8_t tag;
	uint32_t flags;
};

/* A commonName that waits for its verdict, and the organizationName beside it.
 */
#define COMMONS 8
struct common {
	struct place place;
	struct der value, org;
	/* NULL; or of an address, the person's if there is one. */
	const struct carrier *personal;
};

/* find.c */

/* A value as text; place->tag and flags are set. False when it is none, or
 * the certificate has too many. */
bool find_decode(struct finder *f, struct place *p, struct chars *out,
    const struct der *value);

/* 8-bit text that cannot hold an address: not worth decoding. */
bool find_nothing(const struct der *value);

/* Text with percent-escapes undone, clean as find_decode leaves it; the flags
 * of the place tell. */
struct span find_unescape(struct finder *f, struct place *p, struct span text);

/* A finding, structured and of score 100, for the caller to amend; NULL when
 * it was there already, is empty, or there is no room. */
struct finding *find_add(struct finder *f, const struct place *p,
    enum pii_kind kind, struct span value, struct span canonical);
void find_reason(struct finding *out, const char *reason);

/* Nothing but an address. */
bool find_is_address(struct span text);

/* The addresses in one reading of a value; returns their number. */
unsigned find_addresses(struct finder *f, const struct place *p,
    struct span text, enum how how, enum pii_kind kind);
/* In all readings. Beside the first, readings only lend their spelling. */
unsigned find_addresses_in(struct finder *f, const struct place *p,
    const struct chars *c, enum how how, enum pii_kind kind);

/* Something at this place cannot be read: the rest is, and this is said. */
void find_cut(struct finder *f, const struct place *p, const char *what);

/* A value at this place is passed over, there being too many: it is counted,
 * and the first is said. */
void find_drop(struct finder *f, const struct place *p);

/* find_value.c: a value of a carrier that needs no more than itself. */
void find_value(struct finder *f, struct place *p, const struct carrier *c,
    const struct der *value);

/* What is odd about the place, for `inspect`. */
void find_problem(struct finder *f, const struct place *p, const char *what);

/* find_dn.c: the attributes of a Name (header included). */
void find_name(struct finder *f, const struct place *p, struct span name);
/* SEQUENCE OF Attribute { OID, SET OF value }: directory attributes, CSRs. */
void find_attributes(struct finder *f, const struct place *p, struct span list);
/* One attribute alone; attributes anywhere in a structure. */
void find_attribute(
    struct finder *f, const struct place *p, const struct name_attr *attr);
void find_loose_attributes(
    struct finder *f, const struct place *p, struct span ders);

/* find_person.c: a commonName, to be judged when all is read. */
void find_common_later(struct finder *f, const struct place *p,
    const struct der *value, const struct der *org);
/* What is personal when a commonName turns out to be a person's name. */
void find_personal_later(struct finder *f, const struct place *p,
    const struct der *value, const struct carrier *c);
void find_persons(struct finder *f);
/* The numbers that stand with a name. */
void find_numbers(
    struct finder *f, const struct place *at, const struct person *p);
/* What the certificate says of itself: class_stated(). */
uint32_t find_classes(struct finder *f);

/* find_general.c: GeneralNames in an extension value. */
void find_general_names(
    struct finder *f, const struct place *p, struct span names);
void find_general_name(
    struct finder *f, const struct place *p, const struct general_name *name);
/* find_uri.c */
void find_uri(struct finder *f, const struct place *p, struct span text);
/* The account that owns a source repository: a URI, or "owner/name". */
void find_repo(struct finder *f, const struct place *p, struct span text);

/* find_ext.c: one extension; addresses anywhere in nested TLVs. At the end,
 * what those say together that are attributes. */
void find_ext(struct finder *f, const struct cert_ext *e);
void find_ext_attrs(struct finder *f);
void find_strings(struct finder *f, const struct place *p, struct span ders);
/* The TLVs that a value holds: of a structure, or of an OCTET STRING or BIT
 * STRING around some. False when it has none; *in is then what it holds. */
bool find_inside(struct span *in, const struct der *value);
/* An extension that is not what it should be: addresses in what it is. */
void find_foreign(struct finder *f, const struct place *p, struct span value);
/* find_profile.c: extensions with a structure of their own. */
void find_profile(struct finder *f, struct place *p,
    const struct ext_carrier *c, struct span value);
/* find_raw.c: addresses in bytes of no known structure; `strict` takes only
 * what stands in a string that is whole. */
void find_raw(
    struct finder *f, const struct place *p, struct span bytes, bool strict);

#endif
