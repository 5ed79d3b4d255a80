/* survey_sinks: how the sinks do, as the store remembers it. */
#include "alerts/sink.h"
#include "ctlog/base/mem.h"
#include "monitor/survey.h"

enum status
survey_sinks(
    struct survey *v, struct store *s, const struct config *c, struct err *e)
{
	const struct store_api *api = ((struct store_base *)s)->api;
	enum status st = ST_OK;

	v->sinks = mem_new(c->alerts.num_sinks, sizeof(*v->sinks));
	for (size_t i = 0; st == ST_OK && i < c->alerts.num_sinks; i++) {
		struct survey_sink *k = &v->sinks[v->num_sinks];

		k->conf = &c->alerts.sinks[i];
		st = api->sink_state(s, k->conf->name, &k->state, e);
		v->num_sinks++;
	}
	return st;
}
