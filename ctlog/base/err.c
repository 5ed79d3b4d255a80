/* err: see err.h. */
#include "ctlog/base/err.h"

#include <stdarg.h>
#include <string.h>

enum status
err_set(struct err *e, enum status st, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return st;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return st;
}

void
err_prefix(struct err *e, const char *fmt, ...)
{
	struct err old;
	va_list ap;
	int n;

	if (e == NULL)
		return;
	old = *e;
	va_start(ap, fmt);
	n = vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(e->text))
		return;
	snprintf(e->text + n, sizeof(e->text) - (size_t)n, ": %s", old.text);
}

const char *
status_name(enum status st)
{
	static const char *const names[] = {
	    [ST_OK] = "ok",
	    [ST_BAD] = "malformed",
	    [ST_SIGNATURE] = "bad signature",
	    [ST_MISMATCH] = "mismatch",
	    [ST_LIMIT] = "over a limit",
	    [ST_AGAIN] = "temporary failure",
	    [ST_IO] = "I/O error",
	    [ST_FULL] = "no space",
	    [ST_MISSING] = "not found",
	    [ST_STALE] = "overtaken",
	    [ST_BUSY] = "in use",
	    [ST_NEWER] = "too new",
	    [ST_USAGE] = "usage",
	    [ST_DENIED] = "not permitted",
	    [ST_UNREACHABLE] = "unreachable",
	    [ST_RANGE] = "beyond what can be",
	    [ST_FAULT] = "internal fault",
	};

	return st < sizeof(names) / sizeof(names[0]) ? names[st] : "unknown";
}

void
err_assert(const char *what, const char *file, int line)
{
	fprintf(stderr, "indelible: internal fault: %s (%s:%d)\n", what, file,
	    line);
	abort();
}
