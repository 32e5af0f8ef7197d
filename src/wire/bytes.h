/*
 * Numbers and strings in a payload: little-endian; a string is a 16-bit length
 * and bytes without a NUL.
 *
 * Neither side ever goes past the end: a writer that is full remembers that it
 * was, a reader that is empty gives zeros and remembers that, so the messages'
 * functions read as lists of fields and check once.
 */
#ifndef FOVEA_WIRE_BYTES_H
#define FOVEA_WIRE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writing: grows nothing, overflow is remembered and refused at the end. */
struct fovea_writer {
    uint8_t *bytes;
    size_t capacity;
    size_t size;
    bool overflow;
};
void fovea_writer_init(struct fovea_writer *writer, uint8_t *bytes,
        size_t capacity);
void fovea_write_u8(struct fovea_writer *writer, uint8_t value);
void fovea_write_u16(struct fovea_writer *writer, uint16_t value);
void fovea_write_u32(struct fovea_writer *writer, uint32_t value);
void fovea_write_u64(struct fovea_writer *writer, uint64_t value);
void fovea_write_floats(struct fovea_writer *writer, const float *values,
        size_t n);
void fovea_write_string(struct fovea_writer *writer, const char *text);

/* Reading: past the end everything is 0 and `bad` is set. */
struct fovea_reader {
    const uint8_t *at;
    size_t left;
    bool bad;
};
void fovea_reader_init(struct fovea_reader *reader, const uint8_t *bytes,
        size_t size);
uint8_t fovea_read_u8(struct fovea_reader *reader);
uint16_t fovea_read_u16(struct fovea_reader *reader);
uint32_t fovea_read_u32(struct fovea_reader *reader);
uint64_t fovea_read_u64(struct fovea_reader *reader);
void fovea_read_floats(struct fovea_reader *reader, float *values, size_t n);
/** Into text, NUL-terminated; too long for size, or a NUL inside, is bad. */
void fovea_read_string(struct fovea_reader *reader, char *text, size_t size);
/** Nothing went wrong and nothing is left. */
bool fovea_reader_is_done(const struct fovea_reader *reader);

#endif
