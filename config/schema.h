/*
 * schema: every key of the configuration in one table: name, type, range,
 * default, unit, help. Reading (load.c), printing (print.c), the defaults, the
 * error texts and the test of the man page all follow it; a new key is a new
 * line there and a field in config.h.
 */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include "config/config.h"
#include "config/value.h"

enum conf_type {       /* field it fills */
	TYPE_BOOL,     /* bool */
	TYPE_INT,      /* int64_t */
	TYPE_DURATION, /* int64_t, milliseconds */
	TYPE_SIZE,     /* int64_t, bytes */
	TYPE_WORD,     /* an enum; its values count through `words` */
	TYPE_TEXT,     /* char * */
	TYPE_PATH,     /* char *, made absolute */
	TYPE_STORE,    /* char *, a store URL, its path made absolute */
	TYPE_TEXTS,    /* struct conf_strings */
	TYPE_COMMAND,  /* struct conf_strings, the first a path */
	TYPE_MAP,      /* the fields of `sub`, in the same struct */
	TYPE_ITEMS,    /* an array of structs: pointer, and count at `num_at` */
};

enum conf_flag {
	KEY_REQUIRED = 1,
	KEY_NULL = 2,    /* null is allowed: not there */
	KEY_UNIQUE = 4,  /* among the items of a list */
	KEY_BARE = 8,    /* an item that is no map is this value */
	KEY_ONE_OF = 16, /* exactly one key so marked must be in its map; a
			    TYPE_MAP writes `choice` to `offset` */
};

struct conf_key {
	const char *name;
	enum conf_type type;
	unsigned flags;
	size_t offset;
	const char *def;  /* default as in a file; list: words; NULL: none */
	int64_t min, max; /* numbers; TYPE_TEXTS: fewest items */
	const char *unit; /* TYPE_INT */
	const char
	    *zero; /* TYPE_INT, TYPE_DURATION: a word that stands for 0 */
	const char *const *words; /* all that is allowed; NULL-ended */
	value_check *check;
	const char *needs; /* another key of the map that must stand with it */
	const struct conf_key *sub;
	size_t size, num_at; /* TYPE_ITEMS */
	int choice;
	const char *help; /* for people, in one line */
};

/* The keys of the whole file; a NULL name ends this and every sub table. */
extern const struct conf_key conf_schema[];

/* The key of that name among `keys`; NULL when there is none. */
const struct conf_key *conf_key_find(
    const struct conf_key *keys, const char *name);

#endif
