/*
 * Credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or, if asked,
 * the instance's. What was found is kept; an instance's until they are about to
 * expire.
 */
#ifndef FOVEA_S3_CREDENTIALS_H
#define FOVEA_S3_CREDENTIALS_H

#include "s3/profile.h"
#include "s3/secrets.h"
#include "source/exchange.h"

/** What was asked for. */
struct fovea_credentials_wish {
    const char
            *profile; /* named by somebody; NULL: AWS_PROFILE, else default */
    bool asks_instance;
};

/**
 * Find credentials.
 *
 * @param read      The profile that was read, for what it says.
 * @param settings  For the requests to an instance's service.
 * @return FOVEA_OK; FOVEA_ERR_OBJECT_STORE_CREDENTIALS: there are none, half of
 *         them, or they have odd characters; FOVEA_ERR_CANCELLED;
 *         FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_credentials_find(
        const struct fovea_credentials_wish *wish,
        const struct fovea_profile *read,
        const struct fovea_client_settings *settings,
        struct fovea_credentials *credentials_out, struct fovea_error *err);

/** The profile that is meant. */
const char *fovea_credentials_profile(
        const struct fovea_credentials_wish *wish);

#endif
