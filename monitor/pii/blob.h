/*
 * blob: what is kept of a record beside its keys, to judge a find by: policy
 * bits, and tags (cut keyed hashes, keys.h) of name tokens and qualifiers.
 * Written by compile*.c, read by match*.c; integers are big-endian.
 *
 *	email   head, [tag of the strict form, when BLOB_ALIAS]
 *	domain  head, u16 kinds (a bit each, enum pii_kind)
 *	name    head, u8 sets, set..., tags of domains, organisations,
 *	        countries, localities, e-mail addresses: u8 number, u64 tag
 *	        each (the last list came later: it may be missing)
 *	set     u8 groups, group...: the words of one spelling of the name
 *	group   u8 role << 4 | variants, u32 initial, (u64 tag, u32 prefix)...
 */
#ifndef MONITOR_PII_BLOB_H
#define MONITOR_PII_BLOB_H

#include "ctlog/base/rd.h"

/* The head: the version of the format and flags of the kind of record. */
#define BLOB_VERSION 1
enum blob_flag {
	BLOB_POLICY = 3, /* email: mask of enum email_policy */
	BLOB_ALIAS = 4,  /* email: has a second key, of the IDNA 2003 form */
	BLOB_SUBDOMAINS = 1, /* domain */
	BLOB_REQUIRE = 1,    /* name: nothing without a qualifier */
};
static inline uint8_t
blob_head(unsigned flags)
{
	return (uint8_t)(BLOB_VERSION << 4 | flags);
}
/* The flags; 0 when there is no blob of this version. */
static inline unsigned
blob_flags(struct span blob)
{
	return blob.len > 0 && blob.p[0] >> 4 == BLOB_VERSION ? blob.p[0] & 15u
							      : 0;
}

/* What a word is in a name; a group without a role belongs to an alias, which
 * matches as a whole only, as does the name itself without a blank. */
enum blob_role {
	ROLE_GIVEN = 1,
	ROLE_SURNAME = 2,
	ROLE_FIRST = 4,  /* of the first given name */
	ROLE_JOINED = 8, /* all of the name */
};

#define BLOB_SETS 16
#define BLOB_VARIANTS 6
#define BLOB_QUALIFIERS 64 /* of each sort */

enum qualifier {
	QUAL_DOMAIN,
	QUAL_ORG,
	QUAL_COUNTRY,
	QUAL_LOCALITY,
	QUAL_EMAIL,
	QUALS
};

#endif
