/*
 * Write a checkpoint of random weights: a small one for tests, or one of a given
 * shape, to measure with.
 *
 *     make_random_model DIRECTORY
 *     make_random_model DIRECTORY HIDDEN MLP LAYERS HEADS IMAGE PATCH PROJECTION
 *     make_random_model DIRECTORY TYPE HIDDEN MLP LAYERS HEADS IMAGE PATCH
 *     make_random_model ... text HIDDEN MLP LAYERS HEADS VOCABULARY CONTEXT
 *
 * TYPE is config.json's model_type (clip_vision_model, siglip_vision_model, dinov2,
 * dinov2_with_registers), IMAGE its image_size: with DINOv2's the size of the images
 * whose positions are stored. The last form, behind any of the others of CLIP's and
 * SigLIP's, adds a tower for texts, whose end token is CLIP's: the largest id.
 *
 * Run by the build. The same on every machine and in every build.
 */
#include <stdio.h>
#include <string.h>

#include "fovea/status.h"

#include "base/error.h"
#include "base/macros.h"
#include "base/number.h"
#include "checkpoint/random.h"
#include "spec/families.h"

static const struct fovea_tower default_config = {
    .width = 128,
    .mlp = 512,
    .n_layers = 4,
    .n_heads = 4,
    .side_px = 224,
    .patch_px = 32,
    .has_class_token = true,
    .has_pre_norm = true,
    .has_projection = true,
    .dimension = 64,
    .activation = FOVEA_ACTIVATION_QUICK_GELU,
    .eps = 1e-5F,
};

static const uint64_t seed = 20240;

enum {
    TEXT_NUMBERS = 6
};

static void
close_checkpoint(struct fovea_checkpoint **checkpoint)
{
    fovea_checkpoint_close(*checkpoint);
}

/* The numbers of a shape as config.json would have them, so that it is checked
   as one. */
static enum fovea_status
parse_shape(const char *type, char *const *numbers, size_t n,
        struct fovea_tower *tower_out, struct fovea_error *err)
{
    static const char *const names[] = { "hidden_size", "intermediate_size",
        "num_hidden_layers", "num_attention_heads", "image_size", "patch_size",
        "projection_dim" };
    char text[1024];
    uint64_t width = 1;
    uint64_t mlp = 1;
    (void)(fovea_number_parse(numbers[0], &width) &&
            fovea_number_parse(numbers[1], &mlp));
    /* Of the two, a family reads the one that is its own. */
    int used = snprintf(text, sizeof text,
            "{\"model_type\": \"%.64s\", \"mlp_ratio\": %.17g", type,
            (double)mlp / (double)width);
    for (size_t i = 0; i < n; i++) {
        used += snprintf(text + used, sizeof text - (size_t)used,
                ", \"%s\": %.16s", names[i], numbers[i]);
    }
    text[used++] = '}';
    enum fovea_status status =
            fovea_tower_parse(FOVEA_FILE_LAYOUT_HUGGING_FACE, "the shape", text,
                    (size_t)used, FOVEA_MODALITY_IMAGE, tower_out, err);
    if (!status && fovea_family_get(tower_out->family)->free_side_px > 0) {
        tower_out->side_px = fovea_family_get(tower_out->family)->free_side_px;
    }
    return status;
}

/* Words that are numbers only are a shape of CLIP's. */
static enum fovea_status
parse_words(char *const *words, struct fovea_tower *tower_out,
        struct fovea_error *err)
{
    enum {
        CLIP_NUMBERS = 7
    };
    return words[0][strspn(words[0], "0123456789")] == '\0'
            ? parse_shape("clip_vision_model", words, CLIP_NUMBERS, tower_out,
                      err)
            : parse_shape(words[0], words + 1, CLIP_NUMBERS - 1, tower_out,
                      err);
}

/* A tower for texts beside one for images, of its family and as wide an
   embedding. */
static enum fovea_status
parse_text(const struct fovea_tower *image, char *const *numbers,
        struct fovea_tower *tower_out, struct fovea_error *err)
{
    static const char *const types[FOVEA_N_FAMILIES] = {
        [FOVEA_FAMILY_CLIP] = "clip_text_model",
        [FOVEA_FAMILY_SIGLIP] = "siglip_text_model"
    };
    static const char *const names[TEXT_NUMBERS] = { "hidden_size",
        "intermediate_size", "num_hidden_layers", "num_attention_heads",
        "vocab_size", "max_position_embeddings" };
    const char *type = types[image->family];
    char text[1024];
    if (!type) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "no text tower is made beside one of %s",
                fovea_family_get(image->family)->name);
    }
    int used = snprintf(text, sizeof text,
            "{\"model_type\": \"%s\", \"projection_dim\": %u, "
            "\"projection_size\": %u",
            type, image->dimension, image->dimension);
    for (size_t i = 0; i < TEXT_NUMBERS; i++) {
        used += snprintf(text + used, sizeof text - (size_t)used,
                ", \"%s\": %.16s", names[i], numbers[i]);
    }
    text[used++] = '}';
    enum fovea_status status = fovea_tower_parse(FOVEA_FILE_LAYOUT_HUGGING_FACE,
            "the text's shape", text, (size_t)used, FOVEA_MODALITY_TEXT,
            tower_out, err);
    if (!status) {
        /* As CLIP's and SigLIP's tokenizers have it. */
        tower_out->end_id =
                tower_out->is_causal ? tower_out->vocabulary - 1 : 1;
    }
    return status;
}

static enum fovea_status
make(const char *directory, const struct fovea_model_towers *towers,
        struct fovea_error *err)
{
    FOVEA_AUTO(close_checkpoint) struct fovea_checkpoint *checkpoint = NULL;
    enum fovea_status status = fovea_checkpoint_create_random_model(towers,
            seed, &checkpoint, err);
    return status
            ? status
            : fovea_checkpoint_save_model(checkpoint, towers, directory, err);
}

int
main(int argc, char **argv)
{
    enum {
        WITHOUT_SHAPE = 2,
        WITH_SHAPE = 9
    };
    int n = argc;
    const bool has_text = argc > TEXT_NUMBERS + 1 &&
            strcmp(argv[argc - TEXT_NUMBERS - 1], "text") == 0;
    if (has_text) {
        n -= TEXT_NUMBERS + 1;
    }
    if (n != WITHOUT_SHAPE && n != WITH_SHAPE) {
        (void)fputs("Usage: make_random_model DIRECTORY [HIDDEN MLP LAYERS "
                    "HEADS IMAGE PATCH PROJECTION |\n"
                    "           TYPE HIDDEN MLP LAYERS HEADS IMAGE PATCH]\n"
                    "           [text HIDDEN MLP LAYERS HEADS VOCABULARY "
                    "CONTEXT]\n",
                stderr);
        return 2;
    }
    struct fovea_error error;
    struct fovea_tower image = default_config;
    struct fovea_tower text;
    if ((n == WITH_SHAPE && parse_words(argv + 2, &image, &error)) ||
            (has_text && parse_text(&image, argv + n + 1, &text, &error))) {
        (void)fprintf(stderr, "make_random_model: %s\n", error.message);
        return 2;
    }
    const struct fovea_model_towers towers = { &image,
        has_text ? &text : NULL };
    if (make(argv[1], &towers, &error)) {
        (void)fprintf(stderr, "make_random_model: %s\n", error.message);
        return 1;
    }
    return 0;
}
