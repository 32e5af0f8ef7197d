/*
 * Inside of source/: what all transfers have in common, the fetcher's and the
 * client's: the rules that a handle keeps to, whom it may connect to, and what is
 * said of failures.
 *
 * Addresses are checked at the last moments, where the socket is made and where a
 * request is sent: whatever a name is resolved to, however oddly a host is written,
 * and whoever else's connection was kept, it ends there.
 */
#ifndef FOVEA_SOURCE_EASY_H
#define FOVEA_SOURCE_EASY_H

#include "fovea/options.h"

#include "source/url.h"

enum {
    FOVEA_MAX_HEADER_BYTES = 1 << 18 /* libcurl keeps them, however many come */
};

/** Whom a handle may connect to. */
struct fovea_guard {
    bool checks_addresses;
    char refused[160]; /* an address that was not allowed, and why; "": none */
};

/** Set what holds for every request: http and https alone, no redirect by itself,
 *  nothing unpacked, no .netrc, the guard. CURLE_OUT_OF_MEMORY. */
FOVEA_NODISCARD CURLcode fovea_easy_configure(CURL *easy,
        const struct fovea_url_options *options, struct fovea_guard *guard);

/**
 * Point a handle at a URL, through the proxy that the environment names for it, if
 * those count. A proxy decides itself which addresses are reached; its own is the
 * user's choice.
 *
 * @param trusted_host  NULL, or "host" or "host:port", as url.host has it, whose
 *                      addresses are not checked: somebody has chosen it in the
 *                      settings.
 */
FOVEA_NODISCARD CURLcode fovea_easy_aim(CURL *easy,
        const struct fovea_url_options *options, const struct fovea_url *url,
        const char *trusted_host, struct fovea_guard *guard);

/** Rounded up, for libcurl; of FOVEA_NEVER as many as it can count. */
long fovea_milliseconds(int64_t time_ns);

static inline bool
fovea_is_good(long code)
{
    return code >= 200 && code < 300;
}

static inline bool
fovea_is_redirect(long code)
{
    return code >= 300 && code < 400;
}

/** " Not Found" of 404; "" of what has no common name. Static. */
const char *fovea_http_words(long code);

/** A transfer that the guard has ended; else FOVEA_OK. */
FOVEA_NODISCARD enum fovea_status fovea_guard_judge(
        const struct fovea_guard *guard, CURLcode code, const char *host,
        struct fovea_error *err);

/**
 * Say why a transfer failed that did not run out of time.
 *
 * @param size          Bytes that came.
 * @param curl_message  What CURLOPT_ERRORBUFFER filled in.
 * @return FOVEA_ERR_FETCH; FOVEA_ERR_NO_MEMORY.
 */
enum fovea_status fovea_easy_explain(CURL *easy, CURLcode code,
        const char *host, uint64_t size, char *curl_message,
        struct fovea_error *err);

#endif
