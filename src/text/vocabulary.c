/* See vocabulary.h. */
#include "text/vocabulary.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "base/error.h"
#include "base/macros.h"
#include "text/table.h"

enum {
    MAX_BYTES = 64 << 20 /* of all pieces */
};

void
fovea_vocabulary_finish(struct fovea_vocabulary *vocabulary)
{
    free(vocabulary->bytes);
    free(vocabulary->entries);
    free(vocabulary->slots);
    *vocabulary = (struct fovea_vocabulary){ 0 };
}

static uint64_t
mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t
hash_of(const struct fovea_vocabulary *vocabulary, const uint8_t *text,
        size_t size)
{
    uint64_t state = vocabulary->seed ^ size;
    while (size > 0) {
        uint64_t word = 0;
        size_t n = size < sizeof word ? size : sizeof word;
        memcpy(&word, text, n);
        state = mix(state ^ word, vocabulary->seed | 1) + 0x9e3779b97f4a7c15U;
        text += n;
        size -= n;
    }
    return mix(state, 0xd6e8feb86659fd93U);
}

/* Where a text stands, or could stand. */
static size_t
find_slot(const struct fovea_vocabulary *vocabulary, const uint8_t *text,
        size_t size)
{
    size_t mask = vocabulary->n_slots - 1;
    size_t slot = hash_of(vocabulary, text, size) & mask;
    while (vocabulary->slots[slot] != 0) {
        const struct fovea_entry *entry =
                &vocabulary->entries[vocabulary->slots[slot] - 1];
        if (entry->size == size &&
                memcmp(vocabulary->bytes + entry->at, text, size) == 0) {
            break;
        }
        slot = (slot + 1) & mask;
    }
    return slot;
}

/* From the random bytes that the kernel gives to every program. */
static uint64_t
make_seed(void)
{
    uint64_t seed = 0x2545f4914f6cdd1dU;
    unsigned long at = getauxval(AT_RANDOM);
    if (at != 0) {
        /* An address, as the kernel gives it. */
        /* NOLINTNEXTLINE(performance-no-int-to-ptr) */
        memcpy(&seed, (const void *)at, sizeof seed);
    }
    return seed;
}

static enum fovea_status
grow_slots(struct fovea_vocabulary *vocabulary, struct fovea_error *err)
{
    size_t n_slots = vocabulary->n_slots ? 2 * vocabulary->n_slots : 4096;
    uint32_t *slots = calloc(n_slots, sizeof *slots);
    if (!slots) {
        return fovea_fail_memory(err, n_slots * sizeof *slots, "a vocabulary");
    }
    if (!vocabulary->slots) {
        vocabulary->seed = make_seed();
    }
    free(vocabulary->slots);
    vocabulary->slots = slots;
    vocabulary->n_slots = n_slots;
    for (size_t i = 0; i < vocabulary->n; i++) {
        const struct fovea_entry *entry = &vocabulary->entries[i];
        slots[find_slot(vocabulary, vocabulary->bytes + entry->at,
                entry->size)] = (uint32_t)i + 1;
    }
    return FOVEA_OK;
}

/* Room for one more entry of `size` bytes. */
static enum fovea_status
grow(struct fovea_vocabulary *vocabulary, size_t size, struct fovea_error *err)
{
    if (vocabulary->n == vocabulary->capacity) {
        size_t capacity =
                vocabulary->capacity ? 2 * vocabulary->capacity : 2048;
        struct fovea_entry *entries =
                realloc(vocabulary->entries, capacity * sizeof *entries);
        if (!entries) {
            return fovea_fail_memory(err, capacity * sizeof *entries,
                    "a vocabulary");
        }
        vocabulary->entries = entries;
        vocabulary->capacity = capacity;
    }
    if (size > vocabulary->bytes_capacity - vocabulary->n_bytes) {
        size_t capacity = 2 * vocabulary->bytes_capacity + size + 16384;
        uint8_t *bytes = realloc(vocabulary->bytes, capacity);
        if (!bytes) {
            return fovea_fail_memory(err, capacity, "a vocabulary");
        }
        vocabulary->bytes = bytes;
        vocabulary->bytes_capacity = capacity;
    }
    return 2 * (vocabulary->n + 1) < vocabulary->n_slots
            ? FOVEA_OK
            : grow_slots(vocabulary, err);
}

enum fovea_status
fovea_vocabulary_add(struct fovea_vocabulary *vocabulary, const void *text,
        size_t size, uint32_t id, struct fovea_error *err)
{
    if (size > FOVEA_MAX_PIECE_BYTES) {
        return fovea_fail(err, FOVEA_ERR_TOKENIZER_INVALID,
                "%zu bytes long, at most %d are read", size,
                FOVEA_MAX_PIECE_BYTES);
    }
    if (vocabulary->n == FOVEA_MAX_PIECES ||
            vocabulary->n_bytes + size > MAX_BYTES) {
        return fovea_fail(err, FOVEA_ERR_TOKENIZER_INVALID,
                "more pieces than the %d that are read", FOVEA_MAX_PIECES);
    }
    enum fovea_status status = grow(vocabulary, size, err);
    if (status) {
        return status;
    }
    size_t slot = find_slot(vocabulary, text, size);
    if (vocabulary->slots[slot] != 0) {
        return fovea_fail(err, FOVEA_ERR_TOKENIZER_INVALID,
                "the same piece as that of id %u",
                vocabulary->entries[vocabulary->slots[slot] - 1].id);
    }
    if (size > 0) {
        memcpy(vocabulary->bytes + vocabulary->n_bytes, text, size);
    }
    vocabulary->entries[vocabulary->n] =
            (struct fovea_entry){ (uint32_t)vocabulary->n_bytes, (uint32_t)size,
                id };
    vocabulary->n_bytes += size;
    vocabulary->slots[slot] = (uint32_t)++vocabulary->n;
    return FOVEA_OK;
}

const struct fovea_entry *
fovea_vocabulary_entry(const struct fovea_vocabulary *vocabulary,
        const void *text, size_t size)
{
    if (vocabulary->n == 0) {
        return NULL;
    }
    uint32_t slot = vocabulary->slots[find_slot(vocabulary, text, size)];
    return slot != 0 ? &vocabulary->entries[slot - 1] : NULL;
}

uint32_t
fovea_vocabulary_find(const struct fovea_vocabulary *vocabulary,
        const void *text, size_t size)
{
    const struct fovea_entry *entry =
            fovea_vocabulary_entry(vocabulary, text, size);
    return entry ? entry->id : FOVEA_NO_TOKEN;
}

uint32_t
fovea_vocabulary_find_pair(const struct fovea_vocabulary *vocabulary,
        const struct fovea_entry *left, const struct fovea_entry *right)
{
    uint8_t both[FOVEA_MAX_PIECE_BYTES];
    if (left->size + right->size > sizeof both) {
        return FOVEA_NO_TOKEN;
    }
    memcpy(both, vocabulary->bytes + left->at, left->size);
    memcpy(both + left->size, vocabulary->bytes + right->at, right->size);
    return fovea_vocabulary_find(vocabulary, both, left->size + right->size);
}
