/* See label_list.h. */
#include "cli/label_list.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/utf8.h"
#include "bulk/list.h"
#include "bulk/list_file.h"
#include "labels/labels.h"

struct fovea_label_place {
    size_t offset;   /* in the text */
    uint64_t number; /* line of the file, or of the flags, from 1 */
    bool is_flag;
};

enum {
    MAX_LABEL = FOVEA_LIST_MAX_NAME /* bytes */
};

static const char blanks[] = " \t\r\n\v\f";

void
fovea_label_list_place(const struct fovea_label_list *list, size_t index,
        struct fovea_text *text)
{
    const struct fovea_label_place *place = &list->places[index];
    if (place->is_flag) {
        fovea_text_format(text, "--label %" PRIu64, place->number);
    } else {
        fovea_text_format(text, "%s:%" PRIu64, fovea_list_file_name(list->file),
                place->number);
    }
}

static enum fovea_status
add(struct fovea_label_list *list, const char *label, size_t size,
        uint64_t number, bool is_flag, struct fovea_error *err)
{
    if (list->n == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 64;
        struct fovea_label_place *places =
                reallocarray(list->places, capacity, sizeof *places);
        if (!places) {
            return fovea_fail_memory(err, capacity, "the labels");
        }
        list->places = places;
        list->capacity = capacity;
    }
    list->places[list->n++] = (struct fovea_label_place){
        .offset = list->text.size,
        .number = number,
        .is_flag = is_flag,
    };
    fovea_text_add(&list->text, label, size);
    fovea_text_add(&list->text, "", 1);
    return fovea_text_failed(&list->text)
            ? fovea_fail_memory(err, list->text.capacity, "the labels")
            : FOVEA_OK;
}

static bool
is_utf8(const char *label)
{
    size_t size = strlen(label);
    return fovea_utf8_find_invalid(label, size) == size;
}

/* A line of the file, without the white space around it. */
static enum fovea_status
take_line(struct fovea_label_list *list, char *line, size_t size, bool is_long,
        uint64_t number, struct fovea_error *err)
{
    if (is_long || size > MAX_LABEL) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "%s:%" PRIu64 ": the label has more than %d bytes",
                fovea_list_file_name(list->file), number, MAX_LABEL);
    }
    if (strlen(line) != size) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "%s:%" PRIu64 ": the label has a NUL byte in it",
                fovea_list_file_name(list->file), number);
    }
    if (!is_utf8(line)) {
        return fovea_fail(err, FOVEA_ERR_TEXT_ENCODING,
                "%s:%" PRIu64 ": the label is not valid UTF-8",
                fovea_list_file_name(list->file), number);
    }
    const char *label = line + strspn(line, blanks);
    size = strlen(label);
    while (size > 0 && strchr(blanks, label[size - 1])) {
        size--;
    }
    return size > 0 ? add(list, label, size, number, false, err) : FOVEA_OK;
}

static enum fovea_status
read_lines(struct fovea_label_list *list, int fd, struct fovea_error *err)
{
    struct fovea_list lines = {
        .fd = fd,
        .separator = '\n',
        .is_texts = true,
        .name = fovea_list_file_name(list->file),
        .max_text = MAX_LABEL,
    };
    enum fovea_list_step step = FOVEA_LIST_WAIT;
    enum fovea_status status = FOVEA_OK;
    while (!status && step != FOVEA_LIST_END) {
        char *line = NULL;
        size_t size = 0;
        status = fovea_list_next(&lines, &step, &line, &size, err);
        if (!status && step == FOVEA_LIST_WAIT) {
            struct pollfd input = { .fd = fd, .events = POLLIN };
            (void)poll(&input, 1, -1);
        } else if (!status && step != FOVEA_LIST_END) {
            status = take_line(list, line, size, step == FOVEA_LIST_LONG,
                    lines.n, err);
        }
    }
    fovea_list_finish(&lines);
    return status;
}

static enum fovea_status
read_file(struct fovea_label_list *list, struct fovea_error *err)
{
    int fd = -1;
    enum fovea_status status = fovea_list_file_open(list->file, &fd, err);
    if (!status) {
        status = read_lines(list, fd, err);
    }
    fovea_list_file_close(fd);
    return status;
}

/* Point to the labels, which do not move any more, and look at them. */
static enum fovea_status
settle(struct fovea_label_list *list, struct fovea_error *err)
{
    list->labels = calloc(list->n + 1, sizeof *list->labels);
    if (!list->labels) {
        return fovea_fail_memory(err, list->n, "the labels");
    }
    for (size_t i = 0; i < list->n; i++) {
        list->labels[i] = list->text.data + list->places[i].offset;
    }
    size_t index = 0;
    enum fovea_status status =
            fovea_labels_check(list->labels, list->n, &index, err);
    if (status != FOVEA_ERR_ARGUMENT) {
        return status;
    }
    FOVEA_AUTO(fovea_text_finish) struct fovea_text place = { 0 };
    size_t first = 0;
    if (list->n > 0) {
        while (strcmp(list->labels[first], list->labels[index]) != 0) {
            first++;
        }
        fovea_label_list_place(list, index, &place);
    }
    if (first < index) {
        fovea_text_format(&place, ": the label \"%.60s\" is given by ",
                list->labels[index]);
        fovea_label_list_place(list, first, &place);
        fovea_text_format(&place, " already");
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "%s", place.data);
    }
    fovea_error_prefix(err, "%s",
            list->n > 0 ? place.data : fovea_list_file_name(list->file));
    return status;
}

enum fovea_status
fovea_label_list_read(struct fovea_label_list *list, const char *file,
        const struct fovea_words *given, struct fovea_error *err)
{
    *list = (struct fovea_label_list){ .file = file };
    enum fovea_status status = file ? read_file(list, err) : FOVEA_OK;
    for (size_t i = 0; i < given->n && !status; i++) {
        status = is_utf8(given->all[i])
                ? add(list, given->all[i], strlen(given->all[i]), i + 1, true,
                          err)
                : fovea_fail(err, FOVEA_ERR_TEXT_ENCODING,
                          "--label %zu is not valid UTF-8", i + 1);
    }
    return status ? status : settle(list, err);
}

void
fovea_label_list_finish(struct fovea_label_list *list)
{
    free(list->labels);
    free(list->places);
    fovea_text_finish(&list->text);
}
