/*
 * config: the configuration file as a struct (interface.md section 2). One
 * schema table (name, type, range, default, unit, help) drives the reader,
 * `config print`, the error texts and the check of the man page. Durations
 * are in milliseconds, sizes in bytes. Relative paths are made absolute
 * against the file's directory.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "ctlog/base/err.h"
#include "ctlog/base/span.h"

struct conf_list {  /* logs.lists */
	char *name; /* built-in: "chrome", "apple"; else NULL */
	char *url, *file;
	char *key_file; /* NULL: unsigned */
};

struct conf_log { /* logs.extra */
	char *name, *url, *key_file;
	char *api;    /* "static", "rfc6962", or NULL: find out */
	char *origin; /* NULL: the URL without scheme and slash */
	bool http1;   /* force HTTP/1.1 to this host */
	bool no_keepalive;
};

enum conf_start { START_AUTO, START_ZERO, START_HEAD };
enum conf_sandbox { SANDBOX_AUTO, SANDBOX_REQUIRE, SANDBOX_OFF };
enum conf_sink_type {
	CONF_JSONL,
	CONF_WEBHOOK,
	CONF_MAIL,
	CONF_EXEC,
	CONF_SYSLOG,
	CONF_CHAT
};

struct conf_strings {
	size_t num;
	char **list;
};

struct conf_sink {
	char *name;
	enum conf_sink_type type;
	struct conf_strings tenants; /* empty: all */
	bool reveal;
	bool digest;       /* it is for people; unless given, by the type */
	char *path;        /* jsonl */
	char *url;         /* webhook, chat */
	char *url_file;    /* chat: instead of url */
	char *format;      /* chat: "slack", "teams"; NULL: by the URL */
	char *socket;      /* syslog */
	char *secret_file; /* webhook */
	bool public_only;  /* webhook */
	char *server, *from, *to, *user, *password_file; /* mail */
	char *lang;                                      /* mail: "en", "de" */
	struct conf_strings command;                     /* exec */
};

struct config {
	char *file; /* where it was read, or NULL */
	char *contact, *instance, *store;
	bool allow_http;
	char *master_file;
	struct {
		size_t num_lists, num_extra;
		struct conf_list *lists;
		struct conf_log *extra;
		struct conf_strings include, exclude;
		enum conf_start start;
		int64_t refresh_ms;
	} logs;
	struct {
		int64_t max_connections, per_host;
		int64_t body_limit, memory;
		int64_t poll_static_ms, poll_rfc6962_ms, partial_tile_after_ms;
		int64_t connect_timeout_ms, timeout_ms;
		char *ca_file;
	} fetch;
	int64_t workers; /* 0 = auto */
	struct {
		int64_t name_threshold, digest_threshold;
	} match;
	struct {
		int64_t hold_unverified_ms;
		size_t num_sinks;
		struct conf_sink *sinks;
		struct conf_strings digest_daily, digest_weekly;
		int64_t digest_day_ms, digest_week_ms, digest_at_ms;
		int64_t per_day;   /* 0: no limit */
		int64_t canary_ms; /* 0: none */
	} alerts;
	struct {
		char *listen, *socket, *token_file;
	} admin;
	struct {
		char *listen, *url, *mail, *resolver;
	} public;
	struct {
		int64_t hits_ms, messages_ms, quarantine_ms, audit_ms;
		int64_t pending_records_ms;
	} retention;
	enum conf_sandbox sandbox;
};

/* Where the configuration is looked for when none is named: the result is
 * malloc'd. */
char *config_default_file(void);

/*
 * Read a file. All mistakes are written to `complaints`, each with
 * file:line:column, the line and a caret; ST_BAD then. ST_MISSING when there
 * is no such file, ST_DENIED when it may not be read.
 */
enum status config_read(
    struct config *out, const char *file, FILE *complaints, struct err *e);

/*
 * What config_read is made of, for those who want the mistakes one by one
 * (config/mistake.h). Both fill *m, which is released by mistakes_fini in any
 * case; *out is to be released only after ST_OK. config_parse reads `text` as
 * if it stood in `file`.
 */
struct mistakes;
enum status config_load(
    struct config *out, const char *file, struct mistakes *m, struct err *e);
enum status config_parse(struct config *out, const char *file, struct span text,
    struct mistakes *m, struct err *e);

/* All defaults, as for an empty file (contact is NULL). */
void config_defaults(struct config *out);
void config_fini(struct config *c);

/* The effective configuration as YAML; secrets stand in files, so none. */
void config_print(const struct config *c, FILE *out);
void config_print_json(const struct config *c, FILE *out);

/* "30s", "5m", "7d" as milliseconds; "64MiB" as bytes. false: neither. */
bool config_duration(int64_t *ms, const char *text);
bool config_size(int64_t *bytes, const char *text);

/* https, or http to this machine or with allow_http; no user, no password. */
bool config_url_ok(const char *url, bool allow_http, struct err *e);

/* A contact must be an address of somebody real: not example.com and kin. */
bool config_contact_ok(const char *contact, struct err *e);

/* The sink by whose server people are asked to confirm: public.mail, else the
 * first of type mail; NULL: there is none. */
const struct conf_sink *config_mail(const struct config *c);

/* Where the pages for everybody are; NULL: nowhere, or nothing here serves
 * them. */
const char *config_pages(const struct config *c);

/* Of the YAML library at run time. */
const char *config_yaml_version(void);

#endif
