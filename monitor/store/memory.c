/* memory: see memory.h. Here: its beginning and its end. */
#include "monitor/store/memory.h"

#include <search.h>

#include "ctlog/base/mem.h"

/* Room doubles whenever the number of things is a power of two. */
void *
memory_room(void *list, size_t num, size_t size)
{
	if ((num & (num - 1)) != 0)
		return list;
	return mem_grow(list, num ? num * 2 : 1, size);
}

/* There is nothing that could be there already. */
static enum status
memory_init(const struct store_conf *c, struct err *e)
{
	(void)c;
	(void)e;
	return ST_OK;
}

static enum status
memory_open(struct store **out, const struct store_conf *c, struct err *e)
{
	struct store *s = NEW(struct store);

	(void)e;
	s->base.api = &store_memory;
	s->num_sinks = c->num_sinks;
	s->sinks = c->sinks;
	s->generation = 1;
	*out = s;
	return ST_OK;
}

static void
nothing(void *p)
{
	(void)p;
}

static void
exposures_free(struct store *s)
{
	tdestroy(s->by_id, nothing);
	for (size_t i = 0; i < s->num_exposures; i++) {
		buf_fini(&s->exposures[i]->packed);
		free(s->exposures[i]->sightings);
		free(s->exposures[i]);
	}
	free(s->exposures);
}

static void
records_free(struct store *s)
{
	tdestroy(s->by_name, nothing);
	for (size_t i = 0; i < s->num_records; i++)
		memory_record_free(s->records[i]);
	free(s->records);
}

static void
outbox_free(struct store *s)
{
	for (size_t i = 0; i < s->num_rows; i++)
		free(s->rows[i].error);
	free(s->rows);
	for (size_t i = 0; i < s->num_events; i++) {
		free(s->events[i]->type);
		free(s->events[i]->subject);
		buf_fini(&s->events[i]->data);
		free(s->events[i]);
	}
	free(s->events);
}

static void
logs_free(struct store *s)
{
	for (size_t i = 0; i < s->num_logs; i++)
		store_log_fini(&s->logs[i]);
	free(s->logs);
	for (size_t i = 0; i < s->num_stretches; i++)
		free(s->stretches[i].unproven);
	free(s->stretches);
	for (size_t i = 0; i < s->num_quarantined; i++) {
		free(s->quarantined[i].reason);
		buf_fini(&s->quarantined[i].bytes);
	}
	free(s->quarantined);
}

static void
tallies_free(struct store *s)
{
	for (size_t i = 0; i < s->num_tallies; i++)
		free(s->tallies[i].label);
	free(s->tallies);
}

static void
memory_close(struct store *s)
{
	if (s == NULL)
		return;
	exposures_free(s);
	records_free(s);
	tallies_free(s);
	outbox_free(s);
	logs_free(s);
	free(s);
}

/* Nobody else can have it. */
static bool
memory_in_use(const struct store_conf *c, char owner[STORE_OWNER])
{
	(void)c;
	owner[0] = '\0';
	return false;
}

const struct store_api store_memory = {
    .name = "memory",
    .init = memory_init,
    .open = memory_open,
    .close = memory_close,
    .in_use = memory_in_use,
    .log_open = memory_log_open,
    .head_seen = memory_head_seen,
    .claim = memory_claim,
    .stretch_find = memory_stretch_find,
    .commit = memory_commit,
    .rewind = memory_rewind,
    .log_mark = memory_log_mark,
    .log_bridge = memory_log_bridge,
    .event_add = memory_event_add,
    .outbox_due = memory_outbox_due,
    .outbox_next = memory_outbox_next,
    .outbox_begin = memory_outbox_begin,
    .outbox_settle = memory_outbox_settle,
    .sink_mark = memory_sink_mark,
    .sink_state = memory_sink_state,
    .records_import = memory_records_import,
    .records_list = memory_records_list,
    .record_state = memory_record_state,
    .index_generation = memory_index_generation,
    .index_changes = memory_index_changes,
    .index_size = memory_index_size,
    .index_load = memory_index_load,
    .record_name = memory_record_name,
    .logs = memory_logs,
    .stretches = memory_stretches,
    .exposures = memory_exposures,
    .quarantine_read = memory_quarantine_read,
    .quarantine_places = memory_quarantine_places,
    .quarantine_settle = memory_quarantine_settle,
    .tallies = memory_tallies,
    .quarantine_expire = memory_quarantine_expire,
    .counts = memory_counts,
    .records_count = memory_records_count,
};
