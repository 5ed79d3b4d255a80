/* schema: see schema.h. */
#include "config/schema.h"

#include <string.h>

#include "ctlog/base/limits.h"

#define S 1000ll
#define MIN (60 * S)
#define HOUR (60 * MIN)
#define DAY (24 * HOUR)
#define YEAR (365 * DAY)
#define MIB (1ll << 20)
#define GIB (1ll << 30)

#define AT(f) offsetof(struct config, f)
#define LIST_AT(f) offsetof(struct conf_list, f)
#define LOG_AT(f) offsetof(struct conf_log, f)
#define SINK_AT(f) offsetof(struct conf_sink, f)

static const char *const words_start[] = {"auto", "zero", "head", NULL};
static const char *const words_sandbox[] = {"auto", "require", "off", NULL};
static const char *const words_api[] = {"static", "rfc6962", NULL};
static const char *const words_lists[] = {"chrome", "apple", NULL};
static const char *const words_chat[] = {"slack", "teams", NULL};
static const char *const words_lang[] = {"en", "de", NULL};
static const char *const words_severity[] = {
    "info", "low", "medium", "high", NULL};

/* clang-format off */

static const struct conf_key keys_keys[] = {
	{"master_file", TYPE_PATH, 0, AT(master_file),
	    .def = "/etc/indelible/master.key",
	    .help = "32 random bytes, mode 0600; made by 'store init'"},
	{0}
};

static const struct conf_key list_keys[] = {
	{"lists", TYPE_TEXT, KEY_BARE | KEY_UNIQUE, LIST_AT(name),
	    .words = words_lists, .help = "a built-in log list"},
	{"url", TYPE_TEXT, KEY_ONE_OF, LIST_AT(url), .check = value_web_url,
	    .help = "where the list is fetched from"},
	{"file", TYPE_PATH, KEY_ONE_OF, LIST_AT(file),
	    .help = "where the list lies"},
	{"key_file", TYPE_PATH, KEY_NULL, LIST_AT(key_file),
	    .help = "public key of its signer; without one it is unsigned"},
	{0}
};

static const struct conf_key log_keys[] = {
	{"name", TYPE_TEXT, KEY_REQUIRED | KEY_UNIQUE, LOG_AT(name),
	    .check = value_glob, .help = "what the log is called here"},
	{"url", TYPE_TEXT, KEY_REQUIRED, LOG_AT(url), .check = value_log_url,
	    .help = "RFC 6962 base or static monitoring prefix"},
	{"key_file", TYPE_PATH, KEY_REQUIRED, LOG_AT(key_file),
	    .help = "the log's public key, PEM or DER"},
	{"api", TYPE_TEXT, KEY_NULL, LOG_AT(api), .words = words_api,
	    .help = "its protocol; found out when missing"},
	{"origin", TYPE_TEXT, KEY_NULL, LOG_AT(origin), .check = value_glob,
	    .help = "first line of its checkpoints; default: from the URL"},
	{"http1", TYPE_BOOL, 0, LOG_AT(http1), .def = "false",
	    .help = "speak HTTP/1.1 to this host"},
	{"no_keepalive", TYPE_BOOL, 0, LOG_AT(no_keepalive), .def = "false",
	    .help = "a new connection for each request"},
	{0}
};

static const struct conf_key logs_keys[] = {
	{"lists", TYPE_ITEMS, 0, AT(logs.lists), .def = "chrome apple",
	    .sub = list_keys, .size = sizeof(struct conf_list),
	    .num_at = AT(logs.num_lists),
	    .help = "log lists: built-in names, {url} or {file}"},
	{"include", TYPE_TEXTS, 0, AT(logs.include), .def = "*",
	    .check = value_glob,
	    .help = "logs taken: globs, log ids, URLs"},
	{"exclude", TYPE_TEXTS, 0, AT(logs.exclude), .check = value_glob,
	    .help = "logs left out of those"},
	{"extra", TYPE_ITEMS, 0, AT(logs.extra), .sub = log_keys,
	    .size = sizeof(struct conf_log), .num_at = AT(logs.num_extra),
	    .help = "logs that are in no list"},
	{"start", TYPE_WORD, 0, AT(logs.start), .def = "auto",
	    .words = words_start, .help = "where a new log is read from"},
	{"refresh", TYPE_DURATION, 0, AT(logs.refresh_ms), .def = "60m",
	    .min = S, .max = DAY,
	    .help = "how often log lists are renewed, half as long to half "
		    "again"},
	{0}
};

static const struct conf_key fetch_keys[] = {
	{"max_connections", TYPE_INT, 0, AT(fetch.max_connections),
	    .def = "100", .min = 1, .max = 10000, .unit = "connections",
	    .help = "connections open to all hosts together"},
	{"per_host", TYPE_INT, 0, AT(fetch.per_host), .def = "4", .min = 1,
	    .max = 1000, .unit = "connections",
	    .help = "connections open to one host"},
	{"body_limit", TYPE_SIZE, 0, AT(fetch.body_limit), .def = "64MiB",
	    .min = MIB, .max = LIMIT_BODY,
	    .help = "largest reply accepted, decoded"},
	{"memory", TYPE_SIZE, 0, AT(fetch.memory), .def = "256MiB",
	    .min = MIB, .max = 1024 * GIB,
	    .help = "for all replies in flight"},
	{"poll_static", TYPE_DURATION, 0, AT(fetch.poll_static_ms),
	    .def = "10s", .min = 100, .max = DAY,
	    .help = "how often a static log's head is read"},
	{"poll_rfc6962", TYPE_DURATION, 0, AT(fetch.poll_rfc6962_ms),
	    .def = "60s", .min = 100, .max = DAY,
	    .help = "how often an RFC 6962 log's head is read"},
	{"partial_tile_after", TYPE_DURATION, 0,
	    AT(fetch.partial_tile_after_ms), .def = "60s", .min = 0,
	    .max = DAY, .help = "how long to wait for a tile to be full"},
	{"connect_timeout", TYPE_DURATION, 0, AT(fetch.connect_timeout_ms),
	    .def = "15s", .min = 100, .max = HOUR,
	    .help = "for name, TCP and TLS"},
	{"timeout", TYPE_DURATION, 0, AT(fetch.timeout_ms), .def = "2m",
	    .min = 100, .max = HOUR, .help = "for a whole request"},
	{"ca_file", TYPE_PATH, KEY_NULL, AT(fetch.ca_file),
	    .help = "trusted roots, PEM; null: the system's"},
	{0}
};

static const struct conf_key match_keys[] = {
	{"name_threshold", TYPE_INT, 0, AT(match.name_threshold), .def = "70",
	    .min = 1, .max = 100, .unit = "points",
	    .help = "from here a name is an alert"},
	{"digest_threshold", TYPE_INT, 0, AT(match.digest_threshold),
	    .def = "50", .min = 1, .max = 100, .unit = "points",
	    .help = "from here it is information; below nothing is kept"},
	{0}
};

static const struct conf_key jsonl_keys[] = {
	{"path", TYPE_PATH, KEY_REQUIRED, SINK_AT(path),
	    .help = "file that lines are appended to"},
	{0}
};

static const struct conf_key webhook_keys[] = {
	{"url", TYPE_TEXT, KEY_REQUIRED, SINK_AT(url), .check = value_web_url,
	    .help = "where events are posted"},
	{"secret_file", TYPE_PATH, KEY_REQUIRED, SINK_AT(secret_file),
	    .help = "signing secrets, whsec_... (Standard Webhooks)"},
	{"public_only", TYPE_BOOL, 0, SINK_AT(public_only), .def = "false",
	    .help = "post only to addresses of the Internet"},
	{0}
};

static const struct conf_key mail_keys[] = {
	{"server", TYPE_TEXT, KEY_REQUIRED, SINK_AT(server),
	    .check = value_smtp_url, .help = "smtp://host:587, smtps://host"},
	{"from", TYPE_TEXT, KEY_REQUIRED, SINK_AT(from),
	    .check = value_sender, .help = "sender's address"},
	{"to", TYPE_TEXT, 0, SINK_AT(to), .def = "record",
	    .check = value_recipient,
	    .help = "an address, or 'record': the one the record names"},
	{"lang", TYPE_TEXT, 0, SINK_AT(lang), .def = "en",
	    .words = words_lang, .help = "the language of its mails"},
	{"user", TYPE_TEXT, KEY_NULL, SINK_AT(user), .check = value_glob,
	    .needs = "password_file", .help = "account at the server"},
	{"password_file", TYPE_PATH, KEY_NULL, SINK_AT(password_file),
	    .needs = "user", .help = "its password"},
	{0}
};

static const struct conf_key exec_keys[] = {
	{"command", TYPE_COMMAND, KEY_REQUIRED, SINK_AT(command), .min = 1,
	    .help = "program and arguments; the event is its stdin"},
	{0}
};

static const struct conf_key syslog_keys[] = {
	{"socket", TYPE_PATH, 0, SINK_AT(socket), .def = "/dev/log",
	    .help = "where the system log listens"},
	{0}
};

static const struct conf_key chat_keys[] = {
	{"url", TYPE_TEXT, KEY_ONE_OF, SINK_AT(url), .check = value_web_url,
	    .help = "the chat's incoming webhook"},
	{"url_file", TYPE_PATH, KEY_ONE_OF, SINK_AT(url_file),
	    .help = "file with that URL, when it is the secret"},
	{"format", TYPE_TEXT, KEY_NULL, SINK_AT(format), .words = words_chat,
	    .help = "whose JSON it takes; null: by the URL"},
	{0}
};

static const struct conf_key sink_keys[] = {
	{"name", TYPE_TEXT, KEY_REQUIRED | KEY_UNIQUE, SINK_AT(name),
	    .check = value_name, .help = "what records and reports call it"},
	{"tenants", TYPE_TEXTS, 0, SINK_AT(tenants), .check = value_tenant,
	    .help = "whose alerts it gets; none: everybody's"},
	{"reveal", TYPE_BOOL, 0, SINK_AT(reveal), .def = "false",
	    .help = "show the matched value unmasked"},
	{"digest", TYPE_BOOL, 0, SINK_AT(digest), .def = "false",
	    .help = "for people: few alerts, and digests (mail, chat: true)"},
	{"jsonl", TYPE_MAP, KEY_ONE_OF, SINK_AT(type), .sub = jsonl_keys,
	    .choice = CONF_JSONL, .help = "a file of JSON Lines"},
	{"webhook", TYPE_MAP, KEY_ONE_OF, SINK_AT(type), .sub = webhook_keys,
	    .choice = CONF_WEBHOOK, .help = "an HTTP receiver"},
	{"mail", TYPE_MAP, KEY_ONE_OF, SINK_AT(type), .sub = mail_keys,
	    .choice = CONF_MAIL, .help = "a mail server"},
	{"exec", TYPE_MAP, KEY_ONE_OF, SINK_AT(type), .sub = exec_keys,
	    .choice = CONF_EXEC, .help = "a program"},
	{"syslog", TYPE_MAP, KEY_ONE_OF, SINK_AT(type), .sub = syslog_keys,
	    .choice = CONF_SYSLOG, .help = "the system log"},
	{"chat", TYPE_MAP, KEY_ONE_OF, SINK_AT(type), .sub = chat_keys,
	    .choice = CONF_CHAT, .help = "a chat room"},
	{0}
};

static const struct conf_key digest_keys[] = {
	{"daily", TYPE_TEXTS, 0, AT(alerts.digest_daily), .def = "low",
	    .words = words_severity, .help = "severities collected for a day"},
	{"weekly", TYPE_TEXTS, 0, AT(alerts.digest_weekly), .def = "info",
	    .words = words_severity, .help = "severities collected for a week"},
	{"day", TYPE_DURATION, 0, AT(alerts.digest_day_ms), .def = "24h",
	    .min = S, .max = 7 * DAY, .help = "from one daily digest to the next"},
	{"week", TYPE_DURATION, 0, AT(alerts.digest_week_ms), .def = "7d",
	    .min = S, .max = YEAR, .help = "from one weekly digest to the next"},
	{"at", TYPE_DURATION, 0, AT(alerts.digest_at_ms), .def = "8h",
	    .min = 0, .max = DAY, .help = "when, after midnight UTC"},
	{0}
};

static const struct conf_key alerts_keys[] = {
	{"hold_unverified", TYPE_DURATION, 0, AT(alerts.hold_unverified_ms),
	    .def = "10m", .min = 0, .max = 30 * DAY,
	    .help = "then an unverified alert goes out, marked so"},
	{"sinks", TYPE_ITEMS, 0, AT(alerts.sinks), .sub = sink_keys,
	    .size = sizeof(struct conf_sink), .num_at = AT(alerts.num_sinks),
	    .help = "where alerts go; none: they stay in the store"},
	{"digest", TYPE_MAP, 0, .sub = digest_keys,
	    .help = "what people are not sent one by one"},
	{"per_day", TYPE_INT, 0, AT(alerts.per_day), .def = "5", .min = 0,
	    .max = 1000000, .unit = "alerts",
	    .help = "one by one to people, for each record; 0: all"},
	{"canary", TYPE_DURATION, 0, AT(alerts.canary_ms), .def = "24h",
	    .min = S, .max = 30 * DAY, .zero = "off",
	    .help = "how often a test event goes through every sink"},
	{0}
};

static const struct conf_key admin_keys[] = {
	{"listen", TYPE_TEXT, KEY_NULL, AT(admin.listen),
	    .def = "127.0.0.1:9469", .check = value_listen,
	    .help = "health and API; null: off"},
	{"socket", TYPE_PATH, KEY_NULL, AT(admin.socket),
	    .def = "/run/indelible/admin.sock",
	    .help = "the same for commands; null: off"},
	{"token_file", TYPE_PATH, KEY_NULL, AT(admin.token_file),
	    .def = "admin.token", .help = "bearer tokens, what each may"},
	{0}
};

static const struct conf_key public_keys[] = {
	{"listen", TYPE_TEXT, KEY_NULL, AT(public.listen),
	    .def = "127.0.0.1:9470", .check = value_listen,
	    .help = "confirm and unsubscribe pages, behind TLS of yours"},
	{"url", TYPE_TEXT, KEY_NULL, AT(public.url), .check = value_public_url,
	    .help = "their address outside; null: no such pages"},
	{"mail", TYPE_TEXT, KEY_NULL, AT(public.mail), .check = value_name,
	    .help = "the mail sink for confirmations; null: the first"},
	{"resolver", TYPE_TEXT, KEY_NULL, AT(public.resolver),
	    .check = value_resolver,
	    .help = "for proofs of domains; null: the system's"},
	{0}
};

static const struct conf_key retention_keys[] = {
	{"hits", TYPE_DURATION, 0, AT(retention.hits_ms), .def = "400d",
	    .min = DAY, .max = 100 * YEAR, .help = "what was found"},
	{"messages", TYPE_DURATION, 0, AT(retention.messages_ms),
	    .def = "30d", .min = HOUR, .max = 100 * YEAR,
	    .help = "what was sent"},
	{"quarantine", TYPE_DURATION, 0, AT(retention.quarantine_ms),
	    .def = "30d", .min = HOUR, .max = 100 * YEAR,
	    .help = "entries that could not be read, sealed"},
	{"audit", TYPE_DURATION, 0, AT(retention.audit_ms), .def = "3y",
	    .min = DAY, .max = 100 * YEAR, .help = "who did what, ids only"},
	{"pending_records", TYPE_DURATION, 0, AT(retention.pending_records_ms),
	    .def = "7d", .min = HOUR, .max = YEAR,
	    .help = "records that nobody confirmed"},
	{0}
};

const struct conf_key conf_schema[] = {
	{"contact", TYPE_TEXT, KEY_NULL, AT(contact), .check = value_contact,
	    .help = "mail address or https URL for the User-Agent"},
	{"instance", TYPE_TEXT, 0, AT(instance), .def = "default",
	    .check = value_name, .help = "names this deployment in alerts"},
	{"store", TYPE_STORE, 0, AT(store),
	    .def = "sqlite:///var/lib/indelible/indelible.db",
	    .help = "sqlite:///path or postgresql://user@host/db"},
	{"allow_http", TYPE_BOOL, 0, AT(allow_http), .def = "false",
	    .help = "plain http for hosts other than this one"},
	{"keys", TYPE_MAP, 0, .sub = keys_keys, .help = "what seals the store"},
	{"logs", TYPE_MAP, 0, .sub = logs_keys, .help = "which logs to follow"},
	{"fetch", TYPE_MAP, 0, .sub = fetch_keys, .help = "how they are read"},
	{"workers", TYPE_INT, 0, AT(workers), .def = "auto", .min = 1,
	    .max = 64, .zero = "auto", .unit = "processes",
	    .help = "parsers; auto: processors - 1"},
	{"match", TYPE_MAP, 0, .sub = match_keys, .help = "names: 0 to 100"},
	{"alerts", TYPE_MAP, 0, .sub = alerts_keys, .help = "who is told, when"},
	{"admin", TYPE_MAP, 0, .sub = admin_keys, .help = "the operator's side"},
	{"public", TYPE_MAP, 0, .sub = public_keys, .help = "everybody's side"},
	{"retention", TYPE_MAP, 0, .sub = retention_keys,
	    .help = "how long things are kept"},
	{"sandbox", TYPE_WORD, 0, AT(sandbox), .def = "auto",
	    .words = words_sandbox, .help = "how parsers are locked in"},
	{0}
};

/* clang-format on */

const struct conf_key *
conf_key_find(const struct conf_key *keys, const char *name)
{
	for (; keys->name != NULL; keys++)
		if (strcmp(keys->name, name) == 0 && !(keys->flags & KEY_BARE))
			return keys;
	return NULL;
}
