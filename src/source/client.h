/*
 * HTTP, one request at a time, waited for: for objects that are read and written,
 * lists and archives. (The fetcher, fetch.h, brings many images into memory at
 * once.)
 *
 * What goes wrong on the way, and what a server says will pass (429, 500, 502, 503,
 * 504), is tried again, `max_tries` times, after pauses that double or that the
 * server asks for. A download that breaks off goes on where it was.
 *
 * Threads: safe; each call has a connection of its own while it lasts.
 */
#ifndef FOVEA_SOURCE_CLIENT_H
#define FOVEA_SOURCE_CLIENT_H

#include "source/exchange.h"

struct fovea_client;

/** Starts no thread and sends nothing. FOVEA_ERR_NO_MEMORY, FOVEA_ERR_FETCH. */
FOVEA_NODISCARD enum fovea_status fovea_client_create(
        const struct fovea_client_settings *settings,
        struct fovea_client **client_out, struct fovea_error *err);

/** No call may be under way. NULL is fine. */
void fovea_client_destroy(struct fovea_client *client);

/**
 * Send a request until it is answered.
 *
 * A request that is signed follows no redirect: its answer is the redirect.
 *
 * @param code_out  HTTP status of the last answer, good or bad.
 * @return FOVEA_OK: it was answered; FOVEA_ERR_FETCH, FOVEA_ERR_FETCH_TIMEOUT (no
 *         answer after all tries), FOVEA_ERR_URL, FOVEA_ERR_URL_REFUSED,
 *         FOVEA_ERR_FETCH_REDIRECTS, FOVEA_ERR_CANCELLED, FOVEA_ERR_NO_MEMORY,
 *         FOVEA_ERR_IO (of the body), what the signer returns.
 */
FOVEA_NODISCARD enum fovea_status fovea_client_perform(
        struct fovea_client *client, const struct fovea_http_request *request,
        long *code_out, struct fovea_error *err);

/**
 * Download something, or a part of it, going on where it breaks off: with Range and
 * If-Match, so that it is all of one version.
 *
 * @param downloaded_out  Written in any case; its text to be finished.
 * @return FOVEA_OK: everything came, or the answer's status is a bad one (code);
 *         FOVEA_ERR_OBJECT_CHANGED: it is another version than it was, or than
 *         etag; as fovea_client_perform(); what receive left in err.
 */
FOVEA_NODISCARD enum fovea_status fovea_client_download(
        struct fovea_client *client, const struct fovea_download *download,
        struct fovea_downloaded *downloaded_out, struct fovea_error *err);

#endif
