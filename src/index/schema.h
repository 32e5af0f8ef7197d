/* The tables of an index, and which version of them a file has. */
#ifndef FOVEA_INDEX_SCHEMA_H
#define FOVEA_INDEX_SCHEMA_H

#include "index/db.h"

enum {
    FOVEA_INDEX_VERSION = 1,
    FOVEA_INDEX_APPLICATION = 0x666f7665, /* "fove", in SQLite's header */
};

/** Make the tables of an empty file, and what stands in them from the start. */
FOVEA_NODISCARD enum fovea_status fovea_schema_create(struct fovea_db *db,
        struct fovea_error *err);

/**
 * Say which version a file has.
 *
 * @return FOVEA_OK; FOVEA_ERR_INDEX_NEWER; FOVEA_ERR_INDEX_DAMAGED for a file that
 *         is no index of fovea's.
 */
FOVEA_NODISCARD enum fovea_status fovea_schema_version(struct fovea_db *db,
        int64_t *version_out, struct fovea_error *err);

/** The same of the two numbers in a file's header. */
FOVEA_NODISCARD enum fovea_status fovea_schema_identify(
        const struct fovea_db *db, int64_t application, int64_t version,
        struct fovea_error *err);

/** Compare the tables of a file with those of this version, to the letter:
 *  FOVEA_ERR_INDEX_DAMAGED if there is anything else, as a trigger or a view. */
FOVEA_NODISCARD enum fovea_status fovea_schema_check(struct fovea_db *db,
        struct fovea_error *err);

#endif
