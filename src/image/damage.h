/*
 * What becomes of a picture that is damaged: the one place that knows.
 *
 * Decoders give the rows that they are sure of, and fail with
 * FOVEA_ERR_IMAGE_TRUNCATED or FOVEA_ERR_IMAGE_CORRUPT at the first damage that
 * they see. Between them and the sink stands this one, which counts the rows.
 * What struct fovea_limits says decides: the failure stays one, or, with at
 * least half of the rows, the others become grey and the picture is noted as
 * damaged. docs/DAMAGE.md has the policy, format by format.
 */
#ifndef FOVEA_IMAGE_DAMAGE_H
#define FOVEA_IMAGE_DAMAGE_H

#include <stdbool.h>

#include "image/image.h"

enum {
    FOVEA_DAMAGE_FILL = 128 /* of every sample of a row that is lost */
};

struct fovea_damage_watch {
    const struct fovea_limits *limits;
    const struct fovea_row_sink *sink; /* the real one */
    struct fovea_image_info info;      /* once it has begun */
    bool has_begun;
    bool has_failed; /* the real sink */
    uint32_t n_rows; /* that came, lost ones included */
    uint32_t n_lost;
    uint8_t *fill; /* a row; NULL until there is need of one */
};

/** A sink that hands all rows on; a NULL row is one that is lost. */
struct fovea_row_sink fovea_damage_watch_sink(struct fovea_damage_watch *watch);

/** What a decoder's status comes to. Frees what the watch has. */
FOVEA_NODISCARD enum fovea_status fovea_damage_judge(
        struct fovea_damage_watch *watch, enum fovea_status status,
        struct fovea_error *err);

#endif
