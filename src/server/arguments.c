/* See arguments.h. */
#include "server/arguments.h"

#include <inttypes.h>

#include "base/number.h"

bool
fovea_arguments_number(struct fovea_http_exchange *exchange, const char *name,
        uint64_t least, uint64_t most, uint64_t *number)
{
    const char *value = fovea_http_exchange_argument(exchange, name);
    if (!value || !*value ||
            (fovea_number_parse(value, number) && *number >= least &&
                    *number <= most)) {
        return true;
    }
    fovea_http_answer_fail(&exchange->answer, FOVEA_ERR_ARGUMENT, name,
            "%s must be a number from %" PRIu64 " to %" PRIu64
            ", not \"%.30s\"",
            name, least, most, value);
    return false;
}

bool
fovea_arguments_limit(struct fovea_http_exchange *exchange, uint64_t initial,
        uint64_t *limit_out)
{
    size_t most = fovea_server_of(exchange)->settings.max_hits;
    *limit_out = initial < most ? initial : most;
    return fovea_arguments_number(exchange, "limit", 1, most, limit_out);
}
