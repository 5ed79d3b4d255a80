/*
 * keys: what is hashed under which label, for records and for certificates
 * alike. A key finds a record in the index, a tag is a hash cut to a few bytes
 * that stands in a record's blob. The labels keep the kinds apart: a relaxed
 * form of an address never finds a record that wants the strict one.
 */
#ifndef MONITOR_PII_KEYS_H
#define MONITOR_PII_KEYS_H

#include "ctlog/base/arena.h"
#include "monitor/pii/match.h"

/* Of a canonical address, or of its form relaxed under this policy. */
void key_email(
    struct keyer *k, uint8_t out[32], struct span address, unsigned policy);

/* The part of a policy that changes anything for this address: the dots are
 * meaningful everywhere but at Gmail. */
unsigned key_policy(struct span address, unsigned policy);

/* Of an A-label domain. */
void key_domain(struct keyer *k, uint8_t out[32], struct span domain);

/* Of a set of name tokens, which are put into order here, each once. false
 * when there are none or they are too long to be a name. */
#define NAME_KEY_MAX 1024u
bool key_name(
    struct keyer *k, uint8_t out[32], struct span *tokens, unsigned num);

/* A name token; what of it may be left: its first letter, or its first three
 * (0 when it has fewer). */
uint64_t tag_token(struct keyer *k, struct span token);
uint32_t tag_initial(struct keyer *k, struct span token);
uint32_t tag_prefix(struct keyer *k, struct span token);

/* Characters of well-formed UTF-8. */
size_t num_chars(struct span utf8);

/* Of a canonical address. */
uint64_t tag_email(struct keyer *k, struct span address);

/* Of an organizationIdentifier (ETSI EN 319 412-1 5.1.4: "VATDE-123456789");
 * 0 when the text is none. */
uint64_t tag_organization_id(struct keyer *k, struct span text);
/* The country in an identifier of that form, of whatever holder; empty when it
 * names none. */
struct span identifier_country(struct span text);

/* Qualifiers, from UTF-8 as given; 0 when nothing is left of the value. Legal
 * forms of organisations do not count: "Example GmbH" is "EXAMPLE". */
uint64_t tag_domain(struct keyer *k, struct span domain);
uint64_t tag_organization(struct keyer *k, struct arena *a, struct span name);
uint64_t tag_country(struct keyer *k, struct arena *a, struct span code);
uint64_t tag_locality(struct keyer *k, struct arena *a, struct span name);

#endif
