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
    REGISTERS,
    PROBES,
    TOKENS,
    DIMENSION
};

/* What a tower must have for a row to be there, and which list it is of. */
enum fact {
    ALWAYS,
    PATCHES,
    WORDS,
    CLASS_TOKEN,
    PRE_NORM,
    PROJECTION,
    PROJECTION_BIAS,
    PACKED,
    /* Stored alone. */
    STORED,
    PATCH_BIAS,
    A_REGISTER,
    LAYER_SCALE
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
    { FOVEA_ROLE_TOKEN, false, NONE, TOKENS, 0, 1, WORDS },
    { FOVEA_ROLE_PATCH, false, PATCH, WIDTH, 0, 1, PATCHES },
    { FOVEA_ROLE_PATCH, true, NONE, WIDTH, 0, 1, PATCH_BIAS },
    { FOVEA_ROLE_CLASS, false, NONE, WIDTH, 0, 1, CLASS_TOKEN },
    { FOVEA_ROLE_REGISTERS, false, NONE, REGISTERS, 0, 1, A_REGISTER },
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

/* In place of one more layer's: no queries are made, nor keys. */
static const struct row pooling_rows[] = {
    { FOVEA_ROLE_PROBE, false, NONE, WIDTH, 0, 1, STORED },
    { FOVEA_ROLE_QKV, true, NONE, WIDTH, 0, 3, STORED },
    { FOVEA_ROLE_QKV, false, WIDTH, WIDTH, 0, 3, STORED },
    { FOVEA_ROLE_PROBE, false, NONE, PROBES, 0, 1, PACKED },
    { FOVEA_ROLE_QKV, false, WIDTH, WIDTH, 2, 1, PACKED },
    { FOVEA_ROLE_QKV, true, NONE, WIDTH, 2, 1, PACKED },
};

/* Behind each. */
static const struct row middle_rows[] = {
    { FOVEA_ROLE_SCALE1, false, NONE, WIDTH, 0, 1, LAYER_SCALE },
    { FOVEA_ROLE_OUT, false, WIDTH, WIDTH, 0, 1, ALWAYS },
    { FOVEA_ROLE_OUT, true, NONE, WIDTH, 0, 1, ALWAYS },
    { FOVEA_ROLE_NORM2, false, NONE, WIDTH, 0, 1, ALWAYS },
    { FOVEA_ROLE_NORM2, true, NONE, WIDTH, 0, 1, ALWAYS },
    { FOVEA_ROLE_SCALE2, false, NONE, WIDTH, 0, 1, LAYER_SCALE },
};

/* Each part's; the last row is of the first part alone. */
static const struct row mlp_rows[] = {
    { FOVEA_ROLE_FC1, false, WIDTH, MLP_PART, 0, 1, ALWAYS },
    { FOVEA_ROLE_FC1, true, NONE, MLP_PART, 0, 1, ALWAYS },
    { FOVEA_ROLE_FC2, false, MLP_PART, WIDTH, 0, 1, ALWAYS },
    { FOVEA_ROLE_FC2, true, NONE, WIDTH, 0, 1, ALWAYS },
};

static const struct row norm_rows[] = {
    { FOVEA_ROLE_POST_NORM, false, NONE, WIDTH, 0, 1, ALWAYS },
    { FOVEA_ROLE_POST_NORM, true, NONE, WIDTH, 0, 1, ALWAYS },
};

static const struct row end_rows[] = {
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
static const struct section pooling = SECTION(pooling_rows);
static const struct section middle = SECTION(middle_rows);
static const struct section norm = SECTION(norm_rows);
static const struct section end = SECTION(end_rows);

enum {
    N_MLP_ROWS = FOVEA_ARRAY_LEN(mlp_rows),
    N_LATER_MLP_ROWS = N_MLP_ROWS - 1
};

/* Where in a list something is looked for. */
struct place {
    const struct fovea_tower *tower;
    bool is_stored; /* which list */
    size_t index;   /* left, from the beginning of the next section */
    uint32_t mlp_parts;
    uint32_t layer;
    uint32_t part;
};

static bool
has_stored(const struct place *place, enum fact fact)
{
    const struct fovea_tower *tower = place->tower;
    switch ((int)fact) {
    case PATCH_BIAS:
        return tower->has_patch_bias;
    case A_REGISTER:
        return tower->n_registers > 0;
    case LAYER_SCALE:
        return tower->has_layer_scale && place->layer < tower->n_layers;
    default:
        return true;
    }
}

static bool
has(const struct place *place, enum fact fact)
{
    const struct fovea_tower *tower = place->tower;
    switch ((int)fact) {
    case ALWAYS:
        return true;
    case PATCHES:
        return tower->modality == FOVEA_MODALITY_IMAGE;
    case WORDS:
        return tower->modality == FOVEA_MODALITY_TEXT;
    case CLASS_TOKEN:
        return tower->has_class_token;
    case PRE_NORM:
        return tower->has_pre_norm;
    case PROJECTION:
        return tower->has_projection;
    case PROJECTION_BIAS:
        return tower->has_projection_bias;
    case PACKED:
        return !place->is_stored;
    default:
        return place->is_stored && has_stored(place, fact);
    }
}

static size_t
count(const struct place *place, const struct section *section)
{
    size_t n = 0;
    for (size_t i = 0; i < section->n; i++) {
        n += has(place, section->rows[i].fact);
    }
    return n;
}

static const struct row *
look_in(struct place *place, const struct section *section)
{
    for (size_t i = 0; i < section->n; i++) {
        if (has(place, section->rows[i].fact) && place->index-- == 0) {
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

/* What one layer has behind its attention. */
static const struct row *
look_behind_attention(struct place *place)
{
    const struct row *row = look_in(place, &middle);
    return row ? row : look_in_mlp(place);
}

/* All but the last have the same number of rows, and that too where all its tokens
   are needed. */
static const struct row *
look_in_layers(struct place *place)
{
    const size_t n_rows = count(place, &whole_layer) + count(place, &middle) +
            N_MLP_ROWS + (place->mlp_parts - 1) * (size_t)N_LATER_MLP_ROWS;
    const uint32_t last = place->tower->n_layers - 1;
    const size_t layer = place->index / n_rows;
    place->layer = layer < last ? (uint32_t)layer : last;
    place->index -= place->layer * n_rows;
    const bool is_whole = place->layer < last ||
            place->tower->pooling == FOVEA_POOLING_ATTENTION;
    const struct row *row =
            look_in(place, is_whole ? &whole_layer : &last_layer);
    return row ? row : look_behind_attention(place);
}

static const struct row *
look_in_head(struct place *place)
{
    place->layer = 0;
    const struct row *row = look_in(place, &norm);
    if (!row && place->tower->pooling == FOVEA_POOLING_ATTENTION) {
        place->layer = place->tower->n_layers;
        row = look_in(place, &pooling);
        row = row ? row : look_behind_attention(place);
    }
    if (!row) {
        place->layer = 0;
        row = look_in(place, &end);
    }
    return row;
}

static size_t
size_of(const struct place *place, enum size size)
{
    const struct fovea_tower *tower = place->tower;
    switch (size) {
    case WIDTH:
        return tower->width;
    case MLP_PART:
        return tower->mlp / place->mlp_parts;
    case PATCH:
        return fovea_tower_patch_width(tower);
    case POSITIONS:
        return (place->is_stored ? fovea_tower_positions(tower)
                                 : fovea_tower_tokens(tower)) *
                tower->width;
    case REGISTERS:
        return (size_t)tower->n_registers * tower->width;
    case PROBES:
        return (size_t)tower->n_heads * tower->width;
    case TOKENS:
        return (size_t)tower->vocabulary * tower->width;
    case DIMENSION:
        return tower->dimension;
    case NONE:
        break;
    }
    return 0;
}

static bool
look(struct place *place, struct fovea_piece *piece_out)
{
    const struct fovea_tower *tower = place->tower;
    FOVEA_ASSERT(place->mlp_parts > 0 && tower->n_layers > 0);
    const struct row *row = look_in(place, &first);
    if (!row && place->mlp_parts > 1) {
        row = look_in(place, &cut);
    }
    if (!row) {
        row = look_in_layers(place);
    }
    if (!row) {
        row = look_in_head(place);
    }
    if (!row) {
        return false;
    }
    *piece_out = (struct fovea_piece){
        .role = row->role,
        .is_bias = row->is_bias,
        .layer = place->layer,
        .part = row->part + place->part,
        .n_parts = row->n_parts,
        .k = size_of(place, row->k),
        .n = row->n_parts * size_of(place, row->n),
    };
    return true;
}

bool
fovea_tower_piece(const struct fovea_tower *tower, uint32_t mlp_parts,
        size_t index, struct fovea_piece *piece_out)
{
    struct place place = { tower, false, index, mlp_parts, 0, 0 };
    return look(&place, piece_out);
}

bool
fovea_tower_stored(const struct fovea_tower *tower, size_t index,
        struct fovea_piece *piece_out)
{
    struct place place = { tower, true, index, 1, 0, 0 };
    return look(&place, piece_out);
}

size_t
fovea_tower_layers(const struct fovea_tower *tower)
{
    return (size_t)tower->n_layers +
            (tower->pooling == FOVEA_POOLING_ATTENTION);
}

size_t
fovea_tower_grid(const struct fovea_tower *tower)
{
    return tower->side_px / tower->patch_px;
}

size_t
fovea_tower_position_grid(const struct fovea_tower *tower)
{
    return tower->position_px ? tower->position_px / tower->patch_px
                              : fovea_tower_grid(tower);
}

size_t
fovea_tower_patches(const struct fovea_tower *tower)
{
    if (tower->modality == FOVEA_MODALITY_TEXT) {
        return 0;
    }
    const size_t grid = fovea_tower_grid(tower);
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
fovea_tower_positions(const struct fovea_tower *tower)
{
    if (tower->modality == FOVEA_MODALITY_TEXT) {
        return fovea_tower_tokens(tower);
    }
    const size_t grid = fovea_tower_position_grid(tower);
    return grid * grid + tower->has_class_token;
}

size_t
fovea_tower_patch_width(const struct fovea_tower *tower)
{
    return 3 * (size_t)tower->patch_px * tower->patch_px;
}

size_t
fovea_tower_text_length(const struct fovea_tower *tower, const uint32_t *ids,
        size_t n)
{
    if (!tower->is_causal) {
        return n;
    }
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        if (!tower->ends_at_largest && ids[i] == tower->end_id) {
            return i + 1;
        }
        if (tower->ends_at_largest && ids[i] > ids[at]) {
            at = i;
        }
    }
    return at + 1;
}

size_t
fovea_tower_text_row_bytes(const struct fovea_tower *tower)
{
    return sizeof(struct fovea_text_row) + tower->context * sizeof(uint32_t);
}

size_t
fovea_tower_row_bytes(const struct fovea_tower *tower)
{
    return tower->modality == FOVEA_MODALITY_TEXT
            ? fovea_tower_text_row_bytes(tower)
            : 3 * (size_t)tower->side_px * tower->side_px;
}
