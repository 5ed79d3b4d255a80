/* load: see load.h; maps, lists of maps, defaults. */
#include "config/load.h"

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"

/* Items of one list; every one costs a struct. */
#define ITEMS_MAX 1000

struct items { /* where the array of a TYPE_ITEMS is kept */
	uint8_t **list;
	size_t *num;
};

static struct items
items_of(void *base, const struct conf_key *k)
{
	uint8_t *p = base;

	return (struct items){(uint8_t **)(void *)(p + k->offset),
	    (size_t *)(void *)(p + k->num_at)};
}

static char *
text_at(const uint8_t *base, const struct conf_key *k)
{
	return *(char *const *)(const void *)(base + k->offset);
}

size_t
load_items_num(const struct node *list)
{
	size_t num = 0;

	for (const struct node *n = list->first; n != NULL; n = n->next)
		num++;
	return num;
}

bool
load_list_ok(struct load *l, const struct conf_key *k, const struct node *n)
{
	size_t num;

	if (n->kind != NODE_LIST) {
		load_wrong_type(l, k, n);
		return false;
	}
	num = load_items_num(n);
	if (num > ITEMS_MAX)
		mistake_add(l->m, n->at, "%s: more than %d in one list",
		    k->name, ITEMS_MAX);
	if (k->type != TYPE_ITEMS && num < (size_t)k->min)
		mistake_add(l->m, n->at, "%s: the list is empty", k->name);
	return num <= ITEMS_MAX;
}

/* --- lists of maps ----------------------------------------------------------
 */

/* A name that an earlier item of the list has already. */
static void
unique_check(struct load *l, const struct conf_key *k, const uint8_t *item,
    const uint8_t *first, const struct node *n)
{
	const struct conf_key *u = k->sub;
	const char *mine, *other;

	while (u->name != NULL && !(u->flags & KEY_UNIQUE))
		u++;
	mine = u->name ? text_at(item, u) : NULL;
	if (mine == NULL)
		return;
	for (; first < item; first += k->size) {
		other = text_at(first, u);
		if (other == NULL || strcmp(mine, other) != 0)
			continue;
		n = node_get(n, u->name) ? node_get(n, u->name) : n;
		mistake_add(l->m, n->at,
		    "%s: '%s' is taken above; names are "
		    "unique",
		    u->name, QUOTE(span_str(mine)));
		return;
	}
}

static void
load_item(struct load *l, uint8_t *item, const struct conf_key *k,
    const struct node *n)
{
	const struct conf_key *bare = k->sub;

	while (bare->name != NULL && !(bare->flags & KEY_BARE))
		bare++;
	load_defaults(l, item, k->sub);
	if (n->kind == NODE_SCALAR && bare->name != NULL)
		load_value(l, item, bare, n);
	else if (n->kind == NODE_MAP)
		load_map(l, item, k->sub, n);
	else if (!n->refused)
		mistake_add(l->m, n->at,
		    "%s: an item is a map ({key: value, ...})", k->name);
}

static void
load_items(struct load *l, void *base, const struct conf_key *k,
    const struct node *list)
{
	struct items to = items_of(base, k);
	uint8_t *items;
	size_t i = 0;

	if (!load_list_ok(l, k, list))
		return;
	for (; i < *to.num; i++)
		load_fini(*to.list + i * k->size, k->sub);
	free(*to.list);
	items = mem_new(load_items_num(list), k->size);
	i = 0;
	for (const struct node *n = list->first; n != NULL; n = n->next) {
		uint8_t *item = items + i++ * k->size;

		load_item(l, item, k, n);
		unique_check(l, k, item, items, n);
	}
	*to.list = items;
	*to.num = i;
}

/* --- maps -------------------------------------------------------------------
 */

static void
load_any(
    struct load *l, void *base, const struct conf_key *k, const struct node *n)
{
	int *choice;

	if (k->type == TYPE_ITEMS) {
		load_items(l, base, k, n);
		return;
	}
	if (k->type != TYPE_MAP) {
		load_value(l, base, k, n);
		return;
	}
	if (n->kind != NODE_MAP) {
		load_wrong_type(l, k, n);
		return;
	}
	if (k->flags & KEY_ONE_OF) {
		choice = (int *)(void *)((uint8_t *)base + k->offset);
		*choice = k->choice;
		load_defaults(l, base, k->sub);
	}
	load_map(l, base, k->sub, n);
}

/* There, and not null. */
static bool
is_given(const struct node *map, const char *name)
{
	const struct node *n = node_get(map, name);

	return n != NULL &&
	       (n->kind != NODE_SCALAR || node_scalar(n) != SCALAR_NULL);
}

/* Required keys, and those that come in pairs. */
static void
missing_check(
    struct load *l, const struct conf_key *keys, const struct node *map)
{
	const struct node *n;

	for (const struct conf_key *k = keys; k->name != NULL; k++) {
		n = node_get(map, k->name);
		if (n == NULL && k->flags & KEY_REQUIRED)
			mistake_add(l->m, map->at, "'%s' is missing here: %s",
			    k->name, k->help);
		if (k->needs && is_given(map, k->name) &&
		    !is_given(map, k->needs))
			mistake_add(l->m, n->key->at,
			    "'%s' is missing, which goes with '%s'", k->needs,
			    k->name);
	}
}

/* Of the keys marked so, exactly one. */
static void
one_of_check(
    struct load *l, const struct conf_key *keys, const struct node *map)
{
	const struct node *first = NULL;
	struct buf names = {0};
	const struct conf_key *k;

	for (k = keys; k->name != NULL; k++)
		if (k->flags & KEY_ONE_OF)
			buf_fmt(&names, "%s%s", names.len ? ", " : "", k->name);
	for (const struct node *n = map->first; n != NULL; n = n->next) {
		k = conf_key_find(keys, n->key->text);
		if (k == NULL || !(k->flags & KEY_ONE_OF))
			continue;
		if (first != NULL && strcmp(first->key->text, k->name) != 0)
			mistake_add(l->m, n->key->at,
			    "'%s' stands here already; only one of %s",
			    first->key->text, buf_cstr(&names));
		if (first == NULL)
			first = n;
	}
	if (first == NULL && names.len > 0)
		mistake_add(l->m, map->at, "one of %s is missing here",
		    buf_cstr(&names));
	buf_fini(&names);
}

void
load_map(struct load *l, void *base, const struct conf_key *keys,
    const struct node *map)
{
	for (const struct node *n = map->first; n != NULL; n = n->next) {
		const struct conf_key *k = conf_key_find(keys, n->key->text);
		const struct node *first;

		if (l->m->num > MISTAKES_MAX)
			return;
		if (k == NULL) {
			load_unknown(l, keys, n->key);
			continue;
		}
		first = node_get(map, k->name);
		if (first != n)
			mistake_add(l->m, n->key->at,
			    "duplicate key '%s' (first on line %u)", k->name,
			    mistakes_line(l->m, first->key->at.at));
		else if (!n->refused)
			load_any(l, base, k, n);
	}
	missing_check(l, keys, map);
	one_of_check(l, keys, map);
}

/* --- defaults, release ------------------------------------------------------
 */

/* A default as if it stood in a file: a scalar, or words as a list. */
static void
load_default(struct load *l, void *base, const struct conf_key *k)
{
	struct node list = {.kind = NODE_LIST}, item[4] = {{0}};
	char *words = mem_str(k->def), *at = words, *word;
	bool is_list = k->type == TYPE_TEXTS || k->type == TYPE_ITEMS;
	size_t num = 0;

	if (!is_list) {
		item[0] = (struct node){.plain = true, .text = k->def};
		load_any(l, base, k, &item[0]);
	}
	while (is_list && (word = strsep(&at, " ")) != NULL) {
		ASSERT(num < 4);
		item[num] = (struct node){.plain = false, .text = word};
		if (num > 0)
			item[num - 1].next = &item[num];
		num++;
	}
	if (is_list) {
		list.first = &item[0];
		load_any(l, base, k, &list);
	}
	free(words);
}

void
load_defaults(struct load *l, void *base, const struct conf_key *keys)
{
	for (const struct conf_key *k = keys; k->name != NULL; k++) {
		if (k->def != NULL)
			load_default(l, base, k);
		if (k->type == TYPE_MAP && !(k->flags & KEY_ONE_OF))
			load_defaults(l, base, k->sub);
	}
}

static void
fini_one(void *base, const struct conf_key *k)
{
	void *p = (uint8_t *)base + k->offset;
	struct items it;

	switch (k->type) {
	case TYPE_TEXT:
	case TYPE_PATH:
	case TYPE_STORE:
		free(*(char **)p);
		*(char **)p = NULL;
		break;
	case TYPE_TEXTS:
	case TYPE_COMMAND:
		load_strings_fini(p);
		break;
	case TYPE_MAP:
		load_fini(base, k->sub);
		break;
	case TYPE_ITEMS:
		it = items_of(base, k);
		for (size_t i = 0; i < *it.num; i++)
			load_fini(*it.list + i * k->size, k->sub);
		free(*it.list);
		*it.list = NULL;
		*it.num = 0;
		break;
	default:
		break;
	}
}

void
load_fini(void *base, const struct conf_key *keys)
{
	for (; keys->name != NULL; keys++)
		fini_one(base, keys);
}
