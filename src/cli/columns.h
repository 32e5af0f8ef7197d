/*
 * A table that fits a terminal: where it is too wide, columns that matter less
 * are left out, and those that can bear it are cut, at their turn or at the end.
 */
#ifndef FOVEA_CLI_COLUMNS_H
#define FOVEA_CLI_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

enum {
    FOVEA_MAX_COLUMNS = 12
};

struct fovea_column {
    const char *header;
    bool is_right;      /* its cells stand at the right of it */
    bool can_be_cut;    /* down to its header; '+' is where */
    unsigned left_out;  /* 1: the first to be left out, 2, ...; 0: never */
    unsigned cut_first; /* cut before those of this turn and later ones are
                           left out; 0: after all of them */
    size_t cut_to;      /* and so far, then */
};

struct fovea_table_row {
    char *cells[FOVEA_MAX_COLUMNS]; /* owned; one a column */
    struct fovea_text below;        /* lines that stand under it */
};

struct fovea_table {
    const struct fovea_column *columns;
    size_t n_columns;
    struct fovea_table_row *rows;
    size_t n_rows;
};

/** An empty row more, or NULL without memory. */
struct fovea_table_row *fovea_table_add(struct fovea_table *table);

/** Columns that descriptor 1 shows: COLUMNS, the terminal's, or 80. */
size_t fovea_terminal_width(void);

/** Write the table, no line wider than width (0: as wide as it gets). */
void fovea_table_format(const struct fovea_table *table, size_t width,
        struct fovea_text *text);

void fovea_table_finish(struct fovea_table *table);

#endif
