/* See picture.h. */
#include "unpacker/picture.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/size.h"
#include "image/signatures.h"
#include "option/limits.h"
#include "unpacker/data.h"
#include "unpacker/fail.h"

/* How a member begins. */
struct beginning {
    uint8_t head[FOVEA_HEAD_BYTES];
    size_t size;                      /* of the head */
    struct fovea_unpacked_block rest; /* of the block where the head ends */
};

static bool
read_head(struct fovea_unpacker *unpacker, struct beginning *beginning)
{
    struct fovea_unpacked_block block = { 0 };
    beginning->size = 0;
    do {
        if (!fovea_unpack_block(unpacker, &block)) {
            return false;
        }
        size_t room = sizeof beginning->head - beginning->size;
        size_t n = block.size < room ? block.size : room;
        if (n > 0) {
            memcpy(beginning->head + beginning->size, block.bytes, n);
            beginning->size += n;
            beginning->rest = (struct fovea_unpacked_block){ block.bytes + n,
                block.size - n };
        }
    } while (block.size > 0 && beginning->size < sizeof beginning->head);
    return true;
}

/* Whether its bytes are wanted; else why not. */
static void
judge(struct fovea_unpacker *unpacker, const struct beginning *beginning)
{
    struct fovea_unpacked_member *member = &unpacker->member;
    const struct fovea_head head = { beginning->head, beginning->size };
    const struct fovea_signature *found = NULL;
    struct fovea_error error;
    if (fovea_signature_judge(&head, &found, &error)) {
        member->status = error.code;
        memcpy(member->reason, error.message, sizeof member->reason);
    } else if (member->size > unpacker->order.max_member_bytes) {
        member->status = FOVEA_ERR_IMAGE_TOO_MANY_BYTES;
        (void)snprintf(member->reason, sizeof member->reason,
                "%" PRIu64 " bytes are more than the limit of %" PRIu64 " %s",
                member->size, unpacker->order.max_member_bytes,
                fovea_limit_by(FOVEA_OPTION_BYTES));
    }
}

static bool
refuse_size(struct fovea_unpacker *unpacker)
{
    return fovea_unpack_fail(unpacker, FOVEA_ERR_ARCHIVE,
            "its data and its header do not agree in size");
}

/* As many bytes as its header says. */
static bool
tell_bytes(struct fovea_unpacker *unpacker, const struct beginning *beginning)
{
    uint64_t left = unpacker->member.size;
    struct fovea_unpacked_block block = { beginning->head, beginning->size };
    struct fovea_unpacked_block next = beginning->rest;
    while (block.size > 0 && block.size <= left) {
        fovea_tell_data(&unpacker->teller, block.bytes, block.size);
        left -= block.size;
        block = next;
        next = (struct fovea_unpacked_block){ 0 };
        if (block.size == 0 && !fovea_unpack_block(unpacker, &block)) {
            return false;
        }
    }
    return (block.size == 0 && left == 0) || refuse_size(unpacker);
}

bool
fovea_unpack_picture(struct fovea_unpacker *unpacker)
{
    struct beginning beginning = { 0 };
    if (!read_head(unpacker, &beginning)) {
        return false;
    }
    if (beginning.size !=
            fovea_least_bytes(unpacker->member.size, FOVEA_HEAD_BYTES)) {
        return refuse_size(unpacker);
    }
    judge(unpacker, &beginning);
    fovea_tell_member(&unpacker->teller, &unpacker->member);
    return unpacker->member.status || tell_bytes(unpacker, &beginning);
}
