/* Tests of token: what a token file may say, and who is let in by it. */
#include "monitor/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctlog/base/mem.h"

#define A "aaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbb"
#define C "cccccccccccccccccccccc"
/* SHA-256 of B. */
#define HASH_B                                                                 \
	"sha256:"                                                              \
	"ad956c7dd8a6899b3cb77b3adddd6e09f870844f5b1065c71561fa8dcb98207b"

static struct tokens *
parsed(const char *text)
{
	struct tokens *t = NULL;
	struct err e = {""};

	if (tokens_parse(&t, span_str(text), "f", &e) != ST_OK)
		fail_msg("%s", e.text);
	return t;
}

static void
expect_bad(const char *text, const char *line, const char *what)
{
	struct tokens *t;
	struct err e = {""};

	assert_int_equal(tokens_parse(&t, span_str(text), "f", &e), ST_BAD);
	if (strstr(e.text, line) == NULL || strstr(e.text, what) == NULL)
		fail_msg("%s: \"%s\" lacks %s, %s", text, e.text, line, what);
	assert_null(strstr(e.text, "aaaa"));
}

static void
test_rights(void **state)
{
	struct tokens *t =
	    parsed("# first\n\n" A "\n" B " read acme ops-1 # of them\n" C
		   "\twrite\t*\r\n");
	struct api_caller who;

	(void)state;
	assert_true(tokens_find(&who, t, "Bearer " A));
	assert_int_equal(who.scopes, SCOPE_READ | SCOPE_WRITE);
	assert_null(who.tenant);
	assert_string_equal(who.who, "token line 3");
	assert_true(tokens_find(&who, t, "bearer " B));
	assert_int_equal(who.scopes, SCOPE_READ);
	assert_string_equal(who.tenant, "acme");
	assert_string_equal(who.who, "token ops-1");
	assert_true(tokens_find(&who, t, "Bearer " C));
	assert_int_equal(who.scopes, SCOPE_READ | SCOPE_WRITE);
	assert_null(who.tenant);
	tokens_free(t);
}

static void
test_strangers(void **state)
{
	struct tokens *t = parsed(A "\n");
	struct api_caller who;
	static const char *const bad[] = {"", "Bearer", "Bearer ", A,
	    "Basic " A, "Bearer " A "a", "Bearer  " A, "Bearer " B,
	    "Bearer aaaaaaaaaaaaaaaaaaaaa"};

	(void)state;
	assert_false(tokens_find(&who, t, NULL));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(tokens_find(&who, t, bad[i]));
	tokens_free(t);
}

static void
test_hash(void **state)
{
	struct tokens *t = parsed(HASH_B " write acme\n");
	struct api_caller who;

	(void)state;
	assert_true(tokens_find(&who, t, "Bearer " B));
	assert_string_equal(who.tenant, "acme");
	assert_false(tokens_find(&who, t, "Bearer " HASH_B));
	tokens_free(t);
}

static void
test_bad(void **state)
{
	(void)state;
	expect_bad("", "f:0", "no token");
	expect_bad("# nothing\n", "f:1", "no token");
	expect_bad("short\n", "f:1", "16 to 256");
	expect_bad("aaaaaaaaaaaaaaaaaaaa\x01\n", "f:1", "16 to 256");
	expect_bad(A " all\n", "f:1", "`read` or `write`");
	expect_bad(A "\n" B "\n", "f:2", "alone");
	expect_bad(A " read a:b\n", "f:1", "tenant");
	expect_bad(A " read acme a:b\n", "f:1", "name");
	expect_bad(A " read acme ops more\n", "f:1", "too many");
	expect_bad("sha256:12\n", "f:1", "64 hex digits");
	expect_bad("\n" HASH_B "0\n", "f:2", "64 hex digits");
}

static const char *
scratch(char out[64])
{
	snprintf(out, 64, "/tmp/indelible-token-XXXXXX");
	assert_non_null(mkdtemp(out));
	return out;
}

static void
test_file(void **state)
{
	char dir[64], file[80], bearer[300], *own, *again;
	struct tokens *t;
	struct api_caller who;
	struct stat sb;
	struct err e;

	(void)state;
	snprintf(file, sizeof(file), "%s/admin.token", scratch(dir));
	assert_int_equal(tokens_read(&t, file, &e), ST_MISSING);
	assert_int_equal(tokens_create(file, &e), ST_OK);
	assert_int_equal(stat(file, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
	assert_int_equal(tokens_own(&own, file, &e), ST_OK);
	assert_int_equal(tokens_create(file, &e), ST_OK); /* left alone */
	assert_int_equal(tokens_own(&again, file, &e), ST_OK);
	assert_string_equal(own, again);
	assert_int_equal(tokens_read(&t, file, &e), ST_OK);
	snprintf(bearer, sizeof(bearer), "Bearer %s", own);
	assert_true(tokens_find(&who, t, bearer));
	tokens_free(t);
	assert_int_equal(chmod(file, 0644), 0);
	assert_int_equal(tokens_read(&t, file, &e), ST_DENIED);
	assert_non_null(strstr(e.text, "chmod 600"));
	assert_null(strstr(e.text, own));
	free(own);
	free(again);
	unlink(file);
	rmdir(dir);
}

static void
test_own(void **state)
{
	char dir[64], file[80], *own = NULL;
	struct err e;
	FILE *f;

	(void)state;
	snprintf(file, sizeof(file), "%s/t", scratch(dir));
	f = fopen(file, "w");
	fputs(HASH_B "\n", f);
	fclose(f);
	chmod(file, 0600);
	assert_int_equal(tokens_own(&own, file, &e), ST_BAD);
	assert_non_null(strstr(e.text, "only hashes"));
	f = fopen(file, "a");
	fputs(C " read\n" A " write\n", f);
	fclose(f);
	assert_int_equal(tokens_own(&own, file, &e), ST_OK);
	assert_string_equal(own, C);
	free(own);
	unlink(file);
	rmdir(dir);
}

static void
test_long(void **state)
{
	char dir[64], file[80];
	struct tokens *t;
	struct err e;
	FILE *f;

	(void)state;
	snprintf(file, sizeof(file), "%s/t", scratch(dir));
	f = fopen(file, "w");
	for (int i = 0; i < 70000; i++)
		fputc('#', f);
	fclose(f);
	chmod(file, 0600);
	assert_int_equal(tokens_read(&t, file, &e), ST_LIMIT);
	unlink(file);
	rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rights),
	    cmocka_unit_test(test_strangers),
	    cmocka_unit_test(test_hash),
	    cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_file),
	    cmocka_unit_test(test_own),
	    cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
