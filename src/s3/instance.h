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

#include "s3/secrets.h"
#include "source/exchange.h"

/**
 * Ask the metadata service of the machine, version 2 of its protocol. Waits for some
 * seconds at most.
 *
 * @return FOVEA_OK; FOVEA_ERR_OBJECT_STORE_CREDENTIALS: nobody answers, it has no role,
 *         or its answer makes no sense; FOVEA_ERR_CANCELLED; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_instance_credentials(
        const struct fovea_client_settings *settings,
        struct fovea_credentials *credentials_out, struct fovea_error *err);

#endif
