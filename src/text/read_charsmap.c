/*
 * See read_charsmap.h. The double-array trie (darts-clone's) is gone through once
 * and becomes one of ours: of the keys that begin alike only the shortest is ever
 * used, so that nothing below a key is looked at.
 */
#include "text/read_charsmap.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "source/base64.h"

enum {
    MAX_KEY = 64,
    MAX_KEYS = 1 << 17,
    MAX_STEPS = 1 << 26
};

/* A key in the trie. */
struct found {
    uint8_t bytes[MAX_KEY];
    uint32_t size;
    uint32_t value; /* where the replacement begins */
};

struct charsmap {
    const uint8_t *units; /* uint32_t, little-endian */
    size_t n_units;
    const uint8_t *strings;
    size_t n_strings;
    struct found *keys; /* owned */
    size_t n_keys;
    size_t keys_capacity;
};

/* A way down the trie. */
struct descent {
    uint32_t node[MAX_KEY + 1]; /* where the children are, exclusive-or'd */
    unsigned next[MAX_KEY + 1]; /* the byte to try */
    uint8_t key[MAX_KEY];
    size_t depth;
    size_t n_steps;
};

static const char broken[] = "its charsmap is broken";

static uint32_t
unit_at(const struct charsmap *map, size_t at)
{
    uint32_t unit = 0;
    memcpy(&unit, map->units + at * sizeof unit, sizeof unit);
    return unit;
}

static uint32_t
offset_of(uint32_t unit)
{
    return unit >> 10 << ((unit & 0x200) >> 6);
}

static enum fovea_status
fail(const struct fovea_draft *draft, const char *where,
        struct fovea_error *err)
{
    return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_INVALID, err, "%s: %s",
            where, broken);
}

static enum fovea_status
add_key(struct charsmap *map, const struct descent *descent, uint32_t value,
        struct fovea_error *err)
{
    enum fovea_status status = fovea_draft_grow((void **)&map->keys,
            map->n_keys, &map->keys_capacity, sizeof *map->keys, err);
    if (!status) {
        struct found *found = &map->keys[map->n_keys++];
        memcpy(found->bytes, descent->key, sizeof found->bytes);
        found->size = (uint32_t)descent->depth;
        found->value = value;
    }
    return status;
}

/* One child: NULL if it is none, is a key, or was gone down to; else what is
   wrong with the trie. */
static const char *
try_child(struct charsmap *map, struct descent *descent, uint8_t byte,
        enum fovea_status *status, struct fovea_error *err)
{
    uint32_t at = descent->node[descent->depth] ^ byte;
    if (at >= map->n_units) {
        return broken;
    }
    uint32_t unit = unit_at(map, at);
    if ((unit & 0x800000ffU) != byte) {
        return NULL;
    }
    if (descent->depth == MAX_KEY || map->n_keys == MAX_KEYS) {
        return broken;
    }
    uint32_t below = at ^ offset_of(unit);
    descent->key[descent->depth++] = byte;
    if (!(unit >> 8 & 1)) {
        descent->node[descent->depth] = below;
        descent->next[descent->depth] = 1;
        return NULL;
    }
    if (below >= map->n_units) {
        return broken;
    }
    *status = add_key(map, descent, unit_at(map, below) & 0x7fffffffU, err);
    descent->depth--;
    return NULL;
}

/* All keys that no other key begins. A byte 0 ends the library's search. */
static enum fovea_status
find_keys(const struct fovea_draft *draft, const char *where,
        struct charsmap *map, struct fovea_error *err)
{
    struct descent descent = { .node = { offset_of(unit_at(map, 0)) },
        .next = { 1 } };
    enum fovea_status status = FOVEA_OK;
    while (!status) {
        if (descent.next[descent.depth] == 256) {
            if (descent.depth == 0) {
                break;
            }
            descent.depth--;
            continue;
        }
        uint8_t byte = (uint8_t)descent.next[descent.depth]++;
        if (descent.n_steps++ == MAX_STEPS ||
                try_child(map, &descent, byte, &status, err)) {
            return fail(draft, where, err);
        }
    }
    return status;
}

/* Bytes that come out for one that goes in. */
static void
note_growth(struct fovea_text_op *op, const struct found *key, size_t size)
{
    size_t n_other = 0;
    for (size_t i = 0; i < key->size; i++) {
        n_other += key->bytes[i] >> 7;
    }
    size_t n = n_other > 0 ? n_other : key->size;
    uint32_t needed = (uint32_t)((size + n - 1) / n);
    uint32_t *growth = n_other > 0 ? &op->growth_other : &op->growth_ascii;
    *growth = needed > *growth ? needed : *growth;
}

static enum fovea_status
build(struct fovea_draft *draft, const char *where, struct charsmap *map,
        struct fovea_text_op *op, struct fovea_error *err)
{
    uint32_t strings_at = 0;
    enum fovea_status status = fovea_draft_keep(draft, map->strings,
            map->n_strings, &strings_at, err);
    size_t n = map->n_keys;
    FOVEA_AUTO_FREE struct fovea_trie_key *keys = calloc(n + 1, sizeof *keys);
    draft->replacements = calloc(n + 1, sizeof *draft->replacements);
    draft->n_replacements = n;
    if (status || !keys || !draft->replacements) {
        return fovea_fail_memory(err, n * sizeof *keys, "a charsmap");
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t value = map->keys[i].value;
        size_t left = value < map->n_strings ? map->n_strings - value : 0;
        const uint8_t *text = map->strings + value;
        size_t most = FOVEA_MAX_WALKED_BYTES;
        size_t size = strnlen((const char *)text, left < most ? left : most);
        if (size == left || size == most ||
                fovea_utf8_find_invalid(text, size) < size) {
            return fail(draft, where, err);
        }
        keys[i] = (struct fovea_trie_key){ map->keys[i].bytes,
            map->keys[i].size, (uint32_t)i };
        draft->replacements[i] =
                (struct fovea_span){ strings_at + value, (uint32_t)size };
        note_growth(op, &map->keys[i], size);
    }
    return fovea_trie_build(keys, n, &draft->charsmap, err);
}

enum fovea_status
fovea_read_charsmap(struct fovea_draft *draft, const char *where,
        const json_t *blob, struct fovea_text_op *op, struct fovea_error *err)
{
    if (!json_is_string(blob)) {
        return fail(draft, where, err);
    }
    FOVEA_AUTO_FREE uint8_t *bytes = NULL;
    size_t size = 0;
    enum fovea_status status = fovea_base64_decode(json_string_value(blob),
            json_string_length(blob), UINT64_MAX, &bytes, &size, err);
    if (status == FOVEA_ERR_NO_MEMORY) {
        return status;
    }
    uint32_t trie_size = 0;
    if (!status && size >= sizeof trie_size) {
        memcpy(&trie_size, bytes, sizeof trie_size);
    }
    if (status || trie_size < sizeof(uint32_t) || trie_size % 4 != 0 ||
            trie_size > size - sizeof trie_size) {
        return fail(draft, where, err);
    }
    struct charsmap map = {
        .units = bytes + sizeof trie_size,
        .n_units = trie_size / sizeof(uint32_t),
        .strings = bytes + sizeof trie_size + trie_size,
        .n_strings = size - sizeof trie_size - trie_size,
    };
    op->growth_ascii = 1;
    op->growth_other = 1;
    status = find_keys(draft, where, &map, err);
    if (!status) {
        status = build(draft, where, &map, op, err);
    }
    free(map.keys);
    return status;
}
