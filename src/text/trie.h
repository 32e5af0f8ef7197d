/*
 * A set of byte strings, each with a value, to be walked byte by byte.
 *
 * Nodes stand in the order of their depth, so that the children of a node are
 * neighbours and begin where those of the node before it ended: of a node only
 * the number of its first child is kept. Node 0 is the root.
 */
#ifndef FOVEA_TEXT_TRIE_H
#define FOVEA_TEXT_TRIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

#define FOVEA_TRIE_NONE UINT32_MAX

struct fovea_trie {
    const uint32_t *first; /* [n_nodes + 1] */
    const uint32_t *value; /* [n_nodes]; FOVEA_TRIE_NONE: no string ends here */
    const uint8_t *label;  /* [n_nodes]: the last byte; of children ascending */
    uint32_t n_nodes;      /* at least 1 */
};

/** A string to be put in; not empty. */
struct fovea_trie_key {
    const uint8_t *bytes;
    uint32_t size;
    uint32_t value;
};

/** Whether a walk cannot leave the arrays, and values are below n_values. */
bool fovea_trie_is_sound(const struct fovea_trie *trie, uint32_t n_values);

/** The child of a node for a byte; 0 if there is none. */
static inline uint32_t
fovea_trie_step(const struct fovea_trie *trie, uint32_t node, uint8_t byte)
{
    uint32_t low = trie->first[node];
    uint32_t high = trie->first[node + 1];
    uint32_t end = high;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (trie->label[middle] < byte) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < end && trie->label[low] == byte ? low : 0;
}

/** The value of the longest string, or with is_shortest of the shortest, that
 *  [at, end) begins with; its bytes to size_out. FOVEA_TRIE_NONE: none does. */
uint32_t fovea_trie_match(const struct fovea_trie *trie, const uint8_t *at,
        const uint8_t *end, bool is_shortest, size_t *size_out);

/**
 * Make a trie.
 *
 * @param keys      [n]; sorted in place. Of equal strings the one of the least
 *                  value is taken.
 * @param trie_out  Its three arrays are the caller's; free() each.
 * @return FOVEA_OK; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_trie_build(struct fovea_trie_key *keys,
        size_t n, struct fovea_trie *trie_out, struct fovea_error *err);

/** Free the arrays of a trie that was built. */
void fovea_trie_free(struct fovea_trie *trie);

#endif
