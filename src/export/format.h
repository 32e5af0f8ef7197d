/*
 * What an index can be exported to: a format is a file, format_*.c, and a row of
 * format.def. One thread at a time.
 */
#ifndef FOVEA_EXPORT_FORMAT_H
#define FOVEA_EXPORT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulk/target.h"
#include "find/picture.h"
#include "index/set.h"

/** A picture and its vector in the set that is exported; borrowed. */
struct fovea_export_row {
    const struct fovea_picture *picture;
    const float *vector; /* [dimension], of length 1 */
};

/** What an export is begun with; borrowed until it is finished. */
struct fovea_export_settings {
    const struct fovea_index_set_key *set;
    uint64_t n_rows;                   /* that will be written */
    const struct fovea_target *target; /* NULL: standard output, or a server */
    const char *url;        /* of a server, without a slash at its end */
    const char *collection; /* there; or the table's name in SQL */
    /* Asked while it waits for a server; NULL: never. */
    bool (*is_cancelled)(void *context);
    void *context;
};

/** How much came of it. */
struct fovea_export_counts {
    uint64_t n_written;
    uint64_t n_there; /* a server had them already */
};

struct fovea_export_format {
    const char *name;                     /* of --to */
    const struct fovea_target_form *form; /* NULL: it writes no files */
    bool is_text;                         /* it may go to standard output */
    /* Folders that are made first, below what -o names; NULL at the end, or
       instead: it names a file. */
    const char *const *folders;
    size_t state_size;
    /* The state is all zero. Whatever it returns, finish is called. */
    enum fovea_status (*open)(const struct fovea_export_settings *settings,
            void *state, struct fovea_error *err);
    /* The next n rows, in the order of the set's rows. */
    enum fovea_status (*write)(void *state, const struct fovea_export_row *rows,
            size_t n, struct fovea_export_counts *counts,
            struct fovea_error *err);
    /* All rows were written: let them be seen. */
    enum fovea_status (*commit)(void *state, struct fovea_error *err);
    /* Release everything; what was not committed is dropped, where nothing is
       seen before. */
    void (*finish)(void *state);
};

#define X(name) extern const struct fovea_export_format fovea_export_##name;
#include "export/format.def"
#undef X

#endif
