/*
 * Inside of archive/: what an unpacker sends, made to members.
 *
 * Nothing that it says is believed before it was compared with what was ordered and
 * what it has said before. It is a state machine without descriptors and clocks.
 */
#ifndef FOVEA_ARCHIVE_INTAKE_H
#define FOVEA_ARCHIVE_INTAKE_H

#include "archive/archive.h"
#include "wire/unpacked.h"

struct fovea_intake_settings {
    struct fovea_archive_part part;
    uint64_t max_member_bytes;
    bool must_be_sealed;
    bool counts; /* marks come, and no members */
};

enum fovea_intake_state {
    FOVEA_INTAKE_BEGIN,   /* before READY */
    FOVEA_INTAKE_BETWEEN, /* members */
    FOVEA_INTAKE_WITHIN,  /* one */
    FOVEA_INTAKE_OVER,
};

struct fovea_intake {
    struct fovea_intake_settings settings;
    enum fovea_intake_state state;
    uint64_t number;      /* of the next member */
    uint64_t next_offset; /* where its header may be at the earliest */
    struct fovea_archive_member member; /* that is coming */
    uint64_t n_come;                    /* bytes of it */
    struct fovea_unpacked_member told;
    uint8_t *buffer; /* [FOVEA_UNPACKED_MAX_FRAME] */
    size_t begin;    /* of what is not used yet */
    size_t end;
};

/** FOVEA_OK or FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_intake_init(struct fovea_intake *intake,
        const struct fovea_intake_settings *settings, struct fovea_error *err);

/** Fine on a zeroed one, and twice. */
void fovea_intake_finish(struct fovea_intake *intake);

/** Where bytes are to be read to: *size_out of them, not 0. */
uint8_t *fovea_intake_room(struct fovea_intake *intake, size_t *size_out);

/** So many came. */
void fovea_intake_add(struct fovea_intake *intake, size_t n);

enum fovea_intake_step {
    FOVEA_INTAKE_MORE,   /* bytes are lacking */
    FOVEA_INTAKE_MEMBER, /* one, or a mark with its number and offset */
    FOVEA_INTAKE_END,
    FOVEA_INTAKE_FAILED, /* err says why; its number is intake->number */
};

/** The next that came. *member_out: with _MEMBER only, to be finished. */
enum fovea_intake_step fovea_intake_next(struct fovea_intake *intake,
        struct fovea_archive_member *member_out, struct fovea_error *err);

#endif
