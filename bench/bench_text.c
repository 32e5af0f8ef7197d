/*
 * What a text takes in the engine, against what it cannot do without: reading the
 * tower's matrices once, and the bare products of its rows.
 *
 *     bench_text [DTYPE [TOKENS [TEXTS [CONFIG]]]]
 *
 * DTYPE is f32 (default), bf16 or auto; TOKENS (10) of a text, TEXTS (32) of a batch;
 * CONFIG the text of a config.json, CLIP ViT-B/32's without one. Weights are random.
 * Rounds take turns; the median of each is printed, and of the ratios.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fovea/fovea.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/macros.h"
#include "base/number.h"
#include "bench/bare.h"
#include "checkpoint/config.h"
#include "checkpoint/random.h"
#include "engine/cpu/fill.h"
#include "engine/cpu/forward.h"
#include "engine/cpu/machine.h"
#include "spec/dtype.h"

enum {
    ROUNDS = 31,
    SEED = 1
};

enum {
    READ,
    ONE,
    BARE_ONE,
    ALL,
    BARE_ALL,
    N_PARTS
};

struct texts {
    struct fovea_tower tower;
    enum fovea_dtype dtype;
    size_t n_tokens;
    size_t n_texts;
    struct fovea_weights *weights;
    struct fovea_plan *plan;
    double create_ms; /* of the plan */
    struct fovea_bare *bare_one;
    struct fovea_bare *bare_all;
    uint8_t *rows;
    float *embeds;
    uint64_t sum; /* so that what is read is read */
};

static double
ms_since(int64_t start_ns)
{
    return (double)(fovea_clock_ns() - start_ns) * 1e-6;
}

static int
compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

static double
median(double values[ROUNDS])
{
    qsort(values, ROUNDS, sizeof *values, compare_doubles);
    return values[ROUNDS / 2];
}

static enum fovea_status
make_rows(struct texts *texts, struct fovea_error *err)
{
    const size_t size = fovea_tower_row_bytes(&texts->tower);
    texts->rows = calloc(texts->n_texts, size);
    texts->embeds = calloc(texts->n_texts * texts->tower.dimension,
            sizeof *texts->embeds);
    if (!texts->rows || !texts->embeds) {
        return fovea_fail_memory(err, texts->n_texts * size, "texts");
    }
    uint32_t noise = 7;
    for (size_t i = 0; i < texts->n_texts; i++) {
        struct fovea_text_row *row =
                (struct fovea_text_row *)(void *)(texts->rows + i * size);
        row->n = (uint32_t)texts->n_tokens;
        for (size_t k = 0; k < texts->n_tokens; k++) {
            noise = noise * 1664525U + 1013904223U;
            row->ids[k] = noise % texts->tower.vocabulary;
        }
    }
    return FOVEA_OK;
}

static enum fovea_status
prepare(struct texts *texts, struct fovea_error *err)
{
    struct fovea_checkpoint *checkpoint = NULL;
    enum fovea_status status = fovea_checkpoint_create_random(&texts->tower,
            SEED, &checkpoint, err);
    if (!status) {
        status = fovea_weights_load(&texts->tower, checkpoint,
                fovea_precision_of(&texts->tower, texts->dtype),
                &texts->weights, err);
    }
    fovea_checkpoint_close(checkpoint);
    int64_t start_ns = fovea_clock_ns();
    if (!status) {
        status = fovea_plan_create(texts->weights, texts->n_texts, &texts->plan,
                err);
    }
    if (!status) {
        status = fovea_forward_warm_up(texts->plan, NULL, err);
    }
    texts->create_ms = ms_since(start_ns);
    if (!status) {
        status = fovea_bare_create(texts->weights, texts->n_tokens,
                &texts->bare_one, err);
    }
    if (!status) {
        status = fovea_bare_create(texts->weights,
                texts->n_tokens * texts->n_texts, &texts->bare_all, err);
    }
    return status ? status : make_rows(texts, err);
}

/* All matrices of the layers, once. */
static size_t
read_matrices(struct texts *texts)
{
    struct fovea_piece piece;
    size_t size = 0;
    const struct fovea_weights *weights = texts->weights;
    for (size_t i = 0; fovea_tower_piece(&texts->tower,
                 weights->forms.mlp_parts, i, &piece);
            i++) {
        if (piece.k == 0) {
            continue;
        }
        const uint64_t *words =
                fovea_weights_at(weights, piece.role, piece.layer, piece.part)
                        ->weight;
        size_t n =
                fovea_packing_size(weights->packings[fovea_linear_of(&piece)]);
        uint64_t sums[8] = { 0 };
        for (size_t k = 0; k + 8 <= n / sizeof *words; k += 8) {
            for (size_t lane = 0; lane < 8; lane++) {
                sums[lane] += words[k + lane];
            }
        }
        for (size_t lane = 0; lane < 8; lane++) {
            texts->sum += sums[lane];
        }
        size += n;
    }
    return size;
}

static enum fovea_status
run_part(struct texts *texts, int part, struct fovea_error *err)
{
    switch (part) {
    case ONE:
        return fovea_forward_run(texts->plan, NULL, texts->rows, 1,
                texts->embeds, err);
    case ALL:
        return fovea_forward_run(texts->plan, NULL, texts->rows, texts->n_texts,
                texts->embeds, err);
    case BARE_ONE:
        return fovea_bare_run(texts->bare_one, err);
    case BARE_ALL:
        return fovea_bare_run(texts->bare_all, err);
    default:
        (void)read_matrices(texts);
        return FOVEA_OK;
    }
}

static enum fovea_status
measure(struct texts *texts, struct fovea_error *err)
{
    static double ms[N_PARTS][ROUNDS];
    static double one[ROUNDS];
    static double all[ROUNDS];
    for (size_t round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < N_PARTS; i++) {
            int64_t start_ns = fovea_clock_ns();
            enum fovea_status status = run_part(texts, i, err);
            if (status) {
                return status;
            }
            ms[i][round] = ms_since(start_ns);
        }
        double floor = ms[READ][round] > ms[BARE_ONE][round]
                ? ms[READ][round]
                : ms[BARE_ONE][round];
        one[round] = ms[ONE][round] / floor;
        all[round] = ms[ALL][round] / ms[BARE_ALL][round];
    }
    size_t size = read_matrices(texts);
    double read = median(ms[READ]);
    (void)printf("plan made in         %8.2f ms\n", texts->create_ms);
    (void)printf("matrices read once   %8.2f ms (%.0f MB, %.1f GB/s)\n", read,
            (double)size * 1e-6, (double)size / read * 1e-6);
    (void)printf("bare, %4zu rows      %8.2f ms\n", texts->n_tokens,
            median(ms[BARE_ONE]));
    (void)printf("a text               %8.2f ms, %.3f of the larger\n",
            median(ms[ONE]), median(one));
    (void)printf("bare, %4zu rows      %8.2f ms\n",
            texts->n_tokens * texts->n_texts, median(ms[BARE_ALL]));
    (void)printf("%3zu texts            %8.2f ms, %.3f of that (%llu)\n",
            texts->n_texts, median(ms[ALL]), median(all),
            (unsigned long long)texts->sum % 2);
    return FOVEA_OK;
}

static enum fovea_status
run(int argc, char **argv, struct texts *texts, struct fovea_error *err)
{
    static const char clip[] = "{\"text_config\": {}}";
    const char *config = argc > 4 ? argv[4] : clip;
    uint64_t n_tokens = 10;
    uint64_t n_texts = 32;
    texts->dtype = FOVEA_DTYPE_F32;
    if (argc > 1 && !fovea_dtype_parse(argv[1], &texts->dtype)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "%s is no dtype", argv[1]);
    }
    enum fovea_status status = fovea_tower_parse(FOVEA_FILE_LAYOUT_HUGGING_FACE,
            "the shape", config, strlen(config), FOVEA_MODALITY_TEXT,
            &texts->tower, err);
    if (!status &&
            ((argc > 2 && !fovea_number_parse(argv[2], &n_tokens)) ||
                    (argc > 3 && !fovea_number_parse(argv[3], &n_texts)) ||
                    n_tokens < 1 || n_tokens > texts->tower.context ||
                    n_texts < 1 || n_texts > FOVEA_MAX_BATCH)) {
        status = fovea_fail(err, FOVEA_ERR_ARGUMENT, "TOKENS or TEXTS");
    }
    texts->n_tokens = (size_t)n_tokens;
    texts->n_texts = (size_t)n_texts;
    (void)fovea_machine_set_threads(1);
    if (!status) {
        status = prepare(texts, err);
    }
    return status ? status : measure(texts, err);
}

int
main(int argc, char **argv)
{
    struct texts texts = { .n_texts = 0 };
    struct fovea_error error;
    enum fovea_status status = run(argc, argv, &texts, &error);
    if (status) {
        (void)fprintf(stderr, "bench_text: %s\n", error.message);
    }
    fovea_bare_destroy(texts.bare_one);
    fovea_bare_destroy(texts.bare_all);
    fovea_plan_destroy(texts.plan);
    fovea_weights_destroy(texts.weights);
    free(texts.rows);
    free(texts.embeds);
    return status ? 1 : 0;
}
