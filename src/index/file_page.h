/* Files as rows of the table, some at a time: what is lent of them is ours, and no
   statement is open meanwhile. */
#ifndef FOVEA_INDEX_FILE_PAGE_H
#define FOVEA_INDEX_FILE_PAGE_H

#include "base/text.h"
#include "index/file.h"
#include "index/query.h"

enum {
    FOVEA_FILE_PAGE_ROWS = 512,
};

/** All zero is empty. */
struct fovea_file_page {
    struct fovea_index_file files[FOVEA_FILE_PAGE_ROWS];
    size_t paths[FOVEA_FILE_PAGE_ROWS]; /* where each begins in text */
    size_t messages[FOVEA_FILE_PAGE_ROWS];
    size_t n;
    struct fovea_text text;
};

void fovea_file_page_finish(struct fovea_file_page *page);

/** Take the rows of a statement, up to a page, and end it. */
FOVEA_NODISCARD enum fovea_status fovea_file_page_read(
        struct fovea_file_page *page, struct fovea_query *query);

#endif
