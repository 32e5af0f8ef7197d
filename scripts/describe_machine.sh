#!/bin/bash
# What a machine has that tests may depend on, one line each: printed before the
# tests, so that a failure elsewhere can be understood from its output alone.
set -u

say() {
    printf '%-18s %s\n' "$1" "$2"
}

# The first value of a field of /proc/cpuinfo.
cpu() {
    sed -n "s/^$1[[:space:]]*: //p" /proc/cpuinfo | head -n 1
}

# Those of the words that the CPU's flags have.
flags() {
    found=""
    have=" $(cpu flags) "
    for flag in "$@"; do
        case $have in
        *" $flag "*) found="$found $flag" ;;
        esac
    done
    echo "${found# }"
}

# A file of the control group that this runs in, or above it; version 1 or 2.
group() {
    path=$(sed -n 's/^0:://p' /proc/self/cgroup)
    for file in "/sys/fs/cgroup$path/$1" "/sys/fs/cgroup/$1" \
        "/sys/fs/cgroup/$2"; do
        if [ -r "$file" ]; then
            tr '\n' ' ' <"$file"
            return
        fi
    done
    echo "none"
}

# Whether a system call is there for an ordinary program.
has_call() {
    /usr/bin/python3 -c "
import os, sys
try:
    $1
except OSError as error:
    sys.exit(print(error.strerror))
print('yes')" 2>/dev/null || echo "unknown"
}

say "CPU" "$(cpu 'model name')"
say "CPUs" "$(nproc) usable of $(grep -c ^processor /proc/cpuinfo)"
say "instructions" "$(flags avx2 fma bmi2 avx_vnni avx512f avx512bw \
    avx512_vnni avx512_bf16 amx_tile amx_bf16 hypervisor)"
say "ONEDNN_MAX_CPU_ISA" "${ONEDNN_MAX_CPU_ISA:-not set}"
say "memory" "$(sed -n 's/^MemTotal: *//p' /proc/meminfo), available$(sed -n \
    's/^MemAvailable: */ /p' /proc/meminfo)"
say "group memory" "$(group memory.max memory/memory.limit_in_bytes)"
say "group CPU" "$(group cpu.max cpu/cpu.cfs_quota_us)"
say "kernel" "$(uname -sr)"
say "libraries" "$(dpkg-query -W -f '${Package} ${Version}, ' libdnnl2 libc6 \
    libseccomp2 libcurl4 2>/dev/null | sed 's/, $//')"
say "pidfd_open" "$(has_call 'os.pidfd_open(os.getpid())')"
say "memfd_create" "$(has_call 'os.memfd_create("probe")')"
say "O_TMPFILE" "$(has_call 'os.open("/tmp", os.O_TMPFILE | os.O_WRONLY)')"
say "namespaces" "$(unshare -U true 2>/dev/null && echo yes ||
    echo 'no user namespaces')"
say "seccomp" "$(sed -n 's/^Seccomp:[[:space:]]*/mode /p' /proc/self/status), $(cat \
    /proc/sys/kernel/seccomp/actions_avail 2>/dev/null || echo 'unknown')"
say "user" "$(id -un) ($(id -u)), umask $(umask)"
say "open files" "$(ulimit -n)"
