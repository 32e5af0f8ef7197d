/*
 * See tile_kernels.h. Everything is counted in bytes, so that bfloat16 and bytes go
 * the same way: a line of a source row, 64 bytes, is a step of the sums.
 *
 *     source rows, blocked            a packed matrix
 *     [lines][rows][64 bytes]         [panels][lines][2][16 groups][16 columns][4 bytes]
 *
 *       line 0   line 1                 panel 0: columns 0-31     panel 1
 *      +-----+  +-----+                +------+ +------+         +------+ +------+
 *      |  A  |  |     |  16 rows       | step | | step |  B      |      | |      |
 *      +-----+  +-----+                |   0  | |   0  |         |      | |      |
 *      |  A' |  |     |  16 rows       +------+ +------+         +------+ +------+
 *      +-----+  +-----+                | step | | step |         |      | |      |
 *      |     |  |     |                |   1  | |   1  |         |      | |      |
 *
 *     A group is what four bytes of a source row are multiplied by: two bfloat16 or
 *     four bytes of one column, one below the other.
 *
 * Two tiles of rows by two of columns are summed up at a time, in four tiles of sums:
 * each tile that is loaded is used twice, and eight tiles allow no larger block. Each
 * panel is gone through with all blocks of rows, up to 32 and all of one height, so that
 * the unit is set up once: the last block may begin within the one before, and then
 * only its own rows are finished.
 *
 *     a step:   load B0 B1 A0   C0 += A0 B0   C1 += A0 B1
 *               load A1         C2 += A1 B0   C3 += A1 B1
 *
 * Meanwhile the vector units finish the block before: its sums lie in a buffer, and
 * with each step a few rows of it get their bias, activation or residual and are
 * stored. And of the next panel some lines are fetched into the second-level cache.
 *
 * Source: Intel's optimization manual, 20 (AMX).
 */
#include "engine/cpu/tile_kernels.h"

#include <immintrin.h>

#include "base/macros.h"
#include "base/size.h"
#include "engine/cpu/activation.h"
#include "engine/cpu/lanes.h"
#include "engine/cpu/tile_instructions.h"

enum {
    COLUMNS = FOVEA_PANEL_COLUMNS,
    SUMS_STRIDE = COLUMNS * 4,
    STEP_LINES = FOVEA_PANEL_STEP / FOVEA_LINE_BYTES,
};

/* What a column needs beside its sum. */
struct panel_terms {
    float bias[COLUMNS];
    float scales[COLUMNS];
    int32_t sums[COLUMNS];
};

/* A block whose sums are there: what is left to be done. */
struct block {
    _Alignas(64) int32_t sums[FOVEA_TILE_BLOCK][COLUMNS]; /* or float */
    const struct panel_terms *terms;
    const float *row_scales;
    uint8_t *dst;     /* the panel's first line of the first row */
    size_t first_row; /* of its own */
    size_t n_rows;
    __mmask32 columns; /* those that are stored */
};

/* How a kernel is compiled. */
struct kind {
    enum fovea_element element;
    enum fovea_element dst_element;
    enum fovea_post post;
};

/* Sums of half a row as numbers. */
TILES_INLINE void
take_sums(v16f *out, const struct kind kind, const struct block *block,
        size_t row, size_t half)
{
    const struct panel_terms *terms = block->terms;
    const size_t at = half * FOVEA_LANES;
    v16f bias;
    load(&bias, terms->bias + at);
    if (kind.element == FOVEA_ELEMENT_BF16) {
        v16f sum;
        memcpy(&sum, &block->sums[row][at], sizeof sum);
        *out = sum + bias;
        return;
    }
    v16i sum;
    v16i offset;
    v16f scale;
    memcpy(&sum, &block->sums[row][at], sizeof sum);
    memcpy(&offset, terms->sums + at, sizeof offset);
    load(&scale, terms->scales + at);
    scale = scale * block->row_scales[row];
    const v16f value = __builtin_convertvector(sum - offset, v16f);
    *out = (v16f)_mm512_fmadd_ps((__m512)value, (__m512)scale, (__m512)bias);
}

/* A loop that becomes the instructions for sixteen. */
TILES_INLINE void
activate(v16f *values, enum fovea_post post)
{
    float lanes[FOVEA_LANES];
    store(lanes, values);
    for (size_t i = 0; i < FOVEA_LANES; i++) {
        lanes[i] = fovea_activation_apply(lanes[i], post);
    }
    load(values, lanes);
}

TILES_INLINE void
finish_half(v16f *out, const struct kind kind, const struct block *block,
        size_t row, size_t half, float *dst)
{
    const __mmask16 columns = (__mmask16)(block->columns >> (half * 16));
    take_sums(out, kind, block, row, half);
    activate(out, kind.post);
    if (kind.post == FOVEA_POST_ADD) {
        *out = *out + (v16f)_mm512_maskz_loadu_ps(columns, dst);
    }
    if (kind.dst_element == FOVEA_ELEMENT_F32) {
        _mm512_mask_storeu_ps(dst, columns, (__m512)*out);
    }
}

TILES_INLINE void
finish_row(const struct kind kind, const struct fovea_tile_work *work,
        const struct block *block, size_t row)
{
    uint8_t *dst = block->dst + row * work->dst->row_stride;
    v16f half[2];
    finish_half(&half[0], kind, block, row, 0, (float *)(void *)dst);
    finish_half(&half[1], kind, block, row, 1,
            (float *)(void *)(dst + work->dst->line_stride));
    if (kind.dst_element == FOVEA_ELEMENT_BF16) {
        const __m512bh line =
                _mm512_cvtne2ps_pbh((__m512)half[1], (__m512)half[0]);
        _mm512_mask_storeu_epi16(dst, block->columns, (__m512i)line);
    }
}

/* Where a block's operands lie, moved on by each step. */
struct operands {
    const uint8_t *rows;
    size_t second; /* from there to the second tile's, in bytes */
    size_t row_stride;
    size_t line_stride;
    const uint8_t *panel;
    const uint8_t *ahead; /* of the next panel */
    size_t n_ahead;       /* lines of it to be fetched with a step */
};

/* Sums are tiles 0 to 3, the panel's tiles 4 and 5, the rows' 6 and 7. */
#define ADD_ONE(dot)                \
    TILE_LOAD(4, 0, panel, line)    \
    TILE_LOAD(5, 1024, panel, line) \
    TILE_LOAD(6, 0, rows, stride)   \
    TILE_DOT(dot, 0, 6, 4)          \
    TILE_DOT(dot, 1, 6, 5)
#define ADD_TWO(dot)                \
    ADD_ONE(dot)                    \
    TILE_LOAD(7, 0, second, stride) \
    TILE_DOT(dot, 2, 7, 4)          \
    TILE_DOT(dot, 3, 7, 5)
#define RUN_STEP(step, at)                                                    \
    __asm__ volatile(                                                         \
            step                                                              \
            :                                                                 \
            : [panel] "r"((at)->panel), [line] "r"((size_t)FOVEA_LINE_BYTES), \
            [rows] "r"((at)->rows), [second] "r"((at)->rows + (at)->second),  \
            [stride] "r"((at)->row_stride))

TILES_INLINE void
add_step(const struct kind kind, const bool has_two, struct operands *at)
{
    const bool is_bf16 = kind.element == FOVEA_ELEMENT_BF16;
    if (has_two && is_bf16) {
        RUN_STEP(ADD_TWO("tdpbf16ps"), at);
    } else if (has_two) {
        RUN_STEP(ADD_TWO("tdpbusd"), at);
    } else if (is_bf16) {
        RUN_STEP(ADD_ONE("tdpbf16ps"), at);
    } else {
        RUN_STEP(ADD_ONE("tdpbusd"), at);
    }
    for (size_t i = 0; i < at->n_ahead; i++) {
        _mm_prefetch(at->ahead + i * FOVEA_LINE_BYTES, _MM_HINT_T1);
    }
    at->ahead += at->n_ahead * FOVEA_LINE_BYTES;
    at->rows += at->line_stride;
    at->panel += FOVEA_PANEL_STEP;
}

TILES_INLINE void
zero_sums(const bool has_two)
{
    if (has_two) {
        __asm__ volatile(TILE_ZERO(0) TILE_ZERO(1) TILE_ZERO(2) TILE_ZERO(3)
                         :
                         :);
    } else {
        __asm__ volatile(TILE_ZERO(0) TILE_ZERO(1) : :);
    }
}

/* [rows][32 columns], so that a tile's second half of columns is 64 bytes behind the
   first and its second half of rows 2 KiB. */
#define STORE_SUMS(stores, block)                                       \
    __asm__ volatile(                                                   \
            stores                                                      \
            :                                                           \
            : [sums] "r"((block)->sums), [row] "r"((size_t)SUMS_STRIDE) \
            : "memory")

TILES_INLINE void
store_sums(const bool has_two, struct block *block)
{
    if (has_two) {
        STORE_SUMS(TILE_STORE(0, 0, sums, row) TILE_STORE(1, 64, sums, row)
                           TILE_STORE(2, 2048, sums, row)
                                   TILE_STORE(3, 2112, sums, row),
                block);
    } else {
        STORE_SUMS(TILE_STORE(0, 0, sums, row) TILE_STORE(1, 64, sums, row),
                block);
    }
}

/* The sums of a block, and the rest of the one before (of no rows: there is none).
   Rows are finished so many a step that the sums of 512 source columns suffice for a
   block of them. */
TILES_INLINE void
run_block(const struct kind kind, const bool has_two,
        const struct fovea_tile_work *work, struct operands at,
        const struct block *before, struct block *block)
{
    const size_t rows_a_step = kind.element == FOVEA_ELEMENT_BF16 ? 2 : 4;
    const size_t most = (before->n_rows - before->first_row) / rows_a_step;
    const size_t n_both = most < work->n_lines ? most : work->n_lines;
    size_t row = before->first_row;
    zero_sums(has_two);
    for (size_t i = 0; i < n_both; i++) {
        add_step(kind, has_two, &at);
        for (size_t k = 0; k < rows_a_step; k++) {
            finish_row(kind, work, before, row + k);
        }
        row += rows_a_step;
    }
    for (size_t i = n_both; i < work->n_lines; i++) {
        add_step(kind, has_two, &at);
    }
    for (; row < before->n_rows; row++) {
        finish_row(kind, work, before, row);
    }
    store_sums(has_two, block);
}

/* On the way through a product. */
struct pass {
    const struct fovea_tile_work *work;
    size_t block_rows; /* of every block */
    /* Each two in turn. */
    struct block blocks[2];
    struct panel_terms terms[2];
    size_t n_blocks; /* so far */
};

static size_t
count_blocks(size_t n_rows)
{
    return (n_rows + FOVEA_TILE_BLOCK - 1) / FOVEA_TILE_BLOCK;
}

TILES_INLINE void
set_up(size_t block_rows)
{
    const uint8_t first =
            (uint8_t)(block_rows < FOVEA_TILE_ROWS ? block_rows
                                                   : FOVEA_TILE_ROWS);
    const uint8_t second = (uint8_t)(block_rows - first);
    const uint8_t rows[FOVEA_N_TILES] = { first, first, second, second,
        FOVEA_TILE_ROWS, FOVEA_TILE_ROWS, first, second };
    const struct fovea_tile_config config = fovea_tile_config_of(rows);
    set_up_tiles(&config);
}

/* The first n columns of a panel. */
INLINE __mmask32
mask_of(size_t n)
{
    return n < COLUMNS ? ((__mmask32)1 << n) - 1 : ~(__mmask32)0;
}

/* What the panel's columns need; of those behind the last one nothing is read. */
TILES_INLINE void
take_terms(const struct fovea_tile_work *work, size_t first, __mmask32 own,
        struct panel_terms *terms)
{
    for (size_t at = 0; at < COLUMNS; at += FOVEA_LANES) {
        const __mmask16 mask = (__mmask16)(own >> at);
        const size_t from = first + at;
        __m512 bias = _mm512_setzero_ps();
        if (work->bias) {
            bias = _mm512_maskz_loadu_ps(mask, work->bias + from);
        }
        _mm512_storeu_ps(terms->bias + at, bias);
        if (work->scales) {
            _mm512_storeu_ps(terms->scales + at,
                    _mm512_maskz_loadu_ps(mask, work->scales + from));
            _mm512_storeu_si512(terms->sums + at,
                    _mm512_maskz_loadu_epi32(mask, work->sums + from));
        }
    }
}

/* All rows by one panel. */
TILES_INLINE void
run_panel(const struct kind kind, struct pass *pass, size_t panel)
{
    const struct fovea_tile_work *work = pass->work;
    const size_t n_left = work->n_columns - panel * COLUMNS;
    const __mmask32 own = mask_of(n_left);
    const size_t line = FOVEA_LINE_BYTES / fovea_element_size(kind.dst_element);
    const size_t panel_size = work->n_lines * FOVEA_PANEL_STEP;
    const size_t n_blocks = count_blocks(work->n_rows);
    const __mmask32 columns =
            work->fills_lines ? mask_of(fovea_round_up(n_left, line)) : own;
    struct panel_terms *terms = &pass->terms[panel % 2];
    struct operands at = {
        .panel = (const uint8_t *)work->panels + panel * panel_size,
        .second = FOVEA_TILE_ROWS * work->src->row_stride,
        .row_stride = work->src->row_stride,
        .line_stride = work->src->line_stride,
        .n_ahead = (STEP_LINES + n_blocks - 1) / n_blocks,
    };
    at.ahead = at.panel + panel_size;
    take_terms(work, panel * COLUMNS, own, terms);
    for (size_t next = 0; next < work->n_rows; next += pass->block_rows) {
        const size_t last = work->n_rows - pass->block_rows;
        const size_t row = next < last ? next : last;
        struct block *block = &pass->blocks[pass->n_blocks % 2];
        const struct block *before = &pass->blocks[(pass->n_blocks + 1) % 2];
        block->terms = terms;
        block->row_scales = work->src->scales ? work->src->scales + row : NULL;
        block->dst = fovea_rows_line(work->dst, row, panel * (COLUMNS / line));
        block->first_row = next - row;
        block->n_rows = pass->block_rows;
        block->columns = columns;
        at.rows = fovea_rows_line(work->src, row, 0);
        if (pass->block_rows > FOVEA_TILE_ROWS) {
            run_block(kind, true, work, at, before, block);
        } else {
            run_block(kind, false, work, at, before, block);
        }
        at.ahead += work->n_lines * at.n_ahead * FOVEA_LINE_BYTES;
        pass->n_blocks++;
    }
}

TILES_INLINE void
run_work(const struct kind kind, const struct fovea_tile_work *work)
{
    const size_t n_blocks = count_blocks(work->n_rows);
    struct pass pass;
    pass.work = work;
    pass.block_rows = (work->n_rows + n_blocks - 1) / n_blocks;
    pass.n_blocks = 0;
    pass.blocks[1].first_row = 0; /* before the first there is none */
    pass.blocks[1].n_rows = 0;
    set_up(pass.block_rows);
    for (size_t at = 0; at < work->n_columns; at += COLUMNS) {
        run_panel(kind, &pass, at / COLUMNS);
    }
    release_tiles();
    const struct block *last = &pass.blocks[(pass.n_blocks + 1) % 2];
    for (size_t row = last->first_row; row < last->n_rows; row++) {
        finish_row(kind, work, last, row);
    }
}

/* The kernels there are: sources, what is written, and what becomes of sums. */
#define KINDS_OF(X, element)     \
    X(element, F32, NONE)        \
    X(element, F32, QUICK_GELU)  \
    X(element, F32, GELU)        \
    X(element, F32, GELU_TANH)   \
    X(element, F32, ADD)         \
    X(element, BF16, NONE)       \
    X(element, BF16, QUICK_GELU) \
    X(element, BF16, GELU)       \
    X(element, BF16, GELU_TANH)
#define KINDS(X)      \
    KINDS_OF(X, BF16) \
    KINDS_OF(X, U8)

#define X(element, dst, post)                               \
    TILES static void run_##element##_##dst##_##post(       \
            const struct fovea_tile_work *work)             \
    {                                                       \
        const struct kind kind = { FOVEA_ELEMENT_##element, \
            FOVEA_ELEMENT_##dst, FOVEA_POST_##post };       \
        run_work(kind, work);                               \
    }
KINDS(X)
#undef X

fovea_tile_kernel
fovea_tile_kernel_for(enum fovea_element element,
        enum fovea_element dst_element, enum fovea_post post)
{
    static const struct {
        struct kind kind;
        fovea_tile_kernel kernel;
    } kernels[] = {
#define X(element, dst, post)                                              \
    { { FOVEA_ELEMENT_##element, FOVEA_ELEMENT_##dst, FOVEA_POST_##post }, \
        run_##element##_##dst##_##post },
        KINDS(X)
#undef X
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(kernels); i++) {
        const struct kind *kind = &kernels[i].kind;
        if (kind->element == element && kind->dst_element == dst_element &&
                kind->post == post) {
            return kernels[i].kernel;
        }
    }
    return NULL;
}
