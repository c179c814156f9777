#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of emotion-analyze --html as people use it, in a headless Chromium; and
its subtitles as a browser reads them. Usage: page.py EMOTION-ANALYZE MODEL"""
import base64
import html.parser
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import checks  # noqa: E402
import webdriver  # noqa: E402
from sounds import write_sound  # noqa: E402

ANALYZE = [os.path.abspath(sys.argv[1]), '--min-voice', '0', '--model',
           os.path.abspath(sys.argv[2])]
HOSTILE = [b'<script>alert(1)<', b'"onerror=alert(1) \'.wav', b'a\nb\tc.wav',
           '\u202eright to left\u200f.wav'.encode(), b'% #?&amp;.wav',
           b'\xff.wav']
LABELS = ['</script><script>alert(1)</script>', '<img src=x onerror=alert(1)>',
          '"quotes\' & <!-- -->', '\u202eright to left\u200f', 'zero\u2028line']


def analyze(folder, *arguments):
    done = subprocess.run([*ANALYZE, *arguments], cwd=folder, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 0, done
    return done.stdout.decode()


def file_url(folder, name):
    return 'file://' + os.path.join(folder, name)


def n_labels(folder):
    """How many the model has."""
    line = json.loads(analyze(folder, '--format', 'json',
                              'sound.wav').splitlines()[0])
    return len(line['probabilities'])


class Reader(html.parser.HTMLParser):
    """Cells of the tables; elements that begin and end."""

    def __init__(self):
        super().__init__()
        self.rows = []
        self.in_cell = False
        self.scripts = 0

    def handle_starttag(self, tag, attributes):
        self.scripts += tag == 'script'
        if tag == 'tr':
            self.rows.append([])
        if tag in ('td', 'th'):
            self.rows[-1].append('')
        self.in_cell = tag in ('td', 'th', 'bdi', 'a') and bool(self.rows)

    def handle_data(self, data):
        if self.in_cell and self.rows and self.rows[-1]:
            self.rows[-1][-1] += data.strip('\n')


def check_plain(folder):
    """Without a script the page is a table of the stretches of JSON."""
    analyze(folder, '--html', 'plain.html', 'sound.wav')
    with open(folder + '/plain.html', encoding='utf-8') as file:
        text = file.read()
    reader = Reader()
    reader.feed(text)
    assert reader.scripts == 2 # the data, and ours
    assert reader.rows[0] == ['From', 'To', 'Emotion', 'Confidence']
    grid = analyze(folder, '--format', 'audacity', 'sound.wav')
    cues = [line.split('\t') for line in grid.splitlines()]
    assert len(cues) == len(reader.rows) - 1 > 2
    for (start, end, emotion), row in zip(cues, reader.rows[1:]):
        for seconds, shown in ((start, row[0]), (end, row[1])):
            minutes, rest = shown.split(':')
            assert abs(60 * int(minutes) + float(rest)
                       - float(seconds)) <= 0.001
        assert row[2] == emotion and row[3].endswith('\xa0%'), row
    for word in ('acted', 'AI Act', 'lang="en"', 'name="viewport"'):
        assert word in text
    assert 'http-equiv="Content-Security-Policy"' in text
    assert 'src="sound.wav"' in text


STATE = '''
  const audio = document.querySelector('audio');
  return { time: audio.currentTime, paused: audio.paused,
    duration: audio.duration, error: audio.error?.message,
    value: document.querySelector('.timeline').ariaValueNow };'''
ROWS = '''return Array.from(document.querySelectorAll('.stretches tbody tr'))
  .filter((row) => !row.hidden).map((row) => row.innerText);'''


def check_used(folder):
    """It loads, plays, seeks by click and by key, and filters."""
    # In another folder than the sound.
    os.mkdir(folder + '/pages')
    analyze(folder, '--html', 'pages/page.html', 'sound.wav')
    with webdriver.Browser() as browser:
        browser.open(file_url(folder, 'pages/page.html'))
        browser.wait("document.querySelector('.timeline canvas')?.width > 0")
        browser.wait("document.querySelector('audio').readyState > 0")
        state = browser.run(STATE)
        assert state['paused'] and abs(state['duration'] - 20.7) < 0.1, state

        # A click in the middle of the timeline: right of its names.
        browser.click('.timeline', x=100)
        box = browser.run("return document.querySelector('.timeline')"
                          ".getBoundingClientRect().width")
        expected = 20.7 * ((box / 2 + 100 - 136) / (box - 136))
        state = browser.run(STATE)
        assert abs(state['time'] - expected) < 0.2, (state, expected)
        assert abs(float(state['value']) - expected) < 0.2, state

        # Keys: to the start, two seconds on, and play.
        browser.key('.timeline', 'Home')
        assert browser.run(STATE)['time'] == 0
        browser.key('.timeline', 'Right', 'Right')
        assert browser.run(STATE)['time'] == 2
        browser.key('.timeline', 'n')
        starts = [60 * int(row.split(':')[0]) + float(
            row.split('\t')[0].split(':')[1]) for row in browser.run(ROWS)]
        assert browser.run(STATE)['time'] == min(
            start for start in starts if start > 2)
        browser.key('.timeline', 'Home', 'Space')
        browser.wait("document.querySelector('audio').currentTime > 0.3")
        state = browser.run(STATE)
        assert not state['paused'] and float(state['value']) > 0, state
        browser.key('.timeline', 'Space')
        assert browser.run(STATE)['paused']

        # A row plays from its start.
        browser.click('.stretches tbody tr:nth-child(2) button')
        browser.wait("!document.querySelector('audio').paused && document"
                     ".querySelector('audio').currentTime > %f" % starts[1])
        assert browser.run(STATE)['time'] < starts[1] + 5
        assert browser.run("return document.querySelector("
                           "'.stretches tr[aria-current]').rowIndex") == 2
        browser.key('.timeline', 'Space')

        # Zoom keeps the cursor where it is heard.
        browser.key('.timeline', 'Home', '+', '+')
        browser.key('.timeline', 'End')
        assert abs(browser.run(STATE)['time'] - 20.7) < 0.1
        browser.key('.timeline', '0')

        # The filter: by emotion, then by confidence.
        rows = browser.run(ROWS)
        label = rows[0].split('\t')[2].strip()
        hidden = [row for row in rows if row.split('\t')[2].strip() == label]
        assert 0 < len(hidden) < len(rows)
        browser.click('input[name="emotion"][value="%s"]' % label)
        assert browser.run(ROWS) == [row for row in rows if row not in hidden]
        browser.click('input[name="emotion"][value="%s"]' % label)
        assert browser.run(ROWS) == rows
        browser.key('input[name="confidence"]', 'End')
        assert browser.run(ROWS) == []
        browser.key('input[name="confidence"]', 'Home')
        assert browser.run(ROWS) == rows

        # Everything that can be used has a name, and a label that is seen.
        nameless = browser.run('''
          return Array.from(document.querySelectorAll(
            'button, input, audio, [role]')).filter((one) => !(one.ariaLabel
              || one.labels?.length || one.textContent.trim()
              || one.getAttribute('role') === 'status')).length''')
        assert nameless == 0
        assert browser.errors() == []


def check_fits(folder):
    """Nothing is wider than a phone; dark and light have enough contrast."""
    analyze(folder, '--html', 'phone.html', 'sound.wav', 'sound.wav')
    contrast = '''
      const light = (text) => text.match(/[\\d.]+/g).slice(0, 3).map((c) =>
        c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055)
          ** 2.4).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i],
          0);
      const ground = (one) => {
        for (; one; one = one.parentElement) {
          const colour = getComputedStyle(one).backgroundColor;
          if (colour !== 'rgba(0, 0, 0, 0)')
            return colour;
        }
      };
      let worst = 21;
      for (const one of document.querySelectorAll(
          'h1, h2, p, td, th, a, kbd, caption, button, label, .now')) {
        const a = light(getComputedStyle(one).color), b = light(ground(one));
        worst = Math.min(worst,
          (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
      }
      return worst;'''
    for dark in (False, True):
        with webdriver.Browser(width=360, height=700, dark=dark) as browser:
            browser.open(file_url(folder, 'phone.html'))
            browser.wait("document.querySelector('.timeline canvas')?.width"
                         ' > 0')
            assert browser.run("return matchMedia("
                               "'(prefers-color-scheme: dark)').matches"
                               ) == dark
            assert browser.run('return document.documentElement.scrollWidth'
                               ) <= 360
            assert browser.run(contrast) >= 4.5
            assert browser.errors() == []


def check_hostile(folder):
    """Names of files and of labels are text, and nothing else."""
    os.mkdir(folder + '/named')
    for name in HOSTILE:
        os.link((folder + '/sound.wav').encode(),
                (folder + '/named/').encode() + name)
    labels = (LABELS + ['label %d' % i for i in range(99)])[:n_labels(folder)]
    analyze(folder, '--html', 'hostile.html', '--labels', ','.join(labels),
            *[b'named/' + name for name in HOSTILE])
    with webdriver.Browser() as browser:
        browser.open(file_url(folder, 'hostile.html'))
        browser.wait("document.querySelector('.timeline canvas')?.width > 0")
        names = browser.run("return Array.from(document.querySelectorAll("
                            "'h2 bdi'), (one) => one.textContent)")
        for name, shown in zip(HOSTILE, names):
            expected = name.decode(errors='backslashreplace').replace(
                '\n', '\u240a').replace('\t', '\u2409')
            assert shown == 'named/' + expected, (shown, expected)
        shown = browser.run("return Array.from(document.querySelectorAll("
                            "'.filter bdi'), (one) => one.textContent)")
        assert shown == labels, shown
        told = set(browser.run(
            "return Array.from(document.querySelectorAll('.stretches bdi'),"
            '(one) => one.textContent)'))
        assert told and told <= set(labels), told
        assert browser.run(
            "return document.querySelectorAll('img, script[src]').length") == 0
        # Each of the sounds is found under its name.
        browser.run("for (const one of document.querySelectorAll('audio')) "
                    "one.preload = 'metadata'")
        browser.wait("Array.from(document.querySelectorAll('audio')).every("
                     '(one) => one.readyState > 0)')
        assert browser.errors() == []


def check_embedded(folder):
    """--embed plays with the file gone; without it the page says so."""
    write_sound(folder + '/gone.wav', 4)
    analyze(folder, '--html', 'embedded.html', '--embed', 'gone.wav')
    analyze(folder, '--html', 'linked.html', 'gone.wav')
    os.remove(folder + '/gone.wav')
    with webdriver.Browser() as browser:
        browser.open(file_url(folder, 'embedded.html'))
        browser.wait("document.querySelector('.timeline canvas')?.width > 0")
        browser.key('.timeline', 'Space')
        browser.wait("document.querySelector('audio').currentTime > 0.2")
        assert browser.errors() == []
        browser.open(file_url(folder, 'linked.html'))
        browser.wait("document.querySelector('.note')?.hidden === false")


def check_subtitles(folder):
    """Chromium's text track has the cues of JSON, and labels as they are."""
    labels = (LABELS[:3] + ['label %d' % i for i in range(99)]
              )[:n_labels(folder)]
    arguments = ['--labels', ','.join(labels), '--interval', '1', 'sound.wav']
    vtt = analyze(folder, '--format', 'vtt', *arguments)
    audacity = analyze(folder, '--format', 'audacity', *arguments)
    with webdriver.Browser() as browser:
        browser.open('data:text/html,<audio id=a></audio>')
        browser.run('''
          const track = document.createElement('track');
          track.src = 'data:text/vtt;base64,' + arguments[0];
          track.default = true;
          document.querySelector('audio').append(track);''',
                    base64.b64encode(vtt.encode()).decode())
        browser.wait("document.querySelector('track').readyState === 2")
        cues = browser.run('''
          return Array.from(document.querySelector('track').track.cues,
            (cue) => [cue.startTime, cue.endTime,
              cue.getCueAsHTML().textContent,
              cue.getCueAsHTML().querySelectorAll('*').length]);''')
    expected = [line.split('\t') for line in audacity.splitlines()]
    assert len(cues) == len(expected) > 2
    for cue, (start, end, label) in zip(cues, expected):
        assert abs(cue[0] - float(start)) <= 0.001
        assert abs(cue[1] - float(end)) <= 0.001
        assert cue[2] == label and cue[3] == 0, cue


checks.run([check_plain, check_used, check_fits, check_hostile, check_embedded,
            check_subtitles], 20.7,
           lambda check: check is not check_plain and webdriver.missing())
