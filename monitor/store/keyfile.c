/*
 * keyfile: the master key's file. It must be a plain file of 32 bytes that
 * nobody but its owner may read; it is made so, and refused otherwise. It gets
 * its name when it is whole, so that a crash leaves no half a key. It never
 * replaces another one; how that comes to pass is in keynext.c.
 */
#include "monitor/store/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/store/files.h"

/* Entries of system.posix_acl_access, version 2, little-endian. */
enum { ACL_HEAD = 4, ACL_ENTRY = 8, ACL_MAX = 32 };
enum { ACL_USER_OBJ = 1, ACL_USER = 2, ACL_MASK = 16 };

/*
 * systemd lets a service read its credentials by an access list, and then the
 * group bits of the mode show the list's mask, not a right of the group. True
 * when the list gives nothing to anybody but the owner and this user.
 */
static bool
acl_is_ours(int fd)
{
	uint8_t acl[ACL_HEAD + ACL_MAX * ACL_ENTRY];
	ssize_t len =
	    fgetxattr(fd, "system.posix_acl_access", acl, sizeof(acl));

	if (len < ACL_HEAD || acl[0] != 2)
		return false;
	for (uint8_t *p = acl + ACL_HEAD; p + ACL_ENTRY <= acl + len;
	     p += ACL_ENTRY) {
		unsigned tag = p[0] | (unsigned)p[1] << 8;
		uint32_t id = p[4] | (uint32_t)p[5] << 8 |
			      (uint32_t)p[6] << 16 | (uint32_t)p[7] << 24;

		if (p[2] == 0 || tag == ACL_USER_OBJ || tag == ACL_MASK)
			continue;
		if (tag != ACL_USER || id != geteuid())
			return false;
	}
	return true;
}

enum status
keyfile_private(int fd, const char *what, const char *file, struct err *e)
{
	struct stat sb;

	if (fstat(fd, &sb) != 0)
		return err_set(e, ST_IO, "cannot look at %s %s: %s", what,
		    QUOTE(span_str(file)), strerror(errno));
	if (!S_ISREG(sb.st_mode))
		return err_set(e, ST_BAD, "%s %s is not a plain file", what,
		    QUOTE(span_str(file)));
	if ((sb.st_mode & 07) != 0 ||
	    ((sb.st_mode & 070) != 0 && !acl_is_ours(fd)))
		return err_set(e, ST_DENIED,
		    "%s %s has mode %04o, so others may read it; chmod 600 "
		    "it, and think about whether they did",
		    what, QUOTE(span_str(file)), sb.st_mode & 07777u);
	return ST_OK;
}

static enum status
check_file(int fd, const char *file, struct err *e)
{
	struct stat sb;
	enum status st = keyfile_private(fd, "key file", file, e);

	if (st != ST_OK)
		return st;
	if (fstat(fd, &sb) != 0)
		return files_fail("cannot look at key file", file, e);
	if (sb.st_size != KEY_LEN)
		return err_set(e, ST_BAD,
		    "key file %s has %lld bytes; a master key is 32 random "
		    "bytes",
		    QUOTE(span_str(file)), (long long)sb.st_size);
	return ST_OK;
}

enum status
keys_load(struct keys *out, const char *file, struct err *e)
{
	/* Not to hang on a FIFO that somebody put there. */
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	uint8_t master[KEY_LEN];
	enum status st;

	if (fd < 0)
		return files_fail("cannot open key file", file, e);
	st = check_file(fd, file, e);
	if (st == ST_OK && read(fd, master, KEY_LEN) != KEY_LEN)
		st = files_fail("cannot read key file", file, e);
	close(fd);
	if (st == ST_OK)
		keys_derive(out, master);
	mem_wipe(master, sizeof(master));
	return st;
}

enum status
keys_create(const char *file, struct err *e)
{
	uint8_t master[KEY_LEN];
	enum status st;

	ASSERT(RAND_priv_bytes(master, sizeof(master)) == 1);
	st = files_create("key file", file, span_of(master, KEY_LEN), e);
	mem_wipe(master, sizeof(master));
	return st;
}
