/*
 * What embed, preprocess and similar have in common: their flags, opening a model and
 * an output, running, and saying how it went.
 */
#ifndef FOVEA_CLI_TASK_H
#define FOVEA_CLI_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "cli/run.h"
#include "cli/settings.h"

/** The flags, as they were given. */
struct fovea_task {
    bool help;
    bool null_separated;
    bool stdin_image;
    struct fovea_stdin_image image; /* once it was read, if so */
    bool quiet;
    bool no_progress;
    bool raw;
    bool verbose;
    bool stats;
    bool json;
    uint64_t n_best;
    const char *query; /* the first word, where the kind has one */
    const char *model;
    struct fovea_words include;
    struct fovea_words exclude;
    const char *output;
    bool overwrite;
    struct fovea_target target; /* of output, once it was looked at */
    uint64_t dtype;             /* enum fovea_dtype */
    struct fovea_settings settings;
};

enum {
    FOVEA_TASK_MAX_FLAGS = 4 /* of one kind */
};

/* What the flags of all kinds are, for the help of each. */
/* clang-format off */
#define FOVEA_TASK_STDIN_HELP \
    "      --stdin-image     - is an image on standard input, not a list of names\n"
#define FOVEA_TASK_FILTER_HELP \
    "      --include GLOB    of what is found under directories, only files whose\n" \
    "                        name matches, or, with a / in GLOB, whose path below\n" \
    "                        the directory does; can be given many times\n" \
    "      --exclude GLOB    not those files, nor what is in such directories\n"
/* clang-format on */

/** How one of the commands does it. */
struct fovea_task_kind {
    const struct fovea_command *command;
    const char *verb;  /* "embedding" */
    const char *past;  /* "embedded" */
    bool needs_output; /* -o must be given */
    bool arrays_only;  /* -o writes no lines */
    bool ranks;        /* inputs by likeness to the first word */
    /* Write the flags that only this kind has; gives their number. */
    size_t (*add_flags)(struct fovea_task *task, struct fovea_flag flags[]);
    fovea_work_fn *work; /* its context is a struct fovea_task_work */
    /* Shape and type of a row; gives its size in bytes. */
    size_t (*layout)(const struct fovea_model_info *info,
            struct fovea_npy *array_out);
};

struct fovea_task_work {
    struct fovea_model *model;
    unsigned flags; /* of the embedding calls */
};

/** A fovea_work_fn that embeds; context: struct fovea_task_work. */
FOVEA_NODISCARD enum fovea_status fovea_task_embed_images(void *context,
        const struct fovea_item *images, size_t n, void *rows,
        struct fovea_error *results, struct fovea_error *err);

/** The words of --dtype, in the order of enum fovea_dtype. */
extern const char *const fovea_dtype_names[];

/** Write the flags of what goes to files, -o and --overwrite; gives their
 *  number. */
size_t fovea_task_output_flags(struct fovea_task *task,
        struct fovea_flag flags[]);

struct fovea_flag fovea_task_dtype_flag(struct fovea_task *task);

/**
 * What the words must be, and what follows from the flags: the query is taken
 * off, "-" is put in where it is meant. Room for one more than argc.
 *
 * @return FOVEA_OK or FOVEA_ERR_ARGUMENT.
 */
FOVEA_NODISCARD enum fovea_status fovea_task_take_words(
        const struct fovea_task_kind *kind, struct fovea_task *task,
        const char **words, size_t *n_words, struct fovea_error *err);

/** Parse argv and do it. The exit code. */
int fovea_task_main(const struct fovea_task_kind *kind, int argc, char **argv);

/* For FOVEA_AUTO. */
void fovea_task_close_library(struct fovea **library);
void fovea_task_close_model(struct fovea_model **model);

#endif
