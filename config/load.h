/*
 * load: from the tree of a file (yaml.h) to struct config, by the schema. No
 * reading of files, no syntax. load.c knows maps and lists of them,
 * load_value.c the other types, load_check.c what no single key can tell.
 */
#ifndef CONFIG_LOAD_H
#define CONFIG_LOAD_H

#include "config/config.h"
#include "config/schema.h"
#include "config/yaml.h"

struct load {
	struct mistakes *m;
	const char *dir; /* of the file; NULL: relative paths stay so */
	bool allow_http;
};

/* Every field that has a default gets it; `base` is zeroed memory. */
void load_defaults(struct load *l, void *base, const struct conf_key *keys);

/* The values of a map into the struct at `base`, which has its defaults. */
void load_map(struct load *l, void *base, const struct conf_key *keys,
    const struct node *map);

/* Release what the fields hold, and zero them. */
void load_fini(void *base, const struct conf_key *keys);

/* Keys that do not go together. */
void load_check(
    struct load *l, const struct config *c, const struct node *root);

/* One value that is neither a map nor a list of maps. */
void load_value(
    struct load *l, void *base, const struct conf_key *k, const struct node *n);
void load_wrong_type(
    struct load *l, const struct conf_key *k, const struct node *n);
void load_strings_fini(struct conf_strings *s);
/* n is a list of an allowed length. */
bool load_list_ok(
    struct load *l, const struct conf_key *k, const struct node *n);
size_t load_items_num(const struct node *list);

/* Explain a key that is not in the schema. */
void load_unknown(
    struct load *l, const struct conf_key *keys, const struct node *key);

/* A path as it is to be opened, malloc'd; NULL when it names nothing. */
char *load_path(const struct load *l, const char *text, struct err *e);

#endif
