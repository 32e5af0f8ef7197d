/* How a worker ends by itself; the host says it in its messages. */
#ifndef FOVEA_WIRE_EXIT_H
#define FOVEA_WIRE_EXIT_H

enum fovea_worker_exit {
    FOVEA_WORKER_EXIT_OK = 0,       /* the host closed the channel */
    FOVEA_WORKER_EXIT_USAGE = 2,    /* started by hand, wrongly */
    FOVEA_WORKER_EXIT_LOAD = 10,    /* could not load; FAILED said why */
    FOVEA_WORKER_EXIT_SANDBOX = 11, /* could not seal itself; FAILED said why */
    FOVEA_WORKER_EXIT_PROTOCOL = 12, /* the host sent what makes no sense */
    FOVEA_WORKER_EXIT_CHANNEL = 13,  /* the channel broke */
    FOVEA_WORKER_EXIT_ORPHAN = 14,   /* the host was gone when it started */
    FOVEA_WORKER_EXIT_CPU = 15,      /* the CPU lacks instructions */
};

/** "the host sent what makes no sense"; NULL for a code that is none of
 *  these. */
const char *fovea_worker_exit_text(int code);

#endif
