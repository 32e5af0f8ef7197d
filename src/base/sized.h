/* Structs of callers who may have been compiled against another version's
   headers: see fovea/sized.h. */
#ifndef FOVEA_BASE_SIZED_H
#define FOVEA_BASE_SIZED_H

#include <stddef.h>

#include "fovea/export.h"
#include "fovea/status.h"

enum {
    /* No struct gets as large as this: a struct_size that is larger is one that
       nobody set. */
    FOVEA_SIZED_MAX = 1 << 16,
};

/**
 * Copy what a caller filled over a struct of this version.
 *
 * @param given  Begins with its size_t struct_size; NULL: nothing is copied.
 * @param name   Of the struct without "struct", for messages, and its
 *               initialiser.
 * @param all    size bytes, zeroed by the caller; its struct_size becomes size.
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT for a size of less than struct_size
 *         itself or over FOVEA_SIZED_MAX, and for bytes beyond this version's struct that are not zero.
 */
FOVEA_NODISCARD enum fovea_status fovea_sized_take(const void *given,
        const char *name, const char *initialiser, void *all, size_t size,
        struct fovea_error *err);

/**
 * Check a struct of the caller's that an answer will be put into.
 *
 * @param least  Bytes that an answer cannot do without.
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT for a size of less, or over
 *         FOVEA_SIZED_MAX.
 */
FOVEA_NODISCARD enum fovea_status fovea_sized_check(const void *given,
        size_t least, const char *name, const char *initialiser,
        struct fovea_error *err);

/** Put an answer of this version, size bytes, into a struct that was checked: as
 *  much as it has room for, and zeros behind. Its struct_size stays. */
void fovea_sized_give(const void *all, size_t size, void *given);

#endif
