#!/usr/bin/env bash
# Builds the guest wc and the command wasmtime-mem, makes a text file, counts its
# words through a mapping, and compares the counts with those of coreutils' wc.
#
#     examples/wc/run.sh [MIB]
#
# MIB is the least size of the file in MiB, by default 64. Exits with 1 if the
# counts differ.
set -euo pipefail

mib=${1:-64}
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}

# With `--bin` and not `-p`, cargo gives the dependencies the features that the
# tests ask for, so `cargo test --release` does not build them again.
cargo build --release --locked --bin wasmtime-mem
cargo build --release --locked --target wasm32-wasip2 --bin wc
guest=$target/wasm32-wasip2/release/wc.wasm
wasmtime_mem=$target/release/wasmtime-mem

# Repeats a little more than one MiB of numbered lines.
folder=$target/wc-example
mkdir -p "$folder"
awk 'BEGIN {
    state = 1
    for (number = 1; bytes < 1048576; number++) {
        line = number
        for (words = number % 13; words > 0; words--) {
            state = (state * 16807) % 2147483647
            line = line (state % 5 ? " " : "\t") substr("memory-mapped-files", 1, 1 + state % 19)
        }
        print line
        bytes += length(line) + 1
    }
}' >"$folder/block.txt"
for ((i = 0; i < mib; i++)); do
    cat "$folder/block.txt"
done >"$folder/text.txt"

# The first run compiles the guest and keeps the compiled code.
"$wasmtime_mem" run "$guest" --help >/dev/null

# timed NAME COMMAND: runs COMMAND, writes its output to NAME.out and its time to
# NAME.time.
timed() {
    local name=$1 TIMEFORMAT=%R
    shift
    { time "$@" >"$folder/$name.out" 2>&3; } 3>&2 2>"$folder/$name.time"
}
coreutils_wc() (cd "$folder" && LC_ALL=C wc text.txt)

timed mem "$wasmtime_mem" run --dir "$folder::." "$guest" text.txt
timed coreutils coreutils_wc

printf 'mem:       %s  in %s s\n' "$(<"$folder/mem.out")" "$(<"$folder/mem.time")"
printf 'coreutils: %s  in %s s\n' "$(<"$folder/coreutils.out")" "$(<"$folder/coreutils.time")"
if ! cmp -s "$folder/mem.out" "$folder/coreutils.out"; then
    echo different
    exit 1
fi
echo equal
