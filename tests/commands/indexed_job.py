#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What Kubernetes would do with the manifest of an Indexed Job, as far as that
goes on one machine. Usage: indexed_job.py MANIFEST LIST

The manifest has to be what the API's own classes (python3-kubernetes) take, and
give back unchanged: no field is unknown, of the wrong type, or absent though
required. Then its command runs here once for each index, with a folder `volume`
that has LIST in the place of /data; and behind them the command that
the manifest's comment shows.
"""
import json
import os
import re
import shutil
import subprocess
import sys

import yaml
from kubernetes import client


class Response:
    """What the client reads an object from."""

    def __init__(self, document):
        self.data = json.dumps(document)


def check(document):
    """The complaint about a Job, or None."""
    api = client.ApiClient()
    try:
        job = api.deserialize(Response(document), 'V1Job')
        same = api.sanitize_for_serialization(job)
    except ValueError as error:
        return str(error)
    if same != document:
        return 'the schema has of this only\n%s' % yaml.dump(same)
    return None


def run(text, document):
    """Its containers, one after the other."""
    spec = document['spec']
    container = spec['template']['spec']['containers'][0]
    last = re.search(r'emotion-analyze --merge .*', text)[0]
    assert spec['completionMode'] == 'Indexed'
    for index in range(spec['completions']):
        words = [word.replace('/data/', 'volume/')
                 for word in container['command'] + container['args']]
        subprocess.run(words, check=True, env=dict(
            os.environ, JOB_COMPLETION_INDEX=str(index)))
    subprocess.run(['sh', '-c', last.replace('/data/', 'volume/')], check=True)


def main(path, listing):
    with open(path, encoding='utf-8') as file:
        text = file.read()
    document = yaml.safe_load(text)
    complaint = check(document)
    if complaint:
        sys.exit('%s: %s' % (path, complaint))
    os.makedirs('volume/parts', exist_ok=True)
    shutil.copyfile(listing, 'volume/files.txt')
    run(text, document)


if __name__ == '__main__':
    main(*sys.argv[1:])
