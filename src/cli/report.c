/* What the command says to people: see cli.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/cli.h"

enum {
    LINE_SIZE = 1024
};

int
fovea_cli_print(const char *text)
{
    if (fputs(text, stdout) < 0 || fflush(stdout)) {
        fovea_cli_report("standard output cannot be written: %s",
                strerrordesc_np(errno));
        return FOVEA_EXIT_FAILED;
    }
    return FOVEA_EXIT_OK;
}

int
fovea_cli_print_text(const struct fovea_text *text)
{
    if (fovea_text_failed(text)) {
        fovea_cli_report("not enough memory for the output");
        return FOVEA_EXIT_FAILED;
    }
    return fovea_cli_print(text->data);
}

void
fovea_cli_report(const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    /* A file's name may hold anything, terminal commands included. */
    for (char *at = line; *at; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f) {
            *at = '?';
        }
    }
    (void)fprintf(stderr, "fovea: %s\n", line);
}

int
fovea_cli_fail(const struct fovea_error *error)
{
    fovea_cli_report("%s", error->message);
    return fovea_status_exit_code(error->code);
}

const char **
fovea_cli_words(int argc)
{
    const char **words = calloc((size_t)argc + 2, sizeof *words);
    if (!words) {
        struct fovea_error error;
        (void)fovea_fail_memory(&error, (size_t)argc, "the arguments");
        (void)fovea_cli_fail(&error);
    }
    return words;
}

int
fovea_cli_misused(const struct fovea_command *command,
        const struct fovea_error *error)
{
    fovea_cli_report("%s: %s", command->name, error->message);
    (void)fprintf(stderr, "Try: fovea %s --help\n", command->name);
    return FOVEA_EXIT_USAGE;
}
