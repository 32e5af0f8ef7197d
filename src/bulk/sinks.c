/* See sinks.h. */
#include "bulk/sinks.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/text.h"

static const struct fovea_sink_kind *const kinds[] = {
#define X(name) &fovea_sink_##name,
#include "bulk/sink.def"
#undef X
};

static bool
writes_files(const struct fovea_sink_kind *kind, enum fovea_stream_work work)
{
    return kind->form &&
            (kind->takes_pixels || work != FOVEA_STREAM_PREPROCESS);
}

static bool
has_ending(const char *path, const struct fovea_target_form *form)
{
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(slash ? slash + 1 : path, '.');
    for (size_t i = 0; dot && form->endings[i]; i++) {
        if (strcasecmp(dot, form->endings[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* ".npy (NumPy) or .jsonl or .ndjson (JSON lines)"; a single form needs no name
   behind it. */
static void
list_endings(enum fovea_stream_work work, struct fovea_text *text)
{
    size_t n_forms = 0;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(kinds); i++) {
        n_forms += writes_files(kinds[i], work);
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(kinds); i++) {
        if (!writes_files(kinds[i], work)) {
            continue;
        }
        const struct fovea_target_form *form = kinds[i]->form;
        for (size_t j = 0; form->endings[j]; j++) {
            fovea_text_format(text, "%s%s", text->size > 0 ? " or " : "",
                    form->endings[j]);
        }
        if (n_forms > 1) {
            fovea_text_format(text, " (%s)", form->name);
        }
    }
}

static enum fovea_status
refuse_ending(const char *path, enum fovea_stream_work work,
        struct fovea_error *err)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text endings = { 0 };
    list_endings(work, &endings);
    return fovea_text_failed(&endings)
            ? fovea_fail_memory(err, endings.capacity, "the endings")
            : fovea_fail(err, FOVEA_ERR_OUTPUT_REFUSED,
                      "-o %s: results are written to a name that ends in %s; "
                      "the inputs come behind it",
                      path, endings.data);
}

enum fovea_status
fovea_sinks_find(const char *path, enum fovea_stream_work work, bool overwrite,
        const struct fovea_sink_kind **kind_out,
        struct fovea_target *target_out, struct fovea_error *err)
{
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) {
        return fovea_target_refuse("-o", path, err);
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(kinds); i++) {
        if (writes_files(kinds[i], work) && has_ending(path, kinds[i]->form)) {
            *kind_out = kinds[i];
            return fovea_target_look(path, kinds[i]->form, overwrite,
                    target_out, err);
        }
    }
    return refuse_ending(path, work, err);
}

enum fovea_status
fovea_sink_open(const struct fovea_sink_kind *kind,
        const struct fovea_sink_settings *settings, struct fovea_sink *sink_out,
        struct fovea_error *err)
{
    struct fovea_sink sink = {
        .kind = kind,
        .state = calloc(1, kind->state_size),
        .row_size = settings->layout.size,
    };
    if (!sink.state) {
        return fovea_fail_memory(err, kind->state_size, "the output");
    }
    enum fovea_status status = kind->open(settings, sink.state, err);
    if (status) {
        fovea_sink_finish(&sink);
        return status;
    }
    *sink_out = sink;
    return FOVEA_OK;
}

enum fovea_status
fovea_sink_commit(const struct fovea_sink *sink, struct fovea_error *err)
{
    return sink->kind->commit ? sink->kind->commit(sink->state, err) : FOVEA_OK;
}

void
fovea_sink_finish(const struct fovea_sink *sink)
{
    sink->kind->finish(sink->state);
    free(sink->state);
}
