/* Numbers, bytes and directories of composed raw photographs: image_raw.h. */
#include "image_raw.h"
#include "test.h"

void
raw_put(struct raw_file *file, uint64_t number, size_t n)
{
    assert_true(file->size + n <= RAW_MAX_FILE);
    for (size_t i = 0; i < n; i++) {
        size_t shift = 8 * (file->big_endian ? n - 1 - i : i);
        file->bytes[file->size++] = (uint8_t)(number >> shift);
    }
}

uint32_t
raw_add(struct raw_file *file, const void *bytes, size_t size)
{
    uint32_t at = (uint32_t)(file->size - file->base);
    assert_true(file->size + size <= RAW_MAX_FILE);
    if (size > 0) {
        memcpy(file->bytes + file->size, bytes, size);
    }
    file->size += size;
    return at;
}

void
raw_begin(struct raw_file *file, bool big_endian, const char *magic)
{
    file->big_endian = big_endian;
    file->base = file->size;
    (void)raw_add(file, magic, 4);
    raw_put(file, 0, 4);
}

void
raw_set_first(struct raw_file *file, uint32_t directory)
{
    size_t end = file->size;
    file->size = file->base + 4;
    raw_put(file, directory, 4);
    file->size = end;
}

/* A value shorter than its field stands at the field's beginning. */
static void
put_value(struct raw_file *file, const struct raw_entry *entry)
{
    bool is_short = entry->type == RAW_SHORT && entry->count == 1;
    raw_put(file, entry->value, is_short ? 2 : 4);
    raw_put(file, 0, is_short ? 2 : 0);
}

uint32_t
raw_directory(struct raw_file *file,
        const struct raw_entry entries[RAW_MAX_ENTRIES], uint32_t next)
{
    size_t n = 0;
    while (n < RAW_MAX_ENTRIES && entries[n].tag) {
        n++;
    }
    uint32_t at = (uint32_t)(file->size - file->base);
    raw_put(file, n, 2);
    for (size_t i = 0; i < n; i++) {
        raw_put(file, entries[i].tag, 2);
        raw_put(file, entries[i].type, 2);
        raw_put(file, entries[i].count, 4);
        put_value(file, &entries[i]);
    }
    raw_put(file, next, 4);
    return at;
}
