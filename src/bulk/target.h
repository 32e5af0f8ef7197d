/*
 * Where -o leads: what is to be written, by the name's ending, and what stands
 * there and must not be replaced.
 *
 * A file that results may replace is one that fovea has written: results in
 * JSON lines, known by their first one, or an array whose list of such lines is
 * beside it. Anything else takes --overwrite. A file that is among the inputs is
 * never replaced, by whatever path it is named there: files are compared by
 * device and inode.
 */
#ifndef FOVEA_BULK_TARGET_H
#define FOVEA_BULK_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "fovea/status.h"

#include "sys/atomic_file.h"

enum fovea_form {
    FOVEA_FORM_ARRAY, /* x.npy, and x.npy.jsonl beside it */
    FOVEA_FORM_LINES, /* x.jsonl, x.ndjson: what goes to a stream otherwise */
};

struct fovea_target_file {
    char *path;               /* owned */
    struct fovea_file_id id;  /* of what has the name: a link itself */
    struct fovea_file_id led; /* of where a link leads; else the same */
    bool is_ours;
};

/** All zero: none. */
struct fovea_target {
    enum fovea_form form;
    bool overwrite;
    size_t n_files;
    struct fovea_target_file files[2]; /* the one that was named first */
};

/**
 * Look at what -o names.
 *
 * @param arrays_only  The command writes no lines.
 * @param overwrite    Others' files may be replaced.
 * @return FOVEA_OK; FOVEA_ERR_OUTPUT_REFUSED (no ending of ours, or a file that
 *         is not fovea's); FOVEA_ERR_NOT_A_FILE; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_target_look(const char *path,
        bool arrays_only, bool overwrite, struct fovea_target *target_out,
        struct fovea_error *err);

/**
 * Whether an input may be read while the target is to be written.
 *
 * @param found  By a walk, where earlier results are passed over.
 * @return FOVEA_OK; FOVEA_ERR_OUTPUT_REFUSED if it is what would be replaced.
 */
FOVEA_NODISCARD enum fovea_status fovea_target_check_input(
        const struct fovea_target *target, const char *path, bool found,
        struct fovea_error *err);

/** Whether anything stands there that an input could be. */
bool fovea_target_is_there(const struct fovea_target *target);

void fovea_target_finish(struct fovea_target *target);

#endif
