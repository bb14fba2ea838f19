"""How far ranks go: a model fitted to what benches/ranks/measure printed, and tables for larger machines.

    python3 benches/ranks/model.py measured.csv

A mini-batch of m images on N ranks takes

    T(N) = step + image * largest(m, N) + copying + 2 (ceil(log2 N) latency + (N-1)/N bytes / bandwidth)

* step, image: fitted to the computing on one rank, for each network apart: what every rank does whatever its share, and
  what it does for each image; likewise to the one process that ranks are compared with. The largest share decides, since images belong to ranks and are drawn at random: its mean
  is that of the maximum of N binomial numbers, found by drawing.
* copying: the communicating on one rank, which is nothing but copying and adding the gradient.
* latency, bandwidth: those of the network. The two exchanges of a gradient each send (N-1)/N of it from each rank.
"""

import csv
import functools
import math
import random
import statistics
import sys

NETWORKS = {"10 Gbit": (25e-6, 1.25e9), "200 Gbit": (2e-6, 25e9)}  # seconds a message, bytes a second
RANKS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]


def weights(network):
    sizes = [int(n) for n in network.split("-")]
    return sum(a * b + b for a, b in zip(sizes, sizes[1:]))


@functools.cache
def largest(m, n):
    """The mean of the largest share when each of m images belongs to one of n ranks by chance."""
    if n == 1:
        return float(m)
    chance = random.Random(m * 10_007 + n)
    draws = 40 if m <= 20_000 else 8

    def draw():
        counts = [0] * n
        for _ in range(m):
            counts[int(chance.random() * n)] += 1
        return max(counts)

    return statistics.mean(draw() for _ in range(draws))


def line(points):
    """Step and image of step + image * batch, to times at batches: least squares of the relative errors."""
    s, t = [[0.0] * 2 for _ in range(2)], [0.0] * 2
    for batch, time in points:
        x = (1 / time, batch / time)
        for i in range(2):
            t[i] += x[i]
            for j in range(2):
                s[i][j] += x[i] * x[j]
    det = s[0][0] * s[1][1] - s[0][1] ** 2
    return (t[0] * s[1][1] - t[1] * s[0][1]) / det, (t[1] * s[0][0] - t[0] * s[0][1]) / det


class Model:
    def __init__(self, rows, network):
        self.bytes = 4 * weights(network)
        of = lambda ranks: [(b, c) for name, b, n, c, _ in rows if (name, n) == (network, ranks)]
        self.step, self.image = line(of(1))
        self.alone = line(of(0))
        self.misfit = max(abs((self.step + self.image * b) / c - 1) for b, c in of(1))
        self.copying = statistics.median(c for name, _, n, _, c in rows if (name, n) == (network, 1))

    def computing(self, m, n):
        return self.step + self.image * largest(m, n)

    def communicating(self, n, net):
        latency, bandwidth = NETWORKS[net]
        if n == 1:
            return self.copying
        return self.copying + 2 * (math.ceil(math.log2(n)) * latency + (n - 1) / n * self.bytes / bandwidth)

    def time(self, m, n, net):
        return self.computing(m, n) + self.communicating(n, net)

    def single(self, m):
        """One process without MPI."""
        return self.alone[0] + self.alone[1] * m


def show(seconds):
    digits = 1 if seconds < 1e-5 else 0
    return f"{1e6 * seconds:,.{digits}f} µs" if seconds < 1e-3 else f"{1e3 * seconds:,.1f} ms"


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def main(path):
    with open(path) as file:
        rows = [
            (r["network"], int(r["batch"]), int(r["ranks"]), float(r["computing"]) / 1e6, float(r["communicating"]) / 1e6)
            for r in csv.DictReader(file)
        ]
    networks = list(dict.fromkeys(row[0] for row in rows))
    models = {network: Model(rows, network) for network in networks}

    print("### Measured\n")
    cases = list(dict.fromkeys(row[:2] for row in rows))
    by = {row[:3]: row[3:] for row in rows}
    table(
        ["network", "mini-batch", "without MPI", "1 rank: computing", "communicating", "2 ranks: computing", "communicating"],
        [
            [network, f"{m:,}", show(by[network, m, 0][0])] + [show(t) for n in (1, 2) for t in by[network, m, n]]
            for network, m in cases
        ],
    )
    print("### Fitted\n")
    table(
        ["network", "gradient", "step", "an image", "off by at most", "copying", "memory of a rank beside its images"],
        [
            # Packed: weights, gradient, two moments. What is sent, what is received. Plain: at the start, at the last epoch
            # twice.
            [name, f"{m.bytes / 1e6:,.1f} MB", show(m.step), show(m.image), f"{100 * m.misfit:.0f}%", show(m.copying), f"{9 * m.bytes / 1e6:,.0f} MB"]
            for name, m in models.items()
        ],
    )
    for title, batch in (
        ("Strong scaling: mini-batches of 1,000 images, however many ranks", lambda n: 1000),
        ("Weak scaling: mini-batches of 100 images for each rank", lambda n: 100 * n),
    ):
        print(f"### {title}\n\nTimes as many images a second as one process without MPI; in brackets the share of the time that is computing.\n")
        head = ["network", "over"] + [f"{n:,}" for n in RANKS]
        lines = []
        for name, model in models.items():
            for net in NETWORKS:
                cells = []
                for n in RANKS:
                    m = batch(n)
                    first = batch(1)
                    rate = (m / model.time(m, n, net)) / (first / model.single(first))
                    cells.append(f"{rate:,.1f} ({100 * model.computing(m, n) / model.time(m, n, net):.0f}%)")
                lines.append([name, net] + cells)
        table(head, lines)
    print("### Where it stops paying\n\nThe number of ranks after which twice as many give less than half as much again, with mini-batches of m images.\n")
    lines = []
    for name, model in models.items():
        for net in NETWORKS:
            cells = []
            for m in (10, 100, 1000, 10_000, 100_000):
                n = 1
                best = model.single(m)
                while n < 1024:
                    double = model.time(m, 2 * n, net)
                    if best / double < 1.5:
                        break
                    best, n = double, 2 * n
                cells.append(f"{n:,}")
            lines.append([name, net] + cells)
    table(["network", "over", "m = 10", "100", "1,000", "10,000", "100,000"], lines)


if __name__ == "__main__":
    main(sys.argv[1])
