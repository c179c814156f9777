#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Plays a sound file through emotiondetect and prints the classifications that
it attaches for GStreamer's analytics library (1.24): time, label, probability.
Needs no overrides of gst-python.

    classes.py FILE MODEL
"""
import sys

import gi
gi.require_version('Gst', '1.0')
gi.require_version('GstAnalytics', '1.0')
from gi.repository import GLib, Gst, GstAnalytics  # noqa: E402


def look_at_buffer(pad, info):
    buffer = info.get_buffer()
    meta = GstAnalytics.buffer_get_analytics_relation_meta(buffer)
    if meta:
        for i in range(GstAnalytics.relation_get_length(meta)):
            found, classes = meta.get_cls_mtd(i)
            if found:  # index 0 is the most probable label
                print('%.1f s: %s %.3f' % (
                    buffer.pts / Gst.SECOND,
                    GLib.quark_to_string(classes.get_quark(0)),
                    classes.get_level(0)))
    return Gst.PadProbeReturn.OK


def main():
    Gst.init(None)
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    pipeline = Gst.parse_launch(
        'filesrc name=source ! decodebin ! emotiondetect name=detect '
        'attach-analytics=true ! fakesink name=sink')
    pipeline.get_by_name('source').set_property('location', sys.argv[1])
    pipeline.get_by_name('detect').set_property('model-file', sys.argv[2])
    pipeline.get_by_name('sink').get_static_pad('sink').add_probe(
        Gst.PadProbeType.BUFFER, look_at_buffer)
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(
        Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    if message.type == Gst.MessageType.ERROR:
        print(message.parse_error()[0].message, file=sys.stderr)
    pipeline.set_state(Gst.State.NULL)
    return 0 if message.type == Gst.MessageType.EOS else 1


sys.exit(main())
