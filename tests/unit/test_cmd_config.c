/* test_cmd_config: what `indelible config` prints, where, and how it ends. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctlog/base/mem.h"
#include "monitor/cmd.h"
#include "tests/unit/support.h"

struct ran {
	int status;
	struct buf out, err;
};

static int
redirect(int fd, const char *path)
{
	int old = dup(fd), to = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	assert_true(old >= 0 && to >= 0);
	assert_int_equal(dup2(to, fd), fd);
	close(to);
	return old;
}

static void
restore(int fd, int old)
{
	assert_int_equal(dup2(old, fd), fd);
	close(old);
}

/* Run in a fresh directory of its own, with c.yaml holding `text`. */
static struct ran
run(const char *text, const char *a, const char *b, const char *c)
{
	char dir[] = "/tmp/test_cmd_config.XXXXXX", cwd[4096];
	char *argv[8] = {mem_str("config")};
	const char *given[] = {a, b, c};
	struct ran r = {0};
	int argc = 1, out, err;
	FILE *f;

	assert_non_null(mkdtemp(dir));
	assert_non_null(getcwd(cwd, sizeof(cwd)));
	assert_int_equal(chdir(dir), 0);
	f = fopen("c.yaml", "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	for (size_t i = 0; i < 3 && given[i] != NULL; i++)
		argv[argc++] = mem_str(given[i]);
	fflush(stdout);
	out = redirect(1, "out");
	err = redirect(2, "err");
	r.status = cmd_config(argc, argv);
	fflush(stdout);
	restore(1, out);
	restore(2, err);
	assert_true(file_read(&r.out, "out") && file_read(&r.err, "err"));
	buf_cstr(&r.out);
	buf_cstr(&r.err);
	unlink("out");
	unlink("err");
	unlink("c.yaml");
	assert_int_equal(chdir(cwd), 0);
	assert_int_equal(rmdir(dir), 0);
	while (argc > 0)
		free(argv[--argc]);
	return r;
}

static void
check(struct ran *r, int status, const char *out, const char *err)
{
	if (r->status != status ||
	    strstr((const char *)r->out.p, out) == NULL ||
	    strstr((const char *)r->err.p, err) == NULL) {
		print_message("status %d\n%s---\n%s", r->status,
		    (const char *)r->out.p, (const char *)r->err.p);
		fail();
	}
}

static void
ran_fini(struct ran *r)
{
	buf_fini(&r->out);
	buf_fini(&r->err);
}

#define GOOD                                                                   \
	"contact: ct@indelible.dev\n"                                          \
	"logs: {lists: []}\n"                                                  \
	"alerts: {sinks: [{name: a, jsonl: {path: a.jsonl}}]}\n"
#define BAD "contact: ct@indelible.dev\nworkers: many\nx: 1\n"

static void
test_check(void **state)
{
	struct ran r = run(GOOD, "check", "-c", "c.yaml");

	(void)state;
	check(&r, 0, "c.yaml: ok\n", "");
	assert_int_equal(r.err.len, 0);
	ran_fini(&r);
	r = run(GOOD, "check", "--config=c.yaml", "--json");
	check(
	    &r, 0, "{\"file\":\"c.yaml\",\"valid\":true,\"mistakes\":0}\n", "");
	ran_fini(&r);
	r = run("contact: ct@indelible.dev\n", "check", "-c", "c.yaml");
	check(&r, 0, "c.yaml: ok\n", "no sink is configured");
	ran_fini(&r);
}

static void
test_check_bad(void **state)
{
	struct ran r = run(BAD, "check", "-c", "c.yaml");

	(void)state;
	check(&r, EX_CONFIG, "",
	    "c.yaml:2:10: error: workers: a whole number or 'auto' is wanted, "
	    "not text\nworkers: many\n         ^~~~\n"
	    "c.yaml:3:1: error: unknown key 'x'");
	check(&r, EX_CONFIG, "", "c.yaml: 2 mistakes in the configuration\n");
	assert_int_equal(r.out.len, 0);
	ran_fini(&r);
	r = run(BAD, "check", "-cc.yaml", "--json");
	check(&r, EX_CONFIG,
	    "{\"file\":\"c.yaml\",\"line\":2,\"column\":10,\"message\":", "");
	check(&r, EX_CONFIG,
	    "\n{\"file\":\"c.yaml\",\"valid\":false,\"mistakes\":2}\n",
	    "2 mistakes");
	ran_fini(&r);
	r = run(BAD, "print", "-c", "c.yaml");
	check(&r, EX_CONFIG, "", "c.yaml:2:10: error: workers");
	assert_int_equal(r.out.len, 0);
	ran_fini(&r);
}

static void
test_print(void **state)
{
	struct ran r = run(GOOD, "print", "-c", "c.yaml"), again;

	(void)state;
	check(&r, 0, "\n  per_host: 4 ", "");
	check(&r, 0, "/a.jsonl", "");
	again = run((const char *)r.out.p, "print", "-c", "c.yaml");
	check(&again, 0, (const char *)r.out.p, "");
	ran_fini(&again);
	ran_fini(&r);
	r = run(GOOD, "print", "-c", "c.yaml");
	ran_fini(&r);
	r = run(GOOD, "--json", "print", "-cc.yaml");
	check(&r, 0, "{\"contact\":\"ct@indelible.dev\",\"instance\":", "");
	assert_int_equal(span_chr(buf_span(&r.out), '\n') + 1, r.out.len);
	ran_fini(&r);
}

static void
test_no_file(void **state)
{
	struct ran r = run(GOOD, "check", "-c", "nowhere.yaml");

	(void)state;
	check(&r, EX_NOINPUT, "", "nowhere.yaml: there is no such file");
	ran_fini(&r);
	r = run(GOOD, "check", "-c", ".");
	check(&r, EX_CONFIG, "", "this is a directory");
	ran_fini(&r);
	r = run(GOOD, "check", "--json", "-c.");
	check(&r, EX_CONFIG, "", "this is a directory");
	ran_fini(&r);
}

/* Without -c: the directory that systemd names. */
static void
test_found(void **state)
{
	struct ran r;

	(void)state;
	setenv("CONFIGURATION_DIRECTORY", "/nowhere/at/all", 1);
	r = run(GOOD, "print", NULL, NULL);
	check(&r, EX_NOINPUT, "", "/nowhere/at/all/indelible.yaml");
	ran_fini(&r);
	unsetenv("CONFIGURATION_DIRECTORY");
}

/* Warnings do not change the status. */
static void
test_warnings(void **state)
{
	static const char *const said[] = {
	    "c.yaml:2:10: warning: sandbox: parsers are not locked in: the "
	    "configuration says `sandbox: off`\n",
	    "c.yaml:3:8: warning: not in this version: store: ",
	    "c.yaml:4:31: warning: logs.lists.file: ",
	    "c.yaml:5:66: warning: logs.extra.key_file: ",
	    "/no.pem: there is no such file\n",
	    "c.yaml:6:18: warning: fetch.ca_file: ",
	    "c.yaml:7:18: warning: the sink's command: /no/hook: ",
	    "c.yaml:7:58: warning: alerts.sinks: its mails to people have no ",
	    "c.yaml:7:119: warning: the sink's socket: /no/log: ",
	    "c.yaml:7:157: warning: the sink's secret file: /no/key: there ",
	};
	static const char text[] =
	    "contact: ct@indelible.dev\n"
	    "sandbox: off\n"
	    "store: postgresql://u@h/d\n"
	    "logs: { lists: [apple, {file: no.json}],\n"
	    "  extra: [{name: a, url: 'https://log.indelible.dev/', key_file: "
	    "no.pem}] }\n"
	    "fetch: {ca_file: no.ca}\n"
	    "alerts: {sinks: [{name: h, exec: {command: [/no/hook]}}, "
	    "{name: m, mail: {server: 'smtp://localhost', from: a@b.cd}}, "
	    "{name: l, syslog: {socket: /no/log}}, "
	    "{name: c, chat: {url_file: /no/key}}], digest: {daily: []}}\n"
	    "admin: {listen: '127.0.0.1:1', socket: ~}\n";
	struct ran r = run(text, "check", "-c", "c.yaml");

	(void)state;
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		check(&r, 0, "c.yaml: ok\n", said[i]);
	assert_null(strstr((const char *)r.err.p, "admin."));
	assert_null(strstr((const char *)r.err.p, "alerts.digest"));
	ran_fini(&r);
	r = run(text, "check", "-cc.yaml", "--json");
	check(&r, 0,
	    "{\"file\":\"c.yaml\",\"line\":7,\"column\":157,\"warning\":\"",
	    "");
	check(&r, 0, "\n{\"file\":\"c.yaml\",\"valid\":true,\"mistakes\":0}\n",
	    "");
	assert_int_equal(r.err.len, 0);
	ran_fini(&r);
	r = run(text, "print", "-c", "c.yaml");
	check(&r, 0, "store: ", "");
	assert_int_equal(r.err.len, 0);
	ran_fini(&r);
}

/* What goes to people is masked, and has a link that ends it. */
static void
test_warns_of_mails(void **state)
{
	static const char no_link[] = "c.yaml:4:18: warning: alerts.sinks: "
				      "its mails to people have no link";
	static const char whole[] = "c.yaml:4:18: warning: alerts.sinks: its "
				    "mails show whole values";
	struct ran r =
	    run("contact: ct@indelible.dev\n"
		"public: {url: 'https://watch.indelible.dev/', listen: ~}\n"
		"sandbox: auto\n"
		"alerts: {sinks: [{name: m, reveal: true, mail: "
		"{server: 'smtp://localhost', from: a@b.cd}}]}\n",
		"check", "-c", "c.yaml");

	(void)state;
	check(&r, 0, "c.yaml: ok\n", no_link);
	check(&r, 0, "c.yaml: ok\n", whole);
	ran_fini(&r);
	r = run("contact: ct@indelible.dev\n"
		"public: {url: 'https://watch.indelible.dev/'}\n"
		"sandbox: auto\n"
		"alerts: {sinks: [{name: m, mail: "
		"{server: 'smtp://localhost', from: a@b.cd}}]}\n",
	    "check", "-c", "c.yaml");
	check(&r, 0, "c.yaml: ok\n", "");
	assert_null(strstr((const char *)r.err.p, "alerts.sinks"));
	ran_fini(&r);
}

/* Keys are looked at only where a store needs them. */
static void
test_lost_key(void **state)
{
	struct ran r = run(GOOD "store: 'sqlite:c.yaml'\n"
				"keys: {master_file: no.key}\n",
	    "check", "-c", "c.yaml");

	(void)state;
	check(&r, 0, "c.yaml: ok\n",
	    "c.yaml:5:21: warning: keys.master_file, of a store that exists: ");
	ran_fini(&r);
}

static void
test_usage(void **state)
{
	static const char *const rows[][3] = {{NULL}, {"chek", NULL},
	    {"check", "print", NULL}, {"check", "-c", NULL},
	    {"check", "--what", NULL}};
	struct ran r;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		r = run(GOOD, rows[i][0], rows[i][1], NULL);
		check(&r, EX_USAGE, "", "usage: indelible config check|print");
		assert_int_equal(r.out.len, 0);
		ran_fini(&r);
	}
	r = run(GOOD, "--help", NULL, NULL);
	check(&r, 0, "usage: indelible config check|print", "");
	assert_int_equal(r.err.len, 0);
	ran_fini(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_check),
	    cmocka_unit_test(test_check_bad),
	    cmocka_unit_test(test_print),
	    cmocka_unit_test(test_no_file),
	    cmocka_unit_test(test_found),
	    cmocka_unit_test(test_warnings),
	    cmocka_unit_test(test_warns_of_mails),
	    cmocka_unit_test(test_lost_key),
	    cmocka_unit_test(test_usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
