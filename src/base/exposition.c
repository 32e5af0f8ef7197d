/* Metrics as text: see exposition.h. */
#include "base/exposition.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"

void
fovea_exposition_head(struct fovea_text *text, const char *name,
        const char *type, const char *help)
{
    fovea_text_format(text, "# HELP fovea_%s %s\n# TYPE fovea_%s %s\n", name,
            help, name, type);
}

/* A sample's name and its labels, which have no comma behind the last one. */
static void
begin_sample(struct fovea_text *text, const char *name, const char *ending,
        const char *labels)
{
    int size = (int)strlen(labels);
    fovea_text_format(text, "fovea_%s%s", name, ending);
    if (size > 0) {
        fovea_text_format(text, "{%.*s}", size - 1, labels);
    }
}

void
fovea_exposition_sample(struct fovea_text *text, const char *name,
        const char *labels, uint64_t value)
{
    begin_sample(text, name, "", labels);
    fovea_text_format(text, " %" PRIu64 "\n", value);
}

void
fovea_exposition_single(struct fovea_text *text, const char *name,
        const char *type, const char *help, uint64_t value)
{
    fovea_exposition_head(text, name, type, help);
    fovea_exposition_sample(text, name, "", value);
}

void
fovea_exposition_histogram(struct fovea_text *text, const char *name,
        const char *labels, const struct fovea_histogram *times)
{
    uint64_t n = 0;
    for (size_t i = 0; i + 1 < FOVEA_HISTOGRAM_BUCKETS; i++) {
        n += times->buckets[i];
        fovea_text_format(text, "fovea_%s_bucket{%sle=\"%.9g\"} %" PRIu64 "\n",
                name, labels,
                (double)fovea_histogram_bound_ns(i) / (double)FOVEA_NS_PER_S,
                n);
    }
    fovea_text_format(text, "fovea_%s_bucket{%sle=\"+Inf\"} %" PRIu64 "\n",
            name, labels, times->count);
    begin_sample(text, name, "_sum", labels);
    fovea_text_format(text, " %.9g\n",
            (double)times->sum_ns / (double)FOVEA_NS_PER_S);
    begin_sample(text, name, "_count", labels);
    fovea_text_format(text, " %" PRIu64 "\n", times->count);
}

void
fovea_exposition_label(struct fovea_text *labels, const char *name,
        const char *value)
{
    static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */
    fovea_text_format(labels, "%s=\"", name);
    while (*value) {
        size_t size = fovea_utf8_size(value);
        if (size == 0) {
            fovea_text_add(labels, replacement, sizeof replacement - 1);
            size = 1;
        } else if (*value == '\n') {
            fovea_text_add(labels, "\\n", 2);
        } else {
            if (*value == '"' || *value == '\\') {
                fovea_text_add(labels, "\\", 1);
            }
            fovea_text_add(labels, value, size);
        }
        value += size;
    }
    fovea_text_format(labels, "\",");
}
