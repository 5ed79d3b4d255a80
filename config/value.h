/*
 * value: what single values must look like: durations, sizes, addresses,
 * URLs, names. Every check explains in `e` what is wrong and what to write.
 * Durations, sizes and the contact are in config.h, because command lines
 * take them too.
 */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "ctlog/base/err.h"

/* allow_http: plain http is accepted for hosts other than loopback too. */
typedef bool value_check(const char *value, bool allow_http, struct err *e);

value_check value_contact, value_name, value_tenant, value_glob, value_log_url,
    value_web_url, value_smtp_url, value_sender, value_recipient, value_listen,
    value_public_url, value_resolver;

/* "127.0.0.1:9469" is an address of this machine alone. */
bool value_listen_loopback(const char *listen);
/* A Host header, "host" or "host:port", whose host is localhost or an IP
 * address: nobody else's name. */
bool value_host_plain(const char *host);
/* The host of a URL is this machine. */
bool value_url_loopback(const char *url);

/* Text for a number, the largest unit that divides it: "10m", "64MiB". */
#define VALUE_TEXT 32
const char *value_duration(char out[VALUE_TEXT], int64_t ms);
const char *value_size(char out[VALUE_TEXT], int64_t bytes);

/*
 * A store URL: sqlite:///abs/path, sqlite:path, postgresql://..., memory:.
 * *path is set to where the path of an SQLite file begins, else to NULL.
 */
bool value_store(const char *url, const char **path, struct err *e);

#endif
