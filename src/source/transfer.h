/*
 * Inside of source/: one URL on its way, redirects included.
 *
 * Everything here belongs to the fetcher's thread but the group that says
 * otherwise.
 */
#ifndef FOVEA_SOURCE_TRANSFER_H
#define FOVEA_SOURCE_TRANSFER_H

#include "source/easy.h"
#include "source/fetched.h"

struct fovea_transfer {
    /* Guarded by the fetcher's mutex. */
    struct fovea_transfer *next;
    struct fovea_transfer *previous;
    bool is_cancelled;

    /* Set before the thread sees it, then only read. */
    uint64_t ticket;
    int64_t deadline_ns;
    uint64_t server; /* fovea_url_server() of the first URL */
    fovea_fetched_fn *fetched;
    void *context;
    struct fovea_fetch_rights rights;
    char *trusted_host; /* owned; the rights have it */

    const struct fovea_fetch_settings *settings; /* the fetcher's */
    struct fovea_url url;                        /* the one it is at now */
    bool has_place; /* among those that have begun or are about to */
    CURL *easy;     /* NULL: not begun */
    int64_t begun_ns;
    unsigned n_redirects;
    unsigned n_tries;           /* that are to be followed by another */
    struct curl_slist *headers; /* of what is signed */
    struct fovea_text text;     /* the beginning of a bad answer to that */
    int64_t not_before_ns;      /* of the next try; 0: at once */
    char declared[FOVEA_DECLARED_SIZE];
    int fd; /* memory; -1: none yet */
    uint64_t size;
    size_t n_header_bytes;
    struct fovea_guard guard;
    struct fovea_error result; /* the first failure; code FOVEA_OK: none */
    char curl_message[CURL_ERROR_SIZE];
};

/** Parse the URL, take over what the request says. */
FOVEA_NODISCARD enum fovea_status fovea_transfer_create(
        const struct fovea_fetch_request *request,
        struct fovea_transfer **transfer_out, struct fovea_error *err);

void fovea_transfer_destroy(struct fovea_transfer *transfer);

/** Make the handle for the multi: the clock of total_ns starts. Of a transfer
 *  that has begun before, aim it again: the clock goes on. */
FOVEA_NODISCARD enum fovea_status fovea_transfer_begin(
        struct fovea_transfer *transfer, struct fovea_error *err);

static inline bool
fovea_transfer_is_signed(const struct fovea_transfer *transfer)
{
    return transfer->rights.signer.fill != NULL;
}

/** Point the handle at the URL, with the time that is left; sign what is signed. */
FOVEA_NODISCARD enum fovea_status fovea_transfer_aim(
        struct fovea_transfer *transfer, struct fovea_error *err);

/** Make the file in memory if there is none; err in transfer->result. */
FOVEA_NODISCARD enum fovea_status fovea_transfer_need_file(
        struct fovea_transfer *transfer);

#endif
