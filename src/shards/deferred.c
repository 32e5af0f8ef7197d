/* See deferred.h. */
#include "shards/deferred.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "store/npy.h"

void
fovea_deferred_finish(struct fovea_deferred *deferred)
{
    for (uint64_t i = 0; i < deferred->n; i++) {
        fovea_entry_finish(&deferred->all[i].entry);
    }
    free(deferred->all);
    fovea_draft_finish(&deferred->rows);
    *deferred = (struct fovea_deferred){ .rows = FOVEA_DRAFT_INIT };
}

enum fovea_status
fovea_deferred_add(struct fovea_deferred *deferred,
        const struct fovea_row_result *result, struct fovea_error *err)
{
    if (deferred->n == deferred->room) {
        uint64_t room = deferred->room ? 2 * deferred->room : 16;
        struct fovea_deferred_input *more =
                reallocarray(deferred->all, room, sizeof *more);
        if (!more) {
            return fovea_fail_memory(err, room * sizeof *more, "inputs");
        }
        deferred->all = more;
        deferred->room = room;
    }
    struct fovea_deferred_input *input = &deferred->all[deferred->n];
    *input = (struct fovea_deferred_input){
        .entry = {
            .path = strdup(result->entry->path),
            .found = result->entry->found,
            .number = result->entry->number,
        },
        .error = *result->error,
        .is_open = true,
    };
    if (!input->entry.path) {
        return fovea_fail_memory(err, strlen(result->entry->path), "a name");
    }
    deferred->n++;
    return FOVEA_OK;
}

uint64_t
fovea_deferred_n_open(const struct fovea_deferred *deferred)
{
    uint64_t n = 0;
    for (uint64_t i = 0; i < deferred->n; i++) {
        n += deferred->all[i].is_open;
    }
    return n;
}

enum fovea_status
fovea_deferred_settle(struct fovea_deferred *deferred,
        const struct fovea_row_result *result, bool is_last, size_t row_size,
        struct fovea_error *err)
{
    struct fovea_deferred_input *input = &deferred->all[result->entry->number];
    const struct fovea_error *error = result->error;
    input->error = *error;
    input->is_open = !is_last && fovea_status_retryable(error->code);
    input->is_skipped = false;
    if (error->code) {
        return FOVEA_OK;
    }
    input->row = deferred->n_rows++;
    return fovea_draft_write(&deferred->rows, result->row, row_size, err);
}

/* -- as a source */

struct source {
    struct fovea_deferred *deferred;
    uint64_t next;
};

static enum fovea_status
open_deferred(const struct fovea_source_settings *settings,
        const struct fovea_input_word *word, void *state,
        struct fovea_error *err)
{
    struct source *source = state;
    (void)settings;
    (void)err;
    source->deferred =
            *(struct fovea_deferred *const *)(const void *)word->word;
    return FOVEA_OK;
}

static enum fovea_status
next(void *state, enum fovea_source_step *step_out,
        struct fovea_entry *entry_out, struct fovea_error *err)
{
    struct source *source = state;
    struct fovea_deferred *deferred = source->deferred;
    while (source->next < deferred->n && !deferred->all[source->next].is_open) {
        source->next++;
    }
    *step_out = FOVEA_SOURCE_END;
    if (source->next == deferred->n) {
        return FOVEA_OK;
    }
    struct fovea_deferred_input *input = &deferred->all[source->next];
    char *path = strdup(input->entry.path);
    if (!path) {
        return fovea_fail_memory(err, strlen(input->entry.path), "a name");
    }
    /* Who hears nothing of it any more has passed it over: no image. */
    input->is_open = false;
    input->is_skipped = true;
    *step_out = FOVEA_SOURCE_ENTRY;
    *entry_out = (struct fovea_entry){
        .path = path,
        .found = input->entry.found,
        .number = source->next++,
    };
    return FOVEA_OK;
}

static void
finish(void *state)
{
    (void)state;
}

const struct fovea_source_kind fovea_source_deferred = {
    .state_size = sizeof(struct source),
    .open = open_deferred,
    .next = next,
    .finish = finish,
};

/* -- into one output */

struct merge {
    const struct fovea_deferred *deferred;
    struct fovea_shard_output *others;
    struct fovea_shard_output *merged;
    char *row; /* room for one, float32 */
    char *line;
    size_t line_room;
};

static enum fovea_status
fail_read(const struct fovea_draft *draft, struct fovea_error *err)
{
    return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
            "%s: cannot be read again", draft->key);
}

static enum fovea_status
read_row(struct merge *merge, const struct fovea_draft *draft, uint64_t offset,
        size_t size, struct fovea_error *err)
{
    size_t done = 0;
    ssize_t n = 1;
    while (done < size && (n > 0 || (n < 0 && errno == EINTR))) {
        n = pread(draft->file.fd, merge->row + done, size - done,
                (off_t)(offset + done));
        done += n > 0 ? (size_t)n : 0;
    }
    return done == size ? FOVEA_OK : fail_read(draft, err);
}

/* Add the deferred ones of a kind whose number is below `item`. */
static enum fovea_status
add_deferred(struct merge *merge, bool good, uint64_t *at, uint64_t item,
        struct fovea_error *err)
{
    const struct fovea_deferred *deferred = merge->deferred;
    size_t size = merge->others->frozen->dimension * sizeof(float);
    enum fovea_status status = FOVEA_OK;
    for (; !status && *at < deferred->n &&
            deferred->all[*at].entry.number < item;
            (*at)++) {
        const struct fovea_deferred_input *input = &deferred->all[*at];
        if (input->is_skipped || good != (input->error.code == FOVEA_OK)) {
            continue;
        }
        const struct fovea_row_result result = {
            .entry = &input->entry,
            .error = &input->error,
            .row = merge->row,
        };
        if (good) {
            status = read_row(merge, &deferred->rows, input->row * size, size,
                    err);
        }
        if (!status) {
            status = fovea_shard_output_add(merge->merged, &result,
                    input->entry.number, err);
        }
    }
    return status;
}

/* The lines of one of the others' files, from its beginning. */
static FILE *
open_lines(const struct fovea_draft *draft)
{
    int fd = fcntl(draft->file.fd, F_DUPFD_CLOEXEC, 0);
    FILE *file = fd >= 0 ? fdopen(fd, "re") : NULL;
    if (!file && fd >= 0) {
        (void)close(fd);
    }
    if (file) {
        rewind(file);
    }
    return file;
}

/* Where the number of its input stands in a line of ours. */
static uint64_t
item_of(const char *line, const char **at_out)
{
    static const char key[] = "\"item\":";
    const char *at = strstr(line, key);
    uint64_t item = 0;
    FOVEA_ASSERT(at);
    *at_out = at;
    for (at += sizeof key - 1; *at >= '0' && *at <= '9'; at++) {
        item = item * 10 + (uint64_t)(*at - '0');
    }
    return item;
}

static enum fovea_status
copy_line(struct merge *merge, bool good, uint64_t row, const char *at,
        struct fovea_error *err)
{
    const struct fovea_shard_output *others = merge->others;
    size_t size = others->layout.size;
    if (!good) {
        return fovea_shard_output_copy_error(merge->merged, merge->line,
                strlen(merge->line), err);
    }
    enum fovea_status status = read_row(merge, &others->drafts[0],
            FOVEA_NPY_HEADER_SIZE + row * size, size, err);
    return status ? status
                  : fovea_shard_output_copy_row(merge->merged, merge->row, at,
                            strlen(at), err);
}

/* Merge good ones, by the lines of metadata, or bad ones, by those of errors. */
static enum fovea_status
merge_lines(struct merge *merge, bool good, struct fovea_error *err)
{
    const struct fovea_draft *draft = &merge->others->drafts[good ? 1 : 2];
    uint64_t n_lines = good ? merge->others->n_rows : merge->others->n_errors;
    uint64_t at = 0;
    FILE *file = open_lines(draft);
    if (!file) {
        return fail_read(draft, err);
    }
    enum fovea_status status = FOVEA_OK;
    for (uint64_t i = 0; !status && i < n_lines; i++) {
        const char *rest = NULL;
        if (getline(&merge->line, &merge->line_room, file) < 0) {
            status = fail_read(draft, err);
            break;
        }
        uint64_t item = item_of(merge->line, &rest);
        status = add_deferred(merge, good, &at, item, err);
        if (!status) {
            status = copy_line(merge, good, i, rest, err);
        }
    }
    (void)fclose(file);
    return status ? status : add_deferred(merge, good, &at, UINT64_MAX, err);
}

enum fovea_status
fovea_deferred_merge(const struct fovea_deferred *deferred,
        struct fovea_shard_output *others, struct fovea_shard_output *merged,
        struct fovea_error *err)
{
    struct merge merge = {
        .deferred = deferred,
        .others = others,
        .merged = merged,
        .row = malloc(others->frozen->dimension * sizeof(float)),
    };
    enum fovea_status status = merge.row
            ? fovea_shard_output_flush(others, err)
            : fovea_fail_memory(err, others->layout.size, "a row");
    if (!status) {
        status = merge_lines(&merge, true, err);
    }
    if (!status) {
        status = merge_lines(&merge, false, err);
    }
    free(merge.row);
    free(merge.line);
    return status;
}
