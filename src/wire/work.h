/*
 * Kinds of work: what a worker is for, and what host and worker both have to
 * know of it. How a kind is done is for the worker to know (worker/work_kind.h).
 */
#ifndef FOVEA_WIRE_WORK_H
#define FOVEA_WIRE_WORK_H

#include <stdbool.h>

enum fovea_work_kind {
#define X(NAME, name, reads, has_engine, output, sandbox) FOVEA_WORK_##NAME,
#include "wire/work.def"
#undef X
    FOVEA_N_WORK_KINDS
};

enum fovea_work_output {
    FOVEA_OUTPUT_VECTOR, /* float32, in RESULT */
    FOVEA_OUTPUT_FILE,   /* rows of bytes, in a file that comes with JOB */
};

struct fovea_work_facts {
    const char *name; /* "embed" */
    bool has_engine;  /* there are weights, packed, beside LOAD or READY */
    enum fovea_work_output output;
};

/** The row of a kind that is one. */
const struct fovea_work_facts *fovea_work_facts(enum fovea_work_kind kind);

#endif
