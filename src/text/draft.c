/* See draft.h. */
#include "text/draft.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

void
fovea_draft_finish(struct fovea_draft *draft)
{
    json_decref(draft->parts);
    fovea_vocabulary_finish(&draft->vocabulary);
    free(draft->scores);
    free(draft->merges);
    free(draft->strings.data);
    free(draft->added);
    fovea_trie_free(&draft->raw);
    fovea_trie_free(&draft->normal);
    fovea_trie_free(&draft->charsmap);
    free(draft->replacements);
}

enum fovea_status
fovea_draft_keep(struct fovea_draft *draft, const void *bytes, size_t size,
        uint32_t *at_out, struct fovea_error *err)
{
    struct fovea_draft_bytes *strings = &draft->strings;
    if (size > strings->capacity - strings->size || !strings->data) {
        size_t capacity = 2 * strings->capacity + size + 256;
        uint8_t *data = realloc(strings->data, capacity);
        if (!data) {
            return fovea_fail_memory(err, capacity, "a tokenizer's strings");
        }
        strings->data = data;
        strings->capacity = capacity;
    }
    if (size > 0) {
        memcpy(strings->data + strings->size, bytes, size);
    }
    *at_out = (uint32_t)strings->size;
    strings->size += size;
    return FOVEA_OK;
}

enum fovea_status
fovea_draft_fail(const struct fovea_draft *draft, enum fovea_status code,
        struct fovea_error *err, const char *format, ...)
{
    char what[FOVEA_ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return fovea_fail(err, code, "%s: %s", draft->name, what);
}

enum fovea_status
fovea_draft_grow(void **array, size_t n, size_t *capacity, size_t element,
        struct fovea_error *err)
{
    if (n < *capacity) {
        return FOVEA_OK;
    }
    size_t larger = *capacity ? 2 * *capacity : 1024;
    void *moved = realloc(*array, larger * element);
    if (!moved) {
        return fovea_fail_memory(err, larger * element, "a tokenizer");
    }
    *array = moved;
    *capacity = larger;
    return FOVEA_OK;
}
