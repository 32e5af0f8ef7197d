/*
 * Kinds of work: what a worker is for, and what host and worker both have to
 * know of it. How a kind is done is for the worker to know (worker/work_kind.h).
 */
#ifndef FOVEA_WIRE_WORK_H
#define FOVEA_WIRE_WORK_H

#include <stdbool.h>
#include <stddef.h>

#include "spec/tower.h"

enum fovea_work_kind {
#define X(NAME, name, item, reads, has_engine, output, sandbox) \
    FOVEA_WORK_##NAME,
#include "wire/work.def"
#undef X
    FOVEA_N_WORK_KINDS
};

enum fovea_work_output {
    FOVEA_OUTPUT_VECTOR, /* float32, in RESULT */
    FOVEA_OUTPUT_FILE,   /* rows of bytes, in a file that comes with JOB */
};

/* What all workers of a model map, as files beside LOAD or READY, in this
   order. */
enum fovea_shared {
    FOVEA_SHARED_WEIGHTS, /* packed, of the engine */
    FOVEA_SHARED_TABLE,   /* of the tokenizer */
    FOVEA_N_SHARED
};

/* What is asked of an item besides. */
struct fovea_work_flags {
    bool raw;               /* the vector is not scaled to length 1 */
    bool refuses_truncated; /* a text is not cut */
};

struct fovea_work_facts {
    const char *name; /* "embed" */
    enum fovea_modality modality;
    const char *item; /* "image", "text" */
    bool has_engine;
    enum fovea_work_output output;
};

/** The row of a kind that is one. */
const struct fovea_work_facts *fovea_work_facts(enum fovea_work_kind kind);

/** Whether workers of a kind share that. */
bool fovea_work_shares(enum fovea_work_kind kind, enum fovea_shared what);

/** How many files they share. */
size_t fovea_work_n_shared(enum fovea_work_kind kind);

/** What of a row is the result: all of it, or of a thumbnail its JPEG. */
const void *fovea_work_value(enum fovea_work_kind kind, const void *row,
        size_t row_bytes, size_t *size_out);

#endif
