/*
 * test_config: every kind of mistake at its exact place, defaults, printing
 * that reads back equal, hostile files, and that the man page and the example
 * say what the schema says.
 */
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/mistake.h"
#include "config/schema.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "tests/unit/support.h"

/* --- helpers ----------------------------------------------------------------
 */

/* What is complained about `text`, as an operator sees it. */
static char *
complaints_of(const char *text)
{
	struct mistakes m;
	struct config c;
	struct err e = {""};
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);
	enum status st =
	    config_parse(&c, "/etc/c.yaml", span_str(text), &m, &e);

	assert_status(st, ST_BAD, &e);
	assert_says(&e, "in the configuration");
	mistakes_print(&m, f);
	fclose(f);
	mistakes_fini(&m);
	config_fini(&c);
	return out;
}

/* There is this mistake at this place, and nothing else when `alone`. */
static void
expect(const char *text, const char *place, const char *what, bool alone)
{
	char *out = complaints_of(text), want[128], *line, *next;
	size_t num = 0;
	bool found = false;

	snprintf(want, sizeof(want), "/etc/c.yaml:%s: error: ", place);
	for (line = out; line != NULL && *line != '\0'; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		num += strstr(line, ": error: ") != NULL;
		found |=
		    strstr(line, want) == line && strstr(line, what) != NULL;
	}
	if (!found || (alone && num != 1)) {
		free(out);
		out = complaints_of(text);
		print_message("wanted %s%s\n%s", want, what, out);
		fail();
	}
	free(out);
}

#define CONTACT "contact: ct@indelible.dev\n"

/* Behind a contact, on line 2 and later. */
static void
expect_one(const char *text, const char *place, const char *what)
{
	struct buf b = {0};

	buf_str(&b, CONTACT);
	buf_str(&b, text);
	expect(buf_cstr(&b), place, what, true);
	buf_fini(&b);
}

static void
parse_ok(struct config *c, const char *text)
{
	struct mistakes m;
	struct err e = {""};
	enum status st =
	    config_parse(c, "/etc/dir/c.yaml", span_str(text), &m, &e);

	mistakes_print(&m, stdout);
	mistakes_fini(&m);
	assert_status(st, ST_OK, &e);
}

static char *
printed(const struct config *c, void (*print)(const struct config *, FILE *))
{
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	print(c, f);
	fclose(f);
	return out;
}

/* --- mistakes ---------------------------------------------------------------
 */

static void
test_syntax(void **state)
{
	(void)state;
	expect("a: [b\nc: 1\n", "3:1", "without a closing bracket", true);
	expect("a: \"b\n", "1:5", "without closing quote", true);
	expect("a: b: c\n", "1:5", "nested block mapping", true);
	expect("a:\n\tb: 1\n", "2:1", "tab character", true);
	expect("a:\n- b\nc\n", "3:1", "", true);
	expect("- a\n- b\n", "1:1", "lines of 'key: value'", true);
	expect("word\n", "1:1", "lines of 'key: value'", true);
	expect("a: \xff\n", "1:4", "not UTF-8", true);
	expect("a: b\rc: d\n", "1:5", "control character", true);
	expect("a: \x1b[2J\n", "1:4", "control character", true);
}

static void
test_refused_yaml(void **state)
{
	(void)state;
	expect_one("instance: &a b\n", "2:11", "anchors are not allowed");
	expect_one("instance: *a\n", "2:11", "aliases are not allowed");
	expect_one("instance: !!str b\n", "2:11", "tags are not allowed");
	expect_one("instance: !x b\n", "2:11", "tags are not allowed");
	expect_one("---\ninstance: b\n", "2:1", "one document only");
	expect("%YAML 1.1\n---\na: b\n", "1:1", "directives", true);
	expect("a: b\n%TAG ! x\n", "2:1", "directives", true);
	expect_one("? [a]\n: b\n", "2:3", "a key must be plain text");
	expect_one("*a : b\n", "2:1", "aliases are not allowed; write");
	expect_one("? |\n  a\n: b\n", "3:1", "one line of UTF-8");
	expect_one("instance: |\n  a\n", "3:1", "one line of UTF-8");
	expect_one("instance: \"a\\0b\"\n", "2:11", "control characters");
	expect_one("instance: \"\\ud800\"\n", "2:12", "UTF8");
	expect_one("<<: {instance: b}\n", "2:1", "unknown key '<<'");
}

static void
test_unknown_keys(void **state)
{
	(void)state;
	expect_one("instanze: a\n", "2:1", "did you mean 'instance'?");
	expect_one("fetch:\n  poll_statik: 10s\n", "3:3",
	    "unknown key 'poll_statik' (did you mean 'poll_static'?)");
	expect_one("fetch: { per_hots: 1 }\n", "2:10", "'per_host'?");
	expect_one("per_host: 1\n", "2:1", "it belongs under 'fetch'");
	expect_one("zzz: 1\n", "2:1", "known here: contact, instance, store");
	expect_one("'a\\b': 1\n", "2:1", "unknown key 'a\\\\b'");
	expect_one("alerts: {sinks: [{name: a, syslog: {x: 1}}]}\n", "2:37",
	    "unknown key 'x' (known here: socket)");
	expect_one("logs: {lists: [{lists: chrome, url: 'https://a/'}]}\n",
	    "2:17", "unknown key 'lists'");
}

static void
test_duplicates(void **state)
{
	(void)state;
	expect("contact: a@b.dev\n\ncontact: c@d.dev\n", "3:1",
	    "duplicate key 'contact' (first on line 1)", true);
	expect_one("fetch: {per_host: 1, per_host: 2}\n", "2:22",
	    "duplicate key 'per_host'");
	expect_one("logs:\n  extra:\n"
		   "    - {name: a, url: 'https://a/', key_file: k}\n"
		   "    - {name: a, url: 'https://b/', key_file: k}\n",
	    "5:14", "names are unique");
	expect_one("alerts:\n  sinks:\n    - {name: a, syslog: {}}\n"
		   "    - {name: a, syslog: {}}\n",
	    "5:14", "names are unique");
	expect_one("logs: {lists: [apple, apple]}\n", "2:23", "unique");
	expect_one("alerts: {digest: {daily: [low, low]}}\n", "2:32", "twice");
}

static void
test_types(void **state)
{
	(void)state;
	expect_one("instance: 5\n", "2:11", "text is wanted, not a number");
	expect_one("instance: 0x1f\n", "2:11", "not a number");
	expect_one("instance: -1.5e3\n", "2:11", "not a number");
	expect_one("instance: true\n", "2:11", "not true or false");
	expect_one("instance: ~\n", "2:11", "not nothing");
	expect_one("instance:\n", "2:9", "not nothing");
	expect_one("instance: [a]\n", "2:11", "not a list");
	expect_one("instance: {a: b}\n", "2:11", "not a map");
	expect_one("retention: 7d\n", "2:12", "a map");
	expect_one("logs: {extra: {}}\n", "2:15", "a list");
	expect_one("logs: {extra: [a]}\n", "2:16", "an item is a map");
	expect_one("logs: {include: a}\n", "2:17", "a list");
	expect_one("logs: {include: [[a]]}\n", "2:18", "not a list");
	expect_one("fetch: {per_host: '4'}\n", "2:19", "in quotation marks");
	expect_one("fetch: {per_host: 4.5}\n", "2:19", "a whole number");
	expect_one("workers: many\n", "2:10", "a whole number or 'auto'");
	expect_one("allow_http: yes\n", "2:13", "true or false is wanted");
	expect_one("sandbox: no\n", "2:10", "one of auto, require, off");
	expect_one("logs: {start: 0}\n", "2:15", "not a number");
	expect_one("logs: {lists: [mozilla]}\n", "2:16", "chrome, apple");
}

static void
test_quantities(void **state)
{
	(void)state;
	expect_one("fetch: {poll_static: 10}\n", "2:22", "has no unit");
	expect_one("fetch: {poll_static: 10 parsecs}\n", "2:22",
	    "'10 parsecs' is not a duration such as");
	expect_one("fetch: {poll_static: 1.5h}\n", "2:22", "not a duration");
	expect_one("alerts: {canary: never}\n", "2:18",
	    "such as 30s, 5m or 7d, nor off");
	expect_one("fetch: {poll_static: -1s}\n", "2:22", "not a duration");
	expect_one("fetch: {poll_static: 99999999999999999999s}\n", "2:22",
	    "not a duration");
	expect_one("fetch: {poll_static: 99999999999999999y}\n", "2:22",
	    "not a duration");
	expect_one(
	    "fetch: {poll_static: 2d}\n", "2:22", "2d is outside 100ms to 1d");
	expect_one("fetch: {body_limit: 64}\n", "2:21", "has no unit");
	expect_one("fetch: {body_limit: 64MB}\n", "2:21", "not a size");
	expect_one(
	    "fetch: {body_limit: 65MiB}\n", "2:21", "outside 1MiB to 64MiB");
	expect_one("fetch: {per_host: 0}\n", "2:19",
	    "per_host: 0 is outside 1 to 1000 connections");
	expect_one("fetch: {per_host: -4}\n", "2:19", "outside");
	expect_one("fetch: {per_host: 007}\n", "2:19", "outside");
	expect_one("workers: 0\n", "2:10", "outside 1 to 64 processes");
	expect_one("match: {name_threshold: 101}\n", "2:25", "points");
}

static void
test_texts(void **state)
{
	(void)state;
	expect_one("instance: 'a b'\n", "2:11", "is no name");
	expect_one("instance: ''\n", "2:11", "is no name");
	expect_one("keys: {master_file: ''}\n", "2:21", "names no file");
	expect_one("keys: {master_file: /etc/}\n", "2:21", "names no file");
	expect_one("keys: {master_file: '${HOME}/x'}\n", "2:21",
	    "only ${CREDENTIALS_DIRECTORY}/name");
	expect_one("store: mysql://x/y\n", "2:8", "is no store");
	expect_one("store: sqlite://host/y\n", "2:8", "three slashes");
	expect_one("store: 'sqlite:'\n", "2:8", "names no file");
	expect_one("store: postgresql://u:p@h/d\n", "2:8", ".pgpass");
	expect_one("store: postgresql://h/d?password=p\n", "2:8", ".pgpass");
	expect_one("public: {url: ftp://a/}\n", "2:15", "is not https");
	expect_one("public: {url: http://a/}\n", "2:15", "not encrypted");
	expect_one("public: {url: 'https://u:p@a/'}\n", "2:15", "password");
	expect_one("public: {url: 'https:///x'}\n", "2:15", "is no URL");
	expect_one("public: {url: 'https://a:99999/'}\n", "2:15", "no URL");
	expect_one("public: {url: 'https://[::1/'}\n", "2:15", "no URL");
	expect_one("public: {url: 'https://b\xc3\xbc/'}\n", "2:15", "ASCII");
	expect_one("public: {mail: x}\n", "2:16", "there is no sink");
	expect_one("alerts: {sinks: [{name: j, jsonl: {path: p}}]}\n"
		   "public: {mail: j}\n",
	    "3:16", "no sink of type mail");
	expect_one("public: {resolver: ns.example.com}\n", "2:20", "resolver");
	expect_one("public: {resolver: '192.0.2.1:99999'}\n", "2:20", "53");
	expect_one("admin: {listen: localhost}\n", "2:17", "no address");
	expect_one("admin: {listen: 'host:80'}\n", "2:17", "no address");
	expect_one("admin: {listen: '1.2.3.4:65536'}\n", "2:17", "no address");
}

static void
test_sinks(void **state)
{
	(void)state;
	expect_one("alerts: {sinks: [{name: a}]}\n", "2:18",
	    "one of jsonl, webhook, mail, exec, syslog, chat is missing");
	expect_one("alerts: {sinks: [{name: a, syslog: {}, "
		   "jsonl: {path: x}}]}\n",
	    "2:40", "'syslog' stands here already");
	expect_one("alerts: {sinks: [{syslog: {}}]}\n", "2:18",
	    "'name' is missing here");
	expect_one("alerts: {sinks: [{name: a, jsonl: {}}]}\n", "2:35",
	    "'path' is missing here");
	expect_one("alerts: {sinks: [{name: a, jsonl: x}]}\n", "2:35", "a map");
	expect_one("alerts: {sinks: [{name: a, exec: {command: []}}]}\n",
	    "2:44", "the list is empty");
	expect_one("alerts: {sinks: [{name: a, chat: {}}]}\n", "2:34",
	    "one of url, url_file is missing");
	expect_one("alerts: {sinks: [{name: a, mail: {server: 'smtp://h',"
		   " from: a@b, user: u}}]}\n",
	    "2:66", "'password_file' is missing, which goes with 'user'");
	expect_one("alerts: {sinks: [{name: a, mail: {server: 'http://h',"
		   " from: a@b}}]}\n",
	    "2:43", "no mail server");
	expect_one("alerts: {sinks: [{name: a, mail: {server: 'smtp://h',"
		   " from: a}}]}\n",
	    "2:61", "no mail address");
	expect_one("alerts: {sinks: [{name: a, mail: {server: 'smtp://h',"
		   " from: a@b, to: b}}]}\n",
	    "2:70", "neither 'record'");
}

static void
test_together(void **state)
{
	(void)state;
	expect_one("fetch: {per_host: 5, max_connections: 4}\n", "2:19",
	    "per_host: 5 is more than max_connections, 4");
	expect_one("fetch: {memory: 8MiB}\n", "2:17", "less than body_limit");
	expect_one("match: {name_threshold: 40}\n", "2:8",
	    "digest_threshold: 50 is above name_threshold, 40");
	expect_one("match: {name_threshold: 40, digest_threshold: 101}\n",
	    "2:47", "outside 1 to 100");
	expect_one("fetch: {body_limit: 8 parsecs, memory: 8MiB}\n", "2:21",
	    "body_limit");
	expect_one("alerts: {digest: {weekly: [low]}}\n", "2:18",
	    "'low' is both daily and weekly");
	expect_one("admin: {listen: '0.0.0.0:1', token_file: ~}\n", "2:17",
	    "only with a token_file");
	expect_one("logs: {lists: [{key_file: k}]}\n", "2:16",
	    "one of url, file is missing");
	expect_one("logs: {lists: [{file: a, url: 'https://a/'}]}\n", "2:26",
	    "only one of url, file");
}

/* Not only the first one, and in the order of the file. */
static void
test_all_are_named(void **state)
{
	char *out = complaints_of("nonsense: 1\nworkers: many\n"
				  "fetch:\n  per_host: 0\n");
	const char *a = strstr(out, ":1:1: error: unknown key 'nonsense'");
	const char *b = strstr(out, ":2:10: error: workers:");
	const char *c = strstr(out, ":4:13: error: per_host:");

	(void)state;
	assert_non_null(strstr(out, ":1:1: error: 'contact' is missing"));
	assert_true(a != NULL && b != NULL && c != NULL && a < b && b < c);
	free(out);
}

static void
test_caret(void **state)
{
	struct {
		const char *text, *shown;
	} rows[] = {
	    {CONTACT "# \xc3\xa9\nfetch: {per_host: x} # \xc3\xa9\n",
		"\nfetch: {per_host: x} # \xc3\xa9\n                  ^\n"},
	    {CONTACT "instance: \"\xc3\xa9\t\xc3\xa9\"\n",
		"\ninstance: \"\xc3\xa9 \xc3\xa9\"\n          ^~~~~\n"},
	    {CONTACT "instance: \"\xe2\x80\xae\"\n",
		"\ninstance: \"\\u{202e}\"\n          ^~~~~~~~~~\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *out = complaints_of(rows[i].text);

		if (strstr(out, rows[i].shown) == NULL)
			print_message("%s", out);
		assert_non_null(strstr(out, rows[i].shown));
		free(out);
	}
}

/* The middle of a long line is shown, no more. */
static void
test_long_line(void **state)
{
	struct buf b = {0};
	char *out;

	(void)state;
	buf_str(&b, CONTACT "logs: {include: [");
	for (size_t i = 0; i < 400; i++)
		buf_str(&b, "\xc3\xa9, ");
	buf_str(&b, "5, ");
	for (size_t i = 0; i < 400; i++)
		buf_str(&b, "\xc3\xa9, ");
	buf_str(&b, "a]}\n");
	out = complaints_of(buf_cstr(&b));
	assert_non_null(strstr(out, ":2:1218: error: include: text"));
	assert_true(strlen(out) < 500);
	assert_true(text_is_utf8(span_str(out)));
	free(out);
	buf_fini(&b);
}

static void
test_json_of_mistakes(void **state)
{
	struct mistakes m;
	struct config c;
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	(void)state;
	assert_int_equal(config_parse(&c, "a\"b.yaml",
			     span_str(CONTACT "x: 1\nworkers: w\n"), &m, NULL),
	    ST_BAD);
	mistakes_print_json(&m, f);
	fclose(f);
	assert_non_null(strstr(out, "{\"file\":\"a\\\"b.yaml\",\"line\":2,"
				    "\"column\":1,\"message\":\"unknown key"));
	assert_non_null(strstr(out, "}\n{\"file\":\"a\\\"b.yaml\",\"line\":3"));
	free(out);
	mistakes_fini(&m);
}

/* --- contact ----------------------------------------------------------------
 */

static void
test_contact(void **state)
{
	static const char *const good[] = {"ct@indelible.dev",
	    "jane.roe+ct@mail.indelible.dev", "https://indelible.dev/ct",
	    "https://indelible.dev", "ct@notexample.com",
	    "ct@example.com.indelible.dev"};
	static const char *const bad[] = {"", "x", "ct@", "@indelible.dev",
	    "ct@example.com", "ct@EXAMPLE.Org", "ct@sub.example.net",
	    "ct@a.invalid", "ct@a.test", "ct@a.example", "ct@localhost",
	    "ct@localhost.localhost", "ct@example.com.", "ct@your-domain",
	    "https://example.com/", "https://www.example.com:443/x",
	    "http://indelible.dev/", "https://u@indelible.dev/",
	    "a@b@indelible.dev", "ct@indelible.dev\r\nX: y",
	    "Jane <ct@indelible.dev>", "ct@indelible.dev)",
	    "\xc3\xa9@indelible.dev", "mailto:ct@indelible.dev"};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!config_contact_ok(good[i], &e))
			fail_msg("%s: %s", good[i], e.text);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (config_contact_ok(bad[i], &e))
			fail_msg("%s is taken", bad[i]);
	assert_false(config_contact_ok("x", NULL));
	expect("contact: ct@example.com\n", "1:10", "is an example", true);
	expect("", "1:1", "'contact' is missing", true);
	expect("# nothing\n", "1:1", "'contact' is missing", true);
	expect("contact: null\n", "1:10", "'contact' is missing", true);
}

/* No contact is needed for logs that are on this machine alone. */
static void
test_local_logs(void **state)
{
	struct config c;

	(void)state;
	parse_ok(&c, "logs:\n  lists: []\n  extra:\n    - {name: a, "
		     "url: 'http://127.1.2.3:80/x', key_file: k}\n");
	assert_null(c.contact);
	config_fini(&c);
	parse_ok(&c, "logs: {lists: []}");
	config_fini(&c);
	expect("logs: {lists: [], include: [fulcio]}", "1:1", "contact", true);
	expect("logs: {lists: [], extra: [{name: a, url: 'https://a.dev/', "
	       "key_file: k}]}",
	    "1:1", "contact", true);
	expect("logs: {lists: [apple]}", "1:1", "contact", true);
}

/* --- what is read -----------------------------------------------------------
 */

static void
test_defaults(void **state)
{
	struct config c, d;
	char *a, *b;

	(void)state;
	config_defaults(&c);
	assert_null(c.contact);
	assert_string_equal(c.instance, "default");
	assert_string_equal(
	    c.store, "sqlite:///var/lib/indelible/indelible.db");
	assert_string_equal(c.master_file, "/etc/indelible/master.key");
	assert_int_equal(c.logs.num_lists, 2);
	assert_string_equal(c.logs.lists[0].name, "chrome");
	assert_string_equal(c.logs.lists[1].name, "apple");
	assert_int_equal(c.logs.include.num, 1);
	assert_string_equal(c.logs.include.list[0], "*");
	assert_int_equal(c.logs.exclude.num + c.logs.num_extra, 0);
	assert_int_equal(c.logs.start, START_AUTO);
	assert_int_equal(c.fetch.max_connections, 100);
	assert_int_equal(c.fetch.per_host, 4);
	assert_int_equal(c.fetch.body_limit, 64 << 20);
	assert_int_equal(c.fetch.memory, 256 << 20);
	assert_int_equal(c.fetch.poll_static_ms, 10000);
	assert_int_equal(c.fetch.poll_rfc6962_ms, 60000);
	assert_int_equal(c.fetch.partial_tile_after_ms, 60000);
	assert_int_equal(c.workers, 0);
	assert_int_equal(c.match.name_threshold, 70);
	assert_int_equal(c.match.digest_threshold, 50);
	assert_int_equal(c.alerts.hold_unverified_ms, 600000);
	assert_int_equal(c.alerts.num_sinks, 0);
	assert_string_equal(c.alerts.digest_daily.list[0], "low");
	assert_string_equal(c.alerts.digest_weekly.list[0], "info");
	assert_int_equal(c.alerts.digest_at_ms, 8ll * 3600000);
	assert_int_equal(c.alerts.per_day, 5);
	assert_int_equal(c.alerts.canary_ms, 86400000);
	assert_string_equal(c.admin.listen, "127.0.0.1:9469");
	assert_string_equal(c.admin.socket, "/run/indelible/admin.sock");
	assert_string_equal(c.public.listen, "127.0.0.1:9470");
	assert_null(c.public.url);
	assert_null(c.public.mail);
	assert_null(c.public.resolver);
	assert_null(config_mail(&c));
	assert_int_equal(c.retention.hits_ms, 400ll * 86400000);
	assert_int_equal(c.retention.audit_ms, 3 * 365ll * 86400000);
	assert_int_equal(c.retention.pending_records_ms, 7ll * 86400000);
	assert_int_equal(c.sandbox, SANDBOX_AUTO);
	a = printed(&c, config_print_json);
	parse_ok(&d, "contact: ct@indelible.dev\n");
	assert_string_equal(d.admin.token_file, "/etc/dir/admin.token");
	free(d.contact);
	d.contact = NULL;
	memcpy(d.admin.token_file, "admin.token", sizeof("admin.token"));
	b = printed(&d, config_print_json);
	assert_string_equal(a, b);
	free(a);
	free(b);
	config_fini(&c);
	config_fini(&d);
	config_fini(&d);
}

#define ALL_KEYS                                                               \
	"contact: https://indelible.dev/ct\n"                                  \
	"instance: \"8\"\n"                                                    \
	"store: sqlite:state/x.db\n"                                           \
	"allow_http: TRUE\n"                                                   \
	"keys: {master_file: ./m.key}\n"                                       \
	"logs:\n"                                                              \
	"  lists: [apple, {url: 'http://h.dev/l?a=b', key_file: k.pem},\n"     \
	"    {file: ../l.json, key_file: null}]\n"                             \
	"  include: ['Jane''s \\', \"\\u00e9\", 'true']\n"                     \
	"  exclude: ['# x']\n"                                                 \
	"  extra:\n"                                                           \
	"  - {name: 'a b', url: 'http://h/', key_file: k, api: rfc6962,\n"     \
	"     origin: o, http1: true, no_keepalive: true}\n"                   \
	"  start: head\n"                                                      \
	"workers: 7\n"                                                         \
	"alerts:\n"                                                            \
	"  sinks:\n"                                                           \
	"    - name: w\n"                                                      \
	"      tenants: [acme/x, b]\n"                                         \
	"      reveal: true\n"                                                 \
	"      digest: true\n"                                                 \
	"      webhook: {url: 'https://h/?x=y', secret_file: s}\n"             \
	"    - {name: m, mail: {server: 'smtp://h:25', from: a@b, to: c@d,\n"  \
	"        user: u, password_file: p}}\n"                                \
	"    - {name: e, exec: {command: [bin/x, -v, '8', '']}}\n"             \
	"    - {name: s, syslog: {}}\n"                                        \
	"    - {name: c, digest: false, chat: {url_file: f}}\n"                \
	"    - {name: j, jsonl: {path: j}}\n"                                  \
	"  digest: {daily: [], weekly: [high, medium], day: 12h, at: 0s}\n"    \
	"  per_day: 0\n"                                                       \
	"  canary: off\n"                                                      \
	"admin: {listen: ~, socket: null, token_file: null}\n"                 \
	"public: {listen: '[::1]:80', url: 'https://p.dev/x/', mail: m,\n"     \
	"    resolver: '[::1]:53'}\n"                                          \
	"retention: {hits: 36h}\n"                                             \
	"sandbox: off\n"

static void
test_all_keys(void **state)
{
	struct config c;

	(void)state;
	parse_ok(&c, ALL_KEYS);
	assert_string_equal(c.file, "/etc/dir/c.yaml");
	assert_string_equal(c.instance, "8");
	assert_string_equal(c.store, "sqlite:///etc/dir/state/x.db");
	assert_string_equal(c.master_file, "/etc/dir/m.key");
	assert_int_equal(c.logs.num_lists, 3);
	assert_string_equal(c.logs.lists[0].name, "apple");
	assert_null(c.logs.lists[1].name);
	assert_string_equal(c.logs.lists[1].url, "http://h.dev/l?a=b");
	assert_string_equal(c.logs.lists[2].file, "/etc/dir/../l.json");
	assert_null(c.logs.lists[2].key_file);
	assert_string_equal(c.logs.include.list[0], "Jane's \\");
	assert_string_equal(c.logs.include.list[1], "\xc3\xa9");
	assert_string_equal(c.logs.extra[0].api, "rfc6962");
	assert_true(c.logs.extra[0].http1 && c.logs.extra[0].no_keepalive);
	assert_int_equal(c.logs.start, START_HEAD);
	assert_int_equal(c.workers, 7);
	assert_int_equal(c.alerts.num_sinks, 6);
	assert_int_equal(c.alerts.sinks[0].type, CONF_WEBHOOK);
	assert_int_equal(c.alerts.sinks[0].tenants.num, 2);
	assert_true(c.alerts.sinks[0].reveal);
	assert_string_equal(c.alerts.sinks[0].secret_file, "/etc/dir/s");
	assert_int_equal(c.alerts.sinks[1].type, CONF_MAIL);
	assert_string_equal(c.alerts.sinks[1].to, "c@d");
	assert_int_equal(c.alerts.sinks[2].type, CONF_EXEC);
	assert_int_equal(c.alerts.sinks[2].command.num, 4);
	assert_string_equal(
	    c.alerts.sinks[2].command.list[0], "/etc/dir/bin/x");
	assert_string_equal(c.alerts.sinks[2].command.list[1], "-v");
	assert_int_equal(c.alerts.sinks[3].type, CONF_SYSLOG);
	assert_int_equal(c.alerts.sinks[4].type, CONF_CHAT);
	assert_string_equal(c.alerts.sinks[4].url_file, "/etc/dir/f");
	assert_int_equal(c.alerts.sinks[5].type, CONF_JSONL);
	assert_int_equal(c.alerts.digest_daily.num, 0);
	assert_int_equal(c.alerts.digest_weekly.num, 2);
	assert_int_equal(c.alerts.digest_day_ms, 12ll * 3600000);
	assert_int_equal(c.alerts.digest_week_ms, 7ll * 86400000);
	assert_int_equal(c.alerts.digest_at_ms, 0);
	assert_int_equal(c.alerts.per_day, 0);
	assert_int_equal(c.alerts.canary_ms, 0);
	assert_true(c.alerts.sinks[0].digest);  /* as it says */
	assert_true(c.alerts.sinks[1].digest);  /* a mail */
	assert_false(c.alerts.sinks[2].digest); /* a program */
	assert_false(c.alerts.sinks[4].digest); /* a chat, but it says so */
	assert_null(c.admin.listen);
	assert_null(c.admin.token_file);
	assert_string_equal(c.public.resolver, "[::1]:53");
	assert_string_equal(config_mail(&c)->name, "m");
	assert_string_equal(config_pages(&c), c.public.url);
	free(c.public.listen);
	c.public.listen = NULL; /* nothing serves them */
	assert_null(config_pages(&c));
	assert_int_equal(c.retention.hits_ms, 36ll * 3600000);
	assert_int_equal(c.sandbox, SANDBOX_OFF);
	config_fini(&c);
}

/* What is printed, as YAML and as JSON, is read as the same. */
static void
test_round_trip(void **state)
{
	static const char *const texts[] = {ALL_KEYS, CONTACT};
	char *yaml, *json, *yaml2, *json2;
	struct config a, b;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		parse_ok(&a, texts[i]);
		yaml = printed(&a, config_print);
		json = printed(&a, config_print_json);
		assert_int_equal(
		    span_chr(span_str(json), '\n') + 1, strlen(json));
		parse_ok(&b, yaml);
		yaml2 = printed(&b, config_print);
		assert_string_equal(yaml, yaml2);
		config_fini(&b);
		parse_ok(&b, json);
		json2 = printed(&b, config_print_json);
		assert_string_equal(json, json2);
		config_fini(&a);
		config_fini(&b);
		free(yaml);
		free(json);
		free(yaml2);
		free(json2);
	}
}

static void
test_quantity_texts(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {{"0s", 0}, {"1ms", 1}, {"30s", 30000}, {"5m", 300000},
	    {"2h", 7200000}, {"7d", 604800000}, {"1y", 31536000000}};
	static const char *const bad[] = {"", "s", "1", "1 s", "-1s", "+1s",
	    "01s", "1S", "1.0s", "1s ", "1w", "9223372036854775807s",
	    "99999999999999999999999s"};
	char text[VALUE_TEXT];
	int64_t v;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(config_duration(&v, good[i].text));
		assert_int_equal(v, good[i].ms);
		assert_string_equal(value_duration(text, v), good[i].text);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(config_duration(&v, bad[i]));
	assert_true(config_size(&v, "64MiB") && v == 64 << 20);
	assert_string_equal(value_size(text, v), "64MiB");
	assert_true(config_size(&v, "0B") && v == 0);
	assert_true(config_size(&v, "1025KiB") && v == 1025 << 10);
	assert_string_equal(value_size(text, v), "1025KiB");
	assert_false(config_size(&v, "64MB") || config_size(&v, "64") ||
		     config_size(&v, "9999999TiB9") ||
		     config_size(&v, "99999999999TiB"));
}

static void
test_urls(void **state)
{
	static const char *const good[] = {"https://h", "https://h:1/x?y#z",
	    "http://127.0.0.1:80/", "http://localhost/", "http://[::1]:8/"};
	static const char *const bad[] = {"", "h", "https://", "https:///",
	    "http://h/", "http://127.0.0.1.h/", "https://h /", "https://h\n",
	    "https://u@h/", "https://u:p@h/", "https://h:x/", "ftp://h/",
	    "HTTPS", "https://[1.2.3.4]/", "http://[::2]/", "https://a,b/",
	    "http://localhost.h/"};
	char *big = mem_str("https://h/");

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(config_url_ok(good[i], false, NULL));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (config_url_ok(bad[i], false, NULL))
			fail_msg("%s is taken", bad[i]);
	assert_true(config_url_ok("http://h/", true, NULL));
	big = mem_grow(big, LIMIT_URL + 2, 1);
	memset(big + 9, '/', LIMIT_URL - 8);
	big[LIMIT_URL + 1] = '\0';
	assert_false(config_url_ok(big, false, NULL));
	free(big);
}

static void
test_credentials(void **state)
{
	struct config c;

	(void)state;
	setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x", 1);
	parse_ok(&c, CONTACT "keys: {master_file: "
			     "'${CREDENTIALS_DIRECTORY}/master.key'}\n");
	assert_string_equal(c.master_file, "/run/credentials/x/master.key");
	config_fini(&c);
	unsetenv("CREDENTIALS_DIRECTORY");
	expect_one("keys:\n  master_file: ${CREDENTIALS_DIRECTORY}/m\n", "3:16",
	    "CREDENTIALS_DIRECTORY is not set");
	expect_one("keys: {master_file: ${CREDENTIALS_DIRECTORY}/m}\n", "2:22",
	    "in quotation marks");
}

/* --- files ------------------------------------------------------------------
 */

static char *
file_of(const char *text, size_t len)
{
	char *path = mem_str("/tmp/test_config.XXXXXX");
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
	return path;
}

static enum status
read_text(const char *text, size_t len, char **complaints, struct err *e)
{
	char *path = file_of(text, len);
	size_t out_len;
	FILE *f = open_memstream(complaints, &out_len);
	struct config c;
	enum status st = config_read(&c, path, f, e);

	fclose(f);
	config_fini(&c);
	unlink(path);
	free(path);
	return st;
}

static void
test_files(void **state)
{
	static const char bom[] = "\xef\xbb\xbf" CONTACT "instance: a\r\n"
				  "fetch: {per_host: 1}\r\n# x\r\n";
	char *said = NULL, *big = mem_new(LIMIT_CONFIG + 2, 1);
	struct err e = {""};
	struct config c;

	(void)state;
	assert_status(read_text(bom, sizeof(bom) - 1, &said, &e), ST_OK, &e);
	assert_string_equal(said, "");
	free(said);
	assert_status(
	    read_text("\xef\xbb\xbfx: 1\r\ny\r\n", 12, &said, &e), ST_BAD, &e);
	assert_non_null(strstr(said, ":2:1: error: "));
	free(said);
	assert_status(read_text("", 0, &said, &e), ST_BAD, &e);
	assert_non_null(strstr(said, ":1:1: error: 'contact' is missing"));
	assert_null(strchr(said, '^'));
	free(said);
	memset(big, '#', LIMIT_CONFIG + 1);
	for (size_t i = 79; i < LIMIT_CONFIG; i += 80)
		big[i] = '\n';
	memcpy(big, CONTACT, strlen(CONTACT));
	assert_status(read_text(big, LIMIT_CONFIG, &said, &e), ST_OK, &e);
	free(said);
	assert_status(read_text(big, LIMIT_CONFIG + 1, &said, &e), ST_BAD, &e);
	assert_says(&e, "more than 1048576 bytes");
	free(said);
	free(big);
	assert_status(config_read(&c, "/", stdout, &e), ST_BAD, &e);
	assert_says(&e, "this is a directory");
	assert_status(
	    config_read(&c, "/nowhere/x", stdout, &e), ST_MISSING, &e);
	assert_says(&e, "/nowhere/x: there is no such file");
	assert_status(config_read(&c, "", stdout, &e), ST_MISSING, &e);
}

/* Only somebody else than root can be refused. */
static void
test_unreadable(void **state)
{
	char *path = file_of(CONTACT, strlen(CONTACT));
	struct err e = {""};
	struct config c;
	bool root = geteuid() == 0;
	enum status st;

	(void)state;
	assert_int_equal(chmod(path, 0), 0);
	if (root)
		assert_int_equal(seteuid(65534), 0);
	st = config_read(&c, path, stdout, &e);
	if (root)
		assert_int_equal(seteuid(0), 0);
	assert_status(st, ST_DENIED, &e);
	assert_says(&e, "no permission");
	unlink(path);
	free(path);
}

static void
test_default_file(void **state)
{
	char *name;

	(void)state;
	unsetenv("CONFIGURATION_DIRECTORY");
	name = config_default_file();
	assert_string_equal(name, "/etc/indelible/indelible.yaml");
	free(name);
	setenv("CONFIGURATION_DIRECTORY", "/a/b:/c", 1);
	name = config_default_file();
	assert_string_equal(name, "/a/b/indelible.yaml");
	free(name);
	unsetenv("CONFIGURATION_DIRECTORY");
}

/* Paths start where the file lies, also when that is said relatively. */
static void
test_relative_file(void **state)
{
	char *path = file_of(CONTACT "keys: {master_file: k}\n",
	    strlen(CONTACT "keys: {master_file: k}\n"));
	struct err e = {""};
	struct config c;
	char cwd[4096];

	(void)state;
	assert_non_null(getcwd(cwd, sizeof(cwd)));
	assert_int_equal(chdir("/tmp"), 0);
	assert_status(config_read(&c, path + 5, stdout, &e), ST_OK, &e);
	assert_string_equal(c.master_file, "/tmp/k");
	config_fini(&c);
	assert_int_equal(chdir("/"), 0);
	assert_status(config_read(&c, path + 1, stdout, &e), ST_OK, &e);
	assert_string_equal(c.master_file, "/tmp/k");
	config_fini(&c);
	assert_int_equal(chdir(cwd), 0);
	unlink(path);
	free(path);
}

/* --- hostile files ----------------------------------------------------------
 */

static long
peak_kib(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return r.ru_maxrss;
}

/* A megabyte of `piece` is refused without many megabytes or seconds. */
static void
test_hostile(void **state)
{
	static const char *const pieces[] = {"[", "{", "- ", "? ",
	    "{a: ", "[a,", "[\n", "[a,\n", "{a: \n", "&a ", "*a ", "\"", "'",
	    "!", "%", "a: ", "|\n", "- - - a\n  - b\n", "x,", "---\n",
	    "a: &a [*a, *a]\n", " ", "\t", "\n", "#", ":", "? :\n",
	    "contact: 1\n", "]", "\\"};
	long before = peak_kib(), after;
	struct mistakes m;
	struct config c;

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct buf b = {0};

		while (b.len + strlen(pieces[i]) <= LIMIT_CONFIG)
			buf_str(&b, pieces[i]);
		assert_int_equal(
		    config_parse(&c, "h.yaml", buf_span(&b), &m, NULL), ST_BAD);
		assert_true(m.num > 0);
		mistakes_fini(&m);
		buf_fini(&b);
	}
	after = peak_kib();
	/* ASan keeps what was freed. */
	print_message("%ld KiB more\n", after - before);
	if (getenv("ASAN_OPTIONS") == NULL && after - before > 200 * 1024)
		fail_msg("%ld KiB more", after - before);
}

static void
test_depth(void **state)
{
	struct buf b = {0};
	char *out;

	(void)state;
	buf_str(&b, CONTACT "logs: ");
	for (size_t i = 0; i < 20; i++)
		buf_str(&b, "[");
	for (size_t i = 0; i < 20; i++)
		buf_str(&b, "]");
	out = complaints_of(buf_cstr(&b));
	assert_non_null(strstr(out, ":2:22: error: nested more deeply"));
	free(out);
	buf_fini(&b);
}

/* Many mistakes are counted, and the first ones shown. */
static void
test_many_mistakes(void **state)
{
	struct buf b = {0};
	char *out;
	size_t num = 0;

	(void)state;
	for (size_t i = 0; i < 5000; i++)
		buf_fmt(&b, "zz%zu: 1\n", i);
	out = complaints_of(buf_cstr(&b));
	for (const char *s = out; (s = strstr(s, ": error: ")) != NULL; s++)
		num++;
	assert_int_equal(num, MISTAKES_MAX);
	assert_non_null(strstr(out, "more mistake"));
	free(out);
	buf_fini(&b);
}

/* --- documents --------------------------------------------------------------
 */

/* The part of the man page that speaks of one key. */
static void
check_man_item(
    const struct buf *man, const char *path, const struct conf_key *k)
{
	struct buf want = {0};
	const char *at, *end, *place;

	buf_fmt(&want, "\n.It Ic %s : ", path);
	at = strstr((const char *)man->p, buf_cstr(&want));
	if (at == NULL)
		fail_msg("the man page has no %s", path);
	end = strstr(at + 1, "\n.It ");
	buf_clear(&want);
	if (k->def != NULL) {
		buf_str(&want, "\nDefault: ");
		for (const char *c = k->def; *c != '\0'; c++)
			buf_str(&want, *c == ' ' ? ", " : (char[]){*c, 0});
		buf_str(&want, ".\n");
	} else {
		buf_str(&want, k->flags & KEY_REQUIRED ? "\nRequired" : "\n");
	}
	place = strstr(at, buf_cstr(&want));
	if (place == NULL || (end != NULL && place > end))
		fail_msg("the man page does not say of %s:%s", path,
		    buf_cstr(&want));
	buf_fini(&want);
}

static void
check_man(const struct buf *man, const char *front, const struct conf_key *keys)
{
	char path[128];

	for (const struct conf_key *k = keys; k->name != NULL; k++) {
		assert_non_null(k->help);
		assert_true(strlen(k->help) < 60);
		if (k->flags & KEY_BARE)
			continue;
		snprintf(path, sizeof(path), "%s%s", front, k->name);
		if (k->type != TYPE_MAP || k->flags & KEY_ONE_OF)
			check_man_item(man, path, k);
		if (k->sub == NULL)
			continue;
		snprintf(path, sizeof(path), "%s%s.", front, k->name);
		check_man(man, path, k->sub);
	}
}

static void
test_man_page(void **state)
{
	struct buf man = {0};

	(void)state;
	assert_true(file_read(&man, "config/indelible.yaml.5"));
	buf_cstr(&man);
	check_man(&man, "", conf_schema);
	buf_fini(&man);
}

/* With a contact, the example loads; apart from its sink it is the
 * default. */
static void
test_example(void **state)
{
	struct buf text = {0}, own = {0};
	struct config c, d;
	const char *at;
	char *a, *b;

	(void)state;
	assert_true(file_read(&text, "config/example.yaml"));
	at = strstr(buf_cstr(&text), "\ncontact: ");
	assert_non_null(at);
	buf_add(&own, text.p, (size_t)(at - (const char *)text.p) + 1);
	buf_str(&own, "contact: ct@indelible.dev");
	buf_str(&own, strchr(at + 1, '\n'));
	parse_ok(&c, buf_cstr(&own));
	parse_ok(&d, CONTACT "alerts: {sinks: [{name: ledger, jsonl: {path: "
			     "/var/lib/indelible/alerts.jsonl}}]}\n");
	a = printed(&c, config_print);
	b = printed(&d, config_print);
	assert_string_equal(a, b);
	expect(buf_cstr(&text), "11:10", "no full domain name", true);
	free(a);
	free(b);
	config_fini(&c);
	config_fini(&d);
	buf_fini(&text);
	buf_fini(&own);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_syntax),
	    cmocka_unit_test(test_refused_yaml),
	    cmocka_unit_test(test_unknown_keys),
	    cmocka_unit_test(test_duplicates),
	    cmocka_unit_test(test_types),
	    cmocka_unit_test(test_quantities),
	    cmocka_unit_test(test_texts),
	    cmocka_unit_test(test_sinks),
	    cmocka_unit_test(test_together),
	    cmocka_unit_test(test_all_are_named),
	    cmocka_unit_test(test_caret),
	    cmocka_unit_test(test_long_line),
	    cmocka_unit_test(test_json_of_mistakes),
	    cmocka_unit_test(test_contact),
	    cmocka_unit_test(test_local_logs),
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_all_keys),
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_quantity_texts),
	    cmocka_unit_test(test_urls),
	    cmocka_unit_test(test_credentials),
	    cmocka_unit_test(test_files),
	    cmocka_unit_test(test_unreadable),
	    cmocka_unit_test(test_default_file),
	    cmocka_unit_test(test_relative_file),
	    cmocka_unit_test(test_hostile),
	    cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_many_mistakes),
	    cmocka_unit_test(test_man_page),
	    cmocka_unit_test(test_example),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
