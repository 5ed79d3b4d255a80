/*
 * fuzz_request: requests to the admin interface, by a caller of one tenant:
 * "METHOD TARGET", the body's type, the body, each on a line. Whatever is
 * asked, the answer is JSON that is safe to print, and what another tenant has
 * is neither in it nor changed.
 */
#include <jansson.h>
#include <string.h>

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/api.h"
#include "monitor/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CONSENT                                                                \
	",\"consent\":{\"purpose\":\"ct-exposure/1\",\"method\":\"import\","   \
	"\"at\":\"2026-05-01T10:00:00Z\",\"evidence\":\"contract 4711\"}}\n"
/* Names that no request can have by chance. */
#define OURS                                                                   \
	"{\"id\":\"a/jane\",\"tenant\":\"a\",\"kind\":\"email\",\"value\":"    \
	"\"jane@example.com\"" CONSENT                                         \
	"{\"id\":\"name\",\"tenant\":\"a\",\"kind\":\"name\",\"value\":"       \
	"{\"given\":[\"Jane\",\"Ann\"],\"surname\":[\"Roe\"]}" CONSENT
#define THEIRS                                                                 \
	"{\"id\":\"b/zxq7\",\"tenant\":\"b\",\"kind\":\"email\",\"value\":"    \
	"\"zxq8@example.net\"" CONSENT
#define NOW 1780000000000

struct world {
	const struct store_api *api;
	struct store *s;
	struct config config;
	struct api_env env;
};

static void
call(struct world *w, struct api_answer *out, const struct api_request *r)
{
	api_call(out, r, w->s, &w->env);
	ASSERT(out->code >= 200 && out->code < 600);
}

/* As somebody who may do everything. */
static void
call_all(struct world *w, struct api_answer *out, const char *method,
    const char *body)
{
	struct api_request r = {.method = method,
	    .path = "/api/v1/records",
	    .content_type = "application/jsonl",
	    .body = span_str(body),
	    .caller = {"fuzz", SCOPE_READ | SCOPE_WRITE, NULL}};

	call(w, out, &r);
	ASSERT(out->code == 200);
}

static void
world_init(struct world *w)
{
	struct store_conf conf = {.url = "memory:"};
	struct api_answer answer;

	*w = (struct world){.api = &store_memory};
	config_defaults(&w->config);
	w->env = (struct api_env){.config = &w->config, .now_ms = NOW};
	ASSERT(w->api->open(&w->s, &conf, NULL) == ST_OK);
	call_all(w, &answer, "POST", OURS THEIRS);
	api_answer_fini(&answer);
}

static void
see(void *arg, const struct record_row *row)
{
	record_json(&row->r, arg);
	buf_str(arg, record_state_name(row->r.state));
}

/* The other tenant's records, with values. */
static void
theirs(struct world *w, struct buf *out)
{
	struct store_query q = {.tenant = "b", .reveal = true};

	ASSERT(w->api->records_list(w->s, &q, see, out, NULL) == ST_OK);
}

static bool
has(struct span s, const char *text)
{
	return memmem(s.p, s.len, text, strlen(text)) != NULL;
}

static void
check(const struct api_answer *a, struct span input)
{
	struct span body = buf_span(&a->body);
	json_t *j = json_loadb((const char *)body.p, body.len,
	    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);

	ASSERT(json_is_object(j) && text_is_utf8(body));
	json_decref(j);
	for (size_t i = 0; i < body.len; i++)
		ASSERT(body.p[i] == '\n' ||
		       (body.p[i] >= 0x20 && body.p[i] != 0x7f));
	ASSERT((a->code >= 400) ==
	       (strcmp(a->content_type, "application/problem+json") == 0));
	ASSERT(has(input, "zxq") || !has(body, "zxq"));
}

static void
try(struct world *w, const struct query *q, struct api_request *r)
{
	struct api_param params[QUERY_PARAMS];
	struct buf before = {0}, after = {0};
	struct api_answer answer;

	for (size_t i = 0; i < q->num; i++)
		params[i] =
		    (struct api_param){q->params[i].name, q->params[i].value};
	r->path = q->path;
	r->num_params = q->num;
	r->params = params;
	theirs(w, &before);
	call(w, &answer, r);
	theirs(w, &after);
	ASSERT(span_eq(buf_span(&before), buf_span(&after)));
	check(&answer, r->body);
	api_answer_fini(&answer);
	buf_fini(&before);
	buf_fini(&after);
}

/* The text before the next `end`, which is stepped over. */
static struct span
cut(struct span *in, uint8_t end)
{
	struct span one = span_cut(*in, 0, span_chr(*in, end));

	*in = span_from(*in, one.len < in->len ? one.len + 1 : one.len);
	return one;
}

static char *
text_of(struct span s)
{
	return mem_strn(s.p, s.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);
	char *method = text_of(cut(&in, ' '));
	struct span target = cut(&in, '\n');
	char *type = text_of(cut(&in, '\n'));
	struct api_request r = {.method = method,
	    .content_type = type,
	    .body = in,
	    .caller = {"fuzz", SCOPE_READ | SCOPE_WRITE, "a"}};
	struct world w;
	struct query q;

	if (query_target(&q, target, NULL) == ST_OK && !has(target, "zxq") &&
	    in.len <= 1u << 16) {
		world_init(&w);
		try(&w, &q, &r);
		w.api->close(w.s);
		config_fini(&w.config);
	}
	query_fini(&q);
	free(method);
	free(type);
	return 0;
}
