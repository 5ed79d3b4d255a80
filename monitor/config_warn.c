/* config_warn: see config_warn.h. */
#include "monitor/config_warn.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alerts/sink.h"
#include "config/yaml.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/cmd.h"
#include "monitor/diag.h"
#include "monitor/sandbox.h"

struct warn {
	struct mistakes *m;
	const struct config *c;
	const struct node *root;
};

/* --- places -----------------------------------------------------------------
 */

static struct place
place_of(const struct node *n)
{
	return n ? n->at : (struct place){0, 0};
}

static const struct node *
nth(const struct node *list, size_t i)
{
	const struct node *n = list ? list->first : NULL;

	for (; n != NULL && i > 0; i--)
		n = n->next;
	return n;
}

static void
warn_sandbox(struct warn *w)
{
	const char *why = sandbox_missing(w->c->sandbox);

	if (why != NULL && w->c->sandbox != SANDBOX_AUTO)
		mistake_add(w->m, place_of(node_get(w->root, "sandbox")),
		    "sandbox: parsers are not locked in: %s", why);
}

/* --- what cannot be used ----------------------------------------------------
 */

static void
warn_sinks(struct warn *w)
{
	const struct node *list =
	    node_get(node_get(w->root, "alerts"), "sinks");

	for (size_t i = 0; i < w->c->alerts.num_sinks; i++) {
		const struct conf_sink *k = &w->c->alerts.sinks[i];
		struct place at = place_of(nth(list, i));

		if (sink_mails_records(k) && config_pages(w->c) == NULL)
			mistake_add(w->m, at,
			    "alerts.sinks: its mails to people have no link "
			    "that ends them without public.url and "
			    "public.listen");
		if (sink_mails_records(k) && k->reveal)
			mistake_add(w->m, at,
			    "alerts.sinks: its mails show whole values "
			    "(reveal) to all whom records name");
	}
}

static void
warn_store(struct warn *w)
{
	struct err e;

	if (store_find(w->c->store, &e) == NULL)
		mistake_add(w->m, place_of(node_get(w->root, "store")),
		    "not in this version: %s", e.text);
}

/* --- files ------------------------------------------------------------------
 */

static void
warn_file(
    struct warn *w, const struct node *n, const char *key, const char *file)
{
	struct stat st;

	if (file == NULL)
		return;
	if (access(file, R_OK) != 0)
		mistake_add(w->m, place_of(n), "%s: %s: %s", key,
		    QUOTE(span_str(file)),
		    errno == ENOENT ? "there is no such file"
				    : strerror(errno));
	else if (stat(file, &st) == 0 && S_ISDIR(st.st_mode))
		mistake_add(w->m, place_of(n), "%s: %s: this is a directory",
		    key, QUOTE(span_str(file)));
}

static void
warn_files(struct warn *w)
{
	const struct node *logs = node_get(w->root, "logs"), *n;
	const struct config *c = w->c;

	for (size_t i = 0; i < c->logs.num_lists; i++) {
		n = nth(node_get(logs, "lists"), i);
		warn_file(w, node_get(n, "file"), "logs.lists.file",
		    c->logs.lists[i].file);
		warn_file(w, node_get(n, "key_file"), "logs.lists.key_file",
		    c->logs.lists[i].key_file);
	}
	for (size_t i = 0; i < c->logs.num_extra; i++) {
		n = nth(node_get(logs, "extra"), i);
		warn_file(w, node_get(n, "key_file"), "logs.extra.key_file",
		    c->logs.extra[i].key_file);
	}
	for (size_t i = 0; i < c->alerts.num_sinks; i++) {
		const struct conf_sink *s = &c->alerts.sinks[i];

		n = nth(node_get(node_get(w->root, "alerts"), "sinks"), i);
		if (s->type == CONF_EXEC &&
		    access(s->command.list[0], X_OK) != 0)
			mistake_add(w->m, place_of(n),
			    "the sink's command: %s: %s",
			    QUOTE(span_str(s->command.list[0])),
			    strerror(errno));
		if (s->type == CONF_SYSLOG && access(s->socket, W_OK) != 0)
			mistake_add(w->m, place_of(n),
			    "the sink's socket: %s: %s",
			    QUOTE(span_str(s->socket)), strerror(errno));
		warn_file(w, n, "the sink's secret file",
		    s->secret_file ? s->secret_file : s->url_file);
	}
	warn_file(w, node_get(node_get(w->root, "fetch"), "ca_file"),
	    "fetch.ca_file", c->fetch.ca_file);
	if (cmd_store_exists(c))
		warn_file(w, node_get(node_get(w->root, "keys"), "master_file"),
		    "keys.master_file, of a store that exists", c->master_file);
}

/* --- both -------------------------------------------------------------------
 */

/* The tree again, which config_load does not keep. */
void
config_warn(struct mistakes *m, const struct config *c)
{
	void *memory = mem_grow(NULL, YAML_MEMORY, 1);
	struct arena a = arena_of(memory, YAML_MEMORY);
	struct warn w = {m, c, yaml_read(&a, m)};

	ASSERT(w.root != NULL);
	m->warnings = true;
	warn_sandbox(&w);
	warn_sinks(&w);
	warn_store(&w);
	warn_files(&w);
	free(memory);
	mistakes_sort(m);
}
