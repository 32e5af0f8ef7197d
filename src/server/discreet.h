/*
 * What clients are told of the library's failures.
 *
 * Its messages are for whoever runs the machine and name files: models,
 * programs, caches. Over the network nobody is told where anything lies: a
 * model's path becomes its name, and a message that has another path stays in
 * the log.
 */
#ifndef FOVEA_SERVER_DISCREET_H
#define FOVEA_SERVER_DISCREET_H

#include "server/internal.h"

/** Make an error of the library's fit for clients. True: its own words are not
 *  told; they are for the log. Any thread. */
bool fovea_discreet(const struct fovea_server *server,
        struct fovea_error *error);

/** The same, and log what is not told, with the request's id, unless that was
 *  done before: *has_logged. Any thread, while the exchange is there. */
void fovea_discreet_log(const struct fovea_http_exchange *exchange,
        struct fovea_error *error, bool *has_logged);

#endif
