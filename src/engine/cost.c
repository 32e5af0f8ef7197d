/* See cost.h. */
#include "engine/cost.h"

typedef struct fovea_cost cost_fn(const struct fovea_tower *tower,
        enum fovea_dtype dtype, size_t batch);

static cost_fn *const costs[] = {
#define X(name) fovea_cost_##name,
#include "engine/engines.def"
#undef X
};

static const char *(*const settled[])(const struct fovea_tower *tower) = {
#define X(name) fovea_settled_##name,
#include "engine/engines.def"
#undef X
};

struct fovea_cost
fovea_engine_cost(const struct fovea_tower *tower, enum fovea_dtype dtype,
        size_t batch)
{
    return costs[0](tower, dtype, batch);
}

const char *
fovea_engine_settled(const struct fovea_tower *tower)
{
    return settled[0](tower);
}
