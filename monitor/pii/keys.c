/* keys: see keys.h. The hashing itself is in keyer.c. */
#include "monitor/pii/keys.h"

#include "ctlog/base/text.h"
#include "monitor/pii/normal.h"

/* Between the tokens of a set; normal_name leaves no such character. */
#define TOKEN_JOINT 0x1f
#define PREFIX_CHARS 3

void
key_email(
    struct keyer *k, uint8_t out[32], struct span address, unsigned policy)
{
	static const char *const label[] = {
	    "email", "email+plus", "email+dots", "email+plus+dots"};

	ASSERT(policy < sizeof(label) / sizeof(label[0]));
	keyer_run(k, out, label[policy], address);
}

unsigned
key_policy(struct span address, unsigned policy)
{
	struct span domain = normal_email_domain(address);

	if (!span_eq_str(domain, "gmail.com") &&
	    !span_eq_str(domain, "googlemail.com"))
		policy &= ~(unsigned)EMAIL_GMAIL_DOTS;
	return policy & (EMAIL_PLUS | EMAIL_GMAIL_DOTS);
}

void
key_domain(struct keyer *k, uint8_t out[32], struct span domain)
{
	keyer_run(k, out, "domain", domain);
}

/* The hash of a set of tokens under a label. */
static bool
key_set(struct keyer *k, uint8_t out[32], const char *label,
    struct span *tokens, unsigned num)
{
	uint8_t text[NAME_KEY_MAX];
	size_t len = 0;

	num = normal_sort(tokens, num);
	for (unsigned i = 0; i < num; i++) {
		if (tokens[i].len >= sizeof(text) - len)
			return false;
		if (i > 0)
			text[len++] = TOKEN_JOINT;
		memcpy(text + len, tokens[i].p, tokens[i].len);
		len += tokens[i].len;
	}
	keyer_run(k, out, label, span_of(text, len));
	return len > 0;
}

bool
key_name(struct keyer *k, uint8_t out[32], struct span *tokens, unsigned num)
{
	return key_set(k, out, "name", tokens, num);
}

static uint64_t
tag_of(const uint8_t key[32])
{
	uint64_t tag;

	memcpy(&tag, key, sizeof(tag));
	return __builtin_bswap64(tag);
}

static uint64_t
tag_run(struct keyer *k, const char *label, struct span value)
{
	uint8_t key[32];

	if (value.len == 0)
		return 0;
	keyer_run(k, key, label, value);
	return tag_of(key);
}

/* The first num characters; empty when there are fewer. */
static struct span
first_chars(struct span s, size_t num)
{
	size_t at = 0;

	for (; num > 0 && at < s.len; num--)
		text_utf8_next(s, &at);
	return num == 0 ? span_cut(s, 0, at) : span_of(NULL, 0);
}

size_t
num_chars(struct span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += (s.p[i] & 0xc0) != 0x80;
	return n;
}

uint64_t
tag_token(struct keyer *k, struct span token)
{
	return tag_run(k, "token", token);
}

uint32_t
tag_initial(struct keyer *k, struct span token)
{
	return (uint32_t)tag_run(k, "initial", first_chars(token, 1));
}

uint32_t
tag_prefix(struct keyer *k, struct span token)
{
	return (uint32_t)tag_run(k, "prefix", first_chars(token, PREFIX_CHARS));
}

uint64_t
tag_domain(struct keyer *k, struct span domain)
{
	return tag_run(k, "in-domain", domain);
}

uint64_t
tag_email(struct keyer *k, struct span address)
{
	return tag_run(k, "in-email", address);
}

#define IDENTIFIER_MIN 7 /* "VATDE-1" */
#define IDENTIFIER_MAX 256

static bool
is_letter(uint8_t c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* Three letters for the register, two for the country, a hyphen. */
static bool
is_identifier(struct span s)
{
	for (size_t i = 0; i < 5 && i < s.len; i++)
		if (!is_letter(s.p[i]))
			return false;
	return s.len >= IDENTIFIER_MIN && s.len <= IDENTIFIER_MAX &&
	       s.p[5] == '-';
}

uint64_t
tag_organization_id(struct keyer *k, struct span text)
{
	uint8_t plain[IDENTIFIER_MAX];
	size_t n = 0;

	if (!is_identifier(text))
		return 0;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.p[i];

		if (c > ' ')
			plain[n++] = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
	}
	return tag_run(k, "in-organization-id", span_of(plain, n));
}

/* "XG" (LEI, INT) is the whole world. */
struct span
identifier_country(struct span s)
{
	if (!is_identifier(s) || (s.p[3] | 0x20) == 'x')
		return span_of(NULL, 0);
	return span_cut(s, 3, 2);
}

/* Two countries have another code in domain names and tax numbers than in
 * ISO 3166. */
uint64_t
tag_country(struct keyer *k, struct arena *a, struct span code)
{
	struct span name = normal_name(a, code);

	if (span_eq_str(name, "uk"))
		name = span_str("gb");
	else if (span_eq_str(name, "el"))
		name = span_str("gr");
	return tag_run(k, "in-country", name);
}

/* Tokens that say what form a company has, not which it is. */
static bool
is_legal_form(struct span token)
{
	static const char *const forms[] = {"ab", "ad", "ag",
	    "aktiengesellschaft", "aps", "as", "asa", "beschrankter", "bhd",
	    "bt", "bv", "bvba", "co", "company", "corp", "corporation", "cvba",
	    "dd", "doo", "eirl", "eireli", "eood", "ev", "gesellschaft", "gmbh",
	    "haftung", "hb", "inc", "incorporated", "kft", "kg", "kgaa", "kk",
	    "limited", "llc", "llp", "lp", "ltd", "ltda", "mbh", "me", "mei",
	    "mit", "nv", "nyrt", "ohg", "ood", "ou", "oy", "oyj", "plc", "pte",
	    "pty", "pvt", "sa", "sarl", "sas", "sdn", "sia", "sl", "slu", "snc",
	    "sp", "spa", "srl", "sro", "the", "uab", "ug", "vof", "zoo", "zrt",
	    "ао", "зао", "ип", "ооо", "оао", "пао", "пп", "тов", "тоо",
	    "株式会社", "有限会社", "有限公司", "公司", "주식회사"};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (span_eq_str(token, forms[i]))
			return true;
	return num_chars(token) == 1;
}

uint64_t
tag_organization(struct keyer *k, struct arena *a, struct span name)
{
	struct span token[NAME_TOKENS], left[NAME_TOKENS];
	unsigned n, num_left = 0;
	uint8_t key[32];

	n = normal_name_tokens(a, token, NAME_TOKENS, normal_name(a, name), 0);
	for (unsigned i = 0; i < n; i++)
		if (!is_legal_form(token[i]))
			left[num_left++] = token[i];
	if (num_left == 0)
		return key_set(k, key, "in-organization", token, n)
			   ? tag_of(key)
			   : 0;
	return key_set(k, key, "in-organization", left, num_left) ? tag_of(key)
								  : 0;
}

uint64_t
tag_locality(struct keyer *k, struct arena *a, struct span name)
{
	struct span token[NAME_TOKENS];
	uint8_t key[32];
	unsigned n;

	n = normal_name_tokens(a, token, NAME_TOKENS, normal_name(a, name), 0);
	return key_set(k, key, "in-locality", token, n) ? tag_of(key) : 0;
}
