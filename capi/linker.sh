#!/bin/sh
# The C compiler calls this in the place of GNU ld when it links libtabi.so. build.rs fills in the path of GNU ld.
#
# rustc passes a list of the exported symbols to the linker, as a version script without versions. GNU ld takes no
# other beside it. Only the last version script goes on to GNU ld: the one that build.rs makes of symbols.tsv.
for argument do
    shift
    case $argument in
    --version-script=*) script=$argument ;;
    *) set -- "$@" "$argument" ;;
    esac
done
# The library is never unloaded: a look-up may still run on one of its threads.
exec "@GNU_LD@" "$@" -z nodelete "$script"
