/*
 * What the unpacker tells its host, gathered to writes of some size.
 *
 * A host that is gone, or does not read, is none of its business: a write waits,
 * and one that fails ends the process.
 */
#ifndef FOVEA_UNPACKER_TELL_H
#define FOVEA_UNPACKER_TELL_H

#include "wire/unpacked.h"

struct fovea_teller {
    int fd;
    uint64_t n_quiet; /* bytes that were worked on since something was told */
    struct fovea_writer writer;
    uint8_t buffer[2 * FOVEA_UNPACKED_MAX_FRAME];
};

void fovea_teller_init(struct fovea_teller *teller, int fd);

/** What is gathered goes out. */
void fovea_tell_now(struct fovea_teller *teller);

void fovea_tell_ready(struct fovea_teller *teller, bool is_sealed);
void fovea_tell_member(struct fovea_teller *teller,
        const struct fovea_unpacked_member *member);
void fovea_tell_data(struct fovea_teller *teller, const void *bytes,
        size_t size);
void fovea_tell_mark(struct fovea_teller *teller,
        const struct fovea_unpacked_mark *mark);

/** Bytes were read or passed over: now and then that is worth a word. */
void fovea_tell_progress(struct fovea_teller *teller, uint64_t n_bytes);

/** The last words. */
void fovea_tell_end(struct fovea_teller *teller,
        const struct fovea_unpacked_end *end);
void fovea_tell_failure(struct fovea_teller *teller,
        const struct fovea_unpacked_failure *failure);

#endif
