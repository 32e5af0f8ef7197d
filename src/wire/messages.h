/*
 * The payloads of the frames, one struct and one pair of functions each.
 *
 * Decoding checks ranges, strings and that every byte was used; a false means
 * that the sender is not to be trusted with anything more. Strings are copied
 * into the structs.
 */
#ifndef FOVEA_WIRE_MESSAGES_H
#define FOVEA_WIRE_MESSAGES_H

#include "fovea/fovea.h"

#include "spec/choice.h"
#include "wire/bytes.h"
#include "wire/facts.h"
#include "wire/frame.h"
#include "wire/work.h"

enum {
    FOVEA_WIRE_PATH_SIZE = 4096,
    FOVEA_WIRE_NAME_SIZE = 128,
};

struct fovea_hello {
    uint32_t protocol;                /* FOVEA_PROTOCOL_VERSION */
    char build[FOVEA_WIRE_NAME_SIZE]; /* FOVEA_VERSION */
    /* What packed weights depend on besides the weights: matrix library, its
       version, the instructions it uses. One word. */
    char engine[FOVEA_WIRE_NAME_SIZE];
};

/* Beside it: what workers of the kind share (fovea_work_n_shared() descriptors),
   or nothing. */
struct fovea_load {
    char directory[FOVEA_WIRE_PATH_SIZE]; /* of the model */
    enum fovea_work_kind kind;
    enum fovea_dtype dtype; /* not AUTO */
    enum fovea_pixels pixels;
    enum fovea_sandbox sandbox;
    uint32_t n_threads;
    uint32_t max_batch;
    struct fovea_limits limits; /* every field set */
    uint32_t thumbnail_px;      /* longer side of a thumbnail */
    uint64_t max_granted_bytes; /* the most that it will be granted at once */
    /* It comes from files, not from a sibling's sealed memory: the checksum of
       all of it is to be checked. */
    bool packed_is_foreign;
};

/* Beside it, where the worker made them: what workers of the kind share, in
   sealed memory: header and weights (engine/cpu/packed.h), the tokenizer's table
   (text/tokenizer.h). Nothing if it was given them. */
struct fovea_ready {
    uint32_t dimension;     /* float32 of a vector; 0: there is none */
    uint64_t row_bytes;     /* of a result */
    uint64_t shared_bytes;  /* of all of that; 0: nothing is shared */
    uint64_t scratch_bytes; /* allocated for itself before the seal */
    uint64_t load_ns;
    uint64_t warm_up_ns;
    bool is_sandboxed;
    char remark[FOVEA_ERROR_MESSAGE_SIZE]; /* why not, if it could not be */
};

struct fovea_failed {
    enum fovea_status status; /* not FOVEA_OK */
    int32_t sys_errno;
    bool packed_is_bad; /* what it was given is not usable; without that it
                           would do */
    char message[FOVEA_ERROR_MESSAGE_SIZE];
};

/* n descriptors beside it, regular files or memory, to be read from offset 0;
   where results go to a file (FOVEA_OUTPUT_FILE) one more: n rows of row_bytes to
   be written at index * row_bytes. */
struct fovea_job_frame {
    uint32_t n; /* 1..max_batch */
    struct {
        uint64_t size; /* bytes, when it was opened */
        struct fovea_work_flags flags;
    } items[FOVEA_MAX_BATCH];
};

struct fovea_decoded {
    uint32_t index;
    uint64_t decode_ns;
};

enum {
    /* What each thread of a worker may take for decoding without asking: any
       picture that streams, and others of a few megapixels. */
    FOVEA_DECODE_FREE_BYTES = 8 << 20
};

/* Before an item takes more memory than that; once an item. What is granted is returned with its DECODED or
   RESULT. */
struct fovea_need {
    uint32_t index;
    uint64_t bytes; /* not 0 */
};

struct fovea_grant {
    uint32_t index;
    enum fovea_status status;               /* FOVEA_OK: it may */
    char message[FOVEA_ERROR_MESSAGE_SIZE]; /* empty if status is FOVEA_OK */
};

/* Exactly one an item of a job, in any order; a job is done with its last. */
struct fovea_result {
    uint32_t index;
    enum fovea_status status;
    int32_t sys_errno;
    uint32_t notes; /* of enum fovea_note; 0 unless status is FOVEA_OK */
    uint64_t decode_ns;
    uint64_t forward_ns; /* its share */
    /* What was wrong, or what the notes are about; else empty. */
    char message[FOVEA_ERROR_MESSAGE_SIZE];
    struct fovea_facts facts; /* of an image if FOVEA_OK; else zero */
    /* Behind it in the frame if FOVEA_OK and there is one: the vector. */
};

/* Encoders: into the writer; its overflow says if it did not fit. */
void fovea_hello_write(const struct fovea_hello *hello,
        struct fovea_writer *writer);
void fovea_load_write(const struct fovea_load *load,
        struct fovea_writer *writer);
void fovea_ready_write(const struct fovea_ready *ready,
        struct fovea_writer *writer);
void fovea_failed_write(const struct fovea_failed *failed,
        struct fovea_writer *writer);
void fovea_job_write(const struct fovea_job_frame *job,
        struct fovea_writer *writer);
void fovea_decoded_write(const struct fovea_decoded *decoded,
        struct fovea_writer *writer);
void fovea_need_write(const struct fovea_need *need,
        struct fovea_writer *writer);
void fovea_grant_write(const struct fovea_grant *grant,
        struct fovea_writer *writer);
/* MEASURE and MEASURED: nothing beside them. */
void fovea_measure_write(const struct fovea_choice_shape *shape,
        struct fovea_writer *writer);
void fovea_measured_write(const struct fovea_choice_times *times,
        struct fovea_writer *writer);
/** vector: dimension floats, or NULL with 0. */
void fovea_result_write(const struct fovea_result *result, const float *vector,
        size_t dimension, struct fovea_writer *writer);

FOVEA_NODISCARD bool fovea_hello_read(const struct fovea_frame *frame,
        struct fovea_hello *hello_out);
FOVEA_NODISCARD bool fovea_load_read(const struct fovea_frame *frame,
        struct fovea_load *load_out);
FOVEA_NODISCARD bool fovea_ready_read(const struct fovea_frame *frame,
        struct fovea_ready *ready_out);
FOVEA_NODISCARD bool fovea_failed_read(const struct fovea_frame *frame,
        struct fovea_failed *failed_out);
FOVEA_NODISCARD bool fovea_job_read(const struct fovea_frame *frame,
        struct fovea_job_frame *job_out);
FOVEA_NODISCARD bool fovea_decoded_read(const struct fovea_frame *frame,
        struct fovea_decoded *decoded_out);
FOVEA_NODISCARD bool fovea_need_read(const struct fovea_frame *frame,
        struct fovea_need *need_out);
FOVEA_NODISCARD bool fovea_grant_read(const struct fovea_frame *frame,
        struct fovea_grant *grant_out);
FOVEA_NODISCARD bool fovea_measure_read(const struct fovea_frame *frame,
        struct fovea_choice_shape *shape_out);
FOVEA_NODISCARD bool fovea_measured_read(const struct fovea_frame *frame,
        struct fovea_choice_times *times_out);
/** vector_out: room for dimension floats; written if the status is FOVEA_OK and
 *  dimension is not 0. A status that status.def does not know is bad, and
 *  so is a note that note.def does not. */
FOVEA_NODISCARD bool fovea_result_read(const struct fovea_frame *frame,
        size_t dimension, struct fovea_result *result_out, float *vector_out);

#endif
