/*
 * See model.h. Symbols are a list in the order of the text; the pairs that could
 * be joined stand in a heap, by rank and place. A pair of which a symbol was
 * joined to another since is found by its rank, and dropped.
 */
#include "text/byte_alphabet.h"
#include "text/model.h"
#include "text/unicode.h"

/* The symbols of a word as they come. */
struct list {
    const struct fovea_table *table;
    struct fovea_scratch *scratch;
    size_t n;
    bool is_unknown_open; /* an unknown symbol waits to be put in */
};

static struct fovea_letter
find_letter(const struct fovea_table *table, uint32_t character)
{
    uint32_t low = 0;
    uint32_t high = table->n_letters;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (table->letters[middle].character < character) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < table->n_letters && table->letters[low].character == character) {
        return table->letters[low];
    }
    return (struct fovea_letter){ character, FOVEA_NO_TOKEN, FOVEA_NO_TOKEN };
}

void
fovea_symbols_prepare(const struct fovea_table *table,
        struct fovea_symbols *symbols)
{
    uint32_t characters[256];
    fovea_byte_alphabet(characters);
    for (uint32_t i = 0; i < 256; i++) {
        symbols->quick[i] = find_letter(table,
                table->model->flags & FOVEA_MODEL_BYTE_LEVEL ? characters[i]
                                                             : i);
    }
}

/* The rank of a pair, and what it becomes; FOVEA_NO_TOKEN if it is not joined. */
static uint32_t
find_rank(const struct fovea_table *table, uint32_t left, uint32_t right,
        uint32_t *merged_out)
{
    uint32_t low = table->merge_first[left];
    uint32_t end = table->merge_first[left + 1];
    uint32_t high = end;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (table->merges[middle].right < right) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == end || table->merges[low].right != right) {
        return FOVEA_NO_TOKEN;
    }
    *merged_out = table->merges[low].merged;
    return table->merges[low].rank;
}

static void
add_symbol(struct list *list, uint32_t id)
{
    if (list->n < list->scratch->n_symbols) {
        list->scratch->symbols[list->n] = (struct fovea_symbol){ id,
            (uint32_t)list->n - 1, (uint32_t)list->n + 1 };
    }
    list->n++;
}

static void
close_unknown(struct list *list)
{
    if (list->is_unknown_open) {
        add_symbol(list, list->table->model->unknown);
        list->is_unknown_open = false;
    }
}

/* A character that is no symbol: its bytes if all of them are, else the unknown
   one. That is put in late, in front of the next symbol that is known, so that
   bytes overtake it; so does the library that ids are measured by. */
static void
add_unknown(struct list *list, const uint8_t *bytes, size_t size)
{
    const struct fovea_table_model *model = list->table->model;
    bool has_bytes = (model->flags & FOVEA_MODEL_BYTE_FALLBACK) != 0;
    for (size_t i = 0; has_bytes && i < size; i++) {
        has_bytes = list->table->byte_ids[bytes[i]] != FOVEA_NO_TOKEN;
    }
    for (size_t i = 0; has_bytes && i < size; i++) {
        add_symbol(list, list->table->byte_ids[bytes[i]]);
    }
    if (has_bytes || model->unknown == FOVEA_NO_TOKEN) {
        return;
    }
    if (!(model->flags & FOVEA_MODEL_FUSE_UNKNOWN)) {
        close_unknown(list);
    }
    list->is_unknown_open = true;
}

static void
add_symbols(struct list *list, const struct fovea_symbols *symbols,
        const uint8_t *word, size_t size)
{
    bool is_byte_level =
            (list->table->model->flags & FOVEA_MODEL_BYTE_LEVEL) != 0;
    size_t at = 0;
    while (at < size) {
        struct fovea_letter letter = symbols->quick[word[at]];
        size_t n = 1;
        if (!is_byte_level && word[at] >= 0x80) {
            uint32_t character = 0;
            n = fovea_char_next(word + at, word + size, &character);
            letter = find_letter(list->table, character);
        }
        uint32_t id = at + n == size ? letter.last_id : letter.id;
        if (id == FOVEA_NO_TOKEN) {
            add_unknown(list, word + at, n);
        } else {
            close_unknown(list);
            add_symbol(list, id);
        }
        at += n;
    }
    close_unknown(list);
}

static void
sift_down(uint64_t *heap, size_t n, size_t at)
{
    uint64_t value = heap[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= n) {
            break;
        }
        child += child + 1 < n && heap[child + 1] < heap[child];
        if (heap[child] >= value) {
            break;
        }
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = value;
}

static void
push(uint64_t *heap, size_t *n, uint64_t value)
{
    size_t at = (*n)++;
    while (at > 0 && heap[(at - 1) / 2] > value) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = value;
}

static uint64_t
pop(uint64_t *heap, size_t *n)
{
    uint64_t value = heap[0];
    heap[0] = heap[--*n];
    if (*n > 0) {
        sift_down(heap, *n, 0);
    }
    return value;
}

/* The pairs there are: at most n - 1 at first, and every joining takes one out
   and puts at most two in, so that 2 n always have room. */
static void
join(const struct fovea_table *table, struct fovea_scratch *scratch, size_t n)
{
    struct fovea_symbol *symbols = scratch->symbols;
    uint64_t *heap = scratch->heap;
    size_t n_heap = 0;
    uint32_t merged = 0;
    for (uint32_t i = 0; i + 1 < n; i++) {
        uint32_t rank =
                find_rank(table, symbols[i].id, symbols[i + 1].id, &merged);
        if (rank != FOVEA_NO_TOKEN) {
            heap[n_heap++] = (uint64_t)rank << 32 | i;
        }
    }
    for (size_t i = n_heap / 2; i > 0; i--) {
        sift_down(heap, n_heap, i - 1);
    }
    while (n_heap > 0) {
        uint64_t top = pop(heap, &n_heap);
        struct fovea_symbol *left = &symbols[(uint32_t)top];
        scratch->n_steps++;
        if (left->id == FOVEA_NO_TOKEN || left->right >= n) {
            continue;
        }
        struct fovea_symbol *right = &symbols[left->right];
        if (find_rank(table, left->id, right->id, &merged) !=
                (uint32_t)(top >> 32)) {
            continue;
        }
        left->id = merged;
        left->right = right->right;
        right->id = FOVEA_NO_TOKEN;
        if (left->right < n) {
            symbols[left->right].left = (uint32_t)top;
            uint32_t rank =
                    find_rank(table, merged, symbols[left->right].id, &merged);
            if (rank != FOVEA_NO_TOKEN) {
                push(heap, &n_heap, (uint64_t)rank << 32 | (uint32_t)top);
            }
        }
        if (left->left < n) {
            uint32_t rank =
                    find_rank(table, symbols[left->left].id, left->id, &merged);
            if (rank != FOVEA_NO_TOKEN) {
                push(heap, &n_heap, (uint64_t)rank << 32 | left->left);
            }
        }
    }
}

enum fovea_status
fovea_bpe(const struct fovea_table *table, const struct fovea_symbols *symbols,
        const uint8_t *word, size_t size, struct fovea_scratch *scratch,
        struct fovea_id_sink *sink, struct fovea_error *err)
{
    struct list list = { .table = table, .scratch = scratch };
    add_symbols(&list, symbols, word, size);
    if (list.n > scratch->n_symbols) {
        return fovea_scratch_overflow(err);
    }
    scratch->n_steps += size;
    join(table, scratch, list.n);
    for (size_t i = 0; i < list.n; i++) {
        if (scratch->symbols[i].id != FOVEA_NO_TOKEN) {
            fovea_emit(sink, scratch->symbols[i].id);
        }
    }
    return FOVEA_OK;
}
