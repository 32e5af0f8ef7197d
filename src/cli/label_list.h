/* The labels that `fovea classify` is given: of a file, and of flags. */
#ifndef FOVEA_CLI_LABEL_LIST_H
#define FOVEA_CLI_LABEL_LIST_H

#include "fovea/export.h"
#include "fovea/status.h"

#include "base/text.h"
#include "option/value.h"

/** All zero: none. */
struct fovea_label_list {
    const char *file;    /* NULL: none; borrowed, as it was named */
    const char **labels; /* [n], once all are read */
    size_t n;
    /* Private. */
    struct fovea_text text; /* the labels, each with its NUL */
    struct fovea_label_place *places;
    size_t capacity;
};

/**
 * Read a file, one label a line, and take those of flags behind it; check them.
 *
 * White space around a label, and lines of nothing else, do not count. Waits for
 * what is read.
 *
 * @param file   - is standard input; NULL: there is none.
 * @param given  By flags.
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT (none, or one twice);
 *         FOVEA_ERR_TEXT_ENCODING; FOVEA_ERR_LIST_REFUSED; a file status;
 *         FOVEA_ERR_IO; FOVEA_ERR_NO_MEMORY. The message has the line.
 */
FOVEA_NODISCARD enum fovea_status fovea_label_list_read(
        struct fovea_label_list *list, const char *file,
        const struct fovea_words *given, struct fovea_error *err);

/** Add where a label was given: "labels.txt:7", "--label 2". */
void fovea_label_list_place(const struct fovea_label_list *list, size_t index,
        struct fovea_text *text);

void fovea_label_list_finish(struct fovea_label_list *list);

#endif
