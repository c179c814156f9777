#!/bin/sh
# An archive in N shards on this machine by GNU parallel, and joined. Run it
# again after anything has gone wrong: what is done is not done again.
# Usage: parallel.sh LIST OUTPUT [N]
set -e
list=$1 output=$2 n=${3:-4}
mkdir -p "$output.parts"
seq "$n" | parallel --halt soon,fail=50% --retries 3 \
  emotion-analyze --files-from "$list" --format json --quiet --jobs 1 \
  --shard "{}/$n" --output "$output.parts/{}" --resume ||
  echo "some files failed; --merge names them" >&2
emotion-analyze --merge "$output.parts"/* --output "$output"
