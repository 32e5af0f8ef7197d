/*
 * Reading files ahead of the workers: what each is as far as its beginning tells,
 * and the digest of its bytes. In threads of its own, so that it goes on while
 * the workers do.
 */
#ifndef FOVEA_INDEXING_READER_H
#define FOVEA_INDEXING_READER_H

#include <stdint.h>

#include "base/background.h"
#include "base/sha256.h"
#include "indexing/stamp.h"

/** A file to be read, and what came of it. */
struct fovea_reading {
    struct fovea_background_job job; /* first; the reader's */
    struct fovea_reader *reader;
    struct fovea_reading *next; /* of a list of whoever has it */
    int64_t root;
    int root_fd; /* of the folder that path is below; borrowed */
    char *path;  /* owned */

    int fd;                         /* owned; -1: it could not be opened */
    struct fovea_stamp stamp;       /* when it was opened */
    bool is_gone;                   /* it is not there any more: no error */
    bool has_changed;               /* while it was read */
    struct fovea_error error;       /* FOVEA_ERR_NOT_AN_IMAGE, too */
    char digest[FOVEA_SHA256_SIZE]; /* without an error */
};

FOVEA_NODISCARD enum fovea_status fovea_reading_create(const char *path,
        struct fovea_reading **reading_out, struct fovea_error *err);

/** Close it as well. NULL is fine. */
void fovea_reading_destroy(struct fovea_reading *reading);

struct fovea_reader;

/**
 * Nothing runs yet.
 *
 * @param n_threads  That read at a time, 1 to FOVEA_READER_THREADS.
 * @param max_bytes  Of a file; one that is larger is not read.
 */
FOVEA_NODISCARD enum fovea_status fovea_reader_create(unsigned n_threads,
        uint64_t max_bytes, struct fovea_reader **reader_out,
        struct fovea_error *err);

/** Break off what is being read, and free what was added and not taken. NULL is
 *  fine. */
void fovea_reader_destroy(struct fovea_reader *reader);

/** Have a file read; the reader's until it is taken. */
FOVEA_NODISCARD enum fovea_status fovea_reader_add(struct fovea_reader *reader,
        struct fovea_reading *reading, struct fovea_error *err);

/** One that was read; NULL: none yet. The caller's. */
struct fovea_reading *fovea_reader_take(struct fovea_reader *reader);

/** How many were added and not taken. */
size_t fovea_reader_count(const struct fovea_reader *reader);

/** Readable while one may be taken. */
int fovea_reader_fd(const struct fovea_reader *reader);

enum {
    FOVEA_READER_THREADS = 8
};

#endif
