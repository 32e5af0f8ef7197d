/*
 * URLs to bytes in memory: libcurl, one thread, many transfers.
 *
 * Every address that is about to be connected to is checked, after the name was
 * resolved and after each redirect, so that a name cannot lead inside by
 * changing its mind. Bytes are counted as they come.
 */
#ifndef FOVEA_SOURCE_FETCH_H
#define FOVEA_SOURCE_FETCH_H

#include "source/fetched.h"

struct fovea_fetcher;

/** Starts no thread before the first URL. */
FOVEA_NODISCARD enum fovea_status fovea_fetcher_create(
        const struct fovea_fetch_settings *settings,
        struct fovea_fetcher **fetcher_out, struct fovea_error *err);

/** Break everything off: what waits is answered with FOVEA_ERR_SHUTTING_DOWN.
 *  NULL is fine; in a forked child it ends nothing. */
void fovea_fetcher_destroy(struct fovea_fetcher *fetcher);

/**
 * Fetch a URL.
 *
 * @return FOVEA_OK: fetched comes exactly once. Else it never does:
 *         FOVEA_ERR_URL (not http or https, or malformed, or with a name and
 *         password in it), FOVEA_ERR_URL_REFUSED (off), FOVEA_ERR_BUSY,
 *         FOVEA_ERR_SHUTTING_DOWN, FOVEA_ERR_FORKED, FOVEA_ERR_NO_MEMORY,
 *         FOVEA_ERR_FETCH if the thread cannot be started.
 */
FOVEA_NODISCARD enum fovea_status fovea_fetcher_submit(
        struct fovea_fetcher *fetcher,
        const struct fovea_fetch_request *request, struct fovea_error *err);

/** Break off what has this ticket: FOVEA_ERR_CANCELLED, if it is not done. True
 *  if there was any. */
bool fovea_fetcher_cancel(struct fovea_fetcher *fetcher, uint64_t ticket);

/** Times of finished transfers, for stats. */
void fovea_fetcher_read_times(struct fovea_fetcher *fetcher,
        struct fovea_histogram *times_out);

#endif
