/* `fovea models`: what is known, what is here, and what one model is like. */
#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/models_list.h"
#include "cli/request.h"
#include "spec/dtype.h"

static const char about[] =
        "Usage: fovea models [--json]\n"
        "       fovea models show [--json] [--dtype TYPE] [--batch N] KEY|DIR\n"
        "\n"
        "List the models that fovea knows by name, with their licences, whether they\n"
        "know words, and whether their files are here, or show one of them, or one\n"
        "in a directory. A terminal that is too narrow is shown fewer columns.\n"
        "\n"
        "Files are looked for in $FOVEA_HOME/models/KEY, then in the Hugging Face\n"
        "cache (HF_HOME and its relatives), then beside the program. Any other\n"
        "model of these families works too, by its Hugging Face id or its directory\n"
        "(config.json, preprocessor_config.json, model.safetensors; or\n"
        "open_clip_config.json, open_clip_model.safetensors).\n";

static const char notes[] =
        "Exit status: 0; 2 wrong usage or a key that is not known; 1 the model is\n"
        "known and its files are not here, or cannot be used.\n";

struct flags {
    bool help;
    bool json;
    uint64_t dtype;
    uint64_t n_batch;
};

static void
add_floats(struct fovea_text *text, const float values[3], const char *between)
{
    for (size_t i = 0; i < 3; i++) {
        fovea_text_format(text, "%s", i ? between : "");
        fovea_text_json_float(text, values[i]);
    }
}

static void
add_words(struct fovea_text *text, const struct fovea_model_info *info)
{
    if (info->has_text) {
        fovea_text_format(text,
                "words              yes, up to %" PRIu32 " tokens\n",
                info->context_length);
    } else {
        fovea_text_format(text, "words              no\n");
    }
}

/* Of what the catalogue does not have nothing is known. */
static void
add_licence(struct fovea_text *text, const char *key)
{
    const struct fovea_catalogue_entry *entry = fovea_models_entry(key);
    if (entry) {
        fovea_text_format(text, "licence            %s%s%s\n", entry->licence,
                entry->licence_note ? ": " : "",
                entry->licence_note ? entry->licence_note : "");
    }
}

static void
add_licence_json(struct fovea_text *text, const char *key)
{
    const struct fovea_catalogue_entry *entry = fovea_models_entry(key);
    if (entry) {
        fovea_text_format(text, ",\"licence\":\"%s\"", entry->licence);
    }
    if (entry && entry->licence_note) {
        fovea_text_format(text, ",\"licence_note\":");
        fovea_text_json_string(text, entry->licence_note);
    }
}

static void
add_model(struct fovea_text *text, const struct fovea_model_info *info)
{
    const double mib = 1 << 20;
    fovea_text_format(text,
            "key                %s\n"
            "directory          %s\n"
            "family             %s\n"
            "dimension          %" PRIu32 "\n"
            "image              %" PRIu32 " x %" PRIu32
            " px, patches of %" PRIu32 " px\n"
            "transformer        %" PRIu32 " layers, %" PRIu32 " heads\n"
            "mean               ",
            info->key, info->directory, info->family, info->embedding_dimension,
            info->image_width_px, info->image_height_px, info->patch_size_px,
            info->n_layers, info->n_heads);
    add_floats(text, info->mean, " ");
    fovea_text_format(text, "\nstd                ");
    add_floats(text, info->std, " ");
    fovea_text_format(text,
            "\n"
            "preprocessor       %s\n"
            "dtype              %s (weights in the file: %s)\n"
            "                   %s\n"
            "memory             %" PRIu64 " MB: %.1f MB weights, shared, and "
            "%.1f MB a worker\n",
            strcmp(info->preprocessor, "file") == 0
                    ? "as its files say"
                    : "the family's, by default: no file says it",
            fovea_dtype_words[info->dtype], info->weights_dtype,
            info->dtype_reason, info->est_memory_allocation_mb,
            (double)info->shared_bytes / mib,
            (double)info->per_worker_bytes / mib);
    add_words(text, info);
    add_licence(text, info->key);
}

static void
add_model_json(struct fovea_text *text, const struct fovea_model_info *info)
{
    fovea_text_format(text, "{\"key\":");
    fovea_text_json_string(text, info->key);
    fovea_text_format(text, ",\"directory\":");
    fovea_text_json_string(text, info->directory);
    fovea_text_format(text,
            ",\"embedding_dimension\":%" PRIu32 ",\"image_width_px\":%" PRIu32
            ",\"image_height_px\":%" PRIu32 ",\"patch_size_px\":%" PRIu32
            ",\"n_layers\":%" PRIu32 ",\"n_heads\":%" PRIu32 ",\"mean\":[",
            info->embedding_dimension, info->image_width_px,
            info->image_height_px, info->patch_size_px, info->n_layers,
            info->n_heads);
    add_floats(text, info->mean, ",");
    fovea_text_format(text, "],\"std\":[");
    add_floats(text, info->std, ",");
    fovea_text_format(text,
            "],\"preprocessor\":\"%s\",\"dtype\":\"%s\","
            "\"dtype_reason\":",
            info->preprocessor, fovea_dtype_words[info->dtype]);
    fovea_text_json_string(text, info->dtype_reason);
    fovea_text_format(text,
            ",\"weights_dtype\":\"%s\","
            "\"shared_bytes\":%" PRIu64 ",\"per_worker_bytes\":%" PRIu64
            ",\"est_memory_allocation_mb\":%" PRIu64
            ",\"family\":\"%s\",\"has_text\":%s,\"context_length\":%" PRIu32,
            info->weights_dtype, info->shared_bytes, info->per_worker_bytes,
            info->est_memory_allocation_mb, info->family,
            info->has_text ? "true" : "false", info->context_length);
    add_licence_json(text, info->key);
    fovea_text_format(text, "}\n");
}

static int
show_model(const struct flags *flags, struct fovea *library, const char *key)
{
    struct fovea_error error;
    FOVEA_AUTO(fovea_model_close_auto) struct fovea_model *model = NULL;
    if (fovea_model_open(library, key, &model, &error)) {
        return fovea_cli_fail(&error);
    }
    const struct fovea_model_info *info = fovea_model_describe(model);
    fovea_cli_warn_of_model(info);
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    if (flags->json) {
        add_model_json(&text, info);
    } else {
        add_model(&text, info);
    }
    return fovea_cli_print_text(&text);
}

static enum fovea_status
parse(int argc, char **argv, struct flags *flags, const char **words,
        size_t *n_words_out, struct fovea_error *err)
{
    struct fovea_flag table[] = {
        FOVEA_FLAG(HELP, flags->help),
        FOVEA_FLAG(MODELS_JSON, flags->json),
        FOVEA_FLAG(SHOW_DTYPE, flags->dtype),
        FOVEA_FLAG(SHOW_BATCH, flags->n_batch),
    };
    enum fovea_status status = fovea_args_parse(table, FOVEA_ARRAY_LEN(table),
            argc, argv, words, n_words_out, err);
    if (status || flags->help || *n_words_out == 0) {
        return status;
    }
    if (strcmp(words[0], "show") != 0) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "unknown word %s; did you mean: fovea models show %s?",
                words[0], words[0]);
    }
    if (*n_words_out != 2) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "show needs one model, by its key or directory");
    }
    return FOVEA_OK;
}

static int
run(const struct fovea_command *self, int argc, char **argv)
{
    struct flags flags = { 0 };
    struct fovea_error error;
    size_t n_words = 0;
    FOVEA_AUTO_FREE const char **words = fovea_cli_words(argc);
    if (!words) {
        return FOVEA_EXIT_FAILED;
    }
    if (parse(argc, argv, &flags, words, &n_words, &error)) {
        return fovea_cli_misused(self, &error);
    }
    if (flags.help) {
        return fovea_cli_help(self);
    }
    FOVEA_AUTO(fovea_close_auto) struct fovea *library = NULL;
    const struct fovea_options options = {
        .struct_size = sizeof options,
        /* A list says nothing of it: nothing is measured for one. */
        .dtype = n_words ? (enum fovea_dtype)flags.dtype : FOVEA_DTYPE_F32,
        .max_batch = (unsigned)flags.n_batch,
    };
    if (fovea_open(&options, &library, &error)) {
        return fovea_cli_fail(&error);
    }
    if (n_words) {
        return show_model(&flags, library, words[1]);
    }
    return flags.json ? fovea_models_list_json(library)
                      : fovea_models_list(library);
}

const struct fovea_command fovea_cmd_models = {
    .id = FOVEA_COMMAND_MODELS,
    .about = about,
    .notes = notes,
    .run = run,
};
