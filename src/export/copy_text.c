/* See copy_text.h. */
#include "export/copy_text.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "bulk/file_head.h"
#include "export/fields.h"
#include "export/valid_text.h"

#define FIRST_LINE "-- fovea export"

static void
add_escaped(struct fovea_text *text, char byte)
{
    static const char escaped[] = "\b\f\n\r\t\v\\";
    static const char letters[] = "bfnrtv\\";
    const char *at = strchr(escaped, byte);
    if (at) {
        const char pair[] = { '\\', letters[at - escaped] };
        fovea_text_add(text, pair, sizeof pair);
    } else {
        fovea_text_add(text, &byte, 1);
    }
}

void
fovea_copy_add_value(struct fovea_text *text, const char *string)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text valid = { 0 };
    fovea_valid_text_add(&valid, string);
    text->failed = text->failed || fovea_text_failed(&valid);
    for (size_t i = 0; i < valid.size; i++) {
        add_escaped(text, valid.data[i]);
    }
}

void
fovea_copy_add_name(struct fovea_text *text, const char *name)
{
    fovea_text_add(text, "\"", 1);
    for (; *name; name++) {
        fovea_text_add(text, "\"", *name == '"');
        fovea_text_add(text, name, 1);
    }
    fovea_text_add(text, "\"", 1);
}

bool
fovea_copy_is_ours(const char *const *paths, size_t index)
{
    char head[sizeof FIRST_LINE - 1];
    return fovea_file_head(paths[index], head, sizeof head) == sizeof head &&
            memcmp(head, FIRST_LINE, sizeof head) == 0;
}

enum fovea_status
fovea_copy_open(struct fovea_copy_state *state,
        const struct fovea_export_settings *settings, const char *before,
        const char *type, struct fovea_error *err)
{
    state->set = settings->set;
    enum fovea_status status =
            fovea_export_text_open(settings, &state->output, err);
    if (status) {
        return status;
    }
    struct fovea_text *text = &state->output.file.text;
    const char *table = settings->collection;
    fovea_text_format(text, FIRST_LINE ": {");
    fovea_export_set_json(text, state->set);
    fovea_text_format(text,
            "}\nBEGIN;\n%sSET LOCAL client_encoding = 'UTF8';\n"
            "CREATE TABLE IF NOT EXISTS ",
            before);
    fovea_copy_add_name(text, table);
    fovea_text_format(text,
            " (\n    id bigint PRIMARY KEY,\n    path text NOT NULL,\n"
            "    paths jsonb NOT NULL,\n    bytes bigint NOT NULL,\n"
            "    sha256 text NOT NULL,\n    width integer,\n"
            "    height integer,\n    format text,\n    taken timestamp,\n"
            "    model text NOT NULL,\n    embedding %s NOT NULL\n);\nCOPY ",
            type);
    fovea_copy_add_name(text, table);
    fovea_text_format(text,
            " (id, path, paths, bytes, sha256, width, height, format, taken, "
            "model, embedding) FROM stdin;\n");
    return FOVEA_OK;
}

static void
add_json(struct fovea_text *text, const struct fovea_picture *picture)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text paths = { 0 };
    fovea_export_paths_json(&paths, picture);
    if (fovea_text_failed(&paths)) {
        text->failed = true;
        return;
    }
    fovea_copy_add_value(text, paths.data);
}

static void
add_row(struct fovea_copy_state *state, const struct fovea_export_row *row)
{
    struct fovea_text *text = &state->output.file.text;
    const struct fovea_index_content *content = &row->picture->content;
    char taken[FOVEA_EXPORT_TIME_SIZE];
    fovea_text_format(text, "%" PRId64 "\t", content->id);
    fovea_copy_add_value(text, fovea_export_path(row->picture));
    fovea_text_add(text, "\t", 1);
    add_json(text, row->picture);
    fovea_text_format(text, "\t%" PRIu64 "\t%s\t", content->size_bytes,
            content->digest);
    if (content->width_px && content->height_px) {
        fovea_text_format(text, "%u\t%u\t", content->width_px,
                content->height_px);
    } else {
        fovea_text_format(text, "\\N\t\\N\t");
    }
    fovea_text_format(text, "%s\t",
            content->format[0] ? content->format : "\\N");
    fovea_text_format(text, "%s\t",
            fovea_export_taken(row->picture, taken) ? taken : "\\N");
    fovea_copy_add_value(text, state->set->model);
    fovea_text_format(text, "\t%s", state->vector_begin);
    for (size_t i = 0; i < state->set->dimension; i++) {
        fovea_text_add(text, ",", i > 0);
        fovea_text_json_float(text, row->vector[i]);
    }
    fovea_text_format(text, "%s\n", state->vector_end);
}

enum fovea_status
fovea_copy_write(void *opaque, const struct fovea_export_row *rows, size_t n,
        struct fovea_export_counts *counts, struct fovea_error *err)
{
    struct fovea_copy_state *state = opaque;
    for (size_t i = 0; i < n; i++) {
        add_row(state, &rows[i]);
    }
    counts->n_written += n;
    return fovea_export_text_flush(&state->output, err);
}

enum fovea_status
fovea_copy_commit(void *opaque, struct fovea_error *err)
{
    struct fovea_copy_state *state = opaque;
    fovea_text_format(&state->output.file.text, "\\.\nCOMMIT;\n");
    enum fovea_status status = fovea_export_text_flush(&state->output, err);
    return status ? status : fovea_export_text_commit(&state->output, err);
}

void
fovea_copy_finish(void *opaque)
{
    struct fovea_copy_state *state = opaque;
    fovea_export_text_finish(&state->output);
}

const struct fovea_target_form fovea_copy_form = {
    .name = "SQL",
    .endings = (const char *const[]){ ".sql", NULL },
    .files = (const char *const[]){ "", NULL },
    .is_ours = fovea_copy_is_ours,
};
