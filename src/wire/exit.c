/* What a worker's exit codes mean: see exit.h. */
#include "wire/exit.h"

#include <stddef.h>

const char *
fovea_worker_exit_text(int code)
{
    static const struct {
        int code;
        const char *text;
    } texts[] = {
        { FOVEA_WORKER_EXIT_OK, "the host closed the channel" },
        { FOVEA_WORKER_EXIT_USAGE, "it was started by hand, wrongly" },
        { FOVEA_WORKER_EXIT_LOAD, "it could not load the model" },
        { FOVEA_WORKER_EXIT_SANDBOX, "it could not seal itself" },
        { FOVEA_WORKER_EXIT_PROTOCOL, "the host sent what makes no sense" },
        { FOVEA_WORKER_EXIT_CHANNEL, "the channel broke" },
        { FOVEA_WORKER_EXIT_ORPHAN, "the host was gone when it started" },
        { FOVEA_WORKER_EXIT_CPU, "the CPU lacks instructions" },
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i].code == code) {
            return texts[i].text;
        }
    }
    return NULL;
}
