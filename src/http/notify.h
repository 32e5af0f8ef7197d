/*
 * Talking to systemd, where it started us: the three things of sd_notify(3),
 * sd_listen_fds(3) and sd_watchdog_enabled(3) that a server needs. Their
 * protocol is a datagram and three variables, stable and documented; libsystemd
 * and what it links would be many times the code of it in this process.
 */
#ifndef FOVEA_HTTP_NOTIFY_H
#define FOVEA_HTTP_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/** Tell the state ("READY=1"), if anybody listens. */
void fovea_http_notify(const char *state);

/** RELOADING=1 with the time that the protocol asks for. */
void fovea_http_notify_reloading(void);

/** How often WATCHDOG=1 is to be told; 0: never. Half of what is allowed. */
int64_t fovea_http_notify_watchdog_ns(void);

/** Descriptors that were handed over: the first one's number and how many there
 *  are; 0: none. They are made close-on-exec. */
int fovea_http_notify_listeners(int *n_out);

#endif
