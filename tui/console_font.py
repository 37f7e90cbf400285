"""What the font of the Linux console has, which the kernel tells."""

import struct
import sys
from array import array

_GIO_UNIMAP = 0x4B66
"""The request for a font's characters, of linux/kd.h."""
_MOST = 65_535


def console_characters(terminal: int) -> frozenset[str]:
    """Return the characters of a console's font; none where no console is asked.

    Over SSH, and of whatever else only says that it is a console, nothing is known.
    """
    if sys.platform != "linux":
        return frozenset()
    import fcntl

    # struct unimapdesc: how many there is room for, and where; then pairs of code and glyph.
    pairs = array("H", bytes(4 * _MOST))
    request = struct.pack("HP", _MOST, pairs.buffer_info()[0])
    try:
        count, _ = struct.unpack("HP", fcntl.ioctl(terminal, _GIO_UNIMAP, request))
    except OSError:
        return frozenset()
    return frozenset(map(chr, pairs[: 2 * count : 2]))
