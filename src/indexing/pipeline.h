/*
 * Files of one root to vectors in the index: read ahead, looked up by their
 * digest, embedded if their bytes are new, and committed every few seconds.
 *
 *     paths -> reader -> known? ---------------------> record
 *                          \-> flights, streams -----/
 *
 * Memory is that of what is under way, however many files there are.
 */
#ifndef FOVEA_INDEXING_PIPELINE_H
#define FOVEA_INDEXING_PIPELINE_H

#include "indexing/counts.h"
#include "indexing/flights.h"
#include "indexing/hooks.h"

/** Borrowed as long as the pipeline. */
struct fovea_pipeline_settings {
    struct fovea_index_folder *folder; /* to be written */
    struct fovea_models *models;       /* begun; opened when needed */
    unsigned n_readers;
    uint64_t max_bytes; /* of a file */
    int64_t commit_ns;  /* that may be lost by a kill, at most */
    int stop_fd;        /* readable once it is to stop; or -1 */
    struct fovea_counts *counts;
    const struct fovea_hooks *hooks;
};

struct fovea_pipeline;

FOVEA_NODISCARD enum fovea_status fovea_pipeline_create(
        const struct fovea_pipeline_settings *settings,
        struct fovea_pipeline **pipeline_out, struct fovea_error *err);

/** An update begins: its time counts from now. */
void fovea_pipeline_begin(struct fovea_pipeline *pipeline);

/** What is under way is dropped. NULL is fine. */
void fovea_pipeline_destroy(struct fovea_pipeline *pipeline);

/** Files to go through it, all of one root. */
struct fovea_pipeline_source {
    const char *root_path; /* for messages */
    int64_t root;
    int root_fd;
    /* The next path, until the next call; NULL: none at once, or at the end. */
    enum fovea_status (*next)(void *context, const char **path_out,
            bool *is_over_out, struct fovea_error *err);
    void *context;
};

/**
 * Take all of a source through, and commit.
 *
 * @return FOVEA_OK, whatever came of single files; FOVEA_ERR_CANCELLED if it was
 *         stopped: what had come by then is committed; what kept workers from
 *         starting (fovea_no_worker()); as the functions of the index, and
 *         fovea_models_open().
 */
FOVEA_NODISCARD enum fovea_status fovea_pipeline_run(
        struct fovea_pipeline *pipeline,
        const struct fovea_pipeline_source *source, struct fovea_error *err);

/** Write down how far it is, and commit. phase: as others see it. */
FOVEA_NODISCARD enum fovea_status fovea_pipeline_commit(
        struct fovea_pipeline *pipeline, const char *phase,
        struct fovea_error *err);

/** Whether it is to stop: FOVEA_ERR_CANCELLED. */
FOVEA_NODISCARD enum fovea_status fovea_pipeline_check_stop(
        const struct fovea_pipeline *pipeline, struct fovea_error *err);

#endif
