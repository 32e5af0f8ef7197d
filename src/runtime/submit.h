/*
 * The one way of every item: opened, fetched or decoded to an open file, and
 * then to the pool.
 */
#ifndef FOVEA_RUNTIME_SUBMIT_H
#define FOVEA_RUNTIME_SUBMIT_H

#include "runtime/model.h"

/** What is asked of an item. */
struct fovea_request {
    const struct fovea_item *item; /* borrowed for the call; NULL: an image */
    int fd;                        /* that is open here, borrowed */
    uint64_t size;
    enum fovea_work_kind kind; /* EMBED: of a text EMBED_TEXT */
    unsigned flags; /* FOVEA_EMBED_RAW, FOVEA_EMBED_REFUSE_TRUNCATED */
    bool is_batch;
    bool is_admitted;    /* the queue takes it, however full it is */
    int64_t deadline_ns; /* from now; 0: the library's */
    uint64_t ticket;     /* shared with others; 0: one of its own */
    fovea_pool_done_fn *done;
    void *context;
};

/** FOVEA_ERR_ARGUMENT for reserved words that are not zero. */
FOVEA_NODISCARD enum fovea_status fovea_request_check_item(
        const struct fovea_item *item, struct fovea_error *err);

/** FOVEA_ERR_ARGUMENT for flags that no embedding call knows. */
FOVEA_NODISCARD enum fovea_status fovea_request_check_flags(unsigned flags,
        struct fovea_error *err);

/**
 * Submit an item.
 *
 * @param ticket_out  May be NULL.
 * @return FOVEA_OK: done comes exactly once, from a thread of the library. Else
 *         it never does; as fovea_submit().
 */
FOVEA_NODISCARD enum fovea_status fovea_request_submit(
        struct fovea_model *model, const struct fovea_request *request,
        uint64_t *ticket_out, struct fovea_error *err);

/** Ask for the end of what has this ticket, whoever works on it; as
 *  fovea_cancel(). */
void fovea_request_cancel(struct fovea_model *model, uint64_t ticket);

#endif
