/*
 * Credentials of the machine, from its metadata service (IMDSv2): a token for this
 * session, the name of the role, the role's credentials.
 *
 * Asked only where somebody wants that. It is the one address that is connected to
 * although it is no public one, it is asked directly, and nobody else's URL ever
 * leads there: images, lists and objects keep to their own rules.
 */
#ifndef FOVEA_S3_INSTANCE_H
#define FOVEA_S3_INSTANCE_H

#include <stddef.h>

#include "s3/secrets.h"
#include "source/exchange.h"

/** Ask the metadata service of the machine, version 2 of its protocol. */
FOVEA_NODISCARD enum fovea_status fovea_instance_credentials(
        const struct fovea_client_settings *settings,
        struct fovea_credentials *credentials_out, struct fovea_error *err);

/** Take credentials from the service's answer. FOVEA_ERR_OBJECT_STORE_CREDENTIALS
 *  if it makes no sense.
 *  @param now_s  Seconds since 1970, and now_ns the same moment of the clock. */
FOVEA_NODISCARD enum fovea_status fovea_instance_parse(const char *text,
        size_t size, int64_t now_s, int64_t now_ns,
        struct fovea_credentials *credentials_out, struct fovea_error *err);

#endif
