/*
 * report_proof: the part of a report on what was scanned: logs, ranges and
 * heads, what could not be read, and how to verify all that without this
 * program; see report_private.h.
 */
#include "alerts/report_private.h"
#include "ctlog/base/text.h"

/* --- logs ----------------------------------------------------------------------- */

static void
put_range(struct buf *out, uint64_t from, uint64_t to)
{
	if (from >= to) {
		buf_str(out, "none");
		return;
	}
	put_num(out, from);
	buf_str(out, " to ");
	put_num(out, to - 1);
}

static void
cell_head(struct buf *out, const struct report_log *l)
{
	buf_str(out, "<td role=cell data-l=\"Signed tree\">");
	if (l->head.size == 0 && l->head.time_ms == 0) {
		buf_str(out, "none was seen</td>\n");
		return;
	}
	put_count(out, l->head.size, "entry", "entries");
	buf_str(out, ", signed ");
	put_time(out, l->head.time_ms);
	buf_str(out, "<br><small>root <span class=mono>");
	text_base64(out, span_of(l->head.root, 32));
	buf_str(out, "</span></small></td>\n");
}

static void
cell_name(struct buf *out, const struct report_log *l)
{
	buf_str(out, "<th scope=row role=rowheader><strong>");
	put_text(out, l->name, "?");
	buf_str(out, "</strong>");
	if (l->operator_name != NULL && l->operator_name[0] != '\0') {
		buf_str(out, ", ");
		put_text(out, l->operator_name, "");
	}
	if (l->has_id) {
		buf_str(out, "<br><small>log ID <span class=mono>");
		text_base64(out, span_of(l->log_id, 32));
		buf_str(out, "</span></small>");
	}
	if (l->url != NULL) {
		buf_str(out, "<br><small>");
		put_text(out, l->url, "");
		buf_str(out, "</small>");
	}
	buf_str(out, "</th>\n");
}

static void
cell_state(struct buf *out, const struct report_log *l)
{
	buf_str(out, "<td role=cell data-l=\"Proof\">");
	if (l->reason == NULL) {
		buf_str(out, l->from < l->to
				 ? "<span class=\"badge good\">Proven</span>"
				 : "<span class=\"badge good\">Empty</span>");
	} else {
		buf_str(out, l->stopped
				 ? "<span class=\"badge warn\">Stopped</span>"
				 : "<span class=\"badge bad\">Not proven"
				   "</span>");
		buf_str(out, "<br><small>");
		text_html(out, span_str(l->reason), REPORT_WHY);
		buf_str(out, "</small>");
	}
	buf_str(out, "</td></tr>\n");
}

static void
log_row(struct buf *out, const struct report_logged *g)
{
	const struct report_log *l = &g->l;

	buf_str(out, "<tr role=row>");
	cell_name(out, l);
	buf_str(out, "<td role=cell data-l=\"Entries\">");
	put_range(out, l->from, l->to);
	buf_str(out, "<br><small>");
	if (l->from < l->to) {
		put_num(out, l->read);
		buf_str(out, " of ");
		put_num(out, l->to - l->from);
		buf_str(out, " read<br>");
	}
	put_text(out, l->asked, "");
	buf_str(out, "</small></td>\n");
	cell_head(out, l);
	buf_str(out, "<td role=cell class=num data-l=\"Exposures\">");
	put_num(out, g->exposures);
	buf_str(out, "</td>\n");
	cell_state(out, l);
}

void
page_logs(struct buf *out, const struct report *r)
{
	buf_str(out,
	    "<section id=logs><h2>What was scanned, and proven</h2>\n"
	    "<p>A log signs the root of a hash tree over all its entries. "
	    "<em>Proven</em> means that the hash of every entry of the range "
	    "was computed anew and is part of the signed tree, so that none "
	    "was left out, added or changed.</p>\n"
	    "<table class=\"plain cards\" role=table><caption>");
	put_count(out, r->num_logs, "log", "logs");
	buf_str(out, ".</caption>\n<thead role=rowgroup><tr role=row>"
		     "<th scope=col role=columnheader>Log</th>"
		     "<th scope=col role=columnheader>Entries</th>"
		     "<th scope=col role=columnheader>Signed tree</th>"
		     "<th scope=col role=columnheader class=num>Exposures</th>"
		     "<th scope=col role=columnheader>Proof</th></tr></thead>\n"
		     "<tbody role=rowgroup>\n");
	for (size_t i = 0; i < r->num_logs; i++)
		log_row(out, &r->logs[i]);
	buf_str(out, "</tbody></table></section>\n");
}

/* --- quarantine ------------------------------------------------------------------- */

static void
held_row(struct buf *out, const struct report_held *h)
{
	uint64_t shown = h->num < REPORT_INDEXES ? h->num : REPORT_INDEXES;

	buf_str(out, "<tr role=row><th scope=row role=rowheader>");
	put_text(out, h->log->name, "?");
	buf_str(out, "</th>\n<td role=cell data-l=\"Reason\">");
	put_text(out, h->reason, "?");
	buf_str(out, "</td>\n<td role=cell data-l=\"Entry\">");
	for (uint64_t i = 0; i < shown; i++)
		buf_fmt(out, "%s%llu", i > 0 ? ", " : "",
		    (unsigned long long)h->at[i]);
	if (h->num > shown) {
		buf_str(out, " and ");
		put_num(out, h->num - shown);
		buf_str(out, " more");
	}
	buf_str(out, "</td>\n<td role=cell class=num data-l=\"Entries\">");
	put_num(out, h->num);
	buf_str(out, "</td></tr>\n");
}

static void
held_table(struct buf *out, const struct report *r)
{
	uint64_t told = 0;

	buf_str(out, "<table class=\"plain cards\" role=table><caption>");
	put_count(out, r->num_quarantined, "entry", "entries");
	buf_str(out, " in quarantine, by log and reason.</caption>\n"
		     "<thead role=rowgroup><tr role=row>"
		     "<th scope=col role=columnheader>Log</th>"
		     "<th scope=col role=columnheader>Reason</th>"
		     "<th scope=col role=columnheader>Entry</th>"
		     "<th scope=col role=columnheader class=num>Entries</th>"
		     "</tr></thead>\n<tbody role=rowgroup>\n");
	for (size_t i = 0; i < r->num_held; i++) {
		held_row(out, &r->held[i]);
		told += r->held[i].num;
	}
	buf_str(out, "</tbody></table>\n");
	if (told < r->num_quarantined) {
		buf_str(out, "<p>And ");
		put_num(out, r->num_quarantined - told);
		buf_str(out, " more, for other reasons.</p>\n");
	}
}

void
page_quarantine(struct buf *out, const struct report *r)
{
	uint64_t partial = 0;

	for (size_t i = 0; i < r->num_logs; i++)
		partial += r->logs[i].l.partial;
	buf_str(
	    out, "<section id=quarantine><h2>What could not be read</h2>\n");
	if (r->num_quarantined == 0)
		buf_str(out, "<p>Every entry that was read could be searched; "
			     "none is in quarantine.</p>\n");
	else
		buf_str(out,
		    "<p>These entries are part of the proven log, but could "
		    "not be searched for anybody: their framing is broken, "
		    "the certificate is unreadable or too large, or it broke "
		    "the process that read it.</p>\n");
	if (r->num_quarantined > 0)
		held_table(out, r);
	buf_str(out, "<p>");
	if (partial == 0) {
		buf_str(out, "No certificate had malformed parts");
	} else {
		put_count(out, partial, "certificate", "certificates");
		buf_str(out, " had malformed parts: what could be made out of "
			     "these was searched as raw text, all else as "
			     "usual");
	}
	buf_str(out, ", as far as this run read.</p></section>\n");
}

/* --- how to verify ------------------------------------------------------------------ */

/* In apostrophes, for a shell. */
static void
put_shell(struct buf *out, const char *text)
{
	struct buf word = {0};

	for (; *text != '\0'; text++)
		if (*text == '\'')
			buf_str(&word, "'\\''");
		else
			buf_char(&word, *text);
	buf_str(out, "&#39;");
	text_html(out, buf_span(&word), SIZE_MAX);
	buf_str(out, "&#39;");
	buf_fini(&word);
}

static void
put_url(struct buf *out, const char *url)
{
	struct buf text = {0};

	buf_str(&text, url);
	if (text.len > 0 && text.p[text.len - 1] != '/')
		buf_char(&text, '/');
	put_shell(out, buf_cstr(&text));
	buf_fini(&text);
}

/* The leaf hash is that of a zero byte and the leaf (RFC 6962 2.1). */
static void
verify_rfc6962(struct buf *out, const struct report_example *x)
{
	buf_str(out, "<p>The entry as the log serves it, and its leaf hash:"
		     "</p>\n<pre id=recipe>LOG=");
	put_url(out, x->log->url);
	buf_fmt(out, "\nINDEX=%llu\n", (unsigned long long)x->index);
	buf_str(out,
	    "curl -s &#34;${LOG}ct/v1/get-entries?start=$INDEX&#38;end=$INDEX"
	    "&#34; | tr -d &#39; \\n\\\\&#39; |\n"
	    "  sed &#39;s/.*&#34;leaf_input&#34;:&#34;\\([^&#34;]*\\)&#34;.*/"
	    "\\1/&#39; | openssl base64 -d -A &gt; leaf\n"
	    "{ printf &#39;\\000&#39;; cat leaf; } | openssl dgst -sha256 "
	    "-binary | openssl base64</pre>\n");
}

/* x001/234 (static-ct-api): three digits each, all but the last marked. */
static void
put_tile(struct buf *out, uint64_t n)
{
	char part[3][8];
	unsigned num = 0;

	do {
		snprintf(
		    part[num++], sizeof(part[0]), "%03u", (unsigned)(n % 1000));
		n /= 1000;
	} while (n > 0 && num < 3);
	while (num-- > 0)
		buf_fmt(out, "/%s%s", num > 0 ? "x" : "", part[num]);
}

/* The lowest level of hash tiles has the leaf hashes themselves. */
static void
verify_static(struct buf *out, const struct report_example *x)
{
	uint64_t size = x->log->head.size, tile = x->index / 256;

	buf_str(out, "<p>The leaf hash in the log&#39;s own tree:</p>\n"
		     "<pre id=recipe>LOG=");
	put_url(out, x->log->url);
	buf_fmt(out, "\nINDEX=%llu\n", (unsigned long long)x->index);
	buf_str(out, "curl -s &#34;${LOG}tile/0");
	put_tile(out, tile);
	if (tile == size / 256 && size % 256 != 0)
		buf_fmt(out, ".p/%u", (unsigned)(size % 256));
	buf_str(out, "&#34; | tail -c +$((INDEX % 256 * 32 + 1)) |\n"
		     "  head -c 32 | openssl base64</pre>\n");
	if (tile == size / 256 && size % 256 != 0)
		buf_str(out, "<p>(When the log has grown, without "
			     "<code>.p/</code> and what follows it.)</p>\n");
}

static void
verify_entry(struct buf *out, const struct report_example *x)
{
	buf_str(out, "<h3>One entry, without this program</h3>\n"
		     "<p>Index and leaf hash of each exposure stand under "
		     "<em>Certificate and proof</em>. For the entry ");
	buf_fmt(out, "%llu of ", (unsigned long long)x->index);
	put_text(out, x->log->name, "?");
	buf_str(out, ", for example:</p>\n");
	if (x->log->rfc6962)
		verify_rfc6962(out, x);
	else
		verify_static(out, x);
	buf_str(out, "<p>This prints <code id=leaf-hash>");
	text_base64(out, span_of(x->leaf_hash, 32));
	buf_str(out, "</code>.</p>\n");
}

/* The same range once more, from the log itself. */
static void
verify_again(struct buf *out, const struct report *r)
{
	for (size_t i = 0; i < r->num_logs; i++) {
		const struct report_log *l = &r->logs[i].l;

		if (l->url == NULL || l->from >= l->to)
			continue;
		buf_str(out, "<h3>The scan, once more</h3>\n<p>With the key "
			     "and the records that were used. It reads the log "
			     "again, and its exit status is 0 only when all "
			     "is proven. For ");
		put_text(out, l->name, "?");
		buf_str(out, ":</p>\n<pre>indelible backfill --log-url ");
		put_url(out, l->url);
		buf_fmt(out,
		    " \\\n    --log-key log.pem --from %llu --to %llu "
		    "--records records.jsonl</pre>\n",
		    (unsigned long long)l->from, (unsigned long long)l->to);
		return;
	}
}

void
page_verify(
    struct buf *out, const struct report *r, const struct report_scan *scan)
{
	buf_str(out, "<section id=verify><h2>How to verify this</h2>\n"
		     "<p>Nobody has to believe this page. The logs are public, "
		     "and their entries are always the same.</p>\n");
	if (scan->config != NULL) {
		buf_str(out, "<h3>From the store, without a network</h3>\n"
			     "<pre>indelible verify -c ");
		put_shell(out, scan->config);
		buf_str(out, "</pre>\n");
	}
	verify_again(out, r);
	if (r->example.log != NULL)
		verify_entry(out, &r->example);
	buf_str(out,
	    "<h3>One certificate</h3>\n<p>Its fingerprint is the "
	    "<em>SHA-256 as logged</em> of the exposure:</p>\n"
	    "<pre>openssl x509 -in certificate.pem -noout -fingerprint -sha256 "
	    "-serial -issuer -dates</pre>\n"
	    "<h3>This run</h3>\n<p>Begun ");
	put_time(out, scan->begin_ms);
	buf_str(out, ", ended ");
	put_time(out, scan->end_ms);
	buf_str(out, scan->resumed ? ". Earlier runs of the same scan had read "
				     "a part; what they found is in here."
				   : ".");
	buf_str(out, "</p></section>\n");
}
