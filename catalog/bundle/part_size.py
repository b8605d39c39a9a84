"""How large a part is, as people write it: `4GiB`, `4GB`, `650MB`."""

from __future__ import annotations

import re

from catalog.errors import UsageError

MIN_PART = 1024 * 1024
_SIZE = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,6}))? ?([kmgt]?)(i?)(b?)", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def parse_part_size(text: str) -> int:
    """The bytes that `text` means: GiB and G are powers of 1024, GB of 1000, no unit means bytes.

    Raises:
        UsageError: it is not a size, or less than 1 MiB.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None or (match[4] and not match[3]):
        raise UsageError(f"{text!r} is not a size.", "Write it as 4GiB, 4GB or 650MB.")
    whole, fraction, unit, binary, byte = match.groups()
    base = 1000 if byte and not binary else 1024
    factor: int = pow(base, _POWERS[unit.lower()])
    size: int = int(whole) * factor + int(fraction or 0) * factor // 10 ** len(fraction or "")
    if size < MIN_PART:
        raise UsageError(f"{text} is too small for a part.", "Parts have 1 MiB or more.")
    return size
