/* `fovea bench`: how fast this machine is, part by part. */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/bench_report.h"
#include "cli/request.h"
#include "spec/dtype.h"

static const char about[] =
        "Usage: fovea bench [FLAGS]\n"
        "\n"
        "Measure how long one CPU takes for an image: to decode a JPEG, to resize\n"
        "it, for the model's forward pass, in batches and of one alone, and for all\n"
        "of it. Beside each forward pass the bare matrix products of all its layers\n"
        "are timed in the same rounds, on the same weights: what the first takes\n"
        "over the second is fovea's own.\n"
        "\n"
        "The rates of the machine are measured in the same rounds too: products and\n"
        "sums of each kind of instruction with everything in registers, and reading\n"
        "from caches and memory. All arithmetic of a forward pass at the first, or\n"
        "all its weights at the second, whichever takes longer, is its roofline: no\n"
        "program is faster on this CPU. Part by part it says what bounds a model.\n"
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
    FOVEA_AUTO_FREE struct fovea_bench_figures *figures =
            malloc(sizeof *figures);
    if (!figures) {
        (void)fovea_fail_memory(&error, sizeof *figures, "the figures");
        return fovea_cli_fail(&error);
    }
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
    if (fovea_bench_measure(&request, figures, &error)) {
        return fovea_cli_fail(&error);
    }
    const char *name = flags->model ? flags->model : "random ViT-B/32";
    if (flags->json) {
        fovea_bench_add_json(&text, name, figures);
    } else {
        fovea_bench_add_text(&text, name, flags->text, figures);
    }
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
