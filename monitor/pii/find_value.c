/* find_value: values by the way their carrier is read; see finder.h. */
#include "ctlog/base/text.h"
#include "monitor/pii/dn.h"
#include "monitor/pii/natid.h"
#include "monitor/pii/normal.h"

/* Logins and the like may have the form of an address; a phone number that has
 * is an address. */
static bool
may_be_address(enum pii_kind kind)
{
	return kind == PII_ACCOUNT_ID || kind == PII_USERNAME ||
	       kind == PII_PSEUDONYM;
}

/* Text that is a finding as a whole. */
static void
put_value(struct finder *f, const struct place *p, enum pii_kind kind,
    const struct chars *c)
{
	struct chars own = *c;
	struct span text;
	struct finding *g;

	if (kind == PII_NAME
		? !dn_drop_addresses(f, &own)
		: !may_be_address(kind) && find_is_address(c->cand[0]))
		return;
	c = &own;
	text = span_cut(c->cand[0], 0, LIMIT_VALUE);
	text.len = text_utf8_len(text);
	g = find_add(f, p, kind, text,
	    kind == PII_NAME ? normal_name(f->arena, text)
			     : normal_fold(f->arena, text));
	if (g == NULL)
		return;
	if (kind == PII_NAME && c->behind > 1)
		g->alt = normal_name(f->arena, c->cand[1]);
	if (c->flags & CHARS_OVERSIZE) {
		/* Cut to what is kept of a value: no longer a fact. */
		g->confidence = CONF_POSSIBLE;
		g->score = 25;
	}
}

static size_t
num_digits(struct span s)
{
	size_t n = 0;

	while (n < s.len && s.p[n] - (unsigned)'0' < 10)
		n++;
	return n;
}

/* The century of a birth in two digits: nobody is born after the certificate
 * was made. */
static const char *
century(const struct finder *f, struct span yy)
{
	int64_t made = f->cert->not_before_ms / 1000 / 31556952 + 1970 - 2000;
	int64_t year = (yy.p[0] - '0') * 10 + (yy.p[1] - '0');

	return f->cert->not_before_ms != INT64_MIN && year > made ? "19" : "20";
}

/* A finding of "1980-01-01" out of its digits. */
static void
put_iso_date(struct finder *f, const struct place *p, enum pii_kind kind,
    const char date[8])
{
	uint8_t *q = arena_get(f->arena, 10);

	if (q == NULL)
		return;
	memcpy(q, date, 4);
	memcpy(q + 5, date + 4, 2);
	memcpy(q + 8, date + 6, 2);
	q[4] = q[7] = '-';
	find_add(f, p, kind, span_of(q, 10), span_of(q, 10));
}

/* "19800101120000Z", "800101120000Z", "19800101"; "319800101" of JPKI, which
 * puts the digit of the era in front; other text as it stands. */
static void
put_date(struct finder *f, const struct place *p, enum pii_kind kind,
    const struct chars *c)
{
	struct span text = c->cand[0];
	size_t n = num_digits(text);
	char date[8];

	if (n == 9 && n == text.len)
		text = span_from(text, 1);
	if (n >= 10 && p->tag == DER_UTC_TIME) {
		memcpy(date, century(f, text), 2);
		memcpy(date + 2, text.p, 6);
	} else if (n >= 8 &&
		   (n == c->cand[0].len || p->tag == DER_GENERALIZED_TIME)) {
		memcpy(date, text.p, 8);
	} else {
		put_value(f, p, kind, c);
		return;
	}
	put_iso_date(f, p, kind, date);
}

/* Columns count characters, which have more than one byte where a value is not
 * what it should be. */
static struct span
columns(struct span s, unsigned from, unsigned num)
{
	size_t begin = 0, end;

	for (size_t n = 0; n < from && begin < s.len; n++)
		while (++begin < s.len && (s.p[begin] & 0xc0) == 0x80)
			;
	end = begin;
	for (size_t n = 0; n < num && end < s.len; n++)
		while (++end < s.len && (s.p[end] & 0xc0) == 0x80)
			;
	return span_cut(s, begin, end - begin);
}

/* A number of fixed width; zeros and blanks: there is none. */
static void
put_column(struct finder *f, struct place *p, struct span s, const char *reason)
{
	struct finding *g;

	while (s.len > 0 && s.p[s.len - 1] == ' ')
		s.len--;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '0' || s.p[i] == ' ')
			continue;
		g = find_add(
		    f, p, PII_NATIONAL_ID, s, normal_fold(f->arena, s));
		find_reason(g, reason);
		return;
	}
}

/* ICP-Brasil: DDMMYYYY, CPF (11), NIS (11), RG (15), who issued that. */
static void
put_br(struct finder *f, struct place *p, struct span s)
{
	static const uint8_t order[8] = {4, 5, 6, 7, 2, 3, 0, 1};
	char date[8];

	if (num_digits(s) < 19) {
		put_column(f, p, s, "of a person, in a form of its own");
		return;
	}
	for (int i = 0; i < 8; i++)
		date[i] = (char)s.p[order[i]];
	if (memcmp(date, "00000000", 8) != 0)
		put_iso_date(f, p, PII_BIRTH_DATE, date);
	put_column(
	    f, p, columns(s, 8, 11), "CPF: personal tax number of Brazil");
	put_column(f, p, columns(s, 19, 11), "NIS: social number of Brazil");
	put_column(f, p, columns(s, 30, 15), "RG: identity card of Brazil");
}

/* ClientInfo ::= SEQUENCE { clientId INTEGER, machine, user, process } of
 * UTF8Strings (MS-WCCE 2.2.2.7.4): the second string. */
static void
put_client(struct finder *f, struct place *p, enum pii_kind kind,
    const struct der *value)
{
	struct span s = value->value;
	struct chars text;
	unsigned n = 0;
	struct der t;

	while (der_next(&t, &s))
		if (t.id == DER_UTF8_STRING && ++n == 2 &&
		    find_decode(f, p, &text, &t))
			put_value(f, p, kind, &text);
}

/* The last OCTET STRING of a structure, which is the identifier in all that are
 * known (SIM, hardwareModuleName). */
static struct der
last_octets(const struct der *value)
{
	struct der_walk w;
	struct der t, out = *value;

	if (!der_is_constructed(value))
		return out;
	der_walk_start(&w, value->value);
	while (der_walk_next(&w, &t))
		if (t.id == DER_OCTET_STRING)
			out = t;
	return out;
}

/* Bytes without text, or a number in an OCTET STRING, in hexadecimal; the
 * serial number of a device may be text. */
static void
put_opaque(struct finder *f, struct place *p, enum pii_kind kind,
    const struct der *value)
{
	struct der t = last_octets(value);
	struct span bytes = span_cut(t.value, t.id == DER_BIT_STRING, 64);
	struct span text = bytes;
	char *q = arena_get(f->arena, 2 * bytes.len);

	if (q == NULL || bytes.len == 0)
		return;
	for (size_t i = 0; i < bytes.len; i++) {
		q[2 * i] = "0123456789abcdef"[bytes.p[i] >> 4];
		q[2 * i + 1] = "0123456789abcdef"[bytes.p[i] & 15];
	}
	if (!der_is_constructed(value) || !chars_is_text(bytes))
		text = span_of(q, 2 * bytes.len);
	p->tag = der_is_universal(&t) ? (uint8_t)t.tag : DER_OCTET_STRING;
	find_add(f, p, kind, text, text);
}

/* Another string of a principal: "component/component", "@REALM". */
static size_t
add_component(
    struct finder *f, uint8_t *b, size_t n, const struct der *t, uint8_t sign)
{
	struct chars text;

	chars_decode(&text, f->arena, t);
	if (text.num == 0 || n + 1 + text.cand[0].len > LIMIT_QUOTE)
		return n;
	if (n > 0)
		b[n++] = sign;
	memcpy(b + n, text.cand[0].p, text.cand[0].len);
	return n + text.cand[0].len;
}

/* KRB5PrincipalName ::= SEQUENCE { [0] realm, [1] SEQUENCE { [0] type, [1]
 * SEQUENCE OF GeneralString } } (RFC 4556): "component/component@REALM". */
static void
put_krb5(struct finder *f, struct place *p, const struct der *value)
{
	uint8_t b[LIMIT_QUOTE];
	struct der part, t, realm = {.id = DER_NULL};
	struct span s = value->value, text;
	struct der_walk w;
	size_t n = 0;

	while (der_next(&part, &s)) {
		der_walk_start(&w, part.whole);
		while (der_walk_leaf(&w, &t)) {
			if (!der_is_universal(&t) || t.tag < DER_UTF8_STRING)
				continue;
			if (part.tag == 0)
				realm = t;
			else
				n = add_component(f, b, n, &t, '/');
		}
	}
	if (n == 0)
		return;
	if (realm.id != DER_NULL)
		n = add_component(f, b, n, &realm, '@');
	text = arena_copy(f->arena, span_of(b, n));
	p->tag = DER_GENERAL_STRING;
	find_add(f, p, PII_ACCOUNT_ID, text,
	    span_chr(text, '@') < n ? normal_email(f->arena, text)
				    : normal_fold(f->arena, text));
}

/* Initials alone are nobody's name. */
static void
put_initials(struct finder *f, const struct place *p, const struct chars *c)
{
	struct span text = c->cand[0];
	struct finding *g;

	if (find_is_address(text))
		return;
	g = find_add(f, p, PII_NAME, text, normal_name(f->arena, text));
	if (g == NULL)
		return;
	g->confidence = CONF_POSSIBLE;
	g->score = 10;
}

/* "CN=Jane Roe,O=Example": what stands behind the first CN. */
static void
put_ldap_dn(struct finder *f, const struct place *p, const struct chars *c)
{
	struct span text = c->cand[0], name;
	struct finding *g;
	size_t at = 0;

	if (span_chr(text, '=') == text.len)
		return;
	while (at < text.len &&
	       (text.p[at] == ' ' ||
		   strncasecmp((const char *)text.p + at,
		       "cn=", text.len - at < 3 ? text.len - at : 3) != 0))
		at += text.p[at] == ' '
			  ? 1
			  : 1 + span_chr(span_from(text, at), ',');
	name = span_from(text, at + 3);
	name = span_cut(name, 0, span_chr(name, ','));
	if (dn_is_host(name) || span_chr(name, '@') < name.len)
		return;
	g = find_add(f, p, PII_NAME, name, normal_name(f->arena, name));
	if (g == NULL)
		return;
	g->confidence = CONF_POSSIBLE;
	g->score = 25;
	find_reason(g, "commonName in a name written as text");
}

/* "VATES-12345678Z": sole traders have no other number than their own. */
static void
put_org_id(struct finder *f, const struct place *p, const struct chars *c)
{
	struct span text = c->cand[0];
	struct finding *g;
	struct natid id;

	if (!span_starts(text, span_str("VAT")) ||
	    !natid_read(&id, span_from(text, 6), span_cut(text, 3, 2)) ||
	    id.bare)
		return;
	g = find_add(f, p, PII_NATIONAL_ID, text, normal_fold(f->arena, text));
	find_reason(g, "tax number of a sole trader");
	for (unsigned i = 0; id.reason[i] != NULL; i++)
		find_reason(g, id.reason[i]);
}

/* Russian tax numbers have twelve digits for persons and ten for companies,
 * which may stand behind two zeros. */
static void
put_inn(struct finder *f, const struct place *p, const struct chars *c)
{
	struct span text = c->cand[0];

	if (text.len == 12 && !span_starts(text, span_str("00")))
		find_add(
		    f, p, PII_NATIONAL_ID, text, normal_fold(f->arena, text));
}

/* Venezuelan tax numbers: those of companies and of the state begin with J, G
 * and C. */
static void
put_rif(struct finder *f, const struct place *p, const struct chars *c)
{
	if (strchr("JGCjgc", c->cand[0].p[0]) == NULL)
		put_value(f, p, PII_NATIONAL_ID, c);
}

static void
put_upn(struct finder *f, const struct place *p, const struct chars *c)
{
	if (find_addresses_in(f, p, c, HOW_UPN, PII_UPN) == 0)
		put_value(f, p, PII_USERNAME, c);
}

/* A value that is text. */
static void
read_text(struct finder *f, struct place *p, const struct carrier *c,
    const struct der *value)
{
	struct chars text;

	if (!find_decode(f, p, &text, value))
		return;
	switch (c->how) {
	case HOW_EMAIL:
		if (find_addresses_in(f, p, &text, HOW_EMAIL, c->kind) == 0 &&
		    c->kind == PII_EMAIL)
			find_problem(f, p, "no address in it");
		return;
	case HOW_UPN:
		put_upn(f, p, &text);
		return;
	case HOW_DATE:
		put_date(f, p, c->kind, &text);
		break;
	case HOW_VALUE:
	case HOW_PERSONAL:
	case HOW_NAME:
		put_value(f, p, c->kind, &text);
		break;
	case HOW_INITIALS:
		put_initials(f, p, &text);
		break;
	case HOW_LDAP_DN:
		put_ldap_dn(f, p, &text);
		break;
	case HOW_ORG_ID:
		put_org_id(f, p, &text);
		break;
	case HOW_INN:
		put_inn(f, p, &text);
		break;
	case HOW_RIF:
		put_rif(f, p, &text);
		break;
	case HOW_BR:
		put_br(f, p, text.cand[0]);
		break;
	default:
		break;
	}
	find_addresses_in(f, p, &text, HOW_TEXT, PII_EMAIL);
}

/* The strings below a value that is a structure. */
static void
read_nested(struct finder *f, struct place *p, const struct carrier *c,
    struct span ders)
{
	struct der_walk w;
	struct der t;

	der_walk_start(&w, ders);
	while (der_walk_leaf(&w, &t))
		read_text(f, p, c, &t);
	if (w.cut)
		find_cut(f, p, "nested too deep, too long or cut short");
}

/* Bits that should have no text, and addresses where they have. */
static void
read_opaque(struct finder *f, struct place *p, enum pii_kind kind,
    const struct der *value)
{
	put_opaque(f, p, kind, value);
	if (span_chr(value->value, '@') < value->value.len)
		find_strings(f, p, value->whole);
}

static void
read_value(struct finder *f, struct place *p, const struct carrier *c,
    const struct der *value)
{
	struct carrier text = {.how = HOW_VALUE, .kind = c->kind};
	struct span in;

	if (c->how == HOW_NOTICE)
		find_problem(f, p, c->note);
	if (c->how == HOW_KRB5 && der_is_constructed(value))
		put_krb5(f, p, value);
	else if (c->how == HOW_KRB5)
		read_text(f, p, &text, value);
	else if (c->how == HOW_ATTRS)
		find_loose_attributes(f, p, value->whole);
	else if (c->how == HOW_CLIENT)
		put_client(f, p, c->kind, value);
	else if (c->how == HOW_OPAQUE)
		read_opaque(f, p, c->kind, value);
	else if (find_inside(&in, value))
		read_nested(f, p, c, in);
	else
		read_text(f, p, c, value);
}

void
find_value(struct finder *f, struct place *p, const struct carrier *c,
    const struct der *value)
{
	uint32_t first = f->out->num;

	read_value(f, p, c, value);
	if (c->note == NULL || c->how == HOW_NOTICE)
		return;
	for (uint32_t i = first; i < f->out->num; i++)
		if (f->out->list[i].kind == c->kind)
			find_reason(&f->out->list[i], c->note);
}
