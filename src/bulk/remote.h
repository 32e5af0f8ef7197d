/*
 * A list that is elsewhere, as a descriptor to read: the bytes that a URL leads to, or
 * the objects below a prefix of a store (s3://bucket/prefix/).
 */
#ifndef FOVEA_BULK_REMOTE_H
#define FOVEA_BULK_REMOTE_H

#include <stdbool.h>

#include "fovea/options.h"

struct fovea_s3_pipe;

enum {
    /* What each object's key begins with; a NUL ends it. */
    FOVEA_REMOTE_KEY = 'k',
    FOVEA_REMOTE_ODD = 'o', /* it cannot be an input */
};

struct fovea_remote {
    char *url; /* owned */
    int fd;    /* -1: none */
    struct fovea_s3_pipe *pipe;
};

/** Take over a URL; nothing is asked yet. FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_remote_init(struct fovea_remote *remote,
        const char *url, struct fovea_error *err);

/**
 * Begin to download, in a thread.
 *
 * @param options  NULL: s3:// is not read.
 * @return FOVEA_OK; FOVEA_ERR_URL_REFUSED; FOVEA_ERR_URL; FOVEA_ERR_IO;
 *         FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_remote_open(struct fovea_remote *remote,
        const struct fovea_options *options, struct fovea_error *err);

/** At the end of the descriptor: FOVEA_OK, or why that came early. */
enum fovea_status fovea_remote_failure(const struct fovea_remote *remote,
        struct fovea_error *err);

/** Break it off and free everything. Fine on a zeroed one with fd -1. */
void fovea_remote_finish(struct fovea_remote *remote);

/** Whether a word is a prefix of a store: s3://bucket, or one with a slash at its
 *  end. */
bool fovea_is_prefix(const char *word);

#endif
