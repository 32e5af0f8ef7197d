/* How much an index has: see folder.h. */
#include "index/folder_size.h"
#include "index/internal.h"
#include "index/query.h"

enum fovea_status
fovea_index_count(struct fovea_index_folder *folder,
        struct fovea_index_counts *counts_out, struct fovea_error *err)
{
    struct fovea_index_counts counts = { 0 };
    struct fovea_query query = fovea_query(&folder->db, FOVEA_SQL_COUNTS, err);
    if (fovea_query_step(&query)) {
        counts.n_files = (uint64_t)fovea_query_number(&query, 0);
        counts.n_failed = (uint64_t)fovea_query_number(&query, 1);
        counts.n_contents = (uint64_t)fovea_query_number(&query, 2);
        counts.n_items = (uint64_t)fovea_query_number(&query, 3);
    }
    enum fovea_status status = fovea_query_end(&query);
    if (!status) {
        counts.size_bytes = fovea_folder_size(folder->fd);
        *counts_out = counts;
    }
    return status;
}
