/*
 * The C API in one page: embed the images that are given, and print which are
 * most alike.
 *
 *     embed MODEL IMAGE...
 *
 * MODEL is a key ("openai/clip-vit-base-patch32") or a directory. An image that
 * cannot be embedded is reported and left out.
 *
 * To build it against an installed fovea:
 *
 *     cc embed.c pairs.c $(pkg-config --cflags --libs fovea) -o embed
 */
#include <fovea/fovea.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pairs.h"

enum {
    N_PAIRS = 10
};

/* What one batch call takes and gives, an element an image. */
struct batch {
    size_t n;
    struct fovea_item *images;
    struct fovea_error *results;
    float *vectors; /* [n][dimension] */
};

static bool
prepare(struct batch *batch, char *const *paths, size_t n, size_t dimension)
{
    batch->n = n;
    batch->images = calloc(n, sizeof *batch->images);
    batch->results = calloc(n, sizeof *batch->results);
    batch->vectors = calloc(n, dimension * sizeof *batch->vectors);
    if (!batch->images || !batch->results || !batch->vectors) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        batch->images[i].kind = FOVEA_ITEM_IMAGE_PATH;
        batch->images[i].data = paths[i];
    }
    return true;
}

static void
release(struct batch *batch)
{
    free(batch->images);
    free(batch->results);
    free(batch->vectors);
}

/* Moves the good vectors together; gives how many there are. */
static size_t
keep_good(struct batch *batch, const char **names, size_t dimension)
{
    size_t n_good = 0;
    for (size_t i = 0; i < batch->n; i++) {
        const char *path = batch->images[i].data;
        if (batch->results[i].code != FOVEA_OK) {
            (void)fprintf(stderr, "%s: %s\n", path, batch->results[i].message);
            continue;
        }
        if (batch->results[i].notes) {
            (void)fprintf(stderr, "%s: %s\n", path, batch->results[i].message);
        }
        memmove(batch->vectors + n_good * dimension,
                batch->vectors + i * dimension,
                dimension * sizeof *batch->vectors);
        names[n_good++] = path;
    }
    return n_good;
}

static bool
embed_and_print(struct fovea_model *model, char *const *paths, size_t n)
{
    struct fovea_error error;
    struct batch batch = { 0 };
    size_t dimension = fovea_embedding_dimension(model);
    const char **names = calloc(n, sizeof *names);
    bool done = false;
    if (!names || !prepare(&batch, paths, n, dimension)) {
        (void)fprintf(stderr, "embed: out of memory\n");
    } else if (fovea_embed_batch(model, batch.images, n, 0, batch.vectors,
                       batch.results, &error)) {
        (void)fprintf(stderr, "embed: %s\n", error.message);
    } else {
        size_t n_good = keep_good(&batch, names, dimension);
        (void)printf("%zu of %zu images embedded, %zu numbers each\n", n_good,
                n, dimension);
        done = print_most_alike(names, batch.vectors, n_good, dimension,
                N_PAIRS);
    }
    release(&batch);
    free(names);
    return done;
}

int
main(int argc, char **argv)
{
    struct fovea *library = NULL;
    struct fovea_model *model = NULL;
    struct fovea_error error;
    bool done = false;
    if (argc < 3) {
        (void)fprintf(stderr, "usage: embed MODEL IMAGE...\n");
        return 2;
    }
    if (fovea_open(NULL, &library, &error) ||
            fovea_model_open(library, argv[1], &model, &error)) {
        (void)fprintf(stderr, "embed: %s\n", error.message);
    } else {
        done = embed_and_print(model, argv + 2, (size_t)argc - 2);
    }
    fovea_model_close(model);
    fovea_close(library);
    return done ? 0 : 1;
}
