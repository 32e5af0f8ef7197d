/*
 * Finding pictures by words: one batch of a text and of images, and the images
 * in the order of how well they fit.
 *
 *     search MODEL WORDS IMAGE...
 *
 * MODEL must have a text tower, as "openai/clip-vit-base-patch32" has. An image
 * that cannot be embedded is reported and left out.
 *
 * To build it against an installed fovea:
 *
 *     cc search.c $(pkg-config --cflags --libs fovea) -o search
 */
#include <fovea/fovea.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An image and how well it fits. */
struct found {
    const char *path;
    double score;
};

static int
compare(const void *a, const void *b)
{
    const struct found *left = a;
    const struct found *right = b;
    return (left->score < right->score) - (left->score > right->score);
}

/* The vectors are of length 1. */
static double
product(const float *a, const float *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)a[i] * (double)b[i];
    }
    return sum;
}

/* Item 0 is the text, the others are images. */
static bool
print_ranking(const struct fovea_item *items, const struct fovea_error *results,
        const float *vectors, size_t n, size_t dimension)
{
    struct found *found = calloc(n, sizeof *found);
    size_t n_found = 0;
    if (!found || results[0].code) {
        (void)fprintf(stderr, "search: %s\n",
                found ? results[0].message : "out of memory");
        free(found);
        return false;
    }
    for (size_t i = 1; i < n; i++) {
        if (results[i].code) {
            (void)fprintf(stderr, "%s: %s\n", (const char *)items[i].data,
                    results[i].message);
            continue;
        }
        found[n_found++] = (struct found){ items[i].data,
            product(vectors, vectors + i * dimension, dimension) };
    }
    qsort(found, n_found, sizeof *found, compare);
    for (size_t i = 0; i < n_found; i++) {
        printf("%+.4f  %s\n", found[i].score, found[i].path);
    }
    free(found);
    return true;
}

static bool
search(struct fovea_model *model, const char *words, char *const *paths,
        size_t n_paths)
{
    struct fovea_error error = { .message = "out of memory" };
    size_t n = n_paths + 1;
    size_t dimension = fovea_embedding_dimension(model);
    struct fovea_item *items = calloc(n, sizeof *items);
    struct fovea_error *results = calloc(n, sizeof *results);
    float *vectors = calloc(n * dimension, sizeof *vectors);
    bool done = false;
    if (items && results && vectors) {
        items[0].kind = FOVEA_ITEM_TEXT;
        items[0].data = words;
        items[0].size = strlen(words);
        for (size_t i = 1; i < n; i++) {
            items[i].kind = FOVEA_ITEM_IMAGE_PATH;
            items[i].data = paths[i - 1];
        }
        done = !fovea_embed_batch(model, items, n, 0, vectors, results, &error);
    }
    if (!done) {
        (void)fprintf(stderr, "search: %s\n", error.message);
    } else {
        done = print_ranking(items, results, vectors, n, dimension);
    }
    free(items);
    free(results);
    free(vectors);
    return done;
}

int
main(int argc, char **argv)
{
    struct fovea *library = NULL;
    struct fovea_model *model = NULL;
    struct fovea_error error;
    bool done = false;
    if (argc < 4) {
        (void)fprintf(stderr, "usage: search MODEL WORDS IMAGE...\n");
        return 2;
    }
    if (fovea_open(NULL, &library, &error) ||
            fovea_model_open(library, argv[1], &model, &error)) {
        (void)fprintf(stderr, "search: %s\n", error.message);
    } else {
        done = search(model, argv[2], argv + 3, (size_t)argc - 3);
    }
    fovea_model_close(model);
    fovea_close(library);
    return done ? 0 : 1;
}
