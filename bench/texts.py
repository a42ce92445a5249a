"""Near-duplicates among a million closing texts: ``python bench/texts.py [--texts N] [--kind written|pasted] [--plain N]``.

Measures what ``hotline.texts`` does (signatures of all texts, then clusters of one month and platform, the worst case: all
could be alike) against the plain alternative, every text compared with every other by sets of Python, on ``--plain`` texts of
the same kind, and says in how many texts the two differ there. Processor time of one core and the peak of memory.

``written``: texts from eight slots of phrases, as the sample has them, a fifth of them copied with a change of one letter.
``pasted``: all made from fifty models by a change of one letter, so that nearly all belong to a few very large clusters.
"""

from __future__ import annotations

import argparse
import itertools
import resource
import time

import numpy as np

from hotline.texts.clusters import near_duplicates
from hotline.texts.signatures import GRAM, bands

SIMILARITY = 0.8
LETTERS = np.array([chr(code) for code in range(0x4E00, 0x4E00 + 2500)])


def made(kind: str, count: int, rng: np.random.Generator) -> list[str]:
    """So many distinct texts, sorted."""
    phrases = [["".join(rng.choice(LETTERS, 7)) for _ in range(40)] for _ in range(8)]
    texts: set[str] = set()
    models = [
        "".join(slot[choice] for slot, choice in zip(phrases, row, strict=True)) for row in rng.integers(0, 40, (50, 8))
    ]
    while len(texts) < count:
        rows = rng.integers(0, 40, (count, 8))
        for number, row in enumerate(rows):
            if len(texts) == count:
                break
            if kind == "pasted":
                text = _changed(models[number % 50], 1, rng)
            else:
                text = "".join(slot[choice] for slot, choice in zip(phrases, row, strict=True))
                if number % 5 == 0:
                    texts.add(_changed(text, 1, rng))
            texts.add(text)
    return sorted(texts)[:count]


def _changed(text: str, letters: int, rng: np.random.Generator) -> str:
    signs = list(text)
    for place in rng.integers(0, len(text), letters):
        signs[place] = LETTERS[rng.integers(0, LETTERS.size)]
    return "".join(signs)


def plain(texts: list[str]) -> list[int]:
    """The smallest place that each text hangs together with, all compared with all."""
    sets = [{text[place : place + GRAM] for place in range(len(text) - GRAM + 1)} for text in texts]
    found = list(range(len(texts)))

    def root(place: int) -> int:
        while found[place] != place:
            place = found[place]
        return place

    for one, other in itertools.combinations(range(len(texts)), 2):
        common = len(sets[one] & sets[other])
        if common >= SIMILARITY * (len(sets[one]) + len(sets[other]) - common):
            low, high = sorted((root(one), root(other)))
            found[high] = low
    return [root(place) for place in range(len(texts))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=1_000_000)
    parser.add_argument("--kind", choices=["written", "pasted"], default="written")
    parser.add_argument("--plain", type=int, default=3_000)
    options = parser.parse_args()
    rng = np.random.default_rng(12328)
    few = made(options.kind, options.plain, rng)
    begin = time.process_time()
    exact = plain(few)
    seconds = time.process_time() - begin
    ours = near_duplicates(few, bands(few), np.zeros(len(few)), SIMILARITY)
    _, first, inverse = np.unique(ours, return_index=True, return_inverse=True)
    differing = sum(one != other for one, other in zip(exact, first[inverse], strict=True))
    print(
        f"plain: {len(few)} texts in {seconds:.1f} s; all would take {seconds * (options.texts / len(few)) ** 2 / 86400:.1f} days"
    )
    print(f"of these {differing} are in another cluster by signatures")

    texts = made(options.kind, options.texts, rng)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    begin = time.process_time()
    signatures = bands(texts)
    hashed = time.process_time() - begin
    labels = near_duplicates(texts, signatures, np.zeros(len(texts)), SIMILARITY)
    total = time.process_time() - begin
    sizes = np.bincount(labels)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{len(texts)} texts: signatures {hashed:.1f} s ({len(texts) / hashed:,.0f} a second), clusters {total - hashed:.1f} s, "
        f"together {total:.1f} s; peak {peak:.0f} MB ({before:.0f} MB with the texts alone)"
    )
    print(
        f"clusters of five and more: {(sizes >= 5).sum()}, largest {sizes.max()}, texts in them {sizes[sizes >= 5].sum()}"
    )


if __name__ == "__main__":
    main()
