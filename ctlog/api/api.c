/*
 * api: what does not depend on the protocol: finding one by its name, the
 * beginning and the simple cases of a proof. See api.h and job.h.
 */
#include "ctlog/api/api.h"

#include <inttypes.h>
#include <stdarg.h>

#include "ctlog/api/job.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"

const struct log_api *
log_api_find(const char *name)
{
	static const struct log_api *const all[] = {
	    &log_api_static, &log_api_rfc6962};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i]->name, name) == 0)
			return all[i];
	return NULL;
}

void
request_url(struct request *out, const struct log *l, size_t limit,
    const char *fmt, ...)
{
	size_t len = strlen(l->url);
	va_list ap;
	int n;

	ASSERT(len <= LOG_URL_MAX && len > 0 && l->url[len - 1] == '/');
	memcpy(out->url, l->url, len);
	va_start(ap, fmt);
	n = vsnprintf(out->url + len, LIMIT_URL - len, fmt, ap);
	va_end(ap);
	ASSERT(n >= 0 && (size_t)n < LIMIT_URL - len);
	out->limit = limit;
	out->may_miss = out->only_hashes = false;
}

void
proof_job_init(struct proof_job *j, enum proof_kind kind,
    const struct head *head, uint64_t at, const struct range *have)
{
	ASSERT(at <= head->size);
	*j = (struct proof_job){.kind = kind, .head = *head, .at = at};
	if (kind == PROOF_PREFIX) {
		ASSERT(have != NULL && have->begin == 0 && have->end == at);
		j->range = *have;
	}
	if (head->size > LIMIT_TREE_SIZE)
		j->status = err_set(&j->err, ST_LIMIT,
		    "a tree of %" PRIu64 " entries is too large", head->size);
}

void
proof_job_inclusion(struct proof_job *j, const struct head *head,
    uint64_t index, const struct hash *leaf)
{
	ASSERT(index < head->size);
	proof_job_init(j, PROOF_INCLUSION, head, index, NULL);
	j->leaf = *leaf;
}

void
proof_job_units(struct proof_job *j, unsigned num)
{
	ASSERT(j->kind == PROOF_ANCHOR && num <= LIMIT_TILE);
	ASSERT(j->at % (LIMIT_TILE * UNIT) == 0);
	ASSERT(num * UNIT <= j->head.size - j->at);
	j->num_units = num;
	j->unit = mem_new(num, sizeof(*j->unit));
}

void
proof_job_fini(struct proof_job *j)
{
	buf_fini(&j->bodies);
	free(j->unit);
	j->unit = NULL;
}

bool
job_is_trivial(const struct proof_job *j)
{
	if (j->status != ST_OK)
		return true;
	if (j->kind == PROOF_INCLUSION)
		return j->head.size == 1;
	return (j->at == 0 && j->num_units == 0) ||
	       (j->at == j->head.size && j->kind == PROOF_PREFIX);
}

enum status
job_trivial(struct proof_job *j, struct hasher *h, struct err *e)
{
	if (j->status != ST_OK)
		return err_set(e, j->status, "%s", j->err.text);
	if (j->kind == PROOF_INCLUSION)
		return job_included(j, h, e);
	/* Nothing is a prefix of everything. */
	if (j->at != j->head.size)
		return ST_OK;
	return job_compare(j, &j->range, h, e);
}

enum status
job_included(const struct proof_job *j, struct hasher *h, struct err *e)
{
	struct tree tree = {j->head.size, j->head.root};
	enum status st = proof_inclusion(h, &tree, j->at, &j->leaf, &j->path);

	if (st == ST_OK)
		return ST_OK;
	return err_set(e, st,
	    "the audit path of entry %" PRIu64 " in %" PRIu64 " entries %s",
	    j->at, j->head.size,
	    st == ST_BAD ? "has a wrong length" : "does not verify");
}

enum status
job_compare(const struct proof_job *j, const struct range *whole,
    struct hasher *h, struct err *e)
{
	struct buf ours = {0}, theirs = {0};
	struct hash root;

	ASSERT(whole->end == j->head.size);
	range_root(whole, h, &root);
	if (hash_eq(&root, &j->head.root))
		return ST_OK;
	text_base64(&ours, hash_span(&root));
	text_base64(&theirs, hash_span(&j->head.root));
	err_set(e, ST_MISMATCH,
	    "the tree of %" PRIu64
	    " entries has the root %s, but the log signed %s",
	    j->head.size, buf_cstr(&ours), buf_cstr(&theirs));
	buf_fini(&ours);
	buf_fini(&theirs);
	return ST_MISMATCH;
}
