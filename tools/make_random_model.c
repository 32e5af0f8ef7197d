/*
 * Write a checkpoint of random weights: a small one for tests, or one of a given
 * shape, to measure with.
 *
 *     make_random_model DIRECTORY
 *     make_random_model DIRECTORY HIDDEN MLP LAYERS HEADS IMAGE PATCH PROJECTION
 *     make_random_model DIRECTORY TYPE HIDDEN MLP LAYERS HEADS IMAGE PATCH
 *
 * TYPE is config.json's model_type (clip_vision_model, siglip_vision_model, dinov2,
 * dinov2_with_registers), IMAGE its image_size: with DINOv2's the size of the images
 * whose positions are stored.
 *
 * Run by the build. The same on every machine and in every build.
 */
#include <stdio.h>
#include <string.h>

#include "fovea/status.h"

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

int
main(int argc, char **argv)
{
    enum {
        WITHOUT_SHAPE = 2,
        WITH_SHAPE = 9
    };
    if (argc != WITHOUT_SHAPE && argc != WITH_SHAPE) {
        (void)fputs("Usage: make_random_model DIRECTORY [HIDDEN MLP LAYERS "
                    "HEADS IMAGE PATCH PROJECTION |\n"
                    "           TYPE HIDDEN MLP LAYERS HEADS IMAGE PATCH]\n",
                stderr);
        return 2;
    }
    struct fovea_error error;
    struct fovea_tower tower = default_config;
    if (argc == WITH_SHAPE && parse_words(argv + 2, &tower, &error)) {
        (void)fprintf(stderr, "make_random_model: %s\n", error.message);
        return 2;
    }
    FOVEA_AUTO(close_checkpoint) struct fovea_checkpoint *checkpoint = NULL;
    if (fovea_checkpoint_create_random(&tower, seed, &checkpoint, &error) ||
            fovea_checkpoint_save(checkpoint, &tower, argv[1], &error)) {
        (void)fprintf(stderr, "make_random_model: %s\n", error.message);
        return 1;
    }
    return 0;
}
