"""3-grams of texts, their MinHash signatures in bands, and the exact likeness of pairs.

A text is the set of its runs of three letters; the likeness of two texts is the share that their sets have in common
(Jaccard). The smallest of a set's hashes agree with just that probability, so 64 of them, four a band, find pairs without comparing
all: two texts that share 0.8 of their runs agree in one band at least with probability 0.9998, at 0.5 with 0.64, at 0.2
with 0.03. What is found is then compared exactly.

Of a signature the 16 bands are kept, each folded to 32 bits: a quarter of the room, and all that is ever asked of it. Two
bands that agree by chance cost one comparison.

Sources
-------
* A. Broder, "On the resemblance and containment of documents", *Compression and Complexity of Sequences* 1997, 21-29.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash
from scipy.sparse import csr_array

GRAM = 3
PERMUTATIONS, BANDS = 64, 16
SEED = 12328
ALGORITHM = f"rensa {RMinHash.ALGORITHM_VERSION}, {GRAM}-grams, {PERMUTATIONS} / {BANDS}, seed {SEED}"
"""Signatures are comparable only when made in the same way: whoever keeps some keeps this with them."""
LETTERS_AT_ONCE = 1_000_000
"""Of the texts that are cut up at the same time: bounds the memory, however long they are."""
_CODE_BITS = np.uint64(21)
_ODD, _FOLD = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x9E3779B97F4A7C15)


def bands(texts: Sequence[str]) -> NDArray[np.uint32]:
    """The signature of each text: ``BANDS`` numbers.

    Raises
    ------
    ValueError: a text without letters says nothing that could be compared.
    """
    found = np.empty((len(texts), BANDS), dtype=np.uint32)
    for part in _portions([len(text) for text in texts]):
        grams, rows = _grams(texts[part])
        starts = np.searchsorted(rows, np.arange(part.stop - part.start + 1)).astype(np.uint64)
        # letters of a script are neighbours, the bits of a hash must not be
        hashes = (grams ^ (grams >> np.uint64(29))) * _ODD
        digests = RMinHash.digest_matrix_from_flat_token_hashes(hashes, starts, PERMUTATIONS, SEED)
        minima = np.array(digests.to_rows(), dtype=np.uint64).reshape(-1, BANDS, PERMUTATIONS // BANDS)
        folded = np.zeros(minima.shape[:2], dtype=np.uint64)
        for place in range(minima.shape[2]):
            folded = (folded ^ minima[:, :, place]) * _FOLD
        found[part] = (folded >> np.uint64(32)).astype(np.uint32)
    return found


def likeness(texts: Sequence[str], left: NDArray, right: NDArray) -> NDArray[np.float64]:
    """Exact Jaccard similarity of the 3-grams of ``texts[left]`` and ``texts[right]``, pair by pair."""
    found = np.empty(left.size)
    for part in _portions([len(texts[one]) + len(texts[other]) for one, other in zip(left, right, strict=True)]):
        used, places = np.unique(np.concatenate([left[part], right[part]]), return_inverse=True)
        sets = gram_sets([texts[index] for index in used])
        one, other = sets[places[: places.size // 2]], sets[places[places.size // 2 :]]
        common = one.multiply(other).sum(axis=1)
        found[part] = common / (one.sum(axis=1) + other.sum(axis=1) - common)
    return found


def likeness_to(texts: Sequence[str], models: Sequence[str], similarity: float) -> tuple[NDArray, NDArray]:
    """Pairs (text, model) of which the exact likeness is at least ``similarity``: every text is held against every model."""
    pairs = [np.empty((2, 0), dtype=np.int64)]
    for part in _portions([len(text) + len(models) for text in texts]) if models else ():
        sets = gram_sets([*models, *texts[part]])
        known, new = sets[: len(models)], sets[len(models) :]
        common = (new @ known.T).toarray()
        alike = common >= similarity * (new.sum(axis=1)[:, None] + known.sum(axis=1)[None, :] - common)
        text, model = np.nonzero(alike)
        pairs.append(np.array([text + part.start, model]))
    text, model = np.concatenate(pairs, axis=1)
    return text, model


def gram_sets(texts: Sequence[str]) -> csr_array:
    """A row of ones and zeros for each text, a column for each 3-gram that occurs."""
    grams, rows = _grams(texts)
    _, columns = np.unique(grams, return_inverse=True)
    sets = csr_array(
        (np.ones(grams.size, dtype=np.int32), (rows, columns)), shape=(len(texts), columns.max(initial=-1) + 1)
    )
    sets.sum_duplicates()
    sets.data[:] = 1
    return sets


def _grams(texts: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """All 3-grams, each as one number without loss, and the text that each is of. A shorter text is one gram itself."""
    if not all(texts):
        raise ValueError("a text without letters")
    padded = [text.ljust(GRAM, "\0") for text in texts]
    rows = np.repeat(np.arange(len(padded)), [len(text) for text in padded])
    codes = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    grams = (((codes[:-2] << _CODE_BITS) | codes[1:-1]) << _CODE_BITS) | codes[2:]
    within = rows[:-2] == rows[2:]
    return grams[within], rows[:-2][within]


def _portions(lengths: Sequence[int]) -> Iterator[slice]:
    """Slices of about ``LETTERS_AT_ONCE`` letters; one at least in each."""
    begin, letters = 0, 0
    for place, length in enumerate(lengths):
        if letters and letters + length > LETTERS_AT_ONCE:
            yield slice(begin, place)
            begin, letters = place, 0
        letters += length
    if begin < len(lengths):
        yield slice(begin, len(lengths))
