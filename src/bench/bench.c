/* See bench.h. */
#include "bench/bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "bench/measure.h"
#include "checkpoint/preprocessor.h"
#include "checkpoint/random.h"
#include "checkpoint/safetensors.h"
#include "spec/dtype.h"

enum {
    SEED = 1,
    N_WORDS = 6,
    EXIT_USAGE = 2,
    MAX_NUMBER = 1000000,
};

static bool
parse_number(const char *word, uint32_t *number_out)
{
    uint64_t number = 0;
    if (!fovea_number_parse(word, &number) || number > MAX_NUMBER) {
        return false;
    }
    *number_out = (uint32_t)number;
    return true;
}

static bool
parse(char **words, struct fovea_bench_options *options)
{
    uint32_t batch = 0;
    uint32_t rounds = 0;
    if (!fovea_dtype_parse(words[0], &options->dtype) ||
            !parse_number(words[1], &batch) ||
            !parse_number(words[2], &rounds) ||
            !parse_number(words[3], &options->width_px) ||
            !parse_number(words[4], &options->height_px)) {
        return false;
    }
    options->batch = batch;
    options->n_rounds = rounds;
    return batch >= 1 && batch <= FOVEA_MAX_BATCH;
}

/* {} stands for CLIP's defaults, in both of its files: the shape of ViT-B/32,
   and its preprocessing. */
static enum fovea_status
make_model(struct fovea_bench_options *options,
        struct fovea_checkpoint **checkpoint_out, struct fovea_error *err)
{
    enum fovea_status status = fovea_tower_parse(FOVEA_FILE_LAYOUT_HUGGING_FACE,
            "ViT-B/32", "{}", 2, FOVEA_MODALITY_IMAGE, &options->tower, err);
    if (!status) {
        status = fovea_preprocess_config_parse("ViT-B/32", "{}", 2,
                &options->tower, &options->settings, err);
    }
    return status ? status
                  : fovea_checkpoint_create_random(&options->tower, SEED,
                            checkpoint_out, err);
}

static enum fovea_status
read_model(const char *directory, struct fovea_bench_options *options,
        struct fovea_checkpoint **checkpoint_out, struct fovea_error *err)
{
    enum fovea_status status = fovea_tower_read(directory, FOVEA_MODALITY_IMAGE,
            &options->tower, err);
    if (!status) {
        status = fovea_preprocess_config_read(directory, &options->tower,
                &options->settings, err);
    }
    if (!status) {
        status = fovea_checkpoint_open(directory, checkpoint_out, err);
    }
    return status;
}

static enum fovea_status
measure(const char *directory, struct fovea_bench_options *options,
        struct fovea_bench_result *result_out, struct fovea_error *err)
{
    struct fovea_checkpoint *checkpoint = NULL;
    enum fovea_status status = directory[0]
            ? read_model(directory, options, &checkpoint, err)
            : make_model(options, &checkpoint, err);
    if (!status) {
        options->checkpoint = checkpoint;
        status = fovea_bench_run(options, result_out, err);
    }
    fovea_checkpoint_close(checkpoint);
    return status;
}

static void
print(const struct fovea_bench_result *result)
{
    const struct {
        const char *name;
        double value;
    } rows[] = {
        { "decode_ms", result->decode_ms },
        { "resize_ms", result->resize_ms },
        { "forward_ms", result->forward_ms },
        { "forward_single_ms", result->forward_single_ms },
        { "attention_ms", result->attention_ms },
        { "attention_share", result->attention_share },
        { "matmul_ms", result->matmul_ms },
        { "over_matmul", result->over_matmul },
        { "end_to_end_ms", result->end_to_end_ms },
    };
    (void)printf("dtype %s\njpeg_bytes %" PRIu64 "\nweights_bytes %" PRIu64
                 "\nn_tokens %" PRIu64 "\n",
            fovea_dtype_word(result->dtype), result->jpeg_bytes,
            result->weights_bytes, result->n_tokens);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(rows); i++) {
        (void)printf("%s %.9g\n", rows[i].name, rows[i].value);
    }
}

int
fovea_bench_main(int argc, char **argv)
{
    struct fovea_bench_options options = { 0 };
    if (argc != N_WORDS + 1 || !parse(argv + 2, &options)) {
        (void)fputs("fovea-bench-engine is a part of `fovea bench`; it takes a "
                    "directory, a dtype, batch, rounds, width and height\n",
                stderr);
        return EXIT_USAGE;
    }
    struct fovea_bench_result result;
    struct fovea_error error;
    enum fovea_status status = measure(argv[1], &options, &result, &error);
    if (status) {
        (void)printf("failed %d %s\n", (int)status, error.message);
    } else {
        print(&result);
    }
    bool written = fflush(stdout) == 0 && !ferror(stdout);
    return !status && written ? EXIT_SUCCESS : EXIT_FAILURE;
}
