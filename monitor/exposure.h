/*
 * exposure: from what a worker found to what the store keeps and an alert
 * says. Runs on the store thread, which knows the record's name.
 */
#ifndef MONITOR_EXPOSURE_H
#define MONITOR_EXPOSURE_H

#include "alerts/alert.h"
#include "monitor/batch.h"
#include "monitor/store/store.h"

/* All strings of *out are its own (exposure_fini). Sightings are left empty. */
void exposure_make(struct exposure *out, const struct batch_hit *hit,
    const struct record_ref *record, unsigned name_threshold, int64_t now_ms);

#endif
