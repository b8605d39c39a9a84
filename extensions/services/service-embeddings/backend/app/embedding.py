"""Turns text into vectors by hashing its words and character n-grams.

In: text. Out: a float32 vector of DIMENSIONS numbers and length 1 (all zeros for text without a letter or
digit). The same text gives the same bytes on every machine, for ever: a change of any constant here is a
change of MODEL.

The method is the hashing trick (Weinberger et al., 2009) over the features that fastText uses for words
(Bojanowski et al., 2017), with sublinear counts. Nothing is learned.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b
from math import log

import numpy as np

MODEL = "hashed-ngrams-v1"
DIMENSIONS = 512
WORD_WEIGHT = 2.0
GRAM_SIZES = (3, 4, 5)
# Words that say little about a text would otherwise make every two sentences alike.
COMMON = frozenset(
    "a an and are as at be by for from has have in is it its of on or that the this to was were will with".split()
)

_WORD = re.compile(r"[^\W_]+")


def embed(text: str) -> np.ndarray:
    """Returns the vector of a text."""
    vector = np.zeros(DIMENSIONS, dtype=np.float64)
    for feature, weight in _features(text):
        place, sign = _slot(feature)
        vector[place] += sign * weight
    length = np.linalg.norm(vector)
    return (vector / length if length else vector).astype(np.float32)


def _features(text: str) -> Iterator[tuple[str, float]]:
    words = [word for word in _WORD.findall(_folded(text)) if word not in COMMON]
    for word, count in sorted(Counter(words).items()):
        yield f"w:{word}", WORD_WEIGHT * (1 + log(count))
        grams = sorted(set(_grams(word)))
        for gram in grams:
            # A word's n-grams weigh as much as the word, however long it is.
            yield f"g:{gram}", WORD_WEIGHT * (1 + log(count)) / len(grams) ** 0.5
    for first, second in sorted(set(zip(words, words[1:], strict=False))):
        yield f"p:{first} {second}", WORD_WEIGHT / 2


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


def _grams(word: str) -> Iterator[str]:
    padded = f"<{word}>"
    for size in GRAM_SIZES:
        yield from (padded[start : start + size] for start in range(len(padded) - size + 1))


def _slot(feature: str) -> tuple[int, int]:
    digest = int.from_bytes(blake2b(feature.encode(), digest_size=8).digest())
    return digest % DIMENSIONS, 1 if digest >> 63 else -1
