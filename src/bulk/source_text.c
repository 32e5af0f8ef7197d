/* A text of the command line as a source of one input. */
#include <string.h>

#include "base/error.h"
#include "bulk/source.h"

struct source {
    const char *text; /* NULL once it was given */
};

static bool
takes(const struct fovea_source_settings *settings,
        const struct fovea_input_word *word)
{
    (void)settings;
    return word->kind == FOVEA_WORD_TEXT;
}

static enum fovea_status
open_text(const struct fovea_source_settings *settings,
        const struct fovea_input_word *word, void *state,
        struct fovea_error *err)
{
    (void)settings;
    (void)err;
    struct source *source = state;
    source->text = word->word;
    return FOVEA_OK;
}

static enum fovea_status
next(void *state, enum fovea_source_step *step_out,
        struct fovea_entry *entry_out, struct fovea_error *err)
{
    struct source *source = state;
    if (!source->text) {
        *step_out = FOVEA_SOURCE_END;
        return FOVEA_OK;
    }
    size_t size = strlen(source->text);
    char *text = strdup(source->text);
    if (!text) {
        return fovea_fail_memory(err, size, "a text");
    }
    source->text = NULL;
    *entry_out = (struct fovea_entry){
        .path = text,
        .is_text = true,
        .size = size,
    };
    *step_out = FOVEA_SOURCE_ENTRY;
    return FOVEA_OK;
}

static void
finish(void *state)
{
    (void)state;
}

const struct fovea_source_kind fovea_source_text = {
    .takes = takes,
    .state_size = sizeof(struct source),
    .open = open_text,
    .next = next,
    .finish = finish,
};
