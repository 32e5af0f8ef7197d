#!/bin/sh
# What a program or library links:  check_needed.sh FILE...
# Who holds pictures must not have a codec, the matrix library or libarchive in it,
# and who decodes them nothing that encodes them or speaks to the network; a new name
# here is a decision, with a line in docs/ARCHITECTURE.md.
set -eu

# may_link FILE NAME
may_link() {
    case $2 in
    libc.so.* | libm.so.* | ld-linux* | libjansson.so.*)
        return 0
        ;;
    esac
    case $1 in
    *fovea-worker)
        case $2 in
        libjpeg.so.* | libpng16.so.* | libz.so.* | libwebp.so.* | \
            libwebpdemux.so.* | libheif.so.* | libtiff.so.* | libgif.so.* | \
            libopenjp2.so.* | libjxl.so.*) ;;
        libdnnl.so.* | libgomp.so.* | libseccomp.so.*) ;;
        libutf8proc.so.* | libyajl.so.*) ;;
        *) return 1 ;;
        esac
        ;;
    *fovea-unpacker)
        case $2 in
        libarchive.so.* | libseccomp.so.*) ;;
        libz.so.*) ;; # image/head_text.c: SVG that is packed
        *) return 1 ;;
        esac
        ;;
    *.so*)
        case $2 in
        libcurl.so.* | libcrypto.so.* | libssl.so.* | libsqlite3.so.*) ;;
        libexpat.so.*) ;;
        *) return 1 ;;
        esac
        ;;
    *)
        case $2 in
        libfovea.so.*) ;; # looked at by itself
        libcurl.so.* | libcrypto.so.* | libssl.so.* | libmicrohttpd.so.* | \
            libz.so.* | libsqlite3.so.* | libexpat.so.* | libnats.so.*) ;;
        *) return 1 ;;
        esac
        ;;
    esac
}

status=0
for file in "$@"; do
    needed=$(readelf -d "$file" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
    [ -n "$needed" ]
    for name in $needed; do
        if ! may_link "$file" "$name"; then
            echo "$file links $name"
            status=1
        fi
    done
done
exit "$status"
