/* `fovea bench`: how fast this machine is, part by part. */
#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/bench_run.h"
#include "cli/request.h"
#include "spec/dtype.h"

static const char about[] =
        "Usage: fovea bench [FLAGS]\n"
        "\n"
        "Measure how long one CPU takes for an image: to decode a JPEG, to resize\n"
        "it, for the model's forward pass, and for all of it. Beside the forward\n"
        "pass the bare matrix products of all its layers are timed in the same\n"
        "rounds, on the same weights: what the first takes over the second is\n"
        "fovea's own. So is its attention alone (scores, softmax and gathering),\n"
        "which grows with the square of the tokens.\n"
        "\n"
        "With --text the model's tower for texts is measured: one text of eight\n"
        "words beside what it cannot do without, which is reading the layers'\n"
        "matrices once or the bare products of its rows, and 32 texts at once\n"
        "beside the bare products of theirs.\n"
        "\n"
        "Without a model it makes random weights in the shape of CLIP ViT-B/32.\n"
        "Every figure is the median of several rounds.\n";

static const char notes[] =
        "Exit status: 0; 2 wrong usage; 1 the model cannot be loaded.\n";

struct flags {
    bool help;
    bool json;
    bool text;
    const char *model;
    uint64_t dtype;
    uint64_t batch;
    uint64_t n_rounds;
    uint64_t width_px;
    uint64_t height_px;
};

static void
add_row(struct fovea_text *text, const char *name, double ms)
{
    fovea_text_format(text, "%-22s %9.3f ms %9.1f images/s\n", name, ms,
            ms > 0 ? 1000 / ms : 0.0);
}

static const char *
name_of(const struct flags *flags)
{
    return flags->model ? flags->model : "random ViT-B/32";
}

static void
add_texts(struct fovea_text *text, const struct flags *flags,
        const struct fovea_bench_figures *result)
{
    const struct {
        const char *name;
        double ms;
    } rows[] = {
        { "layers' matrices, read", result->read_ms },
        { "a text", result->text_ms },
        { "bare matrix products", result->text_matmul_ms },
        { "32 texts", result->batch_ms },
        { "bare matrix products", result->batch_matmul_ms },
    };
    fovea_text_format(text,
            "%s, %s, one CPU; texts of %" PRIu64 " tokens, eight words\n\n",
            name_of(flags), result->dtype, result->n_tokens);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(rows); i++) {
        fovea_text_format(text, "%-22s %9.3f ms\n", rows[i].name, rows[i].ms);
    }
    fovea_text_format(text,
            "\na text over the larger of reading and products: %.3f\n"
            "32 texts over their matrix products: %.3f\n",
            result->text_over, result->batch_over);
}

static void
add_result(struct fovea_text *text, const struct flags *flags,
        const struct fovea_bench_figures *result)
{
    fovea_text_format(text,
            "%s, %s, batches of %" PRIu64 ", one CPU; a JPEG of %" PRIu64
            " x %" PRIu64 " px\n\n",
            name_of(flags), result->dtype, flags->batch, flags->width_px,
            flags->height_px);
    add_row(text, "decode", result->decode_ms);
    add_row(text, "resize", result->resize_ms);
    add_row(text, "forward", result->forward_ms);
    add_row(text, "forward, one at a time", result->forward_single_ms);
    add_row(text, "attention of it", result->attention_ms);
    add_row(text, "bare matrix products", result->matmul_ms);
    add_row(text, "end to end", result->end_to_end_ms);
    fovea_text_format(text,
            "\nforward over its matrix products: %.3f\n"
            "attention's share of forward, %" PRIu64 " tokens: %.3f\n",
            result->over_matmul, result->n_tokens, result->attention_share);
}

static void
add_number(struct fovea_text *text, const char *name, double value)
{
    fovea_text_format(text, "\"%s\":", name);
    fovea_text_json_float(text, (float)value);
}

static void
add_stage(struct fovea_text *text, const char *name, double ms)
{
    fovea_text_format(text, ",\n \"%s\":{", name);
    add_number(text, "ms_per_image", ms);
    fovea_text_add(text, "}", 1);
}

static void
add_compared(struct fovea_text *text, const char *name, double ms,
        double matmul_ms, double over)
{
    fovea_text_format(text, ",\n \"%s\":{", name);
    add_number(text, "ms", ms);
    fovea_text_add(text, ",", 1);
    add_number(text, "matmul_ms", matmul_ms);
    fovea_text_add(text, ",", 1);
    add_number(text, "over", over);
    fovea_text_add(text, "}", 1);
}

static void
add_texts_json(struct fovea_text *text, const struct flags *flags,
        const struct fovea_bench_figures *result)
{
    fovea_text_format(text, "{\"model\":");
    fovea_text_json_string(text, name_of(flags));
    fovea_text_format(text,
            ",\"dtype\":\"%s\",\"texts\":32,\"tokens\":%" PRIu64
            ",\"threads\":1,\"rounds\":%" PRIu64 ",\"weights_bytes\":%" PRIu64
            ",\n \"read\":{\"bytes\":%" PRIu64 ",",
            result->dtype, result->n_tokens, flags->n_rounds,
            result->weights_bytes, result->read_bytes);
    add_number(text, "ms", result->read_ms);
    fovea_text_add(text, "}", 1);
    add_compared(text, "text", result->text_ms, result->text_matmul_ms,
            result->text_over);
    add_compared(text, "batch", result->batch_ms, result->batch_matmul_ms,
            result->batch_over);
    fovea_text_add(text, "}\n", 2);
}

static void
add_result_json(struct fovea_text *text, const struct flags *flags,
        const struct fovea_bench_figures *result)
{
    fovea_text_format(text, "{\"model\":");
    fovea_text_json_string(text, name_of(flags));
    fovea_text_format(text,
            ",\"dtype\":\"%s\",\"batch\":%" PRIu64 ",\"threads\":1"
            ",\"rounds\":%" PRIu64 ",\"weights_bytes\":%" PRIu64
            ",\n \"picture\":{\"format\":\"JPEG\",\"width_px\":%" PRIu64
            ",\"height_px\":%" PRIu64 ",\"bytes\":%" PRIu64 "}",
            result->dtype, flags->batch, flags->n_rounds, result->weights_bytes,
            flags->width_px, flags->height_px, result->jpeg_bytes);
    add_stage(text, "decode", result->decode_ms);
    add_stage(text, "resize", result->resize_ms);
    fovea_text_format(text, ",\n \"forward\":{");
    add_number(text, "ms_per_image", result->forward_ms);
    fovea_text_add(text, ",", 1);
    add_number(text, "single_ms_per_image", result->forward_single_ms);
    fovea_text_add(text, ",", 1);
    fovea_text_format(text, "\"tokens\":%" PRIu64 ",", result->n_tokens);
    add_number(text, "attention_ms_per_image", result->attention_ms);
    fovea_text_add(text, ",", 1);
    add_number(text, "attention_share", result->attention_share);
    fovea_text_add(text, ",", 1);
    add_number(text, "matmul_ms_per_image", result->matmul_ms);
    fovea_text_add(text, ",", 1);
    add_number(text, "over_matmul", result->over_matmul);
    fovea_text_add(text, "}", 1);
    add_stage(text, "end_to_end", result->end_to_end_ms);
    fovea_text_add(text, "}\n", 2);
}

/* By what is measured, and how it is shown. */
static void (*const add_all[2][2])(struct fovea_text *text,
        const struct flags *flags, const struct fovea_bench_figures *result) = {
    { add_result, add_result_json },
    { add_texts, add_texts_json },
};

static enum fovea_status
parse(int argc, char **argv, struct flags *flags, struct fovea_error *err)
{
    struct fovea_flag table[] = {
        FOVEA_FLAG(HELP, flags->help),
        FOVEA_FLAG(BENCH_JSON, flags->json),
        FOVEA_FLAG(BENCH_MODEL, flags->model),
        FOVEA_FLAG(BENCH_TEXT, flags->text),
        FOVEA_FLAG(BENCH_DTYPE, flags->dtype),
        FOVEA_FLAG(BENCH_BATCH, flags->batch),
        FOVEA_FLAG(ROUNDS, flags->n_rounds),
        FOVEA_FLAG(WIDTH, flags->width_px),
        FOVEA_FLAG(HEIGHT, flags->height_px),
    };
    FOVEA_AUTO_FREE const char **words =
            calloc((size_t)argc + 1, sizeof *words);
    if (!words) {
        return fovea_fail_memory(err, (size_t)argc, "the arguments");
    }
    size_t n_words = 0;
    enum fovea_status status = fovea_args_parse(table, FOVEA_ARRAY_LEN(table),
            argc, argv, words, &n_words, err);
    if (!status && n_words > 0) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "no words are taken here, and %s is one; a model goes behind "
                "--model",
                words[0]);
    }
    return status;
}

/* The library knows where a key's files are. */
static enum fovea_status
find_directory(const char *key, char **directory_out, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_close_auto) struct fovea *library = NULL;
    FOVEA_AUTO(fovea_model_close_auto) struct fovea_model *model = NULL;
    enum fovea_status status = fovea_open(NULL, &library, err);
    if (!status) {
        status = fovea_model_open(library, key, &model, err);
    }
    if (status) {
        return status;
    }
    const struct fovea_model_info *info = fovea_model_describe(model);
    fovea_cli_warn_of_model(info);
    *directory_out = strdup(info->directory);
    return *directory_out
            ? FOVEA_OK
            : fovea_fail_memory(err, strlen(info->directory) + 1, "a path");
}

static int
measure(const struct flags *flags)
{
    struct fovea_error error;
    FOVEA_AUTO_FREE char *directory = NULL;
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    struct fovea_bench_figures figures;
    if (flags->model && find_directory(flags->model, &directory, &error)) {
        return fovea_cli_fail(&error);
    }
    const struct fovea_bench_request request = {
        .directory = directory ? directory : "",
        .dtype = fovea_dtype_words[flags->dtype],
        .n_rounds = flags->n_rounds,
        .is_text = flags->text,
        .batch = flags->batch,
        .width_px = flags->width_px,
        .height_px = flags->height_px,
    };
    if (fovea_bench_measure(&request, &figures, &error)) {
        return fovea_cli_fail(&error);
    }
    add_all[flags->text][flags->json](&text, flags, &figures);
    return fovea_cli_print_text(&text);
}

static int
run(const struct fovea_command *self, int argc, char **argv)
{
    struct flags flags = { 0 };
    struct fovea_error error;
    if (parse(argc, argv, &flags, &error)) {
        return fovea_cli_misused(self, &error);
    }
    return flags.help ? fovea_cli_help(self) : measure(&flags);
}

const struct fovea_command fovea_cmd_bench = {
    .id = FOVEA_COMMAND_BENCH,
    .about = about,
    .notes = notes,
    .run = run,
};
