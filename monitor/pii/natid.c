/* natid: see natid.h. */
#include "monitor/pii/natid.h"

#include <ctype.h>

static bool
is_alpha(struct span s, size_t at, size_t n)
{
	if (s.len < at + n)
		return false;
	for (size_t i = at; i < at + n; i++)
		if ((s.p[i] | 0x20u) - 'a' >= 26)
			return false;
	return true;
}

static size_t
digits(struct span s, size_t at)
{
	size_t n = 0;

	while (at + n < s.len && s.p[at + n] - (unsigned)'0' < 10)
		n++;
	return n;
}

static bool
starts(struct span s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.len >= n && strncasecmp((const char *)s.p, prefix, n) == 0;
}

/* ETSI EN 319 412-1 5.1.3: a type of three letters, or a country and ":", a
 * country, a hyphen (or, as seen, a blank), the number. */
static bool
is_etsi(struct span s)
{
	static const char *const types[] = {
	    "PAS", "IDC", "PNO", "TAX", "TIN", "EID", NULL};

	if (!is_alpha(s, 0, 2) || !is_alpha(s, 3, 2) || s.len < 7 ||
	    (s.p[5] != '-' && s.p[5] != ' '))
		return false;
	if (s.p[2] == ':')
		return true;
	for (int i = 0; types[i] != NULL; i++)
		if (starts(s, types[i]))
			return true;
	return false;
}

/* eIDAS person identifier: "ES/AT/02635542Y". */
static bool
is_eidas(struct span s)
{
	return is_alpha(s, 0, 2) && s.len > 6 && s.p[2] == '/' &&
	       is_alpha(s, 3, 2) && s.p[5] == '/';
}

/* Spanish DNI or NIE: seven or eight digits and their check letter. */
static bool
is_spanish(struct span s)
{
	static const char letters[] = "TRWAGMYFPDXBNJZSQVHLCKE";
	bool foreign = s.len == 9 && strchr("XYZ", s.p[0] & 0xdf) != NULL &&
		       (s.p[0] & 0xdf) != 0;
	unsigned v = foreign ? (s.p[0] & 0xdfu) - 'X' : 0;
	size_t at = foreign, n = digits(s, at);

	if (s.len != 9 || n != 8 - at)
		return false;
	for (size_t i = at; i < at + n; i++)
		v = v * 10 + (s.p[i] - (unsigned)'0');
	return (s.p[8] & 0xdf) == letters[v % 23];
}

/* Danish OCES: "PID:9208-2002-2-123456789012", "CVR:12345678-RID:1234". */
static bool
is_danish(struct span s)
{
	if (starts(s, "PID:9208-"))
		return true;
	return starts(s, "CVR:") && digits(s, 4) == 8 &&
	       starts(span_from(s, 12), "-RID:");
}

/* The name of a numbering scheme and its number, in one form or another. */
static bool
is_named(struct span s)
{
	static const char *const names[] = {"EGN", "PESEL", "IIN", "CUIL",
	    "CUIT", "CPF", "CNP", "JMBG", "OIB", "EMSO", "NIF", "NIE", "DNI",
	    "RUT", "TCKN", "SNILS", "INN", NULL};

	for (int i = 0; names[i] != NULL; i++) {
		size_t at = strlen(names[i]);

		if (!starts(s, names[i]))
			continue;
		while (at < s.len && strchr(":-/ ", s.p[at]) != NULL &&
		       s.p[at] != '\0')
			at++;
		if (digits(s, at) >= 7)
			return true;
	}
	return false;
}

/* A country and "PNR-", as Swedish certificates have it. */
static bool
is_pnr(struct span s)
{
	return is_alpha(s, 0, 2) && starts(span_from(s, 2), "PNR-");
}

const char *
natid_reason(struct span s)
{
	while (s.len > 0 && (s.p[0] == '-' || s.p[0] == ' '))
		s = span_from(s, 1);
	if (is_etsi(s))
		return "natural person identifier (ETSI EN 319 412-1)";
	if (is_eidas(s))
		return "eIDAS person identifier";
	if (is_spanish(s))
		return "Spanish identity number with its check letter";
	if (is_danish(s))
		return "Danish person identifier";
	if (is_named(s) || is_pnr(s))
		return "number named as a personal one";
	return NULL;
}

/* Digits and dots only, like an object identifier, and too many for an IP
 * address. */
static bool
is_oid(struct span s)
{
	size_t dots = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] != '.' && !isdigit(s.p[i]))
			return false;
		dots += s.p[i] == '.';
	}
	return dots > 4;
}

struct span
natid_of_upn(struct span upn)
{
	size_t at = span_chr(upn, '@'), n = digits(upn, 0);
	struct span domain = span_from(upn, at + 1);
	struct span none = span_of(NULL, 0);

	if (at == upn.len || n == 0)
		return none;
	if (n == at && (n == 10 || n == 16) && domain.len == 3 &&
	    starts(domain, "mil"))
		return span_cut(upn, 0, 10);
	return is_oid(domain) ? span_cut(upn, 0, at) : none;
}
