/* See bury.h. */
#include "index/bury.h"

#include "index/query.h"

struct place {
    int64_t set;
    int64_t segment;
    int64_t row;
};

/* The next place of a content's vectors, in a set behind last. */
static enum fovea_status
find_place(struct fovea_index_folder *folder, int64_t content, int64_t last,
        struct place *place_out, struct fovea_error *err)
{
    struct fovea_query query =
            fovea_query(&folder->db, FOVEA_SQL_ROWS_OF_CONTENT, err);
    *place_out = (struct place){ 0 };
    fovea_query_put(&query, content);
    fovea_query_put(&query, last);
    if (fovea_query_step(&query)) {
        *place_out = (struct place){ fovea_query_number(&query, 0),
            fovea_query_number(&query, 1), fovea_query_number(&query, 2) };
    }
    return fovea_query_end(&query);
}

static enum fovea_status
bury_row(struct fovea_db *db, int64_t content, const struct place *place,
        struct fovea_error *err)
{
    enum fovea_status status = fovea_query_run(db, FOVEA_SQL_ROW_REMOVE,
            (const int64_t[]){ place->set, content }, 2, err);
    if (!status) {
        status = fovea_query_run(db, FOVEA_SQL_TOMBSTONE_ADD,
                (const int64_t[]){ place->segment, place->row }, 2, err);
    }
    return status ? status
                  : fovea_query_run(db, FOVEA_SQL_SEGMENT_BURY, &place->segment,
                            1, err);
}

enum fovea_status
fovea_bury(struct fovea_index_folder *folder, int64_t content,
        struct fovea_error *err)
{
    struct place place = { 0 };
    for (;;) {
        enum fovea_status status =
                find_place(folder, content, place.set, &place, err);
        if (status) {
            return status;
        }
        if (place.set == 0) {
            break;
        }
        status = bury_row(&folder->db, content, &place, err);
        if (status) {
            return status;
        }
    }
    return fovea_query_run(&folder->db, FOVEA_SQL_CONTENT_REMOVE, &content, 1,
            err);
}

enum fovea_status
fovea_bury_if_alone(struct fovea_index_folder *folder, int64_t content,
        struct fovea_error *err)
{
    struct fovea_query query =
            fovea_query(&folder->db, FOVEA_SQL_CONTENT_REFERRED, err);
    bool is_alone = false;
    fovea_query_put(&query, content);
    if (fovea_query_step(&query)) {
        is_alone = fovea_query_number(&query, 0) == 0;
    }
    enum fovea_status status = fovea_query_end(&query);
    return status || !is_alone ? status : fovea_bury(folder, content, err);
}
