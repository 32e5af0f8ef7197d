/* See data.h. */
#include "unpacker/data.h"

#include <inttypes.h>

#include "base/size.h"
#include "option/limits.h"
#include "unpacker/fail.h"

bool
fovea_unpack_is_plain(const struct fovea_unpacker *unpacker)
{
    return archive_filter_code(unpacker->archive, 0) == ARCHIVE_FILTER_NONE;
}

/* Whether more came out of what is packed than it may. */
static bool
is_bomb(const struct fovea_unpacker *unpacker)
{
    struct archive *archive = unpacker->archive;
    uint64_t out = (uint64_t)archive_filter_bytes(archive, 0);
    uint64_t allowed = fovea_sum_bytes(FOVEA_UNPACKER_FREE_BYTES,
            fovea_product_bytes(unpacker->input.n_in,
                    unpacker->order.max_expansion));
    return !fovea_unpack_is_plain(unpacker) && out > allowed;
}

bool
fovea_unpack_check_size(struct fovea_unpacker *unpacker)
{
    return !is_bomb(unpacker) ||
            fovea_unpack_fail(unpacker, FOVEA_ERR_ARCHIVE_TOO_COSTLY,
                    "more than %" PRIu64
                    " bytes for each that it is packed into %s",
                    unpacker->order.max_expansion,
                    fovea_limit_by(FOVEA_OPTION_ARCHIVE_EXPANSION));
}

bool
fovea_unpack_block(struct fovea_unpacker *unpacker,
        struct fovea_unpacked_block *block_out)
{
    size_t size = 0;
    la_int64_t at = 0;
    const void *bytes = NULL;
    int result = archive_read_data_block(unpacker->archive, &bytes, &size, &at);
    *block_out = (struct fovea_unpacked_block){ 0 };
    if (result == ARCHIVE_EOF) {
        return true;
    }
    if (!fovea_unpack_is_good(result)) {
        return fovea_unpack_fail_as(unpacker);
    }
    *block_out = (struct fovea_unpacked_block){ bytes, size };
    fovea_tell_progress(&unpacker->teller, size);
    return fovea_unpack_check_size(unpacker);
}

bool
fovea_unpack_pass_over(struct fovea_unpacker *unpacker)
{
    if (fovea_unpack_is_plain(unpacker)) {
        return fovea_unpack_is_good(
                       archive_read_data_skip(unpacker->archive)) ||
                fovea_unpack_fail_as(unpacker);
    }
    struct fovea_unpacked_block block = { 0 };
    do {
        if (!fovea_unpack_block(unpacker, &block)) {
            return false;
        }
    } while (block.size > 0);
    return true;
}
