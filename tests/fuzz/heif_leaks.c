/*
 * What libheif 1.15 leaves behind when a coded picture is damaged: the image
 * that it had begun, and the data that libdav1d was given. Not ours to mend; a
 * sanitizer's report of it would hide a leak of ours. Linked where damaged HEIF
 * is decoded. The names are the sanitizers'.
 */
#include "fovea/export.h"

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
FOVEA_API const char *__lsan_default_suppressions(void);
FOVEA_API const char *__asan_default_options(void);

/* Whole stacks, or the functions below are not seen in them: these libraries
   are built without frame pointers. */
const char *
__asan_default_options(void)
{
    return "fast_unwind_on_malloc=0";
}

const char *
__lsan_default_suppressions(void)
{
    return "leak:heif_decode_image\nleak:libdav1d\n";
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
