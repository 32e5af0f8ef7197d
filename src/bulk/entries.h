/*
 * The inputs of a run, one after the other: words of the command line, files
 * under those that are directories, names of a list ("-").
 *
 * Nothing is read before it is asked for. One thread at a time.
 */
#ifndef FOVEA_BULK_ENTRIES_H
#define FOVEA_BULK_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "bulk/target.h"
#include "bulk/walk.h"

struct fovea_entries;

/** Borrowed words; "-" stands for the list, or for the image if there is one. */
struct fovea_entries_source {
    const char *const *words;
    size_t n_words;
    char separator;                        /* of the list: '\n' or '\0' */
    const struct fovea_filter *filter;     /* of what walks find; or NULL */
    const struct fovea_target *target;     /* that no input may be; or NULL */
    const struct fovea_stdin_image *image; /* NULL: "-" is a list */
};

enum fovea_entries_step {
    FOVEA_ENTRIES_ENTRY,
    FOVEA_ENTRIES_WAIT, /* the list has no name ready: poll standard input */
    FOVEA_ENTRIES_END,
};

FOVEA_NODISCARD enum fovea_status fovea_entries_create(
        const struct fovea_entries_source *source,
        struct fovea_entries **entries_out, struct fovea_error *err);

void fovea_entries_destroy(struct fovea_entries *entries);

/**
 * Give the next input. Never waits for the list.
 *
 * @param entry_out  To be finished by the caller; set with _ENTRY only.
 * @return FOVEA_OK; what fovea_list_next() returned; FOVEA_ERR_OUTPUT_REFUSED
 *         for an input that the results would replace; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_entries_next(
        struct fovea_entries *entries, enum fovea_entries_step *step_out,
        struct fovea_entry *entry_out, struct fovea_error *err);

/** Go through all inputs but those of the list, for the target's sake. As
 *  fovea_entries_next(). */
FOVEA_NODISCARD enum fovea_status fovea_entries_check(
        const struct fovea_entries_source *source, struct fovea_error *err);

#endif
