/* See names_source.h. */
#include "shards/names_source.h"

#include "base/macros.h"
#include "shards/names.h"

struct source {
    struct fovea_names_reader reader;
    uint64_t n; /* inputs so far */
};

static enum fovea_status
open_names(const struct fovea_source_settings *settings,
        const struct fovea_input_word *word, void *state,
        struct fovea_error *err)
{
    struct source *source = state;
    const struct fovea_names *names = (const void *)word->word;
    (void)settings;
    (void)err;
    source->reader = (struct fovea_names_reader){
        .at = names->bytes,
        .end = names->bytes + names->size,
    };
    return FOVEA_OK;
}

static enum fovea_status
next(void *state, enum fovea_source_step *step_out,
        struct fovea_entry *entry_out, struct fovea_error *err)
{
    struct source *source = state;
    struct fovea_shard_name name;
    bool is_end = false;
    enum fovea_status status =
            fovea_names_read(&source->reader, &is_end, &name, err);
    *step_out = FOVEA_SOURCE_END;
    if (status || is_end) {
        return status;
    }
    *step_out = FOVEA_SOURCE_ENTRY;
    *entry_out = (struct fovea_entry){
        .path = FOVEA_TAKE(name.name),
        .found = name.found,
        .number = source->n++,
        .problem = name.problem,
    };
    fovea_shard_name_finish(&name);
    return FOVEA_OK;
}

static void
finish(void *state)
{
    (void)state;
}

const struct fovea_source_kind fovea_source_names = {
    .state_size = sizeof(struct source),
    .open = open_names,
    .next = next,
    .finish = finish,
};
