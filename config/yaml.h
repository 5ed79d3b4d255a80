/*
 * yaml: the text of a configuration as a tree of nodes, each knowing where it
 * stands. Only the part of YAML 1.2 that a configuration needs: one document
 * of maps, lists and scalars; anchors, aliases, tags, directives and keys that
 * are not plain text are mistakes. What the nodes mean is load.h.
 */
#ifndef CONFIG_YAML_H
#define CONFIG_YAML_H

#include "config/mistake.h"
#include "ctlog/base/arena.h"

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
	enum node_kind kind;
	bool plain;   /* an unquoted scalar */
	bool refused; /* a mistake was reported for it already */
	struct place at;
	const char *text;                 /* scalar, NUL-terminated */
	struct node *key;                 /* in a map: the key of this value */
	struct node *first, *last, *next; /* list, map: the values */
};

/* What a plain scalar is in the core schema of YAML 1.2 (10.3.2). */
enum scalar { SCALAR_TEXT, SCALAR_NULL, SCALAR_BOOL, SCALAR_INT, SCALAR_FLOAT };
enum scalar node_scalar(const struct node *n);

/* The value of a key in a map; NULL when it is not there. */
const struct node *node_get(const struct node *map, const char *key);

/* Memory that yaml_read needs for a file of LIMIT_CONFIG; a file that fills it
 * has more nodes than any configuration. */
#define YAML_MEMORY (8u << 20)

/*
 * The document in m->source; an empty one is an empty map. Memory comes from
 * the arena. NULL when there is a mistake that hides the rest; some mistakes
 * leave a tree.
 */
const struct node *yaml_read(struct arena *a, struct mistakes *m);

/* Of libfyaml at run time. */
const char *yaml_version(void);

#endif
