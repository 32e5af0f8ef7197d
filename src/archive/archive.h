/*
 * Tar archives as streams of pictures: the host's half.
 *
 * An archive is read by a process of its own, fovea-unpacker, which is sealed
 * before it sees the first byte; libarchive never runs here. What comes from it
 * is frames (wire/unpacked.h), which are checked before they are believed. A
 * file is handed to it as an open descriptor; what is remote comes to it through
 * a pipe that a thread fills.
 *
 * Members are counted from 0 in the order of the archive; folders are none.
 * Each is told of once: a picture with its bytes, or why there is none.
 */
#ifndef FOVEA_ARCHIVE_ARCHIVE_H
#define FOVEA_ARCHIVE_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "fovea/options.h"

struct fovea_archive;

enum {
    FOVEA_ARCHIVE_VERSION_SIZE = 132, /* of an ETag with its quotes and a NUL */
};

/** What is read of an archive. All zero: everything. */
struct fovea_archive_part {
    uint64_t first; /* number of its first member */
    uint64_t count; /* members; 0: to the end */
    uint64_t
            offset; /* of the first one's header, of a plain tar that is a file:
                        reading begins there; 0: at the beginning */
};

/** Bounds; what is zero is the default that option.def has. */
struct fovea_archive_limits {
    uint64_t max_memory_bytes; /* of the unpacker */
    uint64_t max_expansion;    /* unpacked bytes a packed one; some are free */
    uint64_t max_members;
    int64_t stall_ns; /* without progress, while it has input */
};

/** Borrowed until the archive is closed, but the texts, which are copied. */
struct fovea_archive_settings {
    const char *name;    /* a path, or https://, http:// or s3:// */
    const char *version; /* that it must be; NULL: any */
    struct fovea_archive_part part;
    struct fovea_archive_limits limits;
    bool counts; /* only goes over a plain tar: members have a number and a place,
                    and neither name nor bytes */
    const struct fovea_options *options; /* whose sandbox, limits.max_bytes, url
                                            and s3 hold here; NULL: defaults */
};

enum fovea_archive_step {
    FOVEA_ARCHIVE_MEMBER,
    FOVEA_ARCHIVE_WAIT, /* there is none yet: poll fovea_archive_wait_fd() */
    FOVEA_ARCHIVE_END,
};

/** A member; of what failed before it had one, the archive itself. */
struct fovea_archive_member {
    char *name; /* a relative path without "..", in bytes of any kind; NULL: it is
                   the archive that has the problem, and the next step is END */
    uint64_t number;
    uint64_t offset; /* of its header, in the unpacked archive */
    uint64_t size;   /* that it has in the archive */
    void *bytes;     /* [size]; NULL with a problem */
    /* FOVEA_ERR_NOT_AN_IMAGE (no picture by its first bytes, a link, a device, a
       file with holes: no part of it was sent), FOVEA_ERR_IMAGE_TOO_MANY_BYTES,
       FOVEA_ERR_ARCHIVE_UNSUPPORTED (a name that is too long).
       Of the archive: FOVEA_ERR_ARCHIVE, _ARCHIVE_UNSUPPORTED,
       _ARCHIVE_TOO_COSTLY, _ARCHIVE_CHANGED; FOVEA_ERR_IO, what a file cannot be
       opened with, what fetching returns; FOVEA_ERR_WORKER_START,
       FOVEA_ERR_SANDBOX; FOVEA_ERR_CANCELLED of one that is packed, where members
       are to be counted. */
    struct fovea_error problem;
};

void fovea_archive_member_finish(struct fovea_archive_member *member);

/** Whether a name is a URL of a scheme that archives are read from. */
bool fovea_archive_is_remote(const char *name);

/** Whether a name is one of an archive: it ends in .tar, .tar.gz, .tgz, .tar.zst
 *  or .tzst, in letters of either case, before a URL's ? and #. */
bool fovea_archive_is_named(const char *name);

/**
 * Begin to read. No byte of it is read by this process.
 *
 * The unpacker is killed when the thread that calls this ends.
 *
 * @return FOVEA_OK, FOVEA_ERR_NO_MEMORY, or FOVEA_ERR_ARGUMENT for an option out
 *         of range: what else is wrong is the first member's problem.
 */
FOVEA_NODISCARD enum fovea_status fovea_archive_open(
        const struct fovea_archive_settings *settings,
        struct fovea_archive **archive_out, struct fovea_error *err);

/** End the unpacker and free everything. NULL is fine. */
void fovea_archive_close(struct fovea_archive *archive);

/**
 * The next member. Never waits.
 *
 * @param member_out  To be finished by the caller; set with _MEMBER only. Its
 *                    name and bytes can be taken out of it.
 * Threads: one at a time.
 */
FOVEA_NODISCARD enum fovea_archive_step fovea_archive_next(
        struct fovea_archive *archive, struct fovea_archive_member *member_out);

/** Readable once fovea_archive_next() may have more. */
int fovea_archive_wait_fd(const struct fovea_archive *archive);

/** What an archive is before it is read. */
struct fovea_archive_info {
    char version
            [FOVEA_ARCHIVE_VERSION_SIZE]; /* of a file its time and size, else
                                                 the ETag; "": not known */
    uint64_t size;                        /* bytes; UINT64_MAX: not known */
    bool is_file;                         /* of this machine */
};

/**
 * Ask for an archive's version and size; of what is elsewhere a byte is read.
 *
 * @return FOVEA_OK; what a file cannot be opened with; what fetching returns.
 */
FOVEA_NODISCARD enum fovea_status fovea_archive_look(
        const struct fovea_archive_settings *settings,
        struct fovea_archive_info *info_out, struct fovea_error *err);

/** What counting came to. */
struct fovea_archive_counted {
    bool is_plain; /* else it is packed, and nothing was counted */
    uint64_t
            n_members; /* the place where it is damaged is one, too: reading from
                           there gives the archive's error */
    struct fovea_archive_info info;
};

/** A member while they are counted; false: stop, with err filled in. */
typedef bool fovea_archive_visit_fn(void *context, uint64_t number,
        uint64_t offset, struct fovea_error *err);

/**
 * Go through a file's headers, over the data between them, so that a part can
 * begin at any member.
 *
 * @param settings  Its part counts for nothing.
 * @return FOVEA_OK, damaged or not; FOVEA_ERR_CANCELLED, or what visit left in
 *         err; FOVEA_ERR_ARGUMENT of what is no file; as a member's problem where
 *         nothing can be counted.
 * Threads: waits; safe.
 */
FOVEA_NODISCARD enum fovea_status fovea_archive_count(
        const struct fovea_archive_settings *settings,
        fovea_archive_visit_fn *visit, void *context,
        struct fovea_archive_counted *counted_out, struct fovea_error *err);

#endif
