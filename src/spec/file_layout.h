/*
 * What the files of a model's directory are called. Whoever reads one, fetches one
 * or says that one is missing asks here. A layout is a row of file_layout.def.
 */
#ifndef FOVEA_SPEC_FILE_LAYOUT_H
#define FOVEA_SPEC_FILE_LAYOUT_H

#include <stdbool.h>

enum fovea_file_layout_id {
#define X(id, name, config, processor, weights, index, pickle) \
    FOVEA_FILE_LAYOUT_##id,
#include "spec/file_layout.def"
#undef X
    FOVEA_N_FILE_LAYOUTS
};

struct fovea_file_layout {
    enum fovea_file_layout_id id;
    const char *name;   /* in messages: whose it is */
    const char *config; /* needed: what the model is */
    /* How it wants its pixels, if it is there; NULL: the config says that too. */
    const char *processor;
    const char *weights; /* needed, this or the index */
    /* Which of several files holds which tensor; NULL: weights are one file. */
    const char *index;
    /* Weights as a program to run; looked for to say so, never read. */
    const char *pickle;
};

const struct fovea_file_layout *fovea_file_layout_get(
        enum fovea_file_layout_id id);

enum {
    FOVEA_FILE_CONFIGS_SIZE = 128
};

/** The configs of all layouts, for messages: "config.json (transformers) or
 *  open_clip_config.json (open_clip)". */
void fovea_file_layout_configs(char text_out[FOVEA_FILE_CONFIGS_SIZE]);

/** Whether a place has a file of this name. */
typedef bool fovea_file_has_fn(const void *context, const char *name);

/**
 * The layout of a place: the first that is whole there; without one, the first
 * whose config is there; without that, the first of all.
 *
 * @param missing_out  The first file that is needed and is not there; NULL if it
 *                     is whole. Static.
 */
const struct fovea_file_layout *fovea_file_layout_find(fovea_file_has_fn *has,
        const void *context, const char **missing_out);

#endif
