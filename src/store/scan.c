/* See scan.h. */
#include "store/scan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "store/best.h"
#include "store/rows.h"
#include "store/score.h"

enum {
    TOGETHER_BYTES = 1 << 18, /* of codes: what stays in a near cache */
    MAX_TOGETHER = 1024,
};

struct run;

/* One query and what is known of its rows. */
struct asked {
    struct run *run;
    const float *query;
    double square;
    int8_t *codes;
    int32_t offset; /* what the 128 that are added to a row's codes make */
    struct fovea_codes_mark mark;
    struct fovea_best best;
};

struct run {
    const struct fovea_scan *scan;
    const struct fovea_kernel *kernel;
    struct fovea_rows rows;
    size_t n_together; /* rows that are read and looked at together */
    struct asked *asked;
    size_t n_asked;
    uint8_t *codes; /* [n_together][code_size] */
    struct fovea_codes_mark *marks;
    int32_t *products;
    float *bounds; /* [2][n_together]: lower, upper */
    float *row;    /* one that is ranked again */
    uint64_t n_scanned;
};

static void
run_finish(struct run *run)
{
    for (size_t i = 0; run->asked && i < run->n_asked; i++) {
        free(run->asked[i].codes);
        fovea_best_finish(&run->asked[i].best);
    }
    free(run->asked);
    free(run->codes);
    free(run->marks);
    free(run->products);
    free(run->bounds);
    free(run->row);
}

/* The true score of a row, from its values. */
static enum fovea_status
score(void *context, uint64_t row, float *score_out, struct fovea_error *err)
{
    const struct asked *asked = context;
    return fovea_rows_score(&asked->run->rows, row, asked->query, asked->square,
            asked->run->row, score_out, err);
}

static enum fovea_status
asked_init(struct asked *asked, struct run *run, const float *query, size_t k,
        struct fovea_error *err)
{
    asked->run = run;
    asked->query = query;
    asked->square = fovea_score_square(query, run->rows.dimension);
    if (!isfinite(asked->square) || asked->square <= 0) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                isfinite(asked->square)
                        ? "the query is all zeros"
                        : "the query has a number that is not finite");
    }
    size_t size = run->rows.code_size;
    asked->codes = malloc(size);
    if (!asked->codes) {
        return fovea_fail_memory(err, size, "a query");
    }
    uint8_t *codes = (uint8_t *)asked->codes;
    fovea_codes_make(query, asked->square, run->rows.dimension, codes,
            &asked->mark);
    asked->offset = fovea_codes_sign(codes, size, asked->codes);
    asked->best = (struct fovea_best){
        .k = k,
        .floor = run->scan->min_score,
        .score = score,
        .context = asked,
    };
    return fovea_best_init(&asked->best, err);
}

/* Bounds of the scores of rows that were read: see codes.h. */
static void
bound(const struct asked *asked, const struct fovea_codes_mark *marks,
        const int32_t *products, size_t n, float *lower, float *upper)
{
    double scale = (double)asked->mark.scale;
    double residual = (double)asked->mark.residual;
    for (size_t i = 0; i < n; i++) {
        double near = (double)marks[i].scale * scale *
                (double)(products[i] - asked->offset);
        double lost = (double)marks[i].residual;
        double far = lost + (1 + lost) * residual + FOVEA_CODES_SLACK;
        lower[i] = (float)(near - far);
        upper[i] = (float)(near + far);
    }
}

/* Look at the n rows of the buffers, from row `first` on, for one query. */
static enum fovea_status
look(struct run *run, struct asked *asked, uint64_t first, size_t n,
        struct fovea_error *err)
{
    float *lower = run->bounds;
    float *upper = run->bounds + run->n_together;
    run->kernel->products(run->codes, n, run->rows.code_size, asked->codes,
            run->products);
    bound(asked, run->marks, run->products, n, lower, upper);
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; !status && i < n; i++) {
        /* Neither below nor a number: what is damaged is looked at. */
        if (upper[i] < asked->best.highest ||
                !fovea_rows_counts(&run->rows, first + i)) {
            continue;
        }
        if (!isfinite(upper[i]) || !isfinite(lower[i])) {
            uint64_t row = 0;
            const struct fovea_segment *segment =
                    fovea_rows_find(&run->rows, first + i, &row);
            return fovea_segment_row_damaged(segment, row, err);
        }
        status = fovea_best_add(&asked->best, first + i, lower[i], upper[i],
                err);
    }
    return status;
}

static enum fovea_status
scan_rows(struct run *run, struct fovea_error *err)
{
    const struct fovea_scan *scan = run->scan;
    enum fovea_status status = FOVEA_OK;
    for (uint64_t first = 0; !status && first < run->rows.n;) {
        size_t n = fovea_rows_together(&run->rows, first);
        n = n < run->n_together ? n : run->n_together;
        if (scan->is_cancelled && scan->is_cancelled(scan->context)) {
            return fovea_fail(err, FOVEA_ERR_CANCELLED,
                    "the search was cancelled");
        }
        size_t n_here = fovea_rows_count(&run->rows, first, n);
        run->n_scanned += n_here;
        if (n_here > 0) {
            status = fovea_rows_read_codes(&run->rows, first, n, run->codes,
                    run->marks, err);
        }
        for (size_t i = 0; !status && n_here > 0 && i < run->n_asked; i++) {
            status = look(run, &run->asked[i], first, n, err);
        }
        first += n;
    }
    return status;
}

static enum fovea_status
run_init(struct run *run, const float *queries, struct fovea_error *err)
{
    const struct fovea_scan *scan = run->scan;
    size_t n = TOGETHER_BYTES / run->rows.code_size;
    n = n < MAX_TOGETHER ? n : MAX_TOGETHER;
    run->n_together = n;
    run->asked = calloc(run->n_asked, sizeof *run->asked);
    run->codes = malloc(n * run->rows.code_size);
    run->marks = malloc(n * sizeof *run->marks);
    run->products = malloc(n * sizeof *run->products);
    run->bounds = malloc(2 * n * sizeof *run->bounds);
    run->row = malloc(run->rows.dimension * sizeof *run->row);
    if (!run->asked || !run->codes || !run->marks || !run->products ||
            !run->bounds || !run->row) {
        return fovea_fail_memory(err, n * run->rows.code_size, "a search");
    }
    enum fovea_status status = FOVEA_OK;
    size_t k = scan->k > run->rows.n ? (size_t)run->rows.n : scan->k;
    for (size_t i = 0; !status && i < run->n_asked; i++) {
        status = asked_init(&run->asked[i], run,
                queries + i * run->rows.dimension, k, err);
    }
    return status;
}

/* Hand the hits over. */
static void
take_hits(struct run *run, struct fovea_hits *hits_out)
{
    for (size_t i = 0; i < run->n_asked; i++) {
        struct fovea_best *best = &run->asked[i].best;
        hits_out[i] = (struct fovea_hits){
            .hits = FOVEA_TAKE(best->hits),
            .n = best->n_hits,
            .n_scanned = run->n_scanned,
            .n_reranked = best->n_scored,
        };
    }
}

enum fovea_status
fovea_scan_run(const struct fovea_scan *scan, const float *queries,
        size_t n_queries, struct fovea_hits *hits_out, struct fovea_error *err)
{
    memset(hits_out, 0, n_queries * sizeof *hits_out);
    if (isnan(scan->min_score)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "the least score is not a number");
    }
    if (n_queries == 0 || scan->n_segments == 0) {
        return FOVEA_OK;
    }
    FOVEA_AUTO(run_finish)
    struct run run = {
        .scan = scan,
        .kernel = scan->kernel ? scan->kernel : fovea_kernel_best(),
        .n_asked = n_queries,
    };
    enum fovea_status status = fovea_rows_init(scan->segments, scan->n_segments,
            scan->mask, &run.rows, err);
    if (!status) {
        status = run_init(&run, queries, err);
    }
    if (!status) {
        status = scan_rows(&run, err);
    }
    for (size_t i = 0; !status && i < n_queries; i++) {
        status = fovea_best_settle(&run.asked[i].best, err);
    }
    if (!status) {
        take_hits(&run, hits_out);
    }
    return status;
}
