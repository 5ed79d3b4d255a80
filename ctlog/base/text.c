/* text: see text.h. The base64 part is in base64.c. */
#include "ctlog/base/text.h"

#include <time.h>

#include "ctlog/base/limits.h"

void
text_hex(struct buf *out, struct span in)
{
	uint8_t *q = buf_room(out, in.len * 2);

	for (size_t i = 0; i < in.len; i++) {
		q[2 * i] = (uint8_t) "0123456789abcdef"[in.p[i] >> 4];
		q[2 * i + 1] = (uint8_t) "0123456789abcdef"[in.p[i] & 15];
	}
	out->len += in.len * 2;
}

static int
hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
text_unhex(uint8_t *out, size_t len, struct span in)
{
	if (in.len != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		int hi = hex_value(in.p[2 * i]);
		int lo = hex_value(in.p[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

bool
text_u64(uint64_t *out, struct span in)
{
	uint64_t v = 0;

	if (in.len == 0 || (in.len > 1 && in.p[0] == '0'))
		return false;
	for (size_t i = 0; i < in.len; i++) {
		if (in.p[i] < '0' || in.p[i] > '9' ||
		    __builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, in.p[i] - '0', &v))
			return false;
	}
	*out = v;
	return true;
}

size_t
text_u64_put(char out[TEXT_U64], uint64_t v)
{
	size_t n = 1, i;

	for (uint64_t left = v; left > 9; left /= 10)
		n++;
	out[n] = '\0';
	for (i = n; i > 0; v /= 10)
		out[--i] = (char)('0' + v % 10);
	return n;
}

/* Bytes of the well-formed character at the front of s, or 0. */
static size_t
utf8_one(struct span s)
{
	uint8_t c = s.p[0], lo = 0x80, hi = 0xbf;
	size_t n = c < 0x80   ? 1
		   : c < 0xc2 ? 0
		   : c < 0xe0 ? 2
		   : c < 0xf0 ? 3
		   : c < 0xf5 ? 4
			      : 0;

	if (n == 0 || n > s.len)
		return 0;
	if (c == 0xe0)
		lo = 0xa0;
	else if (c == 0xed)
		hi = 0x9f;
	else if (c == 0xf0)
		lo = 0x90;
	else if (c == 0xf4)
		hi = 0x8f;
	for (size_t i = 1; i < n; i++) {
		if (s.p[i] < lo || s.p[i] > hi)
			return 0;
		lo = 0x80;
		hi = 0xbf;
	}
	return n;
}

size_t
text_utf8_len(struct span s)
{
	size_t at = 0, n;

	while (at < s.len) {
		if (s.len - at >= 8 && text_is_ascii8(s.p + at)) {
			at += 8;
			continue;
		}
		n = utf8_one(span_from(s, at));
		if (n == 0)
			break;
		at += n;
	}
	return at;
}

uint32_t
text_utf8_next(struct span s, size_t *at)
{
	uint8_t c = s.p[*at];
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	uint32_t ch = n == 1 ? c : (uint32_t)(c & (0x7f >> n));

	for (size_t i = 1; i < n; i++)
		ch = ch << 6 | (s.p[*at + i] & 0x3f);
	*at += n;
	return ch;
}

size_t
text_utf8_put(uint8_t *out, uint32_t ch)
{
	if (ch > 0x10ffff || (ch >= 0xd800 && ch < 0xe000))
		ch = 0xfffd;
	if (ch < 0x80) {
		out[0] = (uint8_t)ch;
		return 1;
	}
	if (ch < 0x800) {
		out[0] = (uint8_t)(0xc0 | ch >> 6);
		out[1] = (uint8_t)(0x80 | (ch & 63));
		return 2;
	}
	if (ch < 0x10000) {
		out[0] = (uint8_t)(0xe0 | ch >> 12);
		out[1] = (uint8_t)(0x80 | (ch >> 6 & 63));
		out[2] = (uint8_t)(0x80 | (ch & 63));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | ch >> 18);
	out[1] = (uint8_t)(0x80 | (ch >> 12 & 63));
	out[2] = (uint8_t)(0x80 | (ch >> 6 & 63));
	out[3] = (uint8_t)(0x80 | (ch & 63));
	return 4;
}

void
text_utf8_add(struct buf *out, uint32_t ch)
{
	out->len += text_utf8_put(buf_room(out, 4), ch);
}

/* Characters that would change what a person sees around them. */
static bool
is_unsafe(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad ||
	       c == 0x061c || c == 0x180e || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	       c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
	       (c >= 0xe0000 && c <= 0xe0fff);
}

/* The escaped form of what stands at *at, which is stepped over. */
static size_t
line_one(char out[16], struct span in, size_t *at)
{
	size_t n = utf8_one(span_from(in, *at)), start = *at;
	uint32_t ch;

	if (n == 0) {
		(*at)++;
		return (size_t)snprintf(out, 16, "\\x%02x", in.p[start]);
	}
	ch = text_utf8_next(in, at);
	if (ch == '\\')
		return (size_t)snprintf(out, 16, "\\\\");
	if (is_unsafe(ch))
		return (size_t)snprintf(out, 16, "\\u{%x}", ch);
	memcpy(out, in.p + start, n);
	return n;
}

void
text_line(struct buf *out, struct span in, size_t max)
{
	char one[16];
	size_t n, start = out->len;

	for (size_t at = 0; at < in.len;) {
		n = line_one(one, in, &at);
		if (out->len - start + n > max) {
			buf_str(out, "…");
			return;
		}
		buf_add(out, one, n);
	}
}

void
text_html(struct buf *out, struct span in, size_t max)
{
	struct buf line = {0};

	text_line(&line, in, max);
	for (size_t i = 0; i < line.len; i++) {
		char c = (char)line.p[i];

		if (c != '\0' && strchr("<>&\"'", c) != NULL)
			buf_fmt(out, "&#%d;", c);
		else
			buf_char(out, c);
	}
	buf_fini(&line);
}

const char *
text_quote(char *out, size_t cap, struct span in)
{
	size_t len = 0, at = 0, n;
	char one[16];

	ASSERT(cap > 8);
	while (at < in.len) {
		n = line_one(one, in, &at);
		if (len + n > cap - 8) {
			memcpy(out + len, "…", sizeof("…"));
			return out;
		}
		memcpy(out + len, one, n);
		len += n;
	}
	out[len] = '\0';
	return out;
}

const char *
text_class(struct span in)
{
	for (size_t i = 0; i < in.len; i++) {
		uint8_t c = in.p[i];

		if (c == ' ' || (c >= '\t' && c <= '\r'))
			continue;
		if (c == '{' || c == '[' || c == '<')
			return c == '<' ? "HTML" : "JSON";
		return c > 0x20 && c < 0x7f ? "text" : "binary";
	}
	return in.len == 0 ? "empty" : "text";
}

static void
json_char(struct buf *out, uint32_t ch)
{
	if (ch == '"' || ch == '\\')
		buf_fmt(out, "\\%c", (char)ch);
	else if (ch == '\n' || ch == '\t')
		buf_str(out, ch == '\n' ? "\\n" : "\\t");
	else if (is_unsafe(ch) && ch < 0x10000)
		buf_fmt(out, "\\u%04x", ch);
	else if (is_unsafe(ch)) /* RFC 8259 section 7: as a pair */
		buf_fmt(out, "\\u%04x\\u%04x", 0xd7c0 + (ch >> 10),
		    0xdc00 + (ch & 0x3ff));
	else
		text_utf8_add(out, ch);
}

void
text_json(struct buf *out, struct span in)
{
	buf_char(out, '"');
	for (size_t at = 0; at < in.len;) {
		uint8_t c = in.p[at];

		if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
			buf_char(out, (char)c);
			at++;
		} else if (utf8_one(span_from(in, at)) == 0) {
			text_utf8_add(out, 0xfffd);
			at++;
		} else {
			json_char(out, text_utf8_next(in, &at));
		}
	}
	buf_char(out, '"');
}

void
text_json_plain(struct buf *out, struct span json)
{
	for (size_t at = 0; at < json.len;)
		if (json.p[at] < 0x7f)
			buf_char(out, (char)json.p[at++]);
		else
			json_char(out, text_utf8_next(json, &at));
}

const char *
text_time(char out[TEXT_TIME], int64_t ms)
{
	int64_t s = ms / 1000, frac = ms % 1000;
	struct tm tm;
	time_t t;

	if (frac < 0) {
		frac += 1000;
		s--;
	}
	t = (time_t)s;
	if (gmtime_r(&t, &tm) == NULL || tm.tm_year > 9999 - 1900 ||
	    tm.tm_year < -1900) {
		snprintf(out, TEXT_TIME, "9999-12-31T23:59:59.999Z");
		return out;
	}
	snprintf(out, TEXT_TIME, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec, (int)frac);
	return out;
}

/* n digits at *at, as a number up to `max`; -1 when they are not there. */
static int
time_digits(struct span s, size_t *at, size_t n, int max)
{
	int v = 0;

	if (s.len < *at + n)
		return -1;
	for (size_t i = 0; i < n; i++) {
		uint8_t c = s.p[*at + i];

		if (c < '0' || c > '9')
			return -1;
		v = v * 10 + (c - '0');
	}
	*at += n;
	return v > max ? -1 : v;
}

static bool
time_char(struct span s, size_t *at, const char *any)
{
	if (*at >= s.len || s.p[*at] == '\0' || !strchr(any, s.p[*at]))
		return false;
	(*at)++;
	return true;
}

/* ".123456" as milliseconds, when it is there. */
static bool
time_fraction(struct span s, size_t *at, int64_t *ms)
{
	int scale = 100;

	if (!time_char(s, at, "."))
		return true;
	if (*at >= s.len || s.p[*at] < '0' || s.p[*at] > '9')
		return false;
	for (; *at < s.len && s.p[*at] >= '0' && s.p[*at] <= '9'; (*at)++) {
		*ms += (s.p[*at] - '0') * scale;
		scale /= 10;
	}
	return true;
}

/* "Z" or "+hh:mm": minutes that the time is ahead of UTC. */
static bool
time_offset(struct span s, size_t *at, int *minutes)
{
	int sign, h, m;

	*minutes = 0;
	if (time_char(s, at, "Zz"))
		return true;
	if (*at >= s.len)
		return false;
	sign = s.p[*at] == '-' ? -1 : 1;
	if (!time_char(s, at, "+-"))
		return false;
	h = time_digits(s, at, 2, 23);
	if (!time_char(s, at, ":"))
		return false;
	m = time_digits(s, at, 2, 59);
	*minutes = sign * (h * 60 + m);
	return h >= 0 && m >= 0;
}

static bool
time_clock(struct tm *tm, struct span s, size_t *at)
{
	tm->tm_hour = time_digits(s, at, 2, 23);
	if (tm->tm_hour < 0 || !time_char(s, at, ":"))
		return false;
	tm->tm_min = time_digits(s, at, 2, 59);
	if (tm->tm_min < 0 || !time_char(s, at, ":"))
		return false;
	tm->tm_sec = time_digits(s, at, 2, 60);
	return tm->tm_sec >= 0;
}

static bool
is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static bool
time_date(struct tm *tm, struct span s, size_t *at)
{
	static const int days[] = {
	    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year, last;

	year = time_digits(s, at, 4, 9999);
	if (year < 0 || !time_char(s, at, "-"))
		return false;
	tm->tm_year = year - 1900;
	tm->tm_mon = time_digits(s, at, 2, 12) - 1;
	if (tm->tm_mon < 0 || !time_char(s, at, "-"))
		return false;
	last = days[tm->tm_mon] + (tm->tm_mon == 1 && is_leap(year));
	tm->tm_mday = time_digits(s, at, 2, last);
	return tm->tm_mday >= 1;
}

bool
text_untime(int64_t *ms, struct span in)
{
	struct tm tm = {0};
	int minutes = 0;
	int64_t frac = 0;
	size_t at = 0;

	if (!time_date(&tm, in, &at))
		return false;
	if (at != in.len &&
	    (!time_char(in, &at, "Tt ") || !time_clock(&tm, in, &at) ||
		!time_fraction(in, &at, &frac) ||
		!time_offset(in, &at, &minutes)))
		return false;
	if (at != in.len)
		return false;
	*ms = ((int64_t)timegm(&tm) - minutes * 60) * 1000 + frac;
	return true;
}

/* --- what was meant -------------------------------------------------------- */

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned
text_distance(const char *a, const char *b)
{
	unsigned row[3][TEXT_NEAR + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la > TEXT_NEAR || lb > TEXT_NEAR)
		return TEXT_NEAR;
	for (unsigned j = 0; j <= lb; j++)
		row[0][j] = j;
	for (unsigned i = 1; i <= la; i++) {
		unsigned *now = row[i % 3], *up = row[(i + 2) % 3];
		const unsigned *up2 = row[(i + 1) % 3];

		now[0] = i;
		for (unsigned j = 1; j <= lb; j++) {
			now[j] = least(up[j], now[j - 1]) + 1;
			now[j] =
			    least(now[j], up[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				now[j] = least(now[j], up2[j - 2] + 1);
		}
	}
	return row[la % 3][lb];
}
