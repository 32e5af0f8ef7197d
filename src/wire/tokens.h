/*
 * A row of tokens, as a worker writes it into a job's file: how many, whether
 * the text has more, and then a place of one size for each that there may be.
 * Numbers are this machine's, as host and worker are.
 */
#ifndef FOVEA_WIRE_TOKENS_H
#define FOVEA_WIRE_TOKENS_H

#include <stddef.h>
#include <stdint.h>

enum {
    /* Bytes of a piece; what is longer is cut between characters. */
    FOVEA_PIECE_SIZE = 251
};

struct fovea_tokens_row {
    uint32_t n;
    uint32_t was_cut; /* 1 or 0 */
    struct fovea_tokens_place {
        uint32_t id;
        uint8_t size;
        char piece[FOVEA_PIECE_SIZE];
    } places[];
};

/** Of a row for up to `context` tokens. */
size_t fovea_tokens_row_bytes(size_t context);

/** Write one token. */
void fovea_tokens_row_put(struct fovea_tokens_row *row, size_t index,
        uint32_t id, const char *piece, size_t size);

#endif
