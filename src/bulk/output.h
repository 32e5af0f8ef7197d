/*
 * Where results go: JSON lines on standard output, or in a file; or an array
 * (.npy) with a file of JSON lines beside it; or a collector. Files appear,
 * together, at the end or not at all.
 *
 * One thread at a time.
 */
#ifndef FOVEA_BULK_OUTPUT_H
#define FOVEA_BULK_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "bulk/entry.h"
#include "bulk/target.h"
#include "store/npy.h"
#include "sys/atomic_file.h"

struct fovea_row_result;

/** Somebody who takes results instead of a file or a stream. */
typedef enum fovea_status fovea_collect_fn(void *context,
        const struct fovea_row_result *results, size_t n,
        struct fovea_error *err);

struct fovea_output {
    bool to_files;
    bool has_array;            /* else lines hold the vectors */
    fovea_collect_fn *collect; /* NULL but for a collector */
    void *context;
    size_t row_size;               /* bytes */
    struct fovea_npy array;        /* if there is one */
    struct fovea_atomic_file rows; /* "x.npy", likewise */
    struct fovea_atomic_file list; /* "x.npy.jsonl", or "x.jsonl" */
    int attention_fd; /* a stream: readable once no more is to be written than
                         the line that has begun; -1: never */
    uint64_t n_rows;
    struct fovea_text text; /* lines that are being made */
};

/** A run of inputs with what came of them. */
struct fovea_row_result {
    const struct fovea_entry *entry;
    const struct fovea_error *error; /* code FOVEA_OK: good, with its notes */
    const void *row;                 /* row_size bytes; of good ones */
};

/** Write float32 rows as JSON lines on standard output. */
void fovea_output_open_stream(size_t n_floats, struct fovea_output *output_out);

/** Give every result to a function, with rows of row_size bytes. */
void fovea_output_open_collector(size_t row_size, fovea_collect_fn *collect,
        void *context, struct fovea_output *output_out);

/** The line of JSON of an result that is bad. */
void fovea_output_add_line(const struct fovea_row_result *result,
        struct fovea_text *text);

/**
 * Begin the files of a target that was looked at; what comes to stand there
 * later is not replaced, unless the target may overwrite.
 *
 * @return FOVEA_OK, or what fovea_atomic_file_open() returned.
 */
FOVEA_NODISCARD enum fovea_status fovea_output_open_files(
        const struct fovea_target *target, const struct fovea_npy *array,
        size_t row_size, struct fovea_output *output_out,
        struct fovea_error *err);

/** Write the next n results. FOVEA_OK, FOVEA_ERR_IO or FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_output_write(
        struct fovea_output *output, const struct fovea_row_result *results,
        size_t n, struct fovea_error *err);

/** Let the files appear. Does nothing to a stream. */
FOVEA_NODISCARD enum fovea_status fovea_output_commit(
        struct fovea_output *output, struct fovea_error *err);

/** Drop what was not committed and free everything; fine when committed. */
void fovea_output_finish(struct fovea_output *output);

#endif
