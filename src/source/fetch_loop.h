/* Inside of source/: the thread of the fetcher. */
#ifndef FOVEA_SOURCE_FETCH_LOOP_H
#define FOVEA_SOURCE_FETCH_LOOP_H

/** The thread: begins, ends and answers transfers until is_stopping. context:
 *  the fetcher. */
void *fovea_fetch_loop(void *context);

#endif
