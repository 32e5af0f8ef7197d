/* All kinds of sinks, by the name that -o gives. */
#ifndef FOVEA_BULK_SINKS_H
#define FOVEA_BULK_SINKS_H

#include "fovea/stream.h"

#include "bulk/sink.h"

/**
 * Find what writes to a name by its ending, and look at what stands there.
 *
 * @param work  Whose rows they are: not every kind takes pixels.
 * @return As fovea_target_look(); FOVEA_ERR_OUTPUT_REFUSED if no kind has the
 *         ending.
 */
FOVEA_NODISCARD enum fovea_status fovea_sinks_find(const char *path,
        enum fovea_stream_work work, bool overwrite,
        const struct fovea_sink_kind **kind_out,
        struct fovea_target *target_out, struct fovea_error *err);

/** Open one; end it with fovea_sink_finish(). As the kind's open. */
FOVEA_NODISCARD enum fovea_status fovea_sink_open(
        const struct fovea_sink_kind *kind,
        const struct fovea_sink_settings *settings, struct fovea_sink *sink_out,
        struct fovea_error *err);

/** Let what was written appear, after all results were. */
FOVEA_NODISCARD enum fovea_status fovea_sink_commit(
        const struct fovea_sink *sink, struct fovea_error *err);

/** Drop what was not committed and free everything; fine when committed. */
void fovea_sink_finish(const struct fovea_sink *sink);

#endif
