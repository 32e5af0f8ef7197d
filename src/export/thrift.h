/*
 * Thrift's compact protocol, as far as the footer of a Parquet file takes it.
 * https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */
#ifndef FOVEA_EXPORT_THRIFT_H
#define FOVEA_EXPORT_THRIFT_H

#include <stdint.h>

#include "base/text.h"

enum fovea_thrift_type {
    FOVEA_THRIFT_I32 = 5,
    FOVEA_THRIFT_I64 = 6,
    FOVEA_THRIFT_BINARY = 8,
    FOVEA_THRIFT_LIST = 9,
    FOVEA_THRIFT_STRUCT = 12,
};

/** A struct that is being written; each has one of its own. */
struct fovea_thrift {
    struct fovea_text *text;
    int last; /* number of the last field */
};

/** The next field, by a number that is higher than the last one's, by 15 at
 *  most. Of a struct or a list what it holds follows. */
void fovea_thrift_field(struct fovea_thrift *thrift, int number,
        enum fovea_thrift_type type);

/** The same with a number or a string. */
void fovea_thrift_i32(struct fovea_thrift *thrift, int number, int32_t value);
void fovea_thrift_i64(struct fovea_thrift *thrift, int number, int64_t value);
void fovea_thrift_string(struct fovea_thrift *thrift, int number,
        const char *string);

/** The end of a struct. */
void fovea_thrift_stop(struct fovea_thrift *thrift);

/** What is before the n elements of a list. */
void fovea_thrift_list(struct fovea_text *text, size_t n,
        enum fovea_thrift_type type);

/** An element that is a number, or a string. */
void fovea_thrift_add_number(struct fovea_text *text, int64_t value);
void fovea_thrift_add_string(struct fovea_text *text, const char *string);

#endif
