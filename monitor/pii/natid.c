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

#define ETSI " (ETSI EN 319 412-1)"

/* EN 319 412-1 5.1.3: a type of three letters, or a country and ":", a
 * country, a hyphen (or, as seen, a blank), the number. */
static const char *
read_etsi(struct span *code, struct span *number, struct span s)
{
	static const char *const types[][2] = {{"PAS", "passport number" ETSI},
	    {"IDC", "identity card number" ETSI},
	    {"PNO", "national personal number" ETSI},
	    {"TAX", "personal tax number" ETSI},
	    {"TIN", "personal tax number" ETSI},
	    {"EID", "number of an electronic identity" ETSI}, {NULL, NULL}};

	if (!is_alpha(s, 0, 2) || !is_alpha(s, 3, 2) || s.len < 7 ||
	    (s.p[5] != '-' && s.p[5] != ' '))
		return NULL;
	*code = span_cut(s, 3, 2);
	*number = span_from(s, 6);
	if (s.p[2] == ':')
		return "number of a national scheme" ETSI;
	for (int i = 0; types[i][0] != NULL; i++)
		if (starts(s, types[i][0]))
			return types[i][1];
	return NULL;
}

/* The same with a letter too many or too few, as issuers have mistyped it:
 * "PPNOL-", "SEPNR-"; Italy has "IT:" alone. */
static const char *
read_mistyped(struct span *code, struct span *number, struct span s)
{
	bool swedish = is_alpha(s, 0, 2) && starts(span_from(s, 2), "PNR-");
	const char *scheme;

	if (starts(s, "IT:")) {
		*number = span_from(s, 3);
		scheme = natid_letters(code, *number);
		return scheme && span_eq_str(*code, "IT") ? scheme : NULL;
	}
	if (!swedish && !starts(s, "PPNOL-"))
		return NULL;
	*code = swedish ? span_cut(s, 0, 2) : span_str("PL");
	*number = span_from(s, 6);
	return "national personal number, its prefix mistyped";
}

/* eIDAS person identifier: "ES/AT/02635542Y". */
static const char *
read_eidas(struct span *code, struct span *number, struct span s)
{
	if (!is_alpha(s, 0, 2) || s.len <= 6 || s.p[2] != '/' ||
	    !is_alpha(s, 3, 2) || s.p[5] != '/')
		return NULL;
	*code = span_cut(s, 0, 2);
	*number = span_from(s, 6);
	return "eIDAS person identifier";
}

/* Spanish DNI or NIE: seven or eight digits and their check letter. */
static const char *
read_spanish(struct span *code, struct span *number, struct span s)
{
	static const char letters[] = "TRWAGMYFPDXBNJZSQVHLCKE";
	bool foreign = s.len == 9 && strchr("XYZ", s.p[0] & 0xdf) != NULL &&
		       (s.p[0] & 0xdf) != 0;
	unsigned v = foreign ? (s.p[0] & 0xdfu) - 'X' : 0;
	size_t at = foreign, n = digits(s, at);

	if (s.len != 9 || n != 8 - at)
		return NULL;
	for (size_t i = at; i < at + n; i++)
		v = v * 10 + (s.p[i] - (unsigned)'0');
	if ((s.p[8] & 0xdf) != letters[v % 23])
		return NULL;
	*code = span_str("ES");
	*number = s;
	return "identity number with its check letter";
}

/* Danish OCES: "PID:9208-2002-2-123456789012", "CVR:12345678-RID:1234". */
static const char *
read_danish(struct span *code, struct span *number, struct span s)
{
	bool pid = starts(s, "PID:9208-");

	if (!pid && (!starts(s, "CVR:") || digits(s, 4) != 8 ||
			!starts(span_from(s, 12), "-RID:")))
		return NULL;
	*code = span_str("DK");
	*number = span_of(NULL, 0);
	return pid ? "OCES person identifier" : "OCES employee identifier";
}

/* Digits with hyphens, full stops and blanks between. */
static size_t
spaced_digits(struct span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] - (unsigned)'0' < 10)
			n++;
		else if (s.p[i] == '\0' || strchr("-. /", s.p[i]) == NULL)
			break;
	return n;
}

/* Some numbers are of companies as well: Chile's from fifty millions on,
 * Argentina's that begin with a 3, Russia's of ten digits. */
static bool
is_company(const char *scheme, struct span number)
{
	size_t n = 0;
	unsigned v = 0;

	for (size_t i = 0; i < number.len && number.p[i] != '-'; i++) {
		if (number.p[i] - (unsigned)'0' > 9)
			continue;
		v = v * 10 + (number.p[i] - (unsigned)'0');
		n++;
	}
	if (strcmp(scheme, "RUT") == 0)
		return n == 8 && v >= 50000000;
	if (strcmp(scheme, "CUIT") == 0)
		return number.len > 0 && number.p[0] == '3';
	return strcmp(scheme, "INN") == 0 && n == 10;
}

/* The name of a numbering scheme and its number, in one form or another. */
static const char *
read_named(struct span *code, struct span *number, struct span s)
{
	static const char *const names[][2] = {{"EGN", "BG"}, {"PESEL", "PL"},
	    {"IIN", "KZ"}, {"CUIL", "AR"}, {"CUIT", "AR"}, {"CPF-", "CR"},
	    {"CPF", "BR"}, {"CNP", "RO"}, {"JMBG", "RS"}, {"OIB", "HR"},
	    {"EMSO", "SI"}, {"NIF", "ES"}, {"NIE", "ES"}, {"DNI", ""},
	    {"RUT", "CL"}, {"RUN", "CL"}, {"TCKN", "TR"}, {"SNILS", "RU"},
	    {"INN", "RU"}, {"BSN", "NL"}, {"BI", "PT"}, {"RPPS", "FR"},
	    {"CNIC", "PK"}, {"SSN", ""}, {NULL, NULL}};

	for (int i = 0; names[i][0] != NULL; i++) {
		size_t at = strlen(names[i][0]);

		/* The usual serialNumber of a company is dismissed here. */
		if (s.len == 0 || (s.p[0] & 0xdf) != names[i][0][0] ||
		    !starts(s, names[i][0]))
			continue;
		while (at < s.len && strchr(":-/ ", s.p[at]) != NULL &&
		       s.p[at] != '\0')
			at++;
		*code = span_str(names[i][1]);
		*number = span_from(s, at);
		if (spaced_digits(*number) >= 7 &&
		    !is_company(names[i][0], *number))
			return "number named as a personal one";
	}
	return NULL;
}

/* "V-12345678" and "J-12345678-9": Venezuelan, of a person or a foreigner. */
static const char *
read_venezuelan(struct span *code, struct span *number, struct span s)
{
	if (s.len < 8 || strchr("VEve", s.p[0]) == NULL || s.p[1] != '-' ||
	    spaced_digits(span_from(s, 2)) < 6 || digits(s, 2) < 6)
		return NULL;
	*code = span_str("VE");
	*number = span_from(s, 2);
	return "identity number";
}

static void
put_reasons(
    struct natid *out, const char *scheme, struct span code, struct span number)
{
	unsigned n = 0;

	out->reason[n++] = scheme;
	if (natid_country(code) != NULL)
		out->reason[n++] = natid_country(code);
	if (natid_encodes_birth(code, number))
		out->reason[n++] = "this number encodes your birth date";
	out->reason[n] = NULL;
}

static bool
read_one(struct natid *out, struct span s, struct span country)
{
	static const char *(*const forms[])(struct span * code,
	    struct span * number, struct span s) = {read_etsi, read_mistyped,
	    read_eidas, read_spanish, read_danish, read_named, read_venezuelan};
	const char *scheme = NULL;
	struct span code, number;

	*out = (struct natid){.bare = false};
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if ((scheme = forms[i](&code, &number, s)) != NULL)
			break;
	if (scheme == NULL) {
		number = s;
		scheme = natid_letters(&code, s);
	}
	if (scheme == NULL) {
		scheme = natid_check(&code, s, country);
		/* Chile's say by their size that they are no company's. */
		out->bare = scheme != NULL && !starts(code, "CL");
	}
	if (scheme == NULL)
		return false;
	put_reasons(out, scheme, code, number);
	return true;
}

bool
natid_read(struct natid *out, struct span s, struct span country)
{
	size_t at;
	bool blanks;

	while (s.len > 0 && s.p[0] != '\0' && strchr("- /", s.p[0]) != NULL)
		s = span_from(s, 1);
	if (read_one(out, s, country))
		return true;
	/* "EXA800101AB1 / ROEJ800101ABC": of the company, and of its agent. */
	at = span_chr(s, '/');
	if (at == 0 || at + 1 >= s.len)
		return false;
	blanks = s.p[at - 1] == ' ' && s.p[at + 1] == ' ';
	return (read_one(out, span_from(s, at + 1 + blanks), country) &&
		   (blanks || !out->bare)) ||
	       (read_one(out, span_cut(s, 0, at - blanks), country) &&
		   (blanks || !out->bare));
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
