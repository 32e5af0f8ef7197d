/* Inside of source/: judging what libcurl has ended. */
#ifndef FOVEA_SOURCE_TRANSFER_SETTLE_H
#define FOVEA_SOURCE_TRANSFER_SETTLE_H

#include "source/transfer.h"

/** How a transfer goes on. */
enum fovea_next {
    FOVEA_NEXT_END,
    FOVEA_NEXT_NOW,   /* a redirect: the handle is to be added again */
    FOVEA_NEXT_LATER, /* not before not_before_ns: the server asks for that */
};

/**
 * Judge what libcurl has ended.
 *
 * @return FOVEA_OK: the bytes are there and sealed, if *next_out is
 *         FOVEA_NEXT_END.
 */
FOVEA_NODISCARD enum fovea_status fovea_transfer_settle(
        struct fovea_transfer *transfer, CURLcode code,
        enum fovea_next *next_out, struct fovea_error *err);

#endif
