/* How a broker is reached: see queue_flags.h. */
#include "cli/queue_flags.h"

#include <string.h>

#include "base/error.h"

void
fovea_queue_flags(struct fovea_queue_settings *settings,
        struct fovea_flag flags_out[FOVEA_N_QUEUE_FLAGS])
{
    const struct fovea_flag flags[FOVEA_N_QUEUE_FLAGS] = {
        FOVEA_FLAG(QUEUE_URL, settings->url),
        FOVEA_FLAG(QUEUE_TOKEN_FILE, settings->token_file),
        FOVEA_FLAG(QUEUE_NKEY, settings->nkey_file),
        FOVEA_FLAG(QUEUE_CREDS, settings->creds_file),
        FOVEA_FLAG(QUEUE_CA, settings->ca_file),
        FOVEA_FLAG(QUEUE_CERT, settings->cert_file),
        FOVEA_FLAG(QUEUE_KEY, settings->key_file),
    };
    memcpy(flags_out, flags, sizeof flags);
}

enum fovea_status
fovea_queue_flags_check(const struct fovea_queue_settings *settings,
        struct fovea_error *err)
{
    return settings->url ? FOVEA_OK
                         : fovea_fail(err, FOVEA_ERR_ARGUMENT,
                                   "no broker: give --queue "
                                   "nats://HOST:PORT");
}
