/* ca: see ca.h. */
#include "alerts/ca.h"

#include <jansson.h>
#include <string.h>

#include "alerts/advice.h"
#include "ctlog/base/err.h"
#include "ctlog/base/mem.h"

static const char directory[] =
#include "alerts/ca-directory.json.h"
    ;

struct ca {
	json_t *row;
};

/* --- finding --------------------------------------------------------------- */

/* Most issuers are in no row. Whoever is in one has a name there that begins
 * with the same letters, and so the directory need not be read for others. */
static bool
may_be_known(const char *org)
{
	char start[CA_STEM + 2] = "\"";
	size_t n = strnlen(org, CA_STEM);

	memcpy(start + 1, org, n);
	return strstr(directory, start) != NULL;
}

static bool
name_fits(const char *name, const char *org)
{
	size_t stem = strcspn(name, "*");

	if (name[stem] == '\0')
		return strcmp(name, org) == 0;
	return strncmp(name, org, stem) == 0;
}

static json_t *
fact_of(const json_t *row, const char *name)
{
	return json_object_get(json_object_get(row, name), "value");
}

static bool
row_fits(const json_t *row, const char *org)
{
	const json_t *name;
	size_t i;

	json_array_foreach(fact_of(row, "issuer_organizations"), i, name)
	{
		if (name_fits(json_string_value(name), org))
			return true;
	}
	return false;
}

struct ca *
ca_find(const char *issuer_org)
{
	json_t *tree, *row, *found = NULL;
	struct ca *ca = NULL;
	size_t i;

	if (issuer_org == NULL || issuer_org[0] == '\0' ||
	    !may_be_known(issuer_org))
		return NULL;
	tree = json_loads(directory, JSON_REJECT_DUPLICATES, NULL);
	ASSERT(tree != NULL); /* our own */
	json_array_foreach(json_object_get(tree, "cas"), i, row)
	{
		if (found == NULL && row_fits(row, issuer_org))
			found = row;
	}
	if (found != NULL) {
		ca = NEW(struct ca);
		ca->row = json_incref(found);
	}
	json_decref(tree);
	return ca;
}

void
ca_free(struct ca *ca)
{
	if (ca != NULL)
		json_decref(ca->row);
	free(ca);
}

/* --- facts ----------------------------------------------------------------- */

const char *
ca_id(const struct ca *ca)
{
	return json_string_value(json_object_get(ca->row, "id"));
}

const char *
ca_letter(const struct ca *ca)
{
	return json_string_value(json_object_get(ca->row, "letter"));
}

static void
put_value(struct buf *out, const json_t *value)
{
	if (json_is_integer(value))
		buf_fmt(out, "%lld", (long long)json_integer_value(value));
	else
		buf_str(out, json_string_value(value));
}

bool
ca_fact(struct buf *out, const struct ca *ca, const char *name)
{
	const json_t *value = fact_of(ca->row, name), *line;
	size_t i;

	if (value == NULL)
		return false;
	if (!json_is_array(value))
		put_value(out, value);
	json_array_foreach(value, i, line)
	{
		if (i > 0)
			buf_char(out, '\n');
		put_value(out, line);
	}
	return true;
}

const char *
ca_checked(const struct ca *ca)
{
	const char *name, *date, *oldest = NULL;
	json_t *fact;

	json_object_foreach(ca->row, name, fact)
	{
		date = json_string_value(json_object_get(fact, "date"));
		if (date != NULL &&
		    (oldest == NULL || strcmp(date, oldest) < 0))
			oldest = date;
	}
	return oldest;
}

/* --- in a paragraph --------------------------------------------------------- */

static const struct way {
	const char *fact, *words;
} ways[] = {
    {"privacy_web", "through its web form, "},
    {"privacy_email", "by mail to "},
    {"privacy_post", "by post to "},
    {"support_web", "through its help desk, "},
    {"policy", "as its privacy policy says, "},
};

/* Lines become one, with commas. */
static void
put_line(struct buf *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] == '\n')
			buf_str(out, ", ");
		else
			buf_char(out, (char)text.p[i]);
	}
}

void
ca_how_to_write(struct buf *out, const struct ca *ca)
{
	struct buf fact = {0};
	const char *sep = ": ";

	if (ca == NULL) {
		buf_str(out, alert_ca_unknown);
		return;
	}
	buf_str(out, "Write to ");
	ca_fact(out, ca, "name");
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		buf_clear(&fact);
		if (!ca_fact(&fact, ca, ways[i].fact))
			continue;
		buf_fmt(out, "%s%s", sep, ways[i].words);
		put_line(out, buf_span(&fact));
		sep = "; ";
	}
	buf_fmt(out, " (looked up on %s).", ca_checked(ca));
	buf_str(out, " If an employer, bank or other registration authority "
		     "ordered the certificate, write to them first.");
	buf_fini(&fact);
}
