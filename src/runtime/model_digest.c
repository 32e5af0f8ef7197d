/* What the weights of a model are, for callers that keep its vectors. */
#include <string.h>

#include "base/error.h"
#include "runtime/model.h"
#include "runtime/weights_digest.h"

_Static_assert((int)FOVEA_WEIGHTS_DIGEST_SIZE == (int)FOVEA_CACHE_KEY_SIZE,
        "both are digits");

enum fovea_status
fovea_model_weights_digest(const struct fovea_model *model,
        char digest_out[FOVEA_WEIGHTS_DIGEST_SIZE], struct fovea_error *err)
{
    if (!model || !digest_out) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "%s is NULL",
                model ? "digest_out" : "model");
    }
    char digest[FOVEA_CACHE_KEY_SIZE];
    enum fovea_status status =
            fovea_weights_digest(fovea_pool_cache(model->library->pool),
                    model->directory, FOVEA_MODALITY_IMAGE, digest, err);
    if (!status) {
        memcpy(digest_out, digest, sizeof digest);
    }
    return status;
}
