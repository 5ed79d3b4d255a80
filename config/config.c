/*
 * config: see config.h; from a file, or its text, to a struct. What the keys
 * are is schema.c, how they are read load.c, how they are shown print.c.
 */
#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/load.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"

#define CONFIG_NAME "indelible.yaml"

char *
config_default_file(void)
{
	/* systemd gives several directories with ':' between. */
	const char *dir = getenv("CONFIGURATION_DIRECTORY");
	struct buf b = {0};
	char *out;

	if (dir == NULL || *dir == '\0')
		dir = "/etc/indelible";
	buf_add(&b, dir, strcspn(dir, ":"));
	buf_str(&b, "/" CONFIG_NAME);
	out = mem_str(buf_cstr(&b));
	buf_fini(&b);
	return out;
}

/* --- reading the file -------------------------------------------------------
 */

static enum status
open_fail(const char *file, struct err *e)
{
	const char *name = QUOTE(span_str(file));

	if (errno == ENOENT || errno == ENOTDIR)
		return err_set(e, ST_MISSING,
		    "%s: there is no such file; name the configuration with "
		    "-c FILE",
		    name);
	if (errno == EACCES || errno == EPERM)
		return err_set(e, ST_DENIED,
		    "%s: no permission to read it; run this as the user who "
		    "may",
		    name);
	return err_set(
	    e, ST_IO, "%s: cannot be read: %s", name, strerror(errno));
}

static enum status
read_open(struct buf *out, int fd, const char *file, struct err *e)
{
	ssize_t n;

	do {
		n = read(fd, buf_room(out, 65536), 65536);
		if (n < 0 && errno == EISDIR)
			return err_set(e, ST_BAD,
			    "%s: this is a directory; name a file in it",
			    QUOTE(span_str(file)));
		if (n < 0 && errno != EINTR)
			return open_fail(file, e);
		if (n > 0)
			out->len += (size_t)n;
		if (out->len > LIMIT_CONFIG)
			return err_set(e, ST_BAD,
			    "%s: more than %u bytes are no configuration",
			    QUOTE(span_str(file)), LIMIT_CONFIG);
	} while (n != 0);
	return ST_OK;
}

static enum status
read_file(struct buf *out, const char *file, struct err *e)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	enum status st;

	if (fd < 0)
		return open_fail(file, e);
	st = read_open(out, fd, file, e);
	close(fd);
	return st;
}

/* --- from text to struct ----------------------------------------------------
 */

/* Without byte order mark, and with line ends of one byte. */
static void
source_set(struct mistakes *m, struct span text)
{
	struct span bom = span_str("\xef\xbb\xbf");

	if (span_starts(text, bom))
		text = span_from(text, bom.len);
	buf_clear(&m->source);
	for (size_t n; text.len > 0; text = span_from(text, n)) {
		n = span_chr(text, '\r');
		buf_span_add(&m->source, span_cut(text, 0, n));
		if (n < text.len &&
		    (n + 1 == text.len || text.p[n + 1] != '\n'))
			buf_char(&m->source, '\r');
		n += n < text.len;
	}
}

/* The directory in which a file lies, absolute, malloc'd. */
static char *
dir_of(const char *file)
{
	const char *slash = strrchr(file, '/');
	char *cwd = *file == '/' ? NULL : getcwd(NULL, 0);
	struct buf b = {0};
	char *out;

	if (cwd != NULL)
		buf_str(&b, cwd);
	if (cwd != NULL && slash != NULL && strcmp(cwd, "/") != 0)
		buf_char(&b, '/');
	if (slash != NULL)
		buf_add(&b, file, (size_t)(slash - file));
	out = mem_str(b.len ? buf_cstr(&b) : "/");
	free(cwd);
	buf_fini(&b);
	return out;
}

/* Mails and chats are read by people, unless the file says otherwise. */
static void
digest_default(struct config *c, const struct node *root)
{
	const struct node *n = node_get(node_get(root, "alerts"), "sinks");

	n = n != NULL ? n->first : NULL;
	for (size_t i = 0; n != NULL && i < c->alerts.num_sinks; i++) {
		struct conf_sink *s = &c->alerts.sinks[i];

		if (node_get(n, "digest") == NULL)
			s->digest =
			    s->type == CONF_MAIL || s->type == CONF_CHAT;
		n = n->next;
	}
}

static void
load_root(struct load *l, struct config *out, const struct node *root)
{
	const struct node *http = node_get(root, "allow_http");

	/* Wherever it stands in the file, URLs are judged by it. */
	l->allow_http = http != NULL && http->kind == NODE_SCALAR &&
			node_scalar(http) == SCALAR_BOOL &&
			(http->text[0] | 0x20) == 't';
	load_defaults(l, out, conf_schema);
	if (root->kind == NODE_MAP) {
		load_map(l, out, conf_schema, root);
		digest_default(out, root);
		load_check(l, out, root);
	} else if (!root->refused) {
		mistake_add(
		    l->m, root->at, "a configuration is lines of 'key: value'");
	}
}

static enum status
source_read(
    struct config *out, const char *file, struct mistakes *m, struct err *e)
{
	void *memory = mem_grow(NULL, YAML_MEMORY, 1);
	struct arena a = arena_of(memory, YAML_MEMORY);
	char *dir = dir_of(file);
	struct load l = {.m = m, .dir = dir};
	const struct node *root;

	m->file = file;
	*out = (struct config){0};
	root = yaml_read(&a, m);
	if (root != NULL)
		load_root(&l, out, root);
	free(memory);
	free(dir);
	out->file = mem_str(file);
	if (m->num == 0)
		return ST_OK;
	mistakes_sort(m);
	config_fini(out);
	return err_set(e, ST_BAD, "%s: %zu mistake%s in the configuration",
	    QUOTE(span_str(file)), mistakes_kept(m),
	    m->num > MISTAKES_MAX ? "s and more"
	    : m->num > 1          ? "s"
				  : "");
}

enum status
config_parse(struct config *out, const char *file, struct span text,
    struct mistakes *m, struct err *e)
{
	*m = (struct mistakes){.file = file};
	*out = (struct config){0};
	if (text.len > LIMIT_CONFIG)
		return err_set(e, ST_BAD,
		    "%s: more than %u bytes are no configuration",
		    QUOTE(span_str(file)), LIMIT_CONFIG);
	source_set(m, text);
	return source_read(out, file, m, e);
}

enum status
config_load(
    struct config *out, const char *file, struct mistakes *m, struct err *e)
{
	struct buf text = {0};
	enum status st;

	*m = (struct mistakes){.file = file};
	*out = (struct config){0};
	st = read_file(&text, file, e);
	if (st == ST_OK)
		st = config_parse(out, file, buf_span(&text), m, e);
	buf_fini(&text);
	return st;
}

enum status
config_read(
    struct config *out, const char *file, FILE *complaints, struct err *e)
{
	struct mistakes m;
	enum status st = config_load(out, file, &m, e);

	mistakes_print(&m, complaints);
	mistakes_fini(&m);
	return st;
}

/* --- defaults, release ------------------------------------------------------
 */

void
config_defaults(struct config *out)
{
	struct mistakes m = {0};
	struct load l = {.m = &m};

	*out = (struct config){0};
	load_defaults(&l, out, conf_schema);
	ASSERT(m.num == 0);
	mistakes_fini(&m);
}

const struct conf_sink *
config_mail(const struct config *c)
{
	for (size_t i = 0; i < c->alerts.num_sinks; i++) {
		const struct conf_sink *s = &c->alerts.sinks[i];

		if (c->public.mail != NULL ? !strcmp(s->name, c->public.mail)
					   : s->type == CONF_MAIL)
			return s;
	}
	return NULL;
}

const char *
config_pages(const struct config *c)
{
	return c->public.listen != NULL ? c->public.url : NULL;
}

void
config_fini(struct config *c)
{
	load_fini(c, conf_schema);
	free(c->file);
	*c = (struct config){0};
}

const char *
config_yaml_version(void)
{
	return yaml_version();
}
