/* The image on standard input as a source of one input: see stdin_image.h. */
#include <string.h>

#include "base/error.h"
#include "bulk/source.h"

struct source {
    const struct fovea_stdin_image *image; /* NULL once it was given */
};

static bool
takes(const struct fovea_source_settings *settings,
        const struct fovea_input_word *word)
{
    return settings->image && fovea_word_is_stdin(word);
}

static enum fovea_status
open_image(const struct fovea_source_settings *settings,
        const struct fovea_input_word *word, void *state,
        struct fovea_error *err)
{
    (void)word;
    (void)err;
    struct source *source = state;
    source->image = settings->image;
    return FOVEA_OK;
}

static enum fovea_status
next(void *state, enum fovea_source_step *step_out,
        struct fovea_entry *entry_out, struct fovea_error *err)
{
    struct source *source = state;
    const struct fovea_stdin_image *image = source->image;
    if (!image) {
        *step_out = FOVEA_SOURCE_END;
        return FOVEA_OK;
    }
    char *path = strdup("-");
    if (!path) {
        return fovea_fail_memory(err, 1, "a name");
    }
    source->image = NULL;
    *entry_out = (struct fovea_entry){
        .path = path,
        .is_bytes = true,
        .bytes = image->bytes,
        .size = image->size,
        .problem = image->problem,
    };
    *step_out = FOVEA_SOURCE_ENTRY;
    return FOVEA_OK;
}

static void
finish(void *state)
{
    (void)state;
}

const struct fovea_source_kind fovea_source_image = {
    .takes = takes,
    .state_size = sizeof(struct source),
    .open = open_image,
    .next = next,
    .finish = finish,
};
