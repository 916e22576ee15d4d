#!/usr/bin/env bash
# Builds the program words for guests and for this machine, makes an index of
# words with the crate fst, looks words up in it on both sides, and compares what
# they find and how long a lookup takes.
#
#     examples/unchanged/run.sh [WORDS]
#
# WORDS is the number of words in the index, by default 1,000,000. Exits with 1
# if the two find different words.
set -euo pipefail

words=${1:-1000000}
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}

unchanged=(--manifest-path examples/unchanged/Cargo.toml --target-dir "$target" --bin words)
cargo build --release --locked "${unchanged[@]}" --target wasm32-wasip2
cargo build --release --locked "${unchanged[@]}"
cargo build --release --locked --bin wasmtime-mem
guest=$target/wasm32-wasip2/release/words.wasm
native=$(realpath "$target/release/words")
wasmtime_mem=$(realpath "$target/release/wasmtime-mem")
guest=$(realpath "$guest")

folder=$target/unchanged-example
mkdir -p "$folder"
cd "$folder"
awk -v words="$words" 'BEGIN {
    state = 1
    for (number = 0; number < words; number++) {
        state = (state * 16807) % 2147483647
        print "word" state
    }
}' >text
"$native" build text index

# In turns, so that other load on the machine slows both.
lookups=200000
for round in 1 2 3; do
    "$native" bench index $lookups >"native.$round"
    "$wasmtime_mem" run --dir . "$guest" bench index $lookups >"guest.$round"
done
best() { sort -n "$1".? | head -n 1; }
echo "native: $(best native)"
echo "guest:  $(best guest)"
if [ "$(cat native.? guest.? | sed 's/.*sum//' | sort -u | wc -l)" != 1 ]; then
    echo different
    exit 1
fi
echo "$(best guest)" "$(best native)" |
    awk '{ for (i = 1; i <= NF; i++) if ($i ~ /^[0-9.]+$/) time[++n] = $i
           printf "%.2f times the native time\n", time[1] / time[3] }'
