/*
 * See attend.h. This is the structure that all forms have (attend_form.h). Where
 * there are few queries, each panel is used only once: then it is laid when its turn
 * comes, in the place of the one before.
 */
#include "engine/cpu/attend.h"

#include <string.h>

#include "base/macros.h"
#include "base/size.h"
#include "engine/cpu/attend_forms.h"
#include "engine/cpu/attend_room.h"
#include "engine/cpu/machine.h"
#include "sys/cpu.h"

enum {
    /* Queries whose scores, beside a panel, stay in the first-level cache for as many
       keys as most towers have. */
    NEAR_ROWS = 24
};

static const float log2_e = 1.44269504F;

/* What one call works on. */
struct task {
    const struct fovea_attend_form *form;
    const struct fovea_attend *attend;
    struct fovea_attend_room room;
    size_t head;
    size_t size;        /* of an element */
    size_t query_depth; /* units of a row of queries */
};

const struct fovea_attend_form *
fovea_attend_choose(enum fovea_element element)
{
    static const struct {
        const struct fovea_attend_form *form;
        enum fovea_cpu_level level;
    } forms[] = {
#define X(name, element, level) { &fovea_attend_##name, FOVEA_CPU_##level },
#include "engine/cpu/attend_forms.def"
#undef X
    };
    const enum fovea_cpu_level level = fovea_cpu_level();
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(forms); i++) {
        if (forms[i].form->element == element && level >= forms[i].level &&
                (!forms[i].form->needs_tiles || fovea_machine_has_tiles())) {
            return forms[i].form;
        }
    }
    return NULL;
}

/* A sequence of elements of a row, line by line if they are apart. */
static void
copy(const struct fovea_rows *from, size_t row, size_t column, size_t n,
        bool is_put, uint8_t *to)
{
    const size_t width = fovea_rows_line_width(from);
    const size_t size = fovea_element_size(from->element);
    for (size_t done = 0; done < n;) {
        const size_t at = column + done;
        const size_t piece = fovea_least_bytes(n - done, width - at % width);
        void *there = fovea_rows_at(from, row, at);
        memcpy(is_put ? there : to + done * size,
                is_put ? to + done * size : there, piece * size);
        done += piece;
    }
}

/* Whether n elements from a column on follow each other in memory. */
static bool
is_in_one_piece(const struct fovea_rows *rows, size_t column, size_t n)
{
    const size_t width = fovea_rows_line_width(rows);
    return rows->line_stride == FOVEA_LINE_BYTES || column % width + n <= width;
}

/* Where they are not, they are copied. */
static struct fovea_attend_view
view(const struct fovea_rows *rows, size_t row, size_t n_rows, size_t column,
        size_t n, void *staged)
{
    if (is_in_one_piece(rows, column, n)) {
        return (struct fovea_attend_view){ fovea_rows_at(rows, row, column),
            rows->row_stride };
    }
    const size_t stride = n * fovea_element_size(rows->element);
    for (size_t i = 0; i < n_rows; i++) {
        copy(rows, row + i, column, n, false, (uint8_t *)staged + i * stride);
    }
    return (struct fovea_attend_view){ staged, stride };
}

/* Rows of queries as whole units, and as many as the form reads; what fills them up
   is 0. */
static struct fovea_attend_view
view_queries(const struct task *task, size_t first, size_t n)
{
    const struct fovea_rows *query = &task->attend->query;
    const size_t head_dim = task->attend->head_dim;
    const size_t column = task->head * head_dim;
    const size_t stride = task->query_depth * sizeof(float);
    if (head_dim * task->size == stride && n % task->form->whole_rows == 0 &&
            is_in_one_piece(query, column, head_dim)) {
        const struct fovea_attend_view there =
                view(query, first, n, column, head_dim, NULL);
        if (((uintptr_t)there.base | there.stride) % sizeof(float) == 0) {
            return there;
        }
    }
    uint8_t *rows = task->room.queries;
    memset(rows, 0, fovea_round_up(n, task->form->whole_rows) * stride);
    for (size_t i = 0; i < n; i++) {
        copy(query, first + i, column, head_dim, false, rows + i * stride);
    }
    return (struct fovea_attend_view){ rows, stride };
}

/* Panels. */

static float *
key_panel(const struct task *task, size_t first)
{
    return (float *)task->room.keys +
            (task->room.keeps_panels ? first * task->room.key_depth : 0);
}

static float *
value_panel(const struct task *task, size_t first)
{
    return (float *)task->room.values +
            (task->room.keeps_panels ? first * task->room.value_depth : 0);
}

static void
lay_key_panel(const struct task *task, size_t first)
{
    const struct fovea_attend *attend = task->attend;
    const size_t n =
            fovea_least_bytes(task->form->columns, attend->n_keys - first);
    const struct fovea_attend_view keys = view(&attend->key, first, n,
            task->head * attend->head_dim, attend->head_dim, task->room.staged);
    task->form->lay_keys(&keys, n, attend->head_dim, task->room.key_depth,
            key_panel(task, first));
}

/* Of a panel of values the rows of some keys. */
static void
lay_values(const struct task *task, size_t column, size_t first)
{
    const struct fovea_attend *attend = task->attend;
    const size_t columns = task->form->columns;
    const size_t n = fovea_least_bytes(columns, attend->head_dim - column);
    const size_t n_keys =
            fovea_least_bytes(FOVEA_ATTEND_ROWS, attend->n_keys - first);
    const size_t in_unit = sizeof(float) / task->size;
    const struct fovea_attend_view values = view(&attend->value, first, n_keys,
            task->head * attend->head_dim + column, n, task->room.staged);
    task->form->lay_values(&values, n_keys, n, FOVEA_ATTEND_ROWS / in_unit,
            value_panel(task, column) + first / in_unit * columns);
}

static void
lay_value_panel(const struct task *task, size_t column)
{
    for (size_t i = 0; i < task->attend->n_keys; i += FOVEA_ATTEND_ROWS) {
        lay_values(task, column, i);
    }
}

/* A row's values are read together: the next row may be in another page. */
static void
lay_panels(const struct task *task)
{
    const size_t columns = task->form->columns;
    for (size_t i = 0; i < task->attend->n_keys; i += columns) {
        lay_key_panel(task, i);
    }
    for (size_t i = 0; i < task->attend->n_keys; i += FOVEA_ATTEND_ROWS) {
        for (size_t j = 0; j < task->attend->head_dim; j += columns) {
            lay_values(task, j, i);
        }
    }
}

/* Some queries. */

/* c = a panel's product for some rows, as many at a time as the form takes. */
static void
multiply(const struct task *task, struct fovea_attend_product product)
{
    const size_t n = product.n_rows;
    const size_t n_blocks = (n + task->form->rows - 1) / task->form->rows;
    const size_t most = (n + n_blocks - 1) / n_blocks;
    for (size_t i = 0; i < n; i += most) {
        product.n_rows = fovea_least_bytes(most, n - i);
        task->form->multiply(&product);
        product.a = (const float *)product.a + most * product.a_stride;
        product.c += most * product.c_stride;
    }
}

static void
score(const struct task *task, size_t first, size_t n, size_t seen)
{
    const size_t columns = task->form->columns;
    const struct fovea_attend_view queries = view_queries(task, first, n);
    for (size_t i = 0; i < seen; i += columns) {
        if (!task->room.keeps_panels) {
            lay_key_panel(task, i);
        }
        multiply(task,
                (struct fovea_attend_product){ .a = queries.base,
                        .a_stride = queries.stride / sizeof(float),
                        .depth = task->query_depth,
                        .panel = key_panel(task, i),
                        .c = task->room.scores + i,
                        .c_stride = task->room.score_stride,
                        .n_rows = n,
                        .n_columns = fovea_round_up(
                                fovea_least_bytes(columns, seen - i),
                                FOVEA_LANES) });
    }
}

static void
gather(const struct task *task, size_t first, size_t n, size_t depth)
{
    const struct fovea_attend *attend = task->attend;
    const struct fovea_rows *out = &attend->out;
    const size_t columns = task->form->columns;
    for (size_t i = 0; i < attend->head_dim; i += columns) {
        const size_t width = fovea_least_bytes(columns, attend->head_dim - i);
        const size_t column = task->head * attend->head_dim + i;
        const struct fovea_attend_product product = {
            .a = task->room.scores,
            .a_stride = task->room.score_stride,
            .depth = depth,
            .panel = value_panel(task, i),
            .c = task->room.gathered,
            .c_stride = columns,
            .n_rows = n,
            .n_columns = fovea_round_up(width, FOVEA_LANES),
        };
        if (!task->room.keeps_panels) {
            lay_value_panel(task, i);
        }
        multiply(task, product);
        const bool is_direct = is_in_one_piece(out, column, width);
        const struct fovea_attend_view there = is_direct
                ? view(out, first, n, column, width, NULL)
                : (struct fovea_attend_view){ task->room.staged,
                      columns * task->size };
        task->form->finish(&product, task->room.inverse, width, &there);
        for (size_t r = 0; r < n && !is_direct; r++) {
            copy(out, first + r, column, width, true,
                    (uint8_t *)there.base + r * there.stride);
        }
    }
}

static void
attend_some(const struct task *task, size_t first, size_t n)
{
    const struct fovea_attend *attend = task->attend;
    const size_t before = attend->n_keys - attend->n_queries;
    const bool is_causal = attend->is_causal;
    const size_t seen = is_causal ? before + first + n : attend->n_keys;
    const size_t in_unit = sizeof(float) / task->size;
    const size_t depth =
            fovea_round_up((seen + in_unit - 1) / in_unit, task->form->depth);
    score(task, first, n, seen);
    task->form->weigh(&(struct fovea_attend_weighing){
            .scores = task->room.scores,
            .stride = task->room.score_stride,
            .n_rows = n,
            .seen = is_causal ? before + first + 1 : seen,
            .step = is_causal,
            .filled = fovea_round_up(depth * in_unit, FOVEA_LANES),
            .scale = attend->scale * log2_e,
            .inverse = task->room.inverse,
    });
    gather(task, first, n, depth);
}

/* Ask for the next head's columns of some rows: they are apart, and nothing but this
   finds them in time. */
static void
fetch_next(const struct task *task, const struct fovea_rows *rows, size_t first,
        size_t end)
{
    const size_t head_dim = task->attend->head_dim;
    const size_t width = fovea_rows_line_width(rows);
    const size_t column = (task->head + 1) * head_dim;
    for (size_t row = first; row < end; row++) {
        for (size_t i = 0; i < head_dim; i += width) {
            __builtin_prefetch(fovea_rows_at(rows, row, column + i), 0, 2);
        }
    }
}

/* As much of it as is due while some queries are at work. */
static void
fetch_share(const struct task *task, size_t first, size_t end)
{
    const struct fovea_attend *attend = task->attend;
    const size_t first_key = first * attend->n_keys / attend->n_queries;
    const size_t end_key = end * attend->n_keys / attend->n_queries;
    fetch_next(task, &attend->query, first, end);
    fetch_next(task, &attend->key, first_key, end_key);
    fetch_next(task, &attend->value, first_key, end_key);
}

static void
attend_head(const struct task *task)
{
    const size_t n = task->attend->n_queries;
    const size_t rows = task->form->rows;
    const size_t some = rows < NEAR_ROWS ? NEAR_ROWS / rows * rows : rows;
    const size_t most = task->room.keeps_panels ? some : n;
    const size_t n_blocks = (n + most - 1) / most;
    const size_t step = (n + n_blocks - 1) / n_blocks;
    if (task->room.keeps_panels) {
        lay_panels(task);
    }
    for (size_t i = 0; i < n; i += step) {
        if (task->head + 1 < task->attend->n_heads) {
            fetch_share(task, i, fovea_least_bytes(i + step, n));
        }
        attend_some(task, i, fovea_least_bytes(step, n - i));
    }
}

void
fovea_attend_run(const struct fovea_attend_form *form,
        const struct fovea_attend *attend, void *scratch)
{
    FOVEA_ASSERT(attend->query.element == form->element);
    const struct fovea_attend_size size = { attend->n_queries, attend->n_keys,
        attend->head_dim, form->element };
    const size_t element_size = fovea_element_size(form->element);
    struct task task = {
        .form = form,
        .attend = attend,
        .room = fovea_attend_divide(&size, scratch),
        .size = element_size,
        .query_depth = fovea_round_up(
                (attend->head_dim * element_size + sizeof(float) - 1) /
                        sizeof(float),
                form->depth),
    };
    if (form->begin) {
        form->begin();
    }
    for (; task.head < attend->n_heads; task.head++) {
        attend_head(&task);
    }
    if (form->end) {
        form->end();
    }
}
