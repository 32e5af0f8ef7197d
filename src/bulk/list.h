/*
 * Names from a descriptor, one a line or separated by NUL bytes, as they come:
 * a slow list is worked on while it is still being written.
 *
 * Of lines, a byte order mark (UTF-8) before the first and a carriage return at
 * the end of any do not count. What does not begin like text is refused.
 */
#ifndef FOVEA_BULK_LIST_H
#define FOVEA_BULK_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "fovea/export.h"
#include "fovea/status.h"

enum {
    FOVEA_LIST_MAX_NAME = 65535 /* bytes; no path is near it */
};

struct fovea_list {
    int fd; /* borrowed */
    char separator;
    bool at_end;
    bool has_begun; /* its first bytes were looked at */
    char *buffer;
    size_t begin; /* what is not yet returned */
    size_t end;
};

enum fovea_list_step {
    FOVEA_LIST_NAME,
    FOVEA_LIST_WAIT, /* no whole name there yet; poll the descriptor */
    FOVEA_LIST_END,
};

void fovea_list_finish(struct fovea_list *list);

/**
 * Take the next name that is not empty. Never waits for one.
 *
 * @param name_out  Valid until the next call; *size_out bytes and a NUL. There
 *                  may be NUL bytes inside if the separator is a newline.
 * @return FOVEA_OK; FOVEA_ERR_IO; FOVEA_ERR_LIST_REFUSED (a picture, UTF-16, a
 *         name that is far too long); FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_list_next(struct fovea_list *list,
        enum fovea_list_step *step_out, char **name_out, size_t *size_out,
        struct fovea_error *err);

#endif
