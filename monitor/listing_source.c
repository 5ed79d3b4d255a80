/*
 * listing_source: where log lists are: the built-in ones with their keys, those
 * of a configuration, those of a command line; and the log that is built in
 * because it stands in no list. Nothing is read here.
 */
#include "monitor/listing.h"

#include <string.h>

#include "ctlog/base/mem.h"

/* Of Google's list: gstatic.com/ct/log_list/v3/log_list_pubkey.pem. */
static const char chrome_pem[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAsu0BHGnQ++W2CTdyZyxv\n"
    "HHRALOZPlnu/VMVgo2m+JZ8MNbAOH2cgXb8mvOj8flsX/qPMuKIaauO+PwROMjiq\n"
    "fUpcFm80Kl7i97ZQyBDYKm3MkEYYpGN+skAR2OebX9G2DfDqFY8+jUpOOWtBNr3L\n"
    "rmVcwx+FcFdMjGDlrZ5JRmoJ/SeGKiORkbbu9eY1Wd0uVhz/xI5bQb0OgII7hEj+\n"
    "i/IPbJqOHgB8xQ5zWAJJ0DmG+FM6o7gk403v6W3S8qRYiR84c50KppGwe4YqSMkF\n"
    "bLDleGQWLoaDSpEWtESisb4JiLaY4H+Kk0EyAhPSb+49JfUozYl+lf7iFN3qRq/S\n"
    "IXXTh6z0S7Qa8EYDhKGCrpI03/+qprwy+my6fpWHi6aUIk4holUCmWvFxZDfixox\n"
    "K0RlqbFDl2JXMBquwlQpm8u5wrsic1ksIv9z8x9zh4PJqNpCah0ciemI3YGRQqSe\n"
    "/mRRXBiSn9YQBUPcaeqCYan+snGADFwHuXCd9xIAdFBolw9R9HTedHGUfVXPJDiF\n"
    "4VusfX6BRR/qaadB+bqEArF/TzuDUr6FvOR4o8lUUxgLuZ/7HO+bHnaPFKYHHSm+\n"
    "+z1lVDhhYuSZ8ax3T0C3FZpb7HMjZtpEorSV5ElKJEJwrhrBCMOD8L01EoSPrGlS\n"
    "1w22i9uGHMn/uGQKo28u7AsCAwEAAQ==\n"
    "-----END PUBLIC KEY-----\n";

static const struct list_source builtin[] = {
    {.name = "chrome",
	.url = "https://www.gstatic.com/ct/log_list/v3/all_logs_list.json",
	.key_pem = chrome_pem},
    {.name = "apple",
	.url = "https://valid.apple.com/ct/log_list/current_log_list.json"},
};

/*
 * Sigstore's Fulcio log, as its trusted_root.json has it (the shard of 2022,
 * the only open one): in the form of a list, so that it is read like others.
 */
static const char special[] =
    "{\"operators\":[{\"name\":\"Sigstore\",\"logs\":[{"
    "\"description\":\"" LISTING_FULCIO "\","
    "\"url\":\"https://ctfe.sigstore.dev/2022/\","
    "\"log_id\":\"3T0wasbHETJjGR4cmWc3AqJKXrjePK3/h4pygC8p7o4=\","
    "\"key\":\"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEiPSlFi0CmFTfEjCUqF9HuCEc"
    "YXNKAaYalIJmBZ8yyezPjTqhxrKBpMnaocVtLJBI1eM3uXnQzQGAJdJ4gs9Fyw==\","
    "\"mmd\":86400}]}]}";

const struct list_source *
listing_builtin(const char *name)
{
	for (size_t i = 0; i < sizeof(builtin) / sizeof(builtin[0]); i++)
		if (strcmp(builtin[i].name, name) == 0)
			return &builtin[i];
	return NULL;
}

struct list_source
listing_source(const struct conf_list *l)
{
	const struct list_source *b = l->name ? listing_builtin(l->name) : NULL;

	if (b != NULL)
		return *b;
	return (struct list_source){
	    .url = l->url, .file = l->file, .key_file = l->key_file};
}

struct list_source
listing_named(const char *word, const char *key_file)
{
	const struct list_source *b = listing_builtin(word);
	struct list_source src = {.key_file = key_file};

	if (b != NULL)
		return *b;
	*(strstr(word, "://") != NULL ? &src.url : &src.file) = word;
	return src;
}

const char *
listing_label(const struct list_source *src)
{
	return src->name ? src->name : src->url ? src->url : src->file;
}

void
listing_special(struct loglist *out)
{
	enum status st = loglist_parse(out, span_str(special), NULL);

	ASSERT(st == ST_OK && out->num == 1);
}
