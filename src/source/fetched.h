/* What a fetcher is told, and what comes of a URL. */
#ifndef FOVEA_SOURCE_FETCHED_H
#define FOVEA_SOURCE_FETCHED_H

#include "fovea/fovea.h"

/** Every field but `off` is resolved: not 0. Strings are borrowed for the call
 *  that they are given to. */
struct fovea_fetch_settings {
    struct fovea_url_options url;
    uint64_t max_bytes;
    unsigned max_waiting; /* URLs that may wait or be fetched */
};

enum {
    FOVEA_DECLARED_SIZE = 80
};

/** What came of a URL. */
struct fovea_fetched {
    int fd; /* memory with the bytes, the callee's to close; -1: none */
    uint64_t size;
    int64_t fetch_ns;
    char declared[FOVEA_DECLARED_SIZE]; /* what the server says that it is:
                                           "text/html"; "": nothing */
};

/** result: code FOVEA_OK or why not. From the fetcher's thread, with no lock
 *  held. */
typedef void fovea_fetched_fn(void *context, const struct fovea_error *result,
        const struct fovea_fetched *fetched);

/** A URL to fetch. */
struct fovea_fetch_request {
    const char *url;     /* borrowed for the call */
    uint64_t ticket;     /* the caller's number, for cancelling */
    int64_t deadline_ns; /* absolute; FOVEA_NEVER. Passed: FOVEA_ERR_DEADLINE */
    bool is_admitted;    /* however many wait already */
    fovea_fetched_fn *fetched;
    void *context;
};

#endif
