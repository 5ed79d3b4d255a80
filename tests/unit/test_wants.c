/* Tests of wants: which logs a configuration and a command line come to. */
#include "monitor/wants.h"

#include <fcntl.h>
#include <unistd.h>

/* The tests' own has the same name. */
#define file_read test_file_read
#include "tests/unit/signer.h"
#undef file_read

/* Three logs with their lists: Alpha and Beta in one, Gamma in the other; and
 * one that is in none. */
#define LAB 3
struct fixture {
	struct signer signers[4];
	struct buf ids[4];
	char dir[64], first[96], second[96], key[96];
	struct conf_list lists[2];
	struct conf_log extra;
	struct config config;
	struct wants wants;
};

static void
put(const char *path, struct span s)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, s.p, s.len), s.len);
	close(fd);
}

static void
list_log(struct fixture *fx, size_t i, const char *name, struct buf *json)
{
	buf_fmt(json, "{\"description\":\"%s 2026h1\",\"log_id\":\"", name);
	buf_span_add(json, buf_span(&fx->ids[i]));
	buf_str(json, "\",\"key\":\"");
	text_base64(json, buf_span(&fx->signers[i].spki));
	buf_fmt(json, "\",\"url\":\"https://ct.example.org/%s/\"}", name);
}

static void
list_put(struct fixture *fx, const char *path, size_t from, size_t to)
{
	static const char *const names[] = {"Alpha", "Beta", "Gamma"};
	struct buf json = {0};

	buf_str(&json, "{\"version\":\"1.2\",\"operators\":[{\"name\":"
		       "\"Example\",\"logs\":[");
	for (size_t i = from; i < to; i++) {
		if (i > from)
			buf_char(&json, ',');
		list_log(fx, i, names[i], &json);
	}
	buf_str(&json, "]}]}");
	put(path, buf_span(&json));
	buf_fini(&json);
}

static int
setup(void **state)
{
	struct fixture *fx = calloc(1, sizeof(*fx));

	snprintf(fx->dir, sizeof(fx->dir), "build/wants-XXXXXX");
	assert_non_null(mkdtemp(fx->dir));
	snprintf(fx->first, sizeof(fx->first), "%s/first.json", fx->dir);
	snprintf(fx->second, sizeof(fx->second), "%s/second.json", fx->dir);
	snprintf(fx->key, sizeof(fx->key), "%s/key.der", fx->dir);
	for (size_t i = 0; i < 4; i++) {
		fx->signers[i] = signer_new("P-256", 0);
		text_base64(
		    &fx->ids[i], hash_span(logkey_id(fx->signers[i].key)));
	}
	list_put(fx, fx->first, 0, 2);
	list_put(fx, fx->second, 2, 3);
	put(fx->key, buf_span(&fx->signers[LAB].spki));
	fx->lists[0].file = fx->first;
	fx->lists[1].file = fx->second;
	fx->config.logs.lists = fx->lists;
	fx->config.logs.num_lists = 2;
	fx->extra = (struct conf_log){.name = (char *)"lab",
	    .url = (char *)"https://ct.example.org/lab",
	    .key_file = fx->key,
	    .api = (char *)"static"};
	*state = fx;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fx = *state;

	wants_fini(&fx->wants);
	for (size_t i = 0; i < 4; i++) {
		signer_fini(&fx->signers[i]);
		buf_fini(&fx->ids[i]);
	}
	unlink(fx->first);
	unlink(fx->second);
	unlink(fx->key);
	rmdir(fx->dir);
	free(fx);
	return 0;
}

static void
take(struct fixture *fx, struct conf_strings include,
    struct conf_strings exclude)
{
	struct err e = {""};

	wants_fini(&fx->wants);
	fx->config.logs.include = include;
	fx->config.logs.exclude = exclude;
	assert_status(
	    wants_of_config(&fx->wants, &fx->config, NULL, &e), ST_OK, &e);
}

static void
assert_names(const struct fixture *fx, const char *names)
{
	struct buf have = {0};

	for (size_t i = 0; i < fx->wants.num; i++) {
		buf_str(&have, fx->wants.list[i].name);
		buf_char(&have, ';');
	}
	assert_string_equal(buf_cstr(&have), names);
	buf_fini(&have);
}

#define STRINGS(...)                                                           \
	((struct conf_strings){                                                \
	    sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *),            \
	    (char **)(void *)(const char *[]){__VA_ARGS__}})
#define NONE ((struct conf_strings){0, NULL})

/* Each pattern need not match something in each list, or at all. */
static void
test_include(void **state)
{
	struct fixture *fx = *state;

	take(fx, STRINGS("*"), NONE);
	assert_names(fx, "Alpha 2026h1;Beta 2026h1;Gamma 2026h1;");
	take(fx, STRINGS("Alpha*", "Gamma*"), NONE);
	assert_names(fx, "Alpha 2026h1;Gamma 2026h1;");
	take(fx, STRINGS("Gamma*", "Delta*"), NONE);
	assert_names(fx, "Gamma 2026h1;");
}

static void
test_exclude(void **state)
{
	struct fixture *fx = *state;

	take(fx, STRINGS("*"), STRINGS("Beta*", "Delta*"));
	assert_names(fx, "Alpha 2026h1;Gamma 2026h1;");
	take(fx, STRINGS("Alpha*"), STRINGS("*"));
	assert_names(fx, "");
	take(fx, STRINGS("*"), STRINGS("2026h1"));
	assert_names(fx, "Alpha 2026h1;Beta 2026h1;Gamma 2026h1;");
}

/* A log named by hand needs no include, but can be excluded. */
static void
test_extra(void **state)
{
	struct fixture *fx = *state;

	fx->config.logs.extra = &fx->extra;
	fx->config.logs.num_extra = 1;
	take(fx, STRINGS("Alpha*"), NONE);
	assert_names(fx, "lab;Alpha 2026h1;");
	take(fx, STRINGS("*"), STRINGS("l?b"));
	assert_names(fx, "Alpha 2026h1;Beta 2026h1;Gamma 2026h1;");
}

/* By hand and in a list: as it was named by hand, whatever the protocols. */
static void
test_extra_is_listed(void **state)
{
	struct fixture *fx = *state;

	put(fx->key, buf_span(&fx->signers[2].spki));
	fx->config.logs.extra = &fx->extra;
	fx->config.logs.num_extra = 1;
	take(fx, STRINGS("*"), NONE);
	assert_names(fx, "lab;Alpha 2026h1;Beta 2026h1;");
	take(fx, STRINGS("*"), STRINGS("lab"));
	assert_names(fx, "Alpha 2026h1;Beta 2026h1;Gamma 2026h1;");
}

/* In two lists: once, as the first has it. */
static void
test_merged(void **state)
{
	struct fixture *fx = *state;

	list_put(fx, fx->second, 1, 3);
	take(fx, STRINGS("*"), NONE);
	assert_names(fx, "Alpha 2026h1;Beta 2026h1;Gamma 2026h1;");
}

/* The built-in log only when it is named. */
static void
test_special(void **state)
{
	static const char id[] = "3T0wasbHETJjGR4cmWc3AqJKXrjePK3/h4pygC8p7o4=";
	struct fixture *fx = *state;
	struct buf have = {0};

	take(fx, STRINGS("*", "fulci*"), NONE);
	assert_names(fx, "Alpha 2026h1;Beta 2026h1;Gamma 2026h1;");
	take(fx, STRINGS("fulcio"), NONE);
	assert_names(fx, "fulcio;");
	assert_string_equal(
	    fx->wants.list[0].url, "https://ctfe.sigstore.dev/2022/");
	assert_ptr_equal(fx->wants.list[0].api, &log_api_rfc6962);
	text_base64(&have, hash_span(logkey_id(fx->wants.list[0].key)));
	assert_string_equal(buf_cstr(&have), id);
	buf_fini(&have);
	take(fx, STRINGS("Alpha*", id), NONE);
	assert_names(fx, "Alpha 2026h1;fulcio;");
	take(fx, STRINGS("*", "fulcio"), STRINGS("f*"));
	assert_names(fx, "Alpha 2026h1;Beta 2026h1;Gamma 2026h1;");
}

static enum status
choose(struct fixture *fx, const char *pattern, struct err *e)
{
	struct logs_opts o = {.num_patterns = 1, .patterns = &pattern};

	fx->config.logs.extra = &fx->extra;
	fx->config.logs.num_extra = 1;
	take(fx, STRINGS("*"), STRINGS("Beta*"));
	return wants_choose(&fx->wants, &o, e);
}

static void
chosen(struct fixture *fx, const char *pattern, const char *names)
{
	struct err e = {""};

	assert_status(choose(fx, pattern, &e), ST_OK, &e);
	assert_names(fx, names);
}

static void
test_choose(void **state)
{
	struct fixture *fx = *state;
	struct err e = {""};

	chosen(fx, "*a*", "lab;Alpha 2026h1;Gamma 2026h1;");
	chosen(fx, "lab", "lab;");
	chosen(fx, "Al*", "Alpha 2026h1;");
	chosen(fx, buf_cstr(&fx->ids[0]), "Alpha 2026h1;");
	chosen(fx, "https://ct.example.org/Gamma", "Gamma 2026h1;");
	chosen(fx, "https://ct.example.org/Gamma/", "Gamma 2026h1;");
	chosen(fx, "fulcio", "fulcio;");
	assert_status(choose(fx, "Beta*", &e), ST_USAGE, &e);
	assert_says(&e, "Beta*");
	assert_status(choose(fx, buf_cstr(&fx->ids[1]), &e), ST_USAGE, &e);
}

static void
test_choose_all(void **state)
{
	struct fixture *fx = *state;
	struct logs_opts o = {0};

	take(fx, STRINGS("*"), NONE);
	assert_int_equal(wants_choose(&fx->wants, &o, NULL), ST_OK);
	assert_int_equal(fx->wants.num, 3);
}

/* On the command line a pattern that matches nothing is a mistake. */
static void
test_strict_on_the_command_line(void **state)
{
	struct fixture *fx = *state;
	const char *lists[] = {fx->first, fx->second};
	const char *patterns[] = {"Alpha*", "Gamma*", "Delta*"};
	struct logs_opts o = {.num_lists = 2,
	    .lists = lists,
	    .num_patterns = 2,
	    .patterns = patterns};
	struct err e = {""};

	assert_status(wants_of_opts(&fx->wants, &o, &e), ST_OK, &e);
	assert_names(fx, "Alpha 2026h1;Gamma 2026h1;");
	wants_fini(&fx->wants);
	o.num_patterns = 3;
	assert_status(wants_of_opts(&fx->wants, &o, &e), ST_USAGE, &e);
	assert_says(&e, "Delta*");
}

/* A built-in log needs no list; others do. */
static void
test_special_on_the_command_line(void **state)
{
	struct fixture *fx = *state;
	const char *patterns[] = {"fulcio", "Alpha*"};
	struct logs_opts o = {.num_patterns = 1, .patterns = patterns};
	struct err e = {""};

	assert_status(wants_of_opts(&fx->wants, &o, &e), ST_OK, &e);
	assert_names(fx, "fulcio;");
	o.num_patterns = 2;
	assert_status(wants_of_opts(&fx->wants, &o, &e), ST_USAGE, &e);
	assert_says(&e, "--log-list");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_include),
	    TEST(test_exclude),
	    TEST(test_extra),
	    TEST(test_extra_is_listed),
	    TEST(test_merged),
	    TEST(test_special),
	    TEST(test_choose),
	    TEST(test_choose_all),
	    TEST(test_strict_on_the_command_line),
	    TEST(test_special_on_the_command_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
