"""What files of images hold: the same bytes each time, compressible about as real files are (2.3 to 1
with gzip -1) and nowhere the same within a compressor's window."""

from itertools import accumulate
from random import Random

POOL = 64 << 20
#: Of this many pieces one is like a picture or an archive: no compressor makes it smaller.
PIECE, RANDOM_EACH = 1 << 16, 12
WORDS = 3_000
LETTERS = "etaoinshrdlucmfwypvbgkjqxz_(){};.=\n    "


class Content:
    """A long text of words as unevenly frequent as in writing, read on from where the last file
    ended."""

    def __init__(self, seed: int = 1) -> None:
        self._random = Random(seed)
        self._pool = self._text()
        self._at = 0

    def _text(self) -> bytes:
        choose = self._random.choices
        words = ["".join(choose(LETTERS, k=self._random.randint(2, 11))) for _ in range(WORDS)]
        # Zipf's law: the n-th word is 1/n as frequent as the first.
        weights = list(accumulate(1 / number for number in range(1, WORDS + 1)))
        pool = bytearray()
        while len(pool) < POOL:
            piece = " ".join(choose(words, cum_weights=weights, k=PIECE // 4)).encode()[:PIECE]
            pool += self._random.randbytes(PIECE) if self._random.random() < 1 / RANDOM_EACH else piece
        return bytes(pool)

    def file(self, size: int) -> bytes:
        """The next so many bytes."""
        parts, left = [], size
        while left > 0:
            part = self._pool[self._at:self._at + left]
            parts.append(part)
            left -= len(part)
            self._at = (self._at + len(part)) % len(self._pool)
        return b"".join(parts)

    def small(self) -> int:
        """A size as those of scripts and headers are: half of them below 2 KiB, 4 KiB on average."""
        return int(self._random.lognormvariate(7.6, 1.2))
