/*
 * guard: whether an address is one of the Internet, or of a network that
 * only its own people should reach.
 */
#ifndef MONITOR_GUARD_H
#define MONITOR_GUARD_H

#include <stdbool.h>
#include <sys/socket.h>

/* false for all that the registries of special-purpose addresses (RFC 6890)
 * call not globally reachable, and for those that stand for another address
 * (mapped, NAT64, 6to4, Teredo): private, loopback, link-local (cloud metadata
 * too), shared, documentation, multicast, reserved. */
bool guard_is_public(const struct sockaddr *a);

#endif
