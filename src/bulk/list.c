/* Names from a descriptor: see list.h. */
#include "bulk/list.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

enum {
    FIRST_SIZE = FOVEA_LIST_MAX_NAME + 1,
    HEAD_SIZE = 16 /* bytes that tell a file from a list */
};

/* What messages call it. */
static const char *
name_of(const struct fovea_list *list)
{
    return list->name ? list->name : "the list on standard input";
}

/* Bytes of which a separator must be one. */
static size_t
most(const struct fovea_list *list)
{
    if (!list->is_texts) {
        return FIRST_SIZE;
    }
    size_t size =
            list->max_text > FOVEA_LIST_HEAD ? list->max_text : FOVEA_LIST_HEAD;
    return size + sizeof "\r";
}

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

/* A larger buffer, of one byte more for a NUL. */
static enum fovea_status
grow(struct fovea_list *list, struct fovea_error *err)
{
    size_t limit = most(list);
    size_t size = list->capacity ? list->capacity * 2 : FIRST_SIZE;
    size = size < limit ? size : limit;
    char *buffer = realloc(list->buffer, size + 1);
    if (!buffer) {
        return fovea_fail_memory(err, size, "the list");
    }
    list->buffer = buffer;
    list->capacity = size;
    return FOVEA_OK;
}

/* Room to read into. What is not returned comes to the front for it; of a text
   that has no end here, its beginning alone is kept. */
static enum fovea_status
make_room(struct fovea_list *list, struct fovea_error *err)
{
    memmove(list->buffer + list->n_kept, list->buffer + list->begin,
            list->end - list->begin);
    list->end -= list->begin - list->n_kept;
    list->begin = list->n_kept;
    if (list->end < list->capacity) {
        return FOVEA_OK;
    }
    if (list->capacity < most(list)) {
        return grow(list, err);
    }
    if (!list->is_texts) {
        return fovea_fail(err, FOVEA_ERR_LIST_REFUSED,
                "%s has a name of more than %d bytes%s", name_of(list),
                FOVEA_LIST_MAX_NAME,
                list->separator ? "; if it is NUL-separated, add -0"
                                : "; it does not look NUL-separated (-0)");
    }
    list->n_kept = FOVEA_LIST_HEAD;
    list->long_size = list->end;
    list->begin = list->n_kept;
    list->end = list->n_kept;
    return FOVEA_OK;
}

/* Read more behind what is there; *again_out: nothing is there after all. */
static enum fovea_status
fill(struct fovea_list *list, bool *again_out, struct fovea_error *err)
{
    enum fovea_status status = make_room(list, err);
    if (status) {
        return status;
    }
    ssize_t n;
    do {
        n = read(list->fd, list->buffer + list->end,
                list->capacity - list->end);
    } while (n < 0 && errno == EINTR);
    *again_out = n < 0 && errno == EAGAIN; /* someone made it non-blocking */
    if (*again_out) {
        return FOVEA_OK;
    }
    if (n < 0) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno, "%s cannot be read",
                name_of(list));
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

static enum fovea_status
refuse_binary(const struct fovea_list *list, struct fovea_error *err)
{
    if (list->is_texts) {
        return fovea_fail(err, FOVEA_ERR_LIST_REFUSED,
                "%s has no lines of text, but is a picture or another file "
                "(if its texts end in NUL, add -0)",
                name_of(list));
    }
    if (list->name) {
        return fovea_fail(err, FOVEA_ERR_LIST_REFUSED,
                "%.120s is no list of names, but a picture or another file "
                "(if its names end in NUL, add -0)",
                list->name);
    }
    return fovea_fail(err, FOVEA_ERR_LIST_REFUSED,
            "standard input is no list of names, but a picture or another "
            "file: add --stdin-image to embed it (or -0 if its names end "
            "in NUL)");
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
                "%s is in UTF-16: write it in UTF-8; if it is NUL-separated, "
                "add -0",
                name_of(list));
    }
    if (is_binary(head, size)) {
        return refuse_binary(list, err);
    }
    if (size >= sizeof mark - 1 && memcmp(head, mark, sizeof mark - 1) == 0) {
        list->begin += sizeof mark - 1;
    }
    return FOVEA_OK;
}

/* The end of a text that is too long: what comes before it is passed over. */
static bool
cut_long(struct fovea_list *list, char **name_out, size_t *size_out)
{
    const char *at = list->buffer + list->begin;
    size_t left = list->end - list->begin;
    const char *separator = memchr(at, list->separator, left);
    size_t size = separator ? (size_t)(separator - at) : left;
    list->long_size += size;
    list->begin += separator ? size + 1 : size;
    if (!separator && !list->at_end) {
        return false;
    }
    /* Behind the beginning stands the separator, or what was passed over. */
    list->buffer[list->n_kept] = '\0';
    list->n_kept = 0;
    list->n++;
    *name_out = list->buffer;
    *size_out = list->long_size;
    return true;
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
        list->n++;
        if (size > 0 && list->separator && name[size - 1] == '\r') {
            size--; /* of a line that Windows has written */
        }
        if (size > 0 || list->is_texts) {
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
    enum fovea_status status = list->buffer ? FOVEA_OK : grow(list, err);
    while (list->buffer) {
        bool is_long = list->n_kept > 0;
        if (!status && list->has_begun &&
                (is_long ? cut_long(list, name_out, size_out)
                         : cut(list, name_out, size_out))) {
            *step_out = is_long ? FOVEA_LIST_LONG : FOVEA_LIST_NAME;
            return FOVEA_OK;
        }
        if (status || (list->has_begun && list->at_end)) {
            *step_out = FOVEA_LIST_END;
            return status;
        }
        bool again = !is_ready(list->fd);
        status = again ? FOVEA_OK : fill(list, &again, err);
        if (!status && !again) {
            status = begin(list, err);
        }
        if (!status && again) {
            *step_out = FOVEA_LIST_WAIT;
            return FOVEA_OK;
        }
    }
    return status;
}
