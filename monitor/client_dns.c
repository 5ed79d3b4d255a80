/*
 * client_dns: the TXT records of a domain, found by a command that has the
 * store to itself, on a loop that lives as long as that takes.
 */
#include <ev.h>

#include "ctlog/base/mem.h"
#include "monitor/client_private.h"
#include "monitor/dns.h"

struct look_up {
	bool done;
	enum status status;
	struct strings txt;
	struct err err;
};

static void
on_txt(void *arg, const struct dns_txt *t)
{
	struct look_up *f = arg;

	f->done = true;
	f->status = t->status;
	f->err = t->err;
	if (t->status != ST_OK)
		return;
	f->txt.list = mem_new(t->num, sizeof(*f->txt.list));
	for (size_t i = 0; i < t->num; i++)
		f->txt.list[f->txt.num++] = mem_str(t->txt[i]);
}

static void
find(struct look_up *f, const char *name, const char *servers)
{
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
	struct dns *d;

	ASSERT(loop != NULL);
	f->status = dns_new(&d, loop, servers, &f->err);
	if (f->status == ST_OK) {
		dns_find_txt(d, name, on_txt, f);
		while (!f->done)
			ev_run(loop, EVRUN_ONCE);
		dns_free(d);
	}
	ev_loop_destroy(loop);
}

void
client_prove(struct api_answer *out, const struct api_request *r,
    struct store *s, const struct api_env *env)
{
	struct look_up f = {0};
	char name[sizeof(out->dns_name)];
	struct api_proof p = {.name = name};

	memcpy(name, out->dns_name, sizeof(name));
	find(&f, name, env->config->public.resolver);
	p.num = f.txt.num;
	p.txt = (const char *const *)f.txt.list;
	if (f.status != ST_OK && f.status != ST_MISSING)
		p.fault = f.err.text;
	api_answer_fini(out);
	api_proven(out, r, &p, s, env);
	for (size_t i = 0; i < f.txt.num; i++)
		free(f.txt.list[i]);
	free(f.txt.list);
}
