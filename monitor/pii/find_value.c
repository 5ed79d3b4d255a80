/* find_value: values by the way their carrier is read; see finder.h. */
#include "ctlog/base/text.h"
#include "monitor/pii/finder.h"
#include "monitor/pii/natid.h"
#include "monitor/pii/normal.h"

/* Text that is a finding as a whole. */
static void
put_value(struct finder *f, const struct place *p, enum pii_kind kind,
    const struct chars *c)
{
	struct span text = c->cand[0];
	struct finding *g;

	text = span_cut(text, 0, LIMIT_VALUE);
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

/* "19800101120000Z" as "1980-01-01"; other text as it stands. */
static void
put_date(struct finder *f, const struct place *p, enum pii_kind kind,
    const struct chars *c)
{
	struct span text = c->cand[0];
	uint8_t *q = NULL;
	size_t n = 0;

	while (n < text.len && text.p[n] - (unsigned)'0' < 10)
		n++;
	if (n >= 8 && (n == text.len || p->tag == DER_GENERALIZED_TIME))
		q = arena_get(f->arena, 10);
	if (q == NULL) {
		put_value(f, p, kind, c);
		return;
	}
	memcpy(q, text.p, 4);
	memcpy(q + 5, text.p + 4, 2);
	memcpy(q + 8, text.p + 6, 2);
	q[4] = q[7] = '-';
	find_add(f, p, kind, span_of(q, 10), span_of(q, 10));
}

/* Bytes without text, or a number in an OCTET STRING, in hexadecimal. */
static void
put_opaque(struct finder *f, struct place *p, enum pii_kind kind,
    const struct der *value)
{
	struct span bytes = span_cut(value->value, 0, 64), text;
	char *q = arena_get(f->arena, 2 * bytes.len);

	if (q == NULL || bytes.len == 0)
		return;
	for (size_t i = 0; i < bytes.len; i++) {
		q[2 * i] = "0123456789abcdef"[bytes.p[i] >> 4];
		q[2 * i + 1] = "0123456789abcdef"[bytes.p[i] & 15];
	}
	text = span_of(q, 2 * bytes.len);
	p->tag =
	    der_is_universal(value) ? (uint8_t)value->tag : DER_OCTET_STRING;
	find_add(f, p, kind, text, text);
}

/* KRB5PrincipalName ::= SEQUENCE { [0] realm, [1] SEQUENCE { [0] type, [1]
 * SEQUENCE OF GeneralString } } (RFC 4556): "component/component@REALM". */
static void
put_krb5(struct finder *f, struct place *p, const struct der *value)
{
	struct der_walk w;
	struct der t;
	struct span realm = span_of(NULL, 0), text;
	uint8_t b[LIMIT_QUOTE];
	size_t n = 0;

	der_walk_start(&w, value->value);
	while (der_walk_next(&w, &t)) {
		if (der_is_constructed(&t) || !der_is_universal(&t) ||
		    t.tag < DER_UTF8_STRING)
			continue;
		if (realm.p == NULL) {
			realm = t.value;
			continue;
		}
		if (n + 1 + t.value.len > sizeof(b) / 2)
			break;
		if (n > 0)
			b[n++] = '/';
		memcpy(b + n, t.value.p, t.value.len);
		n += t.value.len;
	}
	if (n == 0 || realm.len == 0 || n + 1 + realm.len > sizeof(b))
		return;
	b[n++] = '@';
	memcpy(b + n, realm.p, realm.len);
	text = arena_copy(f->arena, span_of(b, n + realm.len));
	if (!text_is_utf8(text))
		return;
	p->tag = DER_GENERAL_STRING;
	find_add(f, p, PII_ACCOUNT_ID, text, normal_email(f->arena, text));
}

static void
put_serial(struct finder *f, const struct place *p, const struct chars *c)
{
	const char *reason = natid_reason(c->cand[0]);
	struct finding *g;

	if (reason == NULL)
		return;
	g = find_add(f, p, PII_NATIONAL_ID, c->cand[0],
	    normal_fold(f->arena, c->cand[0]));
	find_reason(g, reason);
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
		return;
	case HOW_VALUE:
	case HOW_PERSONAL:
	case HOW_NAME:
		put_value(f, p, c->kind, &text);
		break;
	case HOW_SERIAL:
		put_serial(f, p, &text);
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

void
find_value(struct finder *f, struct place *p, const struct carrier *c,
    const struct der *value)
{
	if (c->how == HOW_KRB5)
		put_krb5(f, p, value);
	else if (c->how == HOW_OPAQUE)
		put_opaque(f, p, c->kind, value);
	else if (value->id == DER_SEQUENCE || value->id == DER_SET)
		read_nested(f, p, c, value->value);
	else if (value->id == DER_OCTET_STRING &&
		 der_is_well_formed(value->value))
		read_nested(f, p, c, value->value);
	else
		read_text(f, p, c, value);
}
