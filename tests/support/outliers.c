/* See outliers.h: a source of tensors that stands before that of random ones. */
#include "support/outliers.h"

#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "checkpoint/tensor_source.h"

enum {
    N_CHANNELS = 5
};

/* 0: none of a layer's; 1: its first norm; 2: its second one. */
static unsigned
norm_of(const char *name)
{
    static const struct {
        const char *part;
        unsigned norm;
    } parts[] = {
        { "layer_norm1.", 1 },
        { "norm1.", 1 },
        { "layer_norm2.", 2 },
        { "norm2.", 2 },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(parts); i++) {
        if (strstr(name, parts[i].part)) {
            return parts[i].norm;
        }
    }
    return 0;
}

/* The norm before a matrix. */
static unsigned
norm_before(const char *name)
{
    static const char *const first[] = { "q_proj.weight", "k_proj.weight",
        "v_proj.weight", "query.weight", "key.weight", "value.weight" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(first); i++) {
        if (strstr(name, first[i])) {
            return 1;
        }
    }
    return strstr(name, "fc1.weight") ? 2 : 0;
}

static unsigned long
layer_of(const char *name)
{
    const char *layer = strstr(name, "layers.");
    layer = layer ? layer : strstr(name, "layer.");
    return layer ? strtoul(strchr(layer, '.') + 1, NULL, 10) : 0;
}

/* 20 to 60; another one for each norm and channel. */
static float
factor_of(const char *name, unsigned norm, size_t channel)
{
    const unsigned long mixed =
            (layer_of(name) * 31 + norm * 17 + channel * 13) * 2654435761UL;
    return 20.0F + (float)(mixed % 4001) / 100.0F;
}

static enum fovea_status
read_values(const struct fovea_checkpoint *checkpoint,
        const struct fovea_tensor_entry *entry, size_t at, size_t n,
        float *values, struct fovea_error *err)
{
    enum fovea_status status =
            fovea_source_random.read(checkpoint, entry, at, n, values, err);
    const bool is_layers = strstr(entry->name, "layer") != NULL;
    const unsigned norm = norm_of(entry->name);
    const unsigned before = norm_before(entry->name);
    const size_t width = entry->tensor.shape[entry->tensor.n_dims - 1];
    for (size_t i = 0; !status && is_layers && (norm || before) && i < n; i++) {
        const size_t channel = (at + i) % width;
        if (channel % (width / N_CHANNELS) == 3 &&
                channel / (width / N_CHANNELS) < N_CHANNELS) {
            const float factor =
                    factor_of(entry->name, norm ? norm : before, channel);
            values[i] *= norm ? factor : 2.0F / factor;
        }
    }
    return status;
}

void
outliers_plant(struct fovea_checkpoint *checkpoint)
{
    static const struct fovea_source planted = { .label = "outliers",
        .read = read_values };
    checkpoint->source = &planted;
}
