/* Inside of archive/: what settings say, with defaults for what they leave open. */
#ifndef FOVEA_ARCHIVE_TERMS_H
#define FOVEA_ARCHIVE_TERMS_H

#include "archive/archive.h"
#include "s3/s3.h"

struct fovea_archive_terms {
    struct fovea_archive_limits limits;
    uint64_t max_member_bytes; /* of a picture */
    enum fovea_sandbox sandbox;
    struct fovea_s3_settings remote; /* of what is elsewhere */
};

/** FOVEA_OK; FOVEA_ERR_ARGUMENT for an option out of range. */
FOVEA_NODISCARD enum fovea_status fovea_archive_agree(
        const struct fovea_archive_settings *settings,
        struct fovea_archive_terms *terms_out, struct fovea_error *err);

/** Whether an archive that is elsewhere may be read: FOVEA_ERR_URL_REFUSED. */
FOVEA_NODISCARD enum fovea_status fovea_archive_allow(
        const struct fovea_archive_terms *terms, const char *name,
        struct fovea_error *err);

#endif
