/*
 * Packed weights as they lie in shared memory or in a cache file: one page of
 * header, then the block of weights.h.
 *
 * The header says for which tower, precision, matrix library and CPU it was
 * packed, and has a checksum of the block and one of itself. Whoever maps it
 * compares all of that with what it would pack itself, so a file of another
 * machine or version is refused, never misread.
 */
#ifndef FOVEA_ENGINE_CPU_PACKED_H
#define FOVEA_ENGINE_CPU_PACKED_H

#include "checkpoint/checkpoint.h"
#include "engine/cpu/cpu_cost.h"
#include "engine/cpu/weights.h"

enum {
    FOVEA_PACKED_ENGINE_SIZE = 128
};

/** One word: our way of packing, the matrix library, its version, the
 *  instructions it uses here. */
void fovea_packed_engine(char word_out[FOVEA_PACKED_ENGINE_SIZE]);

/**
 * Load and pack a tower into new sealed memory, and map it read-only.
 *
 * @param fd_out  The sealed memory, header first; owned by the caller.
 * As fovea_weights_load() otherwise.
 */
FOVEA_NODISCARD enum fovea_status fovea_packed_create(
        const struct fovea_tower *tower,
        const struct fovea_checkpoint *checkpoint,
        enum fovea_precision precision, struct fovea_weights **weights_out,
        int *fd_out, struct fovea_error *err);

/**
 * Map packed weights that somebody else made.
 *
 * @param fd          Borrowed; may be closed afterwards.
 * @param is_foreign  Check the checksum of the block too; otherwise fd must be
 *                    sealed memory.
 * @return FOVEA_OK; FOVEA_ERR_MODEL_WEIGHTS if it is not what this worker needs
 *         or is damaged; FOVEA_ERR_IO; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_packed_map(
        const struct fovea_tower *tower, enum fovea_precision precision, int fd,
        bool is_foreign, struct fovea_weights **weights_out,
        struct fovea_error *err);

#endif
