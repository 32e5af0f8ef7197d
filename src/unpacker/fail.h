/* Why an archive cannot be read on. */
#ifndef FOVEA_UNPACKER_FAIL_H
#define FOVEA_UNPACKER_FAIL_H

#include "base/macros.h"
#include "unpacker/unpacker.h"

/** Note a failure at the member that it is at, unless there is one; false. */
bool fovea_unpack_fail(struct fovea_unpacker *unpacker,
        enum fovea_status status, const char *format, ...) FOVEA_PRINTF(3, 4);

/** The same of what libarchive has failed with. */
bool fovea_unpack_fail_as(struct fovea_unpacker *unpacker);

#endif
