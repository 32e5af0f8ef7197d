/*
 * Write a checkpoint of random weights: a small one for tests, or one of a given
 * shape, to measure with.
 *
 *     make_random_model DIRECTORY
 *     make_random_model DIRECTORY HIDDEN MLP LAYERS HEADS IMAGE PATCH PROJECTION
 *
 * Run by the build. The same on every machine and in every build.
 */
#include <stdio.h>
#include <string.h>

#include "fovea/status.h"

#include "base/macros.h"
#include "checkpoint/random.h"

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
parse_shape(char *const *numbers, struct fovea_tower *tower_out,
        struct fovea_error *err)
{
    static const char *const names[] = { "hidden_size", "intermediate_size",
        "num_hidden_layers", "num_attention_heads", "image_size", "patch_size",
        "projection_dim" };
    char text[1024] = "{\"model_type\": \"clip_vision_model\"";
    size_t used = strlen(text);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        int n = snprintf(text + used, sizeof text - used, ", \"%s\": %.16s",
                names[i], numbers[i]);
        used += n > 0 ? (size_t)n : 0;
    }
    text[used++] = '}';
    return fovea_tower_parse(FOVEA_FILE_LAYOUT_HUGGING_FACE, "the shape", text,
            used, FOVEA_MODALITY_IMAGE, tower_out, err);
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
                    "HEADS IMAGE PATCH PROJECTION]\n",
                stderr);
        return 2;
    }
    struct fovea_error error;
    struct fovea_tower tower = default_config;
    if (argc == WITH_SHAPE && parse_shape(argv + 2, &tower, &error)) {
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
