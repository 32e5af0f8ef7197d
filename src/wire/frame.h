/*
 * Frames: what host and worker send each other over a SOCK_SEQPACKET socket.
 *
 * A frame is one message of the socket: a header of 16 bytes, then its payload,
 * and up to FOVEA_FRAME_MAX_FDS open files beside it (SCM_RIGHTS). Numbers are
 * little-endian, strings a 16-bit length and bytes without a NUL.
 *
 *     offset  size  field
 *     0       2     type
 *     2       2     flags, 0
 *     4       4     length of the payload
 *     8       8     id: of the job it belongs to, or 0
 *
 * docs/PROTOCOL.md has the messages and who may send which when.
 */
#ifndef FOVEA_WIRE_FRAME_H
#define FOVEA_WIRE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

enum {
    FOVEA_PROTOCOL_VERSION = 8,
    FOVEA_FRAME_HEADER_SIZE = 16,
    FOVEA_FRAME_MAX_PAYLOAD =
            128 * 1024, /* a vector of the largest dimension */
    FOVEA_FRAME_MAX_SIZE = FOVEA_FRAME_HEADER_SIZE + FOVEA_FRAME_MAX_PAYLOAD,
    FOVEA_FRAME_MAX_FDS = 130, /* FOVEA_MAX_BATCH inputs, an output */
    FOVEA_CHANNEL_FD = 3,      /* in the worker */
    FOVEA_LOG_FD = 4,
};

enum fovea_frame_type {
    FOVEA_FRAME_HELLO = 1, /* worker: who I am */
    FOVEA_FRAME_LOAD,      /* host: the model, and how */
    FOVEA_FRAME_READY,     /* worker: loaded, sealed */
    FOVEA_FRAME_FAILED,    /* worker: cannot load, and why; it ends */
    FOVEA_FRAME_JOB,       /* host: items */
    FOVEA_FRAME_DECODED,   /* worker: an item of the job is decoded */
    FOVEA_FRAME_RESULT,    /* worker: what came of an item */
    FOVEA_FRAME_NEED,      /* worker: an item takes more memory; may it? */
    FOVEA_FRAME_GRANT,     /* host: it may, or may not, and why */
    FOVEA_FRAME_MEASURE,   /* host, in place of LOAD: time a layer */
    FOVEA_FRAME_MEASURED,  /* worker: how long it took; it ends */
    FOVEA_FRAME_LAST = FOVEA_FRAME_MEASURED,
};

/** "HELLO"; "unknown" for what is no type. */
const char *fovea_frame_type_name(enum fovea_frame_type type);

struct fovea_frame {
    enum fovea_frame_type type;
    uint64_t id;
    const uint8_t *payload; /* inside the buffer it was received into */
    size_t size;
    int fds[FOVEA_FRAME_MAX_FDS]; /* owned; -1 where taken */
    size_t n_fds;
};

/** Close the descriptors that were not taken. */
void fovea_frame_finish(struct fovea_frame *frame);

/** Take a descriptor out of a frame. */
int fovea_frame_take_fd(struct fovea_frame *frame, size_t index);

/**
 * Send one frame.
 *
 * @param payload  size bytes; not over FOVEA_FRAME_MAX_PAYLOAD.
 * @param fds      n_fds of them, borrowed.
 * @return FOVEA_OK; FOVEA_ERR_BUSY if the socket is non-blocking and full;
 *         FOVEA_ERR_IO (EPIPE: the other side is gone; SIGPIPE is never
 *         raised).
 */
FOVEA_NODISCARD enum fovea_status fovea_frame_send(int channel,
        enum fovea_frame_type type, uint64_t id, const void *payload,
        size_t size, const int *fds, size_t n_fds, struct fovea_error *err);

enum fovea_received {
    FOVEA_RECEIVED_FRAME,
    FOVEA_RECEIVED_NOTHING, /* non-blocking, and nothing is there */
    FOVEA_RECEIVED_END,     /* the other side is gone */
};

/**
 * Receive one frame. Descriptors come close-on-exec.
 *
 * @param buffer     FOVEA_FRAME_MAX_SIZE bytes; the frame points into it.
 * @param frame_out  To be finished; set with FOVEA_RECEIVED_FRAME only.
 * @return FOVEA_OK; FOVEA_ERR_INTERNAL for what is no frame (cut short, too
 *         long, an unknown type, flags, a length that is not its own): nothing
 *         is left open then; FOVEA_ERR_IO.
 */
FOVEA_NODISCARD enum fovea_status fovea_frame_receive(int channel,
        uint8_t *buffer, enum fovea_received *received_out,
        struct fovea_frame *frame_out, struct fovea_error *err);

/** Check a header and its payload's length; what fovea_frame_receive() does
 *  after the system call, and what the fuzzer calls. Fills type, id, payload,
 *  size. */
FOVEA_NODISCARD enum fovea_status fovea_frame_parse(const uint8_t *bytes,
        size_t size, struct fovea_frame *frame_out, struct fovea_error *err);

#endif
