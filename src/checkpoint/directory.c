/* See directory.h. */
#include "checkpoint/directory.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "checkpoint/json.h"

struct look {
    const char *directory;
    const char *hidden; /* a file that does not count; NULL: none */
};

/* Without memory: a path that is too long for the system is not there. */
static bool
has_file(const void *context, const char *name)
{
    const struct look *look = context;
    char path[PATH_MAX];
    if (look->hidden && strcmp(look->hidden, name) == 0) {
        return false;
    }
    int n = snprintf(path, sizeof path, "%s/%s", look->directory, name);
    return n > 0 && n < (int)sizeof path && access(path, F_OK) == 0;
}

bool
fovea_config_is_of_timm(const char *directory)
{
    char path[PATH_MAX];
    FOVEA_AUTO_FREE char *text = NULL;
    FOVEA_AUTO(json_decref_auto) json_t *config = NULL;
    size_t size = 0;
    int n = snprintf(path, sizeof path, "%s/%s", directory,
            fovea_file_layout_get(FOVEA_FILE_LAYOUT_HUGGING_FACE)->config);
    return n > 0 && n < (int)sizeof path &&
            !fovea_json_load(path, FOVEA_MAX_CONFIG_BYTES,
                    FOVEA_ERR_MODEL_CONFIG, &text, &size, NULL) &&
            !fovea_json_parse(path, text, size, FOVEA_ERR_MODEL_CONFIG, &config,
                    NULL) &&
            !json_object_get(config, "model_type") &&
            json_is_string(json_object_get(config, "architecture")) &&
            json_is_object(json_object_get(config, "pretrained_cfg"));
}

/* Whether a config of another layout stands beside the first one's. */
static bool
has_another(const struct look *look)
{
    for (size_t i = 1; i < FOVEA_N_FILE_LAYOUTS; i++) {
        if (has_file(look,
                    fovea_file_layout_get((enum fovea_file_layout_id)i)
                            ->config)) {
            return true;
        }
    }
    return false;
}

const struct fovea_file_layout *
fovea_directory_layout(const char *directory, const char **missing_out)
{
    const char *missing = NULL;
    const char **missing_at = missing_out ? missing_out : &missing;
    struct look look = { directory, NULL };
    const struct fovea_file_layout *layout =
            fovea_file_layout_find(has_file, &look, missing_at);
    if (layout->id == FOVEA_FILE_LAYOUT_HUGGING_FACE && has_another(&look) &&
            fovea_config_is_of_timm(directory)) {
        look.hidden = layout->config;
        layout = fovea_file_layout_find(has_file, &look, missing_at);
    }
    return layout;
}
