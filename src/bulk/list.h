/*
 * Names, or texts, from a descriptor, one a line or separated by NUL bytes, as
 * they come: a slow list is worked on while it is still being written.
 *
 * Of lines, a byte order mark (UTF-8) before the first and a carriage return at
 * the end of any do not count. What does not begin like text is refused.
 *
 * Empty names are passed over, and one that is far too long says that this is
 * no list. An empty text is a text, and one that is too long costs itself.
 */
#ifndef FOVEA_BULK_LIST_H
#define FOVEA_BULK_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

enum {
    FOVEA_LIST_MAX_NAME = 65535, /* bytes; no path is near it */
    FOVEA_LIST_HEAD = 4096       /* bytes that are kept of a text too long */
};

struct fovea_list {
    int fd; /* borrowed */
    char separator;
    bool is_texts;    /* else names */
    const char *name; /* of it, in messages; NULL: of standard input's */
    size_t max_text;  /* bytes of a text; those of a few more come whole too */
    uint64_t n;       /* lines so far, empty ones too: the last one's number */
    bool at_end;
    bool has_begun; /* its first bytes were looked at */
    char *buffer;
    size_t capacity;
    size_t begin; /* what is not yet returned */
    size_t end;
    size_t n_kept;      /* at the front, of a text that is too long */
    uint64_t long_size; /* of that, so far */
};

enum fovea_list_step {
    FOVEA_LIST_NAME,
    FOVEA_LIST_LONG, /* a text that is too long: the beginning of it */
    FOVEA_LIST_WAIT, /* no whole name there yet; poll the descriptor */
    FOVEA_LIST_END,
};

void fovea_list_finish(struct fovea_list *list);

/**
 * Take the next name that is not empty, or the next text. Never waits for one.
 *
 * @param name_out  Valid until the next call; *size_out bytes and a NUL. There
 *                  may be NUL bytes inside if the separator is a newline. Of a
 *                  text that is too long *size_out is the whole size, and the
 *                  first FOVEA_LIST_HEAD bytes are there.
 * @return FOVEA_OK; FOVEA_ERR_IO; FOVEA_ERR_LIST_REFUSED (a picture, UTF-16, a
 *         name that is far too long); FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_list_next(struct fovea_list *list,
        enum fovea_list_step *step_out, char **name_out, size_t *size_out,
        struct fovea_error *err);

#endif
