/* See measure_text.h. */
#include "bench/measure_text.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "bench/bare.h"
#include "engine/cost.h"
#include "engine/cpu/fill.h"
#include "engine/cpu/forward.h"
#include "engine/cpu/linear.h"
#include "engine/cpu/machine.h"

struct bench {
    const struct fovea_text_bench_options *options;
    size_t n_tokens; /* of a text */
    struct fovea_weights *weights;
    struct fovea_plan *plan;
    struct fovea_bare *bare_text;
    struct fovea_bare *bare_batch;
    uint8_t *rows; /* [FOVEA_BENCH_TEXTS] texts */
    float *embeds;
    uint64_t read_bytes;
    volatile uint64_t sum; /* so that what is read is read */
};

/* What takes turns. */

static enum fovea_status
read_weights(struct bench *bench, struct fovea_error *err)
{
    enum {
        AT_ONCE = 16
    };
    (void)err;
    const struct fovea_weights *weights = bench->weights;
    struct fovea_piece piece;
    uint64_t sums[AT_ONCE] = { 0 };
    bench->read_bytes = 0;
    for (size_t i = 0; fovea_tower_piece(&weights->tower,
                 weights->forms.mlp_parts, i, &piece);
            i++) {
        if (piece.k == 0 || piece.layer >= weights->tower.n_layers) {
            continue;
        }
        const uint64_t *words =
                fovea_weights_at(weights, piece.role, piece.layer, piece.part)
                        ->weight;
        const size_t size =
                fovea_packing_size(fovea_weights_packing(weights, &piece));
        for (size_t k = 0; k + AT_ONCE <= size / sizeof *words; k += AT_ONCE) {
            for (size_t lane = 0; lane < AT_ONCE; lane++) {
                sums[lane] += words[k + lane];
            }
        }
        bench->read_bytes += size;
    }
    for (size_t lane = 0; lane < AT_ONCE; lane++) {
        bench->sum += sums[lane];
    }
    return FOVEA_OK;
}

static enum fovea_status
embed_text(struct bench *bench, struct fovea_error *err)
{
    return fovea_forward_run(bench->plan, NULL, bench->rows, 1, bench->embeds,
            err);
}

static enum fovea_status
embed_batch(struct bench *bench, struct fovea_error *err)
{
    return fovea_forward_run(bench->plan, NULL, bench->rows, FOVEA_BENCH_TEXTS,
            bench->embeds, err);
}

static enum fovea_status
multiply_text(struct bench *bench, struct fovea_error *err)
{
    return fovea_bare_run(bench->bare_text, err);
}

static enum fovea_status
multiply_batch(struct bench *bench, struct fovea_error *err)
{
    return fovea_bare_run(bench->bare_batch, err);
}

enum {
    READ,
    TEXT,
    TEXT_MATMUL,
    BATCH,
    BATCH_MATMUL,
    N_PARTS
};

static enum fovea_status (*const parts[N_PARTS])(struct bench *bench,
        struct fovea_error *err) = {
    [READ] = read_weights,
    [TEXT] = embed_text,
    [TEXT_MATMUL] = multiply_text,
    [BATCH] = embed_batch,
    [BATCH_MATMUL] = multiply_batch,
};

static enum fovea_status
run_round(struct bench *bench, double ms_out[N_PARTS], struct fovea_error *err)
{
    for (size_t i = 0; i < N_PARTS; i++) {
        int64_t start = fovea_clock_ns();
        enum fovea_status status = parts[i](bench, err);
        if (status) {
            return status;
        }
        ms_out[i] = fovea_bench_ms_since(start);
    }
    return FOVEA_OK;
}

static enum fovea_status
run_rounds(struct bench *bench, struct fovea_text_bench_result *result,
        struct fovea_error *err)
{
    double times[N_PARTS][FOVEA_BENCH_MAX_ROUNDS];
    double text_over[FOVEA_BENCH_MAX_ROUNDS];
    double batch_over[FOVEA_BENCH_MAX_ROUNDS];
    size_t n = bench->options->n_rounds;
    double ms[N_PARTS];
    enum fovea_status status = run_round(bench, ms, err); /* warm-up */
    for (size_t round = 0; !status && round < n; round++) {
        status = run_round(bench, ms, err);
        for (size_t i = 0; i < N_PARTS; i++) {
            times[i][round] = ms[i];
        }
        text_over[round] = ms[TEXT] /
                (ms[READ] > ms[TEXT_MATMUL] ? ms[READ] : ms[TEXT_MATMUL]);
        batch_over[round] = ms[BATCH] / ms[BATCH_MATMUL];
    }
    if (status) {
        return status;
    }
    result->read_ms = fovea_bench_median(times[READ], n);
    result->text_ms = fovea_bench_median(times[TEXT], n);
    result->text_matmul_ms = fovea_bench_median(times[TEXT_MATMUL], n);
    result->text_over = fovea_bench_median(text_over, n);
    result->batch_ms = fovea_bench_median(times[BATCH], n);
    result->batch_matmul_ms = fovea_bench_median(times[BATCH_MATMUL], n);
    result->batch_over = fovea_bench_median(batch_over, n);
    return FOVEA_OK;
}

/* Texts of tokens that were drawn. */
static enum fovea_status
draw_texts(struct bench *bench, struct fovea_error *err)
{
    const struct fovea_tower *tower = &bench->options->tower;
    const size_t size = fovea_tower_text_row_bytes(tower);
    bench->rows = calloc(FOVEA_BENCH_TEXTS, size);
    bench->embeds = calloc((size_t)FOVEA_BENCH_TEXTS * tower->dimension,
            sizeof *bench->embeds);
    if (!bench->rows || !bench->embeds) {
        return fovea_fail_memory(err, FOVEA_BENCH_TEXTS * size, "the bench");
    }
    uint32_t state = 1;
    for (size_t i = 0; i < FOVEA_BENCH_TEXTS; i++) {
        struct fovea_text_row *row =
                (struct fovea_text_row *)(void *)(bench->rows + i * size);
        row->n = (uint32_t)bench->n_tokens;
        for (size_t k = 0; k < bench->n_tokens; k++) {
            state = (uint32_t)((uint64_t)state * 1664525U + 1013904223U);
            row->ids[k] = state % tower->vocabulary;
        }
    }
    return FOVEA_OK;
}

static enum fovea_status
bench_init(struct bench *bench, struct fovea_error *err)
{
    const struct fovea_text_bench_options *options = bench->options;
    enum fovea_status status = draw_texts(bench, err);
    if (!status) {
        status = fovea_weights_load(&options->tower, options->checkpoint,
                fovea_precision_of(&options->tower, options->dtype),
                &bench->weights, err);
    }
    if (!status) {
        status = fovea_plan_create(bench->weights, FOVEA_BENCH_TEXTS,
                &bench->plan, err);
    }
    if (!status) {
        status = fovea_forward_warm_up(bench->plan, NULL, err);
    }
    if (!status) {
        status = fovea_bare_create(bench->weights, bench->n_tokens,
                &bench->bare_text, err);
    }
    if (!status) {
        status = fovea_bare_create(bench->weights,
                FOVEA_BENCH_TEXTS * bench->n_tokens, &bench->bare_batch, err);
    }
    return status;
}

static void
bench_finish(struct bench *bench)
{
    fovea_bare_destroy(bench->bare_text);
    fovea_bare_destroy(bench->bare_batch);
    fovea_plan_destroy(bench->plan);
    fovea_weights_destroy(bench->weights);
    free(bench->rows);
    free(bench->embeds);
}

/* A tower that is causal pools at the end of a text; what follows is not
   computed. Any other looks at all the places that it has. */
static size_t
tokens_of_text(const struct fovea_tower *tower)
{
    return tower->is_causal && tower->context > FOVEA_BENCH_TEXT_TOKENS
            ? FOVEA_BENCH_TEXT_TOKENS
            : tower->context;
}

enum fovea_status
fovea_text_bench_run(const struct fovea_text_bench_options *options,
        struct fovea_text_bench_result *result_out, struct fovea_error *err)
{
    enum fovea_status status = fovea_bench_check_rounds(options->n_rounds, err);
    if (status) {
        return status;
    }
    struct bench bench = {
        .options = options,
        .n_tokens = tokens_of_text(&options->tower),
    };
    struct fovea_text_bench_result result = {
        .dtype = fovea_engine_cost(&options->tower, options->dtype,
                FOVEA_BENCH_TEXTS)
                         .dtype,
        .n_tokens = bench.n_tokens,
    };
    int before = fovea_machine_set_threads(1);
    status = bench_init(&bench, err);
    if (!status) {
        status = run_rounds(&bench, &result, err);
    }
    if (!status) {
        result.read_bytes = bench.read_bytes;
        result.weights_bytes = bench.weights->block_size;
        *result_out = result;
    }
    bench_finish(&bench);
    (void)fovea_machine_set_threads(before);
    return status;
}
