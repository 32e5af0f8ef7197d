/*
 * Which proxy the environment names for a URL: http_proxy, https_proxy,
 * all_proxy and no_proxy as libcurl reads them.
 *
 * libcurl could ask by itself. But an address is checked if it is the server's,
 * and not if it is the proxy's, so the check has to know which it is.
 */
#ifndef FOVEA_SOURCE_PROXY_H
#define FOVEA_SOURCE_PROXY_H

#include <stdbool.h>

/** The proxy for this scheme and host (an address in brackets or not, no port),
 *  or NULL: directly. A string of the environment's. */
const char *fovea_proxy_of(bool is_https, const char *host);

#endif
