/* See orphans.h. */
#include "index/orphans.h"

#include "index/query.h"

static const char name[] = "orphans";

static enum fovea_status
put(struct fovea_index_folder *folder, int64_t value, struct fovea_error *err)
{
    struct fovea_query query =
            fovea_query(&folder->db, FOVEA_SQL_META_PUT, err);
    fovea_query_put_text(&query, name);
    fovea_query_put(&query, value);
    (void)fovea_query_step(&query);
    return fovea_query_end(&query);
}

enum fovea_status
fovea_orphans_note(struct fovea_index_folder *folder, struct fovea_error *err)
{
    return put(folder, 1, err);
}

enum fovea_status
fovea_orphans_forget(struct fovea_index_folder *folder, struct fovea_error *err)
{
    return put(folder, 0, err);
}

enum fovea_status
fovea_orphans_are_noted(struct fovea_index_folder *folder, bool *noted_out,
        struct fovea_error *err)
{
    struct fovea_query query =
            fovea_query(&folder->db, FOVEA_SQL_META_GET, err);
    fovea_query_put_text(&query, name);
    *noted_out = fovea_query_step(&query) && fovea_query_number(&query, 0) == 1;
    return fovea_query_end(&query);
}
