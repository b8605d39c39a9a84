"""Changes texts at random, so that they nearly are what they were: food for parsers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

SIGNS = "\0\t\n\r !\"#$%&'()*+,-./0129:;<=>?@AZ[\\]^_`az{|}~\x7f\x85\xa0\u2028\ufeff\U0001f600é"
MOST_CHANGES = 4
LONGEST_CUT = 12


def mutations(samples: Sequence[str], words: Sequence[str], source: random.Random) -> Iterator[str]:
    """Texts without end, each one a sample with one to four changes; `words` are put in as a whole."""
    while True:
        text = source.choice(samples)
        for _ in range(source.randint(1, MOST_CHANGES)):
            text = _changed(text, samples, words, source)
        yield text


def _changed(text: str, samples: Sequence[str], words: Sequence[str], source: random.Random) -> str:
    at = source.randint(0, len(text))
    end = min(len(text), at + source.randint(0, LONGEST_CUT))
    choice = source.randrange(6)
    if choice == 0:  # cut out
        return text[:at] + text[end:]
    if choice == 1:  # say twice
        return text[:end] + text[at:end] * source.randint(1, 3) + text[end:]
    if choice == 2:  # another sign
        return text[:at] + source.choice(SIGNS) + text[at + 1 :]
    if choice == 3:  # another word, put in or instead
        return text[:at] + source.choice(words) + text[source.choice((at, end)) :]
    if choice == 4:  # the beginning of this, the end of another
        other = source.choice(samples)
        return text[:at] + other[source.randint(0, len(other)) :]
    line = text.splitlines(keepends=True)
    if len(line) > 1:  # two lines change places
        one, two = source.randrange(len(line)), source.randrange(len(line))
        line[one], line[two] = line[two], line[one]
    return "".join(line)
