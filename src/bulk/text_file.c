/* See text_file.h. */
#include "bulk/text_file.h"

#include "base/error.h"

enum fovea_status
fovea_text_file_open(const struct fovea_target *target, size_t index,
        struct fovea_text_file *file_out, struct fovea_error *err)
{
    *file_out = (struct fovea_text_file){ .file = FOVEA_ATOMIC_FILE_INIT };
    return fovea_target_open(target, index, &file_out->file, err);
}

enum fovea_status
fovea_text_file_flush(struct fovea_text_file *file, struct fovea_error *err)
{
    if (fovea_text_failed(&file->text)) {
        return fovea_fail_memory(err, file->text.capacity, "the results");
    }
    enum fovea_status status = fovea_atomic_file_write(&file->file,
            file->text.data, file->text.size, err);
    fovea_text_clear(&file->text);
    return status;
}

void
fovea_text_file_finish(struct fovea_text_file *file)
{
    fovea_atomic_file_abandon(&file->file);
    fovea_text_finish(&file->text);
}
