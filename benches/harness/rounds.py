"""Rounds that measure every peer once, in an order that changes from round to round, and the summary of the rounds."""

import statistics


def interleaved(peers, rounds, measure):
    """Calls `measure(peer)` for every peer in every round; returns the values by name.

    A peer that has no such case (`measure` returns None) is left out.
    """
    values = {peer.name: [] for peer in peers}
    absent = set()
    for turn in range(rounds):
        start = turn % len(peers)
        for peer in peers[start:] + peers[:start]:
            if peer.name in absent:
                continue
            value = measure(peer)
            if value is None:
                absent.add(peer.name)
            else:
                values[peer.name].append(value)
    return {name: found for name, found in values.items() if name not in absent}


def ratios(values, baseline):
    """Returns the value of each round divided by the baseline of the same round."""
    return [value / base for value, base in zip(values, baseline)]


def summary(values):
    """The median, and the range that holds the middle eight tenths of the rounds."""
    ordered = sorted(values)
    last = len(ordered) - 1
    return statistics.median(ordered), ordered[round(last * 0.1)], ordered[round(last * 0.9)]
