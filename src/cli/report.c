/* What the command says to people: see cli.h. */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "bulk/line_writer.h"
#include "cli/cli.h"
#include "cli/signals.h"

enum {
    LINE_SIZE = 1024 /* no more than a pipe takes at once */
};

/* Write it with an ear for signals; the exit code. */
static int
print_attentively(struct fovea_line_writer *writer, int signal_fd)
{
    struct fovea_error error;
    enum fovea_status status =
            fovea_line_writer_write(writer, signal_fd, &error);
    if (status != FOVEA_ERR_CANCELLED) {
        return status ? fovea_cli_fail(&error) : FOVEA_EXIT_OK;
    }
    int signal_number = fovea_signals_take(signal_fd);
    if (fovea_line_writer_finish_line(writer, signal_fd, &error)) {
        (void)fovea_cli_fail(&error);
    }
    return FOVEA_EXIT_SIGNAL + signal_number;
}

int
fovea_cli_print_bytes(const char *bytes, size_t size)
{
    FOVEA_AUTO_FD int signal_fd = -1;
    struct fovea_error error;
    sigset_t before;
    struct fovea_line_writer writer = {
        .fd = STDOUT_FILENO,
        .text = bytes,
        .size = size,
    };
    (void)pthread_sigmask(SIG_BLOCK, NULL, &before);
    if (fovea_signals_open(&signal_fd, &error)) {
        return fovea_cli_fail(&error);
    }
    int code = print_attentively(&writer, signal_fd);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

int
fovea_cli_print(const char *text)
{
    return fovea_cli_print_bytes(text, strlen(text));
}

int
fovea_cli_print_text(const struct fovea_text *text)
{
    if (fovea_text_failed(text)) {
        fovea_cli_report("not enough memory for the output");
        return FOVEA_EXIT_FAILED;
    }
    return text->size > 0 ? fovea_cli_print_bytes(text->data, text->size)
                          : FOVEA_EXIT_OK;
}

void
fovea_cli_warn_of_model(const struct fovea_model_info *info)
{
    if (strcmp(info->preprocessor, "default") == 0) {
        fovea_cli_report("%s: no preprocessor_config.json (in open_clip's "
                         "layout: no preprocess_cfg) says how: images are "
                         "prepared as %s's first models want them, which may "
                         "not be what this model was trained on",
                info->directory, info->family);
    }
}

void
fovea_cli_report(const char *format, ...)
{
    static const char prefix[] = "fovea: ";
    char line[LINE_SIZE] = "fovea: ";
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line + sizeof prefix - 1, sizeof line - sizeof prefix,
            format, arguments);
    va_end(arguments);
    size_t size = sizeof prefix - 1 + strlen(line + sizeof prefix - 1);
    /* A file's name may hold anything, terminal commands included. */
    fovea_utf8_make_line(line);
    line[size++] = '\n';
    /* In one piece, so that no signal cuts it and no other line gets into it. A
       stderr that does not take it has nobody to be told. */
    (void)!write(STDERR_FILENO, line, size);
}

int
fovea_cli_fail(const struct fovea_error *error)
{
    if (error->code !=
            FOVEA_ERR_OUTPUT_CLOSED) { /* that is no news to anybody */
        fovea_cli_report("%s", error->message);
    }
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
    const char *name = fovea_command_rows[command->id].name;
    fovea_cli_report("%s: %s", name, error->message);
    (void)fprintf(stderr, "Try: fovea %s --help\n", name);
    return FOVEA_EXIT_USAGE;
}
