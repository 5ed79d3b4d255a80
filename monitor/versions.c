/* versions: see versions.h. */
#include "monitor/versions.h"

#include <ev.h>
#include <idn2.h>
#include <jansson.h>
#include <libdeflate.h>
#include <libpsl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <utf8proc.h>

#include "config/config.h"
#include "monitor/dns.h"
#include "monitor/door.h"
#include "monitor/http.h"
#include "monitor/sandbox.h"
#include "monitor/store/store.h"

static void
add(struct version list[VERSIONS], size_t *n, const char *name,
    const char *text)
{
	list[*n].name = name;
	snprintf(list[*n].text, sizeof(list[*n].text), "%s", text);
	(*n)++;
}

size_t
versions_get(struct version list[VERSIONS])
{
	size_t n = 0;
	char ev[16];

	snprintf(
	    ev, sizeof(ev), "%d.%d", ev_version_major(), ev_version_minor());
	add(list, &n, "libcurl", http_version());
	add(list, &n, "libev", ev);
	add(list, &n, "jansson", jansson_version_str());
	add(list, &n, "openssl", OpenSSL_version(OPENSSL_VERSION_STRING));
	add(list, &n, "sqlite", store_sqlite_version());
	add(list, &n, "libfyaml", config_yaml_version());
	add(list, &n, "utf8proc", utf8proc_version());
	add(list, &n, "unicode", utf8proc_unicode_version());
	add(list, &n, "libidn2", idn2_check_version(NULL));
	add(list, &n, "libpsl", psl_get_version());
	add(list, &n, "libdeflate", LIBDEFLATE_VERSION_STRING);
	add(list, &n, "libmicrohttpd", door_version());
	add(list, &n, "c-ares", dns_version());
	if (sandbox_library() != NULL)
		add(list, &n, "libseccomp", sandbox_library());
	return n;
}
