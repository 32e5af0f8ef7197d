/* Names from a descriptor: see list.h. */
#include "cli/list.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

enum {
    BUFFER_SIZE = FOVEA_LIST_MAX_NAME + 1
};

void
fovea_list_finish(struct fovea_list *list)
{
    free(list->buffer);
    list->buffer = NULL;
}

/* Whether a read would return at once. */
static bool
is_ready(int fd)
{
    struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
    return poll(&poll_fd, 1, 0) != 0;
}

/* Read more behind what is there; *again_out: nothing is there after all. */
static enum fovea_status
fill(struct fovea_list *list, bool *again_out, struct fovea_error *err)
{
    memmove(list->buffer, list->buffer + list->begin, list->end - list->begin);
    list->end -= list->begin;
    list->begin = 0;
    if (list->end == BUFFER_SIZE) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "the list on standard input has a name of more than %d bytes%s",
                FOVEA_LIST_MAX_NAME,
                list->separator ? "; if it is NUL-separated, add -0"
                                : "; it does not look NUL-separated (-0)");
    }
    ssize_t n;
    do {
        n = read(list->fd, list->buffer + list->end, BUFFER_SIZE - list->end);
    } while (n < 0 && errno == EINTR);
    *again_out = n < 0 && errno == EAGAIN; /* someone made it non-blocking */
    if (*again_out) {
        return FOVEA_OK;
    }
    if (n < 0) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                "the list on standard input cannot be read");
    }
    list->at_end = n == 0;
    list->end += (size_t)n;
    return FOVEA_OK;
}

/* Cut a name off what is there; a last one needs no separator. */
static bool
cut(struct fovea_list *list, char **name_out, size_t *size_out)
{
    while (list->begin < list->end) {
        char *name = list->buffer + list->begin;
        size_t left = list->end - list->begin;
        const char *separator = memchr(name, list->separator, left);
        if (!separator && !list->at_end) {
            return false;
        }
        size_t size = separator ? (size_t)(separator - name) : left;
        list->begin += separator ? size + 1 : size;
        if (size > 0) {
            name[size] = '\0'; /* the buffer has one more byte than it holds */
            *name_out = name;
            *size_out = size;
            return true;
        }
    }
    return false;
}

enum fovea_status
fovea_list_next(struct fovea_list *list, enum fovea_list_step *step_out,
        char **name_out, size_t *size_out, struct fovea_error *err)
{
    if (!list->buffer && !(list->buffer = malloc(BUFFER_SIZE + 1))) {
        return fovea_fail_memory(err, BUFFER_SIZE, "the list");
    }
    while (!cut(list, name_out, size_out)) {
        if (list->at_end) {
            *step_out = FOVEA_LIST_END;
            return FOVEA_OK;
        }
        bool again = !is_ready(list->fd);
        enum fovea_status status = again ? FOVEA_OK : fill(list, &again, err);
        if (status) {
            return status;
        }
        if (again) {
            *step_out = FOVEA_LIST_WAIT;
            return FOVEA_OK;
        }
    }
    *step_out = FOVEA_LIST_NAME;
    return FOVEA_OK;
}
