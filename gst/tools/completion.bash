# SPDX-License-Identifier: GPL-2.0-or-later
# Bash completion for emotion-analyze, emotion-features and emotion-train.
#
# All that it knows it reads from the program's --help-all: the options; by the
# name of an option's value whether that is a file, a folder, one of some words
# (text|json|csv) or a list (A,B,...); and those words from the explanation,
# where they follow a colon, a bracket, "one of" or "also":
#   --split=MODE          Validation split: stratified, speaker
# and for a NICK from the paragraph "Models:", for --features from "Features:".

# Prints name, name of the value and explanation of option $2 (of all of them
# where it is empty) in the help $1.
_emotion_options ()
{
  local line
  local -r entry='^  (-.), (--[a-z0-9-]+)(=([^ ]+))? +(.*)$'
  local -r long='^  ()(--[a-z0-9-]+)(=([^ ]+))?( +(.*))?$'

  while IFS= read -r line; do
    [[ $line =~ $entry || $line =~ $long ]] || continue
    if [[ -z $2 || $2 == "${BASH_REMATCH[1]}" || $2 == "${BASH_REMATCH[2]}" ]]
    then
      printf '%s\t%s\t%s\n' "${BASH_REMATCH[2]}" "${BASH_REMATCH[4]:--}" "$line"
    fi
  done <<<"$1"
}

# Prints the words that an option's value may be. $1: name of the value,
# $2: explanation.
_emotion_words ()
{
  local text=$2
  local -r word='[a-z0-9][a-z0-9_-]*'
  local -r list="(: |\(|one of |also )($word(, ?$word)+)(.*)$"

  if [[ $1 =~ ^[a-z0-9]+(\|[a-z0-9]+)+$ ]]; then
    printf '%s\n' "${1//|/$'\n'}"
    return
  fi
  [[ $1 =~ ^[A-Z,.|]+$ ]] || return
  while [[ $text =~ $list ]]; do
    text=${BASH_REMATCH[4]}
    printf '%s\n' "${BASH_REMATCH[2]//,/$'\n'}"
  done | tr -d ' '
}

# Prints the words of the paragraph that begins with "$1: ", in the help $2.
_emotion_paragraph ()
{
  sed -n "/^$1: /,/^\$/{s/^$1: //; p}" <<<"$2" | tr -d ,
}

# Sets COMPREPLY for the value of option $1, of which $3 is typed. $2: the help.
_emotion_value ()
{
  local name value text words before=

  IFS=$'\t' read -r name value text < <(_emotion_options "$2" "$1")
  [[ -n $name && $value != - ]] || return 1
  words=$(_emotion_words "$value" "$text")
  if [[ $value == *NICK* ]]; then
    words+=" $(_emotion_paragraph Models "$2")"
  elif [[ $name == --features ]]; then
    words=$(_emotion_paragraph Features "$2")
  fi
  case $value in
    *DIR*) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$3") ;;
    *FILE* | MODEL* | *.h5)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -W "$words" -- "$3") ;;
    *,*)
      [[ $3 == *,* ]] && before=${3%,*},
      compopt -o nospace
      mapfile -t COMPREPLY < <(compgen -P "$before" -W "$words" -- "${3##*,}") ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$3") ;;
  esac
}

_emotion_tool ()
{
  local help current=${COMP_WORDS[COMP_CWORD]} option=

  COMPREPLY=()
  help=$(LC_ALL=C "${1/#\~/$HOME}" --help-all 2>/dev/null) || return
  # "--option=value" comes as three words.
  if [[ $current == = ]]; then
    current=
    option=${COMP_WORDS[COMP_CWORD - 1]}
  elif [[ ${COMP_WORDS[COMP_CWORD - 1]} == = ]]; then
    option=${COMP_WORDS[COMP_CWORD - 2]}
  else
    option=${COMP_WORDS[COMP_CWORD - 1]}
  fi
  if [[ $option == -* ]] && _emotion_value "$option" "$help" "$current"; then
    return
  fi
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(
      compgen -W "$(_emotion_options "$help" | cut -f 1 | grep -v ^--gst-)" \
        -- "$current")
  elif [[ $(sed -n 2p <<<"$help") == *FILE* ]]; then # "Usage:", then how
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}

complete -F _emotion_tool emotion-analyze emotion-features emotion-train
