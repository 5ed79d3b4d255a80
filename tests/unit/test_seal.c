/*
 * Tests of seal and of the key file: derivation and sealed bytes against
 * python-cryptography, tampering with every byte, and who may read the file.
 */
#include "monitor/store/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tests/unit/support.h"

/* Master key 00 01 .. 1f. */
#define INDEX "4d4b44071c313dad5c4a5687b51a7491c9064db11c7240db1a4b0510bc5aa442"
#define WRAP "6dbf116024f37c876b9cf7e3057eb7530b0b69e33aa469b5fae92604ceceffc4"
#define SUPPRESS                                                               \
	"def5c7d1e9139d17296751c098be6de9b90a239834c1f335f3d8a6c2ef507028"
#define ID "6047b0f6e3850bb0"
/* The value key 40 41 .. 5f for the context "acme\0jane", and "Jane Roe" under
 * it at the place "record"; the length of the context (u32) is bound first. */
#define WRAPPED                                                                \
	"606162636465666768696a6bdf5f0691c44eb7ece90a77d541b893d66f6a8009"     \
	"ecd69c39714b209d7c9f46c95177b1fa6ade1602b99f763a39f770ce"
#define SEALED                                                                 \
	"707172737475767778797a7b9984d57dbe0a8b6f709e471442ca06128d00ebde"     \
	"10f9c200"

static char dir[] = "/tmp/indelible-seal-XXXXXX";
static char file[64];

static int
setup(void **state)
{
	(void)state;
	snprintf(file, sizeof(file), "%s/master.key", dir);
	unlink(file);
	return 0;
}

static void
write_file(const void *bytes, size_t len, mode_t mode)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void
write_master(mode_t mode)
{
	uint8_t master[KEY_LEN];

	for (int i = 0; i < KEY_LEN; i++)
		master[i] = (uint8_t)i;
	write_file(master, sizeof(master), mode);
}

static struct keys
known_keys(void)
{
	struct keys k;
	struct err e;

	write_master(0600);
	assert_status(keys_load(&k, file, &e), ST_OK, &e);
	return k;
}

static void
assert_hex(const uint8_t *got, size_t len, const char *want)
{
	struct buf b = {0};

	text_hex(&b, span_of(got, len));
	assert_string_equal(buf_cstr(&b), want);
	buf_fini(&b);
}

static void
test_derivation(void **state)
{
	struct keys k = known_keys();

	(void)state;
	assert_hex(k.index, KEY_LEN, INDEX);
	assert_hex(k.wrap, KEY_LEN, WRAP);
	assert_hex(k.suppress, KEY_LEN, SUPPRESS);
	assert_hex(k.id, sizeof(k.id), ID);
	keys_wipe(&k);
	for (size_t i = 0; i < sizeof(k); i++)
		assert_int_equal(((uint8_t *)&k)[i], 0);
}

static void
test_random_keys(void **state)
{
	struct keys a, b;

	(void)state;
	keys_random(&a);
	keys_random(&b);
	assert_memory_not_equal(a.index, b.index, KEY_LEN);
	assert_memory_not_equal(a.wrap, b.wrap, KEY_LEN);
	assert_memory_not_equal(a.id, b.id, sizeof(a.id));
	assert_memory_not_equal(a.index, a.wrap, KEY_LEN);
}

static void
test_known_value(void **state)
{
	struct keys k = known_keys();
	uint8_t wrapped[WRAPPED_LEN], sealed[36];
	struct seal s = {
	    &k, wrapped, span_of("acme\0jane", 9), span_str("record")};
	struct buf out = {0};
	struct err e;

	(void)state;
	assert_true(text_unhex(wrapped, sizeof(wrapped), span_str(WRAPPED)));
	assert_true(text_unhex(sealed, sizeof(sealed), span_str(SEALED)));
	assert_status(
	    seal_get(&out, &s, span_of(sealed, sizeof(sealed)), &e), ST_OK, &e);
	assert_true(span_eq_str(buf_span(&out), "Jane Roe"));
	buf_fini(&out);
}

static void
test_round_trip(void **state)
{
	static const size_t lens[] = {0, 1, 15, 16, 17, 4096, 1 << 20};
	struct keys k;
	uint8_t wrapped[WRAPPED_LEN];
	struct seal s = {&k, wrapped, span_str("c"), {NULL, 0}};
	struct err e;

	(void)state;
	keys_random(&k);
	seal_new_key(wrapped, &k, span_str("c"));
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct buf plain = {0}, sealed = {0}, out = {0};

		memset(buf_room(&plain, lens[i]), 'x', lens[i]);
		plain.len = lens[i];
		buf_str(&sealed, "kept");
		buf_str(&out, "kept");
		assert_status(
		    seal_put(&sealed, &s, buf_span(&plain), &e), ST_OK, &e);
		assert_int_equal(sealed.len, 4 + 12 + lens[i] + 16);
		assert_status(
		    seal_get(&out, &s, span_from(buf_span(&sealed), 4), &e),
		    ST_OK, &e);
		assert_true(span_starts(buf_span(&out), span_str("kept")));
		assert_true(
		    span_eq(span_from(buf_span(&out), 4), buf_span(&plain)));
		buf_fini(&plain);
		buf_fini(&sealed);
		buf_fini(&out);
	}
}

/* The same value never gives the same bytes, nor does a key. */
static void
test_fresh_nonces(void **state)
{
	struct keys k;
	uint8_t a[WRAPPED_LEN], b[WRAPPED_LEN];
	struct seal s = {&k, a, {NULL, 0}, {NULL, 0}};
	struct buf x = {0}, y = {0};

	(void)state;
	keys_random(&k);
	seal_new_key(a, &k, span_str(""));
	seal_new_key(b, &k, span_str(""));
	assert_memory_not_equal(a, b, 12);
	assert_memory_not_equal(a + 12, b + 12, KEY_LEN);
	assert_int_equal(seal_put(&x, &s, span_str("v"), NULL), ST_OK);
	assert_int_equal(seal_put(&y, &s, span_str("v"), NULL), ST_OK);
	assert_memory_not_equal(x.p, y.p, 12);
	buf_fini(&x);
	buf_fini(&y);
}

/* Any changed bit of key or value is seen, and nothing is given out. */
static void
test_tampering(void **state)
{
	struct keys k;
	uint8_t wrapped[WRAPPED_LEN];
	struct seal s = {&k, wrapped, span_str("acme"), span_str("record")};
	struct buf sealed = {0}, out = {0};
	struct err e;

	(void)state;
	keys_random(&k);
	seal_new_key(wrapped, &k, s.context);
	assert_status(
	    seal_put(&sealed, &s, span_str("Jane Roe"), &e), ST_OK, &e);
	for (size_t i = 0; i < sealed.len * 8; i++) {
		sealed.p[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_status(
		    seal_get(&out, &s, buf_span(&sealed), &e), ST_MISMATCH, &e);
		assert_int_equal(out.len, 0);
		sealed.p[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	for (size_t i = 0; i < WRAPPED_LEN * 8; i++) {
		wrapped[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_status(
		    seal_get(&out, &s, buf_span(&sealed), &e), ST_MISMATCH, &e);
		wrapped[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	for (size_t len = 0; len < sealed.len; len++)
		assert_status(seal_get(&out, &s, span_of(sealed.p, len), &e),
		    ST_MISMATCH, &e);
	assert_status(seal_get(&out, &s, buf_span(&sealed), &e), ST_OK, &e);
	buf_fini(&sealed);
	buf_fini(&out);
}

/* A value does not open at another place or under another key, and context
 * and place cannot be divided otherwise. */
static void
test_binding(void **state)
{
	struct keys k, other;
	uint8_t wrapped[WRAPPED_LEN];
	struct seal s = {&k, wrapped, span_str("ab"), span_str("cd")};
	struct buf sealed = {0}, out = {0};
	struct err e;

	(void)state;
	keys_random(&k);
	keys_random(&other);
	seal_new_key(wrapped, &k, s.context);
	assert_int_equal(seal_put(&sealed, &s, span_str("v"), &e), ST_OK);
	s.place = span_str("ce");
	assert_status(
	    seal_get(&out, &s, buf_span(&sealed), &e), ST_MISMATCH, &e);
	s.place = span_str("bcd");
	s.context = span_str("a");
	assert_status(
	    seal_get(&out, &s, buf_span(&sealed), &e), ST_MISMATCH, &e);
	assert_status(seal_put(&out, &s, span_str("v"), &e), ST_MISMATCH, &e);
	s.context = span_str("ab");
	s.place = span_str("cd");
	s.k = &other;
	assert_status(
	    seal_get(&out, &s, buf_span(&sealed), &e), ST_MISMATCH, &e);
	assert_says(&e, "master key");
	assert_int_equal(out.len, 0);
	buf_fini(&sealed);
	buf_fini(&out);
}

/* Under other keys the same value opens, and under the old ones no more. */
static void
test_rewrap(void **state)
{
	struct keys k, other;
	uint8_t wrapped[WRAPPED_LEN];
	struct seal s = {&k, wrapped, span_str("ab"), span_str("cd")};
	struct buf sealed = {0}, out = {0};
	struct err e;

	(void)state;
	keys_random(&k);
	keys_random(&other);
	seal_new_key(wrapped, &k, s.context);
	assert_int_equal(seal_put(&sealed, &s, span_str("v"), &e), ST_OK);
	s.context = span_str("else");
	assert_status(seal_rewrap(wrapped, &s, &other, &e), ST_MISMATCH, &e);
	s.context = span_str("ab");
	assert_status(seal_rewrap(wrapped, &s, &other, &e), ST_OK, &e);
	assert_status(
	    seal_get(&out, &s, buf_span(&sealed), &e), ST_MISMATCH, &e);
	s.k = &other;
	assert_status(seal_get(&out, &s, buf_span(&sealed), &e), ST_OK, &e);
	assert_true(span_eq_str(buf_span(&out), "v"));
	buf_fini(&sealed);
	buf_fini(&out);
}

/* --- the next key ------------------------------------------------------------ */

static const char *
beside(const char *more)
{
	static char path[80];

	snprintf(path, sizeof(path), "%s%s", file, more);
	return path;
}

static void
test_next(void **state)
{
	static const uint8_t zeros[KEY_LEN];
	uint8_t left[KEY_LEN];
	struct keys old, next, now;
	struct stat sb;
	struct err e;
	int fd;

	(void)state;
	assert_status(keys_create(file, &e), ST_OK, &e);
	assert_status(keys_load(&old, file, &e), ST_OK, &e);
	assert_status(keys_next_load(&next, file, &e), ST_MISSING, &e);
	assert_status(keys_next_take(file, &e), ST_OK, &e); /* nothing */
	assert_status(keys_next_make(&next, file, &e), ST_OK, &e);
	assert_int_equal(stat(beside(".new"), &sb), 0);
	assert_int_equal(sb.st_mode & 07777, 0600);
	assert_status(keys_load(&now, file, &e), ST_OK, &e);
	assert_memory_equal(&now, &old, sizeof(old));
	keys_next_drop(file);
	assert_int_not_equal(access(beside(".new"), F_OK), 0);
	/* What a crash left is not taken up. */
	assert_status(keys_next_make(&now, file, &e), ST_OK, &e);
	assert_status(keys_next_make(&next, file, &e), ST_OK, &e);
	assert_memory_not_equal(&now, &next, sizeof(now));
	fd = open(file, O_RDONLY | O_CLOEXEC);
	assert_status(keys_next_take(file, &e), ST_OK, &e);
	assert_int_not_equal(access(beside(".new"), F_OK), 0);
	assert_status(keys_load(&now, file, &e), ST_OK, &e);
	assert_memory_equal(&now, &next, sizeof(now));
	/* The old file, which has no name any more, has no key either. */
	assert_int_equal(read(fd, left, sizeof(left)), sizeof(left));
	assert_memory_equal(left, zeros, sizeof(left));
	close(fd);
}

static void
test_create(void **state)
{
	struct keys a, b;
	struct stat sb;
	struct err e;

	(void)state;
	assert_status(keys_create(file, &e), ST_OK, &e);
	assert_int_equal(stat(file, &sb), 0);
	assert_int_equal(sb.st_mode & 07777, 0600);
	assert_int_equal(sb.st_size, KEY_LEN);
	assert_status(keys_load(&a, file, &e), ST_OK, &e);
	/* There already: it stays. */
	assert_status(keys_create(file, &e), ST_OK, &e);
	assert_status(keys_load(&b, file, &e), ST_OK, &e);
	assert_memory_equal(&a, &b, sizeof(a));
}

static void
test_create_fails(void **state)
{
	char path[128];
	struct err e;

	(void)state;
	snprintf(path, sizeof(path), "%s/no/such/key", dir);
	assert_status(keys_create(path, &e), ST_MISSING, &e);
	assert_says(&e, "/no/such/key");
	assert_status(keys_create("/proc/indelible-key", &e), ST_MISSING, &e);
}

static void
test_load_missing(void **state)
{
	struct keys k;
	struct err e;

	(void)state;
	assert_status(keys_load(&k, file, &e), ST_MISSING, &e);
	assert_says(&e, "master.key");
}

static void
test_load_modes(void **state)
{
	static const mode_t good[] = {0600, 0400};
	static const mode_t bad[] = {
	    0640, 0604, 0660, 0610, 0601, 0602, 0620, 0644, 0777};
	struct keys k;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		write_master(good[i]);
		assert_status(keys_load(&k, file, &e), ST_OK, &e);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_master(bad[i]);
		assert_status(keys_load(&k, file, &e), ST_DENIED, &e);
		assert_says(&e, "chmod 600");
	}
}

/* What systemd does to a service's credentials: mode 0440 with an access list
 * in which the service's user alone is named. */
static void
test_access_list(void **state)
{
	uint8_t acl[] = {2, 0, 0, 0, 1, 0, 4, 0, 255, 255, 255, 255, 2, 0, 4, 0,
	    0, 0, 0, 0, 4, 0, 0, 0, 255, 255, 255, 255, 16, 0, 4, 0, 255, 255,
	    255, 255, 32, 0, 0, 0, 255, 255, 255, 255};
	uint32_t uid = geteuid();
	struct keys k;
	struct stat sb;
	struct err e;

	(void)state;
	write_master(0400);
	for (int i = 0; i < 4; i++)
		acl[16 + i] = (uint8_t)(uid >> (8 * i));
	if (setxattr(file, "system.posix_acl_access", acl, sizeof(acl), 0) != 0)
		skip();
	assert_int_equal(stat(file, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0440);
	assert_status(keys_load(&k, file, &e), ST_OK, &e);
	acl[16]++; /* somebody else */
	setxattr(file, "system.posix_acl_access", acl, sizeof(acl), 0);
	assert_status(keys_load(&k, file, &e), ST_DENIED, &e);
	acl[16]--;
	acl[22] = 4; /* the group, too */
	setxattr(file, "system.posix_acl_access", acl, sizeof(acl), 0);
	assert_status(keys_load(&k, file, &e), ST_DENIED, &e);
}

static void
test_load_sizes(void **state)
{
	static const uint8_t bytes[33];
	static const size_t bad[] = {0, 31, 33};
	struct keys k;
	struct err e;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		write_file(bytes, bad[i], 0600);
		assert_status(keys_load(&k, file, &e), ST_BAD, &e);
		assert_says(&e, "32 random bytes");
	}
}

/* Neither hangs nor reads anything. */
static void
test_load_no_file(void **state)
{
	struct keys k;
	struct err e;

	(void)state;
	assert_int_equal(mkfifo(file, 0600), 0);
	assert_status(keys_load(&k, file, &e), ST_BAD, &e);
	assert_says(&e, "not a plain file");
	assert_status(keys_load(&k, dir, &e), ST_BAD, &e);
	assert_status(keys_load(&k, "/dev/zero", &e), ST_BAD, &e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_derivation, setup),
	    cmocka_unit_test(test_random_keys),
	    cmocka_unit_test_setup(test_known_value, setup),
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_fresh_nonces),
	    cmocka_unit_test(test_tampering),
	    cmocka_unit_test(test_binding),
	    cmocka_unit_test(test_rewrap),
	    cmocka_unit_test_setup(test_next, setup),
	    cmocka_unit_test_setup(test_create, setup),
	    cmocka_unit_test_setup(test_create_fails, setup),
	    cmocka_unit_test_setup(test_load_missing, setup),
	    cmocka_unit_test_setup(test_load_modes, setup),
	    cmocka_unit_test_setup(test_access_list, setup),
	    cmocka_unit_test_setup(test_load_sizes, setup),
	    cmocka_unit_test_setup(test_load_no_file, setup),
	};
	int failed;

	if (mkdtemp(dir) == NULL)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(file);
	rmdir(dir);
	return failed;
}
