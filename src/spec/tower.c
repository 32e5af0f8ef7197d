/*
 * See tower.h. The list is sections of rows; the sections of a layer repeat, and
 * so does that of the MLP's parts.
 */
#include "spec/tower.h"

#include "base/macros.h"

/* Sizes that pieces are made of. */
enum size {
    NONE,
    WIDTH,
    MLP_PART,
    PATCH,
    POSITIONS,
    DIMENSION
};

/* What a tower must have for a row to be there. */
enum fact {
    ALWAYS,
    PATCHES,
    CLASS_TOKEN,
    PRE_NORM,
    PROJECTION,
    PROJECTION_BIAS
};

struct row {
    enum fovea_role role;
    bool is_bias;
    enum size k;
    enum size n; /* of a part */
    uint32_t part;
    uint32_t n_parts;
    enum fact fact;
};

struct section {
    const struct row *rows;
    size_t n;
};

static const struct row first_rows[] = {
    { FOVEA_ROLE_PATCH, false, PATCH, WIDTH, 0, 1, PATCHES },
    { FOVEA_ROLE_CLASS, false, NONE, WIDTH, 0, 1, CLASS_TOKEN },
    { FOVEA_ROLE_POSITION, false, NONE, POSITIONS, 0, 1, ALWAYS },
    { FOVEA_ROLE_PRE_NORM, false, NONE, WIDTH, 0, 1, PRE_NORM },
    { FOVEA_ROLE_PRE_NORM, true, NONE, WIDTH, 0, 1, PRE_NORM },
};

/* Where the MLP has parts. */
static const struct row cut_rows[] = {
    { FOVEA_ROLE_ZEROS, false, NONE, WIDTH, 0, 1, ALWAYS },
};

static const struct row layer_rows[] = {
    { FOVEA_ROLE_NORM1, false, NONE, WIDTH, 0, 1, ALWAYS },
    { FOVEA_ROLE_NORM1, true, NONE, WIDTH, 0, 1, ALWAYS },
    { FOVEA_ROLE_QKV, false, WIDTH, WIDTH, 0, 3, ALWAYS },
    { FOVEA_ROLE_QKV, true, NONE, WIDTH, 0, 3, ALWAYS },
};

/* Of the last layer, where one token is pooled. */
static const struct row last_layer_rows[] = {
    { FOVEA_ROLE_NORM1, false, NONE, WIDTH, 0, 1, ALWAYS },
    { FOVEA_ROLE_NORM1, true, NONE, WIDTH, 0, 1, ALWAYS },
    { FOVEA_ROLE_QKV, false, WIDTH, WIDTH, 0, 1, ALWAYS },
    { FOVEA_ROLE_QKV, true, NONE, WIDTH, 0, 1, ALWAYS },
    { FOVEA_ROLE_QKV, false, WIDTH, WIDTH, 1, 2, ALWAYS },
    { FOVEA_ROLE_QKV, true, NONE, WIDTH, 1, 2, ALWAYS },
};

/* Behind either. */
static const struct row middle_rows[] = {
    { FOVEA_ROLE_OUT, false, WIDTH, WIDTH, 0, 1, ALWAYS },
    { FOVEA_ROLE_OUT, true, NONE, WIDTH, 0, 1, ALWAYS },
    { FOVEA_ROLE_NORM2, false, NONE, WIDTH, 0, 1, ALWAYS },
    { FOVEA_ROLE_NORM2, true, NONE, WIDTH, 0, 1, ALWAYS },
};

/* Each part's; the last row is of the first part alone. */
static const struct row mlp_rows[] = {
    { FOVEA_ROLE_FC1, false, WIDTH, MLP_PART, 0, 1, ALWAYS },
    { FOVEA_ROLE_FC1, true, NONE, MLP_PART, 0, 1, ALWAYS },
    { FOVEA_ROLE_FC2, false, MLP_PART, WIDTH, 0, 1, ALWAYS },
    { FOVEA_ROLE_FC2, true, NONE, WIDTH, 0, 1, ALWAYS },
};

static const struct row end_rows[] = {
    { FOVEA_ROLE_POST_NORM, false, NONE, WIDTH, 0, 1, ALWAYS },
    { FOVEA_ROLE_POST_NORM, true, NONE, WIDTH, 0, 1, ALWAYS },
    { FOVEA_ROLE_PROJECTION, false, WIDTH, DIMENSION, 0, 1, PROJECTION },
    { FOVEA_ROLE_PROJECTION, true, NONE, DIMENSION, 0, 1, PROJECTION_BIAS },
};

#define SECTION(rows)                 \
    {                                 \
        rows, FOVEA_ARRAY_LEN((rows)) \
    }

static const struct section first = SECTION(first_rows);
static const struct section cut = SECTION(cut_rows);
static const struct section whole_layer = SECTION(layer_rows);
static const struct section last_layer = SECTION(last_layer_rows);
static const struct section middle = SECTION(middle_rows);
static const struct section end = SECTION(end_rows);

enum {
    N_MLP_ROWS = FOVEA_ARRAY_LEN(mlp_rows),
    N_LATER_MLP_ROWS = N_MLP_ROWS - 1
};

/* Where in the list something is looked for. */
struct place {
    const struct fovea_tower *tower;
    size_t index; /* left, from the beginning of the next section */
    uint32_t mlp_parts;
    uint32_t layer;
    uint32_t part;
};

static bool
has(const struct fovea_tower *tower, enum fact fact)
{
    switch (fact) {
    case PATCHES:
        return tower->modality == FOVEA_MODALITY_IMAGE;
    case CLASS_TOKEN:
        return tower->has_class_token;
    case PRE_NORM:
        return tower->has_pre_norm;
    case PROJECTION:
        return tower->has_projection;
    case PROJECTION_BIAS:
        return tower->has_projection_bias;
    case ALWAYS:
        break;
    }
    return true;
}

static size_t
count(const struct place *place, const struct section *section)
{
    size_t n = 0;
    for (size_t i = 0; i < section->n; i++) {
        n += has(place->tower, section->rows[i].fact);
    }
    return n;
}

static const struct row *
look_in(struct place *place, const struct section *section)
{
    for (size_t i = 0; i < section->n; i++) {
        if (has(place->tower, section->rows[i].fact) && place->index-- == 0) {
            return &section->rows[i];
        }
    }
    return NULL;
}

static const struct row *
look_in_mlp(struct place *place)
{
    const size_t n_later = place->mlp_parts - 1;
    if (place->index < N_MLP_ROWS) {
        return &mlp_rows[place->index];
    }
    place->index -= N_MLP_ROWS;
    if (place->index < n_later * N_LATER_MLP_ROWS) {
        place->part = (uint32_t)(1 + place->index / N_LATER_MLP_ROWS);
        return &mlp_rows[place->index % N_LATER_MLP_ROWS];
    }
    place->index -= n_later * N_LATER_MLP_ROWS;
    return NULL;
}

/* All but the last have the same number of rows. */
static const struct row *
look_in_layers(struct place *place)
{
    const size_t n_rows = count(place, &whole_layer) + count(place, &middle) +
            N_MLP_ROWS + (place->mlp_parts - 1) * (size_t)N_LATER_MLP_ROWS;
    const uint32_t last = place->tower->n_layers - 1;
    const size_t layer = place->index / n_rows;
    place->layer = layer < last ? (uint32_t)layer : last;
    place->index -= place->layer * n_rows;
    const struct row *row =
            look_in(place, place->layer < last ? &whole_layer : &last_layer);
    if (!row) {
        row = look_in(place, &middle);
    }
    return row ? row : look_in_mlp(place);
}

static size_t
size_of(const struct fovea_tower *tower, uint32_t mlp_parts, enum size size)
{
    switch (size) {
    case WIDTH:
        return tower->width;
    case MLP_PART:
        return tower->mlp / mlp_parts;
    case PATCH:
        return fovea_tower_patch_width(tower);
    case POSITIONS:
        return fovea_tower_tokens(tower) * tower->width;
    case DIMENSION:
        return tower->dimension;
    case NONE:
        break;
    }
    return 0;
}

bool
fovea_tower_piece(const struct fovea_tower *tower, uint32_t mlp_parts,
        size_t index, struct fovea_piece *piece_out)
{
    FOVEA_ASSERT(mlp_parts > 0 && tower->n_layers > 0);
    struct place place = { tower, index, mlp_parts, 0, 0 };
    const struct row *row = look_in(&place, &first);
    if (!row && mlp_parts > 1) {
        row = look_in(&place, &cut);
    }
    if (!row) {
        row = look_in_layers(&place);
    }
    if (!row) {
        place.layer = 0;
        row = look_in(&place, &end);
    }
    if (!row) {
        return false;
    }
    *piece_out = (struct fovea_piece){
        .role = row->role,
        .is_bias = row->is_bias,
        .layer = place.layer,
        .part = row->part + place.part,
        .n_parts = row->n_parts,
        .k = size_of(tower, mlp_parts, row->k),
        .n = row->n_parts * size_of(tower, mlp_parts, row->n),
    };
    return true;
}

size_t
fovea_tower_patches(const struct fovea_tower *tower)
{
    size_t grid = tower->side_px / tower->patch_px;
    return grid * grid;
}

size_t
fovea_tower_tokens(const struct fovea_tower *tower)
{
    if (tower->modality == FOVEA_MODALITY_TEXT) {
        return tower->context;
    }
    return fovea_tower_patches(tower) + tower->has_class_token +
            tower->n_registers;
}

size_t
fovea_tower_patch_width(const struct fovea_tower *tower)
{
    return 3 * (size_t)tower->patch_px * tower->patch_px;
}
