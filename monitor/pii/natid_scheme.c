/*
 * natid_scheme: the make of national numbers: how many digits, where a birth
 * date is in them, how the check digit is made; see natid.h. Dates are looked
 * at, never handed on.
 */
#include "monitor/pii/natid.h"

#define DIGITS 20

enum date_form { NO_DATE, YMD, DMY, YYYYMD };

/* A number as digits, and a letter at its end or behind its date. */
struct number {
	uint8_t d[DIGITS]; /* values */
	unsigned len;
	uint8_t end; /* last character when it is a letter, in upper case */
};

struct scheme {
	const char *country;
	const char *reason; /* NULL: no check digit worth trusting alone */
	bool (*check)(const struct number *n);
	uint8_t len;
	uint8_t date_at;
	uint8_t form;       /* enum date_form */
	const char *months; /* what may be added to the month: in tens */
	uint8_t days;       /* to the day */
};

/* --- check digits --------------------------------------------------------- */

static unsigned
weigh(const struct number *n, const char *weights)
{
	unsigned sum = 0;

	for (unsigned i = 0; weights[i] != '\0'; i++)
		sum += n->d[i] * (unsigned)(weights[i] - '0');
	return sum;
}

/* EE and LT; KZ the same with one digit more. ':' is 10, ';' is 11. */
static bool
check_two_rounds(const struct number *n)
{
	bool kz = n->len == 12;
	unsigned v = weigh(n, kz ? "123456789:;" : "1234567891") % 11;

	if (v == 10)
		v = weigh(n, kz ? "3456789:;12" : "3456789123") % 11;
	return v % 10 == n->d[n->len - 1] && (v < 10 || !kz);
}

static bool
check_be(const struct number *n)
{
	unsigned v = 0, check = n->d[9] * 10u + n->d[10];

	for (unsigned i = 0; i < 9; i++)
		v = v * 10 + n->d[i];
	return 97 - v % 97 == check ||
	       97 - (v % 97 + 2000000000u % 97) % 97 == check;
}

static bool
check_bg(const struct number *n)
{
	return weigh(n, "2485:9736") % 11 % 10 == n->d[9];
}

/* CZ and SK: all of it divides by eleven. */
static bool
check_eleven(const struct number *n)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < 10; i++)
		v = v * 10 + n->d[i];
	return v % 11 == 0;
}

static bool
check_pl(const struct number *n)
{
	return (weigh(n, "1379137913") + n->d[10]) % 10 == 0;
}

static bool
check_ro(const struct number *n)
{
	unsigned v = weigh(n, "279146358279") % 11;

	return (v == 10 ? 1 : v) == n->d[12];
}

/* JMBG and EMSO. */
static bool
check_jmbg(const struct number *n)
{
	unsigned v = 11 - weigh(n, "765432765432") % 11;

	return (v > 9 ? 0 : v) == n->d[12];
}

/* Luhn, of the last ten digits or of all. */
static bool
check_luhn(const struct number *n)
{
	unsigned sum = 0, from = n->len == 12 ? 2 : 0;

	for (unsigned i = n->len; i-- > from;) {
		unsigned v = n->d[i] * ((n->len - i) % 2 ? 1u : 2u);

		sum += v > 9 ? v - 9 : v;
	}
	return sum % 10 == 0;
}

static bool
check_tr(const struct number *n)
{
	unsigned odd = 0, even = 0;

	for (unsigned i = 0; i < 9; i++)
		*(i % 2 ? &even : &odd) += n->d[i];
	return n->d[0] != 0 && (odd * 7 + 90 - even) % 10 == n->d[9] &&
	       (odd + even + n->d[9]) % 10 == n->d[10];
}

static bool
check_br(const struct number *n)
{
	unsigned a = weigh(n, ":98765432") * 10 % 11 % 10;
	unsigned b = weigh(n, ";:98765432") * 10 % 11 % 10;
	bool same = true;

	for (unsigned i = 1; i < 11; i++)
		same &= n->d[i] == n->d[0];
	return !same && a == n->d[9] && b == n->d[10];
}

static bool
check_cn(const struct number *n)
{
	static const uint8_t weights[] = {
	    7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
	unsigned sum = 0;
	const char *end = "10X98765432";

	for (unsigned i = 0; i < 17; i++)
		sum += n->d[i] * (unsigned)weights[i];
	return end[sum % 11] ==
	       (n->end ? (char)n->end : (char)('0' + n->d[17]));
}

/* AR: CUIL and CUIT of natural persons begin so. */
static bool
check_ar(const struct number *n)
{
	unsigned kind = n->d[0] * 10u + n->d[1];
	unsigned v = 11 - weigh(n, "5432765432") % 11;

	return (kind == 20 || kind == 23 || kind == 24 || kind == 27) &&
	       (v == 11 ? 0 : v) == n->d[10];
}

/* RNOKPP: the first five digits are the day of birth, counted from 1899. */
static bool
check_ua(const struct number *n)
{
	int sum = (int)weigh(n, "057946:57") - n->d[0];

	return sum >= 0 && sum % 11 % 10 == n->d[9] && n->d[0] + n->d[1] > 0;
}

/* --- the schemes ----------------------------------------------------------- */

#define PERSONAL(c) c " personal number with its check digit"

static const struct scheme schemes[] = {
    {"AR", "Argentine CUIL with its check digit", check_ar, 11, 0, NO_DATE, "",
	0},
    {"BA", PERSONAL("Bosnian"), check_jmbg, 13, 0, DMY, "", 0},
    {"BE", PERSONAL("Belgian"), check_be, 11, 0, YMD, "24", 0},
    {"BG", PERSONAL("Bulgarian"), check_bg, 10, 0, YMD, "24", 0},
    {"BR", "Brazilian CPF with its check digits", check_br, 11, 0, NO_DATE, "",
	0},
    {"CN", PERSONAL("Chinese"), check_cn, 18, 6, YYYYMD, "", 0},
    {"CZ", PERSONAL("Czech"), check_eleven, 10, 0, YMD, "257", 0},
    {"CZ", NULL, NULL, 9, 0, YMD, "5", 0},
    {"DK", NULL, NULL, 10, 0, DMY, "", 60},
    {"EE", PERSONAL("Estonian"), check_two_rounds, 11, 1, YMD, "", 0},
    {"HR", NULL, NULL, 13, 0, DMY, "", 0},
    {"IS", NULL, NULL, 10, 0, DMY, "", 0},
    {"KR", NULL, NULL, 13, 0, YMD, "", 0},
    {"KZ", PERSONAL("Kazakh"), check_two_rounds, 12, 0, YMD, "", 0},
    {"LT", PERSONAL("Lithuanian"), check_two_rounds, 11, 1, YMD, "", 0},
    {"LV", NULL, NULL, 11, 0, DMY, "", 0},
    {"ME", PERSONAL("Montenegrin"), check_jmbg, 13, 0, DMY, "", 0},
    {"MK", PERSONAL("Macedonian"), check_jmbg, 13, 0, DMY, "", 0},
    {"NO", NULL, NULL, 11, 0, DMY, "48", 40},
    {"PL", PERSONAL("Polish"), check_pl, 11, 0, YMD, "2468", 0},
    {"RO", PERSONAL("Romanian"), check_ro, 13, 1, YMD, "", 0},
    {"RS", PERSONAL("Serbian"), check_jmbg, 13, 0, DMY, "", 0},
    {"SE", PERSONAL("Swedish"), check_luhn, 10, 0, YMD, "", 60},
    {"SE", PERSONAL("Swedish"), check_luhn, 12, 0, YYYYMD, "", 60},
    {"SI", PERSONAL("Slovene"), check_jmbg, 13, 0, DMY, "", 0},
    {"SK", PERSONAL("Slovak"), check_eleven, 10, 0, YMD, "257", 0},
    {"SK", NULL, NULL, 9, 0, YMD, "5", 0},
    {"TR", PERSONAL("Turkish"), check_tr, 11, 0, NO_DATE, "", 0},
    {"UA", "Ukrainian RNOKPP with its check digit", check_ua, 10, 0, NO_DATE,
	"", 0},
    {"ZA", PERSONAL("South African"), check_luhn, 13, 0, YMD, "", 0},
};
#define SCHEMES (sizeof(schemes) / sizeof(schemes[0]))

static bool
month_is(unsigned m, const char *add)
{
	if (m >= 1 && m <= 12)
		return true;
	for (; *add != '\0'; add++)
		if (m > (*add - '0') * 10u && m <= (*add - '0') * 10u + 12)
			return true;
	return false;
}

static bool
has_date(const struct scheme *s, const struct number *n)
{
	const uint8_t *d = n->d + s->date_at + (s->form == YYYYMD ? 2 : 0);
	unsigned a = d[0] * 10u + d[1], m = d[2] * 10u + d[3];
	unsigned c = d[4] * 10u + d[5], day = s->form == DMY ? a : c;
	unsigned year = s->form == YYYYMD ? d[-2] * 10u + d[-1] : 19;

	if (s->days != 0 && day > s->days)
		day -= s->days;
	return (year == 18 || year == 19 || year == 20) &&
	       month_is(m, s->months) && day >= 1 && day <= 31;
}

static bool
number_read(struct number *out, struct span s)
{
	*out = (struct number){.len = 0};
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.p[i];

		if (strchr("-/ .+", c) != NULL && c != '\0')
			continue;
		if (out->len == DIGITS || out->end != 0)
			return false;
		if (c - (unsigned)'0' > 9 && (c | 0x20u) - 'a' >= 26)
			return false;
		if (c - (unsigned)'0' > 9)
			out->end = c & 0xdf;
		out->d[out->len++] =
		    c - (unsigned)'0' > 9 ? 0 : (uint8_t)(c - '0');
	}
	return out->len > 0;
}

static bool
is_country(struct span code, const char *of)
{
	return code.len == 2 && (code.p[0] & 0xdf) == of[0] &&
	       (code.p[1] & 0xdf) == of[1];
}

/* --- numbers with letters inside -------------------------------------------- */

/* '9' a digit, 'A' a letter, '*' either. */
static bool
is_shape(struct span s, const char *shape)
{
	if (s.len != strlen(shape))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		bool digit = s.p[i] - (unsigned)'0' < 10;
		bool letter = (s.p[i] | 0x20u) - 'a' < 26;

		if (shape[i] == '9'   ? !digit
		    : shape[i] == 'A' ? !letter
				      : !digit && !letter)
			return false;
	}
	return true;
}

/* Codice fiscale; digits may stand as letters where two persons share one. */
static bool
is_italian(struct span s)
{
	static const uint8_t odd[] = {1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4,
	    18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
	unsigned sum = 0;

	if (!is_shape(s, "AAAAAA**A**A***A"))
		return false;
	for (size_t i = 0; i < 15; i++) {
		uint8_t c = s.p[i];
		unsigned v = c - (unsigned)'0' < 10 ? c - (unsigned)'0'
						    : (c & 0xdfu) - 'A';

		sum += i % 2 ? v : odd[v];
	}
	return (s.p[15] & 0xdfu) == 'A' + sum % 26;
}

/* HETU: ddmmyy, a sign of the century, nnn, a check character. */
static bool
is_finnish(struct span s)
{
	unsigned v = 0;

	if (s.len != 11 || memchr("-+ABCDEFUVWXY", s.p[6], 13) == NULL)
		return false;
	for (size_t i = 0; i < 10; i++) {
		if (i == 6)
			continue;
		if (s.p[i] - (unsigned)'0' > 9)
			return false;
		v = v * 10 + (s.p[i] - (unsigned)'0');
	}
	return s.p[10] == "0123456789ABCDEFHJKLMNPRSTUVWXY"[v % 31];
}

/* SATU, of Finland's certificates: eight digits and a check character. */
static bool
is_satu(struct span s)
{
	unsigned v = 0;

	if (s.len != 9)
		return false;
	for (size_t i = 0; i < 8; i++) {
		if (s.p[i] - (unsigned)'0' > 9)
			return false;
		v = v * 10 + (s.p[i] - (unsigned)'0');
	}
	return s.p[8] == "0123456789ABCDEFHJKLMNPRSTUVWXY"[v % 31];
}

/* Six digits of a date, YYMMDD. */
static bool
is_date(struct span s)
{
	unsigned m = (s.p[2] - (unsigned)'0') * 10 + (s.p[3] - (unsigned)'0');
	unsigned d = (s.p[4] - (unsigned)'0') * 10 + (s.p[5] - (unsigned)'0');

	return m >= 1 && m <= 12 && d >= 1 && d <= 31;
}

/* Mexico's CURP, and the RFC of a person; that of a company has three letters
 * in front. */
static bool
is_mexican(struct span s)
{
	bool curp = is_shape(s, "AAAA999999AAAAAA*9") &&
		    strchr("HMXhmx", s.p[10]) != NULL;

	return (curp || is_shape(s, "AAAA999999***")) &&
	       is_date(span_cut(s, 4, 6));
}

/* Chile's RUT, "12345678-5" or with a K; from fifty millions on of companies. */
static bool
is_chilean(struct span s)
{
	size_t n = s.len >= 2 ? s.len - 2 : 0;
	unsigned v = 0, sum = 0;

	if (n < 6 || n > 8 || s.p[n] != '-')
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned d = s.p[i] - (unsigned)'0';

		if (d > 9)
			return false;
		v = v * 10 + d;
		sum += d * (unsigned)(2 + (n - 1 - i) % 6);
	}
	return v < 50000000 &&
	       (s.p[n + 1] & (s.p[n + 1] > '9' ? 0xdf : 0xff)) ==
		   "0123456789K0"[(11 - sum % 11) % 11];
}

bool
natid_encodes_birth(struct span code, struct span number)
{
	struct number n;

	if (is_country(code, "IT"))
		return is_italian(number);
	if (is_country(code, "FI"))
		return is_finnish(number);
	if (is_country(code, "MX"))
		return is_mexican(number);
	if (!number_read(&n, number))
		return false;
	if (is_country(code, "UA") && n.len == 10 && n.end == 0)
		return check_ua(&n);
	for (size_t i = 0; i < SCHEMES; i++)
		if (is_country(code, schemes[i].country) &&
		    schemes[i].len == n.len && schemes[i].form != NO_DATE &&
		    has_date(&schemes[i], &n))
			return true;
	return false;
}

const char *
natid_letters(struct span *code, struct span s)
{
	static const struct {
		bool (*is)(struct span s);
		const char *country, *reason;
	} list[] = {
	    {is_italian, "IT", "Italian tax code with its check letter"},
	    {is_finnish, "FI", PERSONAL("Finnish")},
	    {is_mexican, "MX", "Mexican CURP or RFC of a person"},
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		if (!list[i].is(s))
			continue;
		*code = span_str(list[i].country);
		return list[i].reason;
	}
	return NULL;
}

const char *
natid_check(struct span *code, struct span number, struct span country)
{
	struct number n;

	if (is_country(country, "CL") && is_chilean(number)) {
		*code = country;
		return "Chilean RUT with its check digit";
	}
	if (is_country(country, "FI") && is_satu(number)) {
		*code = country;
		return "Finnish client number with its check character";
	}
	if (!number_read(&n, number))
		return NULL;
	for (size_t i = 0; i < SCHEMES; i++) {
		const struct scheme *s = &schemes[i];

		if (s->reason == NULL || s->len != n.len ||
		    (n.end != 0 && s->check != check_cn))
			continue;
		if (country.len == 2 ? !is_country(country, s->country)
				     : s->form == NO_DATE)
			continue;
		if (s->form != NO_DATE && !has_date(s, &n))
			continue;
		if (!s->check(&n))
			continue;
		*code = span_str(s->country);
		return s->reason;
	}
	return NULL;
}
