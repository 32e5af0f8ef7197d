/* See logits.h. */
#include "checkpoint/logits.h"

#include <math.h>

#include "base/error.h"

/* All layouts have the same names. */
static const char scale_name[] = "logit_scale";
static const char bias_name[] = "logit_bias";

/* A number, or an array of one. */
static enum fovea_status
read_scalar(const struct fovea_checkpoint *checkpoint, const char *name,
        float *value_out, bool *is_found_out, struct fovea_error *err)
{
    const struct fovea_tensor *tensor = fovea_checkpoint_find(checkpoint, name);
    *is_found_out = tensor != NULL;
    if (!tensor) {
        return FOVEA_OK;
    }
    if (tensor->n_elements != 1) {
        return fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS,
                "%s has %zu elements, and is to be one number", name,
                tensor->n_elements);
    }
    enum fovea_status status = fovea_checkpoint_require(checkpoint, name,
            tensor->n_dims, tensor->shape, &tensor, err);
    return status ? status
                  : fovea_checkpoint_read(checkpoint, tensor, value_out, err);
}

enum fovea_status
fovea_logits_read(const struct fovea_checkpoint *checkpoint,
        struct fovea_logits *logits, bool *is_found_out,
        struct fovea_error *err)
{
    float log_scale = 0;
    float bias = 0;
    bool has_scale = false;
    bool has_bias = false;
    enum fovea_status status =
            read_scalar(checkpoint, scale_name, &log_scale, &has_scale, err);
    if (!status) {
        status = read_scalar(checkpoint, bias_name, &bias, &has_bias, err);
    }
    if (status) {
        return status;
    }
    float scale = has_scale ? expf(log_scale) : logits->scale;
    bias = has_bias ? bias : logits->bias;
    if (!isfinite(scale) || !isfinite(bias)) {
        return fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS,
                "%s of %g and %s of %g make no logits", scale_name,
                (double)log_scale, bias_name, (double)bias);
    }
    logits->scale = scale;
    logits->bias = bias;
    *is_found_out = has_scale;
    return FOVEA_OK;
}
