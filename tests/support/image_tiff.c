/* See image_tiff.h. */
#include "image_tiff.h"

#include "test.h"

enum {
    TAG_STRIP_OFFSETS = 273
};

static void
put(struct tiff_file *file, uint64_t value, size_t n)
{
    assert_true(file->size + n <= TIFF_MAX_FILE);
    for (size_t i = 0; i < n; i++) {
        size_t shift = 8 * (file->big_endian ? n - 1 - i : i);
        file->bytes[file->size++] = (uint8_t)(value >> shift);
    }
}

/* A value shorter than its field stands at the field's beginning. */
static void
put_value(struct tiff_file *file, const struct tiff_entry *entry)
{
    static const size_t
            sizes[] = { [TIFF_BYTE] = 1, [TIFF_SHORT] = 2, [TIFF_LONG] = 4 };
    size_t size = entry->count == 1 ? sizes[entry->type] : 4;
    put(file, entry->value, size);
    put(file, 0, 4 - size);
}

uint32_t
tiff_data_at(const struct tiff_file *file)
{
    return 8 + 2 + 12 * (uint32_t)file->n_entries + 4;
}

void
tiff_write_as_is(struct tiff_file *file, const void *data, size_t size)
{
    file->size = 0;
    put(file, file->big_endian ? 0x4d4d : 0x4949, 2);
    put(file, 42, 2);
    put(file, 8, 4);
    put(file, file->n_entries, 2);
    for (size_t i = 0; i < file->n_entries; i++) {
        const struct tiff_entry *entry = &file->entries[i];
        put(file, entry->tag, 2);
        put(file, entry->type, 2);
        put(file, entry->count, 4);
        put_value(file, entry);
    }
    put(file, 0, 4);
    assert_true(file->size + size <= TIFF_MAX_FILE);
    memcpy(file->bytes + file->size, data, size);
    file->size += size;
}

void
tiff_write(struct tiff_file *file, const void *data, size_t size)
{
    tiff_set(file, TAG_STRIP_OFFSETS, TIFF_LONG, tiff_data_at(file));
    tiff_write_as_is(file, data, size);
}

struct tiff_file
tiff_grey(uint32_t width, uint32_t height, unsigned bits, uint32_t n_bytes)
{
    return (struct tiff_file){
        .entries = {
            { 256, TIFF_LONG, 1, width },
            { 257, TIFF_LONG, 1, height },
            { 258, TIFF_SHORT, 1, bits },
            { 259, TIFF_SHORT, 1, 1 },
            { 262, TIFF_SHORT, 1, 1 },
            { TAG_STRIP_OFFSETS, TIFF_LONG, 1, 0 },
            { 277, TIFF_SHORT, 1, 1 },
            { 278, TIFF_LONG, 1, height },
            { 279, TIFF_LONG, 1, n_bytes },
            { 339, TIFF_SHORT, 1, 1 },
        },
        .n_entries = 10,
    };
}

/* The first entry that is not before the tag. */
static size_t
place_of(const struct tiff_file *file, unsigned tag)
{
    size_t i = 0;
    while (i < file->n_entries && file->entries[i].tag < tag) {
        i++;
    }
    return i;
}

struct tiff_entry *
tiff_entry(struct tiff_file *file, unsigned tag)
{
    size_t i = place_of(file, tag);
    assert_true(i < file->n_entries && file->entries[i].tag == tag);
    return &file->entries[i];
}

void
tiff_set(struct tiff_file *file, unsigned tag, enum tiff_type type,
        uint32_t value)
{
    size_t i = place_of(file, tag);
    if (i == file->n_entries || file->entries[i].tag != tag) {
        assert_true(file->n_entries < TIFF_MAX_ENTRIES);
        memmove(&file->entries[i + 1], &file->entries[i],
                (file->n_entries - i) * sizeof file->entries[0]);
        file->n_entries++;
    }
    file->entries[i] =
            (struct tiff_entry){ (uint16_t)tag, (uint16_t)type, 1, value };
}
