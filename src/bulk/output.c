/* Where results go: see output.h. */
#include "bulk/output.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/notes.h"
#include "bulk/input_name.h"
#include "bulk/line_writer.h"

void
fovea_output_open_stream(size_t n_floats, struct fovea_output *output_out)
{
    *output_out = (struct fovea_output){
        .attention_fd = -1,
        .row_size = n_floats * sizeof(float),
        .rows = FOVEA_ATOMIC_FILE_INIT,
        .list = FOVEA_ATOMIC_FILE_INIT,
    };
}

void
fovea_output_open_collector(size_t row_size, fovea_collect_fn *collect,
        void *context, struct fovea_output *output_out)
{
    *output_out = (struct fovea_output){
        .collect = collect,
        .context = context,
        .row_size = row_size,
        .rows = FOVEA_ATOMIC_FILE_INIT,
        .list = FOVEA_ATOMIC_FILE_INIT,
    };
}

static enum fovea_status
open_file(const struct fovea_target *target, size_t index,
        struct fovea_atomic_file *file_out, struct fovea_error *err)
{
    const struct fovea_target_file *file = &target->files[index];
    enum fovea_status status =
            fovea_atomic_file_open(file->path, file_out, err);
    if (!status && !target->overwrite) {
        fovea_atomic_file_expect(file_out, &file->id);
    }
    return status;
}

enum fovea_status
fovea_output_open_files(const struct fovea_target *target,
        const struct fovea_npy *array, size_t row_size,
        struct fovea_output *output_out, struct fovea_error *err)
{
    struct fovea_output output = {
        .to_files = true,
        .has_array = target->form == FOVEA_FORM_ARRAY,
        .row_size = row_size,
        .array = *array,
        .rows = FOVEA_ATOMIC_FILE_INIT,
        .list = FOVEA_ATOMIC_FILE_INIT,
    };
    /* Space for the header; the number of rows is known at the end. */
    char header[FOVEA_NPY_HEADER_SIZE];
    fovea_npy_header(array, 0, header);
    enum fovea_status status =
            open_file(target, target->n_files - 1, &output.list, err);
    if (!status && output.has_array) {
        status = open_file(target, 0, &output.rows, err);
    }
    if (!status && output.has_array) {
        status = fovea_atomic_file_write(&output.rows, header, sizeof header,
                err);
    }
    if (status) {
        fovea_output_finish(&output);
        return status;
    }
    *output_out = output;
    return FOVEA_OK;
}

static void
add_error(struct fovea_text *text, const struct fovea_error *error)
{
    fovea_text_format(text, ",\"error\":{\"code\":\"%s\",\"message\":",
            fovea_status_name(error->code));
    fovea_text_json_string(text, error->message);
    fovea_text_add(text, "}", 1);
}

void
fovea_output_add_line(const struct fovea_row_result *result,
        struct fovea_text *text)
{
    fovea_text_add(text, "{", 1);
    fovea_input_name_json(text, result->entry->path);
    add_error(text, result->error);
    fovea_text_add(text, "}\n", 2);
}

static void
add_embedding(struct fovea_text *text, const float *values, size_t n)
{
    fovea_text_format(text, ",\"embedding\":[");
    for (size_t i = 0; i < n; i++) {
        if (i > 0) {
            fovea_text_add(text, ",", 1);
        }
        fovea_text_json_float(text, values[i]);
    }
    fovea_text_add(text, "]", 1);
}

/* With a whole line, where the run is to end meanwhile: FOVEA_ERR_CANCELLED. */
static enum fovea_status
write_stdout(const struct fovea_output *output, struct fovea_error *err)
{
    struct fovea_line_writer writer = {
        .fd = STDOUT_FILENO,
        .text = output->text.data,
        .size = output->text.size,
    };
    enum fovea_status status =
            fovea_line_writer_write(&writer, output->attention_fd, err);
    if (status != FOVEA_ERR_CANCELLED) {
        return status;
    }
    enum fovea_status unfinished =
            fovea_line_writer_finish_line(&writer, -1, err);
    return unfinished ? unfinished : status;
}

static enum fovea_status
write_line(struct fovea_output *output, const struct fovea_row_result *result,
        struct fovea_error *err)
{
    struct fovea_text *text = &output->text;
    if (result->error->code) {
        fovea_output_add_line(result, text);
        return FOVEA_OK;
    }
    fovea_text_add(text, "{", 1);
    fovea_input_name_json(text, result->entry->path);
    fovea_notes_json(text, result->error->notes, result->error->message);
    enum fovea_status status = FOVEA_OK;
    if (output->has_array) {
        fovea_text_format(text, ",\"row\":%" PRIu64, output->n_rows++);
        status = fovea_atomic_file_write(&output->rows, result->row,
                output->row_size, err);
    } else {
        add_embedding(text, result->row, output->row_size / sizeof(float));
    }
    fovea_text_add(text, "}\n", 2);
    return status;
}

enum fovea_status
fovea_output_write(struct fovea_output *output,
        const struct fovea_row_result *results, size_t n,
        struct fovea_error *err)
{
    if (output->collect) {
        return output->collect(output->context, results, n, err);
    }
    fovea_text_clear(&output->text);
    for (size_t i = 0; i < n; i++) {
        enum fovea_status status = write_line(output, &results[i], err);
        if (status) {
            return status;
        }
    }
    if (fovea_text_failed(&output->text)) {
        return fovea_fail_memory(err, output->text.capacity, "the results");
    }
    return output->to_files ? fovea_atomic_file_write(&output->list,
                                      output->text.data, output->text.size, err)
                            : write_stdout(output, err);
}

enum fovea_status
fovea_output_commit(struct fovea_output *output, struct fovea_error *err)
{
    if (!output->to_files) {
        return FOVEA_OK;
    }
    if (!output->has_array) {
        return fovea_atomic_file_commit(&output->list, err);
    }
    char header[FOVEA_NPY_HEADER_SIZE];
    fovea_npy_header(&output->array, output->n_rows, header);
    enum fovea_status status = fovea_atomic_file_write_at(&output->rows, 0,
            header, sizeof header, err);
    if (status) {
        return status;
    }
    /* The array last: who sees it finds its list. */
    struct fovea_atomic_file *files[] = { &output->list, &output->rows };
    return fovea_atomic_files_commit(files, FOVEA_ARRAY_LEN(files), err);
}

void
fovea_output_finish(struct fovea_output *output)
{
    fovea_atomic_file_abandon(&output->rows);
    fovea_atomic_file_abandon(&output->list);
    fovea_text_finish(&output->text);
}
