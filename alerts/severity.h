/*
 * severity: how bad an exposure is (reference pii.md 8.2), and which
 * mailboxes belong to a role and not to a person (5.3).
 */
#ifndef ALERTS_SEVERITY_H
#define ALERTS_SEVERITY_H

#include "alerts/alert.h"

/* What severity depends on: a finding, and what stands beside it. */
struct severity_facts {
	const char *kind; /* "email", ... */
	struct span value;
	unsigned score;
	bool issuer;                /* side */
	bool own_domain;            /* matched by a record of kind domain */
	bool with_name, with_grave; /* beside it, in the subject */
};

/*
 * A name below `name_threshold` is for the digest.
 *	info    issuer side; a name below the threshold; a pseudonym
 *	low     a role's mailbox; a login name (UPN) in one's own domain; a title
 *	medium  a person's address; a name; gender, citizenship, place of birth
 *	high    a national number, birth date, postal address or phone number
 *	        (severity_is_grave), and what stands beside one; a person's
 *	        address together with a name
 */
enum severity severity_judge(
    const struct severity_facts *f, unsigned name_threshold);
bool severity_is_grave(const char *kind);

/* The same of an exposure: by its match (kind, side, value, score), the kinds
 * exposed beside it and the kind of record; x->severity is not read. */
enum severity alert_severity(const struct exposure *x, unsigned name_threshold);

/* The mailbox of a role: webmaster@, hostmaster+tls@, no-reply@. */
bool alert_is_role(struct span address);

#endif
