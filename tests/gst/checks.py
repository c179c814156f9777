# SPDX-License-Identifier: GPL-2.0-or-later
"""How the tests of emotion-analyze that are written in Python report: in TAP."""
import sys
import tempfile
import traceback

from sounds import write_sound


def run(checks, seconds, skip=lambda check: None):
    """Calls each check with a folder that has sound.wav in it, of so many seconds.
    skip says why a check cannot run here, or nothing."""
    print('1..%d' % len(checks))
    for i, check in enumerate(checks):
        name = '%d - %s' % (i + 1, check.__doc__)
        reason = skip(check)
        if reason:
            print('ok %s # SKIP %s' % (name, reason))
            continue
        with tempfile.TemporaryDirectory() as folder:
            write_sound(folder + '/sound.wav', seconds)
            try:
                check(folder)
                print('ok', name)
            except (AssertionError, OSError, ValueError):
                print('not ok', name)
                for line in traceback.format_exc().splitlines():
                    print('#', line)
        sys.stdout.flush()
