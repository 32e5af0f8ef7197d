/* See check_references.h. */
#include "index/check_references.h"

#include <inttypes.h>

#include "base/error.h"
#include "index/query.h"

struct rule {
    const char *sql; /* how many break it */
    const char *fault;
    const char *remedy;
};

static const struct rule rules[] = {
    { "SELECT count(*) FROM files WHERE root NOT IN (SELECT id FROM roots)",
            "files lie below a root that the index does not have",
            FOVEA_REMEDY_ANEW },
    { "SELECT count(*) FROM files WHERE content <> 0 AND content NOT IN "
      "(SELECT id FROM contents)",
            "files lead to contents that the index does not have",
            FOVEA_REMEDY_FILE },
    { "SELECT count(*) FROM files WHERE failure <> 0 AND failure NOT IN "
      "(SELECT id FROM failures)",
            "files lead to failures that the index does not have",
            FOVEA_REMEDY_FILE },
    { "SELECT count(*) FROM items WHERE content NOT IN "
      "(SELECT id FROM contents)",
            "items lead to contents that the index does not have",
            "remove the items and add them again" },
    { "SELECT count(*) FROM contents WHERE length(digest) <> 32",
            "contents have a digest that is none", FOVEA_REMEDY_ANEW },
    { "SELECT count(*) FROM rows WHERE content NOT IN "
      "(SELECT id FROM contents)",
            "vectors are of contents that the index does not have",
            FOVEA_REMEDY_ANEW },
    { "SELECT count(*) FROM rows r LEFT JOIN segments s ON s.id = r.segment "
      "WHERE s.id IS NULL OR s.set_id <> r.set_id OR r.row < 0 "
      "OR r.row >= s.n_rows",
            "vectors have a place that no segment has", FOVEA_REMEDY_ANEW },
    { "SELECT count(*) FROM tombstones t LEFT JOIN segments s "
      "ON s.id = t.segment WHERE s.id IS NULL OR t.row < 0 "
      "OR t.row >= s.n_rows",
            "tombstones have a place that no segment has", FOVEA_REMEDY_ANEW },
    { "SELECT count(*) FROM segments s WHERE s.n_tombstones <> "
      "(SELECT count(*) FROM tombstones t WHERE t.segment = s.id) "
      "OR s.n_rows <> s.n_tombstones + "
      "(SELECT count(*) FROM rows r WHERE r.segment = s.id)",
            "segments have another number of vectors than they should",
            FOVEA_REMEDY_ANEW },
    { "SELECT count(*) FROM rows r JOIN tombstones t "
      "ON t.segment = r.segment AND t.row = r.row",
            "vectors were removed and are there", FOVEA_REMEDY_ANEW },
    { "SELECT count(*) FROM segments WHERE set_id NOT IN "
      "(SELECT id FROM sets)",
            "segments belong to a set that the index does not have",
            FOVEA_REMEDY_ANEW },
};

enum fovea_status
fovea_check_references(struct fovea_check *check, struct fovea_error *err)
{
    for (size_t i = 0; !check->is_ended && i < FOVEA_ARRAY_LEN(rules); i++) {
        int64_t n = 0;
        enum fovea_status status =
                fovea_db_read_number(&check->folder->db, rules[i].sql, &n, err);
        if (status) {
            return status;
        }
        if (n > 0) {
            fovea_check_report(check, rules[i].remedy, "%" PRId64 " %s", n,
                    rules[i].fault);
        }
    }
    return FOVEA_OK;
}
