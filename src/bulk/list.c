/* Names from a descriptor: see list.h. */
#include "bulk/list.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

enum {
    BUFFER_SIZE = FOVEA_LIST_MAX_NAME + 1,
    HEAD_SIZE = 16 /* bytes that tell a file from a list */
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
        return fovea_fail(err, FOVEA_ERR_LIST_REFUSED,
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

/* Whether bytes are two each, in either order, as those of plain letters are. */
static bool
is_utf16(const unsigned char *head, size_t size)
{
    enum {
        ENOUGH = 8
    };
    if (size >= 2 &&
            (memcmp(head, "\xff\xfe", 2) == 0 ||
                    memcmp(head, "\xfe\xff", 2) == 0)) {
        return true;
    }
    size_t zero_at = head[0] == 0 ? 0 : 1;
    for (size_t i = 0; i < ENOUGH; i++) {
        if (i >= size || (head[i] == 0) != (i % 2 == zero_at)) {
            return false;
        }
    }
    return true;
}

/* Whether no list of lines begins like this: with control characters, or as a
   JPEG, some of which have none in so few bytes. */
static bool
is_binary(const unsigned char *head, size_t size)
{
    enum {
        FEW = 12
    };
    for (size_t i = 0; i < size; i++) {
        bool is_space = strchr("\t\n\r", head[i]) != NULL; /* NUL too */
        if (head[i] < ' ' && (!is_space || (head[i] == 0 && i == 0))) {
            return true;
        }
        if (i > 0 && i < FEW && head[i] == 0 && head[i - 1] == 0) {
            return true; /* in a list with NULs, empty names so soon */
        }
    }
    return size >= 2 && memcmp(head, "\xff\xd8", 2) == 0;
}

/* Look at the beginning, once enough of it is there. */
static enum fovea_status
begin(struct fovea_list *list, struct fovea_error *err)
{
    static const char mark[] = "\xef\xbb\xbf";
    const char *at = list->buffer + list->begin;
    size_t size = list->end - list->begin;
    bool is_enough = size >= HEAD_SIZE || list->at_end ||
            (size > 0 && memchr(at, list->separator, size));
    if (list->has_begun || !is_enough) {
        return FOVEA_OK;
    }
    list->has_begun = true;
    if (size == 0 || !list->separator) {
        return FOVEA_OK; /* names that end in NUL may be of any bytes */
    }
    unsigned char head[HEAD_SIZE];
    size = size < HEAD_SIZE ? size : HEAD_SIZE;
    memcpy(head, at, size);
    if (is_utf16(head, size)) {
        return fovea_fail(err, FOVEA_ERR_LIST_REFUSED,
                "the list on standard input is in UTF-16: write it in UTF-8; if "
                "it is NUL-separated, add -0");
    }
    if (is_binary(head, size)) {
        return fovea_fail(err, FOVEA_ERR_LIST_REFUSED,
                "standard input is no list of names, but a picture or another "
                "file: add --stdin-image to embed it (or -0 if its names end "
                "in NUL)");
    }
    if (size >= sizeof mark - 1 && memcmp(head, mark, sizeof mark - 1) == 0) {
        list->begin += sizeof mark - 1;
    }
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
        if (size > 0 && list->separator && name[size - 1] == '\r') {
            size--; /* of a line that Windows has written */
        }
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
    while (!list->has_begun || !cut(list, name_out, size_out)) {
        if (list->has_begun && list->at_end) {
            *step_out = FOVEA_LIST_END;
            return FOVEA_OK;
        }
        bool again = !is_ready(list->fd);
        enum fovea_status status = again ? FOVEA_OK : fill(list, &again, err);
        if (!status && !again) {
            status = begin(list, err);
        }
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
