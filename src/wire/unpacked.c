/* Frames of fovea-unpacker: see unpacked.h. */
#include "wire/unpacked.h"

#include "base/macros.h"
#include "base/utf8.h"

enum {
    MAGIC = 0x50555646, /* "FVUP" */
};

void
fovea_unpacked_header(struct fovea_writer *writer,
        enum fovea_unpacked_type type, size_t payload_size)
{
    fovea_write_u32(writer, MAGIC);
    fovea_write_u16(writer, (uint16_t)type);
    fovea_write_u16(writer, 0);
    fovea_write_u32(writer, (uint32_t)payload_size);
}

enum fovea_unpacked_parsed
fovea_unpacked_parse(const uint8_t *bytes, size_t size,
        struct fovea_unpacked_frame *frame_out, size_t *used_out)
{
    if (size < FOVEA_UNPACKED_HEADER_SIZE) {
        return FOVEA_UNPACKED_MORE;
    }
    struct fovea_reader reader;
    fovea_reader_init(&reader, bytes, FOVEA_UNPACKED_HEADER_SIZE);
    uint32_t magic = fovea_read_u32(&reader);
    uint16_t type = fovea_read_u16(&reader);
    uint16_t zero = fovea_read_u16(&reader);
    uint32_t length = fovea_read_u32(&reader);
    if (magic != MAGIC || type < FOVEA_UNPACKED_READY ||
            type > FOVEA_UNPACKED_FAILED || zero != 0 ||
            length > FOVEA_UNPACKED_MAX_PAYLOAD) {
        return FOVEA_UNPACKED_BAD;
    }
    if (size - FOVEA_UNPACKED_HEADER_SIZE < length) {
        return FOVEA_UNPACKED_MORE;
    }
    *frame_out = (struct fovea_unpacked_frame){
        .type = (enum fovea_unpacked_type)type,
        .payload = bytes + FOVEA_UNPACKED_HEADER_SIZE,
        .size = length,
    };
    *used_out = FOVEA_UNPACKED_HEADER_SIZE + length;
    return FOVEA_UNPACKED_FRAME;
}

/* A frame's length is known once its payload is written. */
static size_t
begin_frame(struct fovea_writer *writer, enum fovea_unpacked_type type)
{
    size_t at = writer->size;
    fovea_unpacked_header(writer, type, 0);
    return at;
}

static void
end_frame(struct fovea_writer *writer, enum fovea_unpacked_type type, size_t at)
{
    size_t size = writer->size - at - FOVEA_UNPACKED_HEADER_SIZE;
    if (!writer->overflow) {
        struct fovea_writer header;
        fovea_writer_init(&header, writer->bytes + at,
                FOVEA_UNPACKED_HEADER_SIZE);
        fovea_unpacked_header(&header, type, size);
    }
}

void
fovea_unpacked_write_ready(struct fovea_writer *writer, bool is_sealed)
{
    size_t at = begin_frame(writer, FOVEA_UNPACKED_READY);
    fovea_write_u8(writer, is_sealed);
    end_frame(writer, FOVEA_UNPACKED_READY, at);
}

void
fovea_unpacked_write_member(struct fovea_writer *writer,
        const struct fovea_unpacked_member *member)
{
    size_t at = begin_frame(writer, FOVEA_UNPACKED_MEMBER);
    fovea_write_u64(writer, member->number);
    fovea_write_u64(writer, member->offset);
    fovea_write_u64(writer, member->size);
    fovea_write_u16(writer, (uint16_t)member->status);
    fovea_write_string(writer, member->name);
    fovea_write_string(writer, member->reason);
    end_frame(writer, FOVEA_UNPACKED_MEMBER, at);
}

void
fovea_unpacked_write_mark(struct fovea_writer *writer,
        const struct fovea_unpacked_mark *mark)
{
    size_t at = begin_frame(writer, FOVEA_UNPACKED_MARK);
    fovea_write_u64(writer, mark->number);
    fovea_write_u64(writer, mark->offset);
    end_frame(writer, FOVEA_UNPACKED_MARK, at);
}

void
fovea_unpacked_write_end(struct fovea_writer *writer,
        const struct fovea_unpacked_end *end)
{
    size_t at = begin_frame(writer, FOVEA_UNPACKED_END);
    fovea_write_u64(writer, end->n_members);
    fovea_write_u8(writer, end->is_plain);
    end_frame(writer, FOVEA_UNPACKED_END, at);
}

void
fovea_unpacked_write_failure(struct fovea_writer *writer,
        const struct fovea_unpacked_failure *failure)
{
    size_t at = begin_frame(writer, FOVEA_UNPACKED_FAILED);
    fovea_write_u64(writer, failure->number);
    fovea_write_u64(writer, failure->offset);
    fovea_write_u16(writer, (uint16_t)failure->status);
    fovea_write_string(writer, failure->reason);
    end_frame(writer, FOVEA_UNPACKED_FAILED, at);
}

static bool
is_among(enum fovea_status status, const enum fovea_status *all, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (all[i] == status) {
            return true;
        }
    }
    return false;
}

/* What a member may be left out for. */
static bool
is_of_member(enum fovea_status status)
{
    static const enum fovea_status all[] = { FOVEA_OK, FOVEA_ERR_NOT_AN_IMAGE,
        FOVEA_ERR_IMAGE_TOO_MANY_BYTES, FOVEA_ERR_ARCHIVE_UNSUPPORTED };
    return is_among(status, all, FOVEA_ARRAY_LEN(all));
}

static bool
is_of_failure(enum fovea_status status)
{
    static const enum fovea_status all[] = { FOVEA_ERR_ARCHIVE,
        FOVEA_ERR_ARCHIVE_UNSUPPORTED, FOVEA_ERR_ARCHIVE_TOO_COSTLY,
        FOVEA_ERR_IO, FOVEA_ERR_NO_MEMORY, FOVEA_ERR_SANDBOX };
    return is_among(status, all, FOVEA_ARRAY_LEN(all));
}

bool
fovea_unpacked_read_ready(const struct fovea_unpacked_frame *frame,
        bool *is_sealed_out)
{
    struct fovea_reader reader;
    fovea_reader_init(&reader, frame->payload, frame->size);
    uint8_t is_sealed = fovea_read_u8(&reader);
    *is_sealed_out = is_sealed == 1;
    return fovea_reader_is_done(&reader) && is_sealed <= 1;
}

bool
fovea_unpacked_read_member(const struct fovea_unpacked_frame *frame,
        struct fovea_unpacked_member *member_out)
{
    struct fovea_reader reader;
    fovea_reader_init(&reader, frame->payload, frame->size);
    member_out->number = fovea_read_u64(&reader);
    member_out->offset = fovea_read_u64(&reader);
    member_out->size = fovea_read_u64(&reader);
    member_out->status = (enum fovea_status)fovea_read_u16(&reader);
    fovea_read_string(&reader, member_out->name, sizeof member_out->name);
    fovea_read_string(&reader, member_out->reason, sizeof member_out->reason);
    if (!fovea_reader_is_done(&reader) ||
            !fovea_member_name_is_safe(member_out->name) ||
            !is_of_member(member_out->status)) {
        return false;
    }
    fovea_utf8_make_line(member_out->reason);
    return true;
}

bool
fovea_unpacked_read_mark(const struct fovea_unpacked_frame *frame,
        struct fovea_unpacked_mark *mark_out)
{
    struct fovea_reader reader;
    fovea_reader_init(&reader, frame->payload, frame->size);
    mark_out->number = fovea_read_u64(&reader);
    mark_out->offset = fovea_read_u64(&reader);
    return fovea_reader_is_done(&reader);
}

bool
fovea_unpacked_read_end(const struct fovea_unpacked_frame *frame,
        struct fovea_unpacked_end *end_out)
{
    struct fovea_reader reader;
    fovea_reader_init(&reader, frame->payload, frame->size);
    end_out->n_members = fovea_read_u64(&reader);
    uint8_t is_plain = fovea_read_u8(&reader);
    end_out->is_plain = is_plain == 1;
    return fovea_reader_is_done(&reader) && is_plain <= 1;
}

bool
fovea_unpacked_read_failure(const struct fovea_unpacked_frame *frame,
        struct fovea_unpacked_failure *failure_out)
{
    struct fovea_reader reader;
    fovea_reader_init(&reader, frame->payload, frame->size);
    failure_out->number = fovea_read_u64(&reader);
    failure_out->offset = fovea_read_u64(&reader);
    failure_out->status = (enum fovea_status)fovea_read_u16(&reader);
    fovea_read_string(&reader, failure_out->reason, sizeof failure_out->reason);
    if (!fovea_reader_is_done(&reader) || failure_out->reason[0] == '\0' ||
            !is_of_failure(failure_out->status)) {
        return false;
    }
    fovea_utf8_make_line(failure_out->reason);
    return true;
}
