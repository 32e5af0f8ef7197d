/*
 * Write the small checkpoint of random weights that stands in for the default
 * model until there is a trained one.
 *
 *     make_random_model DIRECTORY
 *
 * Run by the build. The same on every machine and in every build.
 */
#include <stdio.h>

#include "fovea/status.h"

#include "base/macros.h"
#include "checkpoint/random.h"

static const struct fovea_vision_config config = {
    .hidden_size = 128,
    .mlp_size = 512,
    .n_layers = 4,
    .n_heads = 4,
    .image_size_px = 224,
    .patch_size_px = 32,
    .projection_dim = 64,
    .activation = FOVEA_ACTIVATION_QUICK_GELU,
    .layer_norm_eps = 1e-5F,
};

static const uint64_t seed = 20240;

static void
close_checkpoint(struct fovea_checkpoint **checkpoint)
{
    fovea_checkpoint_close(*checkpoint);
}

int
main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fputs("Usage: make_random_model DIRECTORY\n", stderr);
        return 2;
    }
    struct fovea_error error;
    FOVEA_AUTO(close_checkpoint) struct fovea_checkpoint *checkpoint = NULL;
    if (fovea_checkpoint_create_random(&config, seed, &checkpoint, &error) ||
            fovea_checkpoint_save(checkpoint, &config, argv[1], &error)) {
        (void)fprintf(stderr, "make_random_model: %s\n", error.message);
        return 1;
    }
    return 0;
}
