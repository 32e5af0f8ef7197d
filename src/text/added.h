/* Inside of text/: added tokens, which are cut out of a text before the model. */
#ifndef FOVEA_TEXT_ADDED_H
#define FOVEA_TEXT_ADDED_H

#include "text/table.h"

/** A text that is gone through. All zero but for text and size at first. */
struct fovea_added_search {
    const uint8_t *text;
    size_t size;
    size_t at;   /* where the search goes on */
    size_t done; /* before it all is given out */
};

/** Text from start to end - 1 (may be empty), and behind it a token. */
struct fovea_added_part {
    size_t start;
    size_t end;
    uint32_t id; /* FOVEA_NO_TOKEN: the end of the text */
};

/**
 * The next token, the leftmost and of those the longest, with the white space
 * beside it that it takes along; and the text before it.
 *
 * @param trie  table->raw or table->normal.
 */
struct fovea_added_part fovea_added_next(const struct fovea_table *table,
        const struct fovea_trie *trie, struct fovea_added_search *search);

#endif
