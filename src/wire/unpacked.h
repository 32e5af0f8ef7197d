/*
 * What fovea-unpacker tells its host: frames in a pipe.
 *
 * A frame is a header of 12 bytes and its payload. Numbers are little-endian,
 * strings a 16-bit length and bytes without a NUL.
 *
 *     offset  size  field
 *     0       4     magic, "FVUP"
 *     4       2     type
 *     6       2     0
 *     8       4     length of the payload
 *
 * docs/PROTOCOL.md has the messages and their order. The host says nothing: what
 * is wanted stands in the arguments of the program (unpacker_order.h).
 */
#ifndef FOVEA_WIRE_UNPACKED_H
#define FOVEA_WIRE_UNPACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "wire/bytes.h"
#include "wire/member_name.h"

enum {
    FOVEA_UNPACKED_HEADER_SIZE = 12,
    FOVEA_UNPACKED_MAX_PAYLOAD = 128 * 1024,
    FOVEA_UNPACKED_MAX_FRAME =
            FOVEA_UNPACKED_HEADER_SIZE + FOVEA_UNPACKED_MAX_PAYLOAD,
};

enum fovea_unpacked_type {
    FOVEA_UNPACKED_READY = 1, /* sealed, or not; nothing is read yet */
    FOVEA_UNPACKED_MEMBER,    /* a member begins, or why no part of it comes */
    FOVEA_UNPACKED_DATA,      /* bytes of it */
    FOVEA_UNPACKED_MARK,      /* where a member stands, of what is counted */
    FOVEA_UNPACKED_PROGRESS,  /* nothing to tell, but work goes on */
    FOVEA_UNPACKED_END,       /* the end of what was wanted */
    FOVEA_UNPACKED_FAILED,    /* no more comes, and why */
};

struct fovea_unpacked_frame {
    enum fovea_unpacked_type type;
    const uint8_t *payload; /* in the bytes that it was parsed from */
    size_t size;
};

/** Write a header. */
void fovea_unpacked_header(struct fovea_writer *writer,
        enum fovea_unpacked_type type, size_t payload_size);

enum fovea_unpacked_parsed {
    FOVEA_UNPACKED_FRAME,
    FOVEA_UNPACKED_MORE, /* bytes are lacking */
    FOVEA_UNPACKED_BAD,  /* this is no frame */
};

/** Find the frame that bytes begin with. *used_out: its bytes, with _FRAME. */
enum fovea_unpacked_parsed fovea_unpacked_parse(const uint8_t *bytes,
        size_t size, struct fovea_unpacked_frame *frame_out, size_t *used_out);

/** MEMBER: {number, offset, size: 64 bits; status: 16 bits; name, reason:
 *  strings}. */
struct fovea_unpacked_member {
    uint64_t number;
    uint64_t offset; /* of its header, in the unpacked archive */
    uint64_t size;
    enum fovea_status status; /* FOVEA_OK: its bytes follow, in DATA */
    char name[FOVEA_MEMBER_NAME_BYTES + 1];
    char reason[FOVEA_ERROR_MESSAGE_SIZE]; /* "" with FOVEA_OK */
};

/** MARK: {number, offset: 64 bits}. */
struct fovea_unpacked_mark {
    uint64_t number;
    uint64_t offset;
};

/** END: {members that were seen, from the first of the archive or the part: 64
 *  bits; is_plain: 8 bits}. */
struct fovea_unpacked_end {
    uint64_t n_members;
    bool is_plain; /* a tar that is not packed */
};

/** FAILED: {number, offset: 64 bits, of the member that it was at; status: 16
 *  bits; reason: string}. */
struct fovea_unpacked_failure {
    uint64_t number;
    uint64_t offset;
    enum fovea_status status;
    char reason[FOVEA_ERROR_MESSAGE_SIZE];
};

void fovea_unpacked_write_ready(struct fovea_writer *writer, bool is_sealed);
void fovea_unpacked_write_member(struct fovea_writer *writer,
        const struct fovea_unpacked_member *member);
void fovea_unpacked_write_mark(struct fovea_writer *writer,
        const struct fovea_unpacked_mark *mark);
void fovea_unpacked_write_end(struct fovea_writer *writer,
        const struct fovea_unpacked_end *end);
void fovea_unpacked_write_failure(struct fovea_writer *writer,
        const struct fovea_unpacked_failure *failure);

/** Read the payload of a frame. False: it makes no sense (a status that is none of
 *  an unpacker's, an empty name, bytes too many). */
FOVEA_NODISCARD bool fovea_unpacked_read_ready(
        const struct fovea_unpacked_frame *frame, bool *is_sealed_out);
FOVEA_NODISCARD bool fovea_unpacked_read_member(
        const struct fovea_unpacked_frame *frame,
        struct fovea_unpacked_member *member_out);
FOVEA_NODISCARD bool fovea_unpacked_read_mark(
        const struct fovea_unpacked_frame *frame,
        struct fovea_unpacked_mark *mark_out);
FOVEA_NODISCARD bool fovea_unpacked_read_end(
        const struct fovea_unpacked_frame *frame,
        struct fovea_unpacked_end *end_out);
FOVEA_NODISCARD bool fovea_unpacked_read_failure(
        const struct fovea_unpacked_frame *frame,
        struct fovea_unpacked_failure *failure_out);

#endif
