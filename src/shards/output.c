/* See output.h. */
#include "shards/output.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/notes.h"
#include "bulk/input_name.h"
#include "store/halves.h"
#include "store/npy.h"

enum {
    ROWS, /* the drafts, as fovea_shard_file_object() counts them */
    METADATA,
    ERRORS,
    FLUSH_BYTES = 1 << 16
};

enum fovea_status
fovea_shard_output_open(struct fovea_objects *objects,
        const struct fovea_manifest *manifest, uint64_t number,
        struct fovea_shard_output *output_out, struct fovea_error *err)
{
    static const char no_header[FOVEA_NPY_HEADER_SIZE];
    const struct fovea_frozen *frozen = &manifest->frozen;
    size_t value_size = frozen->is_half ? sizeof(uint16_t) : sizeof(float);
    *output_out = (struct fovea_shard_output){
        .objects = objects,
        .frozen = frozen,
        .number = number,
        .layout = {
            .type = frozen->is_half ? "<f2" : "<f4",
            .n_dims = 1,
            .dims = { frozen->dimension },
            .size = frozen->dimension * value_size,
        },
        .drafts = { FOVEA_DRAFT_INIT, FOVEA_DRAFT_INIT, FOVEA_DRAFT_INIT },
    };
    if (frozen->is_half) {
        output_out->halves =
                calloc(frozen->dimension, sizeof *output_out->halves);
        if (!output_out->halves) {
            return fovea_fail_memory(err, output_out->layout.size, "a row");
        }
    }
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; !status && i < FOVEA_N_SHARD_FILES; i++) {
        char key[FOVEA_SHARD_KEY_SIZE];
        fovea_shard_key(fovea_shard_file_object(i), number, key);
        status = fovea_objects_draft(objects, key, &output_out->drafts[i], err);
    }
    return status ? status
                  : fovea_draft_write(&output_out->drafts[ROWS], no_header,
                            sizeof no_header, err);
}

void
fovea_shard_output_finish(struct fovea_shard_output *output)
{
    for (size_t i = 0; i < FOVEA_N_SHARD_FILES; i++) {
        fovea_draft_finish(&output->drafts[i]);
    }
    fovea_text_finish(&output->metadata);
    fovea_text_finish(&output->errors);
    free(output->halves);
    output->halves = NULL;
}

/* Write text that has become long, or all of it. */
static enum fovea_status
flush(struct fovea_draft *draft, struct fovea_text *text, size_t least,
        struct fovea_error *err)
{
    if (fovea_text_failed(text)) {
        return fovea_fail_memory(err, text->capacity, "lines of a shard");
    }
    if (text->size < least || text->size == 0) {
        return FOVEA_OK;
    }
    enum fovea_status status =
            fovea_draft_write(draft, text->data, text->size, err);
    fovea_text_clear(text);
    return status;
}

static enum fovea_status
add_row(struct fovea_shard_output *output, const void *row,
        struct fovea_error *err)
{
    enum fovea_status status = flush(&output->drafts[METADATA],
            &output->metadata, FLUSH_BYTES, err);
    output->n_rows++;
    return status ? status
                  : fovea_draft_write(&output->drafts[ROWS], row,
                            output->layout.size, err);
}

static enum fovea_status
add_error(struct fovea_shard_output *output, struct fovea_error *err)
{
    output->n_errors++;
    return flush(&output->drafts[ERRORS], &output->errors, FLUSH_BYTES, err);
}

enum fovea_status
fovea_shard_output_add(struct fovea_shard_output *output,
        const struct fovea_row_result *result, uint64_t item,
        struct fovea_error *err)
{
    const struct fovea_error *error = result->error;
    struct fovea_text *text = error->code ? &output->errors : &output->metadata;
    if (!error->code) {
        fovea_text_format(text, "{\"row\":%" PRIu64 ",", output->n_rows);
    } else {
        fovea_text_add(text, "{", 1);
    }
    fovea_text_format(text, "\"item\":%" PRIu64 ",", item);
    fovea_entry_json(text, result->entry);
    if (error->code) {
        fovea_text_format(text, ",\"error\":{\"code\":\"%s\",\"message\":",
                fovea_status_name(error->code));
        fovea_text_json_string(text, error->message);
        fovea_text_add(text, "}}\n", 3);
        return add_error(output, err);
    }
    fovea_notes_json(text, error->notes, error->message);
    fovea_text_add(text, "}\n", 2);
    if (!output->halves) {
        return add_row(output, result->row, err);
    }
    fovea_halves_pack(result->row, output->frozen->dimension, output->halves);
    return add_row(output, output->halves, err);
}

enum fovea_status
fovea_shard_output_copy_row(struct fovea_shard_output *output, const void *row,
        const char *line, size_t size, struct fovea_error *err)
{
    fovea_text_format(&output->metadata, "{\"row\":%" PRIu64 ",",
            output->n_rows);
    fovea_text_add(&output->metadata, line, size);
    return add_row(output, row, err);
}

enum fovea_status
fovea_shard_output_copy_error(struct fovea_shard_output *output,
        const char *line, size_t size, struct fovea_error *err)
{
    fovea_text_add(&output->errors, line, size);
    return add_error(output, err);
}

enum fovea_status
fovea_shard_output_flush(struct fovea_shard_output *output,
        struct fovea_error *err)
{
    enum fovea_status status =
            flush(&output->drafts[METADATA], &output->metadata, 0, err);
    return status ? status
                  : flush(&output->drafts[ERRORS], &output->errors, 0, err);
}

enum fovea_status
fovea_shard_output_seal(struct fovea_shard_output *output,
        struct fovea_error *err)
{
    char header[FOVEA_NPY_HEADER_SIZE];
    fovea_npy_header(&output->layout, output->n_rows, header);
    enum fovea_status status = fovea_shard_output_flush(output, err);
    if (!status) {
        status = fovea_atomic_file_write_at(&output->drafts[ROWS].file, 0,
                header, sizeof header, err);
    }
    for (size_t i = 0; !status && i < FOVEA_N_SHARD_FILES; i++) {
        status = fovea_draft_seal(&output->drafts[i], err);
    }
    return status;
}
