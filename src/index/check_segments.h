/* Whether vectors are what was written. */
#ifndef FOVEA_INDEX_CHECK_SEGMENTS_H
#define FOVEA_INDEX_CHECK_SEGMENTS_H

#include "index/check_work.h"

/** Report segments and rows that are damaged. */
FOVEA_NODISCARD enum fovea_status fovea_check_segments(
        struct fovea_check *check, struct fovea_error *err);

#endif
