/*
 * Writing the vectors of a set somewhere else, with what the index knows of their
 * pictures: one row for each picture (distinct bytes), however many files have
 * it.
 */
#ifndef FOVEA_EXPORT_EXPORT_H
#define FOVEA_EXPORT_EXPORT_H

#include "base/text.h"
#include "export/format.h"
#include "index/rows.h"

/** The format of a name; NULL if there is none. */
const struct fovea_export_format *fovea_export_find(const char *name);

/** The names of all formats, with commas. */
void fovea_export_names(struct fovea_text *text);

/** What is exported, and who is told. */
struct fovea_export {
    struct fovea_index_folder *folder; /* in a snapshot, which set is of */
    const struct fovea_index_set *set;
    const struct fovea_export_format *format;
    struct fovea_export_settings settings; /* set and n_rows are filled in */
    /* Called after each batch of rows; NULL: nobody. */
    void (*on_progress)(void *context, uint64_t n_done, uint64_t n_rows);
};

/**
 * Export all live rows of a set.
 *
 * @return FOVEA_OK; FOVEA_ERR_CANCELLED; what reading the index or writing may
 *         come to. On failure a file is not there, and what a server was given
 *         stays: the same export again goes on.
 */
FOVEA_NODISCARD enum fovea_status fovea_export_run(
        const struct fovea_export *export,
        struct fovea_export_counts *counts_out, struct fovea_error *err);

#endif
