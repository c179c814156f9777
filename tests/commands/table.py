# SPDX-License-Identifier: GPL-2.0-or-later
"""What the documentation shows and a test cannot do as it stands."""
import slurm

# Name: pattern, what stands there instead, why.
SUBSTITUTE = {
    'loudspeaker': (r'\bautoaudiosink\b', 'fakesink sync=true',
                    'there is no sound card'),
    'screen': (r'\bautovideosink\b', 'fakesink', 'there is no screen'),
    'microphone': (r'\bautoaudiosrc\b',
                   'filesrc location=voice.wav ! decodebin',
                   'there is no sound card'),
    'Kubernetes': (r'\bkubectl apply -f (\S+)',
                   r'tests/commands/indexed_job.py \1 files.txt',
                   'there is no cluster; this runs what the manifest says'),
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

# Commands that fit need this to succeed; else they are skipped, and why.
NEEDS = [
    (r'\bmpirun\b', 'mpirun --oversubscribe -n 2 emotion-train --version',
     'there is no mpirun, or this build has no MPI'),
    (r'/parallel\.sh', "parallel --version | grep -q '^GNU parallel'",
     'there is no GNU parallel'),
    (r'\bsbatch\b',
     'command -v sbatch && command -v slurmctld && command -v slurmd '
     "&& grep -q ' /sys/fs/cgroup' /proc/mounts",
     'there is no Slurm (slurm-client, slurmctld, slurmd), or nothing is '
     'mounted at /sys/fs/cgroup, without which slurmd ends'),
    (r'parts/\*', 'test -d parts', 'there was no Slurm'),
    (r'\bkubectl\b', "/usr/bin/python3 -c 'import kubernetes, yaml'",
     'there is no python3-kubernetes, which knows what a manifest may hold'),
    (r'/two-hosts\b',
     'mpirun --oversubscribe -n 2 emotion-train --version '
     '&& ip netns add emo$$ && { ip netns exec emo$$ true; may=$?; '
     'ip netns del emo$$; exit $may; }',
     'there is no MPI, or this user may not make network namespaces, or / is '
     'no mount point (a chroot)'),
]

# Commands that fit run while this is there: it gets a folder, and gives the
# variables to set.
DURING = [(r'\bsbatch\b', slurm.cluster)]

# What a command that fits made is, byte for byte, what another prints or makes.
ONE_PROCESS = 'emotion-analyze --files-from files.txt --format json'
SAME = [
    (r'/parallel\.sh', 'joined.json', ONE_PROCESS),
    (r'--merge parts/\*', 'array.json', ONE_PROCESS),
    (r'\bkubectl\b', 'volume/all.json', ONE_PROCESS),
    (r'/two-hosts\b', 'two.h5',
     'emotion-train --epochs 1 --ravdess RAVDESS --output one.h5 >one.txt '
     '&& cat one.h5'),
]

# What a command that fits prints.
EXPECT = [
    (r'gst-launch-1.0 -m .*emotiondetect', r'emotion, .*probabilities='),
    (r'^emotion-analyze (?!.*--(format|show|list|output))', r'\d %'),
    (r'^emotion-analyze (?!.*--output).*--format json', r'"probabilities": \{'),
    (r'^emotion-train .*--evaluate', r'UAR'),
]
