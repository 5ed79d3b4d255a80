/* Tests of guard: addresses of the Internet, and all others, as the name
 * service writes them and as the system's resolver reads them. */
#include "monitor/guard.h"

#include <arpa/inet.h>
#include <netdb.h>

#include "tests/unit/support.h"

static bool
is_public(const char *text)
{
	struct addrinfo want = {.ai_flags = AI_NUMERICHOST}, *found;
	bool yes;

	assert_int_equal(getaddrinfo(text, NULL, &want, &found), 0);
	yes = guard_is_public(found->ai_addr);
	freeaddrinfo(found);
	return yes;
}

static void
test_closed(void **state)
{
	static const char *const closed[] = {"0.0.0.0", "10.0.0.1",
	    "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.255",
	    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8",
	    "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
	    "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.1",
	    "239.255.255.255", "240.0.0.1", "255.255.255.255",
	    /* The same, written otherwise. */
	    "2130706433", "0x7f.1", "017700000001", "0xa9fea9fe", "127.1",
	    "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1",
	    "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1",
	    "2001:1ff:ffff::1", "2001:db8::1", "2002:7f00:1::", "3fff::1",
	    "3fff:fff::1", "4000::1", "fc00::1", "fd12:3456::1", "fe80::1",
	    "fec0::1", "ff02::1"};

	(void)state;
	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++)
		if (is_public(closed[i]))
			fail_msg("%s is let through", closed[i]);
}

static void
test_open(void **state)
{
	static const char *const open[] = {"1.1.1.1", "8.8.8.8",
	    "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
	    "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0",
	    "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0",
	    "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
	    "223.255.255.255", "2000::1", "2001:200::1", "2001:db7:ffff::1",
	    "2001:db9::1", "2003::1", "2606:4700::1111", "3ffe::1",
	    "3fff:1000::1"};

	(void)state;
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
		if (!is_public(open[i]))
			fail_msg("%s is refused", open[i]);
}

static void
test_other_families(void **state)
{
	struct sockaddr a = {.sa_family = AF_UNIX};

	(void)state;
	assert_false(guard_is_public(&a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_closed),
	    cmocka_unit_test(test_open),
	    cmocka_unit_test(test_other_families),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
