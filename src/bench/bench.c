/* See bench.h. */
#include "bench/bench.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "bench/report.h"
#include "checkpoint/preprocessor.h"
#include "checkpoint/random.h"
#include "checkpoint/safetensors.h"
#include "engine/engine.h"
#include "spec/dtype.h"

enum {
    SEED = 1,
    /* Behind the program's name. */
    N_WORDS_OF_TEXTS = 3,
    N_WORDS_OF_IMAGES = 6,
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

/* {} stands for CLIP's defaults, in all parts of its files: the shape of ViT-B/32,
   and its preprocessing. */
static enum fovea_status
make_tower(enum fovea_modality modality, struct fovea_tower *tower_out,
        struct fovea_checkpoint **checkpoint_out, struct fovea_error *err)
{
    static const char config[] =
            "{\"model_type\": \"clip\", \"text_config\": {}, "
            "\"vision_config\": {}}";
    enum fovea_status status = fovea_tower_parse(FOVEA_FILE_LAYOUT_HUGGING_FACE,
            "ViT-B/32", config, sizeof config - 1, modality, tower_out, err);
    return status ? status
                  : fovea_checkpoint_create_random(tower_out, SEED,
                            checkpoint_out, err);
}

/* A model's tower, or a random one where no directory is named. */
static enum fovea_status
open_tower(const char *directory, enum fovea_modality modality,
        struct fovea_tower *tower_out, struct fovea_checkpoint **checkpoint_out,
        struct fovea_error *err)
{
    if (!directory[0]) {
        return make_tower(modality, tower_out, checkpoint_out, err);
    }
    enum fovea_status status =
            fovea_tower_read(directory, modality, tower_out, err);
    return status ? status
                  : fovea_checkpoint_open(directory, checkpoint_out, err);
}

/* Both benches. */

/* What AUTO means, measured here and now: a benchmark leaves nothing behind. */
static enum fovea_status
settle(const struct fovea_tower *tower, enum fovea_dtype *dtype,
        struct fovea_error *err)
{
    if (*dtype != FOVEA_DTYPE_AUTO) {
        return FOVEA_OK;
    }
    *dtype = FOVEA_DTYPE_F32;
    if (fovea_engine_settled(tower)) {
        return FOVEA_OK;
    }
    const struct fovea_choice_shape shape = fovea_choice_shape_of(tower);
    struct fovea_choice_times times;
    enum fovea_status status =
            fovea_engine_default()->time_layer(&shape, &times, err);
    if (!status && fovea_choice_times_are_good(&times)) {
        *dtype = fovea_choice_decide(&times);
    }
    return status;
}

static enum fovea_status
measure_images(const char *directory, struct fovea_bench_options *options,
        struct fovea_error *err)
{
    struct fovea_checkpoint *checkpoint = NULL;
    struct fovea_bench_result result;
    enum fovea_status status = open_tower(directory, FOVEA_MODALITY_IMAGE,
            &options->tower, &checkpoint, err);
    if (!status) {
        status = directory[0]
                ? fovea_preprocess_config_read(directory, &options->tower,
                          &options->settings, err)
                : fovea_preprocess_config_parse("ViT-B/32", "{}", 2,
                          &options->tower, &options->settings, err);
    }
    if (!status) {
        status = settle(&options->tower, &options->dtype, err);
    }
    if (!status) {
        options->checkpoint = checkpoint;
        status = fovea_bench_run(options, &result, err);
    }
    fovea_checkpoint_close(checkpoint);
    if (!status) {
        fovea_bench_report_images(options, &result);
    }
    return status;
}

static enum fovea_status
measure_texts(const char *directory, struct fovea_text_bench_options *options,
        struct fovea_error *err)
{
    struct fovea_checkpoint *checkpoint = NULL;
    struct fovea_text_bench_result result;
    enum fovea_status status = open_tower(directory, FOVEA_MODALITY_TEXT,
            &options->tower, &checkpoint, err);
    if (!status) {
        status = settle(&options->tower, &options->dtype, err);
    }
    if (!status) {
        options->checkpoint = checkpoint;
        status = fovea_text_bench_run(options, &result, err);
    }
    fovea_checkpoint_close(checkpoint);
    if (!status) {
        fovea_bench_report_texts(options, &result);
    }
    return status;
}

/* false: words that make no sense. */
static bool
measure(char **words, size_t n_words, enum fovea_status *status_out,
        struct fovea_error *err)
{
    enum fovea_dtype dtype = FOVEA_DTYPE_AUTO;
    uint32_t numbers[N_WORDS_OF_IMAGES - 2] = { 0 };
    bool is_images = n_words == N_WORDS_OF_IMAGES;
    bool good = (is_images || n_words == N_WORDS_OF_TEXTS) &&
            fovea_dtype_parse(words[1], &dtype);
    for (size_t i = 2; good && i < n_words; i++) {
        good = parse_number(words[i], &numbers[i - 2]);
    }
    if (!good ||
            (is_images && (numbers[1] < 1 || numbers[1] > FOVEA_MAX_BATCH))) {
        return false;
    }
    if (is_images) {
        struct fovea_bench_options options = {
            .dtype = dtype,
            .n_rounds = numbers[0],
            .batch = numbers[1],
            .width_px = numbers[2],
            .height_px = numbers[3],
        };
        *status_out = measure_images(words[0], &options, err);
    } else {
        struct fovea_text_bench_options options = { .dtype = dtype,
            .n_rounds = numbers[0] };
        *status_out = measure_texts(words[0], &options, err);
    }
    return true;
}

int
fovea_bench_main(int argc, char **argv)
{
    struct fovea_error error;
    enum fovea_status status = FOVEA_OK;
    size_t n_words = argc > 0 ? (size_t)argc - 1 : 0;
    if (!measure(argv + 1, n_words, &status, &error)) {
        (void)fputs("fovea-bench-engine is a part of `fovea bench`; it takes a "
                    "directory, a dtype, rounds and, of images, batch, width "
                    "and height\n",
                stderr);
        return EXIT_USAGE;
    }
    if (status) {
        (void)printf("failed %d %s\n", (int)status, error.message);
    } else {
        (void)puts("end");
    }
    bool written = fflush(stdout) == 0 && !ferror(stdout);
    return !status && written ? EXIT_SUCCESS : EXIT_FAILURE;
}
