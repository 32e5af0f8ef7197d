/*
 * Which addresses are public ones: everything that is not loopback, private,
 * link-local, shared (carrier NAT), multicast, reserved, documentation or a
 * cloud's metadata service, in IPv4, IPv6 and IPv4 inside IPv6 (mapped,
 * compatible,
 * 6to4, Teredo, NAT64). Source: the IANA special-purpose address registries.
 */
#ifndef FOVEA_SOURCE_ADDRESS_H
#define FOVEA_SOURCE_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/** @param reason_out  Static word for the message ("a loopback address"); set
 *                     if it is not public. Other families than INET and INET6
 *                     are
 *                     never public. */
bool fovea_address_is_public(const struct sockaddr *address, socklen_t size,
        const char **reason_out);

#endif
