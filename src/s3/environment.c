/* See environment.h. */
#include "s3/environment.h"

#include <stdlib.h>

const char *
fovea_s3_variable(const char *name)
{
    /* Whoever changes the environment does so before there are threads.
       NOLINTNEXTLINE(concurrency-mt-unsafe) */
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

const char *
fovea_s3_either(const char *name, const char *other)
{
    const char *value = fovea_s3_variable(name);
    return value ? value : fovea_s3_variable(other);
}
