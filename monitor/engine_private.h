/* engine_private: between engine.c, engine_logs.c and engine_signals.c. */
#ifndef MONITOR_ENGINE_PRIVATE_H
#define MONITOR_ENGINE_PRIVATE_H

#include "monitor/engine.h"

void engine_logs_start(struct engine *g);
void engine_logs_stop(struct engine *g);
void engine_logs_free(struct engine *g);
/* Once a second: forget those that were removed and have ended, look after
 * those that may have to be read by another protocol. */
void engine_logs_sweep(struct engine *g);
/* The courier is idle: when all logs have ended, the loop ends. */
void engine_on_idle(void *arg);
/* For struct tail_env. */
void engine_committed(void *arg);
void engine_tail_ended(void *arg, struct tail *t);

/* While the loop runs. */
void engine_signals_start(struct engine *g);
void engine_signals_stop(struct engine *g);

#endif
