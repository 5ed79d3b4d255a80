/* cmd_version: this program and the libraries it runs with, and whether they
 * do what they must. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "ctlog/base/text.h"
#include "monitor/cmd.h"
#include "monitor/opts.h"
#include "monitor/selftest.h"
#include "monitor/versions.h"

enum { O_JSON, O_SELFTEST };
static const struct opt table[] = {
    [O_JSON] = {"json", 0, NULL, "one JSON object"},
    [O_SELFTEST] = {"selftest", 0, NULL,
	"try what a parser process must not be able to do"},
    {0},
};

struct test {
	struct sandbox sandbox;
	struct attempt attempt[SELFTEST_ATTEMPTS];
	struct known known[SELFTEST_KNOWN];
	size_t attempts, knowns;
	bool passed;
};

static void
test_run(struct test *t)
{
	t->attempts = selftest_sandbox(t->attempt, &t->sandbox);
	t->knowns = selftest_known(t->known);
	t->passed = t->sandbox.filter;
	for (size_t i = 0; i < t->attempts; i++)
		t->passed &= t->attempt[i].outcome == OUTCOME_DIED ||
			     t->attempt[i].outcome == OUTCOME_REFUSED;
	for (size_t i = 0; i < t->knowns; i++)
		t->passed &= t->known[i].right;
}

static const char *
outcome_name(enum outcome o)
{
	static const char *const names[] = {
	    "died", "refused", "lived", "unknown"};

	return names[o];
}

/* --- for programs ----------------------------------------------------------- */

static void
attempt_json(const struct attempt *a)
{
	printf("{\"who\":\"%s\",\"attempt\":\"%s\",\"outcome\":\"%s\"", a->who,
	    a->name, outcome_name(a->outcome));
	if (a->outcome == OUTCOME_DIED)
		printf(",\"signal\":\"SIG%s\"", sigabbrev_np(a->signal));
	printf("}");
}

static void
test_json(const struct test *t)
{
	const char *why = sandbox_missing(SANDBOX_AUTO);
	struct buf missing = {0};

	text_json(&missing, span_str(why != NULL ? why : ""));
	printf(",\"selftest\":{\"passed\":%s,\"filter\":%s,\"missing\":%.*s,"
	       "\"landlock\":%d,\"attempts\":[",
	    t->passed ? "true" : "false", t->sandbox.filter ? "true" : "false",
	    why != NULL ? (int)missing.len : 4,
	    why != NULL ? (const char *)missing.p : "null",
	    t->sandbox.landlock);
	for (size_t i = 0; i < t->attempts; i++) {
		printf("%s", i ? "," : "");
		attempt_json(&t->attempt[i]);
	}
	printf("],\"known_answers\":{");
	for (size_t i = 0; i < t->knowns; i++)
		printf("%s\"%s\":%s", i ? "," : "", t->known[i].name,
		    t->known[i].right ? "true" : "false");
	printf("}}");
	buf_fini(&missing);
}

static void
print_json(const struct version *v, size_t n, const struct test *t)
{
	printf("{\"version\":\"%s\",\"libraries\":{", INDELIBLE_VERSION);
	for (size_t i = 0; i < n; i++)
		printf("%s\"%s\":\"%s\"", i ? "," : "", v[i].name, v[i].text);
	printf("}");
	if (t != NULL)
		test_json(t);
	printf("}\n");
}

/* --- for people ------------------------------------------------------------- */

static void
attempts_text(const struct test *t, const char *who, const char *title)
{
	printf("%s\n", title);
	for (size_t i = 0; i < t->attempts; i++) {
		const struct attempt *a = &t->attempt[i];

		if (strcmp(a->who, who) != 0)
			continue;
		printf("  %-36s %s", a->what, outcome_name(a->outcome));
		if (a->outcome == OUTCOME_DIED)
			printf(" (SIG%s)", sigabbrev_np(a->signal));
		printf("\n");
	}
}

static void
test_text(const struct test *t)
{
	const char *why = sandbox_missing(SANDBOX_AUTO);

	if (t->sandbox.filter)
		printf("\nparsers are locked in by a filter of system calls");
	else
		printf("\nparsers are not locked in by a filter of system "
		       "calls: %s",
		    why != NULL ? why : "the kernel refused it");
	if (t->sandbox.landlock > 0)
		printf("; Landlock %d", t->sandbox.landlock);
	printf("\n\n");
	attempts_text(t, "worker", "a parser process that tries to");
	attempts_text(t, "zygote", "the process that forks it, trying to");
	printf("known answers\n");
	for (size_t i = 0; i < t->knowns; i++)
		printf("  %-36s %s\n", t->known[i].name,
		    t->known[i].right ? "right" : "WRONG");
	printf("\nself-test %s\n", t->passed ? "passed" : "FAILED");
}

static void
print_text(const struct version *v, size_t n, const struct test *t)
{
	printf("indelible %s\n", INDELIBLE_VERSION);
	for (size_t i = 0; i < n; i++)
		printf("  %-12s %s\n", v[i].name, v[i].text);
	if (t != NULL)
		test_text(t);
}

int
cmd_version(int argc, char **argv)
{
	struct opts o = {.usage = "indelible version [--json] [--selftest]",
	    .about = "Prints the version of this program and of the "
		     "libraries it runs with. With\n--selftest it also tries "
		     "whether parsers are locked in as they must be, and\n"
		     "whether algorithms give the answers that are known; the "
		     "exit\nstatus is 70 when not.",
	    .table = table,
	    .argc = argc,
	    .argv = argv};
	struct version list[VERSIONS];
	struct test t;
	bool json = false, test = false;
	size_t n;
	int c;

	while ((c = opts_next(&o)) >= 0) {
		json |= c == O_JSON;
		test |= c == O_SELFTEST;
	}
	if (c != OPTS_END)
		return c == OPTS_HELP ? EX_OK : EX_USAGE;
	if (!opts_at_most(&o, 0))
		return EX_USAGE;
	if (test)
		test_run(&t);
	n = versions_get(list);
	(json ? print_json : print_text)(list, n, test ? &t : NULL);
	return test && !t.passed ? EX_SOFTWARE : EX_OK;
}
