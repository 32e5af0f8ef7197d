/*
 * What a family of models is: which are its own, what its files say, what its
 * tensors are called. Each is one file, family_<name>.c, and a row of
 * families.def.
 */
#ifndef FOVEA_SPEC_FAMILY_H
#define FOVEA_SPEC_FAMILY_H

#include "spec/field.h"
#include "spec/file_layout.h"
#include "spec/pixels.h"
#include "spec/tower.h"

enum {
    FOVEA_TENSOR_NAME_SIZE = 80,
    FOVEA_TENSOR_SPEC_DIMS = 4,
    FOVEA_FAMILY_TEXT_SIZE = 2048
};

/*
 * Where a checkpoint has a piece, or one of the parts that are stacked in it: a
 * tensor, row-major, or one of the equal shares of its first side.
 */
struct fovea_tensor_spec {
    struct fovea_piece piece; /* of a whole MLP */
    uint32_t part;            /* of the piece's n_parts */
    /* By the family. */
    char name[FOVEA_TENSOR_NAME_SIZE];
    unsigned n_dims;
    size_t shape[FOVEA_TENSOR_SPEC_DIMS]; /* of the whole tensor */
    bool is_transposed; /* a matrix that is stored inputs first */
    uint32_t share;     /* which of its n_shares; each is met once */
    uint32_t n_shares;  /* 1: the tensor is nobody else's */
    /* By fovea_tensor_next(). */
    size_t n_elements; /* of the part */
};

/* What the product of an image's vector and a text's means. */
struct fovea_logits {
    bool is_sigmoid; /* a label for itself; else a softmax over all */
    float scale;     /* the factor itself */
    float bias;
};

/* As the papers begin, before training. */
#define FOVEA_LOGITS_CLIP     \
    {                         \
        .scale = 1.0F / 0.07F \
    }
#define FOVEA_LOGITS_SIGLIP                          \
    {                                                \
        .is_sigmoid = true, .scale = 10, .bias = -10 \
    }

struct fovea_family {
    const char *name; /* in messages */
    enum fovea_file_layout_id layout;

    /* Whether it is what the config calls "model_type", or the like of another
       layout (families.c). */
    bool (*is_mine)(const char *model_type);

    /* The config, checked: FOVEA_OK; FOVEA_ERR_MODEL_CONFIG if it is not valid;
       FOVEA_ERR_MODEL_UNSUPPORTED if it is valid and cannot be run. */
    enum fovea_status (*read)(const struct fovea_fields *top,
            struct fovea_tower *tower_out, struct fovea_error *err);
    /* The same of the tower for texts. NULL: it knows no words, and no_text is the
       sentence that says so. */
    enum fovea_status (*read_text)(const struct fovea_fields *top,
            struct fovea_tower *tower_out, struct fovea_error *err);
    const char *no_text;
    /* Of labels, where a checkpoint does not say: as before training. */
    struct fovea_logits logits;

    /* The tensor of a part of a piece: name, shape and how it is stored there. */
    void (*tensor)(const struct fovea_tower *tower,
            const struct fovea_piece *piece, uint32_t part,
            struct fovea_tensor_spec *spec_out);

    /* Of which class its processor is where preprocessor_config.json names none
       (spec/processor.h), and what its pixels are where there is no such file. */
    const char *processor;
    struct fovea_preprocess (*pixels)(uint32_t side_px);
    /* In place of such a file: what the config itself says of pixels, checked.
       NULL where its layout has a file for that. */
    enum fovea_status (*read_pixels)(const struct fovea_fields *top,
            const struct fovea_tower *tower,
            struct fovea_preprocess *settings_out, struct fovea_error *err);
    /* Not 0: images have the size that the processor crops to, and this one where
       it does not say. */
    uint32_t free_side_px;

    /* The files of a tower, for checkpoints that are written; the second is NULL
       where its layout has none. */
    size_t (*write_config)(const struct fovea_tower *tower,
            char text_out[FOVEA_FAMILY_TEXT_SIZE]);
    /* The config of both towers in one model; NULL: none is written. */
    size_t (*write_model)(const struct fovea_tower *image,
            const struct fovea_tower *text,
            char text_out[FOVEA_FAMILY_TEXT_SIZE]);
    bool has_logit_bias; /* beside logit_scale, in a model of both */
    size_t (*write_processor)(const struct fovea_tower *tower,
            char text_out[FOVEA_FAMILY_TEXT_SIZE]);
};

#define X(id, name) extern const struct fovea_family fovea_family_##name;
#include "spec/families.def"
#undef X

#endif
