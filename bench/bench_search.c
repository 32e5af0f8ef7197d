/*
 * How fast stored vectors are searched, on one core.
 *
 *     bench_search search|pairs ROWS DIMENSION ROUNDS [best]
 *
 * "best" leaves out all kernels but the one that would be taken. Makes segments of
 * drawn vectors in a folder of its own below TMPDIR (/tmp) and prints a line a
 * kernel: the median of the rounds, which go from kernel to kernel. A tenth of the
 * rows are near others; all have a direction in common, as vectors of pictures do.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/macros.h"
#include "base/number.h"
#include "store/kernels.h"
#include "store/pairs.h"
#include "store/scan.h"

enum {
    MAX_SEGMENTS = 1024,
    MAX_KERNELS = 8,
    MAX_ROUNDS = 99,
    BATCH_ROWS = 1024,
    N_BEST = 10,
    NEAR_EVERY = 10,
};

struct store {
    char folder[256];
    struct fovea_segment *segments[MAX_SEGMENTS];
    size_t n_segments;
    size_t dimension;
    float *query;
};

struct figures {
    double ms[MAX_ROUNDS];
    double cpu_ms[MAX_ROUNDS];
    uint64_t n_reranked;
    uint64_t n_found;
};

static float
draw(uint64_t *state)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return (float)(int32_t)(*state >> 32) * 0x1p-31F;
}

/* The next rows; batch has those before, one of which some are near. */
static void
draw_rows(float *rows, size_t n, const float *common, size_t dimension,
        uint64_t *state)
{
    for (size_t i = 0; i < n; i++) {
        float *row = rows + i * dimension;
        const float *near =
                i > 0 && i % NEAR_EVERY == 0 ? row - dimension : NULL;
        for (size_t j = 0; j < dimension; j++) {
            float number = draw(state);
            row[j] = near ? near[j] + number / 2 : common[j] + number;
        }
    }
}

static enum fovea_status
fill(struct fovea_segment *segment, size_t n, const float *common,
        size_t dimension, uint64_t *state, struct fovea_error *err)
{
    FOVEA_AUTO_FREE float *rows = malloc(BATCH_ROWS * dimension * sizeof *rows);
    if (!rows) {
        return fovea_fail_memory(err, BATCH_ROWS * dimension * sizeof *rows,
                "rows");
    }
    enum fovea_status status = FOVEA_OK;
    for (size_t done = 0; !status && done < n;) {
        size_t here = n - done < BATCH_ROWS ? n - done : BATCH_ROWS;
        draw_rows(rows, here, common, dimension, state);
        status = fovea_segment_append(segment, rows, here, err);
        done += here;
    }
    return status ? status : fovea_segment_sync(segment, err);
}

static void
path_of(const struct store *store, size_t i, char path[300])
{
    (void)snprintf(path, 300, "%s/%zu", store->folder, i);
}

static enum fovea_status
store_fill(struct store *store, size_t n_rows, struct fovea_error *err)
{
    uint64_t state = 1;
    size_t dimension = store->dimension;
    FOVEA_AUTO_FREE float *common = malloc(dimension * sizeof *common);
    store->query = malloc(dimension * sizeof *store->query);
    if (!common || !store->query) {
        return fovea_fail_memory(err, dimension * sizeof *common, "a row");
    }
    for (size_t i = 0; i < dimension; i++) {
        common[i] = draw(&state);
        store->query[i] = common[i] + draw(&state);
    }
    enum fovea_status status = FOVEA_OK;
    for (size_t done = 0; !status && done < n_rows;) {
        char path[300];
        size_t here = n_rows - done < FOVEA_SEGMENT_ROWS ? n_rows - done
                                                         : FOVEA_SEGMENT_ROWS;
        struct fovea_segment_spec spec = {
            .number = store->n_segments,
            .dimension = (uint32_t)dimension,
            .capacity = FOVEA_SEGMENT_ROWS,
            .store = FOVEA_STORE_F32,
        };
        path_of(store, store->n_segments, path);
        status = fovea_segment_create(path, &spec,
                &store->segments[store->n_segments], err);
        if (!status) {
            status = fill(store->segments[store->n_segments++], here, common,
                    dimension, &state, err);
        }
        done += here;
    }
    return status;
}

static void
store_finish(struct store *store)
{
    char path[300];
    for (size_t i = 0; i < store->n_segments; i++) {
        fovea_segment_close(store->segments[i]);
        path_of(store, i, path);
        (void)unlink(path);
    }
    (void)rmdir(store->folder);
    free(store->query);
}

static enum fovea_status
search(const struct store *store, const struct fovea_kernel *kernel,
        struct figures *figures, struct fovea_error *err)
{
    const struct fovea_scan scan = {
        .segments = (const struct fovea_segment *const *)store->segments,
        .n_segments = store->n_segments,
        .k = N_BEST,
        .min_score = -1,
        .kernel = kernel,
    };
    struct fovea_hits hits;
    enum fovea_status status =
            fovea_scan_run(&scan, store->query, 1, &hits, err);
    figures->n_reranked = hits.n_reranked;
    figures->n_found = hits.n;
    fovea_hits_finish(&hits);
    return status;
}

static enum fovea_status
count_pairs(void *context, const struct fovea_pair *pairs, size_t n,
        uint64_t done, uint64_t total, struct fovea_error *err)
{
    struct figures *figures = context;
    (void)pairs;
    (void)done;
    (void)total;
    (void)err;
    figures->n_found += n;
    return FOVEA_OK;
}

static enum fovea_status
find_pairs(const struct store *store, const struct fovea_kernel *kernel,
        struct figures *figures, struct fovea_error *err)
{
    const struct fovea_pairs pairs = {
        .segments = (const struct fovea_segment *const *)store->segments,
        .n_segments = store->n_segments,
        .threshold = 0.73F, /* of fovea duplicates */
        .n_threads = 1,
        .found = count_pairs,
        .context = figures,
        .kernel = kernel,
    };
    figures->n_found = 0;
    return fovea_pairs_run(&pairs, &figures->n_reranked, err);
}

/* Of this process, which another one's work does not make longer. */
static double
cpu_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

typedef enum fovea_status measure(const struct store *store,
        const struct fovea_kernel *kernel, struct figures *figures,
        struct fovea_error *err);

static int
compare(const void *one, const void *other)
{
    double a = *(const double *)one;
    double b = *(const double *)other;
    return a < b ? -1 : a > b;
}

/* KiB of memory that is the process's alone, or 0. */
static unsigned long
private_kib(void)
{
    unsigned long kib = 0;
    char line[256];
    FILE *file = fopen("/proc/self/status", "re");
    while (file && fgets(line, sizeof line, file)) {
        const char *digits = line + strcspn(line, "0123456789\n");
        uint64_t number = 0;
        if (strncmp(line, "RssAnon:", 8) == 0 &&
                fovea_number_scan(&digits, &number)) {
            kib = (unsigned long)number;
        }
    }
    if (file) {
        (void)fclose(file);
    }
    return kib;
}

/* With every kernel that this CPU runs, or the best of them. */
static bool
is_measured(const struct fovea_kernel *kernel, bool is_best_only)
{
    return is_best_only ? kernel == fovea_kernel_best()
                        : kernel->is_supported();
}

static enum fovea_status
run(measure *what, const struct store *store, size_t n_rounds,
        bool is_best_only, struct fovea_error *err)
{
    static struct figures figures[MAX_KERNELS];
    enum fovea_status status = FOVEA_OK;
    for (size_t round = 0; !status && round < n_rounds; round++) {
        for (size_t k = 0; !status && fovea_kernels[k]; k++) {
            if (is_measured(fovea_kernels[k], is_best_only)) {
                double cpu_start = cpu_ms();
                int64_t start = fovea_clock_ns();
                status = what(store, fovea_kernels[k], &figures[k], err);
                figures[k].ms[round] = (double)(fovea_clock_ns() - start) /
                        (double)FOVEA_NS_PER_MS;
                figures[k].cpu_ms[round] = cpu_ms() - cpu_start;
            }
        }
    }
    for (size_t k = 0; !status && fovea_kernels[k]; k++) {
        if (is_measured(fovea_kernels[k], is_best_only)) {
            struct figures *of = &figures[k];
            qsort(of->ms, n_rounds, sizeof of->ms[0], compare);
            qsort(of->cpu_ms, n_rounds, sizeof of->cpu_ms[0], compare);
            printf("  %-12s  %9.1f ms  %9.1f ms of CPU  %" PRIu64
                   " found, %" PRIu64 " ranked again\n",
                    fovea_kernels[k]->name, of->ms[n_rounds / 2],
                    of->cpu_ms[n_rounds / 2], of->n_found, of->n_reranked);
        }
    }
    return status;
}

static bool
number(const char *text, uint64_t most, size_t *number_out)
{
    uint64_t value = 0;
    bool is_good =
            fovea_number_parse(text, &value) && value > 0 && value <= most;
    *number_out = (size_t)value;
    return is_good;
}

int
main(int argc, char **argv)
{
    size_t n_rows = 0;
    size_t n_rounds = 0;
    struct store store = { .n_segments = 0 };
    bool is_search = argc >= 5 && strcmp(argv[1], "search") == 0;
    bool is_pairs = argc >= 5 && strcmp(argv[1], "pairs") == 0;
    bool is_best_only = argc == 6 && strcmp(argv[5], "best") == 0;
    if ((!is_search && !is_pairs) || (argc > 5 && !is_best_only) ||
            !number(argv[2], (uint64_t)MAX_SEGMENTS * FOVEA_SEGMENT_ROWS,
                    &n_rows) ||
            !number(argv[3], FOVEA_SEGMENT_MAX_DIMENSION, &store.dimension) ||
            !number(argv[4], MAX_ROUNDS, &n_rounds)) {
        (void)fputs("usage: bench_search search|pairs ROWS DIMENSION ROUNDS "
                    "[best]\n",
                stderr);
        return 2;
    }
    const char *temporary = getenv("TMPDIR"); /* one thread */
    struct fovea_error error;
    (void)snprintf(store.folder, sizeof store.folder, "%.200s/fovea-XXXXXX",
            temporary ? temporary : "/tmp");
    if (!mkdtemp(store.folder)) {
        perror(store.folder);
        return 1;
    }
    printf("%s, %zu x %zu, one core, median of %zu\n",
            is_search ? "search" : "pairs", n_rows, store.dimension, n_rounds);
    enum fovea_status status = store_fill(&store, n_rows, &error);
    if (!status) {
        status = run(is_search ? search : find_pairs, &store, n_rounds,
                is_best_only, &error);
    }
    if (!status) {
        printf("  private memory  %lu KiB\n", private_kib());
    }
    store_finish(&store);
    if (status) {
        (void)fprintf(stderr, "bench_search: %s\n", error.message);
    }
    return status ? 1 : 0;
}
