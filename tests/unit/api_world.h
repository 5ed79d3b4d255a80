/*
 * api_world: a store with an admin interface before it, one line for a request
 * and a few for what is in the answer. People in it are made up.
 */
#ifndef TESTS_UNIT_API_WORLD_H
#define TESTS_UNIT_API_WORLD_H

#include <jansson.h>

#include "monitor/api_private.h"
#include "tests/store/fixture.h"

#define JSON "application/json"
#define CONSENT                                                                \
	"\"consent\":{\"purpose\":\"ct-exposure/1\",\"method\":\"import\","    \
	"\"at\":\"2026-05-01T10:00:00Z\",\"evidence\":\"contract 4711\"}"
#define JANE                                                                   \
	"{\"id\":\"acme/jane\",\"tenant\":\"acme\",\"kind\":\"email\","        \
	"\"value\":\"jane.roe@example.com\"," CONSENT "}"
#define JOHN                                                                   \
	"{\"id\":\"other/john\",\"tenant\":\"other\",\"kind\":\"email\","      \
	"\"value\":\"john.roe@example.net\"," CONSENT "}"
#define PENDING                                                                \
	"{\"id\":\"acme/new\",\"tenant\":\"acme\",\"kind\":\"email\","         \
	"\"value\":\"new.roe@example.com\"}"
#define WEB                                                                    \
	"{\"id\":\"acme/web\",\"tenant\":\"acme\",\"kind\":\"domain\","        \
	"\"value\":\"b\xc3\xbc"                                                \
	"cher.example\"}"

struct world {
	struct fixture *fx;
	struct config config;
	struct api_env env;
	struct api_caller caller;
	const char *type; /* of the next bodies */
	struct api_answer answer;
	json_t *j; /* the answer's body */
};

static inline struct world *
world_new(void)
{
	struct world *w = NEW(struct world);

	w->fx = fixture_new(&store_sqlite);
	config_defaults(&w->config);
	w->env = (struct api_env){.config = &w->config, .now_ms = NOW};
	memcpy(w->env.index_key, w->fx->conf.keys.index, KEY_LEN);
	w->caller = (struct api_caller){
	    .who = "token test", .scopes = SCOPE_READ | SCOPE_WRITE};
	w->type = JSON;
	return w;
}

/* A sink of the configuration; tenant: NULL: of all. */
static inline void
sink_add(struct world *w, const char *name, enum conf_sink_type type,
    const char *tenant)
{
	size_t n = w->config.alerts.num_sinks++;
	struct conf_sink k = {.name = mem_str(name), .type = type};

	if (tenant != NULL) {
		k.tenants.list = mem_grow(NULL, 1, sizeof(char *));
		k.tenants.list[k.tenants.num++] = mem_str(tenant);
	}
	w->config.alerts.sinks =
	    mem_grow(w->config.alerts.sinks, n + 1, sizeof(k));
	w->config.alerts.sinks[n] = k;
}

static inline void
answer_drop(struct world *w)
{
	json_decref(w->j);
	w->j = NULL;
	api_answer_fini(&w->answer);
}

static inline void
world_free(struct world *w)
{
	answer_drop(w);
	config_fini(&w->config);
	fixture_free(w->fx);
	free(w);
}

/* "PATH?NAME=VALUE&..."; the answer is w->j, and its code is the one due. */
static inline void
ask(struct world *w, const char *method, const char *target, const char *body,
    int code)
{
	struct api_param params[4];
	char *text = mem_str(target), *save, *at;
	struct api_request r = {.method = method,
	    .path = text,
	    .params = params,
	    .content_type = body != NULL ? w->type : NULL,
	    .body = span_str(body != NULL ? body : ""),
	    .caller = w->caller};

	answer_drop(w);
	at = strchr(text, '?');
	if (at != NULL)
		*at++ = '\0';
	for (at = at ? strtok_r(at, "&", &save) : NULL; at != NULL;
	     at = strtok_r(NULL, "&", &save)) {
		char *value = strchr(at, '=');

		*value++ = '\0';
		params[r.num_params++] = (struct api_param){at, value};
	}
	api_call(&w->answer, &r, w->fx->s, &w->env);
	w->j = json_loadb((const char *)w->answer.body.p, w->answer.body.len,
	    JSON_REJECT_DUPLICATES, NULL);
	if (w->j == NULL || w->answer.code != code)
		print_message("%s %s: %d %.*s\n", method, target,
		    w->answer.code, (int)w->answer.body.len,
		    (const char *)w->answer.body.p);
	assert_non_null(w->j);
	assert_int_equal(w->answer.code, code);
	if (code >= 400)
		assert_string_equal(
		    w->answer.content_type, "application/problem+json");
	free(text);
}

static inline const char *
text_at(json_t *j, const char *key)
{
	const char *text = json_string_value(json_object_get(j, key));

	return text != NULL ? text : "(none)";
}

static inline json_t *
item(struct world *w, const char *list, size_t i)
{
	return json_array_get(json_object_get(w->j, list), i);
}

static inline size_t
items(struct world *w, const char *list)
{
	return json_array_size(json_object_get(w->j, list));
}

static inline long long
number(struct world *w, const char *key)
{
	json_t *v = json_object_get(w->j, key);

	assert_true(json_is_integer(v));
	return json_integer_value(v);
}

static inline void
put(struct world *w, const char *records)
{
	ask(w, "POST", API "/records", records, 200);
}

static inline const char *
state_of(struct world *w, const char *id)
{
	ask(w, "GET", API "/records?limit=10000", NULL, 200);
	for (size_t i = 0; i < items(w, "records"); i++)
		if (strcmp(text_at(item(w, "records", i), "id"), id) == 0)
			return text_at(item(w, "records", i), "state");
	return "(none)";
}

static inline bool
says(const struct world *w, const char *text)
{
	return memmem(w->answer.body.p, w->answer.body.len, text,
		   strlen(text)) != NULL;
}

#endif
