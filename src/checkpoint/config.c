/* Configs: see config.h. What it says is its family's (spec/family.h). */
#include "checkpoint/config.h"

#include "base/error.h"
#include "checkpoint/directory.h"
#include "checkpoint/json.h"
#include "checkpoint/preprocessor.h"
#include "spec/families.h"

static enum fovea_status
read_tower(const struct fovea_family *family, const struct fovea_fields *top,
        enum fovea_modality modality, struct fovea_tower *tower_out,
        struct fovea_error *err)
{
    if (modality == FOVEA_MODALITY_IMAGE) {
        return family->read(top, tower_out, err);
    }
    if (!family->read_text) {
        return fovea_fail(err, FOVEA_ERR_TEXT_UNSUPPORTED, "%s: %s",
                fovea_show(top->file).text, family->no_text);
    }
    return family->read_text(top, tower_out, err);
}

enum fovea_status
fovea_tower_parse(enum fovea_file_layout_id layout, const char *name,
        const char *text, size_t size, enum fovea_modality modality,
        struct fovea_tower *tower_out, struct fovea_error *err)
{
    FOVEA_AUTO(json_decref_auto) json_t *object = NULL;
    enum fovea_status status = fovea_json_parse(name, text, size,
            FOVEA_ERR_MODEL_CONFIG, &object, err);
    if (status) {
        return status;
    }
    const struct fovea_fields top = { name, "", object };
    enum fovea_family_id id = (enum fovea_family_id)0;
    struct fovea_tower tower;
    status = fovea_family_find(layout, &top, &id, err);
    if (!status) {
        status = read_tower(fovea_family_get(id), &top, modality, &tower, err);
    }
    if (!status) {
        tower.family = id;
        tower.modality = modality;
        *tower_out = tower;
    }
    return status;
}

/* Where images have the size that their processor makes. */
static enum fovea_status
take_side(const char *directory, struct fovea_tower *tower,
        struct fovea_error *err)
{
    if (tower->modality != FOVEA_MODALITY_IMAGE ||
            fovea_family_get(tower->family)->free_side_px == 0) {
        return FOVEA_OK;
    }
    struct fovea_tower any = *tower;
    struct fovea_preprocess settings;
    any.side_px = 0;
    enum fovea_status status =
            fovea_preprocess_config_read(directory, &any, &settings, err);
    if (status) {
        return status;
    }
    any.side_px = settings.crop_height_px;
    if (any.side_px < any.patch_px ||
            fovea_tower_tokens(&any) > FOVEA_MAX_TOKENS) {
        return fovea_fail(err, FOVEA_ERR_MODEL_CONFIG,
                "%s: images of %u pixels make %zu tokens of patches of %u, "
                "1 to %d are supported",
                fovea_show(directory).text, any.side_px,
                fovea_tower_tokens(&any), any.patch_px, FOVEA_MAX_TOKENS);
    }
    *tower = any;
    return FOVEA_OK;
}

enum fovea_status
fovea_tower_read(const char *directory, enum fovea_modality modality,
        struct fovea_tower *tower_out, struct fovea_error *err)
{
    const struct fovea_file_layout *layout =
            fovea_directory_layout(directory, NULL);
    FOVEA_AUTO_FREE char *path = NULL;
    enum fovea_status status =
            fovea_join_path(directory, layout->config, &path, err);
    if (status) {
        return status;
    }
    FOVEA_AUTO_FREE char *text = NULL;
    size_t size = 0;
    status = fovea_json_load(path, FOVEA_MAX_CONFIG_BYTES,
            FOVEA_ERR_MODEL_CONFIG, &text, &size, err);
    if (status == FOVEA_ERR_FILE_NOT_FOUND) {
        char configs[FOVEA_FILE_CONFIGS_SIZE];
        fovea_file_layout_configs(configs);
        return fovea_fail(err, FOVEA_ERR_MODEL_NOT_FOUND, "%s: there is no %s",
                fovea_show(directory).text, configs);
    }
    struct fovea_tower tower = { .width = 0 };
    if (!status) {
        status = fovea_tower_parse(layout->id, path, text, size, modality,
                &tower, err);
    }
    if (!status) {
        status = take_side(directory, &tower, err);
    }
    if (!status) {
        *tower_out = tower;
    }
    return status;
}
