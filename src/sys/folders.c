/* See folders.h. */
#include "sys/folders.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* Cut an absolute path down to its folder. */
static char *
to_folder(char *path)
{
    char *slash = path ? strrchr(path, '/') : NULL;
    if (slash) {
        *slash = '\0';
    }
    return path;
}

char *
fovea_folder_of_program(void)
{
    return to_folder(realpath("/proc/self/exe", NULL));
}

char *
fovea_folder_of_library(void)
{
    static const char here[] = "";
    Dl_info library;
    return dladdr(here, &library) && library.dli_fname
            ? to_folder(realpath(library.dli_fname, NULL))
            : NULL;
}
