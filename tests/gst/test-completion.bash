#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What bash completion offers for command lines that have only begun.
# Usage: test-completion.bash COMPLETION TOOL_FOLDER
# shellcheck source=../../gst/tools/completion.bash
source "$1" || exit 1
tools=$2
n=0

# What is offered for "$1", whose last word is being typed, in order.
offers ()
{
  local line=${1//=/ = } words

  read -ra words <<<"$line"
  [[ $line == *' ' ]] && words+=('')
  COMP_WORDS=("${words[@]}")
  COMP_CWORD=$((${#words[@]} - 1))
  COMPREPLY=()
  _emotion_tool "${words[0]}" "${words[COMP_CWORD]}" 2>&1
  printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort | xargs
}

is ()
{
  n=$((n + 1))
  if [[ $2 == "$3" ]]; then
    echo "ok $n - $1"
  else
    printf 'not ok %d - %s\n# expected: %s\n# offered:  %s\n' "$n" "$1" "$3" "$2"
  fi
}

# compopt works within a completion only.
compopt () { :; }

folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
# Each program once: --help-all is all that completion asks for.
mkdir -p "$folder/bin" "$folder/here/sounds"
for tool in emotion-analyze emotion-features emotion-train; do
  "$tools/$tool" --help-all >"$folder/bin/$tool.help" || exit 1
  printf '#!/bin/sh\ntest "$*" = --help-all && cat %s.help\n' "$folder/bin/$tool" \
    >"$folder/bin/$tool"
  chmod +x "$folder/bin/$tool"
done
PATH=$folder/bin:$PATH
cd "$folder/here" || exit 1
touch song.wav model.h5

while IFS=: read -r line expected; do
  is "[$line]" "$(offers "$line")" "$expected"
done <<'CASES'
emotion-analyze --format :audacity csv json srt text textgrid vtt
emotion-analyze --format=:audacity csv json srt text textgrid vtt
emotion-analyze --format=j:json
emotion-analyze so:song.wav sounds
emotion-analyze --interval :
emotion-analyze --show-m:--show-model
emotion-analyze --model m:model.h5
emotion-analyze -m cnn-g:cnn-gru
emotion-analyze -m s:simple song.wav sounds speech
emotion-features m:model.h5
emotion-features --plot :sounds
emotion-features --features mf:mfcc
emotion-features --features mel,mf:mel,mfcc
emotion-features --features rm:rms
emotion-train :
emotion-train --ravdess :sounds
emotion-train --report=so:sounds
emotion-train --split :speaker stratified
emotion-train --schedule p:plateau
emotion-train --balance :corpora none oversample weights
emotion-train --csv so:song.wav sounds
emotion-train --model cnn-lstm-:cnn-lstm-optimized cnn-lstm-regularized
emotion-train --quantize :float16 int8
emotion-train --teacher m:model.h5
emotion-train --quiet :
emotion-nothing --:
CASES

# Help for people: a screen of 80 columns and 40 lines, prompt included; and no
# line of ours is longer on the other pages.
for tool in emotion-analyze emotion-features emotion-train; do
  is "$tool --help fits a screen" \
    "$("$tools/$tool" --help | awk 'END { print NR < 40 }')" 1
  is "$tool has no long lines of help" "$("$tool" --help-all \
    | grep -v -e '^  --gst-' | LC_ALL=C.UTF-8 grep -E '.{81}')" ''
done

for tool in emotion-analyze emotion-features emotion-train; do
  is "every option of $tool" "$(offers "$tool --")" \
    "$("$tool" --help-all | grep -oE '^  (-., )?--[a-z0-9-]+' \
      | grep -oE -- '--.*' | grep -v -e '^--gst-' | LC_ALL=C sort | xargs)"
  is "$tool is completed" "$(complete -p "$tool")" \
    "complete -F _emotion_tool $tool"
done
echo "1..$n"
