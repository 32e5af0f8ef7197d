/* See proc_file.h. */
#include "sandbox/proc_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/macros.h"

enum {
    FIRST_SIZE = 64 << 10
};

char *
fovea_sandbox_read_file(const char *path)
{
    FOVEA_AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t capacity = FIRST_SIZE;
    FOVEA_AUTO_FREE char *text = malloc(capacity);
    size_t size = 0;
    ssize_t n = fd >= 0 && text ? 1 : -1;
    while (n > 0) {
        if (size + 1 == capacity) {
            capacity *= 2;
            char *more = realloc(text, capacity);
            if (!more) {
                return NULL;
            }
            text = more;
        }
        n = read(fd, text + size, capacity - 1 - size);
        size += n > 0 ? (size_t)n : 0;
    }
    if (n < 0) {
        return NULL;
    }
    text[size] = '\0';
    return FOVEA_TAKE(text);
}
