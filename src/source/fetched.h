/* What a fetcher is told, and what comes of a URL. */
#ifndef FOVEA_SOURCE_FETCHED_H
#define FOVEA_SOURCE_FETCHED_H

#include "fovea/fovea.h"

#include "base/text.h"
#include "source/signature.h"

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

/**
 * Say what a bad answer to a signed request means. From the fetcher's thread.
 *
 * @param easy  Of the answer, for its headers (fovea_libcurl_header()).
 * @param text  The beginning of what came with it.
 */
typedef enum fovea_status fovea_explain_fn(void *context, long code, CURL *easy,
        const struct fovea_text *text, struct fovea_error *err);

/** How a URL of a server is fetched that is the user's own, or whose answers are not
 *  everybody's. All zero: as a stranger does. */
struct fovea_fetch_rights {
    struct fovea_signer signer; /* what is signed follows no redirect, keeps its
                                    path as it is written, and is tried again for
                                    whatever may pass */
    const char *trusted_host;   /* borrowed for the call; fovea_easy_aim() */
    fovea_explain_fn *explain;  /* of what is signed */
    void *explain_context;
};

/** A URL to fetch. */
struct fovea_fetch_request {
    const char *url;     /* borrowed for the call */
    uint64_t ticket;     /* the caller's number, for cancelling */
    int64_t deadline_ns; /* absolute; FOVEA_NEVER. Passed: FOVEA_ERR_DEADLINE */
    bool is_admitted;    /* however many wait already */
    struct fovea_fetch_rights rights;
    fovea_fetched_fn *fetched;
    void *context;
};

#endif
