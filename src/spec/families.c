/* See families.h. */
#include "spec/families.h"

#include <stdio.h>

#include "base/macros.h"

static const struct fovea_family *const families[FOVEA_N_FAMILIES] = {
#define X(id, name) [FOVEA_FAMILY_##id] = &fovea_family_##name,
#include "spec/families.def"
#undef X
};

enum {
    NAMES_SIZE = 128
};

/* Those of a layout: "CLIP", or "CLIP or X". */
static void
list_names(enum fovea_file_layout_id layout, char names_out[NAMES_SIZE])
{
    size_t used = 0;
    for (size_t i = 0; i < FOVEA_N_FAMILIES && used < NAMES_SIZE; i++) {
        if (families[i]->layout == layout) {
            int n = snprintf(names_out + used, NAMES_SIZE - used, "%s%s",
                    used ? " or " : "", families[i]->name);
            used += n > 0 ? (size_t)n : 0;
        }
    }
}

/* Where configs say of what make a model is. */
static const struct {
    const char *outer[2]; /* objects, from the top on; NULL: none */
    const char *path;
    const char *key;
} makes[FOVEA_N_FILE_LAYOUTS] = {
    [FOVEA_FILE_LAYOUT_HUGGING_FACE] = { { NULL, NULL }, "", "model_type" },
    [FOVEA_FILE_LAYOUT_OPEN_CLIP] = { { "model_cfg", "vision_cfg" },
            "model_cfg.vision_cfg.", "timm_model_name" },
};

enum fovea_status
fovea_family_find(enum fovea_file_layout_id layout,
        const struct fovea_fields *top, enum fovea_family_id *id_out,
        struct fovea_error *err)
{
    struct fovea_fields fields = { top->file, makes[layout].path, top->object };
    for (size_t i = 0; i < 2 && makes[layout].outer[i]; i++) {
        fields.object = json_object_get(fields.object, makes[layout].outer[i]);
    }
    const char *key = makes[layout].key;
    const char *make = NULL;
    enum fovea_status status = fovea_field_string(&fields, key, &make, err);
    if (status) {
        return status;
    }
    if (!make && fovea_field(&fields, "pretrained_cfg")) {
        return fovea_field_fail(&fields, "pretrained_cfg",
                FOVEA_ERR_MODEL_UNSUPPORTED, err,
                "a model of timm by itself is not supported; those that are "
                "also laid out for open_clip are");
    }
    for (size_t i = 0; i < FOVEA_N_FAMILIES; i++) {
        if (families[i]->layout == layout &&
                (!make || families[i]->is_mine(make))) {
            *id_out = (enum fovea_family_id)i;
            return FOVEA_OK;
        }
    }
    char names[NAMES_SIZE];
    list_names(layout, names);
    return fovea_field_fail(&fields, key, FOVEA_ERR_MODEL_UNSUPPORTED, err,
            "\"%s\" is not a %s model", fovea_show(make).text, names);
}

const struct fovea_family *
fovea_family_get(enum fovea_family_id id)
{
    return families[id];
}

size_t
fovea_tensor_stored(const struct fovea_tensor_spec *spec)
{
    size_t n = 1;
    for (unsigned i = 0; i < spec->n_dims; i++) {
        /* The bounds of tower.h keep every product in range. */
        n *= spec->shape[i];
    }
    return n;
}

bool
fovea_tensor_next(const struct fovea_tower *tower,
        struct fovea_tensor_walk *walk, struct fovea_tensor_spec *spec_out)
{
    struct fovea_piece piece;
    if (!fovea_tower_stored(tower, walk->piece, &piece)) {
        return false;
    }
    spec_out->piece = piece;
    spec_out->part = walk->part;
    spec_out->is_transposed = false;
    spec_out->share = 0;
    spec_out->n_shares = 1;
    families[tower->family]->tensor(tower, &piece, walk->part, spec_out);
    spec_out->n_elements = fovea_tensor_stored(spec_out) / spec_out->n_shares;
    walk->part++;
    if (walk->part == piece.n_parts) {
        walk->part = 0;
        walk->piece++;
    }
    return true;
}

size_t
fovea_tensor_count(const struct fovea_tower *tower)
{
    struct fovea_tensor_walk walk = { 0 };
    struct fovea_tensor_spec spec;
    size_t n = 0;
    while (fovea_tensor_next(tower, &walk, &spec)) {
        n++;
    }
    return n;
}
