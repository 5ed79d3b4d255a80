"""The Merkle tree of RFC 6962 section 2.1: roots, proofs, tiles.

All complete subtrees are kept, so everything is looked up, not recomputed.
Indices count from 0 and ranges exclude their end.
"""
import hashlib

TILE = 256


def leaf_hash(leaf):
    """The hash of a leaf's bytes."""
    return hashlib.sha256(b"\0" + leaf).digest()


def node_hash(left, right):
    """The hash of an inner node."""
    return hashlib.sha256(b"\1" + left + right).digest()


def _split(size):
    """The largest power of two below size (size > 1)."""
    return 1 << (size - 1).bit_length() - 1


class Tree:
    """An append-only tree of leaf hashes."""

    def __init__(self):
        self.levels = [[]]

    def __len__(self):
        return len(self.levels[0])

    def append(self, digest):
        """Add a leaf by its hash, and every subtree that it completes."""
        for height in range(len(self.levels) + 1):
            if height == len(self.levels):
                self.levels.append([])
            row = self.levels[height]
            row.append(digest)
            if len(row) % 2:
                return
            digest = node_hash(row[-2], row[-1])

    def subtree(self, begin, end):
        """The root of the tree over the leaves [begin, end)."""
        size = end - begin
        height = size.bit_length() - 1
        if size == 1 << height and begin % size == 0:
            return self.levels[height][begin >> height]
        middle = begin + _split(size)
        return node_hash(self.subtree(begin, middle),
                         self.subtree(middle, end))

    def root(self, size=None):
        """The root of the first `size` leaves."""
        size = len(self) if size is None else size
        if size == 0:
            return hashlib.sha256(b"").digest()
        return self.subtree(0, size)

    def inclusion(self, index, size):
        """The audit path of a leaf, bottom up (2.1.1)."""
        return self._path(index, 0, size)

    def _path(self, index, begin, end):
        if end - begin == 1:
            return []
        middle = begin + _split(end - begin)
        if index < middle:
            return self._path(index, begin, middle) + \
                [self.subtree(middle, end)]
        return self._path(index, middle, end) + [self.subtree(begin, middle)]

    def consistency(self, first, second):
        """The consistency proof between two sizes (2.1.2)."""
        if first in (0, second):
            return []
        return self._subproof(first, 0, second, True)

    def _subproof(self, first, begin, end, whole):
        if first == end:
            return [] if whole else [self.subtree(begin, end)]
        middle = begin + _split(end - begin)
        if first <= middle:
            return self._subproof(first, begin, middle, whole) + \
                [self.subtree(middle, end)]
        return self._subproof(first, middle, end, False) + \
            [self.subtree(begin, middle)]

    def tile(self, level, number, width=TILE):
        """The hashes of a tile, or None when there are not so many."""
        height = 8 * level
        if height >= len(self.levels):
            return None
        row = self.levels[height][number * TILE:number * TILE + width]
        return b"".join(row) if len(row) == width else None


def tile_path(number):
    """A tile's number as a path: 1234067 is x001/x234/067."""
    parts = ["%03d" % (number % 1000)]
    while number >= 1000:
        number //= 1000
        parts.insert(0, "x%03d" % (number % 1000))
    return "/".join(parts)


def tile_number(path):
    """What tile_path made; None when it is not of that form."""
    number = 0
    groups = path.split("/")
    for at, group in enumerate(groups):
        digits = group
        if at < len(groups) - 1:
            if not group.startswith("x"):
                return None
            digits = group[1:]
        if len(digits) != 3 or not digits.isdigit():
            return None
        number = number * 1000 + int(digits)
    return number if tile_path(number) == path else None


def partial_tiles(size):
    """{(level, number): width} of the partial tiles of a tree's edge."""
    out = {}
    level = 0
    while size:
        if size % TILE:
            out[level, size // TILE] = size % TILE
        size //= TILE
        level += 1
    return out
