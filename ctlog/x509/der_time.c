/* der_time: UTCTime and GeneralizedTime (X.680 46, 47; RFC 5280 4.1.2.5). */
#include "ctlog/x509/der.h"

/* Two digits at *at, stepped over; -1 when they are not there. */
static int
two(struct span s, size_t *at)
{
	int hi, lo;

	if (s.len < *at + 2)
		return -1;
	hi = s.p[*at] - '0';
	lo = s.p[*at + 1] - '0';
	if (hi < 0 || hi > 9 || lo < 0 || lo > 9)
		return -1;
	*at += 2;
	return hi * 10 + lo;
}

/* Days from 1970-01-01 in the Gregorian calendar; the year starts in March,
 * so that the leap day is its last. */
static int64_t
days(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	       of_year + day - 1 - 719468;
}

/* "Z", "+hhmm" or nothing: minutes that the time is ahead of UTC. */
static bool
offset(struct span s, size_t at, int *minutes)
{
	int h, m, sign;

	*minutes = 0;
	if (at == s.len || (s.len == at + 1 && (s.p[at] | 0x20) == 'z'))
		return true;
	if (s.p[at] != '+' && s.p[at] != '-')
		return false;
	sign = s.p[at] == '-' ? -1 : 1;
	at++;
	h = two(s, &at);
	m = at < s.len ? two(s, &at) : 0;
	*minutes = sign * (h * 60 + m);
	return h >= 0 && m >= 0 && at == s.len;
}

/* ".123" or ",123", stepped over, as milliseconds. */
static int
fraction(struct span s, size_t *at)
{
	int ms = 0, scale = 100;

	if (*at >= s.len || (s.p[*at] != '.' && s.p[*at] != ','))
		return 0;
	for (++*at; *at < s.len && s.p[*at] >= '0' && s.p[*at] <= '9'; ++*at) {
		ms += (s.p[*at] - '0') * scale;
		scale /= 10;
	}
	return ms;
}

int64_t
der_time(const struct der *t)
{
	struct span s = t->value;
	int year, month, day, hour, min, sec, ms, ahead;
	size_t at = 0;

	year = two(s, &at);
	if (t->id == DER_UTC_TIME)
		year += year < 0 ? 0 : year >= 50 ? 1900 : 2000;
	else
		year = year < 0 ? year : year * 100 + two(s, &at);
	month = two(s, &at);
	day = two(s, &at);
	hour = two(s, &at);
	min = two(s, &at);
	sec = two(s, &at);
	ms = fraction(s, &at);
	if (t->marks & DER_TRUNCATED || year < 0 || month < 1 || month > 12 ||
	    day < 1 || day > 31 || hour < 0 || hour > 24 || min > 59 ||
	    sec > 60 || !offset(s, at, &ahead))
		return INT64_MIN;
	min = min < 0 ? 0 : min;
	sec = sec < 0 ? 0 : sec;
	return ((days(year, month, day) * 24 + hour) * 60 + min - ahead) *
		   60000 +
	       sec * 1000 + ms;
}
