/* See file_layout.h. */
#include "spec/file_layout.h"

#include <stddef.h>
#include <stdio.h>

#include "base/macros.h"

static const struct fovea_file_layout layouts[FOVEA_N_FILE_LAYOUTS] = {
#define X(id, name, config, processor, weights, index, pickle)         \
    [FOVEA_FILE_LAYOUT_##id] = { FOVEA_FILE_LAYOUT_##id, name, config, \
        processor, weights, index, pickle },
#include "spec/file_layout.def"
#undef X
};

const struct fovea_file_layout *
fovea_file_layout_get(enum fovea_file_layout_id id)
{
    return &layouts[id];
}

void
fovea_file_layout_configs(char text_out[FOVEA_FILE_CONFIGS_SIZE])
{
    size_t used = 0;
    for (size_t i = 0; i < FOVEA_N_FILE_LAYOUTS; i++) {
        int n = snprintf(text_out + used, FOVEA_FILE_CONFIGS_SIZE - used,
                "%s%s (%s)", i ? " or " : "", layouts[i].config,
                layouts[i].name);
        used += (size_t)n;
        FOVEA_ASSERT(n > 0 && used < FOVEA_FILE_CONFIGS_SIZE);
    }
}

static const char *
find_missing(const struct fovea_file_layout *layout, fovea_file_has_fn *has,
        const void *context)
{
    if (!has(context, layout->config)) {
        return layout->config;
    }
    return has(context, layout->weights) ||
                    (layout->index && has(context, layout->index))
            ? NULL
            : layout->weights;
}

const struct fovea_file_layout *
fovea_file_layout_find(fovea_file_has_fn *has, const void *context,
        const char **missing_out)
{
    const struct fovea_file_layout *best = NULL;
    const char *best_missing = NULL;
    for (size_t i = 0; i < FOVEA_N_FILE_LAYOUTS; i++) {
        const struct fovea_file_layout *layout = &layouts[i];
        const char *missing = find_missing(layout, has, context);
        if (!missing) {
            *missing_out = NULL;
            return layout;
        }
        if (!best && missing != layout->config) {
            best = layout;
            best_missing = missing;
        }
    }
    *missing_out = best ? best_missing : layouts[0].config;
    return best ? best : &layouts[0];
}
