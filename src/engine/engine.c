/* See engine.h. */
#include "engine/engine.h"

static const struct fovea_engine_ops *const engines[] = {
#define X(name) &fovea_engine_##name,
#include "engine/engines.def"
#undef X
};

const struct fovea_engine_ops *
fovea_engine_default(void)
{
    return engines[0];
}
