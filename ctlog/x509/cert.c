/*
 * cert: the fields of a certificate by their place and shape; see cert.h. The
 * family hash is in family.c.
 */
#include "ctlog/x509/cert.h"

#include <stdarg.h>

#include "ctlog/x509/der.h"
#include "ctlog/x509/oid.h"

void
problem_add(struct problems *p, const char *what, const char *fmt, ...)
{
	struct problem *to;
	va_list ap;

	if (p == NULL)
		return;
	p->num++;
	if (p->list == NULL || p->num > LIMIT_PROBLEMS)
		return;
	to = &p->list[p->num - 1];
	to->what = what;
	va_start(ap, fmt);
	vsnprintf(to->path, sizeof(to->path), fmt, ap);
	va_end(ap);
}

/* Something of `path` is lost, so the certificate is partial. */
static void
lost(struct cert *c, struct problems *p, const char *what, const char *path)
{
	c->status = CERT_PARTIAL;
	problem_add(p, what, "%s", path);
}

/* What the marks of a TLV mean for who reads the report. */
static void
note_marks(struct cert *c, struct problems *p, uint8_t marks, const char *path)
{
	if (marks & DER_TRUNCATED)
		lost(c, p, "cut short: its length is more than what is there",
		    path);
	if (marks & DER_INDEFINITE)
		problem_add(p, "BER indefinite length", "%s", path);
	if (marks & DER_NON_MINIMAL)
		problem_add(p, "BER length longer than needed", "%s", path);
	if (marks & DER_UNMARKED)
		problem_add(p, "SEQUENCE or SET without its constructed bit",
		    "%s", path);
}

enum field {
	F_VERSION,
	F_SERIAL,
	F_SIGNATURE,
	F_ISSUER,
	F_VALIDITY,
	F_SUBJECT,
	F_SPKI,
	F_ISSUER_UID,
	F_SUBJECT_UID,
	F_EXTENSIONS,
	F_END
};
enum { CSR_VERSION, CSR_SUBJECT, CSR_SPKI, CSR_ATTRIBUTES, CSR_END };

/* What a field looks like: its identifier, and the first octet inside, so
 * that a missing field does not shift those behind it. 0 = anything. */
struct shape {
	uint8_t id, first, or_first;
	bool may_be_empty, optional;
	const char *path;
};

static const struct shape tbs_shape[] = {
    {0xa0, DER_INTEGER, 0, false, true, "version"},
    {DER_INTEGER, 0, 0, true, false, "serialNumber"},
    {DER_SEQUENCE, DER_OID, 0, false, false, "signature"},
    {DER_SEQUENCE, DER_SET, 0, true, false, "issuer"},
    {DER_SEQUENCE, DER_UTC_TIME, DER_GENERALIZED_TIME, false, false,
	"validity"},
    {DER_SEQUENCE, DER_SET, 0, true, false, "subject"},
    {DER_SEQUENCE, DER_SEQUENCE, 0, false, false, "subjectPublicKeyInfo"},
    {0x81, 0, 0, true, true, "issuerUniqueID"},
    {0x82, 0, 0, true, true, "subjectUniqueID"},
    {0xa3, 0, 0, true, true, "extensions"},
};

static const struct shape csr_shape[] = {
    {DER_INTEGER, 0, 0, true, false, "version"},
    {DER_SEQUENCE, DER_SET, 0, true, false, "subject"},
    {DER_SEQUENCE, DER_SEQUENCE, 0, false, false, "subjectPublicKeyInfo"},
    {0xa0, 0, 0, true, true, "attributes"},
};

static inline bool
fits(const struct shape *s, struct der t)
{
	uint8_t first;

	if (t.id != s->id)
		return false;
	if (t.value.len == 0)
		return s->may_be_empty || t.marks & DER_TRUNCATED;
	first = der_id(t.value.p[0]);
	return s->first == 0 || first == s->first ||
	       (s->or_first != 0 && first == s->or_first);
}

/* Whatever stands behind a cut cannot be called missing. */
static void
note_missing(
    struct cert *c, struct problems *p, const struct shape *shape, unsigned num)
{
	for (; num > 0; num--, shape++)
		if (!shape->optional)
			lost(c, p, "missing", shape->path);
}

/* A run of fields: found[i] is empty (id 0) when field i is not there. */
static void
read_fields(struct cert *c, struct der *found, const struct shape *shape,
    struct span s, struct problems *p)
{
	unsigned num = shape == tbs_shape ? F_END : CSR_END;
	unsigned next = 0, i;
	struct der t = {0};

	while (der_next(&t, &s)) {
		for (i = next; i < num && !fits(&shape[i], t); i++)
			;
		if (i == num && next < num && t.id == shape[next].id) {
			lost(c, p, "not what belongs here", shape[next].path);
			i = next;
		}
		if (t.marks)
			note_marks(
			    c, p, t.marks, i < num ? shape[i].path : "tbs");
		if (i == num) {
			lost(c, p, "an element that does not belong here",
			    next < num ? shape[next].path : "extensions");
			continue;
		}
		note_missing(c, p, shape + next, i - next);
		found[i] = t;
		next = i + 1;
	}
	if (s.len > 0)
		lost(c, p, "cut short inside a header",
		    next < num ? shape[next].path : "extensions");
	else if (!(t.marks & DER_TRUNCATED))
		note_missing(c, p, shape + next, num - next);
}

static void
read_validity(struct cert *c, struct span s, struct problems *p)
{
	struct der t;

	c->not_before_ms = der_next(&t, &s) ? der_time(&t) : INT64_MIN;
	c->not_after_ms = der_next(&t, &s) ? der_time(&t) : INT64_MIN;
	if (c->not_before_ms == INT64_MIN || c->not_after_ms == INT64_MIN)
		lost(c, p, "a date that cannot be read", "validity");
}

/* What stands behind the OID of an Extension, and is stepped over: its value
 * when it is there. */
static inline bool
read_ext(struct cert_ext *out, struct span *rest)
{
	struct der t, segment;
	struct span in, s = *rest;

	out->critical = out->segmented = false;
	if (!der_next(&t, &s))
		return false;
	if (t.id == DER_BOOLEAN) {
		out->critical = t.value.len > 0 && t.value.p[0] != 0;
		if (!der_next(&t, &s))
			return false;
	}
	*rest = s;
	out->marks |= t.marks;
	out->octets = t.whole;
	out->value = in = t.value;
	if (!der_is_constructed(&t) || !der_next(&segment, &in))
		return true;
	if (in.len == 0)
		out->value = segment.value;
	else
		out->segmented = true;
	return true;
}

/* An Extension as nearly all are: DER, less than 128 octets, and nothing else
 * in it. Read by itself because there are so many. */
static inline bool
read_plain_ext(struct cert_ext *out, struct span *list)
{
	const uint8_t *p = list->p, *end;

	if (list->len < 6 || p[0] != DER_SEQUENCE || p[1] >= 0x80 ||
	    p[1] > list->len - 2 || p[2] != DER_OID)
		return false;
	end = p + 2 + p[1];
	out->oid = span_of(p + 4, p[3]);
	if (p[1] < 4 || p[3] > p[1] - 4)
		return false;
	p += 4 + p[3];
	out->critical = false;
	if (p[0] == DER_BOOLEAN && p[1] == 1 && end - p >= 5) {
		out->critical = p[2] != 0;
		p += 3;
	}
	if (p[0] != DER_OCTET_STRING || p[1] != end - p - 2)
		return false;
	out->octets = span_of(p, (size_t)(end - p));
	out->value = span_of(p + 2, p[1]);
	out->segmented = false;
	out->marks = 0;
	*list =
	    span_of(end, list->len - out->octets.len - (size_t)(p - list->p));
	return true;
}

bool
cert_ext_next(struct cert_exts *it, struct cert_ext *out)
{
	struct span list = it->left, s;
	struct der t, oid;

	if (read_plain_ext(out, &it->left))
		return true;
	while (der_next(&t, &list)) {
		s = t.value;
		if (t.id != DER_SEQUENCE || !der_next(&oid, &s) ||
		    oid.id != DER_OID) {
			it->cut = true;
			continue;
		}
		it->left = list;
		out->oid = oid.value;
		out->marks = t.marks;
		if (!read_ext(out, &s)) {
			out->octets = span_of(NULL, 0);
			out->value = span_of(NULL, 0);
		} else if (s.len > 0) {
			it->cut = true;
		}
		return true;
	}
	it->cut |= list.len > 0;
	it->left = list;
	return false;
}

/* BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, ... } */
static bool
is_ca(struct span value)
{
	struct der t;

	return der_first(&t, value, DER_SEQUENCE) &&
	       der_first(&t, t.value, DER_BOOLEAN) && t.value.len > 0 &&
	       t.value.p[0] != 0;
}

static void
check_ext(struct cert *c, const struct cert_ext *e, struct problems *p)
{
	char oid[DER_OID_TEXT], path[DER_OID_TEXT + 8];

	if (e->octets.len > 0 && e->octets.p[0] == DER_OCTET_STRING &&
	    e->marks == 0)
		return;
	snprintf(path, sizeof(path), "ext[%s]", der_oid_text(oid, e->oid));
	note_marks(c, p, e->marks, path);
	if (e->octets.len == 0)
		lost(c, p, "without a value", path);
	else if ((e->octets.p[0] & ~DER_CONSTRUCTED) != DER_OCTET_STRING)
		lost(c, p, "value is no OCTET STRING", path);
}

static void
read_extensions(struct cert *c, struct span s, struct problems *p)
{
	struct cert_exts it;
	struct cert_ext e;
	struct der t;

	if (!der_next(&t, &s) || t.id != DER_SEQUENCE) {
		lost(c, p, "no SEQUENCE", "extensions");
		return;
	}
	if (t.marks)
		note_marks(c, p, t.marks, "extensions");
	c->extensions = t.value;
	it = cert_exts_of(c);
	while (cert_ext_next(&it, &e)) {
		check_ext(c, &e, p);
		if (oid_is(e.oid, OID_BASIC_CONSTRAINTS))
			c->ca |= is_ca(e.value);
		c->poison |= oid_is(e.oid, OID_CT_POISON);
		c->sct_list |= oid_is(e.oid, OID_CT_SCT_LIST);
	}
	if (it.cut)
		lost(c, p, "an element that is no Extension", "extensions");
}

static void
read_tbs(struct cert *c, struct span s, struct problems *p)
{
	struct der f[F_END] = {0};

	read_fields(c, f, tbs_shape, s, p);
	c->serial = f[F_SERIAL].value;
	c->issuer = f[F_ISSUER].whole;
	c->subject = f[F_SUBJECT].whole;
	c->spki = f[F_SPKI].whole;
	c->issuer_uid = span_from(f[F_ISSUER_UID].value, 1);
	c->subject_uid = span_from(f[F_SUBJECT_UID].value, 1);
	if (f[F_VALIDITY].id != 0)
		read_validity(c, f[F_VALIDITY].value, p);
	if (f[F_EXTENSIONS].id != 0)
		read_extensions(c, f[F_EXTENSIONS].value, p);
	else if (f[F_VERSION].id == 0 && c->issuer.len > 2)
		c->ca = span_eq(c->issuer, c->subject);
}

bool
cert_requested_next(
    struct cert_requested *it, struct cert *c, struct problems *p)
{
	struct der attr, t;

	while (!der_next(&t, &it->values)) {
		struct span in;

		if (!der_next(&attr, &it->left))
			return false;
		in = attr.value;
		if (!der_next(&t, &in) || t.id != DER_OID ||
		    (!oid_is(t.value, OID_EXTENSION_REQUEST) &&
			!oid_is(t.value, OID_MS_EXTENSION_REQUEST)))
			continue;
		if (der_next(&t, &in))
			it->values = t.id == DER_SET ? t.value : t.whole;
	}
	read_extensions(c, t.whole, p);
	return true;
}

/* The extensions that a request asks for; those of the first attribute are
 * taken for its own. */
static void
read_requested(struct cert *c, struct problems *p)
{
	struct cert_requested it = cert_requested_of(c);
	struct span first = {0};

	while (cert_requested_next(&it, c, p))
		if (first.p == NULL)
			first = c->extensions;
	c->extensions = first;
	if (it.left.len > 0)
		lost(c, p, "cut short inside a header", "attributes");
}

static void
read_request(struct cert *c, struct span s, struct problems *p)
{
	struct der f[CSR_END] = {0};

	read_fields(c, f, csr_shape, s, p);
	c->subject = f[CSR_SUBJECT].whole;
	c->spki = f[CSR_SPKI].whole;
	c->attributes = f[CSR_ATTRIBUTES].value;
	read_requested(c, p);
}

/* The contents of s are those of a TBSCertificate as far as they go: version
 * and serial, or a serial, an algorithm and a name, and no CRL. */
static bool
is_tbs(struct span s)
{
	struct der t;
	bool version = der_first(&t, s, 0xa0);

	if (version) {
		der_next(&t, &s);
		if (!der_first(&t, t.value, DER_INTEGER))
			return false;
		return s.len == 0 || s.p[0] == DER_INTEGER;
	}
	if (!der_next(&t, &s) || t.id != DER_INTEGER)
		return false;
	if (!der_next(&t, &s) || !fits(&tbs_shape[F_SIGNATURE], t))
		return false;
	if (!der_next(&t, &s) || !fits(&tbs_shape[F_ISSUER], t))
		return false;
	return !der_next(&t, &s) || fits(&tbs_shape[F_VALIDITY], t);
}

/* The contents of s are those of a CertificationRequestInfo. */
static bool
is_request(struct span s)
{
	struct der t;

	return der_next(&t, &s) && t.id == DER_INTEGER && t.value.len == 1 &&
	       der_next(&t, &s) && fits(&csr_shape[CSR_SUBJECT], t) &&
	       (!der_next(&t, &s) || fits(&csr_shape[CSR_SPKI], t));
}

/* signatureAlgorithm and signatureValue behind the signed part. */
static void
check_signature(struct cert *c, struct span s, struct problems *p)
{
	struct der t;

	if (s.len == 0 && c->status == CERT_PARTIAL)
		return;
	if (!der_next(&t, &s) || t.id != DER_SEQUENCE)
		lost(c, p, "missing", "signatureAlgorithm");
	else if (!der_next(&t, &s) || t.id != DER_BIT_STRING)
		lost(c, p, "missing", "signatureValue");
	else if (t.marks)
		note_marks(c, p, t.marks, "signatureValue");
	if (s.len > 0)
		problem_add(p, "more behind the signature", "certificate");
}

/* Which of the four it is; `body` is set to the signed part. */
static enum cert_format
detect(struct der *body, const struct der *outer)
{
	if (is_tbs(outer->value) || is_request(outer->value))
		*body = *outer;
	else if (!der_first(body, outer->value, DER_SEQUENCE))
		return CERT_NONE;
	if (is_tbs(body->value))
		return body->whole.p == outer->whole.p ? CERT_TBS
						       : CERT_CERTIFICATE;
	return is_request(body->value) ? CERT_CSR : CERT_NONE;
}

void
cert_parse(struct cert *out, struct span der, struct problems *problems)
{
	struct der outer, body;
	struct span s = der;

	*out = (struct cert){.status = CERT_UNPARSED, .der = der};
	out->not_before_ms = out->not_after_ms = INT64_MIN;
	if (!der_first(&outer, der, DER_SEQUENCE) ||
	    (out->format = detect(&body, &outer)) == CERT_NONE) {
		problem_add(problems,
		    der.len == 0 ? "empty" : "no certificate or request",
		    "certificate");
		return;
	}
	der_next(&outer, &s);
	out->status = CERT_PARSED;
	out->der = outer.whole;
	out->rest = s;
	out->tbs = body.whole;
	if (outer.marks)
		note_marks(out, problems, outer.marks, "certificate");
	if (s.len > 0)
		lost(out, problems, "more bytes behind its end", "certificate");
	if (body.marks && body.whole.p != outer.whole.p)
		note_marks(out, problems, body.marks, "tbsCertificate");
	if (out->format == CERT_CSR)
		read_request(out, body.value, problems);
	else
		read_tbs(out, body.value, problems);
	if (body.whole.p != outer.whole.p)
		check_signature(
		    out, span_from(outer.value, body.whole.len), problems);
	if (out->poison && out->format == CERT_CERTIFICATE)
		out->format = CERT_PRECERTIFICATE;
}
