/* See peaks.h. */
#include "bench/peaks.h"

#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/macros.h"
#include "base/size.h"
#include "bench/caches.h"
#include "bench/instructions.h"
#include "bench/rounds.h"
#include "engine/cpu/machine.h"
#include "sys/cpu.h"

enum {
    N_RUNS = 8,
    N_ROUNDS = 10000,
    N_TILE_ROUNDS = 2000,
    /* Of what a cache is read for: far below its size, so that it is there, and
       above that of the level before. */
    SHARE = 2,
    /* The largest cache so many times over is memory. */
    CACHES = 8,
    HUGE_PAGE = 1 << 21,
};

/* Sizes in bytes. */
#define LEAST_MEMORY ((size_t)64 << 20)
#define MOST_MEMORY  ((size_t)512 << 20)
/* What a run reads at least. */
#define RUN_BYTES ((size_t)4 << 20)

/* Instructions. */

static bool
is_always_there(void)
{
    return true;
}

static bool
has_avx512(void)
{
    return fovea_cpu_level() >= FOVEA_CPU_AVX512;
}

static bool
has_avx512_vnni(void)
{
    return has_avx512() && fovea_machine_has_vnni() &&
            __builtin_cpu_supports("avx512vnni");
}

static bool
has_avx_vnni(void)
{
    return fovea_machine_has_vnni() && fovea_cpu_has_avx_vnni();
}

/* Eight, or sixteen, lanes of one, two or four multiply-adds. */
#define VECTOR(lanes, products) (2.0 * FOVEA_VECTOR_SUMS * (lanes) * (products))

/* Sixteen rows by sixteen columns, of so many elements of a row. */
#define TILES(elements) (2.0 * FOVEA_TILE_SUMS * 16 * 16 * (elements))

const struct fovea_peak_kind fovea_peak_kinds[FOVEA_N_PEAK_KINDS] = {
    { "f32_avx2", FOVEA_PEAK_F32, is_always_there, fovea_loop_f32_avx2,
            VECTOR(8, 1), N_ROUNDS },
    { "f32_avx512", FOVEA_PEAK_F32, has_avx512, fovea_loop_f32_avx512,
            VECTOR(16, 1), N_ROUNDS },
    { "bf16_avx512", FOVEA_PEAK_BF16, fovea_machine_has_bf16,
            fovea_loop_bf16_avx512, VECTOR(16, 2), N_ROUNDS },
    { "int8_avx2", FOVEA_PEAK_INT8, has_avx_vnni, fovea_loop_int8_avx2,
            VECTOR(8, 4), N_ROUNDS },
    { "int8_avx512", FOVEA_PEAK_INT8, has_avx512_vnni, fovea_loop_int8_avx512,
            VECTOR(16, 4), N_ROUNDS },
    { "bf16_tiles", FOVEA_PEAK_BF16, fovea_machine_has_tiles,
            fovea_loop_bf16_tiles, TILES(32), N_TILE_ROUNDS },
    { "int8_tiles", FOVEA_PEAK_INT8, fovea_machine_has_tiles,
            fovea_loop_int8_tiles, TILES(64), N_TILE_ROUNDS },
};

static double
measure_kind(const struct fovea_peak_kind *kind)
{
    double most = 0.0;
    for (size_t i = 0; kind->is_there() && i < N_RUNS; i++) {
        int64_t start = fovea_clock_thread_ns();
        kind->run(kind->n_rounds);
        double seconds = (double)(fovea_clock_thread_ns() - start) * 1e-9;
        double rate = kind->operations * (double)kind->n_rounds / seconds;
        most = rate > most ? rate : most;
    }
    return most;
}

double
fovea_peaks_of(const struct fovea_peaks *peaks, enum fovea_peak_operand operand)
{
    double most = 0.0;
    for (size_t i = 0; i < FOVEA_N_PEAK_KINDS; i++) {
        if (fovea_peak_kinds[i].operand == operand &&
                peaks->operations[i] > most) {
            most = peaks->operations[i];
        }
    }
    return most;
}

/* Memory. */

const char *const fovea_peak_level_names[FOVEA_N_PEAK_LEVELS] = {
    [FOVEA_PEAK_L2] = "l2",
    [FOVEA_PEAK_L3] = "l3",
    [FOVEA_PEAK_MEMORY] = "memory",
};

static size_t
larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

enum fovea_status
fovea_peak_memory_init(struct fovea_peak_memory *memory,
        struct fovea_error *err)
{
    const size_t l2 = fovea_bench_cache_size(2);
    const size_t l3 = fovea_bench_cache_size(3);
    size_t size = larger(CACHES * larger(l2, l3), LEAST_MEMORY);
    size = size < MOST_MEMORY ? fovea_round_up(size, HUGE_PAGE) : MOST_MEMORY;
    /* In large pages, as the bench's weights are. */
    void *block = aligned_alloc(HUGE_PAGE, size);
    if (!block) {
        return fovea_fail_memory(err, size, "memory that is read");
    }
    (void)madvise(block, size, MADV_HUGEPAGE);
    memset(block, 1, size);
    *memory = (struct fovea_peak_memory){ block, size,
        { [FOVEA_PEAK_L2] = l2, [FOVEA_PEAK_L3] = l3 } };
    return FOVEA_OK;
}

void
fovea_peak_memory_finish(struct fovea_peak_memory *memory)
{
    free(memory->memory);
    *memory = (struct fovea_peak_memory){ 0 };
}

static size_t
level_bytes(const struct fovea_peak_memory *memory, enum fovea_peak_level level)
{
    size_t size = level == FOVEA_PEAK_MEMORY ? memory->size
                                             : memory->caches[level] / SHARE;
    size = size < memory->size ? size : memory->size;
    return size / FOVEA_READ_UNIT * FOVEA_READ_UNIT;
}

static double
measure_level(const struct fovea_peak_memory *memory,
        enum fovea_peak_level level)
{
    const size_t size = level_bytes(memory, level);
    const size_t n_times = size > 0 ? (RUN_BYTES + size - 1) / size : 0;
    /* Memory's runs are long enough for one. */
    const size_t n_runs = level == FOVEA_PEAK_MEMORY ? 1 : N_RUNS;
    double most = 0.0;
    for (size_t i = 0; size > 0 && i < n_runs; i++) {
        int64_t start = fovea_clock_thread_ns();
        for (size_t k = 0; k < n_times; k++) {
            fovea_loop_read(memory->memory, size);
        }
        double seconds = (double)(fovea_clock_thread_ns() - start) * 1e-9;
        double rate = (double)(n_times * size) / seconds;
        most = rate > most ? rate : most;
    }
    return most;
}

enum fovea_peak_level
fovea_peak_level_of(const struct fovea_peak_memory *memory, size_t size)
{
    for (enum fovea_peak_level i = 0; i < FOVEA_PEAK_MEMORY; i++) {
        if (size <= memory->caches[i]) {
            return i;
        }
    }
    return FOVEA_PEAK_MEMORY;
}

void
fovea_peaks_measure(const struct fovea_peak_memory *memory,
        struct fovea_peaks *peaks_out)
{
    for (size_t i = 0; i < FOVEA_N_PEAK_KINDS; i++) {
        peaks_out->operations[i] = measure_kind(&fovea_peak_kinds[i]);
    }
    for (enum fovea_peak_level i = 0; i < FOVEA_N_PEAK_LEVELS; i++) {
        peaks_out->bytes[i] = measure_level(memory, i);
    }
}
