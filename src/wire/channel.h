/*
 * Who may say what when: the state that a channel is in, and what each frame
 * makes of it. Both sides keep one and let it advance by every frame that they
 * send or receive. docs/PROTOCOL.md tells the table in words.
 */
#ifndef FOVEA_WIRE_CHANNEL_H
#define FOVEA_WIRE_CHANNEL_H

#include "wire/frame.h"

enum fovea_channel_state {
    FOVEA_CHANNEL_NEW,     /* nothing was said: HELLO from the worker */
    FOVEA_CHANNEL_GREETED, /* HELLO was said: LOAD or MEASURE from the host */
    FOVEA_CHANNEL_LOADING, /* LOAD was said: READY or FAILED from the worker */
    FOVEA_CHANNEL_READY,   /* JOB from the host */
    FOVEA_CHANNEL_BUSY,    /* a job is in flight: DECODED, RESULT, NEED from the
                              worker */
    FOVEA_CHANNEL_ASKED,   /* NEED was said: DECODED, RESULT, and GRANT from the
                            host */
    FOVEA_CHANNEL_MEASURING, /* MEASURE was said: MEASURED or FAILED from the
                                worker */
    FOVEA_CHANNEL_ENDED,     /* that or FAILED was said: nothing more */
};

/** A frame came: false, and nothing changed, if it may not come in this
 *  state. */
FOVEA_NODISCARD bool fovea_channel_advance(enum fovea_channel_state *state,
        enum fovea_frame_type type);

/** A frame is sent that may be: anything else is a fault of ours. */
void fovea_channel_send(enum fovea_channel_state *state,
        enum fovea_frame_type type);

/** The job's last RESULT was said: what no frame tells by itself. */
void fovea_channel_finish_job(enum fovea_channel_state *state);

#endif
