/*
 * Where -o leads: what files are to be written, and what stands there and must
 * not be replaced.
 *
 * A file that results may replace is one that fovea has written, which its form
 * can tell. Anything else takes --overwrite. A file that is among the inputs is
 * never replaced, by whatever path it is named there: files are compared by
 * device and inode.
 */
#ifndef FOVEA_BULK_TARGET_H
#define FOVEA_BULK_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "fovea/status.h"

#include "sys/atomic_file.h"

enum {
    FOVEA_TARGET_MAX_FILES = 2
};

/** What a name stands for by its ending. Arrays have a NULL at their end. */
struct fovea_target_form {
    const char *name;           /* of the format, in messages */
    const char *flag;           /* that names it, in messages; NULL: -o */
    const char *const *endings; /* of the name, with their dots */
    const char *const *files;   /* what is appended to it, a file each */
    /* Whether the file at paths[index] is as results in this form are written;
       a path for each of files. */
    bool (*is_ours)(const char *const *paths, size_t index);
};

struct fovea_target_file {
    char *path;               /* owned */
    struct fovea_file_id id;  /* of what has the name: a link itself */
    struct fovea_file_id led; /* of where a link leads; else the same */
    bool is_ours;
};

/** All zero: none. */
struct fovea_target {
    const struct fovea_target_form *form;
    bool overwrite;
    size_t n_files;
    struct fovea_target_file files[FOVEA_TARGET_MAX_FILES];
};

/**
 * Look at what stands where the files of a form are to be written.
 *
 * @param overwrite  Others' files may be replaced.
 * @return FOVEA_OK; FOVEA_ERR_OUTPUT_REFUSED (a file that is not fovea's);
 *         FOVEA_ERR_NOT_A_FILE; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_target_look(const char *path,
        const struct fovea_target_form *form, bool overwrite,
        struct fovea_target *target_out, struct fovea_error *err);

/** FOVEA_ERR_NOT_A_FILE, of what is no file that could be replaced. flag: that
 *  names it. */
enum fovea_status fovea_target_refuse(const char *flag, const char *path,
        struct fovea_error *err);

/**
 * Begin one of the files; what comes to stand there later is not replaced,
 * unless the target may overwrite.
 *
 * @return As fovea_atomic_file_open().
 */
FOVEA_NODISCARD enum fovea_status fovea_target_open(
        const struct fovea_target *target, size_t index,
        struct fovea_atomic_file *file_out, struct fovea_error *err);

/**
 * Whether an input may be read while the target is to be written.
 *
 * @param found  In a folder, where earlier results are passed over.
 * @return FOVEA_OK; FOVEA_ERR_OUTPUT_REFUSED if it is what would be replaced.
 */
FOVEA_NODISCARD enum fovea_status fovea_target_check_input(
        const struct fovea_target *target, const char *path, bool found,
        struct fovea_error *err);

/** Whether anything stands there that an input could be. */
bool fovea_target_is_there(const struct fovea_target *target);

void fovea_target_finish(struct fovea_target *target);

#endif
