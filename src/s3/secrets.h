/* Credentials that were found, wherever. */
#ifndef FOVEA_S3_SECRETS_H
#define FOVEA_S3_SECRETS_H

#include <stdint.h>
#include <string.h>

#include "source/signature.h"

/** Nobody's secrets are in it before it is filled; wiped by
 *  fovea_credentials_wipe(). */
struct fovea_credentials {
    char access_key[FOVEA_ACCESS_KEY_SIZE];
    char secret[FOVEA_SECRET_SIZE];
    char session_token[FOVEA_SESSION_TOKEN_SIZE]; /* "": none */
    int64_t expires_ns; /* CLOCK_MONOTONIC; FOVEA_NEVER */
};

static inline void
fovea_credentials_wipe(struct fovea_credentials *credentials)
{
    explicit_bzero(credentials, sizeof *credentials);
}

#endif
