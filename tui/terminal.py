"""What the terminal at the other end can show, and text that it can take."""

import codecs
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from bptui.core.errors import InputError
from bptui.tui.ascii_spelling import spelled


def encoding_is_utf8(stream: TextIO) -> bool:
    """Return whether `stream` takes every character; one without an encoding does.

    Where the user names the C locale, Python writes UTF-8 all the same; the terminal
    was not asked, so that is taken as a no.
    """
    locale = next(
        (os.environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if os.environ.get(name)), ""
    )
    if locale in ("C", "POSIX"):
        return False
    encoding = getattr(stream, "encoding", None)
    if not encoding:
        return True
    try:
        return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")
    except LookupError:
        return False


def shows_unicode() -> bool:
    """Return whether the screen of the terminal has all the characters that bptui draws with.

    The fonts of the Linux console have some 256 or 512: neither braille nor quadrants, and few
    of the Greek letters and signs.
    """
    return encoding_is_utf8(sys.__stderr__ or sys.stderr) and not on_console()


def on_console() -> bool:
    """Return whether the terminal is a Linux console that takes UTF-8."""
    console = os.environ.get("TERM") == "linux" and not in_browser()
    return console and encoding_is_utf8(sys.__stderr__ or sys.stderr)


def light_background() -> bool:
    """Return whether the terminal says that it is light, as some do in `COLORFGBG`, and can be.

    Of sixteen colours too few are to be told from white.
    """
    said = os.environ.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")
    many = os.environ.get("TERM", "").endswith("256color") or os.environ.get("COLORTERM")
    return bool(said and many) and not in_browser()


def erases_in_colour() -> bool:
    """Return whether the terminal erases in the colour of the background, by its terminfo."""
    if in_browser() or sys.platform == "win32":
        return False
    try:
        import curses
    except ImportError:  # Python can be built without
        return False
    try:
        curses.setupterm(fd=sys.__stdout__.fileno() if sys.__stdout__ else -1)
    except (OSError, ValueError, curses.error):  # nothing is known of it
        return False
    return curses.tigetflag("bce") == 1


def to_ascii(text: str) -> str:
    """Return `text` in ASCII: `Θ¹` becomes `Theta1`, and what has no spelling an escape.

    Longer spellings eat into the next gap of a table, so that columns stay in line.
    """
    return "\n".join(_line_to_ascii(line) for line in text.split("\n"))


def _line_to_ascii(line: str) -> str:
    if line.isascii():
        return line
    pieces, owed = [], 0
    for piece in re.split(r"( {2,})", line):
        if piece.startswith("  "):
            width = max(1, len(piece) - owed)
            owed -= len(piece) - width
            pieces.append(" " * width)
        else:
            shown = spelled(piece)
            owed += len(shown) - len(piece)
            pieces.append(shown)
    return "".join(pieces)


def say(text: str, stream: TextIO | None = None) -> None:
    """Write `text` as a line to `stream`, standard output by default, in what it can show."""
    stream = sys.stdout if stream is None else stream
    if stream is None:  # closed by whoever started us
        return
    stream.write((text if encoding_is_utf8(stream) else to_ascii(text)) + "\n")


def say_prose(text: str, stream: TextIO | None = None) -> None:
    """Write `text` as `say` does, broken between words where a terminal would cut them."""
    stream = sys.stdout if stream is None else stream
    columns = terminal_columns(stream)
    if stream is None or columns is None:
        say(text, stream)
        return
    shown = text if encoding_is_utf8(stream) else to_ascii(text)  # before, since it grows
    for line in shown.split("\n"):
        say(textwrap.fill(line, columns, break_long_words=False, break_on_hyphens=False), stream)


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether `stream` is a terminal on which a line can be drawn over."""
    return stream is not None and stream.isatty() and not is_dumb()


def terminal_columns(stream: TextIO | None = None) -> int | None:
    """Return how wide the terminal is that `stream` goes to; `None` where it is none.

    Without a stream it is standard output.
    """
    stream = sys.stdout if stream is None else stream
    return shutil.get_terminal_size().columns if is_terminal(stream) else None


def on_a_terminal() -> bool:
    """Return whether there is a terminal to type on and to show a screen on.

    The screen goes to standard error, so that it can be seen while the output is kept. A page
    in a browser is one too.
    """
    if in_browser():
        return True
    streams = (sys.stdin, sys.stdout, sys.__stderr__)
    return all(stream is not None and stream.isatty() for stream in streams)


def in_browser() -> bool:
    """Return whether the screen is a page in a browser, as `bptui serve` says to what it starts."""
    return os.environ.get("TEXTUAL_DRIVER", "").endswith(":WebDriver")


def no_color() -> bool:
    """Return whether the user asked for no colour (https://no-color.org)."""
    return bool(os.environ.get("NO_COLOR"))


def over_ssh() -> bool:
    """Return whether this session came over SSH."""
    return any(os.environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY"))


def is_dumb() -> bool:
    """Return whether the terminal says that it can do nothing but print."""
    return os.environ.get("TERM", "").lower() in ("dumb", "unknown")


@contextmanager
def without_echo() -> Iterator[None]:
    """Keep keys that are typed meanwhile from being written to the terminal; they are not lost.

    In the background the terminal is another's, and asking for it stops the process; a signal
    to end then breaks that off.
    """
    if sys.platform == "win32" or in_browser() or not on_a_terminal():
        yield
        return
    import termios

    number = sys.stdin.fileno()
    try:
        before = termios.tcgetattr(number)
        silent = [*before]
        silent[3] &= ~termios.ECHO
        termios.tcsetattr(number, termios.TCSANOW, silent)
    except termios.error:
        yield
        return
    try:
        yield
    finally:
        with suppress(termios.error):
            termios.tcsetattr(number, termios.TCSANOW, before)


def why_no_dashboard() -> str:
    """Return why the dashboard cannot be shown here, or nothing where it can."""
    try:
        require_terminal(otherwise="training without one, as bptui train does")
    except InputError as error:
        return str(error)
    return ""


def require_terminal(command: str = "run", otherwise: str = "") -> None:
    """Make sure that there is a terminal, on which the dashboard can be shown.

    Raises:
        InputError: there is none, or it cannot; the message ends with `otherwise`.
    """
    if not on_a_terminal():
        raise InputError(f"{command} needs a terminal; {otherwise}")
    if is_dumb():
        raise InputError(f"this terminal (TERM=dumb) cannot show the dashboard; {otherwise}")
