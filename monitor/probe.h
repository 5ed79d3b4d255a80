/*
 * probe: which protocol does a log speak? Asked for `checkpoint` first, then
 * for `ct/v1/get-sth` (interface.md section 1).
 */
#ifndef MONITOR_PROBE_H
#define MONITOR_PROBE_H

#include "ctlog/api/api.h"
#include "monitor/http.h"

struct probe;

/* api NULL: neither answered; err says what each did. Called once, from the
 * loop, unless the probe is ended before. */
typedef void probe_fn(
    void *arg, const struct log_api *api, const struct err *err);

struct probe *probe_new(
    struct http *h, const char *url, probe_fn *fn, void *arg);
void probe_end(struct probe *p);

#endif
