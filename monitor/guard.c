/* address: see address.h. */
#include "monitor/guard.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

/* Networks that are not for everybody. */
static const struct {
	uint8_t net[4];
	unsigned bits;
} closed4[] = {
    {{0, 0, 0, 0}, 8},
    {{10, 0, 0, 0}, 8},
    {{100, 64, 0, 0}, 10},
    {{127, 0, 0, 0}, 8},
    {{169, 254, 0, 0}, 16},
    {{172, 16, 0, 0}, 12},
    {{192, 0, 0, 0}, 24},
    {{192, 0, 2, 0}, 24},
    {{192, 88, 99, 0}, 24},
    {{192, 168, 0, 0}, 16},
    {{198, 18, 0, 0}, 15},
    {{198, 51, 100, 0}, 24},
    {{203, 0, 113, 0}, 24},
    {{224, 0, 0, 0}, 3},
};

/* Of 2000::/3; all else is closed. */
static const struct {
	uint8_t net[4];
	unsigned bits;
} closed6[] = {
    {{0x20, 0x01, 0x00, 0x00}, 23}, /* Teredo, ORCHID, benchmarks */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x20, 0x02, 0x00, 0x00}, 16}, /* 6to4 */
    {{0x3f, 0xff, 0x00, 0x00}, 20}, /* documentation */
};

static bool
is_in(const uint8_t *a, const uint8_t *net, unsigned bits)
{
	uint8_t mask = (uint8_t)(0xff00u >> bits % 8);

	if (memcmp(a, net, bits / 8) != 0)
		return false;
	return bits % 8 == 0 || (a[bits / 8] & mask) == net[bits / 8];
}

static bool
is_public4(const uint8_t *a)
{
	for (size_t i = 0; i < sizeof(closed4) / sizeof(closed4[0]); i++)
		if (is_in(a, closed4[i].net, closed4[i].bits))
			return false;
	return true;
}

static bool
is_public6(const uint8_t *a)
{
	if ((a[0] & 0xe0) != 0x20)
		return false;
	for (size_t i = 0; i < sizeof(closed6) / sizeof(closed6[0]); i++)
		if (is_in(a, closed6[i].net, closed6[i].bits))
			return false;
	return true;
}

bool
guard_is_public(const struct sockaddr *a)
{
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;

	if (a->sa_family == AF_INET) {
		memcpy(&in4, a, sizeof(in4));
		return is_public4((const uint8_t *)&in4.sin_addr);
	}
	if (a->sa_family != AF_INET6)
		return false;
	memcpy(&in6, a, sizeof(in6));
	return is_public6(in6.sin6_addr.s6_addr);
}
