/*
 * detect: which protocol does a log speak? Asked for `checkpoint` first, then
 * for `ct/v1/get-sth` (interface.md section 1).
 */
#ifndef MONITOR_DETECT_H
#define MONITOR_DETECT_H

#include "ctlog/api/api.h"
#include "monitor/http.h"

struct detect;

/* api NULL: neither answered; err says what each did. Called once, from the
 * loop, unless it is ended before. */
typedef void detect_fn(
    void *arg, const struct log_api *api, const struct err *err);

struct detect *detect_new(
    struct http *h, const char *url, detect_fn *fn, void *arg);
void detect_end(struct detect *p);

#endif
