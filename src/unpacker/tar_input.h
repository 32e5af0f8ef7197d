/* The archive's bytes for libarchive: of a file, which can be sought in, or a
   pipe. */
#ifndef FOVEA_UNPACKER_TAR_INPUT_H
#define FOVEA_UNPACKER_TAR_INPUT_H

#include <archive.h>

#include "unpacker/tell.h"

enum {
    FOVEA_TAR_BUFFER_BYTES = 256 * 1024
};

struct fovea_tar_input {
    int fd;
    bool is_file;
    uint64_t start;  /* where in the file it begins */
    uint64_t size;   /* of the whole file; 0 of a pipe */
    uint64_t n_in;   /* bytes that were read or passed over, from the start */
    bool has_failed; /* reading it has */
    struct fovea_teller *teller;
    uint8_t buffer[FOVEA_TAR_BUFFER_BYTES];
};

/** Begin at an offset of the file. False: it is none, or ends before; errno. */
FOVEA_NODISCARD bool fovea_tar_input_init(struct fovea_tar_input *input, int fd,
        uint64_t offset, struct fovea_teller *teller);

/** Have libarchive read it; what archive_read_open1() returns. */
int fovea_tar_input_open(struct fovea_tar_input *input,
        struct archive *archive);

/**
 * Go on with the tar that stands behind the end of one in the same file, as where two
 * were put together. What is neither zeros nor a header fills up, as for tar.
 *
 * @param from  In the file: behind the zeros, or some of them.
 * @return Whether there is one; it is to be opened then.
 */
bool fovea_tar_input_go_on(struct fovea_tar_input *input, uint64_t from);

#endif
