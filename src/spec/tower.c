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

struct row {
    enum fovea_role role;
    bool is_bias;
    enum size k;
    enum size n; /* of a part */
    uint32_t part;
    uint32_t n_parts;
};

static const struct row first_rows[] = {
    { FOVEA_ROLE_PATCH, false, PATCH, WIDTH, 0, 1 },
    { FOVEA_ROLE_CLASS, false, NONE, WIDTH, 0, 1 },
    { FOVEA_ROLE_POSITION, false, NONE, POSITIONS, 0, 1 },
    { FOVEA_ROLE_PRE_NORM, false, NONE, WIDTH, 0, 1 },
    { FOVEA_ROLE_PRE_NORM, true, NONE, WIDTH, 0, 1 },
};

/* Where the MLP has parts. */
static const struct row cut_rows[] = {
    { FOVEA_ROLE_ZEROS, false, NONE, WIDTH, 0, 1 },
};

static const struct row layer_rows[] = {
    { FOVEA_ROLE_NORM1, false, NONE, WIDTH, 0, 1 },
    { FOVEA_ROLE_NORM1, true, NONE, WIDTH, 0, 1 },
    { FOVEA_ROLE_QKV, false, WIDTH, WIDTH, 0, 3 },
    { FOVEA_ROLE_QKV, true, NONE, WIDTH, 0, 3 },
};

static const struct row last_layer_rows[] = {
    { FOVEA_ROLE_NORM1, false, NONE, WIDTH, 0, 1 },
    { FOVEA_ROLE_NORM1, true, NONE, WIDTH, 0, 1 },
    { FOVEA_ROLE_QKV, false, WIDTH, WIDTH, 0, 1 },
    { FOVEA_ROLE_QKV, true, NONE, WIDTH, 0, 1 },
    { FOVEA_ROLE_QKV, false, WIDTH, WIDTH, 1, 2 },
    { FOVEA_ROLE_QKV, true, NONE, WIDTH, 1, 2 },
};

/* Behind either. */
static const struct row middle_rows[] = {
    { FOVEA_ROLE_OUT, false, WIDTH, WIDTH, 0, 1 },
    { FOVEA_ROLE_OUT, true, NONE, WIDTH, 0, 1 },
    { FOVEA_ROLE_NORM2, false, NONE, WIDTH, 0, 1 },
    { FOVEA_ROLE_NORM2, true, NONE, WIDTH, 0, 1 },
};

/* Each part's; the last row is of the first part alone. */
static const struct row mlp_rows[] = {
    { FOVEA_ROLE_FC1, false, WIDTH, MLP_PART, 0, 1 },
    { FOVEA_ROLE_FC1, true, NONE, MLP_PART, 0, 1 },
    { FOVEA_ROLE_FC2, false, MLP_PART, WIDTH, 0, 1 },
    { FOVEA_ROLE_FC2, true, NONE, WIDTH, 0, 1 },
};

static const struct row end_rows[] = {
    { FOVEA_ROLE_POST_NORM, false, NONE, WIDTH, 0, 1 },
    { FOVEA_ROLE_POST_NORM, true, NONE, WIDTH, 0, 1 },
    { FOVEA_ROLE_PROJECTION, false, WIDTH, DIMENSION, 0, 1 },
};

enum {
    N_MLP_ROWS = FOVEA_ARRAY_LEN(mlp_rows),
    N_LATER_MLP_ROWS = N_MLP_ROWS - 1
};

/* Where in the list something is looked for. */
struct place {
    size_t index; /* left, from the beginning of the next section */
    uint32_t mlp_parts;
    uint32_t layer;
    uint32_t part;
};

static const struct row *
look_in(struct place *place, const struct row *rows, size_t n)
{
    if (place->index < n) {
        return &rows[place->index];
    }
    place->index -= n;
    return NULL;
}

static const struct row *
look_in_mlp(struct place *place)
{
    const size_t n_later = place->mlp_parts - 1;
    const struct row *row = look_in(place, mlp_rows, N_MLP_ROWS);
    if (row) {
        return row;
    }
    if (place->index < n_later * N_LATER_MLP_ROWS) {
        place->part = (uint32_t)(1 + place->index / N_LATER_MLP_ROWS);
        return &mlp_rows[place->index % N_LATER_MLP_ROWS];
    }
    place->index -= n_later * N_LATER_MLP_ROWS;
    return NULL;
}

/* All but the last have the same number of rows. */
static const struct row *
look_in_layers(struct place *place, uint32_t n_layers)
{
    const size_t n_rows = FOVEA_ARRAY_LEN(layer_rows) +
            FOVEA_ARRAY_LEN(middle_rows) + N_MLP_ROWS +
            (place->mlp_parts - 1) * (size_t)N_LATER_MLP_ROWS;
    const uint32_t last = n_layers - 1;
    const size_t layer = place->index / n_rows;
    place->layer = layer < last ? (uint32_t)layer : last;
    place->index -= place->layer * n_rows;
    const struct row *row = place->layer < last
            ? look_in(place, layer_rows, FOVEA_ARRAY_LEN(layer_rows))
            : look_in(place, last_layer_rows, FOVEA_ARRAY_LEN(last_layer_rows));
    if (!row) {
        row = look_in(place, middle_rows, FOVEA_ARRAY_LEN(middle_rows));
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
    struct place place = { .index = index, .mlp_parts = mlp_parts };
    const struct row *row =
            look_in(&place, first_rows, FOVEA_ARRAY_LEN(first_rows));
    if (!row && mlp_parts > 1) {
        row = look_in(&place, cut_rows, FOVEA_ARRAY_LEN(cut_rows));
    }
    if (!row) {
        row = look_in_layers(&place, tower->n_layers);
    }
    if (!row) {
        place.layer = 0;
        row = look_in(&place, end_rows, FOVEA_ARRAY_LEN(end_rows));
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
    return fovea_tower_patches(tower) + 1;
}

size_t
fovea_tower_patch_width(const struct fovea_tower *tower)
{
    return 3 * (size_t)tower->patch_px * tower->patch_px;
}
