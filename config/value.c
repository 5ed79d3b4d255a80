/* value: see value.h; the numbers with units, names and mail addresses. */
#include "config/value.h"

#include <string.h>

#include "config/config.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"

/* --- numbers with units -----------------------------------------------------
 */

struct unit {
	const char *name;
	int64_t factor;
};

/* A year is 365 days: these are periods of time, not dates. */
static const struct unit durations[] = {
    {"y", 365ll * 86400 * 1000},
    {"d", 86400ll * 1000},
    {"h", 3600ll * 1000},
    {"m", 60ll * 1000},
    {"s", 1000},
    {"ms", 1},
    {NULL, 0},
};
static const struct unit sizes[] = {
    {"TiB", 1ll << 40},
    {"GiB", 1ll << 30},
    {"MiB", 1ll << 20},
    {"KiB", 1ll << 10},
    {"B", 1},
    {NULL, 0},
};

static bool
with_unit(int64_t *out, const char *text, const struct unit *units)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t n;

	if (!text_u64(&n, span_of(text, digits)) || n > INT64_MAX)
		return false;
	for (; units->name != NULL; units++)
		if (strcmp(text + digits, units->name) == 0)
			return !__builtin_mul_overflow(
			    (int64_t)n, units->factor, out);
	return false;
}

static const char *
unit_text(char out[VALUE_TEXT], int64_t v, const struct unit *units)
{
	/* Nothing at all is "0s" and "0B", not "0y". */
	while (units[1].name != NULL && units->factor != 1 &&
	       (v % units->factor != 0 || (v == 0 && units->factor != 1000)))
		units++;
	snprintf(out, VALUE_TEXT, "%lld%s", (long long)(v / units->factor),
	    units->name);
	return out;
}

bool
config_duration(int64_t *ms, const char *text)
{
	return with_unit(ms, text, durations);
}

bool
config_size(int64_t *bytes, const char *text)
{
	return with_unit(bytes, text, sizes);
}

const char *
value_duration(char out[VALUE_TEXT], int64_t ms)
{
	return unit_text(out, ms, durations);
}

const char *
value_size(char out[VALUE_TEXT], int64_t bytes)
{
	return unit_text(out, bytes, sizes);
}

/* --- names ------------------------------------------------------------------
 */

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static bool
refuse(struct err *e, const char *value, const char *what)
{
	err_set(e, ST_BAD, "'%s' %s", QUOTE(span_str(value)), what);
	return false;
}

bool
value_name(const char *value, bool allow_http, struct err *e)
{
	size_t len = strlen(value);

	(void)allow_http;
	if (len == 0 || len > 64 || value[strspn(value, ALNUM "._-")] != '\0')
		return refuse(e, value,
		    "is no name: write 1 to 64 letters, digits, '.', '_', '-'");
	return true;
}

bool
value_tenant(const char *value, bool allow_http, struct err *e)
{
	size_t len = strlen(value);

	(void)allow_http;
	if (len == 0 || len > 128 || value[strspn(value, ALNUM "._/-")] != '\0')
		return refuse(e, value,
		    "is no tenant: write 1 to 128 letters, digits, '.', '_', "
		    "'/', '-'");
	return true;
}

bool
value_glob(const char *value, bool allow_http, struct err *e)
{
	(void)allow_http;
	if (*value == '\0')
		return refuse(e, value,
		    "matches nothing: write a pattern, a log id or a URL");
	return true;
}

/* --- mail addresses ---------------------------------------------------------
 */

/* The part behind the '@' when something stands on both sides and all of it
 * is printable ASCII that needs no quoting in a header. */
static const char *
address_domain(const char *value)
{
	const char *at = strrchr(value, '@');

	if (strlen(value) > 254 || at == NULL || at == value || at[1] == '\0')
		return NULL;
	if (value[strspn(value, ALNUM "!#$%&'*+-/=?^_`{|}~.@")] != '\0')
		return NULL;
	if (strchr(value, '@') != at ||
	    at[1 + strspn(at + 1, ALNUM ".-")] != '\0')
		return NULL;
	return at + 1;
}

bool
value_sender(const char *value, bool allow_http, struct err *e)
{
	(void)allow_http;
	if (address_domain(value) == NULL)
		return refuse(e, value,
		    "is no mail address: write one such as ct@your-domain");
	return true;
}

bool
value_recipient(const char *value, bool allow_http, struct err *e)
{
	if (strcmp(value, "record") == 0)
		return true;
	if (address_domain(value) == NULL)
		return refuse(e, value,
		    "is neither 'record' (the address that the record names) "
		    "nor a mail address");
	return value_sender(value, allow_http, e);
}

/* `domain` is `name` or below it, upper and lower case alike. */
static bool
is_below(struct span domain, const char *name)
{
	size_t len = strlen(name);

	if (domain.len < len)
		return false;
	if (strncasecmp((const char *)domain.p + domain.len - len, name, len) !=
	    0)
		return false;
	return domain.len == len || domain.p[domain.len - len - 1] == '.';
}

/* Names reserved for documents and tests (RFC 2606, RFC 6761). */
static bool
is_reserved(struct span domain)
{
	static const char *const names[] = {"example.com", "example.org",
	    "example.net", "example", "invalid", "test", "localhost"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is_below(domain, names[i]))
			return true;
	return false;
}

/* The domain of "you@domain" or "https://domain/..."; empty for others. */
static struct span
contact_domain(const char *contact)
{
	const char *host = address_domain(contact);
	struct span s;

	if (host == NULL) {
		if (strncmp(contact, "https://", 8) != 0 ||
		    !config_url_ok(contact, false, NULL))
			return span_of(NULL, 0);
		host = contact + 8;
	}
	s = span_of(host, strcspn(host, ":/?#"));
	if (s.len > 0 && s.p[s.len - 1] == '.')
		s.len--;
	return s;
}

bool
config_contact_ok(const char *contact, struct err *e)
{
	struct span domain = contact_domain(contact);

	if (domain.len == 0)
		return refuse(e, contact,
		    "is neither a mail address nor an https URL; write one "
		    "that reaches whoever runs this");
	if (is_reserved(domain))
		return refuse(e, contact,
		    "is an example, which logs take for no contact at all; "
		    "write one that reaches whoever runs this");
	if (span_chr(domain, '.') == domain.len)
		return refuse(e, contact,
		    "has no full domain name; write one that reaches whoever "
		    "runs this");
	/* It goes into a comment of the User-Agent (RFC 9110 5.6.5). */
	if (strpbrk(contact, "(){}|\\\"") != NULL)
		return refuse(e, contact, "has brackets or quotation marks");
	return true;
}

bool
value_contact(const char *value, bool allow_http, struct err *e)
{
	(void)allow_http;
	return config_contact_ok(value, e);
}
