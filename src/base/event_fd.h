/* Telling a thread that waits for descriptors. */
#ifndef FOVEA_BASE_EVENT_FD_H
#define FOVEA_BASE_EVENT_FD_H

/** Make an eventfd readable. Threads: any. */
void fovea_event_raise(int fd);

#endif
