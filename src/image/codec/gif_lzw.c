/* LZW of GIF: see gif_lzw.h. Source: the GIF89a specification, appendix F. */
#include "image/codec/gif_lzw.h"

#include <string.h>

enum {
    MAX_WIDTH = 12,
    NO_CODE = FOVEA_GIF_LZW_CODES
};

static unsigned
clear_code(const struct fovea_gif_lzw *lzw)
{
    return 1U << lzw->min_size;
}

static void
clear(struct fovea_gif_lzw *lzw)
{
    lzw->width = lzw->min_size + 1;
    lzw->next = clear_code(lzw) + 2;
    lzw->previous = NO_CODE;
}

void
fovea_gif_lzw_start(struct fovea_gif_lzw *lzw, fovea_gif_read_fn *read,
        void *context, unsigned min_size)
{
    memset(lzw, 0, sizeof *lzw);
    lzw->read = read;
    lzw->context = context;
    lzw->min_size = min_size;
    for (unsigned i = 0; i < clear_code(lzw); i++) {
        lzw->suffix[i] = (uint16_t)i;
    }
    clear(lzw);
}

/* A block is its length and its bytes; an empty one ends the picture. */
static bool
next_block(struct fovea_gif_lzw *lzw)
{
    uint8_t size = 0;
    lzw->at = 0;
    lzw->n = 0;
    if (!lzw->read(lzw->context, &size, 1) || size == 0 ||
            !lzw->read(lzw->context, lzw->block, size)) {
        return false;
    }
    lzw->n = size;
    return true;
}

static bool
next_code(struct fovea_gif_lzw *lzw, unsigned *code_out)
{
    while (lzw->n_bits < lzw->width) {
        if (lzw->at == lzw->n && !next_block(lzw)) {
            return false;
        }
        lzw->bits |= (uint32_t)lzw->block[lzw->at++] << lzw->n_bits;
        lzw->n_bits += 8;
    }
    *code_out = lzw->bits & ((1U << lzw->width) - 1);
    lzw->bits >>= lzw->width;
    lzw->n_bits -= lzw->width;
    return true;
}

/* Put the string of a code that is in the table onto the stack. Prefixes are
   always older than their code, so this ends. */
static void
unfold(struct fovea_gif_lzw *lzw, unsigned code)
{
    while (code > clear_code(lzw) + 1) {
        lzw->stack[lzw->n_stack++] = lzw->suffix[code];
        code = lzw->prefix[code];
    }
    lzw->stack[lzw->n_stack++] = lzw->suffix[code];
}

static void
add(struct fovea_gif_lzw *lzw, uint16_t first)
{
    if (lzw->next == FOVEA_GIF_LZW_CODES) {
        return; /* full until it is cleared */
    }
    lzw->prefix[lzw->next] = (uint16_t)lzw->previous;
    lzw->suffix[lzw->next] = first;
    lzw->next++;
    if (lzw->next == 1U << lzw->width && lzw->width < MAX_WIDTH) {
        lzw->width++;
    }
}

/* Fill the empty stack with the string of the next code. */
static bool
next_string(struct fovea_gif_lzw *lzw)
{
    unsigned code = 0;
    do {
        if (!next_code(lzw, &code)) {
            return false;
        }
        if (code == clear_code(lzw)) {
            clear(lzw);
        }
    } while (code == clear_code(lzw));
    bool has_previous = lzw->previous != NO_CODE;
    bool is_next = code == lzw->next && has_previous;
    if (code == clear_code(lzw) + 1 || (code >= lzw->next && !is_next)) {
        return false; /* the end, or no such code */
    }
    if (is_next) {
        /* The string before, and its first pixel once more at its end. */
        lzw->n_stack = 1;
        unfold(lzw, lzw->previous);
        lzw->stack[0] = lzw->stack[lzw->n_stack - 1];
    } else {
        unfold(lzw, code);
    }
    if (has_previous) {
        add(lzw, lzw->stack[lzw->n_stack - 1]);
    }
    lzw->previous = code;
    return true;
}

bool
fovea_gif_lzw_read(struct fovea_gif_lzw *lzw, uint8_t *pixels, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (lzw->n_stack == 0 && !next_string(lzw)) {
            return false;
        }
        uint16_t pixel = lzw->stack[--lzw->n_stack];
        if (pixel > UINT8_MAX) {
            return false;
        }
        pixels[i] = (uint8_t)pixel;
    }
    return true;
}
