/* record_draft: see record_draft.h. */
#include "monitor/pii/record_draft.h"

#include <stdarg.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/pii/extract.h"
#include "monitor/pii/normal.h"

/* --- what texts must look like ----------------------------------------------
 */

static bool
is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 ||
	       c == 0x2029;
}

/* What every text must be. */
static const char *
check_any(struct span s)
{
	if (s.len == 0)
		return "is empty; leave it out";
	if (s.len > LIMIT_VALUE)
		return "is longer than 4096 bytes";
	if (!text_is_utf8(s))
		return "is not UTF-8; save the file as UTF-8";
	for (size_t at = 0; at < s.len;)
		if (is_control(text_utf8_next(s, &at)))
			return "has a control character; remove it";
	return NULL;
}

static bool
is_id_char(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '/' ||
	       c == '-';
}

bool
record_id_ok(struct span id)
{
	for (size_t i = 0; i < id.len; i++)
		if (!is_id_char(id.p[i]))
			return false;
	return id.len > 0 && id.len <= 128;
}

static const char *
check_id(struct span s)
{
	return record_id_ok(s)
		   ? NULL
		   : "is not 1 to 128 of A-Z, a-z, 0-9, '.', '_', '/', '-'";
}

/* A word of consent.method: "import", "email", "dns". */
static const char *
check_method(struct span s)
{
	bool ok = s.len <= 32;

	for (size_t i = 0; i < s.len && ok; i++)
		ok = (s.p[i] >= 'a' && s.p[i] <= 'z') || s.p[i] == '-';
	return ok ? NULL : "is not a word such as import, email or dns";
}

static size_t
last_at(struct span s)
{
	size_t i = s.len;

	while (i > 0 && s.p[i - 1] != '@')
		i--;
	return i;
}

static bool
has_any(struct span s, const char *chars)
{
	for (; *chars != '\0'; chars++)
		if (span_chr(s, (uint8_t)*chars) < s.len)
			return true;
	return false;
}

/* One address alone; a local part in quotation marks may hold anything. */
static const char *
check_address(struct span s)
{
	size_t at = last_at(s);

	if (at < 2 || at == s.len || has_any(span_from(s, at), " /\\:,;<>") ||
	    (s.p[0] != '"' && has_any(span_cut(s, 0, at - 1), " :,;<>()@\"")))
		return "is not an e-mail address; write local@domain alone";
	return NULL;
}

/* Beyond ASCII there are other full stops; match_compile() knows them. */
static const char *
check_domain(struct span s)
{
	size_t dot = span_chr(s, '.');

	if (dot == 0 || (dot + 1 >= s.len && text_is_ascii(s)) ||
	    has_any(s, "@ /\\:,;*?<>"))
		return "is not a domain name; write one such as example.com";
	return NULL;
}

static const char *
check_country(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((s.p[i] | 0x20) < 'a' || (s.p[i] | 0x20) > 'z')
			return "is not a country; write its two letters (ISO "
			       "3166)";
	return s.len == 2 ? NULL
			  : "is not a country; write its two letters (ISO "
			    "3166)";
}

static const char *
check_notify(struct span s)
{
	struct span mail = span_str("mailto:"), sink = span_str("sink:");

	if (span_starts(s, mail) &&
	    check_address(span_from(s, mail.len)) == NULL)
		return NULL;
	if (span_starts(s, sink) && s.len > sink.len &&
	    check_id(span_from(s, sink.len)) == NULL)
		return NULL;
	return "is neither mailto:local@domain nor sink:NAME";
}

/* --- the fields -------------------------------------------------------------
 */

#define E (1u << RECORD_EMAIL)
#define D (1u << RECORD_DOMAIN)
#define N (1u << RECORD_NAME)
#define ALL (E | D | N)
#define AT(f) .offset = offsetof(struct record, f)

/* clang-format off */
static const struct field fields[] = {
	{"id", FIELD_TEXT, ALL, AT(id), .check = check_id},
	{"tenant", FIELD_TEXT, ALL, AT(tenant), .check = check_id},
	{"kind", FIELD_KIND, ALL, AT(kind)},
	{"value", FIELD_TEXT, E | D, AT(value)},
	{"value.given", FIELD_LIST, N, AT(given)},
	{"value.surname", FIELD_LIST, N, AT(surname)},
	{"value.aliases", FIELD_LIST, N, AT(aliases)},
	{"match.plus", FIELD_BIT, E, AT(email_policy), .bit = EMAIL_PLUS},
	{"match.gmail_dots", FIELD_BIT, E, AT(email_policy),
	    .bit = EMAIL_GMAIL_DOTS},
	{"match.subdomains", FIELD_BOOL, D, AT(subdomains)},
	{"match.kinds", FIELD_KINDS, D, AT(kinds)},
	{"qualifiers.domains", FIELD_LIST, N, AT(domains),
	    .check = check_domain},
	{"qualifiers.organizations", FIELD_LIST, N, AT(organizations)},
	{"qualifiers.countries", FIELD_LIST, N, AT(countries),
	    .check = check_country},
	{"qualifiers.localities", FIELD_LIST, N, AT(localities)},
	{"qualifiers.emails", FIELD_LIST, N, AT(emails),
	    .check = check_address},
	{"require_qualifier", FIELD_BOOL, N, AT(require_qualifier)},
	{"identity", FIELD_TEXT, N, AT(identity), .check = check_id},
	{"consent.purpose", FIELD_TEXT, ALL, AT(purpose)},
	{"consent.method", FIELD_TEXT, ALL, AT(method),
	    .check = check_method},
	{"consent.at", FIELD_TIME, ALL, AT(consent_ms)},
	{"consent.evidence", FIELD_TEXT, ALL, AT(evidence)},
	{"notify", FIELD_LIST, ALL, AT(notify), .check = check_notify},
	{"expires", FIELD_TIME, ALL, AT(expires_ms)},
};
/* clang-format on */

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

const struct field *
field_find(struct span path)
{
	for (size_t i = 0; i < FIELDS; i++)
		if (span_eq_str(path, fields[i].path))
			return &fields[i];
	return NULL;
}

const char *
field_wanted(const struct field *f)
{
	switch (f->type) {
	case FIELD_KIND:
		return "email, domain or name";
	case FIELD_TIME:
		return "a time such as 2026-11-01T10:00:00Z";
	case FIELD_BOOL:
	case FIELD_BIT:
		return "true or false";
	case FIELD_KINDS:
		return "a list of email, upn, jid";
	case FIELD_LIST:
		return "a list of texts";
	default:
		return "text";
	}
}

static void *
draft_field(struct draft *d, const struct field *f)
{
	d->given |= 1ull << (f - fields);
	return (uint8_t *)&d->r + f->offset;
}

static bool
is_given(const struct draft *d, const char *path)
{
	return d->given >> (field_find(span_str(path)) - fields) & 1;
}

/* --- values -----------------------------------------------------------------
 */

struct draft
draft_of(struct reading *in, size_t at)
{
	return (struct draft){.in = in, .at = at, .r = {.subdomains = true}};
}

void
draft_bad(struct draft *d, const char *fmt, ...)
{
	struct err e;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e.text, sizeof(e.text), fmt, ap);
	va_end(ap);
	d->bad = true;
	d->in->bad(d->in->arg, d->at, e.text);
}

/* The text is fit for the field; a mistake otherwise. */
static bool
text_ok(struct draft *d, const struct field *f, struct span text)
{
	const char *no = check_any(text);

	if (no == NULL && f->check != NULL)
		no = f->check(text);
	if (no != NULL)
		draft_bad(d, "%s: %s", f->path, no);
	return no == NULL;
}

static void
put_kind(struct draft *d, const struct field *f, struct span text)
{
	for (enum record_kind k = RECORD_EMAIL; k <= RECORD_NAME; k++) {
		if (!span_eq_str(text, record_kind_name(k)))
			continue;
		*(enum record_kind *)draft_field(d, f) = k;
		return;
	}
	draft_bad(d, "%s: %s is wanted", f->path, field_wanted(f));
}

void
draft_text(struct draft *d, const struct field *f, struct span text)
{
	int64_t ms;

	if (f->type == FIELD_KIND) {
		put_kind(d, f, text);
	} else if (f->type == FIELD_TIME) {
		if (!text_untime(&ms, text) || ms <= 0)
			draft_bad(
			    d, "%s: %s is wanted", f->path, field_wanted(f));
		else
			*(int64_t *)draft_field(d, f) = ms;
	} else if (f->type != FIELD_TEXT) {
		draft_bad(
		    d, "%s: %s is wanted, not text", f->path, field_wanted(f));
	} else if (text_ok(d, f, text)) {
		*(char **)draft_field(d, f) = mem_strn(text.p, text.len);
	}
}

void
draft_bool(struct draft *d, const struct field *f, bool value)
{
	if (f->type == FIELD_BOOL)
		*(bool *)draft_field(d, f) = value;
	else if (f->type == FIELD_BIT)
		*(unsigned *)draft_field(d, f) |= value ? f->bit : 0;
	else
		draft_bad(d, "%s: %s is wanted, not true or false", f->path,
		    field_wanted(f));
}

void
draft_list(struct draft *d, const struct field *f)
{
	if (f->type == FIELD_LIST || f->type == FIELD_KINDS)
		draft_field(d, f);
	else
		draft_bad(d, "%s: %s is wanted, not a list", f->path,
		    field_wanted(f));
}

static void
put_kinds(struct draft *d, const struct field *f, struct span text)
{
	enum pii_kind k;

	if (kind_of(&k, text) &&
	    (k == PII_EMAIL || k == PII_UPN || k == PII_JID))
		*(uint32_t *)draft_field(d, f) |= 1u << k;
	else
		draft_bad(d, "%s: %s is wanted", f->path, field_wanted(f));
}

void
draft_item(struct draft *d, const struct field *f, struct span text)
{
	struct strings *s;

	if (f->type == FIELD_KINDS) {
		put_kinds(d, f, text);
		return;
	}
	if (f->type != FIELD_LIST || !text_ok(d, f, text))
		return;
	s = draft_field(d, f);
	if ((s->num & (s->num - 1)) == 0)
		s->list = mem_grow(
		    s->list, s->num ? 2 * s->num : 1, sizeof(*s->list));
	s->list[s->num++] = mem_strn(text.p, text.len);
}

/* --- the whole --------------------------------------------------------------
 */

static size_t
words(const struct strings *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->num; i++)
		for (const char *c = s->list[i]; *c != '\0'; c++)
			n += *c != ' ' && (c[1] == ' ' || c[1] == '\0');
	return n;
}

static void
end_name(struct draft *d)
{
	size_t n = words(&d->r.given) + words(&d->r.surname);

	if (n == 0)
		draft_bad(d, "value: a name has value.given or value.surname, "
			     "lists of texts");
	if (!is_given(d, "require_qualifier"))
		d->r.require_qualifier = n <= 2;
}

/* An e-mail address or a domain. */
static void
end_value(struct draft *d)
{
	const char *no;

	if (!is_given(d, "value")) {
		draft_bad(d, "value: missing; write the %s as text",
		    d->r.kind == RECORD_EMAIL ? "address" : "domain");
		return;
	}
	no = d->r.kind == RECORD_EMAIL ? check_address(span_str(d->r.value))
				       : check_domain(span_str(d->r.value));
	if (no != NULL)
		draft_bad(d, "value: %s", no);
}

/* Fields that records of this kind do not have. */
static void
end_fields(struct draft *d)
{
	for (size_t i = 0; i < FIELDS; i++)
		if (d->given >> i & 1 &&
		    (fields[i].kinds >> d->r.kind & 1) == 0)
			draft_bad(d,
			    "%s: records of kind %s have no such key; remove "
			    "it",
			    fields[i].path, record_kind_name(d->r.kind));
}

static void
end_id(struct draft *d)
{
	size_t line;

	if (d->r.tenant == NULL)
		d->r.tenant = mem_str(d->in->tenant);
	line = seen_before(d->in->seen, d->r.tenant, d->r.id, d->at);
	if (line != 0)
		draft_bad(d,
		    "id: %s of tenant %s stands on line %zu already; keep one "
		    "of them",
		    d->r.id, d->r.tenant, line);
}

/* What is missing is not said again of a value that was bad. */
static void
draft_check(struct draft *d)
{
	if (d->bad)
		return;
	if (!is_given(d, "id"))
		draft_bad(d, "id: missing; write one, unique in its tenant");
	else
		end_id(d);
	if (!is_given(d, "kind")) {
		draft_bad(d, "kind: missing; write email, domain or name");
		return;
	}
	end_fields(d);
	if (d->r.kind == RECORD_NAME)
		end_name(d);
	else
		end_value(d);
}

void
draft_end(struct draft *d)
{
	draft_check(d);
	if (d->bad) {
		d->in->lines_bad++;
	} else {
		d->r.state =
		    record_consented(&d->r) ? RECORD_ACTIVE : RECORD_PENDING;
		d->in->fn(d->in->arg, &d->r, d->at);
	}
	record_fini(&d->r);
}
