/* carrier_row: see carrier_row.h. */
#include "monitor/pii/carrier_row.h"

#include "ctlog/base/text.h"

enum { COL_TABLE, COL_KEY, COL_HOW, COL_KIND, COL_LABEL, COL_SIDE, COL_NOTE };
#define COLUMNS 7

static const char *const tables[TABLES] = {
    "attr", "other", "ext", "class", "template"};

static const char *const hows[] = {[HOW_TEXT] = "text",
    [HOW_EMAIL] = "email",
    [HOW_UPN] = "upn",
    [HOW_VALUE] = "value",
    [HOW_PERSONAL] = "personal",
    [HOW_DATE] = "date",
    [HOW_NAME] = "name",
    [HOW_GIVEN] = "given",
    [HOW_SURNAME] = "surname",
    [HOW_INITIALS] = "initials",
    [HOW_COMMON] = "common",
    [HOW_SERIAL] = "serial",
    [HOW_LOGIN] = "login",
    [HOW_UNIT] = "unit",
    [HOW_RIF] = "rif",
    [HOW_ORG_ID] = "org-id",
    [HOW_INN] = "inn",
    [HOW_KRB5] = "krb5",
    [HOW_DN] = "dn",
    [HOW_LDAP_DN] = "ldap-dn",
    [HOW_ATTRS] = "attrs",
    [HOW_BR] = "br-person",
    [HOW_CLIENT] = "client",
    [HOW_OPAQUE] = "opaque",
    [HOW_NOTICE] = "notice",
    [HOW_SKIP] = "skip"};

static const char *const ext_hows[] = {[EXT_SCAN] = "scan",
    [EXT_SKIP] = "skip",
    [EXT_NAMES] = "names",
    [EXT_AKI] = "aki",
    [EXT_SDA] = "sda",
    [EXT_SID] = "sid",
    [EXT_VALUE] = "value",
    [EXT_REPO] = "repo",
    [EXT_ATTR] = "attr",
    [EXT_OPAQUE] = "opaque",
    [EXT_NOTICE] = "notice",
    [EXT_ACCESS] = "access",
    [EXT_CONSTRAINTS] = "constraints",
    [EXT_QC] = "qc",
    [EXT_POLICIES] = "policies",
    [EXT_BIOMETRIC] = "biometric",
    [EXT_LOGOTYPE] = "logotype",
    [EXT_TEMPLATE] = "template",
    [EXT_ADMISSION] = "admission",
    [EXT_PROCURATION] = "procuration",
    [EXT_MAJORITY] = "majority"};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static enum status
bad(struct err *e, const char *what, struct span text)
{
	return err_set(e, ST_BAD, "%s %s", what, QUOTE(text));
}

static bool
look_up(unsigned *out, struct span word, const char *const *list, size_t num)
{
	for (unsigned i = 0; i < num; i++) {
		if (!span_eq_str(word, list[i]))
			continue;
		*out = i;
		return true;
	}
	return false;
}

/* An arc in base 128 (X.690 8.19.2). */
static bool
add_arc(struct carrier_row *r, uint64_t arc)
{
	unsigned n = 1;

	while (arc >> 7 * n)
		n++;
	if (r->key_len + n > CARRIER_KEY)
		return false;
	while (n-- > 0)
		r->key[r->key_len++] =
		    (uint8_t)((arc >> 7 * n & 0x7f) | (n ? 0x80 : 0));
	return true;
}

/* Decimal without leading zeros, of 32 bits. */
static bool
read_arc(uint64_t *out, struct span s)
{
	*out = 0;
	if (s.len == 0 || s.len > 10 || (s.len > 1 && s.p[0] == '0'))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] - (unsigned)'0' > 9)
			return false;
		*out = *out * 10 + (s.p[i] - (unsigned)'0');
	}
	return *out <= UINT32_MAX;
}

/* Dotted decimal to octets. A star stands for any arcs, not at the front; one
 * small arc follows it. */
static bool
read_oid(struct carrier_row *r, struct span s)
{
	uint64_t first = 0, arc;
	unsigned n = 0, behind = 0;

	for (struct span part; s.len > 0; s = span_from(s, part.len + 1)) {
		part = span_cut(s, 0, span_chr(s, '.'));
		if (part.len + 1 == s.len)
			return false;
		if (span_eq_str(part, "*")) {
			if (r->pattern || n < 3)
				return false;
			r->pattern = true;
			continue;
		}
		behind += r->pattern;
		if (!read_arc(&arc, part) || (r->pattern && arc > 127))
			return false;
		if (n++ == 0)
			first = arc;
		else if (!add_arc(r, n == 2 ? first * 40 + arc : arc))
			return false;
	}
	return n > 1 && first < 3 && behind == r->pattern;
}

/* The columns of a line; none has more than COLUMNS. */
static bool
split(struct span column[COLUMNS], struct span line)
{
	unsigned n = 0;

	for (; n < COLUMNS; n++)
		column[n] = span_of(NULL, 0);
	for (n = 0; line.len > 0; n++) {
		struct span s = span_cut(line, 0, span_chr(line, '\t'));

		if (n == COLUMNS || s.len == 0 || s.len > CARRIER_TEXT ||
		    s.len + 1 == line.len)
			return false;
		line = span_from(line, s.len + 1);
		column[n] = span_eq_str(s, "-") ? span_of(NULL, 0) : s;
	}
	return true;
}

static enum status
read_key(struct carrier_row *out, struct span key, struct err *e)
{
	if (out->table != TABLE_TEMPLATE)
		return read_oid(out, key)
			   ? ST_OK
			   : bad(e, "no object identifier:", key);
	if (key.len == 0 || key.len > CARRIER_KEY)
		return bad(e, "no name of a template:", key);
	memcpy(out->key, key.p, key.len);
	out->key_len = (uint8_t)key.len;
	return ST_OK;
}

static bool
read_how(struct carrier_row *out, struct span word)
{
	/* What waits for the other attributes of a name. */
	const uint32_t waits = 1u << HOW_PERSONAL | 1u << HOW_GIVEN |
			       1u << HOW_SURNAME | 1u << HOW_COMMON |
			       1u << HOW_SERIAL | 1u << HOW_DN;

	if (out->table == TABLE_ATTR || out->table == TABLE_OTHER)
		return look_up(&out->how, word, hows, COUNT(hows)) &&
		       (out->table == TABLE_ATTR || !(waits >> out->how & 1));
	if (out->table == TABLE_EXT)
		return look_up(&out->how, word, ext_hows, COUNT(ext_hows));
	for (out->how = 0; out->how < CLASSES; out->how++)
		if (span_eq_str(word, class_name(out->how)))
			return true;
	return false;
}

/* What is read as a value has a kind, and nothing else. */
static bool
wants_kind(const struct carrier_row *r)
{
	const uint32_t none = 1u << HOW_TEXT | 1u << HOW_ATTRS |
			      1u << HOW_NOTICE | 1u << HOW_SKIP;
	const uint32_t some = 1u << EXT_SID | 1u << EXT_VALUE | 1u << EXT_REPO |
			      1u << EXT_OPAQUE | 1u << EXT_BIOMETRIC |
			      1u << EXT_ADMISSION | 1u << EXT_PROCURATION |
			      1u << EXT_MAJORITY;

	if (r->table == TABLE_EXT)
		return some >> r->how & 1;
	return r->table < TABLE_CLASS && !(none >> r->how & 1);
}

/* What a notice says must be there; what is no finding has nothing to say. */
static bool
has_right_note(const struct carrier_row *r)
{
	bool told = r->table == TABLE_EXT
			? r->how == EXT_NOTICE || r->how == EXT_LOGOTYPE
			: r->table < TABLE_CLASS && r->how == HOW_NOTICE;

	if (told)
		return r->note.len > 0;
	return r->note.len == 0 || (r->table < TABLE_EXT && r->has_kind);
}

static enum status
read_rest(struct carrier_row *out, const struct span *column, struct err *e)
{
	bool named = out->table < TABLE_CLASS;
	struct span side = column[COL_SIDE];

	out->label = column[COL_LABEL];
	out->note = column[COL_NOTE];
	if (named != (out->label.len > 0))
		return bad(e, named ? "no label" : "a label:", out->label);
	out->has_kind = column[COL_KIND].len > 0;
	if (out->has_kind && !kind_of(&out->kind, column[COL_KIND]))
		return bad(e, "no kind:", column[COL_KIND]);
	if (out->has_kind != wants_kind(out))
		return bad(
		    e, "a kind where none is, or none:", column[COL_KIND]);
	out->issuer = span_eq_str(side, "issuer");
	if (side.len > 0 && !out->issuer && !span_eq_str(side, "subject"))
		return bad(e, "no side:", side);
	if ((side.len > 0) != (out->table == TABLE_EXT) && !out->issuer)
		return bad(e, "a side where none is, or none:", side);
	if (!has_right_note(out))
		return bad(e, "a note where none is, or none:", out->note);
	return ST_OK;
}

enum status
carrier_row_read(struct carrier_row *out, struct span line, struct err *e)
{
	struct span column[COLUMNS];
	unsigned table;
	enum status st;

	*out = (struct carrier_row){.pattern = false};
	if (!split(column, line))
		return bad(e, "columns that are empty or too many:", line);
	if (!look_up(&table, column[COL_TABLE], tables, TABLES))
		return bad(e, "no table:", column[COL_TABLE]);
	out->table = (enum carrier_table)table;
	if ((st = read_key(out, column[COL_KEY], e)) != ST_OK)
		return st;
	if (!read_how(out, column[COL_HOW]))
		return bad(e, "no way to read it:", column[COL_HOW]);
	return read_rest(out, column, e);
}
