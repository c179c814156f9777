# SPDX-License-Identifier: GPL-2.0-or-later
"""A headless Chromium by chromedriver, over the WebDriver protocol
(https://www.w3.org/TR/webdriver2/); with nothing but Python and Debian's packages
chromium and chromium-driver."""
import base64
import json
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'
# Keys of WebDriver.
KEYS = {'Home': '\ue011', 'End': '\ue010', 'Left': '\ue012', 'Right': '\ue014',
        'Space': ' '}


def missing():
    """What is not installed, or None."""
    for name in ('chromium', 'chromedriver'):
        if not shutil.which(name):
            return 'there is no ' + name
    return None


class Browser:
    """with Browser() as browser: ..."""

    def __init__(self, width=1000, height=900, dark=False):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.driver = subprocess.Popen(
            ['chromedriver', '--port=0'], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)
        self.session = None
        for line in self.driver.stdout:
            if 'started successfully on port' in line:
                self.root = 'http://127.0.0.1:%d/session' % int(
                    line.rstrip().rstrip('.').split()[-1])
                break
        arguments = ['--headless=new', '--no-sandbox', '--disable-gpu',
                     '--disable-dev-shm-usage', '--hide-scrollbars',
                     '--mute-audio', '--user-data-dir=' + self.profile.name,
                     '--window-size=%d,%d' % (width, height)]
        if dark:
            arguments.append('--blink-settings=preferredColorScheme=0')
        made = self.call('POST', '', {'capabilities': {'alwaysMatch': {
            'browserName': 'chrome',
            'goog:loggingPrefs': {'browser': 'ALL'},
            'goog:chromeOptions': {'args': arguments}}}})
        self.session = '/' + made['sessionId']
        self.command('Emulation.setDeviceMetricsOverride',
                     width=width, height=height, deviceScaleFactor=1,
                     mobile=False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.call('DELETE', '')
        finally:
            self.driver.terminate()
            self.driver.wait()
            self.driver.stdout.close()
            self.profile.cleanup()

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.root + (self.session or '') + path, data, method=method,
            headers={'Content-Type': 'application/json'})
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)['value']
        except urllib.error.HTTPError as error:
            raise AssertionError(json.load(error)['value']['message'][:2000])

    def command(self, name, **parameters):
        """A command of the DevTools protocol."""
        return self.call('POST', '/goog/cdp/execute',
                         {'cmd': name, 'params': parameters})

    def open(self, url):
        self.call('POST', '/url', {'url': url})

    def run(self, script, *arguments):
        """The value of a function's body."""
        return self.call('POST', '/execute/sync',
                         {'script': script, 'args': list(arguments)})

    def wait(self, script, *arguments, seconds=20):
        """Until the script's value is true."""
        end = time.monotonic() + seconds
        while not self.run('return ' + script, *arguments):
            assert time.monotonic() < end, 'waited in vain for ' + script
            time.sleep(0.05)

    def find(self, selector):
        return self.call('POST', '/element', {
            'using': 'css selector', 'value': selector})

    def click(self, selector, x=None, y=0):
        """In the middle, or so many pixels from it."""
        self.call('POST', '/actions', {'actions': [{
            'type': 'pointer', 'id': 'mouse',
            'parameters': {'pointerType': 'mouse'},
            'actions': [
                {'type': 'pointerMove', 'duration': 0, 'x': int(x or 0),
                 'y': int(y), 'origin': self.find(selector)},
                {'type': 'pointerDown', 'button': 0},
                {'type': 'pointerUp', 'button': 0}]}]})

    def key(self, selector, *keys):
        element = self.find(selector)[ELEMENT]
        for key in keys:
            self.call('POST', '/element/%s/value' % element,
                      {'text': KEYS.get(key, key)})

    def errors(self):
        """What was written to the console since the last time."""
        return [entry['message'] for entry in self.call(
            'POST', '/se/log', {'type': 'browser'})
                if entry['level'] in ('SEVERE', 'WARNING')]

    def picture(self, path, full=True):
        """PNG of the page."""
        parameters = {'format': 'png'}
        if full:
            size = self.command('Page.getLayoutMetrics')['cssContentSize']
            parameters.update(captureBeyondViewport=True, clip={
                'x': 0, 'y': 0, 'width': size['width'],
                'height': size['height'], 'scale': 1})
        with open(path, 'wb') as file:
            file.write(base64.b64decode(self.command(
                'Page.captureScreenshot', **parameters)['data']))
