/* advice: see advice.h. */
#include "alerts/advice.h"

const char alert_permanence[] =
    "Entries of Certificate Transparency logs cannot be deleted or changed. "
    "Revoking the certificate does not remove them. Assume that the data has "
    "been copied already.";

const char alert_ca_unknown[] =
    "Write to the CA that issued the certificate, not to the owner of a root "
    "above it. Its Certification Practice Statement is linked from the "
    "certificate (extension certificatePolicies): section 9.4 names the "
    "contact for privacy requests, section 1.5.2 the one for reporting a "
    "wrong certificate. If an employer, bank or other registration authority "
    "ordered the certificate, write to them first.";

const struct advice advices[NUM_ADVICES] = {
    [ADVICE_ISSUER] = {"issuer",
	"The CA put this into its own part of the certificate: it is the CA's "
	"contact data. Ask the CA if it should not be yours."},
    [ADVICE_FULCIO] = {"fulcio",
	"Sign with a machine identity or an address kept for signing: every "
	"keyless signature publishes the address anew. A private Sigstore "
	"instance publishes nothing."},
    [ADVICE_SMIME] = {"smime",
	"Before the certificate is renewed, ask for a mailbox-validated "
	"S/MIME certificate without your name, for a pseudonym in its place, "
	"or for a role mailbox."},
    [ADVICE_TLS_NAME] = {"tls-name",
	"When the certificate is renewed, ask for a domain-validated one: it "
	"carries no name."},
    [ADVICE_RENEWAL] = {"renewal",
	"Before the certificate is renewed, ask whoever orders it to leave "
	"this data out; the next one will be public as well."},
    [ADVICE_TEMPLATE] = {"template",
	"Take emailAddress out of the templates for certificate requests: "
	"some tools ask for it by default, and no TLS certificate needs it."},
    [ADVICE_NUMBER] = {"number",
	"The certificate carries a number or date that identifies you: be "
	"wary of whoever knows it, and tell your bank and authorities that it "
	"is no secret."},
    [ADVICE_ADDRESS] = {"address",
	"If the address draws phishing or spam, filter, or move to another "
	"one."},
    [ADVICE_REVOKE] = {"revoke",
	"Have the certificate revoked only if its content is wrong or "
	"dangerous: revocation hides nothing."},
    [ADVICE_ASK] = {"ask",
	"Ask the CA, or whoever ordered the certificate, what they hold about "
	"you and why it was published."},
    [ADVICE_AUTHORITY] = {"authority",
	"If they do not answer within a month, a data protection authority "
	"can help."},
};

static bool
is(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
}

static bool
exposes(const struct exposure *x, const char *kind)
{
	for (size_t i = 0; i < x->num_also; i++)
		if (is(x->also[i], kind))
			return true;
	return is(x->match.kind, kind);
}

/* A class of this name, or of one that begins so. */
static bool
class_is(const struct exposure *x, const char *start)
{
	for (size_t i = 0; i < x->cert.num_classes; i++)
		if (span_starts(span_str(x->cert.classes[i]), span_str(start)))
			return true;
	return false;
}

/* The one lever that there is: what the next certificate will say. */
static enum advice_id
advice_renewal(const struct exposure *x)
{
	if (class_is(x, "fulcio"))
		return ADVICE_FULCIO;
	if (class_is(x, "smime"))
		return ADVICE_SMIME;
	if (class_is(x, "tls") && exposes(x, "name"))
		return ADVICE_TLS_NAME;
	return ADVICE_RENEWAL;
}

/* When it was found: the list stays the same from then on. */
static bool
has_ended(const struct exposure *x)
{
	return x->cert.not_after_ms != INT64_MIN &&
	       x->cert.not_after_ms < x->time_ms;
}

size_t
alert_advice(const struct advice *out[ADVICE_MAX], const struct exposure *x)
{
	bool address = exposes(x, "email") || exposes(x, "upn");
	size_t n = 0;

	if (is(x->match.side, "issuer")) {
		out[n++] = &advices[ADVICE_ISSUER];
		return n;
	}
	out[n++] = &advices[advice_renewal(x)];
	if (address && class_is(x, "tls"))
		out[n++] = &advices[ADVICE_TEMPLATE];
	if (exposes(x, "national-id") || exposes(x, "birth-date"))
		out[n++] = &advices[ADVICE_NUMBER];
	if (address)
		out[n++] = &advices[ADVICE_ADDRESS];
	/* Of a certificate for one signature there is nothing to ask for. */
	if (class_is(x, "fulcio"))
		return n;
	if (!has_ended(x))
		out[n++] = &advices[ADVICE_REVOKE];
	out[n++] = &advices[ADVICE_ASK];
	out[n++] = &advices[ADVICE_AUTHORITY];
	ASSERT(n <= ADVICE_MAX);
	return n;
}
