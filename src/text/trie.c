/* See trie.h. */
#include "text/trie.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"

bool
fovea_trie_is_sound(const struct fovea_trie *trie, uint32_t n_values)
{
    uint32_t n = trie->n_nodes;
    if (n == 0 || trie->first[0] != 1 || trie->first[n] != n) {
        return false;
    }
    bool is_sound = true;
    for (uint32_t i = 0; i < n; i++) {
        is_sound &= trie->first[i] > i && trie->first[i] <= trie->first[i + 1];
        is_sound &=
                trie->value[i] < n_values || trie->value[i] == FOVEA_TRIE_NONE;
    }
    return is_sound;
}

uint32_t
fovea_trie_match(const struct fovea_trie *trie, const uint8_t *at,
        const uint8_t *end, bool is_shortest, size_t *size_out)
{
    uint32_t found = FOVEA_TRIE_NONE;
    uint32_t node = 0;
    for (const uint8_t *next = at; next < end; next++) {
        node = fovea_trie_step(trie, node, *next);
        if (node == 0) {
            break;
        }
        if (trie->value[node] != FOVEA_TRIE_NONE) {
            found = trie->value[node];
            *size_out = (size_t)(next + 1 - at);
            if (is_shortest) {
                break;
            }
        }
    }
    return found;
}

static int
compare(const void *a, const void *b)
{
    const struct fovea_trie_key *left = a;
    const struct fovea_trie_key *right = b;
    uint32_t size = left->size < right->size ? left->size : right->size;
    int order = memcmp(left->bytes, right->bytes, size);
    if (order != 0) {
        return order;
    }
    if (left->size != right->size) {
        return left->size < right->size ? -1 : 1;
    }
    return (left->value > right->value) - (left->value < right->value);
}

/* Drop equal strings; count the nodes of the rest. */
static size_t
count_nodes(struct fovea_trie_key *keys, size_t *n)
{
    size_t n_nodes = 1;
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++) {
        uint32_t shared = 0;
        if (kept > 0) {
            const struct fovea_trie_key *last = &keys[kept - 1];
            while (shared < last->size && shared < keys[i].size &&
                    last->bytes[shared] == keys[i].bytes[shared]) {
                shared++;
            }
            if (shared == keys[i].size) { /* equal: it would sort before */
                continue;
            }
        }
        n_nodes += keys[i].size - shared;
        keys[kept++] = keys[i];
    }
    *n = kept;
    return n_nodes;
}

/* The arrays as they are filled; the keys below each node. */
struct building {
    const struct fovea_trie_key *keys;
    uint32_t *first;
    uint32_t *value;
    uint8_t *label;
    uint32_t *low; /* [n_nodes]: keys low[i] to high[i] - 1 are below node i */
    uint32_t *high;
    uint32_t n; /* nodes there are */
};

/* Nodes from n on are the children of `node`, whose strings have `depth` bytes. */
static void
add_children(struct building *building, uint32_t node, uint32_t depth)
{
    uint32_t low = building->low[node];
    uint32_t high = building->high[node];
    building->first[node] = building->n;
    building->value[node] = FOVEA_TRIE_NONE;
    if (low < high && building->keys[low].size == depth) {
        building->value[node] = building->keys[low++].value;
    }
    while (low < high) {
        uint8_t byte = building->keys[low].bytes[depth];
        uint32_t child = building->n++;
        building->label[child] = byte;
        building->low[child] = low;
        while (low < high && building->keys[low].bytes[depth] == byte) {
            low++;
        }
        building->high[child] = low;
    }
}

static void
build(struct building *building, size_t n_keys)
{
    building->label[0] = 0;
    building->low[0] = 0;
    building->high[0] = (uint32_t)n_keys;
    building->n = 1;
    uint32_t node = 0;
    for (uint32_t depth = 0; node < building->n; depth++) {
        uint32_t level_end = building->n;
        for (; node < level_end; node++) {
            add_children(building, node, depth);
        }
    }
    building->first[building->n] = building->n;
}

enum fovea_status
fovea_trie_build(struct fovea_trie_key *keys, size_t n,
        struct fovea_trie *trie_out, struct fovea_error *err)
{
    if (n > 0) {
        qsort(keys, n, sizeof *keys, compare);
    }
    size_t n_nodes = count_nodes(keys, &n);
    FOVEA_AUTO_FREE uint32_t *first = calloc(n_nodes + 1, sizeof *first);
    FOVEA_AUTO_FREE uint32_t *value = calloc(n_nodes, sizeof *value);
    FOVEA_AUTO_FREE uint8_t *label = calloc(n_nodes, sizeof *label);
    FOVEA_AUTO_FREE uint32_t *low = calloc(n_nodes, sizeof *low);
    FOVEA_AUTO_FREE uint32_t *high = calloc(n_nodes, sizeof *high);
    if (!first || !value || !label || !low || !high) {
        return fovea_fail_memory(err, n_nodes * 17, "a tokenizer's strings");
    }
    struct building building = { keys, first, value, label, low, high, 0 };
    build(&building, n);
    trie_out->n_nodes = building.n;
    trie_out->first = FOVEA_TAKE(first);
    trie_out->value = FOVEA_TAKE(value);
    trie_out->label = FOVEA_TAKE(label);
    return FOVEA_OK;
}

/* An array that is read only once it is built, and owned all the same. */
static void
free_array(const void *array)
{
    void *owned = NULL;
    memcpy(&owned, &array, sizeof owned);
    free(owned);
}

void
fovea_trie_free(struct fovea_trie *trie)
{
    free_array(trie->first);
    free_array(trie->value);
    free_array(trie->label);
    *trie = (struct fovea_trie){ 0 };
}
