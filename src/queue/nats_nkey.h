/* Keys of NATS users: the public one of a seed. The server knows users by it. */
#ifndef FOVEA_QUEUE_NATS_NKEY_H
#define FOVEA_QUEUE_NATS_NKEY_H

#include <stdbool.h>

enum {
    FOVEA_NKEY_SEED_SIZE = 59,   /* "SU" and 56 characters more, and a NUL */
    FOVEA_NKEY_PUBLIC_SIZE = 57, /* "U" and 55 characters more, and a NUL */
};

/**
 * @param seed        "SU...", the seed of a user.
 * @param public_out  FOVEA_NKEY_PUBLIC_SIZE bytes.
 * @return whether it is one: its letters, its checksum, its kind. Nothing is written
 *         otherwise.
 */
bool fovea_nkey_public(const char *seed, char *public_out);

#endif
