/* The inputs of a run: see inputs.h. */
#include "bulk/inputs.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/sha256.h"

static const struct fovea_source_kind *const kinds[] = {
#define X(name) &fovea_source_##name,
#include "bulk/source.def"
#undef X
};

struct open_source {
    const struct fovea_source_kind *kind;
    void *state;
};

enum {
    MAX_DEPTH = 3 /* a list, a folder that it names, an archive there */
};

struct fovea_inputs {
    struct fovea_inputs_settings settings;
    size_t next_word;
    struct open_source open[MAX_DEPTH]; /* the last is the one being read */
    size_t n_open;
};

static void
close_last(struct fovea_inputs *inputs)
{
    struct open_source *last = &inputs->open[--inputs->n_open];
    last->kind->finish(last->state);
    free(last->state);
}

void
fovea_inputs_destroy(struct fovea_inputs *inputs)
{
    if (inputs) {
        while (inputs->n_open > 0) {
            close_last(inputs);
        }
        free(inputs);
    }
}

/* NULL: the word is an input itself. */
static const struct fovea_source_kind *
kind_of(const struct fovea_source_settings *settings,
        const struct fovea_input_word *word)
{
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(kinds); i++) {
        if (kinds[i]->takes(settings, word)) {
            return kinds[i];
        }
    }
    return NULL;
}

/* Open a source with what it is to open. */
static enum fovea_status
open_source(struct fovea_inputs *inputs, const struct fovea_source_kind *kind,
        const struct fovea_input_word *word, struct fovea_error *err)
{
    void *state = calloc(1, kind->state_size);
    if (!state) {
        return fovea_fail_memory(err, kind->state_size, "an input");
    }
    FOVEA_ASSERT(inputs->n_open < MAX_DEPTH);
    inputs->open[inputs->n_open++] = (struct open_source){ kind, state };
    const struct fovea_target *target = inputs->settings.target;
    enum fovea_status status = target && kind->reads_file
            ? fovea_target_check_input(target, word->word, false, err)
            : FOVEA_OK;
    return status ? status
                  : kind->open(&inputs->settings.source, word, state, err);
}

enum fovea_status
fovea_inputs_create(const struct fovea_inputs_settings *settings,
        struct fovea_inputs **inputs_out, struct fovea_error *err)
{
    struct fovea_inputs *inputs = calloc(1, sizeof *inputs);
    if (!inputs) {
        return fovea_fail_memory(err, sizeof *inputs, "the inputs");
    }
    inputs->settings = *settings;
    enum fovea_status status = FOVEA_OK;
    if (settings->own_source) {
        const struct fovea_input_word word = { .word = settings->own };
        status = open_source(inputs, settings->own_source, &word, err);
    }
    if (status) {
        fovea_inputs_destroy(inputs);
        return status;
    }
    *inputs_out = inputs;
    return FOVEA_OK;
}

/* Open what a word stands for, if it is one of a source. */
static enum fovea_status
open_word(struct fovea_inputs *inputs, const struct fovea_input_word *word,
        bool *is_open_out, struct fovea_error *err)
{
    const struct fovea_source_settings *settings = &inputs->settings.source;
    const struct fovea_source_kind *kind = kind_of(settings, word);
    if (inputs->settings.only_lists && !(kind && kind->is_list)) {
        kind = NULL;
    }
    *is_open_out = kind != NULL;
    return kind ? open_source(inputs, kind, word, err) : FOVEA_OK;
}

/* Open what a listed name, the entry's path, stands for; or leave the entry as
   it is, which then is the next input. */
static enum fovea_status
open_listed(struct fovea_inputs *inputs, struct fovea_entry *entry,
        bool *is_entry_out, struct fovea_error *err)
{
    const struct fovea_input_word word = {
        .word = entry->path,
        .kind = FOVEA_WORD_LISTED,
    };
    bool is_open = false;
    if (inputs->settings.listed) {
        fovea_sha256_add_text(inputs->settings.listed, entry->path);
    }
    if (inputs->settings.only_lists) {
        *is_entry_out = true;
        return FOVEA_OK;
    }
    enum fovea_status status = open_word(inputs, &word, &is_open, err);
    if (status || is_open) {
        fovea_entry_finish(entry);
    }
    *is_entry_out = !status && !is_open;
    return status;
}

/* Open the next word, or make an input of it. */
static enum fovea_status
take_word(struct fovea_inputs *inputs, const struct fovea_input_word *word,
        bool *is_entry_out, struct fovea_entry *entry_out,
        struct fovea_error *err)
{
    bool is_open = false;
    FOVEA_ASSERT(word->word);
    enum fovea_status status = open_word(inputs, word, &is_open, err);
    if (status || is_open || inputs->settings.only_lists) {
        return status;
    }
    entry_out->path = strdup(word->word);
    *is_entry_out = entry_out->path != NULL;
    return entry_out->path
            ? FOVEA_OK
            : fovea_fail_memory(err, strlen(word->word), "a name");
}

static enum fovea_status
next_entry(struct fovea_inputs *inputs, enum fovea_inputs_step *step_out,
        struct fovea_entry *entry_out, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    bool is_entry = false;
    *entry_out = (struct fovea_entry){ 0 };
    while (!status && !is_entry) {
        if (inputs->n_open == 0 &&
                inputs->next_word == inputs->settings.n_words) {
            *step_out = FOVEA_INPUTS_END;
            return FOVEA_OK;
        }
        if (inputs->n_open == 0) {
            status = take_word(inputs,
                    &inputs->settings.words[inputs->next_word++], &is_entry,
                    entry_out, err);
            continue;
        }
        const struct open_source *last = &inputs->open[inputs->n_open - 1];
        enum fovea_source_step step = FOVEA_SOURCE_END;
        status = last->kind->next(last->state, &step, entry_out, err);
        if (!status && step == FOVEA_SOURCE_WAIT) {
            *step_out = FOVEA_INPUTS_WAIT;
            return FOVEA_OK;
        }
        if (!status && step == FOVEA_SOURCE_NAME) {
            status = open_listed(inputs, entry_out, &is_entry, err);
        } else if (!status && step == FOVEA_SOURCE_END) {
            close_last(inputs);
        }
        is_entry = is_entry || (!status && step == FOVEA_SOURCE_ENTRY);
    }
    *step_out = FOVEA_INPUTS_ENTRY;
    return status;
}

enum fovea_status
fovea_inputs_next(struct fovea_inputs *inputs, enum fovea_inputs_step *step_out,
        struct fovea_entry *entry_out, struct fovea_error *err)
{
    enum fovea_status status = next_entry(inputs, step_out, entry_out, err);
    const struct fovea_target *target = inputs->settings.target;
    if (status || *step_out != FOVEA_INPUTS_ENTRY || !target ||
            entry_out->is_bytes || entry_out->is_text) {
        return status;
    }
    status = fovea_target_check_input(target, entry_out->path, entry_out->found,
            err);
    if (status) {
        fovea_entry_finish(entry_out);
    }
    return status;
}

int
fovea_inputs_wait_fd(const struct fovea_inputs *inputs)
{
    const struct open_source *last = &inputs->open[inputs->n_open - 1];
    return last->kind->wait_fd(last->state);
}

static bool
repeats(const struct fovea_inputs_settings *settings,
        const struct fovea_input_word *word)
{
    const struct fovea_source_kind *kind = kind_of(&settings->source, word);
    return !kind || !kind->repeats || kind->repeats(word);
}

bool
fovea_inputs_repeat(const struct fovea_inputs_settings *settings)
{
    for (size_t i = 0; i < settings->n_words; i++) {
        if (!repeats(settings, &settings->words[i])) {
            return false;
        }
    }
    return true;
}

enum fovea_status
fovea_inputs_check(const struct fovea_inputs_settings *settings,
        struct fovea_error *err)
{
    if (!settings->target || !fovea_target_is_there(settings->target)) {
        return FOVEA_OK;
    }
    FOVEA_AUTO_FREE struct fovea_input_word *words =
            calloc(settings->n_words + 1, sizeof *words);
    struct fovea_inputs_settings now = *settings;
    struct fovea_inputs *inputs = NULL;
    if (!words) {
        return fovea_fail_memory(err, settings->n_words, "the inputs");
    }
    now.words = words;
    now.n_words = 0;
    now.source.purpose = FOVEA_PURPOSE_NAMES;
    for (size_t i = 0; i < settings->n_words; i++) {
        if (repeats(settings, &settings->words[i])) {
            words[now.n_words++] = settings->words[i];
        }
    }
    enum fovea_inputs_step step = FOVEA_INPUTS_ENTRY;
    enum fovea_status status = fovea_inputs_create(&now, &inputs, err);
    while (!status && step == FOVEA_INPUTS_ENTRY) {
        struct fovea_entry entry = { 0 };
        status = fovea_inputs_next(inputs, &step, &entry, err);
        fovea_entry_finish(&entry);
    }
    fovea_inputs_destroy(inputs);
    return status;
}
