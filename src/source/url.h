/*
 * URLs that may be fetched: http or https, with a host, and without a name and
 * password.
 *
 * What stands in messages is the host and the port: the rest of a URL may hold
 * secrets.
 */
#ifndef FOVEA_SOURCE_URL_H
#define FOVEA_SOURCE_URL_H

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

#include "fovea/export.h"
#include "fovea/status.h"

enum {
    FOVEA_MAX_URL_BYTES = 8192
};

struct fovea_url {
    CURLU *parsed; /* owned; libcurl's parser is the only one */
    char *host;    /* owned; "example.org" or "example.org:8080" */
    bool is_https;
};

/**
 * Parse and check.
 *
 * @param base     NULL, or what a redirect's target is relative to; such a
 *                 target may also have spaces and the like in it.
 * @param url_out  To be finished by the caller.
 * @return FOVEA_OK; FOVEA_ERR_URL; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_url_parse(const char *text,
        const struct fovea_url *base, struct fovea_url *url_out,
        struct fovea_error *err);

/** The same of a whole URL whose path stays as it is written: "." and ".." in it are
 *  parts of a name. */
FOVEA_NODISCARD enum fovea_status fovea_url_parse_as_is(const char *text,
        struct fovea_url *url_out, struct fovea_error *err);

/** Free; fine on a zeroed one, and twice. */
void fovea_url_finish(struct fovea_url *url);

/** A number that is the same for the same server (scheme, host, port). */
uint64_t fovea_url_server(const struct fovea_url *url);

#endif
