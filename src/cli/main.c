/* The `fovea` command: finds the subcommand and gives it the rest. Compiled for
   any x86-64, so that it can say where the rest cannot run: sys/cpu_floor.h. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "fovea/fovea.h"

#include "base/nearest.h"
#include "cli/cli.h"
#include "sys/cpu_floor.h"

static const struct fovea_command *const commands[FOVEA_N_COMMANDS] = {
    [FOVEA_COMMAND_EMBED] = &fovea_cmd_embed,
    [FOVEA_COMMAND_SIMILAR] = &fovea_cmd_similar,
    [FOVEA_COMMAND_CLASSIFY] = &fovea_cmd_classify,
    [FOVEA_COMMAND_INDEX] = &fovea_cmd_index,
    [FOVEA_COMMAND_SEARCH] = &fovea_cmd_search,
    [FOVEA_COMMAND_DUPLICATES] = &fovea_cmd_duplicates,
    [FOVEA_COMMAND_EXPORT] = &fovea_cmd_export,
    [FOVEA_COMMAND_JOB] = &fovea_cmd_job,
    [FOVEA_COMMAND_WORK] = &fovea_cmd_work,
    [FOVEA_COMMAND_SERVE] = &fovea_cmd_serve,
    [FOVEA_COMMAND_PS] = &fovea_cmd_ps,
    [FOVEA_COMMAND_STOP] = &fovea_cmd_stop,
    [FOVEA_COMMAND_MODELS] = &fovea_cmd_models,
    [FOVEA_COMMAND_PULL] = &fovea_cmd_pull,
    [FOVEA_COMMAND_PREPROCESS] = &fovea_cmd_preprocess,
    [FOVEA_COMMAND_TOKENIZE] = &fovea_cmd_tokenize,
    [FOVEA_COMMAND_BENCH] = &fovea_cmd_bench,
};

static const char about[] =
        "Usage: fovea COMMAND [FLAGS] ...\n"
        "\n"
        "Image and text embeddings with CLIP models and others, on the CPU.\n"
        "\n"
        "Commands:\n";

static const char more[] =
        "  help [COMMAND]  this text, or how to use a command\n"
        "\n"
        "Flags:\n"
        "      --version   print the version\n"
        "  -h, --help      this text\n"
        "\n"
        "There is no configuration file: flags, variables of the environment and the\n"
        "defaults are all. fovea sends nothing anywhere unasked: it fetches what\n"
        "`fovea pull` is told to, and URLs among the inputs.\n"
        "\n"
        "Try it:\n"
        "  fovea embed photo.jpg\n"
        "  fovea help embed\n";

_Noreturn void
fovea_cli_quit(int exit_code)
{
    _exit(exit_code);
}

static const struct fovea_command *
find(const char *name)
{
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(commands); i++) {
        if (strcmp(fovea_command_rows[i].name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

static int
unknown(const char *name)
{
    const char *names[FOVEA_ARRAY_LEN(commands)];
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(commands); i++) {
        names[i] = fovea_command_rows[i].name;
    }
    const char *nearest = fovea_nearest(name, names, FOVEA_ARRAY_LEN(names));
    if (nearest) {
        fovea_cli_report("unknown %s %s; did you mean %s?",
                name[0] == '-' ? "flag" : "command", name, nearest);
    } else if (access(name, F_OK) == 0) {
        fovea_cli_report("unknown command %s; did you mean fovea embed %s?",
                name, name);
    } else {
        fovea_cli_report("unknown %s %s", name[0] == '-' ? "flag" : "command",
                name);
    }
    (void)fputs("Try: fovea help\n", stderr);
    return FOVEA_EXIT_USAGE;
}

static int
print_help(void)
{
    char text[2048];
    int size = snprintf(text, sizeof text, "%s", about);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(commands); i++) {
        size += snprintf(text + size, sizeof text - (size_t)size,
                "  %-14s  %s\n", fovea_command_rows[i].name,
                fovea_command_rows[i].summary);
    }
    (void)snprintf(text + size, sizeof text - (size_t)size, "%s", more);
    return fovea_cli_print(text);
}

static int
help_command(int argc, char **argv)
{
    if (argc == 0 || strcmp(argv[0], "help") == 0) {
        return print_help();
    }
    const struct fovea_command *command = find(argv[0]);
    return command ? fovea_cli_help(command) : unknown(argv[0]);
}

static int
dispatch(int argc, char **argv)
{
    if (argc < 2) {
        fovea_cli_report("no command");
        (void)fputs("Try: fovea help\n", stderr);
        return FOVEA_EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--version") == 0 || strcmp(name, "version") == 0) {
        char text[32];
        (void)snprintf(text, sizeof text, "fovea %s\n", fovea_version());
        return fovea_cli_print(text);
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        return print_help();
    }
    if (strcmp(name, "help") == 0) {
        return help_command(argc - 2, argv + 2);
    }
    const struct fovea_command *command = find(name);
    return command ? command->run(command, argc - 2, argv + 2) : unknown(name);
}

/* A file that we open must never get the number of a standard stream that was
   closed. The stand-ins refuse to be read and written, except that what is said
   on a closed stderr is lost. */
static void
fill_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0) {
            int flags = fd == STDOUT_FILENO ? O_RDONLY : O_WRONLY;
            /* The lowest free number: this one. To stay, also over exec. */
            (void)!open("/dev/null", flags); /* NOLINT(android-cloexec-open) */
        }
    }
}

int
main(int argc, char **argv)
{
    int code = fovea_cpu_refuse("fovea");
    if (code) {
        return code;
    }
    fill_standard_streams();
    /* Both come back as errors of write, which end a run in order. */
    (void)sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN },
            NULL);
    (void)sigaction(SIGXFSZ, &(struct sigaction){ .sa_handler = SIG_IGN },
            NULL);
    return dispatch(argc, argv);
}
