/* See no_worker.h. */
#include "base/no_worker.h"

#include <stdbool.h>

#include "base/macros.h"

static bool
says_no_worker(enum fovea_status status)
{
    static const enum fovea_status all[] = { FOVEA_ERR_MEMORY_EXHAUSTED,
        FOVEA_ERR_WORKER_START, FOVEA_ERR_SANDBOX, FOVEA_ERR_CIRCUIT_OPEN,
        FOVEA_ERR_FORKED, FOVEA_ERR_MODEL_NOT_FOUND, FOVEA_ERR_MODEL_CONFIG,
        FOVEA_ERR_MODEL_WEIGHTS, FOVEA_ERR_MODEL_UNSUPPORTED,
        FOVEA_ERR_TOKENIZER_UNSUPPORTED, FOVEA_ERR_TOKENIZER_INVALID };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(all); i++) {
        if (status == all[i]) {
            return true;
        }
    }
    return false;
}

enum fovea_status
fovea_no_worker(const struct fovea_error *results, size_t n,
        struct fovea_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (!says_no_worker(results[i].code)) {
            return FOVEA_OK;
        }
    }
    if (n == 0) {
        return FOVEA_OK;
    }
    if (err) {
        *err = results[0];
    }
    return results[0].code;
}
