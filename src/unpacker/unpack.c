/*
 * Going through an archive: see unpack.h.
 *
 * libarchive reads the tar and what it is packed with; what it says about sizes
 * and kinds is a stranger's word, and bounded here. A damaged header ends the
 * archive: libarchive could look for the next one behind it, and would find
 * members inside of members.
 */
#include "unpacker/unpack.h"

#include <inttypes.h>
#include <stdio.h>

#include <archive_entry.h>

#include "base/macros.h"
#include "base/size.h"
#include "option/limits.h"
#include "unpacker/data.h"
#include "unpacker/fail.h"
#include "unpacker/picture.h"
#include "wire/member_name.h"

FOVEA_DEFINE_AUTO(struct archive *, archive_read_free);

/* All that is read. libarchive knows more; what is not named here it refuses. */
static int (*const supported[])(struct archive *archive) = {
    archive_read_support_format_tar,
    archive_read_support_filter_gzip,
    archive_read_support_filter_zstd,
};

static int
open_archive(struct fovea_unpacker *unpacker)
{
    struct archive *archive = unpacker->archive;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(supported); i++) {
        int result = supported[i](archive);
        if (result) {
            return result;
        }
    }
    return fovea_tar_input_open(&unpacker->input, archive);
}

/* Why a member is none that could be a picture; NULL: it is a file. */
static const char *
why_no_file(struct archive_entry *entry)
{
    if (archive_entry_hardlink(entry) ||
            archive_entry_filetype(entry) == AE_IFLNK) {
        return "a link: what it leads to is not looked for";
    }
    if (archive_entry_filetype(entry) != AE_IFREG) {
        return "no file but a device or a pipe";
    }
    return archive_entry_sparse_count(entry) > 0
            ? "a file with holes, which is not read"
            : NULL;
}

/* Fill in what the host is told of a member, as far as its header says it. */
static void
describe(struct fovea_unpacker *unpacker, struct archive_entry *entry)
{
    struct fovea_unpacked_member *member = &unpacker->member;
    const char *path = archive_entry_pathname(entry);
    int64_t size = archive_entry_size(entry);
    const char *reason = why_no_file(entry);
    member->number = unpacker->n_members;
    member->offset = unpacker->offset;
    member->size = size > 0 ? (uint64_t)size : 0;
    member->status = FOVEA_OK;
    member->reason[0] = '\0';
    bool is_short = fovea_member_name_make(path ? path : "", member->number,
            member->name);
    if (reason) {
        member->status = FOVEA_ERR_NOT_AN_IMAGE;
        (void)snprintf(member->reason, sizeof member->reason,
                "not an image but %s", reason);
    } else if (!is_short) {
        member->status = FOVEA_ERR_ARCHIVE_UNSUPPORTED;
        (void)snprintf(member->reason, sizeof member->reason,
                "its name has more than %d bytes", FOVEA_MEMBER_NAME_BYTES);
    }
}

/* A member that is wanted. */
static bool
tell_member(struct fovea_unpacker *unpacker, struct archive_entry *entry)
{
    const struct fovea_unpacked_mark mark = { unpacker->n_members,
        unpacker->offset };
    if (unpacker->order.counts) {
        fovea_tell_mark(&unpacker->teller, &mark);
        return true;
    }
    describe(unpacker, entry);
    if (unpacker->member.status) {
        fovea_tell_member(&unpacker->teller, &unpacker->member);
        return true;
    }
    return fovea_unpack_picture(unpacker);
}

/* The end of a tar is said by a block of zeros. Where the input ends without one
   it may have been cut short, with members lost. */
static bool
check_end(struct fovea_unpacker *unpacker)
{
    struct archive *archive = unpacker->archive;
    unpacker->offset = unpacker->input.start +
            (uint64_t)archive_read_header_position(archive);
    bool has_end = archive_filter_bytes(archive, 0) >
            archive_read_header_position(archive);
    return has_end ||
            fovea_unpack_fail(unpacker, FOVEA_ERR_ARCHIVE,
                    "it ends without the zeros that a tar ends with: it may "
                    "have been cut short");
}

/* Go on to the next header that is no folder's. False: there is none, or reading
   has failed. */
static bool
next_member(struct fovea_unpacker *unpacker, struct archive_entry **entry_out)
{
    struct archive *archive = unpacker->archive;
    for (;;) {
        int result = archive_read_next_header(archive, entry_out);
        if (result == ARCHIVE_EOF) {
            (void)check_end(unpacker);
            return false;
        }
        unpacker->offset = unpacker->input.start +
                (uint64_t)archive_read_header_position(archive);
        if (!fovea_unpack_is_good(result)) {
            return fovea_unpack_fail_as(unpacker);
        }
        if (!fovea_unpack_check_size(unpacker)) {
            return false;
        }
        if (archive_entry_filetype(*entry_out) != AE_IFDIR) {
            return true;
        }
        if (!fovea_unpack_pass_over(unpacker)) {
            return false;
        }
    }
}

static bool
is_all(const struct fovea_unpacker *unpacker)
{
    const struct fovea_unpacker_order *order = &unpacker->order;
    return order->count > 0 &&
            unpacker->n_members >= fovea_sum_bytes(order->first, order->count);
}

static void
read_members(struct fovea_unpacker *unpacker)
{
    const struct fovea_unpacker_order *order = &unpacker->order;
    struct archive_entry *entry = NULL;
    while (!is_all(unpacker) && next_member(unpacker, &entry)) {
        if (unpacker->n_members >= order->max_members) {
            (void)fovea_unpack_fail(unpacker, FOVEA_ERR_ARCHIVE_TOO_COSTLY,
                    "it has more than %" PRIu64 " members %s",
                    order->max_members,
                    fovea_limit_by(FOVEA_OPTION_ARCHIVE_MEMBERS));
            return;
        }
        bool is_wanted = unpacker->n_members >= order->first;
        if ((is_wanted && !tell_member(unpacker, entry)) ||
                !fovea_unpack_pass_over(unpacker)) {
            return;
        }
        unpacker->n_members++;
    }
}

/* From where the input is on, to the end of a tar. */
static void
read_tar(struct fovea_unpacker *unpacker)
{
    if (open_archive(unpacker)) {
        (void)fovea_unpack_fail_as(unpacker);
        return;
    }
    unpacker->is_plain = fovea_unpack_is_plain(unpacker);
    if (unpacker->is_plain || !unpacker->order.counts) {
        read_members(unpacker);
    }
}

/* Whether another tar stands behind the end of this one: what is packed, or comes by a
   pipe, cannot be gone back in. */
static bool
goes_on(struct fovea_unpacker *unpacker, uint64_t n_bytes)
{
    return !unpacker->failure.status && unpacker->is_plain &&
            !is_all(unpacker) &&
            fovea_tar_input_go_on(&unpacker->input,
                    unpacker->input.start + n_bytes);
}

void
fovea_unpack(struct fovea_unpacker *unpacker)
{
    const struct fovea_unpacker_order *order = &unpacker->order;
    uint64_t n_bytes = 0;
    unpacker->offset = order->offset;
    unpacker->n_members = order->offset > 0 ? order->first : 0;
    do {
        FOVEA_AUTO(archive_read_free_auto)
        struct archive *archive = archive_read_new();
        unpacker->archive = archive;
        if (archive) {
            read_tar(unpacker);
            n_bytes = (uint64_t)archive_filter_bytes(archive, 0);
        } else {
            (void)fovea_unpack_fail(unpacker, FOVEA_ERR_NO_MEMORY,
                    "no memory to read it with");
        }
    } while (goes_on(unpacker, n_bytes));
    if (unpacker->failure.status) {
        fovea_tell_failure(&unpacker->teller, &unpacker->failure);
        return;
    }
    const struct fovea_unpacked_end end = {
        .n_members = unpacker->n_members,
        .is_plain = unpacker->is_plain,
    };
    fovea_tell_end(&unpacker->teller, &end);
}
