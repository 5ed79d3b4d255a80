/*
 * load_check: see load.h; what no single key can tell: unknown keys, paths
 * against the file's directory, keys that do not go together.
 */
#include "config/load.h"

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"

/* --- unknown keys -----------------------------------------------------------
 */

/* The map of the schema in which a key of that name stands. */
static const char *
home_of(const struct conf_key *keys, const char *name)
{
	for (; keys->name != NULL; keys++)
		if (keys->sub != NULL && conf_key_find(keys->sub, name) != NULL)
			return keys->name;
	return NULL;
}

void
load_unknown(
    struct load *l, const struct conf_key *keys, const struct node *key)
{
	const struct conf_key *near = NULL;
	const char *home = home_of(conf_schema, key->text);
	unsigned best = 3, d;
	struct buf known = {0};

	for (const struct conf_key *k = keys; k->name != NULL; k++) {
		if (k->flags & KEY_BARE)
			continue;
		buf_fmt(&known, "%s%s", known.len ? ", " : "", k->name);
		d = text_distance(key->text, k->name);
		if (d < best && d < strlen(k->name)) {
			best = d;
			near = k;
		}
	}
	if (near != NULL)
		mistake_add(l->m, key->at,
		    "unknown key '%s' (did you mean '%s'?)",
		    QUOTE(span_str(key->text)), near->name);
	else if (home != NULL)
		mistake_add(l->m, key->at,
		    "unknown key '%s' (it belongs under '%s')",
		    QUOTE(span_str(key->text)), home);
	else
		mistake_add(l->m, key->at, "unknown key '%s' (known here: %s)",
		    QUOTE(span_str(key->text)),
		    known.len ? buf_cstr(&known) : "none");
	buf_fini(&known);
}

/* --- paths ------------------------------------------------------------------
 */

#define CREDENTIALS "${CREDENTIALS_DIRECTORY}"

/* The credential `name` where systemd put it. */
static bool
credential(struct buf *out, const char *name, struct err *e)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");

	if (dir == NULL || *dir != '/') {
		err_set(e, ST_BAD,
		    "CREDENTIALS_DIRECTORY is not set: systemd sets it for "
		    "services; elsewhere, set it to the directory of '%s'",
		    QUOTE(span_str(name)));
		return false;
	}
	buf_fmt(out, "%s/%s", dir, name);
	return true;
}

static bool
path_put(const struct load *l, struct buf *out, const char *text, struct err *e)
{
	size_t len = strlen(text), dir_len;

	if (len == 0 || text[len - 1] == '/') {
		err_set(e, ST_BAD, "'%s' names no file", QUOTE(span_str(text)));
		return false;
	}
	if (strncmp(text, CREDENTIALS "/", strlen(CREDENTIALS "/")) == 0)
		return credential(out, text + strlen(CREDENTIALS "/"), e);
	if (strstr(text, "${") != NULL) {
		err_set(e, ST_BAD,
		    "'%s': only " CREDENTIALS "/name is filled in",
		    QUOTE(span_str(text)));
		return false;
	}
	if (*text != '/' && l->dir != NULL) {
		dir_len = strlen(l->dir);
		buf_add(out, l->dir, dir_len);
		if (dir_len > 0 && l->dir[dir_len - 1] != '/')
			buf_char(out, '/');
		text += strncmp(text, "./", 2) == 0 ? 2 : 0;
	}
	buf_str(out, text);
	return true;
}

char *
load_path(const struct load *l, const char *text, struct err *e)
{
	struct buf b = {0};
	char *out = NULL;

	if (path_put(l, &b, text, e))
		out = mem_str(buf_cstr(&b));
	buf_fini(&b);
	return out;
}

/* --- keys together ----------------------------------------------------------
 */

/* The place of `a.b`, else of `a`, else of nothing. */
static struct place
place_of(const struct node *root, const char *a, const char *b)
{
	const struct node *n = node_get(root, a);

	if (b != NULL && node_get(n, b) != NULL)
		n = node_get(n, b);
	return n ? n->at : (struct place){0, 0};
}

/* What stands there, if anything does, was taken: no mistake was reported for
 * it, so that a comparison makes sense. */
static bool
is_taken(const struct node *root, const char *a, const char *b, int64_t value)
{
	const struct node *n = node_get(node_get(root, a), b);
	uint64_t v;
	int64_t size;

	if (n == NULL)
		return true;
	if (n->kind != NODE_SCALAR)
		return false;
	if (text_u64(&v, span_str(n->text)))
		return v == (uint64_t)value;
	return config_size(&size, n->text) && size == value;
}

static void
order_check(struct load *l, const struct config *c, const struct node *root)
{
	const int64_t host = c->fetch.per_host, all = c->fetch.max_connections;
	const int64_t low = c->match.digest_threshold;
	const int64_t high = c->match.name_threshold;

	if (host > all && is_taken(root, "fetch", "per_host", host) &&
	    is_taken(root, "fetch", "max_connections", all))
		mistake_add(l->m, place_of(root, "fetch", "per_host"),
		    "per_host: %lld is more than max_connections, %lld",
		    (long long)host, (long long)all);
	if (c->fetch.body_limit > c->fetch.memory &&
	    is_taken(root, "fetch", "body_limit", c->fetch.body_limit) &&
	    is_taken(root, "fetch", "memory", c->fetch.memory))
		mistake_add(l->m, place_of(root, "fetch", "memory"),
		    "memory: it is less than body_limit, one reply");
	if (low > high && is_taken(root, "match", "digest_threshold", low) &&
	    is_taken(root, "match", "name_threshold", high))
		mistake_add(l->m, place_of(root, "match", "digest_threshold"),
		    "digest_threshold: %lld is above name_threshold, %lld",
		    (long long)low, (long long)high);
}

static void
digest_check(struct load *l, const struct config *c, const struct node *root)
{
	const struct conf_strings *daily = &c->alerts.digest_daily;
	const struct conf_strings *weekly = &c->alerts.digest_weekly;

	for (size_t i = 0; i < daily->num; i++)
		for (size_t j = 0; j < weekly->num; j++)
			if (strcmp(daily->list[i], weekly->list[j]) == 0)
				mistake_add(l->m,
				    place_of(root, "alerts", "digest"),
				    "digest: '%s' is both daily and weekly",
				    daily->list[i]);
}

/* Logs beyond this machine see our requests, so they need an address. */
static bool
is_local(const struct config *c)
{
	for (size_t i = 0; i < c->logs.num_extra; i++)
		if (c->logs.extra[i].url != NULL &&
		    !value_url_loopback(c->logs.extra[i].url))
			return false;
	for (size_t i = 0; i < c->logs.include.num; i++)
		if (strcmp(c->logs.include.list[i], "fulcio") == 0)
			return false;
	return c->logs.num_lists == 0;
}

static void
mail_check(struct load *l, const struct config *c, const struct node *root)
{
	const struct conf_sink *s = config_mail(c);

	if (c->public.mail != NULL && (s == NULL || s->type != CONF_MAIL))
		mistake_add(l->m, place_of(root, "public", "mail"),
		    "mail: %s no sink of type mail",
		    s == NULL ? "under alerts.sinks there is" : "this is");
}

void
load_check(struct load *l, const struct config *c, const struct node *root)
{
	const struct node *contact = node_get(root, "contact");

	if (c->contact == NULL && !is_local(c) &&
	    (contact == NULL || node_scalar(contact) == SCALAR_NULL))
		mistake_add(l->m, place_of(root, "contact", NULL),
		    "'contact' is missing: give a mail address or https URL "
		    "of whoever runs this; logs slow down clients without one");
	order_check(l, c, root);
	digest_check(l, c, root);
	mail_check(l, c, root);
	if (c->admin.listen != NULL && c->admin.token_file == NULL &&
	    !value_listen_loopback(c->admin.listen))
		mistake_add(l->m, place_of(root, "admin", "listen"),
		    "listen: beyond this machine only with a token_file");
}
