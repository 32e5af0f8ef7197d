/* Files of /proc, whose size is known when they have been read. */
#ifndef FOVEA_SANDBOX_PROC_FILE_H
#define FOVEA_SANDBOX_PROC_FILE_H

/** Read a file whole, as a string; the caller owns it. NULL: it cannot be
 *  read. */
char *fovea_sandbox_read_file(const char *path);

#endif
