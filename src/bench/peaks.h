/*
 * The rates of one core that bound a forward pass: multiply-adds of each kind of
 * instruction with everything in registers, and reading from each level of memory.
 */
#ifndef FOVEA_BENCH_PEAKS_H
#define FOVEA_BENCH_PEAKS_H

#include <stdbool.h>
#include <stddef.h>

#include "fovea/export.h"
#include "fovea/status.h"

/* What a multiply-add's operands are. */
enum fovea_peak_operand {
    FOVEA_PEAK_F32,
    FOVEA_PEAK_BF16,
    FOVEA_PEAK_INT8,
    FOVEA_N_PEAK_OPERANDS
};

/* A kind of instruction that multiplies and adds. */
struct fovea_peak_kind {
    const char *name; /* "f32_avx512" */
    enum fovea_peak_operand operand;
    bool (*is_there)(void); /* in this CPU, and the engine may use it */
    void (*run)(size_t n_rounds);
    double operations; /* of a round; a multiply-add is two */
    size_t n_rounds;   /* some tens of microseconds */
};

enum {
    FOVEA_N_PEAK_KINDS = 7
};

extern const struct fovea_peak_kind fovea_peak_kinds[FOVEA_N_PEAK_KINDS];

/* Where what is read lies. */
enum fovea_peak_level {
    FOVEA_PEAK_L2,
    FOVEA_PEAK_L3,
    FOVEA_PEAK_MEMORY,
    FOVEA_N_PEAK_LEVELS
};

extern const char *const fovea_peak_level_names[FOVEA_N_PEAK_LEVELS];

/* A second; 0 of what this CPU does not have. */
struct fovea_peaks {
    double operations[FOVEA_N_PEAK_KINDS];
    double bytes[FOVEA_N_PEAK_LEVELS];
};

/* What is read, and how large the caches are. */
struct fovea_peak_memory {
    void *memory;
    size_t size;
    size_t caches[FOVEA_PEAK_MEMORY]; /* bytes; 0: none that is known */
};

/** @return FOVEA_OK or FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_peak_memory_init(
        struct fovea_peak_memory *memory, struct fovea_error *err);
void fovea_peak_memory_finish(struct fovea_peak_memory *memory);

/**
 * Measure all of them in the calling thread, in some tens of milliseconds. Each is
 * the most of several short runs: what else is going on makes a rate smaller and
 * never larger.
 */
void fovea_peaks_measure(const struct fovea_peak_memory *memory,
        struct fovea_peaks *peaks_out);

/** The largest rate of an operand; 0: this CPU has no instruction for it. */
double fovea_peaks_of(const struct fovea_peaks *peaks,
        enum fovea_peak_operand operand);

/** The nearest level that holds so many bytes. */
enum fovea_peak_level fovea_peak_level_of(
        const struct fovea_peak_memory *memory, size_t size);

#endif
