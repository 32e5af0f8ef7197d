/*
 * The system calls that a sealed process may make, a table for each kind of
 * rules: see rules.h.
 *
 * Every row has one of three ends. Allowed: what computing, answering and
 * reading from open descriptors takes. Refused with an errno: what libraries
 * try on their own and can do without. Not in the table: the process is killed,
 * because nothing that is linked into it asks for it.
 *
 * A filter sees arguments as 64-bit numbers and cannot look behind pointers.
 * Hence two things that it does not keep a worker from: asking for the size and
 * times of a file by name (newfstatat with AT_EMPTY_PATH and a name all the
 * same; fstat needs the call), and reading from any descriptor it was handed.
 *
 * Conditions of one call must not overlap where their actions differ, and
 * libseccomp takes an argument once a rule; so "anything but" is written as its
 * parts.
 */
#include "sandbox/rules.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/macros.h"

#define REFUSE  SCMP_ACT_ERRNO(EPERM)
#define MISSING SCMP_ACT_ERRNO(ENOSYS)

/* The library's own macros for these leave a field out. */
static struct scmp_arg_cmp
compared(unsigned argument, enum scmp_compare how, scmp_datum_t number)
{
    return (struct scmp_arg_cmp){ .arg = argument,
        .op = how,
        .datum_a = number };
}

/* Those bits of an argument that are in the mask have this value. */
static struct scmp_arg_cmp
masked(unsigned argument, scmp_datum_t mask, scmp_datum_t value)
{
    return (struct scmp_arg_cmp){ .arg = argument,
        .op = SCMP_CMP_MASKED_EQ,
        .datum_a = mask,
        .datum_b = value };
}

typedef int filter_fn(scmp_filter_ctx filter, int call,
        const struct fovea_sandbox_profile *profile);

static int
allow(scmp_filter_ctx filter, int call,
        const struct fovea_sandbox_profile *profile)
{
    (void)profile;
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
}

static int
refuse(scmp_filter_ctx filter, int call,
        const struct fovea_sandbox_profile *profile)
{
    (void)profile;
    return seccomp_rule_add(filter, REFUSE, call, 0);
}

/* As if the kernel were too old: the C library then takes the older call, whose
   arguments a filter can see. */
static int
missing(scmp_filter_ctx filter, int call,
        const struct fovea_sandbox_profile *profile)
{
    (void)profile;
    return seccomp_rule_add(filter, MISSING, call, 0);
}

/* The first argument is this number, or the call is refused. */
static int
only(scmp_filter_ctx filter, int call, scmp_datum_t number)
{
    int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
            compared(0, SCMP_CMP_EQ, number));
    return error ? error
                 : seccomp_rule_add(filter, REFUSE, call, 1,
                           compared(0, SCMP_CMP_NE, number));
}

static int
on_channel(scmp_filter_ctx filter, int call,
        const struct fovea_sandbox_profile *profile)
{
    return only(filter, call, (scmp_datum_t)profile->channel_fd);
}

static int
on_input(scmp_filter_ctx filter, int call,
        const struct fovea_sandbox_profile *profile)
{
    (void)profile;
    return only(filter, call, STDIN_FILENO);
}

/* How abort() ends this process. No other signal: the host takes what it did
   not send for somebody else's. */
static int
to_abort(scmp_filter_ctx filter, int call,
        const struct fovea_sandbox_profile *profile)
{
    (void)profile;
    scmp_datum_t itself = (scmp_datum_t)getpid();
    int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 2,
            compared(0, SCMP_CMP_EQ, itself),
            compared(2, SCMP_CMP_EQ, SIGABRT));
    if (!error) {
        error = seccomp_rule_add(filter, REFUSE, call, 1,
                compared(0, SCMP_CMP_NE, itself));
    }
    return error ? error
                 : seccomp_rule_add(filter, REFUSE, call, 1,
                           compared(2, SCMP_CMP_NE, SIGABRT));
}

/* The log and standard error. A library that prints to standard output is not
   worth losing a worker. */
static int
on_log(scmp_filter_ctx filter, int call,
        const struct fovea_sandbox_profile *profile)
{
    int last =
            profile->log_fd > STDERR_FILENO ? profile->log_fd : STDERR_FILENO;
    int error = seccomp_rule_add(filter, REFUSE, call, 1,
            compared(0, SCMP_CMP_GT, (scmp_datum_t)last));
    for (int fd = 0; fd <= last && !error; fd++) {
        bool is_log = fd == STDERR_FILENO || fd == profile->log_fd;
        error = seccomp_rule_add(filter, is_log ? SCMP_ACT_ALLOW : REFUSE, call,
                1, compared(0, SCMP_CMP_EQ, (scmp_datum_t)fd));
    }
    return error;
}

/* Memory, but none that can be executed. */
static int
not_executable(scmp_filter_ctx filter, int call,
        const struct fovea_sandbox_profile *profile)
{
    (void)profile;
    int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
            masked(2, PROT_EXEC, 0));
    return error ? error
                 : seccomp_rule_add(filter, REFUSE, call, 1,
                           masked(2, PROT_EXEC, PROT_EXEC));
}

/* Memory of this process alone, and no file's: what weights are mapped is
   mapped before. Memory that is shared kills. */
static int
private_memory(scmp_filter_ctx filter, int call,
        const struct fovea_sandbox_profile *profile)
{
    (void)profile;
    const scmp_datum_t kind = MAP_TYPE | MAP_ANONYMOUS;
    int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 2,
            masked(2, PROT_EXEC, 0),
            masked(3, kind, MAP_PRIVATE | MAP_ANONYMOUS));
    if (!error) {
        error = seccomp_rule_add(filter, REFUSE, call, 2,
                masked(2, PROT_EXEC, PROT_EXEC),
                masked(3, MAP_ANONYMOUS, MAP_ANONYMOUS));
    }
    return error ? error
                 : seccomp_rule_add(filter, REFUSE, call, 1,
                           masked(3, MAP_ANONYMOUS, 0));
}

/* How realloc() makes a block larger or smaller. */
static int
of_blocks(scmp_filter_ctx filter, int call,
        const struct fovea_sandbox_profile *profile)
{
    (void)profile;
    int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
            compared(3, SCMP_CMP_EQ, MREMAP_MAYMOVE));
    return error ? error
                 : seccomp_rule_add(filter, REFUSE, call, 1,
                           compared(3, SCMP_CMP_NE, MREMAP_MAYMOVE));
}

/* Of the numbers below `end`, under a mask, these are allowed and the others
   refused; the rest kills. */
static int
among(scmp_filter_ctx filter, int call, unsigned argument, scmp_datum_t mask,
        const int *allowed, size_t n_allowed)
{
    enum {
        END = 32
    };
    int error = 0;
    for (int number = 0; number < END && !error; number++) {
        uint32_t action = REFUSE;
        for (size_t i = 0; i < n_allowed; i++) {
            action = allowed[i] == number ? SCMP_ACT_ALLOW : action;
        }
        error = seccomp_rule_add(filter, action, call, 1,
                masked(argument, mask, (scmp_datum_t)number));
    }
    return error;
}

/* Giving pages back, and asking for large ones (sys/pages.h). */
static int
of_pages(scmp_filter_ctx filter, int call,
        const struct fovea_sandbox_profile *profile)
{
    (void)profile;
    static const int advices[] = { MADV_DONTNEED, MADV_FREE, MADV_HUGEPAGE };
    return among(filter, call, 2, UINT32_MAX, advices,
            FOVEA_ARRAY_LEN(advices));
}

/* Waiting and waking, which is what locks and conditions of threads take; no
   priorities are inherited and nobody is moved from one lock to another. */
static int
of_locks(scmp_filter_ctx filter, int call,
        const struct fovea_sandbox_profile *profile)
{
    (void)profile;
    static const int operations[] = { FUTEX_WAIT, FUTEX_WAKE, FUTEX_WAIT_BITSET,
        FUTEX_WAKE_BITSET };
    const scmp_datum_t flags = FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME;
    return among(filter, call, 1, UINT32_MAX & ~flags, operations,
            FOVEA_ARRAY_LEN(operations));
}

/* How the C library carries out fstat(); by name it is refused. */
static int
of_descriptors(scmp_filter_ctx filter, int call,
        const struct fovea_sandbox_profile *profile)
{
    (void)profile;
    int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
            masked(3, AT_EMPTY_PATH, AT_EMPTY_PATH));
    return error ? error
                 : seccomp_rule_add(filter, REFUSE, call, 1,
                           masked(3, AT_EMPTY_PATH, 0));
}

/* Asking what a descriptor is; changing it kills. */
static int
of_flags(scmp_filter_ctx filter, int call,
        const struct fovea_sandbox_profile *profile)
{
    (void)profile;
    static const int commands[] = { F_GETFD, F_GETFL, F_GET_SEALS };
    int error = 0;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(commands) && !error; i++) {
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
                compared(1, SCMP_CMP_EQ, (scmp_datum_t)commands[i]));
    }
    return error;
}

/* Reading this process's limits, and changing the one on its data: as far as
   the hard one allows, which can only be lowered. Changing another is refused;
   those of others kill. */
static int
of_own_limits(scmp_filter_ctx filter, int call,
        const struct fovea_sandbox_profile *profile)
{
    (void)profile;
    int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 2,
            compared(0, SCMP_CMP_EQ, 0), compared(2, SCMP_CMP_EQ, 0));
    if (!error) {
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 3,
                compared(0, SCMP_CMP_EQ, 0),
                compared(1, SCMP_CMP_EQ, RLIMIT_DATA),
                compared(2, SCMP_CMP_NE, 0));
    }
    return error ? error
                 : seccomp_rule_add(filter, REFUSE, call, 2,
                           compared(1, SCMP_CMP_NE, RLIMIT_DATA),
                           compared(2, SCMP_CMP_NE, 0));
}

struct rule {
    int call;
    filter_fn *filter;
};

static const struct rule codecs[] = {
    /* Jobs, answers, the log. The C library says with writev why it aborts. */
    { SCMP_SYS(recvmsg), on_channel },
    { SCMP_SYS(sendmsg), on_channel },
    { SCMP_SYS(write), on_log },
    { SCMP_SYS(writev), on_log },
    { SCMP_SYS(poll), allow },
    { SCMP_SYS(ppoll), allow },

    /* The files that come with a job. pwrite64 is for results that are rows; RLIMIT_FSIZE
       bounds it, and no other file is open for writing. */
    { SCMP_SYS(read), allow },
    { SCMP_SYS(pread64), allow },
    { SCMP_SYS(pwrite64), allow },
    { SCMP_SYS(lseek), allow },
    { SCMP_SYS(close), allow },
    { SCMP_SYS(fstat), allow },
    { SCMP_SYS(newfstatat), of_descriptors },
    { SCMP_SYS(fcntl), of_flags },

    /* Memory. */
    { SCMP_SYS(mmap), private_memory },
    { SCMP_SYS(mprotect), not_executable },
    { SCMP_SYS(munmap), allow },
    { SCMP_SYS(mremap), of_blocks },
    { SCMP_SYS(madvise), of_pages },
    { SCMP_SYS(brk), allow },

    /* Threads: waiting, ending. Those that there are were started before, but
       may not have got far yet. */
    { SCMP_SYS(set_robust_list), allow },
    { SCMP_SYS(rseq), allow },
    { SCMP_SYS(futex), of_locks },
    { SCMP_SYS(sched_yield), allow },
    { SCMP_SYS(sched_getaffinity), allow },
    { SCMP_SYS(exit), allow },
    { SCMP_SYS(exit_group), allow },

    /* Signals: SIGABRT to itself. */
    { SCMP_SYS(rt_sigaction), allow },
    { SCMP_SYS(rt_sigprocmask), allow },
    { SCMP_SYS(rt_sigreturn), allow },
    { SCMP_SYS(sigaltstack), allow },
    { SCMP_SYS(restart_syscall), allow },
    { SCMP_SYS(tgkill), to_abort },

    /* Time. */
    { SCMP_SYS(clock_gettime), allow },
    { SCMP_SYS(clock_getres), allow },
    { SCMP_SYS(clock_nanosleep), allow },
    { SCMP_SYS(nanosleep), allow },
    { SCMP_SYS(gettimeofday), allow },

    /* Facts. qsort() asks sysinfo for the memory it may take. */
    { SCMP_SYS(getpid), allow },
    { SCMP_SYS(gettid), allow },
    { SCMP_SYS(getrandom), allow },
    { SCMP_SYS(getrusage), allow },
    { SCMP_SYS(sysinfo), allow },
    { SCMP_SYS(uname), allow },
    { SCMP_SYS(prlimit64), of_own_limits },

    /* Files by name: locales, character sets, /sys and /proc, plug-ins. */
    { SCMP_SYS(open), refuse },
    { SCMP_SYS(openat), refuse },
    { SCMP_SYS(openat2), refuse },
    { SCMP_SYS(creat), refuse },
    { SCMP_SYS(access), refuse },
    { SCMP_SYS(faccessat), refuse },
    { SCMP_SYS(faccessat2), refuse },
    { SCMP_SYS(stat), refuse },
    { SCMP_SYS(lstat), refuse },
    { SCMP_SYS(statx), refuse },
    { SCMP_SYS(readlink), refuse },
    { SCMP_SYS(readlinkat), refuse },
    { SCMP_SYS(getcwd), refuse },

    /* The network; logging to the system. */
    { SCMP_SYS(socket), refuse },
    { SCMP_SYS(connect), refuse },

    /* More threads, programs and other processes. */
    { SCMP_SYS(clone), refuse },
    { SCMP_SYS(clone3), missing },
    { SCMP_SYS(membarrier), refuse },
    { SCMP_SYS(prctl), refuse },
    { SCMP_SYS(execve), refuse },
    { SCMP_SYS(execveat), refuse },
    { SCMP_SYS(fork), refuse },
    { SCMP_SYS(vfork), refuse },
    { SCMP_SYS(kill), refuse },
    { SCMP_SYS(tkill), refuse },
    { SCMP_SYS(ptrace), refuse },
    { SCMP_SYS(process_vm_readv), refuse },
    { SCMP_SYS(process_vm_writev), refuse },

    /* Is this a terminal; where do threads and memory best go. */
    { SCMP_SYS(ioctl), refuse },
    { SCMP_SYS(sched_setaffinity), refuse },
    { SCMP_SYS(get_mempolicy), refuse },
    { SCMP_SYS(set_mempolicy), refuse },
    { SCMP_SYS(mbind), refuse },
    { SCMP_SYS(mlock), refuse },
    { SCMP_SYS(arch_prctl), refuse },
};

/* What reads an archive has one input and one output, and asks the kernel for
   memory alone. The rest kills it. */
static const struct rule unpacker[] = {
    { SCMP_SYS(read), on_input },
    { SCMP_SYS(lseek), on_input },
    { SCMP_SYS(write), on_channel },

    /* Memory. */
    { SCMP_SYS(mmap), private_memory },
    { SCMP_SYS(mprotect), not_executable },
    { SCMP_SYS(munmap), allow },
    { SCMP_SYS(mremap), of_blocks },
    { SCMP_SYS(madvise), of_pages },
    { SCMP_SYS(brk), allow },
    { SCMP_SYS(futex), of_locks },

    /* Ending, by abort() too. */
    { SCMP_SYS(exit), allow },
    { SCMP_SYS(exit_group), allow },
    { SCMP_SYS(rt_sigaction), allow },
    { SCMP_SYS(rt_sigprocmask), allow },
    { SCMP_SYS(rt_sigreturn), allow },
    { SCMP_SYS(restart_syscall), allow },
    { SCMP_SYS(getpid), allow },
    { SCMP_SYS(gettid), allow },
    { SCMP_SYS(tgkill), to_abort },

    /* What the C library and libarchive try and do without: saying why they end,
       character sets, the time. */
    { SCMP_SYS(writev), refuse },
    { SCMP_SYS(open), refuse },
    { SCMP_SYS(openat), refuse },
    { SCMP_SYS(newfstatat), refuse },
    { SCMP_SYS(access), refuse },
    { SCMP_SYS(readlink), refuse },
    { SCMP_SYS(getrandom), allow },
    { SCMP_SYS(clock_gettime), allow },
};

static const struct {
    const struct rule *rules;
    size_t n;
} tables[] = {
    [FOVEA_SANDBOX_RULES_CODECS] = { codecs, FOVEA_ARRAY_LEN(codecs) },
    [FOVEA_SANDBOX_RULES_UNPACKER] = { unpacker, FOVEA_ARRAY_LEN(unpacker) },
};

int
fovea_sandbox_add_rules(scmp_filter_ctx filter,
        const struct fovea_sandbox_profile *profile)
{
    const struct rule *rules = tables[profile->rules].rules;
    for (size_t i = 0; i < tables[profile->rules].n; i++) {
        int error = rules[i].filter(filter, rules[i].call, profile);
        if (error) {
            return error;
        }
    }
    return 0;
}
