#!/bin/bash
# Builds the run-time library and the sample programs: `samples/build.sh [FOLDER]` writes FOLDER/bin/*,
# FOLDER/runtime/libmpxrt.a and FOLDER/runtime/lib/*.so.2 (FOLDER is samples/ itself by default). With the same tools it makes the same bytes each time
# and everywhere; which tools made the files in samples/bin stands in samples/bin/TOOLS.
set -euo pipefail
export LC_ALL=C
unset CPATH C_INCLUDE_PATH LIBRARY_PATH SOURCE_DATE_EPOCH

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "${1:-$here}"
out=$(cd "${1:-$here}" && pwd)

missing=()
for tool in gcc:gcc as:binutils ld:binutils musl-gcc:musl-tools; do
  command -v "${tool%%:*}" >/dev/null || missing+=("${tool%%:*} (Debian package ${tool##*:})")
done
if ((${#missing[@]})); then
  printf 'samples/build.sh: missing: %s\n' "${missing[@]}" >&2
  exit 69
fi
if [[ $(uname -m) != x86_64 ]]; then
  echo 'samples/build.sh: the samples are x86-64 programs; build them on an x86-64 machine.' >&2
  exit 69
fi

# All paths are relative to samples/, also those in the debug information: a debugger finds NAME.c, asm/NAME.s and
# runtime/NAME.c in the parent of the program's folder.
cd "$here"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out/bin" "$out/runtime/lib"

tools() {
  gcc --version | head -1
  as --version | head -1
  echo "musl $({ /lib/ld-musl-x86_64.so.1 2>&1 || true; } | sed -n 's/^Version //p')"
}

# The library is one relocatable object under a library's name, not an archive: of an archive the linker would take the
# set-up only into programs that call one of its functions, and a program that needs no malloc would run unprotected.
# Position-independent, and with nothing but what all C libraries for Linux share, it goes into any kind of program.
runtime_flags=(-O2 -g -gdwarf-4 -std=gnu11 -Wall -Wextra -Werror -fPIC -fno-builtin -fno-stack-protector
  -fcf-protection=none -U_FORTIFY_SOURCE "-ffile-prefix-map=$here=.")
for source in runtime/*.c runtime/*.S; do
  gcc "${runtime_flags[@]}" -c "$source" -o "$work/$(basename "$source").o"
done
ld -r -X -o "$out/runtime/libmpxrt.a" "$work"/*.o

# The same as the two shared libraries that programs linked by GCC ask for, with its symbols and versions. Only functions that
# every glibc of that time has are used. Without debug information: it would be larger than the code.
for name in options report; do
  gcc "${runtime_flags[@]}" -DMPXRT_OUTPUT_FD=1 -c "runtime/$name.c" -o "$work/$name.c.o"
done
shared() { # NAME OBJECT…
  local name=$1
  shift
  gcc -shared -nostartfiles -Wl,--build-id=none,--strip-debug,-z,defs,-z,now \
    "-Wl,-soname,$name.so.2,--version-script,runtime/$name.map" -o "$out/runtime/lib/$name.so.2" "$@"
}
shared libmpx "$work"/{setup,options,report,violation,insn}.c.o
shared libmpxwrappers "$work"/bounds.c.o "$work"/entry.S.o "$out/runtime/lib/libmpx.so.2"

# The C samples, from what GCC 7.5 made of them.
for source in gcc-7.5/*.s; do
  name=$(basename "$source" .s)
  as -o "$work/$name.o" "$source"
  musl-gcc -static -no-pie -Wl,--build-id=none "$work/$name.o" "$out/runtime/libmpxrt.a" -o "$out/bin/$name"
done

# The assembly samples, without a C library.
for name in print enable check tables lost plain; do
  as -g --gdwarf-4 "--debug-prefix-map=$here=." -o "$work/asm-$name.o" "asm/$name.s"
done
for name in check tables lost plain; do
  parts=("$work/asm-$name.o" "$work/asm-print.o")
  [[ $name = plain ]] || parts+=("$work/asm-enable.o")
  ld -static --build-id=none -z noexecstack -o "$out/bin/$name" "${parts[@]}"
done

tools >"$out/bin/TOOLS"
echo "built $(ls "$out/bin" | grep -vc TOOLS) programs in $out/bin, $out/runtime/libmpxrt.a and $out/runtime/lib"
