/* diag: see diag.h. Not here: what there is to say, and to whom else. */
#include "monitor/diag.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ctlog/base/text.h"

/* A line after escaping; under PIPE_BUF, so that lines do not mix. */
#define DIAG_TEXT 3072

/* Set while there is one thread; read by all. */
static enum diag_level diag_max = DIAG_INFO;

static const struct {
	const char *name, *colour;
	int priority; /* as syslog(3) counts */
} levels[] = {
    [DIAG_ERROR] = {"error", "\033[31m", 3},
    [DIAG_WARN] = {"warning", "\033[33m", 4},
    [DIAG_INFO] = {"info", "", 6},
    [DIAG_DEBUG] = {"debug", "\033[2m", 7},
};

void
diag_level(enum diag_level max)
{
	diag_max = max;
}

/* $JOURNAL_STREAM is "device:inode" of what the journal reads (sd-daemon(3));
 * a redirected stderr is another file. */
static bool
is_journal(void)
{
	const char *env = getenv("JOURNAL_STREAM");
	char mine[48];
	struct stat st;

	if (env == NULL || fstat(STDERR_FILENO, &st) != 0)
		return false;
	snprintf(mine, sizeof(mine), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	return strcmp(env, mine) == 0;
}

/* https://no-color.org: set and not empty. */
static bool
is_coloured(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (no != NULL && *no != '\0')
		return false;
	if (term == NULL || strcmp(term, "dumb") == 0)
		return false;
	return isatty(STDERR_FILENO) == 1;
}

static int
diag_prefix(char *out, size_t cap, enum diag_level level)
{
	const char *colour = levels[level].colour;
	struct timespec now;
	char when[TEXT_TIME];

	if (is_journal())
		return snprintf(out, cap, "<%d>", levels[level].priority);
	clock_gettime(CLOCK_REALTIME, &now);
	text_time(when, now.tv_sec * 1000ll + now.tv_nsec / 1000000);
	if (*colour == '\0' || !is_coloured())
		return snprintf(out, cap, "%s %s: ", when, levels[level].name);
	return snprintf(
	    out, cap, "%s %s%s\033[0m: ", when, colour, levels[level].name);
}

/* A message that cannot be written has nowhere else to go. */
static void
diag_write(const char *line, size_t len)
{
	ssize_t n;

	do
		n = write(STDERR_FILENO, line, len);
	while (n < 0 && errno == EINTR);
}

static void diag_say(enum diag_level level, const char *fmt, va_list ap)
    PRINTF(2, 0);

static void
diag_say(enum diag_level level, const char *fmt, va_list ap)
{
	char raw[DIAG_TEXT], line[DIAG_TEXT + 80];
	int keep = errno;
	size_t n;

	if (level > diag_max)
		return;
	if (vsnprintf(raw, sizeof(raw), fmt, ap) < 0)
		return;
	n = (size_t)diag_prefix(line, 80, level);
	text_quote(line + n, DIAG_TEXT, span_str(raw));
	n += strlen(line + n);
	line[n++] = '\n';
	diag_write(line, n);
	errno = keep;
}

void
diag_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_say(DIAG_ERROR, fmt, ap);
	va_end(ap);
}

void
diag_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_say(DIAG_WARN, fmt, ap);
	va_end(ap);
}

void
diag_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_say(DIAG_INFO, fmt, ap);
	va_end(ap);
}

void
diag_debug(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_say(DIAG_DEBUG, fmt, ap);
	va_end(ap);
}
