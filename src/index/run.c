/* See run.h. */
#include "index/run.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/utf8.h"
#include "index/change.h"
#include "index/lock.h"
#include "index/query.h"

static enum fovea_status
put(struct fovea_index_folder *folder, const struct fovea_index_run *run,
        struct fovea_error *err)
{
    const int64_t numbers[] = { (int64_t)run->n_done, (int64_t)run->n_total,
        (int64_t)run->n_failed, run->started_s, run->updated_s,
        run->finished_s };
    struct fovea_query query = fovea_query(&folder->db, FOVEA_SQL_RUN_PUT, err);
    fovea_query_put(&query, getpid());
    fovea_query_put_text(&query, run->phase);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(numbers); i++) {
        fovea_query_put(&query, numbers[i]);
    }
    (void)fovea_query_step(&query);
    return fovea_query_end(&query);
}

enum fovea_status
fovea_index_run_put(struct fovea_index_folder *folder,
        const struct fovea_index_run *run, struct fovea_error *err)
{
    enum fovea_status status = fovea_index_change(folder, err);
    if (!status) {
        status = put(folder, run, err);
    }
    return fovea_index_changed(folder, status);
}

enum fovea_status
fovea_index_run_get(struct fovea_index_folder *folder,
        struct fovea_index_run *run_out, struct fovea_error *err)
{
    struct fovea_index_run run = { 0 };
    struct fovea_query query = fovea_query(&folder->db, FOVEA_SQL_RUN_GET, err);
    bool is_there = fovea_query_step(&query);
    if (is_there) {
        run.pid = (pid_t)fovea_query_number(&query, 0);
        (void)snprintf(run.phase, sizeof run.phase, "%s",
                fovea_query_text(&query, 1));
        fovea_utf8_make_line(run.phase);
        run.n_done = (uint64_t)fovea_query_number(&query, 2);
        run.n_total = (uint64_t)fovea_query_number(&query, 3);
        run.n_failed = (uint64_t)fovea_query_number(&query, 4);
        run.started_s = fovea_query_number(&query, 5);
        run.updated_s = fovea_query_number(&query, 6);
        run.finished_s = fovea_query_number(&query, 7);
    }
    enum fovea_status status = fovea_query_end(&query);
    if (!status && !is_there) {
        status = fovea_fail(err, FOVEA_ERR_NO_ITEM,
                "%s: nothing has been indexed yet", folder->path);
    }
    if (!status) {
        run.is_going = run.finished_s == 0 &&
                (folder->lock_fd >= 0 || fovea_index_is_locked(folder->fd));
        *run_out = run;
    }
    return status;
}
