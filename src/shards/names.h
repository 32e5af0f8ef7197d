/*
 * A file of names, manifest/names_N.jsonl: a line of JSON an input, or a line for many,
 * which are members of an archive.
 *
 *     {"input":"a.jpg"}
 *     {"input":"photos/b.jpg","found":true}
 *     {"input":"caf?.jpg","input_hex":"636166e92e6a7067"}
 *     {"input":"photos/locked","problem":{"status":303,"message":"..."}}
 *     {"archive":"c.tar","first":1000,"count":1000,"offset":52428800,
 *         "size":104857600,"version":"..."}
 *
 * A name that is not UTF-8 has all of its bytes beside it. An archive without a count
 * is read to its end, whatever that is.
 */
#ifndef FOVEA_SHARDS_NAMES_H
#define FOVEA_SHARDS_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "fovea/status.h"

#include "base/text.h"

enum {
    FOVEA_NAME_VERSION_SIZE = 160,
};

/** A line. */
struct fovea_shard_name {
    char *name; /* owned: of an input, or of an archive */
    bool found; /* below a folder or a prefix: what is no image is passed over */
    bool is_archive;
    uint64_t first;  /* its members */
    uint64_t count;  /* FOVEA_SHARD_UNCOUNTED */
    uint64_t offset; /* of the first one's header; 0 */
    uint64_t size;   /* of the archive, bytes; 0: not known */
    char version[FOVEA_NAME_VERSION_SIZE]; /* of the archive; "": not known */
    struct fovea_error problem; /* why it could not be listed; code FOVEA_OK */
};

void fovea_shard_name_finish(struct fovea_shard_name *name);

/** Add its line. */
void fovea_shard_name_write(const struct fovea_shard_name *name,
        struct fovea_text *text);

/** Lines that are being read; borrowed bytes. */
struct fovea_names_reader {
    const char *at;
    const char *end;
    uint64_t line; /* number of the last one, from 1 */
};

/**
 * Read the next line.
 *
 * @param is_end_out  There is none; name_out is not set.
 * @param name_out    To be finished after success.
 * @return FOVEA_OK; FOVEA_ERR_SHARDS_DIFFER if it is no line of such a file;
 *         FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_names_read(
        struct fovea_names_reader *reader, bool *is_end_out,
        struct fovea_shard_name *name_out, struct fovea_error *err);

/** Whether bytes are a file of names, to the last line. */
bool fovea_names_are_good(const char *bytes, size_t size);

#endif
