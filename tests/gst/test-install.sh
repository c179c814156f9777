#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What meson install leaves in an empty folder works from there, and so does
# the build folder within meson devenv.
# Usage: test-install.sh MESON BUILD PREFIX PLUGINS_DIR
meson=$1 build=$2 prefix=$3 plugins=$4
n=0
destination=$(mktemp -d)
trap 'rm -r "$destination"' EXIT
export GST_REGISTRY="$destination/registry.bin"
unset GST_PLUGIN_PATH MANPATH

# check NAME COMMAND...: the command ends with 0.
check ()
{
  name=$1
  shift
  n=$((n + 1))
  if "$@" >"$destination/log" 2>&1; then
    echo "ok $n - $name"
  else
    echo "not ok $n - $name"
    sed 's/^/# /' "$destination/log"
  fi
}

# check_use NAME COMMAND: under that command the element, the tools and their pages are found by name.
# shellcheck disable=SC2086 # a command with its arguments
check_use ()
{
  check "$1: gst-inspect-1.0" $2 gst-inspect-1.0 emotiondetect
  check "$1: a preset" $2 gst-launch-1.0 audiotestsrc num-buffers=10 \
    ! emotiondetect @preset=live ! fakesink
  for tool in emotion-analyze emotion-features emotion-train; do
    check "$1: $tool" $2 $tool --help
  done
  for tool in emotion-analyze emotion-features emotion-train; do
    # As man would look for it, which need not be there.
    check "$1: page of $tool" $2 sh -c \
      "for dir in \$(echo \"\$MANPATH\" | tr : ' '); do
         test ! -e \$dir/man1/$tool.1 || exit 0; done; exit 1"
  done
}

check 'meson install' "$meson" install -C "$build" --no-rebuild \
  --destdir "$destination"
root=$destination$prefix
check 'the plugin is where GStreamer looks under this prefix' \
  test -f "$root/$plugins/libgstemotiondetect.so"
check 'nothing beside bin, lib and share' \
  sh -c 'case $(cd "$1" && echo *) in
    "bin lib share" | "bin lib64 share") ;; *) exit 1 ;; esac' - "$root"
check_use installed \
  "env GST_PLUGIN_PATH=$root/$plugins GST_PRESET_PATH=$root/share/gstreamer-1.0/presets PATH=$root/bin:$PATH MANPATH=$root/share/man:"
for tool in emotion-analyze emotion-features emotion-train; do
  check "completion of $tool" \
    grep -q "complete .* $tool" "$root/share/bash-completion/completions/$tool"
done

check_use 'meson devenv' "$meson devenv -C $build"
check 'meson devenv keeps the system pages' \
  sh -c "case \$(env MANPATH=/a $meson devenv -C $build sh -c 'echo \$MANPATH') in
    *:/a:*) ;; *) exit 1 ;; esac"
echo "1..$n"
