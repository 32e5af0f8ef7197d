/*
 * What a connection to a NATS server is made with: addresses, secrets, certificates.
 *
 * Secrets are read from files, and are in no message. The one that has to stay in
 * memory, as a connection that breaks is made again, is wiped at the end.
 */
#ifndef FOVEA_QUEUE_NATS_LOGIN_H
#define FOVEA_QUEUE_NATS_LOGIN_H

#include <nats/nats.h>

#include "queue/nats_nkey.h"
#include "queue/queue_types.h"

/** Outlives the options that it was given to. All zero: none. */
struct fovea_nats_login {
    char seed[FOVEA_NKEY_SEED_SIZE]; /* "" without one */
};

/** Whether it is a URL of one of the schemes, by its beginning. */
bool fovea_nats_takes(const char *url);

/** What the client library says of the last failure of this thread. Static, or its. */
const char *fovea_nats_reason(natsStatus status);

/**
 * Put all of it into options.
 *
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT: the URL, more than one kind of secret, a file
 *         that holds none; FOVEA_ERR_FILE_NOT_FOUND and its kin; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_nats_login(
        const struct fovea_queue_settings *settings, natsOptions *options,
        struct fovea_nats_login *login, struct fovea_error *err);

void fovea_nats_login_finish(struct fovea_nats_login *login);

#endif
