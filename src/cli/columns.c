/* See columns.h. */
#include "cli/columns.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/number.h"
#include "base/utf8.h"

enum {
    GAP = 2,
    USUAL_WIDTH = 80
};

struct fovea_table_row *
fovea_table_add(struct fovea_table *table)
{
    struct fovea_table_row *rows =
            reallocarray(table->rows, table->n_rows + 1, sizeof *rows);
    if (!rows) {
        return NULL;
    }
    table->rows = rows;
    rows[table->n_rows] = (struct fovea_table_row){ .below = { 0 } };
    return &rows[table->n_rows++];
}

void
fovea_table_finish(struct fovea_table *table)
{
    for (size_t i = 0; i < table->n_rows; i++) {
        for (size_t k = 0; k < FOVEA_MAX_COLUMNS; k++) {
            free(table->rows[i].cells[k]);
        }
        fovea_text_finish(&table->rows[i].below);
    }
    free(table->rows);
}

size_t
fovea_terminal_width(void)
{
    struct winsize window = { 0 };
    uint64_t columns = 0;
    /* No other thread runs yet. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    const char *asked = getenv("COLUMNS");
    if (asked && fovea_number_parse(asked, &columns) && columns > 0) {
        return (size_t)columns;
    }
    (void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &window);
    return window.ws_col ? window.ws_col : USUAL_WIDTH;
}

/* What a terminal shows of valid UTF-8: no bytes that go on. */
static size_t
width_of(const char *text)
{
    size_t width = 0;
    for (; *text; text++) {
        width += (*text & 0xc0) != 0x80;
    }
    return width;
}

static size_t
total_of(const size_t *widths, size_t n)
{
    size_t total = 0;
    for (size_t i = 0; i < n; i++) {
        total += widths[i] ? widths[i] + GAP : 0;
    }
    return total - GAP;
}

/* Cut a column by what is too much, and not further than it may be yet. */
static void
cut_first(const struct fovea_column *column, size_t too_much, size_t *width)
{
    if (*width > column->cut_to) {
        size_t most = *width - column->cut_to;
        *width -= too_much < most ? too_much : most;
    }
}

/* What happens at a turn, in the order of the columns until they fit. */
static void
take_turn(const struct fovea_table *table, unsigned turn, size_t width,
        size_t *widths)
{
    size_t n = table->n_columns;
    for (size_t i = 0; i < n && total_of(widths, n) > width; i++) {
        if (table->columns[i].cut_first == turn) {
            cut_first(&table->columns[i], total_of(widths, n) - width,
                    &widths[i]);
        }
    }
    for (size_t i = 0; i < n && total_of(widths, n) > width; i++) {
        if (table->columns[i].left_out == turn) {
            widths[i] = 0;
        }
    }
}

/* Widths that fit, 0 for what is left out. */
static void
choose_widths(const struct fovea_table *table, size_t width, size_t *widths)
{
    size_t n = table->n_columns;
    for (size_t i = 0; i < n; i++) {
        widths[i] = strlen(table->columns[i].header);
        for (size_t k = 0; k < table->n_rows; k++) {
            size_t cell = width_of(table->rows[k].cells[i]);
            widths[i] = cell > widths[i] ? cell : widths[i];
        }
    }
    for (unsigned turn = 1; width && turn <= n; turn++) {
        take_turn(table, turn, width, widths);
    }
    /* The widest of those that can be cut gives a column, and again. */
    while (width && total_of(widths, n) > width) {
        size_t widest = n;
        for (size_t i = 0; i < n; i++) {
            const struct fovea_column *column = &table->columns[i];
            if (column->can_be_cut && widths[i] > strlen(column->header) &&
                    (widest == n || widths[i] > widths[widest])) {
                widest = i;
            }
        }
        if (widest == n) {
            return; /* as narrow as it gets */
        }
        widths[widest]--;
    }
}

/* A cell, cut or filled up to its width; nothing behind the last one. */
static void
add_cell(struct fovea_text *text, const char *cell, size_t width, bool is_right,
        bool is_last)
{
    size_t has = width_of(cell);
    size_t size = strlen(cell);
    if (has > width) {
        size = 0;
        for (size_t seen = 0; seen < width - 1; seen++) {
            size_t one = fovea_utf8_size(cell + size);
            size += one ? one : 1;
        }
    }
    if (is_right && has < width) {
        fovea_text_format(text, "%*s", (int)(width - has), "");
    }
    fovea_text_add(text, cell, size);
    if (has > width) {
        fovea_text_add(text, "+", 1);
    }
    if (!is_last) {
        size_t fill = is_right || has > width ? GAP : width - has + GAP;
        fovea_text_format(text, "%*s", (int)fill, "");
    }
}

/* A row's line, or that of the headers where it is NULL. */
static void
add_line(const struct fovea_table *table, const size_t *widths,
        const struct fovea_table_row *row, struct fovea_text *text)
{
    size_t last = table->n_columns - 1;
    while (last > 0 && widths[last] == 0) {
        last--;
    }
    for (size_t i = 0; i <= last; i++) {
        const struct fovea_column *column = &table->columns[i];
        if (widths[i]) {
            add_cell(text, row ? row->cells[i] : column->header, widths[i],
                    column->is_right, i == last);
        }
    }
    fovea_text_add(text, "\n", 1);
}

void
fovea_table_format(const struct fovea_table *table, size_t width,
        struct fovea_text *text)
{
    size_t widths[FOVEA_MAX_COLUMNS];
    FOVEA_ASSERT(table->n_columns > 0 && table->n_columns <= FOVEA_MAX_COLUMNS);
    choose_widths(table, width, widths);
    add_line(table, widths, NULL, text);
    for (size_t i = 0; i < table->n_rows; i++) {
        const struct fovea_table_row *row = &table->rows[i];
        add_line(table, widths, row, text);
        fovea_text_add(text, row->below.size ? row->below.data : "",
                row->below.size);
    }
}
