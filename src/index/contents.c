/* See contents.h. */
#include "index/contents.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/vector.h"
#include "index/appender.h"
#include "index/bury.h"
#include "index/change.h"
#include "index/digest.h"
#include "index/orphans.h"
#include "index/query.h"
#include "index/snapshot.h"

enum {
    BATCH = 256, /* contents that are removed in one go */
};

/* Columns 0 to 6 of CONTENT_FIND and CONTENT_GET. */
static void
read_content(struct fovea_query *query, struct fovea_index_content *content)
{
    size_t size = 0;
    const void *digest = fovea_query_bytes(query, 1, &size);
    int64_t width = fovea_query_number(query, 3);
    int64_t height = fovea_query_number(query, 4);
    const char *format = fovea_query_text(query, 5);
    *content = (struct fovea_index_content){
        .id = fovea_query_number(query, 0),
        .size_bytes = (uint64_t)fovea_query_number(query, 2),
        .has_taken = !fovea_query_is_null(query, 6),
        .taken_s = fovea_query_number(query, 6),
    };
    if (size != FOVEA_DIGEST_BYTES || width < 0 || width > UINT32_MAX ||
            height < 0 || height > UINT32_MAX ||
            strlen(format) >= sizeof content->format) {
        fovea_query_refuse(query, "a content that is none");
        return;
    }
    fovea_digest_print(digest, content->digest);
    content->width_px = (uint32_t)width;
    content->height_px = (uint32_t)height;
    memcpy(content->format, format, strlen(format) + 1);
}

/* Ends the query. */
static enum fovea_status
read_only_row(struct fovea_query *query,
        struct fovea_index_content *content_out, bool *is_there_out)
{
    struct fovea_index_content content = { 0 };
    *is_there_out = fovea_query_step(query);
    if (*is_there_out) {
        read_content(query, &content);
    }
    enum fovea_status status = fovea_query_end(query);
    if (!status && *is_there_out) {
        *content_out = content;
    }
    return status;
}

static enum fovea_status
find(struct fovea_index_folder *folder,
        const uint8_t digest[FOVEA_DIGEST_BYTES],
        struct fovea_index_content *content_out, bool *is_there_out,
        struct fovea_error *err)
{
    struct fovea_query query =
            fovea_query(&folder->db, FOVEA_SQL_CONTENT_FIND, err);
    fovea_query_put_bytes(&query, digest, FOVEA_DIGEST_BYTES);
    return read_only_row(&query, content_out, is_there_out);
}

enum fovea_status
fovea_index_content_find(struct fovea_index_folder *folder, const char *digest,
        struct fovea_index_content *content_out, struct fovea_error *err)
{
    uint8_t bytes[FOVEA_DIGEST_BYTES];
    bool is_there = false;
    enum fovea_status status = fovea_digest_parse(digest, bytes, err);
    if (!status) {
        status = find(folder, bytes, content_out, &is_there, err);
    }
    if (!status && !is_there) {
        status = fovea_fail(err, FOVEA_ERR_NO_ITEM,
                "%s: the index has no content with digest %s", folder->path,
                digest);
    }
    return status;
}

enum fovea_status
fovea_index_content_get(struct fovea_index_folder *folder, int64_t id,
        struct fovea_index_content *content_out, struct fovea_error *err)
{
    bool is_there = false;
    struct fovea_query query =
            fovea_query(&folder->db, FOVEA_SQL_CONTENT_GET, err);
    fovea_query_put(&query, id);
    enum fovea_status status = read_only_row(&query, content_out, &is_there);
    if (!status && !is_there) {
        status = fovea_fail(err, FOVEA_ERR_NO_ITEM,
                "%s: the index has no content %" PRId64, folder->path, id);
    }
    return status;
}

/* Parameters behind the first: size, width, height, format, taken. */
static void
put_facts(struct fovea_query *query, const struct fovea_index_content *content)
{
    fovea_query_put(query, (int64_t)content->size_bytes);
    fovea_query_put(query, content->width_px);
    fovea_query_put(query, content->height_px);
    fovea_query_put_text(query, content->format);
    if (content->has_taken) {
        fovea_query_put(query, content->taken_s);
    } else {
        fovea_query_put_null(query);
    }
}

/* Facts that are known now take the place of those that were. */
static enum fovea_status
update(struct fovea_index_folder *folder, struct fovea_index_content known,
        const struct fovea_index_content *content, struct fovea_error *err)
{
    if (content->width_px == 0 || content->format[0] == '\0') {
        return FOVEA_OK;
    }
    bool is_same = known.width_px == content->width_px &&
            known.height_px == content->height_px &&
            strcmp(known.format, content->format) == 0 &&
            known.has_taken == content->has_taken &&
            known.taken_s == content->taken_s;
    if (is_same) {
        return FOVEA_OK;
    }
    struct fovea_query query =
            fovea_query(&folder->db, FOVEA_SQL_CONTENT_UPDATE, err);
    fovea_query_put(&query, known.id);
    put_facts(&query, content);
    (void)fovea_query_step(&query);
    return fovea_query_end(&query);
}

static enum fovea_status
need_content(struct fovea_index_folder *folder,
        const struct fovea_index_content *content, int64_t *id_out,
        struct fovea_error *err)
{
    uint8_t digest[FOVEA_DIGEST_BYTES];
    struct fovea_index_content known;
    bool is_there = false;
    enum fovea_status status = fovea_digest_parse(content->digest, digest, err);
    if (!status) {
        status = find(folder, digest, &known, &is_there, err);
    }
    if (status || is_there) {
        *id_out = is_there ? known.id : 0;
        return status ? status : update(folder, known, content, err);
    }
    struct fovea_query query =
            fovea_query(&folder->db, FOVEA_SQL_CONTENT_ADD, err);
    fovea_query_put_bytes(&query, digest, sizeof digest);
    put_facts(&query, content);
    (void)fovea_query_step(&query);
    status = fovea_query_end(&query);
    *id_out = sqlite3_last_insert_rowid(folder->db.sqlite);
    /* A file or an item may never come to lead to it. */
    return status ? status : fovea_orphans_note(folder, err);
}

enum fovea_status
fovea_index_content_has(struct fovea_index_folder *folder, int64_t set,
        int64_t content, bool *has_out, struct fovea_error *err)
{
    struct fovea_query query = fovea_query(&folder->db, FOVEA_SQL_ROW_OF, err);
    fovea_query_put(&query, set);
    fovea_query_put(&query, content);
    *has_out = fovea_query_step(&query);
    return fovea_query_end(&query);
}

static enum fovea_status
add_vector(struct fovea_index_folder *folder, int64_t content,
        const struct fovea_index_vector *vector, struct fovea_error *err)
{
    const struct fovea_index_set *set = NULL;
    bool has = false;
    enum fovea_status status =
            fovea_snapshot_set(folder, vector->set, &set, err);
    if (!status) {
        status = fovea_index_content_has(folder, vector->set, content, &has,
                err);
    }
    if (status || has) {
        return status;
    }
    int64_t segment = 0;
    uint64_t row = 0;
    status = fovea_appender_add(folder, set, vector->values, &segment, &row,
            err);
    return status ? status
                  : fovea_query_run(&folder->db, FOVEA_SQL_ROW_ADD,
                            (const int64_t[]){ vector->set, content, segment,
                                    (int64_t)row },
                            4, err);
}

/* All that may be refused, before anything is done. */
static enum fovea_status
check(struct fovea_index_folder *folder,
        const struct fovea_index_vector *vectors, size_t n,
        struct fovea_error *err)
{
    for (size_t i = 0; i < n; i++) {
        const struct fovea_index_set *set = NULL;
        enum fovea_status status =
                fovea_snapshot_set(folder, vectors[i].set, &set, err);
        if (status) {
            return status;
        }
        double square =
                fovea_vector_square(vectors[i].values, set->key.dimension);
        if (!isfinite(square) || square <= 0) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "the vector for %s is not finite, or all zeros",
                    set->key.model);
        }
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_index_content_put(struct fovea_index_folder *folder,
        const struct fovea_index_content *content,
        const struct fovea_index_vector *vectors, size_t n_vectors,
        int64_t *id_out, struct fovea_error *err)
{
    int64_t id = 0;
    enum fovea_status status = fovea_index_change(folder, err);
    if (!status) {
        status = check(folder, vectors, n_vectors, err);
    }
    if (!status) {
        status = need_content(folder, content, &id, err);
    }
    for (size_t i = 0; !status && i < n_vectors; i++) {
        status = add_vector(folder, id, &vectors[i], err);
    }
    if (!status) {
        *id_out = id;
    }
    return fovea_index_changed(folder, status);
}

/* The next contents without a file or an item, behind last. */
static enum fovea_status
read_orphans(struct fovea_index_folder *folder, int64_t last,
        int64_t ids[BATCH], size_t *n_out, struct fovea_error *err)
{
    struct fovea_query query = fovea_query(&folder->db, FOVEA_SQL_ORPHANS, err);
    size_t n = 0;
    fovea_query_put(&query, last);
    fovea_query_put(&query, BATCH);
    while (n < BATCH && fovea_query_step(&query)) {
        ids[n++] = fovea_query_number(&query, 0);
    }
    *n_out = n;
    return fovea_query_end(&query);
}

static enum fovea_status
sweep(struct fovea_index_folder *folder, uint64_t *n_removed,
        struct fovea_error *err)
{
    int64_t ids[BATCH];
    int64_t last = 0;
    size_t n = BATCH;
    while (n == BATCH) {
        enum fovea_status status = read_orphans(folder, last, ids, &n, err);
        for (size_t i = 0; !status && i < n; i++) {
            status = fovea_bury(folder, ids[i], err);
            last = ids[i];
        }
        if (status) {
            return status;
        }
        *n_removed += n;
    }
    return fovea_orphans_forget(folder, err);
}

enum fovea_status
fovea_index_sweep(struct fovea_index_folder *folder, uint64_t *n_out,
        struct fovea_error *err)
{
    bool is_noted = false;
    uint64_t n = 0;
    enum fovea_status status = fovea_orphans_are_noted(folder, &is_noted, err);
    if (!status && is_noted) {
        status = fovea_index_change(folder, err);
        if (!status) {
            status = sweep(folder, &n, err);
        }
        status = fovea_index_changed(folder, status);
    }
    if (!status) {
        *n_out = n;
    }
    return status;
}
