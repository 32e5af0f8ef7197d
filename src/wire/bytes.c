/* See bytes.h. */
#include "wire/bytes.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
        "floats are copied as they lie in memory");

void
fovea_writer_init(struct fovea_writer *writer, uint8_t *bytes, size_t capacity)
{
    *writer = (struct fovea_writer){ .bytes = bytes, .capacity = capacity };
}

static void
put(struct fovea_writer *writer, const void *bytes, size_t size)
{
    if (writer->overflow || size > writer->capacity - writer->size) {
        writer->overflow = true;
        return;
    }
    if (size > 0) {
        memcpy(writer->bytes + writer->size, bytes, size);
        writer->size += size;
    }
}

static void
put_number(struct fovea_writer *writer, uint64_t value, size_t size)
{
    uint8_t bytes[sizeof value];
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(value >> (8 * i));
    }
    put(writer, bytes, size);
}

void
fovea_write_u8(struct fovea_writer *writer, uint8_t value)
{
    put_number(writer, value, 1);
}

void
fovea_write_u16(struct fovea_writer *writer, uint16_t value)
{
    put_number(writer, value, 2);
}

void
fovea_write_u32(struct fovea_writer *writer, uint32_t value)
{
    put_number(writer, value, 4);
}

void
fovea_write_u64(struct fovea_writer *writer, uint64_t value)
{
    put_number(writer, value, 8);
}

void
fovea_write_floats(struct fovea_writer *writer, const float *values, size_t n)
{
    if (n > writer->capacity / sizeof *values) {
        writer->overflow = true;
        return;
    }
    put(writer, values, n * sizeof *values);
}

void
fovea_write_string(struct fovea_writer *writer, const char *text)
{
    size_t size = strlen(text);
    if (size > UINT16_MAX) {
        writer->overflow = true;
        return;
    }
    fovea_write_u16(writer, (uint16_t)size);
    put(writer, text, size);
}

void
fovea_reader_init(struct fovea_reader *reader, const uint8_t *bytes,
        size_t size)
{
    *reader = (struct fovea_reader){ .at = bytes, .left = size };
}

/* The next bytes, or NULL, and everything from here on is bad. */
static const uint8_t *
get(struct fovea_reader *reader, size_t size)
{
    if (reader->bad || size > reader->left) {
        reader->bad = true;
        return NULL;
    }
    const uint8_t *bytes = reader->at;
    reader->at += size;
    reader->left -= size;
    return bytes;
}

static uint64_t
get_number(struct fovea_reader *reader, size_t size)
{
    const uint8_t *bytes = get(reader, size);
    uint64_t value = 0;
    for (size_t i = 0; bytes && i < size; i++) {
        value |= (uint64_t)bytes[i] << (8 * i);
    }
    return value;
}

uint8_t
fovea_read_u8(struct fovea_reader *reader)
{
    return (uint8_t)get_number(reader, 1);
}

uint16_t
fovea_read_u16(struct fovea_reader *reader)
{
    return (uint16_t)get_number(reader, 2);
}

uint32_t
fovea_read_u32(struct fovea_reader *reader)
{
    return (uint32_t)get_number(reader, 4);
}

uint64_t
fovea_read_u64(struct fovea_reader *reader)
{
    return get_number(reader, 8);
}

void
fovea_read_floats(struct fovea_reader *reader, float *values, size_t n)
{
    if (n > reader->left / sizeof *values) {
        reader->bad = true;
        return;
    }
    const uint8_t *bytes = get(reader, n * sizeof *values);
    if (bytes && n > 0) {
        memcpy(values, bytes, n * sizeof *values);
    }
}

void
fovea_read_string(struct fovea_reader *reader, char *text, size_t size)
{
    size_t length = fovea_read_u16(reader);
    const uint8_t *bytes = get(reader, length);
    text[0] = '\0';
    if (!bytes) {
        return;
    }
    if (length >= size || memchr(bytes, 0, length)) {
        reader->bad = true;
        return;
    }
    memcpy(text, bytes, length);
    text[length] = '\0';
}

bool
fovea_reader_is_done(const struct fovea_reader *reader)
{
    return !reader->bad && reader->left == 0;
}
