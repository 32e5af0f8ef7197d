/* What the files of a node share: see node_internal.h. */
#include "jobs/node_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/random.h>

#include "base/pause.h"

void
fovea_node_say(const struct fovea_node *node, const char *format, ...)
{
    char line[FOVEA_ERROR_MESSAGE_SIZE * 2];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    node->settings->say(node->settings->context, line);
}

void
fovea_node_end(struct fovea_node *node, enum fovea_status status,
        const struct fovea_error *error)
{
    if (!node->is_over || !node->status) {
        node->is_over = true;
        node->status = status;
        if (status) {
            node->error = *error;
        }
    }
}

int64_t
fovea_node_pause(const struct fovea_node *node, uint64_t n)
{
    uint32_t random = 0;
    (void)!getrandom(&random, sizeof random, GRND_NONBLOCK);
    return fovea_pause_spread(fovea_pause_ns(node->settings->pause_ns,
                                      FOVEA_NODE_MOST_PAUSE_NS, n),
            random);
}
