/* Where we are: what is installed with a program or library is looked for from
   there. */
#ifndef FOVEA_SYS_FOLDERS_H
#define FOVEA_SYS_FOLDERS_H

/** The folder of the running program. Owned by the caller; NULL without memory
 *  or without /proc. */
char *fovea_folder_of_program(void);

/** The folder of the library that this is a part of, or of the program if it is
 *  a part of that. As above. */
char *fovea_folder_of_library(void);

#endif
