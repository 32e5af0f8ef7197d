/* See sheet_file.h. */
#include "cli/sheet_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "bulk/file_head.h"
#include "cli/cli.h"

/* A picture that waits for its thumbnail, or for those before it. */
struct waiting {
    struct waiting *next;
    char *texts[7]; /* of the entry, in its order; owned */
    bool has_thumbnail_to_come;
};

struct fovea_sheet_file {
    struct fovea *library;
    struct fovea_model *model;
    struct fovea_stream *stream; /* ordered: as the pictures */
    struct fovea_text_file file;
    struct fovea_sheet sheet;
    char *folder;
    struct waiting *first;
    struct waiting **end;
};

static bool
is_ours(const char *const *paths, size_t index)
{
    char head[FOVEA_SHEET_HEAD_BYTES];
    return fovea_sheet_is_ours(head,
            fovea_file_head(paths[index], head, sizeof head));
}

static const struct fovea_target_form form = {
    .name = "HTML",
    .flag = "--html",
    .endings = (const char *const[]){ ".html", ".htm", NULL },
    .files = (const char *const[]){ "", NULL },
    .is_ours = is_ours,
};

enum fovea_status
fovea_sheet_file_look(const char *path, bool overwrite,
        struct fovea_target *target_out, struct fovea_error *err)
{
    return fovea_target_look(path, &form, overwrite, target_out, err);
}

/* The folder that a file will stand in, whole. */
static enum fovea_status
find_folder(const char *path, char **folder_out, struct fovea_error *err)
{
    const char *slash = strrchr(path, '/');
    FOVEA_AUTO_FREE char *folder = slash
            ? strndup(path, slash == path ? 1 : (size_t)(slash - path))
            : strdup(".");
    *folder_out = folder ? realpath(folder, NULL) : NULL;
    return *folder_out ? FOVEA_OK
                       : fovea_fail(err, FOVEA_ERR_FILE_NOT_FOUND,
                                 "%s: its folder is not there", path);
}

/* A thumbnail takes no weights, so any model does, in whatever dtype. */
static enum fovea_status
open_stream(struct fovea_sheet_file *file, const struct fovea_options *options,
        struct fovea_error *err)
{
    struct fovea_stream_options settings = FOVEA_STREAM_OPTIONS_INIT;
    settings.work = FOVEA_STREAM_THUMBNAIL;
    settings.ordered = true;
    struct fovea_options without_auto = *options;
    without_auto.dtype = FOVEA_DTYPE_F32; /* which is not measured */
    enum fovea_status status = fovea_open(&without_auto, &file->library, err);
    if (!status) {
        status = fovea_model_open(file->library, NULL, &file->model, err);
    }
    return status
            ? status
            : fovea_stream_open(file->model, &settings, &file->stream, err);
}

enum fovea_status
fovea_sheet_file_open(const struct fovea_target *target,
        const struct fovea_options *options, const char *title,
        const char *summary, struct fovea_sheet_file **file_out,
        struct fovea_error *err)
{
    struct fovea_sheet_file *file = calloc(1, sizeof *file);
    if (!file) {
        return fovea_fail_memory(err, sizeof *file, "the contact sheet");
    }
    file->end = &file->first;
    enum fovea_status status =
            fovea_text_file_open(target, 0, &file->file, err);
    if (!status) {
        status = find_folder(target->files[0].path, &file->folder, err);
    }
    if (!status) {
        status = open_stream(file, options, err);
    }
    if (status) {
        fovea_sheet_file_close(file);
        return status;
    }
    fovea_sheet_begin(&file->sheet, &file->file.text, file->folder, title,
            summary);
    *file_out = file;
    return FOVEA_OK;
}

static void
free_waiting(struct waiting *waiting)
{
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(waiting->texts); i++) {
        free(waiting->texts[i]);
    }
    free(waiting);
}

/* Write the first that waits, with its thumbnail if it has one. */
static enum fovea_status
write_first(struct fovea_sheet_file *file,
        const struct fovea_stream_result *result, struct fovea_error *err)
{
    struct waiting *waiting = file->first;
    char *const *texts = waiting->texts;
    const struct fovea_sheet_picture picture = {
        .path = texts[2],
        .name = texts[3],
        .score = texts[4],
        .details = texts[5],
        .mark = texts[6],
        .jpeg = result && !result->error.code ? result->jpeg : NULL,
        .jpeg_bytes = result ? result->row_bytes : 0,
        .problem = result ? result->error.message : "no file",
    };
    if (texts[0]) {
        fovea_sheet_group(&file->sheet, texts[0], texts[1]);
    }
    fovea_sheet_add(&file->sheet, &picture);
    file->first = waiting->next;
    file->end = file->first ? file->end : &file->first;
    free_waiting(waiting);
    return fovea_text_file_flush(&file->file, err);
}

/* Write all that wait for nothing. */
static enum fovea_status
write_ready(struct fovea_sheet_file *file, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    while (!status && file->first && !file->first->has_thumbnail_to_come) {
        status = write_first(file, NULL, err);
    }
    return status;
}

/* Wait for the next thumbnail, which is the first one's. */
static enum fovea_status
take_one(struct fovea_sheet_file *file, struct fovea_error *err)
{
    const struct fovea_stream_result *result = NULL;
    enum fovea_status status =
            fovea_stream_wait(file->stream, FOVEA_NEVER, err);
    if (!status) {
        status = fovea_stream_take(file->stream, &result, err);
    }
    if (!status && result->state == FOVEA_STREAM_RESULT) {
        status = write_first(file, result, err);
    }
    return status ? status : write_ready(file, err);
}

static struct waiting *
copy_entry(const struct fovea_sheet_entry *entry)
{
    const char *const texts[] = { entry->heading, entry->heading_details,
        entry->path, entry->name, entry->score, entry->details, entry->mark };
    struct waiting *waiting = calloc(1, sizeof *waiting);
    for (size_t i = 0; waiting && i < FOVEA_ARRAY_LEN(texts); i++) {
        waiting->texts[i] = texts[i] ? strdup(texts[i]) : NULL;
        if (texts[i] && !waiting->texts[i]) {
            free_waiting(waiting);
            return NULL;
        }
    }
    return waiting;
}

enum fovea_status
fovea_sheet_file_add(struct fovea_sheet_file *file,
        const struct fovea_sheet_entry *entry, struct fovea_error *err)
{
    struct waiting *waiting = copy_entry(entry);
    if (!waiting) {
        return fovea_fail_memory(err, sizeof *waiting, "the contact sheet");
    }
    *file->end = waiting;
    file->end = &waiting->next;
    waiting->has_thumbnail_to_come = entry->path != NULL;
    enum fovea_status status = write_ready(file, err);
    if (status || !entry->path) {
        return status;
    }
    const struct fovea_item item = {
        .kind = FOVEA_ITEM_IMAGE_PATH,
        .data = entry->path,
    };
    for (;;) {
        status = fovea_stream_put(file->stream, &item, 0, err);
        if (status != FOVEA_ERR_BUSY) {
            return status;
        }
        status = take_one(file, err);
        if (status) {
            return status;
        }
    }
}

enum fovea_status
fovea_sheet_file_commit(struct fovea_sheet_file *file, struct fovea_error *err)
{
    enum fovea_status status = write_ready(file, err);
    while (!status && file->first) {
        status = take_one(file, err);
    }
    fovea_sheet_end(&file->sheet);
    if (!status) {
        status = fovea_text_file_flush(&file->file, err);
    }
    return status ? status : fovea_atomic_file_commit(&file->file.file, err);
}

void
fovea_sheet_file_close(struct fovea_sheet_file *file)
{
    if (!file) {
        return;
    }
    fovea_stream_close(file->stream);
    fovea_model_close(file->model);
    fovea_close(file->library);
    while (file->first) {
        struct waiting *waiting = file->first;
        file->first = waiting->next;
        free_waiting(waiting);
    }
    fovea_text_file_finish(&file->file);
    free(file->folder);
    free(file);
}
