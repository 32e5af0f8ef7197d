/*
 * What a transformer is, for whoever costs, packs, fills or runs it: its numbers,
 * and one ordered list of the pieces of its weights. The order is that of use, so
 * that a forward pass reads packed weights front to back.
 */
#ifndef FOVEA_SPEC_TOWER_H
#define FOVEA_SPEC_TOWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fovea_activation {
    FOVEA_ACTIVATION_QUICK_GELU, /* x * sigmoid(1.702 x) */
    FOVEA_ACTIVATION_GELU,       /* x * Phi(x), with erf */
    FOVEA_ACTIVATION_GELU_TANH,  /* its tanh form */
};

/* Families of models: whose names a tower's tensors have (family.h). */
enum fovea_family_id {
#define X(id, name) FOVEA_FAMILY_##id,
#include "spec/families.def"
#undef X
    FOVEA_N_FAMILIES
};

enum fovea_modality {
    FOVEA_MODALITY_IMAGE,
    FOVEA_MODALITY_TEXT,
};

/* Which vector stands for all tokens. */
enum fovea_pooling {
    FOVEA_POOLING_CLASS,     /* the class token's, the first */
    FOVEA_POOLING_LAST,      /* the last token's */
    FOVEA_POOLING_ATTENTION, /* a learned query attends to all tokens, and an MLP
                                follows: pieces of one more layer; nothing is
                                projected */
};

/* A transformer that makes one embedding of an image or of a text. Every fact is
   a member of its own; what a member is not about is 0. */
struct fovea_tower {
    enum fovea_modality modality;
    uint32_t width; /* of a token */
    uint32_t mlp;   /* of the hidden layer */
    uint32_t n_layers;
    uint32_t n_heads; /* divides width */
    /* Of images. */
    uint32_t side_px;     /* of an image */
    uint32_t patch_px;    /* what no whole patch covers is left out */
    uint32_t n_registers; /* tokens between the class token and the patches */
    uint32_t position_px; /* side of the images whose positions are stored; 0:
                             side_px */
    bool antialiases_positions; /* where they are interpolated */
    bool has_patch_bias;
    bool has_class_token;
    /* Of texts. */
    uint32_t vocabulary;  /* ids are below it */
    uint32_t context;     /* tokens of a text, at most */
    uint32_t end_id;      /* of the token that ends a text */
    bool ends_at_largest; /* where the largest id is first, whatever end_id is */
    uint32_t pad_id;   /* behind that, where all of the context is computed */
    bool is_canonical; /* texts lose case and punctuation before they are cut
                          into tokens, by the rule that open_clip calls so */
    bool is_causal;    /* a token attends to those before it and to itself */
    /* Of both. */
    bool has_pre_norm;    /* a norm before the layers */
    bool has_layer_scale; /* what a branch adds is scaled, by channel */
    enum fovea_pooling pooling;
    bool has_projection; /* else the embedding is as wide as a token */
    bool has_projection_bias;
    uint32_t dimension; /* of the embedding */
    enum fovea_activation activation;
    float eps; /* of the layer norms */
    enum fovea_family_id family;
};

/* Bounds that no known model comes near. They keep every product of sizes, times
   FOVEA_MAX_BATCH too, under 2^44: it fits a size_t unchecked. */
enum {
    FOVEA_MAX_WIDTH = 16384,
    FOVEA_MAX_MLP = 65536,
    FOVEA_MAX_LAYERS = 256,
    FOVEA_MAX_SIDE_PX = 4096,
    FOVEA_MAX_DIMENSION = 16384,
    FOVEA_MAX_TOKENS = 65536,
    FOVEA_MAX_REGISTERS = 1024,
    FOVEA_MAX_VOCABULARY = 1 << 20,
    FOVEA_MAX_CONTEXT = 512,
};

/* What a piece of the weights is to the tower. */
enum fovea_role {
    FOVEA_ROLE_PATCH,    /* matrix: samples of a patch -> token */
    FOVEA_ROLE_CLASS,    /* the class token */
    FOVEA_ROLE_POSITION, /* [tokens][width], added to the tokens */
    FOVEA_ROLE_PRE_NORM, /* layer norm: scale, and shift as its bias */
    FOVEA_ROLE_ZEROS,    /* no tensor: the bias of FC2's parts but the first */
    /* of every layer */
    FOVEA_ROLE_NORM1,
    FOVEA_ROLE_QKV, /* matrix: token -> query, key and value: three parts */
    FOVEA_ROLE_OUT,
    FOVEA_ROLE_NORM2,
    FOVEA_ROLE_FC1,
    FOVEA_ROLE_FC2,
    /* behind the layers */
    FOVEA_ROLE_POST_NORM,
    FOVEA_ROLE_PROJECTION,
    /* The learned query. Packed it is [heads][width]: what each head asks of a
       token itself, queries and keys being multiplied. */
    FOVEA_ROLE_PROBE,
    /* stored alone */
    FOVEA_ROLE_REGISTERS, /* [registers][width]: tokens as they are */
    FOVEA_ROLE_SCALE1,    /* by which what attention adds is multiplied */
    FOVEA_ROLE_SCALE2,    /* and what the MLP adds */
    /* [vocabulary][width]: the token of each id, before all layers; behind the
       others, whose numbers are in packed weights */
    FOVEA_ROLE_TOKEN,
    FOVEA_N_ROLES
};

/* Of a matrix [n][k], a vector [n], or some of the equal parts of one. */
struct fovea_piece {
    enum fovea_role role;
    bool is_bias;     /* of the role's weight, and behind it */
    uint32_t layer;   /* 0 outside the layers; n_layers: of attention pooling */
    uint32_t part;    /* the first part */
    uint32_t n_parts; /* stacked along the outputs: [n / n_parts][k] each */
    size_t k;         /* width of a source; 0: a vector */
    size_t n;         /* width of an output; values of a vector */
};

/**
 * The pieces as they are packed, in the order of use.
 *
 * Where one token is pooled, the last layer has its queries apart from keys and
 * values: they are computed for that token alone.
 *
 * @param mlp_parts  The hidden layer of the MLP may be cut into so many parts,
 *                   which FC1 makes and FC2 uses one after the other; divides
 *                   its width. 1: whole, as checkpoints have it.
 * @param piece_out  Written on true.
 * @return false behind the last.
 */
bool fovea_tower_piece(const struct fovea_tower *tower, uint32_t mlp_parts,
        size_t index, struct fovea_piece *piece_out);

/**
 * The pieces as checkpoints have them. Not all are packed as they are: the bias of
 * patches and registers become part of the positions, scales of the matrix before
 * them, the probe one with queries and keys. What is folded into another comes
 * before that.
 */
bool fovea_tower_stored(const struct fovea_tower *tower, size_t index,
        struct fovea_piece *piece_out);

/** Layers that have pieces: with attention pooling it is one more. */
size_t fovea_tower_layers(const struct fovea_tower *tower);

/** Patches of an image; 0 of a tower for texts. */
size_t fovea_tower_patches(const struct fovea_tower *tower);

/** Tokens of an image: its patches, the class token, registers. Of a text: the
 *  most that it may have. */
size_t fovea_tower_tokens(const struct fovea_tower *tower);

/** Patches on a side of an image, and on a side of those whose positions are
 *  stored, of a tower for images. */
size_t fovea_tower_grid(const struct fovea_tower *tower);
size_t fovea_tower_position_grid(const struct fovea_tower *tower);

/** Tokens that checkpoints store a position of: of images not registers. */
size_t fovea_tower_positions(const struct fovea_tower *tower);

/** Samples of a patch. */
size_t fovea_tower_patch_width(const struct fovea_tower *tower);

/**
 * How many of a text's ids are to be computed: what is behind changes nothing.
 * Where tokens attend to those before them alone that is up to the first end
 * token, which is pooled (without one the first token); else all.
 *
 * @param ids  [n], n at least 1.
 */
size_t fovea_tower_text_length(const struct fovea_tower *tower,
        const uint32_t *ids, size_t n);

/* A text, as an engine takes it: a row is n, then context ids, of which the first
   n count. */
struct fovea_text_row {
    uint32_t n; /* 1..context */
    uint32_t ids[];
};

/** Bytes of a text's row. */
size_t fovea_tower_text_row_bytes(const struct fovea_tower *tower);

/** Bytes of an item's row: samples of an image, or that of a text. */
size_t fovea_tower_row_bytes(const struct fovea_tower *tower);

#endif
