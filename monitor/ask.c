/* ask: see ask.h. */
#include "monitor/ask.h"

#include <stdio.h>
#include <unistd.h>
#include <string.h>

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/cmd.h"
#include "monitor/wants.h"

void
asking_init(struct asking *k, const struct config *c, const char *method,
    const char *path)
{
	*k = (struct asking){.c = c, .q = {.method = method}};
	buf_str(&k->path, path);
	k->q.write = strcmp(method, "GET") != 0;
}

void
asking_id(struct asking *k, const char *id, const char *more)
{
	buf_fmt(&k->path, "/%s%s", id, more);
}

void
asking_param(struct asking *k, const char *name, const char *value)
{
	if (value == NULL)
		return;
	ASSERT(k->q.num_params < ASK_PARAMS);
	k->params[k->q.num_params++] = (struct api_param){name, value};
}

void
asking_body(struct asking *k, const char *type, struct span body)
{
	k->q.content_type = type;
	k->q.body = body;
}

static int
answer_read(json_t **out, const struct api_answer *a)
{
	*out = json_loadb((const char *)a->body.p, a->body.len, 0, NULL);
	if (*out != NULL)
		return EX_OK;
	fprintf(stderr, "indelible: the answer is no JSON\n");
	return EX_UNAVAILABLE;
}

int
ask(json_t **out, struct asking *k)
{
	struct api_answer answer;
	int rc;

	*out = NULL;
	k->q.path = buf_cstr(&k->path);
	k->q.params = k->params;
	rc = client_call(&answer, k->c, &k->q);
	if (rc == EX_OK)
		rc = answer_read(out, &answer);
	api_answer_fini(&answer);
	buf_fini(&k->path);
	return rc;
}

enum status
ask_person(struct buf *out, size_t max, const char *what, struct err *e)
{
	if (isatty(STDIN_FILENO))
		fprintf(stderr, "%s, then Enter and Ctrl-D:\n", what);
	return file_read(out, "-", max, e);
}

static int
dump_to(const char *p, size_t len, void *arg)
{
	buf_add(arg, p, len);
	return 0;
}

/* It may hold a certificate's text, or somebody's record. */
void
answer_say(json_t *j)
{
	struct buf raw = {0}, plain = {0};

	json_dump_callback(j, dump_to, &raw, JSON_COMPACT | JSON_ENCODE_ANY);
	text_json_plain(&plain, buf_span(&raw));
	buf_char(&plain, '\n');
	fwrite(plain.p, 1, plain.len, stdout);
	mem_wipe(raw.p, raw.cap);
	mem_wipe(plain.p, plain.cap);
	buf_fini(&raw);
	buf_fini(&plain);
}
