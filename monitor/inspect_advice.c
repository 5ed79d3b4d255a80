/*
 * inspect_advice: what can be done about a certificate, by how public it is
 * already (there is still time, or there is not) and by what would say less;
 * see inspect_say.h. Advice to the owner of a record is in alerts/advice.c.
 */
#include "monitor/inspect_say.h"

enum { BEFORE, UNSUBMITTED, UNLOGGED, LOGGED, STATES };

static const struct {
	const char *lead, *words;
} states[STATES] = {
    [BEFORE] = {"There is still time:", ""},
    [UNSUBMITTED] = {"There is still time, unless a log has it already:", ""},
    [UNLOGGED] = {"Not known to be logged:",
	" it carries no log's timestamp, but whoever has it can log it. The "
	"next one can say less: "},
    [LOGGED] = {"It stays:",
	" anybody can read, search and copy it, and revoking hides nothing. "
	"The next one can say less: "},
};

enum { NO_ADDRESS, NO_NAME, MAILBOX, OWN_NUMBER, MACHINE, LEAVE_OUT, WAYS };

static const char *const ways[WAYS] = {
    [NO_ADDRESS] = "no server needs an e-mail address in its certificate, so "
		   "take it out of the request and its template",
    [NO_NAME] = "a domain-validated certificate carries no name",
    [MAILBOX] = "a mailbox-validated certificate carries the address alone",
    [OWN_NUMBER] = "the CA can put a number of its own, which means nothing "
		   "elsewhere, in place of a national one",
    [MACHINE] = "sign with the identity of a machine, or with an address "
		"kept for it",
    [LEAVE_OUT] =
	"leave out what need not be public, or ask whoever orders it to",
};

static unsigned
state_of(const struct cert *c)
{
	if (c->format == CERT_CSR || c->format == CERT_TBS)
		return BEFORE;
	if (c->format == CERT_PRECERTIFICATE)
		return UNSUBMITTED;
	return c->sct_list ? LOGGED : UNLOGGED;
}

/* Bits of the classes from one to another, which stand together. */
static uint32_t
classes_to(enum cert_class first, enum cert_class last)
{
	return (2u << last) - (1u << first);
}

static uint32_t
ways_of(const struct inspection *i)
{
	uint32_t kinds = 0, out = 0, classes = i->facts.classes;
	bool tls, mail;

	tls = classes & classes_to(CLASS_TLS_DV, CLASS_TLS);
	mail = classes & classes_to(CLASS_SMIME_MAILBOX, CLASS_SMIME);
	for (uint32_t k = 0; k < i->findings.num; k++)
		if (i->findings.list[k].side == SIDE_SUBJECT)
			kinds |= 1u << i->findings.list[k].kind;
	if (classes >> CLASS_FULCIO & 1)
		return 1u << MACHINE;
	if (tls && kinds >> PII_EMAIL & 1)
		out |= 1u << NO_ADDRESS;
	if (kinds >> PII_NAME & 1 && (mail || tls))
		out |= 1u << (mail ? MAILBOX : NO_NAME);
	if (kinds >> PII_NATIONAL_ID & 1)
		out |= 1u << OWN_NUMBER;
	return out != 0 ? out : 1u << LEAVE_OUT;
}

void
say_advice(struct buf *lead, struct buf *out, const struct inspection *i,
    struct inspect_advice *said)
{
	unsigned state = state_of(&i->cert);
	uint32_t set = ways_of(i) & ~said->ways[state];
	const char *between =
	    state == BEFORE || state == UNSUBMITTED ? " " : "";

	said->ways[state] |= set;
	if (set == 0)
		return;
	buf_str(lead, states[state].lead);
	buf_str(out, states[state].words);
	for (unsigned k = 0; k < WAYS; k++) {
		if (!(set >> k & 1))
			continue;
		buf_fmt(out, "%s%s", between, ways[k]);
		between = "; ";
	}
	buf_char(out, '.');
}
