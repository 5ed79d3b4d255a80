/* node: the tree that yaml.c makes, looked at; see yaml.h. */
#include "config/yaml.h"

const struct node *
node_get(const struct node *map, const char *key)
{
	if (map == NULL || map->kind != NODE_MAP)
		return NULL;
	for (const struct node *n = map->first; n != NULL; n = n->next)
		if (strcmp(n->key->text, key) == 0)
			return n;
	return NULL;
}

static bool
is_any(const char *s, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(s, *words) == 0)
			return true;
	return false;
}

/* [-+]? then digits with at most one dot and an exponent. */
static enum scalar
scalar_number(const char *s)
{
	enum scalar kind = SCALAR_INT;
	size_t digits;

	s += *s == '-' || *s == '+';
	if (strcmp(s, ".inf") == 0 || strcmp(s, ".nan") == 0)
		return SCALAR_FLOAT;
	if (s[0] == '0' && s[1] == 'x' && s[2] != '\0')
		return s[2 + strspn(s + 2, "0123456789abcdefABCDEF")]
			   ? SCALAR_TEXT
			   : SCALAR_INT;
	if (s[0] == '0' && s[1] == 'o' && s[2] != '\0')
		return s[2 + strspn(s + 2, "01234567")] ? SCALAR_TEXT
							: SCALAR_INT;
	digits = strspn(s, "0123456789");
	s += digits;
	if (*s == '.') {
		kind = SCALAR_FLOAT;
		s++;
		digits += strspn(s, "0123456789");
		s += strspn(s, "0123456789");
	}
	if (digits > 0 && (*s == 'e' || *s == 'E')) {
		kind = SCALAR_FLOAT;
		s += s[1] == '-' || s[1] == '+' ? 2 : 1;
		digits = strspn(s, "0123456789");
		s += digits;
	}
	return digits > 0 && *s == '\0' ? kind : SCALAR_TEXT;
}

enum scalar
node_scalar(const struct node *n)
{
	static const char *const nulls[] = {
	    "", "~", "null", "Null", "NULL", NULL};
	static const char *const bools[] = {
	    "true", "True", "TRUE", "false", "False", "FALSE", NULL};

	if (!n->plain)
		return SCALAR_TEXT;
	if (is_any(n->text, nulls))
		return SCALAR_NULL;
	if (is_any(n->text, bools))
		return SCALAR_BOOL;
	return scalar_number(n->text);
}
