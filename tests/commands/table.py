# SPDX-License-Identifier: GPL-2.0-or-later
"""What the documentation shows and a test cannot do as it stands."""

# Name: pattern, what stands there instead, why.
SUBSTITUTE = {
    'loudspeaker': (r'\bautoaudiosink\b', 'fakesink sync=true',
                    'there is no sound card'),
    'screen': (r'\bautovideosink\b', 'fakesink', 'there is no screen'),
    'microphone': (r'\bautoaudiosrc\b',
                   'filesrc location=voice.wav ! decodebin',
                   'there is no sound card'),
    'one epoch': (r'\bemotion-train (?!.*--(evaluate|gather))',
                  'emotion-train --epochs 1 ', 'a hundred take long'),
}

# Command: why it is not run at all.
SKIP = {
    'gst/demo': 'builds this folder; .ci/clean-machine runs it',
    'tests/run': 'runs this test',
    'emotion-analyze --record-duration 10':
        'there is no microphone; the test "async" has one of PulseAudio',
    'gst-launch-1.0 -m udpsrc port=5004 caps="application/x-rtp,media=audio,'
    'clock-rate=22050,encoding-name=L16,channels=1" ! rtpjitterbuffer '
    '! rtpL16depay ! audioconvert ! emotiondetect @preset=live ! audioconvert '
    '! rtpL16pay ! udpsink host=127.0.0.1 port=5006':
        'waits for a sender; the test "pipeline-rtp" has one',
    'meson setup build-release --buildtype=release --prefix /usr -Dtests=false':
        'builds everything again; the test "install" installs this build',
    'sudo meson install -C build-release':
        'changes the system; the test "install" installs into a folder',
}

# What a command that fits prints.
EXPECT = [
    (r'gst-launch-1.0 -m .*emotiondetect', r'emotion, .*probabilities='),
    (r'^emotion-analyze (?!.*--(format|show|output))', r'\d %'),
    (r'^emotion-analyze (?!.*--output).*--format json', r'"probabilities": \{'),
    (r'^emotion-train .*--evaluate', r'UAR'),
]
