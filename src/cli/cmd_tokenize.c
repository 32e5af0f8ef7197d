/* `fovea tokenize`: the tokens that a model sees of texts. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/no_worker.h"
#include "base/notes.h"
#include "bulk/input_name.h"
#include "bulk/inputs.h"
#include "bulk/result_line.h"
#include "cli/cli.h"
#include "cli/option_flags.h"

/* clang-format off */
static const char about[] =
        "Usage: fovea tokenize [FLAGS] TEXT...\n"
        "\n"
        "Show the tokens that a model's text tower sees of each text: special ones\n"
        "included, padding not, cut to what the model takes. For checking fovea\n"
        "against another implementation, and for seeing where a long text ends. No\n"
        "weights are read.\n"
        "\n"
        "TEXT is a text, or - for texts on standard input, one a line.\n"
        "\n"
        "Prints a line of JSON a text:\n"
        "  {\"text\":\"a cat\",\"n\":4,\"ids\":[...],\"pieces\":[\"<|startoftext|>\",...]}\n"
        "and \"truncated\":true where it was cut; on a terminal, and without --json, a\n"
        "table: ids, and what stands in the vocabulary for each.\n";

static const char notes[] =
        "Exit status: 0 all texts are good; 3 some, or all, are bad; 2 wrong usage or an\n"
        "unknown model; 1 nothing could be done.\n"
        "\n"
        "Examples:\n"
        "  fovea pull openai/clip-vit-base-patch32\n"
        "  fovea tokenize -m openai/clip-vit-base-patch32 \"a red bicycle\"\n";
/* clang-format on */

struct flags {
    bool help;
    bool json;
    bool null_separated;
    const char *model;
    struct fovea_input_word *words;
    size_t n_words;
    struct fovea_options options;
};

static void
flags_finish(struct flags *flags)
{
    free(flags->words);
}

/* Words are texts here, and - is a file of them. */
static enum fovea_status
keep_words(struct flags *flags, const struct fovea_arg_word *words,
        size_t n_words, struct fovea_error *err)
{
    size_t n_stdin = 0;
    flags->words = calloc(n_words + 1, sizeof *flags->words);
    if (!flags->words) {
        return fovea_fail_memory(err, n_words, "the texts");
    }
    for (size_t i = 0; i < n_words; i++) {
        bool is_dash = strcmp(words[i].word, "-") == 0;
        flags->words[i] = (struct fovea_input_word){
            .word = words[i].word,
            .kind = words[i].row || is_dash ? FOVEA_WORD_TEXT_FILE
                                            : FOVEA_WORD_TEXT,
        };
        n_stdin += is_dash;
    }
    if (n_words == 0 && flags->null_separated) {
        flags->words[n_words++] = (struct fovea_input_word){ .word = "-",
            .kind = FOVEA_WORD_TEXT_FILE };
    }
    flags->n_words = n_words;
    if (n_words == 0) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "no TEXT: give texts, or - for those on standard input");
    }
    return n_stdin > 1
            ? fovea_fail(err, FOVEA_ERR_ARGUMENT, "- can be given only once")
            : FOVEA_OK;
}

static enum fovea_status
parse(struct flags *flags, int argc, char **argv, struct fovea_error *err)
{
    const struct fovea_flag own[] = {
        FOVEA_FLAG(HELP, flags->help),
        FOVEA_FLAG(LINES_ALWAYS, flags->json),
        FOVEA_FLAG(MODEL, flags->model),
        FOVEA_FLAG(NUL, flags->null_separated),
        FOVEA_FLAG_WORD(TEXT_FILE),
    };
    struct fovea_flag table[FOVEA_N_OPTIONS];
    size_t n_words = 0;
    FOVEA_AUTO_FREE struct fovea_arg_word *words =
            calloc((size_t)argc + 1, sizeof *words);
    if (!words) {
        return fovea_fail_memory(err, (size_t)argc, "the arguments");
    }
    size_t n =
            fovea_option_flags(&flags->options, FOVEA_COMMAND_TOKENIZE, table);
    memcpy(table + n, own, sizeof own);
    enum fovea_status status = fovea_args_parse_ordered(table,
            n + FOVEA_ARRAY_LEN(own), argc, argv, words, &n_words, err);
    if (!status && !flags->help) {
        status = keep_words(flags, words, n_words, err);
    }
    return status || flags->help
            ? status
            : fovea_option_flags_resolve(&flags->options, err);
}

static void
add_line(struct fovea_text *text, const struct fovea_entry *entry,
        const struct fovea_tokens *tokens, const struct fovea_error *note)
{
    fovea_text_add(text, "{", 1);
    fovea_entry_json(text, entry);
    fovea_notes_json(text, note->notes, note->message);
    fovea_text_format(text, ",\"n\":%zu,\"ids\":[", tokens->n);
    for (size_t i = 0; i < tokens->n; i++) {
        fovea_text_format(text, "%s%u", i ? "," : "", tokens->ids[i]);
    }
    fovea_text_format(text, "],\"pieces\":[");
    for (size_t i = 0; i < tokens->n; i++) {
        fovea_text_format(text, "%s", i ? "," : "");
        fovea_text_json_string(text, tokens->pieces[i]);
    }
    fovea_text_add(text, "]}\n", 3);
}

/* How often the id at a place is repeated from there on. */
static size_t
count_same(const struct fovea_tokens *tokens, size_t at)
{
    size_t n = 1;
    while (at + n < tokens->n && tokens->ids[at + n] == tokens->ids[at]) {
        n++;
    }
    return n;
}

static void
add_table(struct fovea_text *text, const struct fovea_entry *entry,
        const struct fovea_tokens *tokens, const struct fovea_error *note)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text name = { 0 };
    fovea_entry_words(&name, entry);
    fovea_text_printable(text, fovea_text_failed(&name) ? "" : name.data);
    fovea_text_format(text, ": %zu token%s", tokens->n,
            tokens->n == 1 ? "" : "s");
    fovea_notes_words(text, note->notes);
    fovea_text_add(text, "\n", 1);
    for (size_t i = 0; i < tokens->n;) {
        size_t n = count_same(tokens, i);
        fovea_text_format(text, "  %7u  ", tokens->ids[i]);
        fovea_text_printable(text, tokens->pieces[i]);
        if (n > 1) {
            fovea_text_format(text, "  (%zu times)", n);
        }
        fovea_text_add(text, "\n", 1);
        i += n;
    }
}

/* What came of a text, to standard output; of a bad one, to people, to standard
   error. The exit code. */
static int
show(bool is_json, const struct fovea_entry *entry,
        const struct fovea_tokens *tokens, const struct fovea_error *result)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    if (result->code && is_json) {
        const struct fovea_row_result bad = { entry, result, NULL };
        fovea_result_line_bad(&bad, &text);
    } else if (result->code) {
        fovea_entry_words(&text, entry);
        fovea_cli_report("%s: %s", fovea_text_failed(&text) ? "" : text.data,
                result->message);
        return FOVEA_EXIT_OK;
    } else {
        (is_json ? add_line : add_table)(&text, entry, tokens, result);
    }
    return fovea_cli_print_text(&text);
}

/* The next text, once it is there; false at the end or on a failure. */
static bool
next_text(struct fovea_inputs *inputs, struct fovea_entry *entry_out,
        struct fovea_error *err)
{
    enum fovea_inputs_step step = FOVEA_INPUTS_WAIT;
    *err = (struct fovea_error){ .code = FOVEA_OK };
    while (step == FOVEA_INPUTS_WAIT) {
        if (fovea_inputs_next(inputs, &step, entry_out, err)) {
            return false;
        }
        if (step == FOVEA_INPUTS_WAIT) {
            struct pollfd input = { .fd = fovea_inputs_wait_fd(inputs),
                .events = POLLIN };
            (void)poll(&input, 1, -1);
        }
    }
    return step == FOVEA_INPUTS_ENTRY;
}

/* The exit code. */
static int
tokenize_all(const struct flags *flags, struct fovea_model *model,
        struct fovea_inputs *inputs)
{
    struct fovea_error error;
    struct fovea_entry entry = { 0 };
    bool is_json = flags->json || !isatty(STDOUT_FILENO);
    bool has_bad = false;
    int code = FOVEA_EXIT_OK;
    while (!code && next_text(inputs, &entry, &error)) {
        struct fovea_tokens tokens = FOVEA_TOKENS_INIT;
        struct fovea_error result = entry.problem;
        enum fovea_status status = result.code
                ? result.code
                : fovea_tokenize(model, entry.path, entry.size, &tokens,
                          &result);
        has_bad = has_bad || status;
        code = status && fovea_no_worker(&result, 1, &error)
                ? fovea_cli_fail(&error)
                : show(is_json, &entry, &tokens, &result);
        fovea_tokens_finish(&tokens);
        fovea_entry_finish(&entry);
    }
    return code          ? code
            : error.code ? fovea_cli_fail(&error)
            : has_bad    ? FOVEA_EXIT_SOME_BAD
                         : FOVEA_EXIT_OK;
}

static int
tokenize(const struct flags *flags)
{
    struct fovea_error error;
    FOVEA_AUTO(fovea_close_auto) struct fovea *library = NULL;
    FOVEA_AUTO(fovea_model_close_auto) struct fovea_model *model = NULL;
    struct fovea_inputs *inputs = NULL;
    const struct fovea_inputs_settings settings = {
        .words = flags->words,
        .n_words = flags->n_words,
        .source = {
            .separator = flags->null_separated ? '\0' : '\n',
            .max_text_bytes = flags->options.limits.max_text_bytes,
        },
    };
    struct fovea_options options = flags->options;
    options.dtype = FOVEA_DTYPE_F32; /* nothing is measured for tokens */
    enum fovea_status status = fovea_open(&options, &library, &error);
    if (!status) {
        status = fovea_model_open(library, flags->model, &model, &error);
    }
    if (!status && !fovea_model_describe(model)->has_text) {
        status = fovea_cli_refuse_texts(model, &error);
    }
    if (!status) {
        status = fovea_inputs_create(&settings, &inputs, &error);
    }
    if (status) {
        return fovea_cli_fail(&error);
    }
    int code = tokenize_all(flags, model, inputs);
    fovea_inputs_destroy(inputs);
    return code;
}

static int
run(const struct fovea_command *self, int argc, char **argv)
{
    FOVEA_AUTO(flags_finish)
    struct flags flags = { .options = FOVEA_OPTIONS_INIT };
    struct fovea_error error;
    if (parse(&flags, argc, argv, &error)) {
        return fovea_cli_misused(self, &error);
    }
    return flags.help ? fovea_cli_help(self) : tokenize(&flags);
}

const struct fovea_command fovea_cmd_tokenize = {
    .id = FOVEA_COMMAND_TOKENIZE,
    .about = about,
    .notes = notes,
    .run = run,
};
