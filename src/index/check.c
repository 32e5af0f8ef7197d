/* See check.h. */
#include "index/check.h"

#include <string.h>

#include "base/error.h"
#include "index/check_references.h"
#include "index/check_segments.h"
#include "index/query.h"

enum {
    MAX_LINES = 100, /* of SQLite's own check */
};

/* SQLite's own check of every page. */
static enum fovea_status
check_database(struct fovea_check *check, struct fovea_error *err)
{
    struct fovea_query query =
            fovea_query(&check->folder->db, FOVEA_SQL_INTEGRITY, err);
    size_t n = 0;
    while (!check->is_ended && n < MAX_LINES && fovea_query_step(&query)) {
        const char *line = fovea_query_text(&query, 0);
        if (n == 0 && strcmp(line, "ok") == 0) {
            break;
        }
        fovea_check_report(check, FOVEA_REMEDY_ANEW, "index.sqlite: %s", line);
        n++;
    }
    return fovea_query_end(&query);
}

static enum fovea_status
check_all(struct fovea_check *check, struct fovea_error *err)
{
    enum fovea_status status = check_database(check, err);
    if (!status && !check->is_ended) {
        status = fovea_check_references(check, err);
    }
    if (!status && !check->is_ended) {
        status = fovea_check_segments(check, err);
    }
    return status;
}

/* A fault that ends the check, since nothing can be read behind it. */
static enum fovea_status
settle(struct fovea_check *check, enum fovea_status status,
        struct fovea_error *err)
{
    if (check->is_ended) {
        return fovea_fail(err, FOVEA_ERR_CANCELLED,
                "the check of the index was ended");
    }
    if (status == FOVEA_ERR_INDEX_DAMAGED) {
        fovea_check_report(check, FOVEA_REMEDY_ANEW, "%s", err->message);
        fovea_error_clear(err);
        status = FOVEA_OK;
    }
    return status;
}

enum fovea_status
fovea_index_check(const char *path, const struct fovea_index_check_calls *calls,
        uint64_t *n_faults_out, struct fovea_error *err)
{
    struct fovea_check check = { .calls = calls };
    struct fovea_error own;
    err = err ? err : &own;
    enum fovea_status status =
            fovea_index_folder_open(path, FOVEA_INDEX_READ, &check.folder, err);
    if (!status) {
        status = fovea_query_begin(&check.folder->db, FOVEA_SQL_BEGIN, err);
    }
    if (!status) {
        status = check_all(&check, err);
    }
    fovea_index_folder_close(check.folder);
    status = settle(&check, status, err);
    if (!status) {
        *n_faults_out = check.n_faults;
    }
    return status;
}
