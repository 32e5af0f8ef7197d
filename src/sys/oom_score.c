/* See oom_score.h. */
#include "sys/oom_score.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/number.h"

enum {
    OOM_SCORE = 500 /* of -1000, never, to 1000, first */
};

/* What a file in /proc says; a number below 0 counts as 0. */
static int
read_number(int fd)
{
    char text[16] = "";
    uint64_t number = 0;
    const char *at = text;
    return pread(fd, text, sizeof text - 1, 0) > 0 &&
                    fovea_number_scan(&at, &number) && number <= INT_MAX
            ? (int)number
            : 0;
}

void
fovea_oom_score_raise(void)
{
    FOVEA_AUTO_FD int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
    if (fd >= 0 && read_number(fd) < OOM_SCORE) {
        (void)!dprintf(fd, "%d", OOM_SCORE);
    }
}
