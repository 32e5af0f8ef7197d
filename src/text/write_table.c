/* See write_table.h. */
#include "text/write_table.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/checksum.h"
#include "base/error.h"
#include "sys/memfd.h"
#include "text/unicode.h"

/* Arrays that only the table needs; NULL where the model has none. */
struct arrays {
    uint32_t *piece_ends;
    uint8_t *pieces;
    size_t n_piece_bytes;
    uint32_t *merge_first;
    struct fovea_merge *merges;
    struct fovea_letter *letters;
    size_t n_letters;
    double *scores;
    struct fovea_trie piece;
};

static void
arrays_finish(struct arrays *arrays)
{
    free(arrays->piece_ends);
    free(arrays->pieces);
    free(arrays->merge_first);
    free(arrays->merges);
    free(arrays->letters);
    free(arrays->scores);
    fovea_trie_free(&arrays->piece);
}

/* Pieces in the order of their ids. */
static enum fovea_status
make_pieces(const struct fovea_draft *draft, struct arrays *arrays,
        struct fovea_error *err)
{
    const struct fovea_vocabulary *vocabulary = &draft->vocabulary;
    uint32_t n_ids = draft->model.n_ids;
    FOVEA_AUTO_FREE uint32_t *entry_of = calloc(n_ids, sizeof *entry_of);
    arrays->piece_ends = calloc(n_ids, sizeof *arrays->piece_ends);
    arrays->pieces = malloc(vocabulary->n_bytes + 1);
    if (!entry_of || !arrays->piece_ends || !arrays->pieces) {
        return fovea_fail_memory(err, n_ids * sizeof *entry_of, "pieces");
    }
    for (size_t i = 0; i < vocabulary->n; i++) {
        uint32_t id = vocabulary->entries[i].id;
        if (entry_of[id] != 0) {
            return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_INVALID, err,
                    "two pieces have the id %u", id);
        }
        entry_of[id] = (uint32_t)i + 1;
    }
    for (uint32_t id = 0; id < n_ids; id++) {
        if (entry_of[id] != 0) {
            const struct fovea_entry *entry =
                    &vocabulary->entries[entry_of[id] - 1];
            memcpy(arrays->pieces + arrays->n_piece_bytes,
                    vocabulary->bytes + entry->at, entry->size);
            arrays->n_piece_bytes += entry->size;
        }
        arrays->piece_ends[id] = (uint32_t)arrays->n_piece_bytes;
    }
    return FOVEA_OK;
}

/* By left id, right id; of equals the last one counts, and stands first. */
static int
compare_merges(const void *a, const void *b)
{
    const struct fovea_draft_merge *left = a;
    const struct fovea_draft_merge *right = b;
    if (left->left != right->left) {
        return left->left < right->left ? -1 : 1;
    }
    if (left->right != right->right) {
        return left->right < right->right ? -1 : 1;
    }
    return (left->rank < right->rank) - (left->rank > right->rank);
}

static enum fovea_status
make_merges(struct fovea_draft *draft, struct arrays *arrays,
        struct fovea_error *err)
{
    uint32_t n_ids = draft->model.n_ids;
    if (draft->n_merges > 0) {
        qsort(draft->merges, draft->n_merges, sizeof *draft->merges,
                compare_merges);
    }
    arrays->merge_first = calloc(n_ids + 1, sizeof *arrays->merge_first);
    arrays->merges = calloc(draft->n_merges + 1, sizeof *arrays->merges);
    if (!arrays->merge_first || !arrays->merges) {
        return fovea_fail_memory(err, draft->n_merges * sizeof *arrays->merges,
                "merges");
    }
    size_t n = 0;
    for (size_t i = 0; i < draft->n_merges; i++) {
        const struct fovea_draft_merge *merge = &draft->merges[i];
        if (i > 0 && merge->left == merge[-1].left &&
                merge->right == merge[-1].right) {
            continue;
        }
        arrays->merge_first[merge->left + 1]++;
        arrays->merges[n++] = (struct fovea_merge){ merge->right, merge->rank,
            merge->merged };
    }
    for (uint32_t id = 0; id < n_ids; id++) {
        arrays->merge_first[id + 1] += arrays->merge_first[id];
    }
    draft->n_merges = n;
    return FOVEA_OK;
}

static int
compare_letters(const void *a, const void *b)
{
    const struct fovea_letter *left = a;
    const struct fovea_letter *right = b;
    return (left->character > right->character) -
            (left->character < right->character);
}

/* The character that a piece is, without the suffix if it has that; false if it
   is more or less than one. */
static bool
is_letter(const uint8_t *text, size_t size, const char *suffix,
        bool *has_suffix_out, uint32_t *character_out)
{
    size_t suffix_size = strlen(suffix);
    *has_suffix_out = suffix_size > 0 && size > suffix_size &&
            memcmp(text + size - suffix_size, suffix, suffix_size) == 0;
    size -= *has_suffix_out ? suffix_size : 0;
    return size > 0 &&
            fovea_char_next(text, text + size, character_out) == size;
}

/* Pieces of one character, each with and without the suffix in one row. */
static enum fovea_status
make_letters(const struct fovea_draft *draft, struct arrays *arrays,
        struct fovea_error *err)
{
    const struct fovea_vocabulary *vocabulary = &draft->vocabulary;
    size_t capacity = 0;
    size_t n = 0;
    for (size_t i = 0; i < draft->n_model_entries; i++) {
        const struct fovea_entry *entry = &vocabulary->entries[i];
        struct fovea_letter letter = { 0, FOVEA_NO_TOKEN, FOVEA_NO_TOKEN };
        bool has_suffix = false;
        if (!is_letter(vocabulary->bytes + entry->at, entry->size,
                    draft->suffix, &has_suffix, &letter.character)) {
            continue;
        }
        enum fovea_status status = fovea_draft_grow((void **)&arrays->letters,
                n, &capacity, sizeof letter, err);
        if (status) {
            return status;
        }
        letter.id = has_suffix ? FOVEA_NO_TOKEN : entry->id;
        letter.last_id =
                has_suffix || !draft->suffix[0] ? entry->id : FOVEA_NO_TOKEN;
        arrays->letters[n++] = letter;
    }
    if (n > 0) {
        qsort(arrays->letters, n, sizeof *arrays->letters, compare_letters);
    }
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        struct fovea_letter *last = &arrays->letters[kept];
        const struct fovea_letter *letter = &arrays->letters[i];
        if (kept > 0 && last[-1].character == letter->character) {
            last[-1].id &= letter->id; /* one of the two is all ones */
            last[-1].last_id &= letter->last_id;
        } else {
            arrays->letters[kept++] = *letter;
        }
    }
    arrays->n_letters = kept;
    return FOVEA_OK;
}

static enum fovea_status
make_unigram(const struct fovea_draft *draft, struct arrays *arrays,
        struct fovea_error *err)
{
    const struct fovea_vocabulary *vocabulary = &draft->vocabulary;
    size_t n = draft->n_scores;
    FOVEA_AUTO_FREE struct fovea_trie_key *keys = calloc(n, sizeof *keys);
    arrays->scores = calloc(draft->model.n_ids, sizeof *arrays->scores);
    if (!keys || !arrays->scores) {
        return fovea_fail_memory(err, n * sizeof *keys, "pieces");
    }
    memcpy(arrays->scores, draft->scores, n * sizeof *arrays->scores);
    size_t n_keys = 0;
    for (size_t i = 0; i < n; i++) {
        const struct fovea_entry *entry = &vocabulary->entries[i];
        if (entry->size > 0) {
            keys[n_keys++] =
                    (struct fovea_trie_key){ vocabulary->bytes + entry->at,
                        entry->size, entry->id };
        }
    }
    return fovea_trie_build(keys, n_keys, &arrays->piece, err);
}

/* A part and its bytes. */
struct block {
    const void *bytes;
    size_t size;
};

static void
put_trie(struct block *blocks, enum fovea_part first,
        const struct fovea_trie *trie)
{
    if (trie->n_nodes > 0) {
        blocks[first] = (struct block){ trie->first,
            (trie->n_nodes + 1UL) * sizeof *trie->first };
        blocks[first + 1] = (struct block){ trie->value,
            trie->n_nodes * sizeof *trie->value };
        blocks[first + 2] = (struct block){ trie->label, trie->n_nodes };
    }
}

static void
put_blocks(const struct fovea_draft *draft, const struct arrays *arrays,
        struct block *blocks)
{
    const struct fovea_table_model *model = &draft->model;
    blocks[FOVEA_PART_OPS] =
            (struct block){ draft->ops, draft->n_ops * sizeof *draft->ops };
    blocks[FOVEA_PART_STRINGS] =
            (struct block){ draft->strings.data, draft->strings.size };
    blocks[FOVEA_PART_TEMPLATE] = (struct block){ draft->template,
        draft->n_template * sizeof *draft->template };
    blocks[FOVEA_PART_PIECE_ENDS] = (struct block){ arrays->piece_ends,
        model->n_ids * sizeof *arrays->piece_ends };
    blocks[FOVEA_PART_PIECES] =
            (struct block){ arrays->pieces, arrays->n_piece_bytes };
    blocks[FOVEA_PART_ADDED] = (struct block){ draft->added,
        draft->n_added * sizeof *draft->added };
    put_trie(blocks, FOVEA_PART_RAW_FIRST, &draft->raw);
    put_trie(blocks, FOVEA_PART_NORMAL_FIRST, &draft->normal);
    put_trie(blocks, FOVEA_PART_CHARSMAP_FIRST, &draft->charsmap);
    put_trie(blocks, FOVEA_PART_PIECE_FIRST, &arrays->piece);
    blocks[FOVEA_PART_REPLACEMENTS] = (struct block){ draft->replacements,
        draft->n_replacements * sizeof *draft->replacements };
    if (model->flags & FOVEA_MODEL_BYTE_FALLBACK) {
        blocks[FOVEA_PART_BYTE_IDS] =
                (struct block){ draft->byte_ids, sizeof draft->byte_ids };
    }
    if (model->kind == FOVEA_MODEL_BPE) {
        blocks[FOVEA_PART_MERGE_FIRST] = (struct block){ arrays->merge_first,
            (model->n_ids + 1UL) * sizeof *arrays->merge_first };
        blocks[FOVEA_PART_MERGES] = (struct block){ arrays->merges,
            draft->n_merges * sizeof *arrays->merges };
        blocks[FOVEA_PART_LETTERS] = (struct block){ arrays->letters,
            arrays->n_letters * sizeof *arrays->letters };
    } else {
        blocks[FOVEA_PART_SCORES] = (struct block){ arrays->scores,
            model->n_ids * sizeof *arrays->scores };
    }
}

static enum fovea_status
write_blocks(const struct fovea_table_model *model, const struct block *blocks,
        int fd, struct fovea_error *err)
{
    static const uint8_t zeros[8];
    struct fovea_table_header header;
    fovea_table_begin(&header);
    header.model = *model;
    uint64_t at = sizeof header;
    for (size_t i = 0; i < FOVEA_N_PARTS; i++) {
        header.parts[i] = (struct fovea_table_part){ at, blocks[i].size,
            fovea_checksum(blocks[i].bytes ? blocks[i].bytes : zeros,
                    blocks[i].size) };
        at += (blocks[i].size + 7) & ~(size_t)7;
    }
    header.size = at;
    header.checksum = fovea_table_checksum(&header);
    enum fovea_status status =
            fovea_memfd_write(fd, &header, sizeof header, err);
    for (size_t i = 0; !status && i < FOVEA_N_PARTS; i++) {
        status = fovea_memfd_write(fd, blocks[i].bytes, blocks[i].size, err);
        if (!status) {
            status = fovea_memfd_write(fd, zeros, -blocks[i].size & 7, err);
        }
    }
    return status;
}

enum fovea_status
fovea_write_table(struct fovea_draft *draft, int *fd_out,
        struct fovea_error *err)
{
    if (draft->model.n_ids > draft->vocabulary.n + FOVEA_MAX_ID_GAPS) {
        return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_INVALID, err,
                "more than %d ids have no piece", FOVEA_MAX_ID_GAPS);
    }
    FOVEA_AUTO(arrays_finish) struct arrays arrays = { 0 };
    enum fovea_status status = make_pieces(draft, &arrays, err);
    if (!status && draft->model.kind == FOVEA_MODEL_UNIGRAM) {
        status = make_unigram(draft, &arrays, err);
    } else if (!status) {
        status = make_merges(draft, &arrays, err);
        if (!status) {
            status = make_letters(draft, &arrays, err);
        }
    }
    if (status) {
        return status;
    }
    struct block blocks[FOVEA_N_PARTS] = { 0 };
    put_blocks(draft, &arrays, blocks);
    FOVEA_AUTO_FD int fd = -1;
    status = fovea_memfd_create("tokenizer", &fd, err);
    if (!status) {
        status = write_blocks(&draft->model, blocks, fd, err);
    }
    if (!status) {
        status = fovea_memfd_seal(fd, err);
    }
    if (!status) {
        *fd_out = fd;
        fd = -1;
    }
    return status;
}
