"""A static log as files, for any web server to serve: no faults, but fast.
"""
import os

from .protocol import TILE
from .tree import tile_path


def write_log(log, folder, like=None):
    """Write the newest tree of the log below the folder. Full data tiles
    that it shares with `like` (folder, number of entries in common) are
    links to those."""
    size = log.head.size
    _put(folder, "checkpoint", log.head.checkpoint().encode())
    for number in range((size + TILE - 1) // TILE):
        _write_data(log, folder, number, like)
    for level in range(6):
        for number in range(((size >> 8 * level) + TILE - 1) // TILE):
            width = min(TILE, (size >> 8 * level) - number * TILE)
            _put(folder, _path(str(level), number, width),
                 log.tree.tile(level, number, width))


def _path(kind, number, width):
    return "tile/%s/%s%s" % (kind, tile_path(number),
                             "" if width == TILE else ".p/%d" % width)


def _write_data(log, folder, number, like):
    entries = log.entries[number * TILE:number * TILE + TILE]
    path = _path("data", number, len(entries))
    if like and (number + 1) * TILE <= like[1]:
        os.makedirs(os.path.dirname(os.path.join(folder, path)),
                    exist_ok=True)
        os.link(os.path.join(like[0], path), os.path.join(folder, path))
        return
    _put(folder, path, b"".join(e.tile_leaf() for e in entries))


def _put(folder, path, body):
    path = os.path.join(folder, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(body)
