/*
 * Streams over one real worker that takes one image at a time. Work is held by
 * stopping the worker, or by a server that does not answer before it is told to.
 */
#ifndef FOVEA_TESTS_SUPPORT_STREAMS_H
#define FOVEA_TESTS_SUPPORT_STREAMS_H

#include "fovea/fovea.h"

#include "support/golden.h"
#include "support/server.h"
#include "support/test.h"

enum {
    STREAM_DIMENSION = 20, /* of the model "quick" */
    STREAM_MAX_BYTES = 1 << 20,
};

struct stream_scene {
    struct golden_model golden;
    struct server *server;
    char path[GOLDEN_PATH_SIZE];
    char held_url[128];
    uint8_t bytes[STREAM_MAX_BYTES];
    struct fovea_item missing; /* a path of nothing */
    struct fovea_item file;    /* a good picture, by its path */
    struct fovea_item picture; /* the same in memory */
    struct fovea_item held;    /* no picture, once the server lets go */
    float expected[STREAM_DIMENSION];
    float expected_raw[STREAM_DIMENSION];
};

extern struct stream_scene scene;

/* Of a group, once: reads the picture. */
int stream_set_up(void **state);

/* Of each test: a model with room for three items that wait, and the server. */
int stream_open_model(void **state);
int stream_close_model(void **state);

#define STREAM_TEST(name) \
    cmocka_unit_test_setup_teardown(name, stream_open_model, stream_close_model)

/* Stop the worker, or let it go on: what is put meanwhile stays under way. */
void stream_tell_worker(int number);

struct fovea_stream *stream_open(size_t window, bool ordered);

void stream_put(struct fovea_stream *stream, const struct fovea_item *item,
        uint64_t tag);

/* Take without waiting. The descriptor says the same. */
const struct fovea_stream_result *stream_look(struct fovea_stream *stream);

void stream_wait_by_poll(const struct fovea_stream *stream);

/* Wait for a result and take it. */
const struct fovea_stream_result *stream_take(struct fovea_stream *stream);

/* It is that of this item; a good one has the picture's vector. */
void stream_check(const struct fovea_stream_result *result, uint64_t tag,
        enum fovea_status status);

/* There is no result, and this is why. */
void stream_check_state(struct fovea_stream *stream,
        enum fovea_stream_state state);

#endif
