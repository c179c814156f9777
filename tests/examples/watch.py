#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Plays a sound file through emotiondetect and prints every field of its
messages (from the bus) and of its meta (from a pad probe). Needs no overrides
of gst-python.

    watch.py FILE MODEL
"""
import sys

import gi
gi.require_version('Gst', '1.0')
from gi.repository import Gst  # noqa: E402

TIMES = ['timestamp', 'stream-time', 'running-time', 'duration',
         'processing-time', 'window-id']


def fields(structure):
    """All fields of a message or meta; both have the same."""
    values = {}
    for name in TIMES:
        values[name] = structure.get_uint64(name)[1]
    values['emotion'] = structure.get_string('emotion')
    values['model'] = structure.get_string('model')
    values['label-index'] = structure.get_int('label-index')[1]
    values['confidence'] = structure.get_double('confidence')[1]
    values['partial'] = structure.get_boolean('partial')[1]
    values['silence'] = structure.get_boolean('silence')[1]
    inner = structure.get_value('probabilities')
    values['probabilities'] = {
        inner.nth_field_name(i): inner.get_value(inner.nth_field_name(i))
        for i in range(inner.n_fields())}
    return values


def print_fields(origin, structure):
    """Buffers come from the streaming thread, messages are read by another:
    a line is written by one call, so that they do not mix."""
    sys.stdout.write(f'{origin} {fields(structure)}\n')


def look_at_buffer(pad, info):
    meta = info.get_buffer().get_custom_meta('GstEmotionMeta')
    if meta:
        print_fields('meta', meta.get_structure())
    return Gst.PadProbeReturn.OK


def main():
    Gst.init(None)
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    pipeline = Gst.parse_launch(
        'filesrc name=source ! decodebin ! emotiondetect name=detect '
        '! fakesink')
    pipeline.get_by_name('source').set_property('location', sys.argv[1])
    detect = pipeline.get_by_name('detect')
    detect.set_property('model-file', sys.argv[2])
    detect.get_static_pad('src').add_probe(
        Gst.PadProbeType.BUFFER, look_at_buffer)
    bus = pipeline.get_bus()
    pipeline.set_state(Gst.State.PLAYING)
    while True:
        message = bus.timed_pop_filtered(
            Gst.CLOCK_TIME_NONE, Gst.MessageType.ELEMENT | Gst.MessageType.EOS
            | Gst.MessageType.ERROR)
        if message.has_name('emotion'):
            print_fields('message', message.get_structure())
        if message.type == Gst.MessageType.ERROR:
            print(message.parse_error()[0].message, file=sys.stderr)
        if message.type != Gst.MessageType.ELEMENT:
            break
    pipeline.set_state(Gst.State.NULL)
    return 0 if message.type == Gst.MessageType.EOS else 1


sys.exit(main())
