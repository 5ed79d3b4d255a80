/* severity: see severity.h. */
#include "alerts/severity.h"

#include "ctlog/base/office.h"

static bool
is(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
}

static bool
also(const struct exposure *x, const char *kind)
{
	for (size_t i = 0; i < x->num_also; i++)
		if (is(x->also[i], kind))
			return true;
	return false;
}

bool
alert_is_role(struct span address)
{
	return office_is(span_cut(address, 0, span_chr(address, '@')));
}

bool
severity_is_grave(const char *kind)
{
	return is(kind, "national-id") || is(kind, "birth-date") ||
	       is(kind, "address") || is(kind, "phone");
}

enum severity
severity_judge(const struct severity_facts *f, unsigned name_threshold)
{
	if (f->issuer || is(f->kind, "pseudonym"))
		return SEV_INFO;
	if (is(f->kind, "name") && f->score < name_threshold)
		return SEV_INFO;
	if (is(f->kind, "title"))
		return SEV_LOW;
	if (f->with_grave || severity_is_grave(f->kind))
		return SEV_HIGH;
	if (is(f->kind, "name") || is(f->kind, "gender") ||
	    is(f->kind, "citizenship") || is(f->kind, "birth-place"))
		return SEV_MEDIUM;
	if (alert_is_role(f->value))
		return SEV_LOW;
	if (is(f->kind, "upn") && f->own_domain)
		return SEV_LOW;
	return f->with_name ? SEV_HIGH : SEV_MEDIUM;
}

enum severity
alert_severity(const struct exposure *x, unsigned name_threshold)
{
	struct severity_facts f = {.kind = x->match.kind,
	    .value = span_str(x->match.value ? x->match.value : ""),
	    .score = x->match.score,
	    .issuer = is(x->match.side, "issuer"),
	    .own_domain = is(x->record_kind, "domain"),
	    .with_name = also(x, "name")};

	for (size_t i = 0; i < x->num_also; i++)
		f.with_grave |= severity_is_grave(x->also[i]);
	return severity_judge(&f, name_threshold);
}
