/*
 * Which proxy the environment names for a URL: http_proxy, https_proxy,
 * all_proxy and no_proxy as libcurl reads them.
 *
 * libcurl could ask by itself. But whether an address is to be checked depends
 * on whose it is, the server's or the proxy's, so who checks has to know.
 */
#ifndef FOVEA_SOURCE_PROXY_H
#define FOVEA_SOURCE_PROXY_H

#include <stdbool.h>

/** The proxy for this scheme and host (an address in brackets or not, no port),
 *  or NULL: directly. A string of the environment's. */
const char *fovea_proxy_of(bool is_https, const char *host);

#endif
