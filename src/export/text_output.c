/* See text_output.h. */
#include "export/text_output.h"

#include "base/error.h"
#include "bulk/stdout_text.h"

enum fovea_status
fovea_export_text_open(const struct fovea_export_settings *settings,
        struct fovea_export_text *output_out, struct fovea_error *err)
{
    *output_out = (struct fovea_export_text){
        .is_stdout = !settings->target,
        .file = { .file = FOVEA_ATOMIC_FILE_INIT },
    };
    return settings->target
            ? fovea_text_file_open(settings->target, 0, &output_out->file, err)
            : FOVEA_OK;
}

enum fovea_status
fovea_export_text_flush(struct fovea_export_text *output,
        struct fovea_error *err)
{
    struct fovea_text *text = &output->file.text;
    if (!output->is_stdout) {
        return fovea_text_file_flush(&output->file, err);
    }
    if (fovea_text_failed(text)) {
        return fovea_fail_memory(err, text->capacity, "the rows");
    }
    return fovea_stdout_text_write(text, -1, err);
}

enum fovea_status
fovea_export_text_commit(struct fovea_export_text *output,
        struct fovea_error *err)
{
    return output->is_stdout
            ? FOVEA_OK
            : fovea_atomic_file_commit(&output->file.file, err);
}

void
fovea_export_text_finish(struct fovea_export_text *output)
{
    fovea_text_file_finish(&output->file);
}
