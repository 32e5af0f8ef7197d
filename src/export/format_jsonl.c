/* A line of JSON for each picture, its vector in it. */
#include "export/fields.h"
#include "export/text_output.h"

struct state {
    const struct fovea_index_set_key *set;
    struct fovea_export_text output;
};

static bool
is_ours(const char *const *paths, size_t index)
{
    return fovea_export_is_line(paths[index]);
}

static enum fovea_status
open_file(const struct fovea_export_settings *settings, void *opaque,
        struct fovea_error *err)
{
    struct state *state = opaque;
    state->set = settings->set;
    return fovea_export_text_open(settings, &state->output, err);
}

static enum fovea_status
write_rows(void *opaque, const struct fovea_export_row *rows, size_t n,
        struct fovea_export_counts *counts, struct fovea_error *err)
{
    struct state *state = opaque;
    struct fovea_text *text = &state->output.file.text;
    for (size_t i = 0; i < n; i++) {
        fovea_text_add(text, "{", 1);
        fovea_export_picture_json(text, rows[i].picture);
        fovea_text_add(text, ",", 1);
        fovea_export_set_json(text, state->set);
        fovea_text_format(text, ",\"embedding\":");
        fovea_export_vector_json(text, rows[i].vector, state->set->dimension);
        fovea_text_add(text, "}\n", 2);
    }
    counts->n_written += n;
    return fovea_export_text_flush(&state->output, err);
}

static enum fovea_status
commit(void *opaque, struct fovea_error *err)
{
    struct state *state = opaque;
    return fovea_export_text_commit(&state->output, err);
}

static void
finish(void *opaque)
{
    struct state *state = opaque;
    fovea_export_text_finish(&state->output);
}

static const struct fovea_target_form form = {
    .name = "JSON lines",
    .endings = (const char *const[]){ ".jsonl", ".ndjson", NULL },
    .files = (const char *const[]){ "", NULL },
    .is_ours = is_ours,
};

const struct fovea_export_format fovea_export_jsonl = {
    .name = "jsonl",
    .form = &form,
    .is_text = true,
    .state_size = sizeof(struct state),
    .open = open_file,
    .write = write_rows,
    .commit = commit,
    .finish = finish,
};
