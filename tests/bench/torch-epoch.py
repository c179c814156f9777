#!/usr/bin/python3
"""Seconds of an epoch of 1152 windows in PyTorch and in bench-train, by turns.

usage: torch-epoch.py BUILD/tests/bench/bench-train [NICK...]

PyTorch (python3-torch of Debian) runs with 2 threads and OPENBLAS_NUM_THREADS=1,
where it is fastest: without, its LSTM and GRU fight over OpenBLAS' threads. Both
sides train the architectures of design.md with batches of 32, dropout and Adam,
on random numbers. Wall time and processor time of both; the best of the turns.
"""
import os
import re
import resource
import subprocess
import sys
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"
import torch  # noqa: E402  (after the environment is set)
from torch import nn  # noqa: E402

WINDOWS, BATCH, THREADS, TURNS = 1152, 32, 2, 3


class Model(nn.Module):
    """cnn-gru and cnn-lstm (pool 2), cnn-lstm-optimized (pool 3)."""

    def __init__(self, filters, pool, cell, units, hidden, sequence):
        super().__init__()
        self.sequence = sequence
        layers, before = [], 1
        for n in filters:
            layers += [nn.Conv2d(before, n, 3, padding=1), nn.ReLU(),
                       nn.BatchNorm2d(n, eps=1e-3, momentum=0.01),
                       nn.MaxPool2d(pool), nn.Dropout(0.3)]
            before = n
        self.convolutions = nn.Sequential(*layers)
        self.recurrent = cell(before, units, batch_first=True)
        dropout = 0.0 if sequence else 0.3
        self.classifier = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(units, hidden), nn.ReLU(),
            nn.Dropout(0.3 if sequence else 0.5), nn.Linear(hidden, 9))

    def forward(self, x):
        x = self.convolutions(x)
        x = x.permute(0, 2, 3, 1).flatten(1, 2)
        x = self.recurrent(x)[0]
        return self.classifier(x.mean(1) if self.sequence else x[:, -1])


MODELS = {
    "cnn-gru": lambda: Model((32, 64), 2, nn.GRU, 128, 128, False),
    "cnn-lstm": lambda: Model((32, 64), 2, nn.LSTM, 128, 128, False),
    "cnn-lstm-optimized": lambda: Model((16, 32), 3, nn.LSTM, 64, 32, True),
}


def cpu_seconds(who):
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def torch_epoch(model, optimizer, x, y):
    wall, cpu = time.perf_counter(), cpu_seconds(resource.RUSAGE_SELF)
    for first in range(0, WINDOWS, BATCH):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x[first:first + BATCH]),
                                           y[first:first + BATCH])
        loss.backward()
        optimizer.step()
    return (time.perf_counter() - wall,
            cpu_seconds(resource.RUSAGE_SELF) - cpu)


def our_epoch(program, nick):
    text = subprocess.run([program, str(THREADS), nick], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    found = re.search(r"([\d.]+) s wall +([\d.]+) s cpu", text)
    return float(found[1]), float(found[2])


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    x, y = torch.rand(WINDOWS, 1, 64, 94), torch.randint(0, 9, (WINDOWS,))
    for nick in sys.argv[2:] or ["cnn-gru", "cnn-lstm-optimized"]:
        model = MODELS[nick]().train()
        optimizer = torch.optim.Adam(model.parameters(), 1e-3, eps=1e-7)
        theirs, ours = [], []
        for _ in range(TURNS):
            theirs.append(torch_epoch(model, optimizer, x, y))
            ours.append(our_epoch(sys.argv[1], nick))
        wall, cpu = (min(t[i] for t in theirs) for i in (0, 1))
        our_wall, our_cpu = (min(t[i] for t in ours) for i in (0, 1))
        print(f"{nick}: torch {wall:.2f} s wall {cpu:.2f} s cpu, "
              f"here {our_wall:.2f} s wall {our_cpu:.2f} s cpu: "
              f"{wall / our_wall:.1f} times as fast "
              f"({cpu / our_cpu:.1f} by processor time)", flush=True)


if __name__ == "__main__":
    main()
