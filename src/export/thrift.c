/* See thrift.h. */
#include "export/thrift.h"

#include <string.h>

enum {
    SHORT_LIST = 15
};

static void
add_byte(struct fovea_text *text, unsigned byte)
{
    const char one = (char)byte;
    fovea_text_add(text, &one, 1);
}

static void
add_varint(struct fovea_text *text, uint64_t value)
{
    while (value >= 0x80) {
        add_byte(text, (unsigned)(value & 0x7f) | 0x80);
        value >>= 7;
    }
    add_byte(text, (unsigned)value);
}

void
fovea_thrift_add_number(struct fovea_text *text, int64_t value)
{
    add_varint(text, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

void
fovea_thrift_add_string(struct fovea_text *text, const char *string)
{
    size_t size = strlen(string);
    add_varint(text, size);
    fovea_text_add(text, string, size);
}

void
fovea_thrift_field(struct fovea_thrift *thrift, int number,
        enum fovea_thrift_type type)
{
    add_byte(thrift->text, (unsigned)(number - thrift->last) << 4 | type);
    thrift->last = number;
}

void
fovea_thrift_i32(struct fovea_thrift *thrift, int number, int32_t value)
{
    fovea_thrift_field(thrift, number, FOVEA_THRIFT_I32);
    fovea_thrift_add_number(thrift->text, value);
}

void
fovea_thrift_i64(struct fovea_thrift *thrift, int number, int64_t value)
{
    fovea_thrift_field(thrift, number, FOVEA_THRIFT_I64);
    fovea_thrift_add_number(thrift->text, value);
}

void
fovea_thrift_string(struct fovea_thrift *thrift, int number, const char *string)
{
    fovea_thrift_field(thrift, number, FOVEA_THRIFT_BINARY);
    fovea_thrift_add_string(thrift->text, string);
}

void
fovea_thrift_stop(struct fovea_thrift *thrift)
{
    add_byte(thrift->text, 0);
}

void
fovea_thrift_list(struct fovea_text *text, size_t n,
        enum fovea_thrift_type type)
{
    if (n < SHORT_LIST) {
        add_byte(text, (unsigned)n << 4 | type);
    } else {
        add_byte(text, SHORT_LIST << 4 | type);
        add_varint(text, n);
    }
}
