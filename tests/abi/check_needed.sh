#!/bin/sh
# What a program or library links:  check_needed.sh FILE...
# Who holds pictures must not have a codec or the matrix library in it; a new
# name here is a decision, with a line in docs/ARCHITECTURE.md.
set -eu

status=0
for file in "$@"; do
    needed=$(readelf -d "$file" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
    [ -n "$needed" ]
    for name in $needed; do
        case $name in
        libc.so.* | libm.so.* | ld-linux*) ;;
        libcurl.so.* | libcrypto.so.* | libssl.so.* | libjansson.so.*) ;;
        libfovea.so.*) ;; # looked at by itself
        # Of the program's server; no business of the library's.
        libmicrohttpd.so.* | libz.so.*)
            case $file in
            *.so*)
                echo "$file links $name"
                status=1
                ;;
            esac
            ;;
        *)
            echo "$file links $name"
            status=1
            ;;
        esac
    done
done
exit "$status"
