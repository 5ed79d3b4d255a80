/*
 * severity: how bad an exposure is (reference pii.md 8.2), and which
 * mailboxes belong to a role and not to a person (5.3).
 */
#ifndef ALERTS_SEVERITY_H
#define ALERTS_SEVERITY_H

#include "alerts/alert.h"

/*
 * Judged by the match (rule, kind, side, value, score), by the kinds exposed
 * beside it and by the kind of record; x->severity is not read. A name below
 * `name_threshold` is for the digest.
 *	info    issuer side; a name below the threshold; a pseudonym
 *	low     a role's mailbox; a login name (UPN) in one's own domain
 *	medium  a person's address; a name
 *	high    a national number, birth date, postal address or phone number
 *	        beside it; a person's address together with a name
 */
enum severity alert_severity(const struct exposure *x, unsigned name_threshold);

/* The mailbox of a role: webmaster@, hostmaster+tls@, no-reply@. */
bool alert_is_role(struct span address);

#endif
