#!/usr/bin/python3
"""Seconds of an epoch of 1152 windows in PyTorch and in bench-train, by turns.

usage: torch-epoch.py BUILD/tests/bench/bench-train [NICK...]

PyTorch (python3-torch of Debian) runs with 2 threads and OPENBLAS_NUM_THREADS=1,
where it is fastest: without, its LSTM and GRU fight over OpenBLAS' threads. Both
sides train the same architectures with batches of 32, dropout and Adam, on random
numbers. Wall time and processor time of both; the best of the turns.
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


def convolution(before, filters, activation=True, size=3):
    return nn.Sequential(
        nn.Conv2d(before, filters, size, padding=size // 2, bias=activation),
        *([nn.ReLU()] if activation else []),
        nn.BatchNorm2d(filters, eps=1e-3, momentum=0.01))


class AttentiveStatistics(nn.Module):
    """Weighted mean and deviation over steps; the square root is torch's."""

    def __init__(self, units, hidden):
        super().__init__()
        self.score = nn.Sequential(
            nn.Linear(units, hidden), nn.Tanh(), nn.Linear(hidden, 1))

    def forward(self, x):
        weight = torch.softmax(self.score(x), 1)
        mean = (weight * x).sum(1, keepdim=True)
        variance = (weight * (x - mean) ** 2).sum(1)
        return torch.cat([mean[:, 0], (variance + 1e-12).sqrt()], 1)


class Encoder(nn.Module):
    def __init__(self, units, heads):
        super().__init__()
        self.norm_1 = nn.LayerNorm(units, eps=1e-5)
        self.attention = nn.MultiheadAttention(
            units, heads, dropout=0.1, batch_first=True)
        self.dropout = nn.Dropout(0.1)
        self.feed = nn.Sequential(
            nn.LayerNorm(units, eps=1e-5), nn.Linear(units, 2 * units),
            nn.GELU(), nn.Dropout(0.1), nn.Linear(2 * units, units),
            nn.Dropout(0.1))

    def forward(self, x):
        y = self.norm_1(x)
        y = self.attention(y, y, y, need_weights=False)[0]
        x = x + self.dropout(y)
        return x + self.feed(x)


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(
            convolution(1, 16), nn.MaxPool2d(2),
            convolution(16, 32), nn.MaxPool2d((2, 1)),
            convolution(32, 64), nn.MaxPool2d((2, 1)), nn.Dropout(0.2))
        self.embed = nn.Linear(512, 96)
        self.position = nn.Parameter(torch.zeros(47, 96))
        self.encoders = nn.Sequential(*[Encoder(96, 4) for _ in range(3)])
        self.head = nn.Sequential(
            nn.LayerNorm(96, eps=1e-5), AttentiveStatistics(96, 32),
            nn.Dropout(0.3), nn.Linear(192, 9))

    def forward(self, x):
        x = self.stem(x).permute(0, 3, 2, 1).flatten(2)
        return self.head(self.encoders(self.embed(x) + self.position))


class Residual(nn.Module):
    def __init__(self, before, filters):
        super().__init__()
        self.convolutions = nn.Sequential(
            convolution(before, filters), convolution(filters, filters, False))
        self.excite = nn.Sequential(
            nn.Linear(filters, filters // 4), nn.ReLU(),
            nn.Linear(filters // 4, filters), nn.Sigmoid())
        self.shortcut = convolution(before, filters, False, 1)

    def forward(self, x):
        y = self.convolutions(x)
        y = y * self.excite(y.mean((2, 3)))[:, :, None, None]
        return torch.relu(self.shortcut(x) + y)


class CnnAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.convolutions = nn.Sequential(
            convolution(1, 16), nn.MaxPool2d(2),
            Residual(16, 32), nn.MaxPool2d(2), nn.Dropout(0.2),
            Residual(32, 64), nn.MaxPool2d(2), nn.Dropout(0.2),
            Residual(64, 96))
        self.head = nn.Sequential(
            AttentiveStatistics(96, 32), nn.Dropout(0.4), nn.Linear(192, 9))

    def forward(self, x):
        return self.head(self.convolutions(x).flatten(2).transpose(1, 2))


MODELS = {
    "cnn-gru": lambda: Model((32, 64), 2, nn.GRU, 128, 128, False),
    "cnn-lstm": lambda: Model((32, 64), 2, nn.LSTM, 128, 128, False),
    "cnn-lstm-optimized": lambda: Model((16, 32), 3, nn.LSTM, 64, 32, True),
    "cnn-attention": CnnAttention,
    "transformer": Transformer,
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
