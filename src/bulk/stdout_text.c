/* See stdout_text.h. */
#include "bulk/stdout_text.h"

#include <unistd.h>

#include "bulk/line_writer.h"

enum fovea_status
fovea_stdout_text_write(struct fovea_text *text, int attention_fd,
        struct fovea_error *err)
{
    struct fovea_line_writer writer = {
        .fd = STDOUT_FILENO,
        .text = text->data,
        .size = text->size,
    };
    enum fovea_status status =
            fovea_line_writer_write(&writer, attention_fd, err);
    if (status == FOVEA_ERR_CANCELLED) {
        enum fovea_status unfinished =
                fovea_line_writer_finish_line(&writer, -1, err);
        status = unfinished ? unfinished : status;
    }
    fovea_text_clear(text);
    return status;
}
