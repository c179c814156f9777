# SPDX-License-Identifier: GPL-2.0-or-later
"""A Slurm cluster on this machine: a controller and two nodes of one processor
each, for as long as a test runs. No munge: all messages are from this machine.
"""
import contextlib
import os
import pwd
import socket
import subprocess
import time

CONFIGURATION = """
ClusterName=emotion
SlurmctldHost=localhost
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/none
CredType=cred/none
SlurmctldPort={ports[0]}
SlurmctldPidFile={folder}/controller.pid
SlurmdPidFile={folder}/%n.pid
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SwitchType=switch/none
SelectType=select/cons_tres
SlurmdParameters=config_overrides
NodeName=node1 NodeHostname=localhost NodeAddr=127.0.0.1 Port={ports[1]} CPUs=1
NodeName=node2 NodeHostname=localhost NodeAddr=127.0.0.1 Port={ports[2]} CPUs=1
PartitionName=all Nodes=node1,node2 Default=YES
"""


def free_ports(n):
    """Ports that nobody listens at."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(n)]
        for one in sockets:
            one.bind(('127.0.0.1', 0))
        return [one.getsockname()[1] for one in sockets]


def wait_for_nodes(environment, daemons):
    """Until both are idle. RuntimeError where a daemon ends, or a minute is
    not enough."""
    for _ in range(300):
        done = subprocess.run(
            ['sinfo', '--noheader', '--Node', '--format', '%t'],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, check=False)
        if done.stdout.split() == ['idle', 'idle']:
            return
        for daemon in daemons:
            if daemon.poll() is not None:
                raise RuntimeError('%s has ended' % ' '.join(daemon.args))
        time.sleep(0.2)
    raise RuntimeError('no idle nodes: %s%s' % (done.stdout, done.stderr))


@contextlib.contextmanager
def cluster(folder):
    """Gives the variables that sbatch and others want."""
    path = os.path.join(folder, 'slurm.conf')
    for name in ('state', 'node1', 'node2'):
        os.makedirs(os.path.join(folder, name))
    with open(path, 'w', encoding='utf-8') as file:
        file.write(CONFIGURATION.format(
            user=pwd.getpwuid(os.getuid()).pw_name, folder=folder,
            ports=free_ports(3)))
    variables = {'SLURM_CONF': path}
    environment = dict(os.environ, **variables)
    daemons = []
    try:
        for name, command in (('controller', ['slurmctld', '-D', '-c']),
                              ('node1', ['slurmd', '-D', '-N', 'node1']),
                              ('node2', ['slurmd', '-D', '-N', 'node2'])):
            with open(os.path.join(folder, name + '.log'), 'wb') as log:
                daemons.append(subprocess.Popen(
                    command, env=environment, stdin=subprocess.DEVNULL,
                    stdout=log, stderr=log))
        wait_for_nodes(environment, daemons)
        yield variables
    finally:
        for daemon in reversed(daemons):
            daemon.terminate()
        for daemon in daemons:
            daemon.wait()
