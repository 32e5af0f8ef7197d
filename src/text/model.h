/* Inside of text/: a word to ids, by the model of a table. */
#ifndef FOVEA_TEXT_MODEL_H
#define FOVEA_TEXT_MODEL_H

#include "text/scratch.h"

/* What is looked up for every symbol of BPE, ready. */
struct fovea_symbols {
    /* Of byte-level BPE by byte, of other BPE by ASCII character. */
    struct fovea_letter quick[256];
};

void fovea_symbols_prepare(const struct fovea_table *table,
        struct fovea_symbols *symbols);

/** Byte pair encoding: the pair of least rank is joined, the leftmost of those,
 *  until there is none. n log n of the word's bytes. */
FOVEA_NODISCARD enum fovea_status fovea_bpe(const struct fovea_table *table,
        const struct fovea_symbols *symbols, const uint8_t *word, size_t size,
        struct fovea_scratch *scratch, struct fovea_id_sink *sink,
        struct fovea_error *err);

/** Unigram: the pieces of the greatest sum of scores; of equal sums the one that
 *  is found first from the left. Bytes times the longest piece. */
FOVEA_NODISCARD enum fovea_status fovea_unigram(const struct fovea_table *table,
        const uint8_t *word, size_t size, struct fovea_scratch *scratch,
        struct fovea_id_sink *sink, struct fovea_error *err);

#endif
