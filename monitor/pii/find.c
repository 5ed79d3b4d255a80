/* find: what becomes of one value; see finder.h. */
#include "monitor/pii/finder.h"

#include "ctlog/base/text.h"
#include "monitor/pii/natid.h"
#include "monitor/pii/normal.h"
#include "monitor/pii/script.h"

/* A path in the making, cut to fit. */
struct path {
	char *text;
	size_t cap, len;
};

static void
path_add(struct path *to, struct span s)
{
	s = span_cut(s, 0, to->cap - 1 - to->len);
	memcpy(to->text + to->len, s.p, s.len);
	to->len += s.len;
	to->text[to->len] = '\0';
}

static void
path_index(struct path *to, long index)
{
	char text[TEXT_U64];
	size_t len;

	if (index < 0)
		return;
	len = text_u64_put(text, (uint64_t)index);
	path_add(to, span_str("["));
	path_add(to, span_of(text, len));
	path_add(to, span_str("]"));
}

/* Every value found has one, so it is not made by printf. */
static void
place_path(char *out, size_t cap, const struct place *p)
{
	struct path to = {out, cap, 0};
	char oid[DER_OID_TEXT];

	if (p->root != NULL) {
		path_add(&to, span_str(p->root));
	} else {
		path_add(&to, span_str("ext["));
		path_add(&to, span_str(der_oid_text(oid, p->ext)));
		path_add(&to, span_str("]"));
	}
	path_index(&to, p->index);
	path_index(&to, p->sub);
}

void
find_problem(struct finder *f, const struct place *p, const char *what)
{
	char path[96];

	if (f->problems == NULL)
		return;
	place_path(path, sizeof(path), p);
	problem_add(f->problems, what, "%s", path);
}

void
find_cut(struct finder *f, const struct place *p, const char *what)
{
	f->out->partial = true;
	find_problem(f, p, what);
}

/* What a person should hear of the flags; the rest is curious, not wrong. */
static void
report_flags(struct finder *f, const struct place *p)
{
	if (p->flags & FLAG_ODD_LENGTH)
		find_problem(f, p,
		    p->tag == DER_BMP_STRING ? "BMPString of odd length"
					     : "UniversalString of odd length");
	if (p->flags & FLAG_BAD_UTF8)
		find_problem(f, p, "UTF8String that is not UTF-8");
	if (p->flags & FLAG_BAD_ENCODING)
		find_problem(f, p, "bytes above 127 in an ASCII string");
	if (p->flags & FLAG_MIS_TAGGED)
		find_problem(f, p, "text of another type than its tag says");
	if (p->flags & FLAG_OVERSIZE)
		find_problem(f, p, "longer than 4,096 bytes");
}

/* One value may take this much of the arena: three readings, their canonical
 * forms and what it takes to make them. */
static bool
is_full(const struct finder *f)
{
	return f->arena->cap - f->arena->used < 8 * LIMIT_VALUE;
}

void
find_drop(struct finder *f, const struct place *p)
{
	if (f->out->dropped == 0)
		find_problem(f, p, "more values than are examined");
	f->out->dropped++;
	f->out->partial = true;
}

bool
find_decode(struct finder *f, struct place *p, struct chars *out,
    const struct der *value)
{
	const uint32_t own = FLAG_UNKNOWN_ATTR | FLAG_UNKNOWN_EXT;

	if (f->values >= LIMIT_VALUES || is_full(f)) {
		find_drop(f, p);
		return false;
	}
	f->values++;
	chars_decode(out, f->arena, value);
	p->tag = der_is_universal(value) ? (uint8_t)value->tag : DER_IA5_STRING;
	p->flags = (p->flags & own) | out->flags;
	if (out->flags)
		report_flags(f, p);
	return out->num > 0;
}

struct span
find_unescape(struct finder *f, struct place *p, struct span text)
{
	struct span bytes = address_unescape(f->arena, text);
	struct chars c;

	if (bytes.p == text.p)
		return text;
	chars_decode_bytes(&c, f->arena, bytes, DER_UTF8_STRING);
	p->flags |= FLAG_PERCENT | c.flags;
	return c.num > 0 ? c.cand[0] : span_of(NULL, 0);
}

bool
find_nothing(const struct der *value)
{
	switch (value->id) {
	case DER_UTF8_STRING:
	case DER_NUMERIC_STRING:
	case DER_PRINTABLE_STRING:
	case DER_TELETEX_STRING:
	case DER_IA5_STRING:
	case DER_VISIBLE_STRING:
	case DER_CONTEXT | 1:
	case DER_CONTEXT | 2:
	case DER_CONTEXT | 6:
		return address_impossible(value->value);
	}
	return false;
}

void
find_reason(struct finding *out, const char *reason)
{
	for (unsigned i = 0; out != NULL && i + 1 < FINDING_REASONS; i++) {
		if (out->reason[i] != NULL)
			continue;
		out->reason[i] = reason;
		return;
	}
}

static const char *
last_word(const char *carrier)
{
	const char *dot = strrchr(carrier, '.');

	return dot ? dot + 1 : carrier;
}

static bool
is_known(const struct findings *out, const struct place *p, enum pii_kind kind,
    struct span canonical)
{
	for (uint32_t i = out->num; i > 0; i--) {
		const struct finding *g = &out->list[i - 1];

		if (g->carrier != p->carrier)
			return false;
		if (g->kind == kind && span_eq(g->canonical, canonical) &&
		    g->side == p->side)
			return true;
		if (out->num - i >= 16)
			return false;
	}
	return false;
}

struct finding *
find_add(struct finder *f, const struct place *p, enum pii_kind kind,
    struct span value, struct span canonical)
{
	struct findings *out = f->out;
	struct finding *g;

	if (canonical.len == 0 || is_known(out, p, kind, canonical))
		return NULL;
	/* A CA is nobody; a certificate of version 1 may only look like one. */
	if (kind == PII_NAME && f->cert->ca && f->cert->extensions.len > 0)
		return NULL;
	if (out->num == out->cap) {
		find_drop(f, p);
		return NULL;
	}
	g = &out->list[out->num++];
	*g = (struct finding){.kind = kind,
	    .side = p->side,
	    .confidence = CONF_STRUCTURED,
	    .score = 100,
	    .string_tag = p->tag,
	    .flags = p->flags,
	    .carrier = p->carrier,
	    .oid = p->oid,
	    .value = value,
	    .canonical = canonical};
	g->reason[0] = p->reason ? p->reason : last_word(p->carrier);
	place_path(g->path, sizeof(g->path), p);
	if (script_confusable(value))
		g->flags |= FLAG_CONFUSABLE;
	return g;
}

/* The address without needless quotation marks ("jane"@ is jane@); empty when
 * it has none, or needs them. */
static struct span
unquoted(struct finder *f, struct span canonical)
{
	struct span domain = normal_email_domain(canonical);
	size_t local = canonical.len - domain.len - 1;
	struct span none = span_of(NULL, 0);
	uint8_t *q;

	if (local < 3 || canonical.p[0] != '"' || canonical.p[local - 1] != '"')
		return none;
	for (size_t i = 1; i < local - 1; i++)
		if (strchr(" \"\\()<>[]:;@,", canonical.p[i]) != NULL)
			return none;
	q = arena_get(f->arena, canonical.len - 2);
	if (q == NULL)
		return none;
	memcpy(q, canonical.p + 1, local - 2);
	memcpy(q + local - 2, canonical.p + local, domain.len + 1);
	return span_of(q, canonical.len - 2);
}

/* A login of the DoD or the like is a national number, not an address. */
static bool
put_number(struct finder *f, const struct place *p, struct span upn)
{
	struct span number = natid_of_upn(upn);
	struct finding *g;

	if (number.len == 0)
		return false;
	g = find_add(
	    f, p, PII_NATIONAL_ID, number, normal_fold(f->arena, number));
	find_reason(g, "number in a user principal name");
	if (strncasecmp((const char *)upn.p + upn.len - 4, "@mil", 4) == 0)
		find_reason(g, natid_country(span_str("US")));
	return true;
}

/* False when nothing is left of it: characters that do not count. */
static bool
put_address(struct finder *f, const struct place *p,
    const struct address *address, enum how how, enum pii_kind kind)
{
	struct span value = address_text(f->arena, address), canonical;
	struct finding *g;

	if (how == HOW_UPN && put_number(f, p, value))
		return true;
	canonical = normal_email(f->arena, value);
	if (canonical.len == 0 && is_full(f))
		find_drop(f, p);
	g = find_add(f, p, kind, value, canonical);
	if (g == NULL)
		return canonical.len > 0;
	g->alt = unquoted(f, canonical);
	if (how == HOW_TEXT) {
		g->confidence = CONF_FREE_TEXT;
		g->score = 70;
		find_reason(g, "address in free text");
	}
	return true;
}

/* Part of the text is more than the address and blanks or a full stop. */
static bool
is_alone(struct span text, struct span whole)
{
	size_t before = (size_t)(whole.p - text.p);
	struct span after = span_from(text, before + whole.len);

	for (size_t i = 0; i < before; i++)
		if (text.p[i] != ' ')
			return false;
	for (size_t i = 0; i < after.len; i++)
		if (after.p[i] != ' ' && after.p[i] != '.')
			return false;
	return true;
}

bool
find_is_address(struct span text)
{
	struct address_scan scan = address_scan_of(text, true);
	struct address address;

	return address_next(&scan, &address) && is_alone(text, address.whole);
}

/* A full stop, or one that IDNA takes for it. */
static bool
has_dot(struct span domain)
{
	return span_chr(domain, '.') < domain.len ||
	       (domain.len >= 3 &&
		   (memmem(domain.p, domain.len, "\u3002", 3) != NULL ||
		       memmem(domain.p, domain.len, "\uff0e", 3) != NULL ||
		       memmem(domain.p, domain.len, "\uff61", 3) != NULL));
}

unsigned
find_addresses(struct finder *f, const struct place *p, struct span text,
    enum how how, enum pii_kind kind)
{
	struct address_scan scan = address_scan_of(text, how != HOW_TEXT);
	uint32_t first = f->out->num;
	struct address address;
	unsigned n = 0;

	while (address_next(&scan, &address)) {
		if (address.userinfo && how == HOW_TEXT)
			continue;
		/* "user@host" inside a sentence is no mailbox. */
		if (how == HOW_TEXT && !has_dot(address.domain) &&
		    !is_alone(text, address.whole))
			continue;
		n += put_address(f, p, &address,
		    how == HOW_TEXT && is_alone(text, address.whole) ? HOW_EMAIL
								     : how,
		    kind);
	}
	for (uint32_t i = first; n > 1 && i < f->out->num; i++)
		f->out->list[i].flags |= FLAG_MULTIPLE;
	return n;
}

/* The word is a URI, in which "%40" is an at sign (RFC 3986 2.1). */
static bool
is_uri(struct span word)
{
	return memmem(word.p, word.len, "://", 3) != NULL ||
	       (word.len > 7 &&
		   strncasecmp((const char *)word.p, "mailto:", 7) == 0);
}

/* Addresses that are escaped in URIs that the text mentions. */
static unsigned
find_escaped(struct finder *f, const struct place *p, struct span text,
    enum pii_kind kind)
{
	unsigned n = 0;

	if (span_chr(text, '%') == text.len)
		return 0;
	for (size_t at = 0, end; at < text.len; at = end + 1) {
		struct span word = span_from(text, at);
		struct place q = *p;

		word = span_cut(word, 0, span_chr(word, ' '));
		end = at + word.len;
		if (span_chr(word, '%') < word.len && is_uri(word))
			n += find_addresses(
			    f, &q, find_unescape(f, &q, word), HOW_TEXT, kind);
	}
	return n;
}

/* The second reading of a value that holds one address lends its spelling. */
static void
lend_reading(struct finder *f, struct finding *g, struct span text)
{
	struct address_scan scan = address_scan_of(text, true);
	struct address address;
	struct span canonical;

	if (g->alt.len > 0 || !address_next(&scan, &address))
		return;
	canonical = normal_email(f->arena, address_text(f->arena, &address));
	if (!span_eq(canonical, g->canonical))
		g->alt = canonical;
}

unsigned
find_addresses_in(struct finder *f, const struct place *p,
    const struct chars *c, enum how how, enum pii_kind kind)
{
	uint32_t first = f->out->num;
	unsigned n = 0;

	for (unsigned i = 0; i < c->num; i++) {
		struct span text = c->cand[i];

		if (i == 0 || n == 0 || i >= c->behind)
			n += find_addresses(f, p, text, how, kind) +
			     find_escaped(f, p, text, kind);
		else if (n == 1 && f->out->num == first + 1)
			lend_reading(f, &f->out->list[first], text);
	}
	return n;
}
