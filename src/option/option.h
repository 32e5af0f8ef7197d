/*
 * The table of all that can be set, and of the commands that take it: option.def,
 * command.def and group.def as data.
 */
#ifndef FOVEA_OPTION_OPTION_H
#define FOVEA_OPTION_OPTION_H

#include <stddef.h>

#include "fovea/options.h"

enum fovea_option_id {
#define ROW(id, ...) FOVEA_OPTION_##id,
#include "option/option.def"
    FOVEA_N_OPTIONS
};

enum fovea_command_id {
#define X(id, name, summary, words) FOVEA_COMMAND_##id,
#include "option/command.def"
#undef X
    FOVEA_N_COMMANDS
};

enum fovea_option_group {
#define X(id, title, below) FOVEA_GROUP_##id,
#include "option/group.def"
#undef X
    FOVEA_N_GROUPS
};

/** Where its value lives. */
enum fovea_option_scope {
    FOVEA_SCOPE_LIBRARY,  /* struct fovea_options */
    FOVEA_SCOPE_SERVER,   /* struct fovea_server_settings */
    FOVEA_SCOPE_ARGUMENT, /* whatever the command keeps */
};

struct fovea_option_row {
    struct fovea_option option; /* without a name unless it is the library's */
    const char *field;          /* of the library, for messages */
    const char *argument;       /* what the flag's value is called */
    char letter;                /* short form of the flag; 0: none */
    enum fovea_option_scope scope;
    enum fovea_option_group group;
    unsigned commands; /* 1 << FOVEA_COMMAND_...: those that have the flag */
    size_t offset;     /* in struct fovea_options */
    size_t size;
};

struct fovea_command_row {
    const char *name;
    const char *summary; /* one line for `fovea help` */
    const char *words;   /* what stands between its flags: see command.def */
};

struct fovea_group_row {
    const char *title;
    const char *below; /* what stands below it; "": nothing */
};

extern const struct fovea_option_row fovea_option_rows[FOVEA_N_OPTIONS];
extern const struct fovea_command_row fovea_command_rows[FOVEA_N_COMMANDS];
extern const struct fovea_group_row fovea_group_rows[FOVEA_N_GROUPS];

#endif
