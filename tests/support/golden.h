/*
 * What the golden tests share: finding samples and models in the source tree,
 * reading expected values, and opening a model with given settings. Anything
 * that goes wrong here fails the running test.
 */
#ifndef FOVEA_SUPPORT_GOLDEN_H
#define FOVEA_SUPPORT_GOLDEN_H

#include <stddef.h>

#include "fovea/fovea.h"

enum {
    GOLDEN_PATH_SIZE = 4096
};

/** A library and a model of tests/golden/models, opened together. */
struct golden_model {
    struct fovea *library;
    struct fovea_model *model;
    size_t dimension;
};

/** The path of a file in the source tree, "samples/scenes/fog.jpg". */
void golden_path(const char *rest, char path_out[GOLDEN_PATH_SIZE]);

/**
 * The values of tests/golden/<name>.npy, to be freed.
 *
 * @param descr  As in the header, "<f4".
 * @param shape  As in the header, "(7, 20)".
 * @param size   Of the values, in bytes.
 */
void *golden_read_npy(const char *name, const char *descr, const char *shape,
        size_t size);

/** Open tests/golden/models/<name>; n_threads and max_batch as options. */
struct golden_model golden_open(const char *name, enum fovea_dtype dtype,
        unsigned n_threads, unsigned max_batch);

/** The same with any options. */
struct golden_model golden_open_with(const char *name,
        const struct fovea_options *options);

void golden_close(struct golden_model *golden);

#endif
