/* See channel.h. */
#include "wire/channel.h"

#include "base/macros.h"

#define ROW(state, type, then)                                          \
    {                                                                   \
        FOVEA_CHANNEL_##state, FOVEA_FRAME_##type, FOVEA_CHANNEL_##then \
    }

static const struct {
    enum fovea_channel_state state;
    enum fovea_frame_type type;
    enum fovea_channel_state then;
} table[] = {
    ROW(NEW, HELLO, GREETED),
    ROW(GREETED, LOAD, LOADING),
    ROW(GREETED, MEASURE, MEASURING),
    ROW(MEASURING, MEASURED, ENDED),
    ROW(MEASURING, FAILED, ENDED),
    ROW(LOADING, READY, READY),
    ROW(LOADING, FAILED, ENDED),
    ROW(READY, JOB, BUSY),
    ROW(BUSY, DECODED, BUSY),
    ROW(BUSY, RESULT, BUSY), /* after the last one: finish_job */
    ROW(BUSY, NEED, ASKED),
    ROW(ASKED, GRANT, BUSY),
    ROW(ASKED, DECODED, ASKED), /* of other threads */
    ROW(ASKED, RESULT, ASKED),
};

bool
fovea_channel_advance(enum fovea_channel_state *state,
        enum fovea_frame_type type)
{
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(table); i++) {
        if (table[i].state == *state && table[i].type == type) {
            *state = table[i].then;
            return true;
        }
    }
    return false;
}

void
fovea_channel_send(enum fovea_channel_state *state, enum fovea_frame_type type)
{
    bool is_legal = fovea_channel_advance(state, type);
    FOVEA_ASSERT(is_legal);
}

void
fovea_channel_finish_job(enum fovea_channel_state *state)
{
    FOVEA_ASSERT(*state == FOVEA_CHANNEL_BUSY);
    *state = FOVEA_CHANNEL_READY;
}
