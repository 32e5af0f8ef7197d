/* See mask.h. */
#include "index/mask.h"

#include "base/error.h"
#include "index/contents.h"
#include "index/files.h"
#include "index/internal.h"
#include "index/items.h"
#include "index/query.h"
#include "index/roots.h"
#include "index/rows.h"

/* A mask that grows, and what its bits go by. */
struct sieve {
    struct fovea_index_folder *folder;
    const struct fovea_index_set *set;
    const struct fovea_index_filter *filter;
    struct fovea_index_root *roots; /* owned */
    size_t n_roots;
    uint64_t *mask; /* owned */
    uint64_t n;     /* bits that are set */
};

static void
finish_sieve(struct sieve *sieve)
{
    free(sieve->roots);
    free(sieve->mask);
}

static void
set_bit(struct sieve *sieve, uint64_t row)
{
    uint64_t bit = UINT64_C(1) << row % 64;
    sieve->n += !(sieve->mask[row / 64] & bit);
    sieve->mask[row / 64] |= bit;
}

/* All rows but the tombstones. */
static enum fovea_status
clear_tombstones(struct sieve *sieve, size_t place, struct fovea_error *err)
{
    const struct fovea_index_set *set = sieve->set;
    uint64_t n_rows = fovea_segment_n_rows(set->segments[place]);
    struct fovea_query query =
            fovea_query(&sieve->folder->db, FOVEA_SQL_TOMBSTONES, err);
    fovea_query_put(&query, set->segment_ids[place]);
    while (fovea_query_step(&query)) {
        uint64_t row = (uint64_t)fovea_query_number(&query, 0);
        if (row >= n_rows) {
            fovea_query_refuse(&query, "a tombstone that no segment has");
            continue;
        }
        row += set->first_rows[place];
        sieve->mask[row / 64] &= ~(UINT64_C(1) << row % 64);
    }
    return fovea_query_end(&query);
}

static enum fovea_status
fill_live(struct sieve *sieve, struct fovea_error *err)
{
    const struct fovea_index_set *set = sieve->set;
    for (uint64_t row = 0; row < set->n_rows; row++) {
        set_bit(sieve, row);
    }
    for (size_t i = 0; i < set->n_segments; i++) {
        enum fovea_status status = clear_tombstones(sieve, i, err);
        if (status) {
            return status;
        }
    }
    sieve->n = set->n_live;
    return FOVEA_OK;
}

static enum fovea_status
let_through(struct sieve *sieve, int64_t id, struct fovea_error *err)
{
    uint64_t row = 0;
    enum fovea_status status =
            fovea_index_content_row(sieve->folder, sieve->set, id, &row, err);
    if (status == FOVEA_ERR_NO_ITEM) { /* in another set alone */
        fovea_error_clear(err);
        return FOVEA_OK;
    }
    if (!status) {
        set_bit(sieve, row);
    }
    return status;
}

static const char *
root_path(const struct sieve *sieve, int64_t id)
{
    for (size_t i = 0; i < sieve->n_roots; i++) {
        if (sieve->roots[i].id == id) {
            return sieve->roots[i].path;
        }
    }
    return "";
}

static enum fovea_status
look_at_file(struct sieve *sieve, const struct fovea_index_file *file,
        struct fovea_error *err)
{
    struct fovea_index_content room;
    const struct fovea_index_content *content = NULL;
    if (file->content <= 0) {
        return FOVEA_OK;
    }
    enum fovea_status status = fovea_index_filter_look_up(sieve->folder,
            sieve->filter, file->content, &room, &content, err);
    return status ||
                    !fovea_index_filter_takes_file(sieve->filter,
                            root_path(sieve, file->root), file, content)
            ? status
            : let_through(sieve, file->content, err);
}

FOVEA_DEFINE_AUTO(struct fovea_index_files *, fovea_index_files_close);
FOVEA_DEFINE_AUTO(struct fovea_index_items *, fovea_index_items_close);

static enum fovea_status
sieve_files(struct sieve *sieve, struct fovea_error *err)
{
    static const struct fovea_index_file_query all = { 0 };
    FOVEA_AUTO(fovea_index_files_close_auto)
    struct fovea_index_files *files = NULL;
    const struct fovea_index_file *file = NULL;
    enum fovea_status status =
            fovea_index_files_open(sieve->folder, &all, &files, err);
    while (!status) {
        status = fovea_index_files_next(files, &file, err);
        if (status || !file) {
            break;
        }
        status = look_at_file(sieve, file, err);
    }
    return status;
}

static enum fovea_status
sieve_items(struct sieve *sieve, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_index_items_close_auto)
    struct fovea_index_items *items = NULL;
    const struct fovea_index_item *item = NULL;
    enum fovea_status status =
            fovea_index_items_open(sieve->folder, 0, &items, err);
    while (!status) {
        status = fovea_index_items_next(items, &item, err);
        if (status || !item) {
            break;
        }
        struct fovea_index_content room;
        const struct fovea_index_content *content = NULL;
        status = fovea_index_filter_look_up(sieve->folder, sieve->filter,
                item->content, &room, &content, err);
        if (!status &&
                fovea_index_filter_takes_item(sieve->filter, item, content)) {
            status = let_through(sieve, item->content, err);
        }
    }
    return status;
}

enum fovea_status
fovea_index_mask(struct fovea_index_folder *folder,
        const struct fovea_index_set *set,
        const struct fovea_index_filter *filter, uint64_t **mask_out,
        uint64_t *n_out, struct fovea_error *err)
{
    if (fovea_index_filter_is_any(filter) && set->n_live == set->n_rows) {
        *mask_out = NULL;
        *n_out = set->n_rows;
        return FOVEA_OK;
    }
    FOVEA_AUTO(finish_sieve)
    struct sieve sieve = { .folder = folder, .set = set, .filter = filter };
    size_t n_words = (size_t)(set->n_rows / 64 + 1);
    sieve.mask = calloc(n_words, sizeof *sieve.mask);
    if (!sieve.mask) {
        return fovea_fail_memory(err, n_words * sizeof *sieve.mask, "a mask");
    }
    enum fovea_status status = FOVEA_OK;
    if (fovea_index_filter_is_any(filter)) {
        status = fill_live(&sieve, err);
    } else {
        status = fovea_index_roots(folder, &sieve.roots, &sieve.n_roots, err);
        status = status ? status : sieve_files(&sieve, err);
        status = status ? status : sieve_items(&sieve, err);
    }
    if (!status) {
        *mask_out = FOVEA_TAKE(sieve.mask);
        *n_out = sieve.n;
    }
    return status;
}
