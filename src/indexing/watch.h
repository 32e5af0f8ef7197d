/* Updating an index again and again, as its folders change. */
#ifndef FOVEA_INDEXING_WATCH_H
#define FOVEA_INDEXING_WATCH_H

#include "indexing/update.h"

/**
 * Update an index, then watch its roots and update what has changed: once nothing
 * has happened for a moment, or something has for some seconds. hooks->on_update is
 * called after each update.
 *
 * @param settings  The watcher is set here.
 * @return FOVEA_ERR_CANCELLED if it was stopped; FOVEA_ERR_ROOT_MISSING if no root
 *         is left; FOVEA_ERR_IO if not all folders can be watched, when they were
 *         updated once; as fovea_updater_create() and fovea_updater_run().
 */
FOVEA_NODISCARD enum fovea_status fovea_watch(
        struct fovea_update_settings *settings, struct fovea_error *err);

#endif
