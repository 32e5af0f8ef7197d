/* The public call that fetches a model: it runs on a CPU that may be too old
   for the rest, as those in runtime/baseline.c. */
#include <stddef.h>

#include "hub/pull.h"
#include "sys/cpu_floor.h"

enum fovea_status
fovea_pull(const char *key, const struct fovea_pull_options *options,
        char **directory_out, struct fovea_error *err)
{
    enum fovea_status status = fovea_cpu_check(NULL, err);
    return status ? status : fovea_pull_model(key, options, directory_out, err);
}
