/*
 * compile: e-mail and domain records made into keys; see match.h. Names are in
 * compile_name.c, which domains are refused in domain.c.
 */
#include "monitor/pii/compile.h"

#include "ctlog/base/text.h"
#include "monitor/pii/keys.h"
#include "monitor/pii/normal.h"

#define ROOM (8 * LIMIT_VALUE)
/* RFC 5321 4.5.3.1.1 says 64 octets; UTF-8 and real life say more. */
#define LOCAL_MAX 256
#define KINDS_DEFAULT (1u << PII_EMAIL | 1u << PII_UPN | 1u << PII_JID)

_Static_assert(PII_KINDS <= 16, "a domain's kinds are a u16 in its blob");

static uint8_t *
key_room(struct compiled *out)
{
	uint8_t *p = buf_room(&out->keys, LIMIT_STORE_KEY);

	out->keys.len += LIMIT_STORE_KEY;
	return p;
}

/*
 * The text with the letters replaced that IDNA 2003 mapped to others (UTS 46
 * section 7, deviations): faß.de was fass.de. In the local part folding does
 * the same. An empty span when there is no such letter.
 */
static struct span
idna2003(struct arena *a, struct span text)
{
	uint8_t *q = arena_get(a, text.len);
	size_t n = 0, at = 0;
	bool any = false;

	while (q != NULL && at < text.len) {
		uint32_t c = text_utf8_next(text, &at);

		any |= c == 0xdf || c == 0x3c2 || c == 0x200c || c == 0x200d;
		if (c == 0xdf) {
			q[n++] = 's';
			q[n++] = 's';
		} else if (c != 0x200c && c != 0x200d) {
			n += text_utf8_put(q + n, c == 0x3c2 ? 0x3c3 : c);
		}
	}
	return any ? span_of(q, n) : span_of(NULL, 0);
}

static bool
has_control(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] == 0x7f)
			return true;
	return false;
}

static bool
is_address(struct span canonical)
{
	struct span domain = normal_email_domain(canonical);
	size_t local = canonical.len - domain.len;

	if (domain.len == 0 || local < 2 || local > LOCAL_MAX + 1)
		return false;
	if (canonical.p[0] != '"' && has_control(canonical))
		return false;
	if (domain.p[0] == '[')
		return domain.p[domain.len - 1] == ']' && !has_control(domain);
	return domain_is_host(domain);
}

/* The key of the address as IDNA 2003 spelt it, and the tag that tells a find
 * by the other key from one by this. */
static unsigned
compile_alias(struct compiled *out, struct keyer *k, struct arena *a,
    struct span canonical, struct span value)
{
	struct span alias = normal_email(a, idna2003(a, value));

	if (alias.len == 0 || span_eq(alias, canonical))
		return 0;
	key_email(k, key_room(out), alias, 0);
	return BLOB_ALIAS;
}

static enum status
compile_email(struct compiled *out, const struct record *r, struct keyer *k,
    struct err *e)
{
	uint8_t room[ROOM];
	struct arena a = arena_of(room, sizeof(room));
	struct span value = span_str(r->value ? r->value : "");
	struct span address = normal_email(&a, value);
	unsigned policy, flags;

	if (!text_is_utf8(value) || !is_address(address))
		return err_set(e, ST_BAD,
		    "the value is not an e-mail address (local@domain)");
	policy = key_policy(address, r->email_policy);
	key_email(k, key_room(out), address, 0);
	if (policy != 0)
		key_email(k, key_room(out),
		    normal_email_relaxed(&a, address, policy), policy);
	flags = policy | compile_alias(out, k, &a, address, value);
	buf_uint(&out->blob, blob_head(flags), 1);
	if (flags & BLOB_ALIAS)
		buf_add(&out->blob, out->keys.p, sizeof(uint64_t));
	return ST_OK;
}

static enum status
compile_domain(struct compiled *out, const struct record *r, struct keyer *k,
    struct err *e)
{
	uint8_t room[ROOM];
	struct arena a = arena_of(room, sizeof(room));
	struct span value = span_str(r->value ? r->value : "");
	struct span domain = normal_domain(&a, value);
	uint32_t kinds = r->kinds ? r->kinds : KINDS_DEFAULT;
	const char *no;

	if (!text_is_utf8(value) || !domain_is_host(domain))
		return err_set(
		    e, ST_BAD, "the value is not a domain name (example.com)");
	if ((kinds & KINDS_DEFAULT) == 0)
		return err_set(e, ST_BAD,
		    "kinds: a domain is found in email, upn and jid only");
	no = domain_refusal(domain);
	if (no != NULL)
		return err_set(e, ST_BAD, "nobody can opt in for %s", no);
	key_domain(k, key_room(out), domain);
	buf_uint(&out->blob, blob_head(r->subdomains ? BLOB_SUBDOMAINS : 0), 1);
	buf_uint(&out->blob, kinds & KINDS_DEFAULT, 2);
	return ST_OK;
}

enum status
match_compile(struct compiled *out, const struct record *r, struct keyer *k,
    struct err *e)
{
	enum status st;

	*out = (struct compiled){0};
	switch (r->kind) {
	case RECORD_EMAIL:
		st = compile_email(out, r, k, e);
		break;
	case RECORD_DOMAIN:
		st = compile_domain(out, r, k, e);
		break;
	default:
		st = compile_name(out, r, k, e);
		break;
	}
	if (st != ST_OK)
		compiled_fini(out);
	return st;
}

void
compiled_fini(struct compiled *c)
{
	buf_fini(&c->keys);
	buf_fini(&c->blob);
}
