/* An unpacker: its order, its input, how far it is. */
#ifndef FOVEA_UNPACKER_UNPACKER_H
#define FOVEA_UNPACKER_UNPACKER_H

#include "unpacker/tar_input.h"
#include "wire/unpacker_order.h"

/** Everything that it needs, made before the seal. */
struct fovea_unpacker {
    struct fovea_unpacker_order order;
    struct fovea_teller teller;
    struct fovea_tar_input input;
    /* While it reads. */
    struct archive *archive;
    bool is_plain; /* it is not packed */
    uint64_t
            n_members; /* that have begun, from the first of the archive or part */
    uint64_t offset;     /* of the last one's header */
    uint64_t n_unpacked; /* bytes of members that were passed over or told */
    struct fovea_unpacked_member member;
    struct fovea_unpacked_failure failure;
};

#endif
