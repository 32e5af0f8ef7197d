/* See model_dtype.h. */
#include "runtime/model_dtype.h"

#include <stdio.h>

#include "engine/cost.h"

static void
settle(struct fovea_auto_answer *answer, enum fovea_dtype dtype,
        const char *reason)
{
    answer->dtype = dtype;
    (void)snprintf(answer->reason, sizeof answer->reason, "%s", reason);
}

void
fovea_model_dtype(struct fovea *library, enum fovea_dtype asked,
        const struct fovea_tower *tower, struct fovea_auto_answer *answer_out)
{
    const char *settled = fovea_engine_settled(tower);
    if (asked != FOVEA_DTYPE_AUTO) {
        settle(answer_out, asked, "it was asked for");
    } else if (settled) {
        settle(answer_out, FOVEA_DTYPE_F32, settled);
    } else {
        const struct fovea_choice_shape shape = fovea_choice_shape_of(tower);
        fovea_auto_find(&library->autos, &shape, answer_out);
    }
}
