/* Every initialiser of the public headers, in C and in C++. Compiled, not run. */
#include "fovea/fovea.h"
#include "fovea/pull.h"
#include "fovea/stream.h"

size_t fovea_sizes(void);

size_t
fovea_sizes(void)
{
    struct fovea_options options = FOVEA_OPTIONS_INIT;
    struct fovea_submit_options submit = FOVEA_SUBMIT_OPTIONS_INIT;
    struct fovea_stream_options stream = FOVEA_STREAM_OPTIONS_INIT;
    struct fovea_pull_options pull = FOVEA_PULL_OPTIONS_INIT;
    struct fovea_pool_stats stats = FOVEA_POOL_STATS_INIT;
    options.max_workers = 2;
    return options.struct_size + submit.struct_size + stream.struct_size +
            pull.struct_size + stats.struct_size + stats.model_size +
            stats.worker_size;
}
