/* See event_fd.h. */
#include "base/event_fd.h"

#include <stdint.h>
#include <unistd.h>

void
fovea_event_raise(int fd)
{
    uint64_t one = 1;
    (void)!write(fd, &one, sizeof one);
}
