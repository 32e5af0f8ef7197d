/* The data of members, out of what they are packed in, within bounds. */
#ifndef FOVEA_UNPACKER_DATA_H
#define FOVEA_UNPACKER_DATA_H

#include "unpacker/unpacker.h"

/** Of packed archives so much is unpacked before anybody asks what it is packed
 *  into: zeros make a small file. */
#define FOVEA_UNPACKER_FREE_BYTES (UINT64_C(256) << 20)

/** Whether a call of libarchive's has done what it should. ARCHIVE_RETRY is a
 *  header that is damaged. */
static inline bool
fovea_unpack_is_good(int result)
{
    return result == ARCHIVE_OK || result == ARCHIVE_WARN;
}

/** Whether it is a tar that is not packed. */
bool fovea_unpack_is_plain(const struct fovea_unpacker *unpacker);

/** False: more came out of what is packed than may. */
FOVEA_NODISCARD bool fovea_unpack_check_size(struct fovea_unpacker *unpacker);

/** Some bytes of a member, libarchive's until the next ones; size 0: its end. */
struct fovea_unpacked_block {
    const uint8_t *bytes;
    size_t size;
};

/** The next bytes. False: reading has failed. */
FOVEA_NODISCARD bool fovea_unpack_block(struct fovea_unpacker *unpacker,
        struct fovea_unpacked_block *block_out);

/** The rest of a member's data goes nowhere. False: reading has failed. */
FOVEA_NODISCARD bool fovea_unpack_pass_over(struct fovea_unpacker *unpacker);

#endif
