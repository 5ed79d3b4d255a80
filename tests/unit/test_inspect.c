/* inspect: the command over files of all forms, good and bad. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "ctlog/base/text.h"
#include "monitor/cmd.h"
#include "monitor/inspect.h"
#include "tests/unit/derbuild.h"

#define FILES 4

static char path[FILES][64]; /* inputs */
static struct buf out, err;  /* what the last call printed */
static struct buf good, host, pem;

/* What `name` of the last call holds. */
static void
slurp(struct buf *to, int fd)
{
	ssize_t n;

	buf_clear(to);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	while ((n = read(fd, buf_room(to, 65536), 65536)) > 0)
		to->len += (size_t)n;
	assert_int_equal(n, 0);
}

static int
temporary(char *name)
{
	int fd;

	snprintf(name, 64, "%s/inspect-XXXXXX", P_tmpdir);
	fd = mkstemp(name);
	assert_true(fd >= 0);
	return fd;
}

/* Run the command with these arguments; output goes to out and err. */
static int
inspect(const char *first, ...)
{
	char *argv[16] = {(char[]){"inspect"}};
	char name[2][64];
	int fd[2], saved[2], argc = 1, status;
	va_list ap;

	va_start(ap, first);
	for (const char *a = first; a != NULL; a = va_arg(ap, const char *))
		argv[argc++] = strdup(a);
	va_end(ap);
	fflush(NULL);
	for (int i = 0; i < 2; i++) {
		fd[i] = temporary(name[i]);
		saved[i] = dup(1 + i);
		dup2(fd[i], 1 + i);
	}
	status = cmd_inspect(argc, argv);
	fflush(NULL);
	for (int i = 0; i < 2; i++) {
		dup2(saved[i], 1 + i);
		close(saved[i]);
		slurp(i ? &err : &out, fd[i]);
		close(fd[i]);
		unlink(name[i]);
	}
	for (int i = 1; i < argc; i++)
		free(argv[i]);
	return status;
}

static void
write_file(int i, struct span s)
{
	int fd = open(path[i], O_WRONLY | O_TRUNC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, s.p, s.len), (ssize_t)s.len);
	close(fd);
}

static void
add_pem(struct buf *to, struct span der, const char *label)
{
	struct buf text = {0};

	text_base64(&text, der);
	buf_fmt(to, "-----BEGIN %s-----\r\n", label);
	for (size_t at = 0; at < text.len; at += 64) {
		buf_span_add(to, span_cut(buf_span(&text), at, 64));
		buf_str(to, "\r\n");
	}
	buf_fmt(to, "-----END %s-----\r\n", label);
	buf_fini(&text);
}

/* A person's certificate, a host's, and the first as PEM. */
static int
setup(void **state)
{
	struct buf subject = {0}, names = {0}, exts = {0};
	struct db_cert c = {0};

	(void)state;
	for (int i = 0; i < FILES; i++)
		close(temporary(path[i]));
	db_attr(&subject, "2.5.4.3", 0x0c, "www.example.com");
	c.subject = buf_span(&subject);
	db_certificate(&host, &c);
	buf_clear(&subject);
	db_attr(&subject, "2.5.4.42", 0x0c, "Jane");
	db_attr(&subject, "2.5.4.4", 0x0c, "Roe");
	db_attr(&subject, "2.5.4.3", 0x0c, "ROE JANE 12345678Z");
	db_attr(&subject, "2.5.4.5", 0x13, "IDCES-12345678Z");
	db_attr(&subject, "2.5.4.9", 0x0c, "Main Street 1");
	db_attr(&subject, "2.5.4.20", 0x13, "+1 555 0100");
	db_text(&names, 0x81, "Jane.Roe@Example.com");
	db_ext_seq(&exts, "2.5.29.17", buf_span(&names));
	c.subject = buf_span(&subject);
	c.exts = buf_span(&exts);
	db_certificate(&good, &c);
	add_pem(&pem, buf_span(&good), "CERTIFICATE");
	buf_fini(&subject);
	buf_fini(&names);
	buf_fini(&exts);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	for (int i = 0; i < FILES; i++)
		unlink(path[i]);
	buf_fini(&out);
	buf_fini(&err);
	buf_fini(&good);
	buf_fini(&host);
	buf_fini(&pem);
	return 0;
}

/* Object number n of the output, which must be JSON to its end. */
static json_t *
object(size_t n, size_t of)
{
	struct span left = buf_span(&out);
	json_t *got = NULL;
	size_t num = 0;

	for (; left.len > 0; num++) {
		size_t line = span_chr(left, '\n');
		json_error_t e;
		json_t *o = json_loadb(
		    (const char *)left.p, line, JSON_REJECT_DUPLICATES, &e);

		if (o == NULL)
			fail_msg("%s at %d", e.text, e.position);
		assert_true(line < left.len);
		left = span_from(left, line + 1);
		if (num == n)
			got = o;
		else
			json_decref(o);
	}
	assert_int_equal(num, of);
	return got;
}

static void
want_text(json_t *o, const char *key, const char *want)
{
	json_t *v = json_object_get(o, key);

	assert_non_null(v);
	if (want == NULL)
		assert_true(json_is_null(v));
	else
		assert_string_equal(json_string_value(v), want);
}

/* Format and status of object n of `of`. */
static void
want_object(size_t n, size_t of, const char *format, const char *status)
{
	json_t *o = object(n, of);

	assert_non_null(o);
	want_text(o, "format", format);
	want_text(o, "status", status);
	json_decref(o);
}

static bool
printed(const struct buf *b, const char *text)
{
	return b->len > 0 && memmem(b->p, b->len, text, strlen(text));
}

static void
test_object(void **state)
{
	static const char order[] =
	    "{\"file\":\"%s\",\"index\":0,\"format\":\"certificate\","
	    "\"status\":\"parsed\",\"sha256\":\"";
	static const char *const keys[] = {
	    "tbs_sha256", "classes", "ca", "findings", "problems"};
	static const char *const finding[] = {"kind", "side", "carrier", "path",
	    "oid", "string_type", "value", "canonical", "confidence", "score",
	    "reasons", "flags"};
	char text[256];
	size_t at = 0;
	json_t *o;

	(void)state;
	write_file(0, buf_span(&good));
	assert_int_equal(inspect("--json", path[0], NULL), 0);
	assert_int_equal(err.len, 0);
	snprintf(text, sizeof(text), order, path[0]);
	assert_true(span_starts(buf_span(&out), span_str(text)));
	/* Every field, in the order of the contract. */
	buf_cstr(&out);
	for (size_t i = 0; i < 5; i++) {
		const char *key = strstr((char *)out.p + at, keys[i]);

		assert_non_null(key);
		at = (size_t)(key - (char *)out.p);
		if (i == 3)
			for (size_t k = 0; k < 12; k++) {
				key = strstr((char *)out.p + at, finding[k]);
				assert_non_null(key);
				at = (size_t)(key - (char *)out.p);
			}
	}
	o = object(0, 1);
	assert_int_equal(
	    strlen(json_string_value(json_object_get(o, "sha256"))), 64);
	assert_int_equal(json_array_size(json_object_get(o, "findings")), 6);
	assert_true(json_is_false(json_object_get(o, "ca")));
	json_decref(o);
	/* The signed part alone has no hash of a certificate. */
	write_file(0, span_cut(span_from(buf_span(&good), 4), 0,
			  4u + good.p[6] * 256u + good.p[7]));
	assert_int_equal(inspect("--json", path[0], NULL), 0);
	o = object(0, 1);
	want_text(o, "format", "tbs");
	want_text(o, "sha256", NULL);
	json_decref(o);
}

static void
test_masked(void **state)
{
	(void)state;
	write_file(0, buf_span(&good));
	inspect("--json", path[0], NULL);
	assert_false(printed(&out, "12345678") || printed(&out, "Main") ||
		     printed(&out, "555"));
	assert_true(printed(&out, "Jane.Roe@Example.com"));
	inspect(path[0], NULL);
	assert_false(printed(&out, "12345678") || printed(&out, "Main") ||
		     printed(&out, "555"));
	inspect("--json", "--reveal", path[0], NULL);
	assert_true(printed(&out, "12345678Z") && printed(&out, "Main") &&
		    printed(&out, "555"));
	inspect("--reveal", path[0], NULL);
	assert_true(printed(&out, "12345678Z") && printed(&out, "Main") &&
		    printed(&out, "555"));
}

/* Where things stand begins at one column, whatever the values. */
static void
check_columns(void)
{
	char *line, *rest;
	size_t findings = 0, column = 0, width;

	buf_cstr(&out);
	rest = (char *)out.p;
	while ((line = strsep(&rest, "\n")) != NULL && findings < 5) {
		const char *place = strstr(line, "  the subject's ");

		if (place == NULL)
			continue;
		width = 0;
		for (; line < place; line++)
			width += (line[1] & 0xc0) != 0x80;
		assert_true(column == 0 || width == column);
		column = width;
		findings++;
	}
	assert_true(findings >= 4);
}

static void
test_text(void **state)
{
	(void)state;
	write_file(0, buf_span(&good));
	write_file(1, buf_span(&host));
	write_file(2, span_cut(buf_span(&good), 0, good.len - 90));
	assert_int_equal(
	    inspect("--quiet", path[0], path[1], path[2], NULL), 0);
	assert_true(printed(&out, "This publishes for ever, once logged: "));
	assert_true(printed(&out, "  E-mail address (high)\n"));
	assert_true(printed(&out, "alternative names, no. 1"));
	assert_true(printed(&out, "(ext[2.5.29.17][0])\n"));
	assert_true(printed(&out, "certificate: no personal data found\n"));
	/* Masked or not, the second column begins where it does. */
	check_columns();
	assert_true(printed(&out, "damaged, read as far as it goes"));
	assert_true(printed(&out, "cut short"));
	/* No colours into a file. */
	assert_false(printed(&out, "\033"));
	assert_int_equal(err.len, 0);
}

/* What there was, to people and about several files only. */
static void
test_summary(void **state)
{
	(void)state;
	write_file(0, buf_span(&good));
	write_file(1, span_str("nothing"));
	assert_int_equal(inspect(path[0], NULL), 0);
	assert_int_equal(err.len, 0);
	assert_int_equal(inspect("--fail-on", "any", path[0], path[0], path[1],
			     "nowhere", NULL),
	    EX_NOINPUT);
	assert_true(printed(&err,
	    "indelible: 4 files, 2 certificates, 2 with personal data of the "
	    "subject: email 2, name 2, "));
	assert_true(printed(&err, "; 1 file without a certificate; 1 not read; "
				  "2 refused by --fail-on\n"));
	assert_int_equal(inspect("--json", path[0], path[0], NULL), 0);
	assert_int_equal(err.len, 0);
}

static void
test_bundles(void **state)
{
	struct buf b = {0};

	(void)state;
	/* PEM among text and keys; the index counts certificates. */
	buf_str(&b, "subject=/CN=x\n");
	buf_span_add(&b, buf_span(&pem));
	add_pem(&b, span_str("secret"), "PRIVATE KEY");
	add_pem(&b, buf_span(&host), "X509 CERTIFICATE");
	write_file(0, buf_span(&b));
	assert_int_equal(inspect("--json", path[0], NULL), 0);
	want_object(0, 2, "certificate", "parsed");
	json_t *o = object(1, 2);
	assert_int_equal(json_integer_value(json_object_get(o, "index")), 1);
	json_decref(o);
	/* DER behind DER, and bytes behind that. */
	buf_clear(&b);
	buf_span_add(&b, buf_span(&good));
	buf_span_add(&b, buf_span(&host));
	write_file(0, buf_span(&b));
	assert_int_equal(inspect("--json", path[0], NULL), 0);
	want_object(0, 2, "certificate", "parsed");
	want_object(1, 2, "certificate", "parsed");
	buf_add(&b, "\0\0", 2);
	write_file(0, buf_span(&b));
	assert_int_equal(inspect("--json", path[0], NULL), 0);
	want_object(0, 2, "certificate", "parsed");
	want_object(1, 2, "certificate", "partial");
	/* Base64 without the lines around it. */
	buf_clear(&b);
	text_base64(&b, buf_span(&good));
	buf_char(&b, '\n');
	write_file(0, buf_span(&b));
	assert_int_equal(inspect("--json", path[0], NULL), 0);
	want_object(0, 1, "certificate", "parsed");
	buf_fini(&b);
}

static void
test_damaged_pem(void **state)
{
	struct buf b = {0};

	(void)state;
	/* No END line. */
	write_file(0, span_cut(buf_span(&pem), 0, pem.len - 60));
	assert_int_equal(inspect("--json", path[0], NULL), 0);
	want_object(0, 1, "certificate", "partial");
	assert_true(printed(&out, "no END line"));
	assert_true(printed(&out, "jane.roe@example.com"));
	/* A stray character in the base64. */
	buf_span_add(&b, buf_span(&pem));
	b.p[pem.len / 2] = '!';
	write_file(0, buf_span(&b));
	assert_int_equal(inspect("--json", path[0], NULL), 0);
	assert_true(printed(&out, "base64"));
	/* A block without a certificate in it. */
	buf_clear(&b);
	add_pem(&b, span_str("nothing"), "CERTIFICATE");
	write_file(0, buf_span(&b));
	assert_int_equal(inspect("--json", path[0], NULL), EX_DATAERR);
	want_object(0, 1, NULL, "unparsed");
	buf_clear(&b);
	add_pem(&b, span_str("secret"), "PRIVATE KEY");
	write_file(0, buf_span(&b));
	assert_int_equal(inspect("--json", path[0], NULL), EX_DATAERR);
	want_object(0, 1, NULL, "unparsed");
	buf_fini(&b);
}

static void
test_request(void **state)
{
	struct buf b = {0}, subject = {0}, text = {0};

	(void)state;
	db_attr(&subject, "1.2.840.113549.1.9.1", 0x16, "a@example.com");
	db_request(&b, buf_span(&subject), span_of(NULL, 0));
	add_pem(&text, buf_span(&b), "CERTIFICATE REQUEST");
	write_file(0, buf_span(&text));
	assert_int_equal(inspect("--json", path[0], NULL), 0);
	want_object(0, 1, "csr", "parsed");
	assert_int_equal(inspect(path[0], NULL), 0);
	assert_true(printed(&out, "would publish"));
	buf_fini(&b);
	buf_fini(&subject);
	buf_fini(&text);
}

static void
test_no_certificate(void **state)
{
	(void)state;
	write_file(0, span_of(NULL, 0));
	assert_int_equal(inspect("--json", path[0], NULL), EX_DATAERR);
	want_object(0, 1, NULL, "unparsed");
	assert_true(printed(&out, "the file is empty"));
	write_file(0, span_str("hello, jane@example.com\n"));
	assert_int_equal(inspect("--json", path[0], NULL), EX_DATAERR);
	want_object(0, 1, NULL, "unparsed");
	assert_true(printed(&out, "jane@example.com"));
	assert_int_equal(inspect(path[0], NULL), EX_DATAERR);
	assert_true(printed(&out, "no certificate"));
}

/* Wrappings without a certificate, or that are not opened. */
static void
test_container(void **state)
{
	static const char p7[] =
	    "\x30\x82\x01\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
	    "\xa0 the rest of it, of at least 40 bytes";
	static const char p12[] =
	    "\x30\x82\x01\x00\x02\x01\x03\x30\x82\x00\xf0\x06\x09\x2a\x86"
	    "\x48\x86\xf7\x0d\x01\x07\x01 the rest, of 40 bytes";

	(void)state;
	write_file(0, span_of(p7, sizeof(p7)));
	assert_int_equal(inspect(path[0], NULL), EX_DATAERR);
	assert_true(printed(&out, "PKCS #7, but no certificate in it"));
	write_file(0, span_of(p12, sizeof(p12)));
	assert_int_equal(inspect(path[0], NULL), EX_DATAERR);
	assert_true(printed(&out, "openssl pkcs12 -nokeys"));
	write_file(0, span_str("-----BEGIN PKCS7-----\nMAA=\n"
			       "-----END PKCS7-----\n"));
	assert_int_equal(inspect(path[0], NULL), EX_DATAERR);
	assert_true(printed(&out, "PKCS #7, but no certificate in it"));
}

/* 16 MiB of noise, and of the worst text: said so, and soon. */
static void
test_noise(void **state)
{
	const size_t len = 16u << 20;
	uint8_t *b = malloc(len);
	struct timespec from, to;
	uint64_t seed = 1;

	(void)state;
	assert_non_null(b);
	for (size_t i = 0; i < len; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		b[i] = (uint8_t)(seed >> 56);
	}
	for (int k = 0; k < 2; k++) {
		write_file(3, span_of(b, len));
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
		assert_int_equal(inspect("--json", path[3], NULL), EX_DATAERR);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
		want_object(0, 1, NULL, "unparsed");
		assert_true(to.tv_sec - from.tv_sec < 20);
		for (size_t i = 0; i < len; i++)
			b[i] = (uint8_t) "\"a@b.cd)("[i % 9];
	}
	free(b);
}

static void
test_fail_on(void **state)
{
	static const struct {
		const char *kinds;
		int status;
	} cases[] = {{"email", 1}, {"name,title", 1}, {"any", 1}, {"gender", 0},
	    {"national-id", 1}, {"birth-date,upn", 0}};

	(void)state;
	write_file(0, buf_span(&good));
	write_file(1, buf_span(&host));
	write_file(2, span_str("jane@example.com"));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
		    inspect("--fail-on", cases[i].kinds, path[0], NULL),
		    cases[i].status);
	assert_int_equal(inspect("--fail-on", "any", path[1], NULL), 0);
	/* 65 goes before 1. */
	assert_int_equal(
	    inspect("--fail-on", "any", path[0], path[2], NULL), EX_DATAERR);
	assert_int_equal(
	    inspect("--fail-on", "shoe-size", path[0], NULL), EX_USAGE);
	assert_true(printed(&err, "shoe-size"));
	assert_true(printed(&err, "there is no kind shoe-size; kinds are any"));
	assert_int_equal(inspect("--fail-on", "", path[0], NULL), EX_USAGE);
	assert_int_equal(
	    inspect("--fail-on", "email,", path[0], NULL), EX_USAGE);
	assert_true(printed(&err, "there is no kind without a name; kinds"));
}

static void
test_usage(void **state)
{
	(void)state;
	assert_int_equal(inspect(NULL), EX_USAGE);
	assert_int_equal(inspect("--nonsense", path[0], NULL), EX_USAGE);
	assert_int_equal(inspect("--help", NULL), 0);
	assert_true(printed(&out, "--reveal"));
	write_file(0, buf_span(&good));
	/* What is missing does not stop the others. */
	assert_int_equal(
	    inspect("--json", "nowhere\033.der", path[0], NULL), EX_NOINPUT);
	want_object(0, 1, "certificate", "parsed");
	assert_true(printed(&err, "nowhere\\u{1b}.der"));
	assert_int_equal(inspect("--json", "/", NULL), EX_NOINPUT);
	assert_true(printed(&err, "/: is a directory; name the files in it"));
}

/* Standard input, from a file and from a pipe. */
static void
test_stdin(void **state)
{
	int saved = dup(0), fd[2];

	(void)state;
	for (int piped = 0; piped < 2; piped++) {
		if (piped) {
			assert_int_equal(pipe(fd), 0);
			assert_int_equal(
			    write(fd[1], pem.p, pem.len), (ssize_t)pem.len);
			close(fd[1]);
		} else {
			write_file(0, buf_span(&pem));
			fd[0] = open(path[0], O_RDONLY);
		}
		dup2(fd[0], 0);
		assert_int_equal(inspect("--json", "-", NULL), 0);
		close(fd[0]);
		want_object(0, 1, "certificate", "parsed");
		assert_true(printed(&out, "{\"file\":\"-\","));
	}
	dup2(saved, 0);
	close(saved);
}

/* Foreign bytes neither break the lines nor move the terminal. */
static void
test_hostile(void **state)
{
	struct buf b = {0}, subject = {0};
	struct db_cert c = {0};

	(void)state;
	db_attr(&subject, "2.5.4.42", 0x0c,
	    "Jane\x1b[31m\u202e\u2028\x07\n\",\"x\":\"\\");
	db_attr(&subject, "2.5.4.4", 0x0c, "Roe");
	c.subject = buf_span(&subject);
	db_certificate(&b, &c);
	write_file(0, buf_span(&b));
	for (int json = 0; json < 2; json++) {
		assert_int_equal(json ? inspect("--json", path[0], NULL)
				      : inspect(path[0], NULL),
		    0);
		assert_true(text_is_utf8(buf_span(&out)));
		assert_false(printed(&out, "\x1b") || printed(&out, "\x07") ||
			     printed(&out, "\u202e") ||
			     printed(&out, "\u2028"));
	}
	want_object(0, 1, "certificate", "parsed");
	buf_fini(&b);
	buf_fini(&subject);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_object),
	    cmocka_unit_test(test_masked),
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_summary),
	    cmocka_unit_test(test_bundles),
	    cmocka_unit_test(test_damaged_pem),
	    cmocka_unit_test(test_request),
	    cmocka_unit_test(test_no_certificate),
	    cmocka_unit_test(test_container),
	    cmocka_unit_test(test_noise),
	    cmocka_unit_test(test_fail_on),
	    cmocka_unit_test(test_usage),
	    cmocka_unit_test(test_stdin),
	    cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
