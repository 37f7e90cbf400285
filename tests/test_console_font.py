"""Asking the Linux console for its font, with the kernel played by the test."""

import ctypes
import struct
import sys

import pytest

from bptui.tui.drawing.symbols import ASCII, BLOCKS, BOXES, UNICODE, screen_symbols

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there are no consoles here")


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Say that this is a console with UTF-8."""
    monkeypatch.setenv("TERM", "linux")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.delenv("TEXTUAL_DRIVER", raising=False)
    return monkeypatch


def with_font(patch: pytest.MonkeyPatch, characters: str) -> None:
    def ioctl(terminal: int, request: int, argument: bytes) -> bytes:
        assert request == 0x4B66
        room, place = struct.unpack("HP", argument)
        pairs = [number for glyph, each in enumerate(characters) for number in (ord(each), glyph)]
        assert len(characters) <= room
        ctypes.memmove(place, struct.pack(f"{len(pairs)}H", *pairs), 2 * len(pairs))
        return struct.pack("HP", len(characters), place)

    patch.setattr("fcntl.ioctl", ioctl)


def test_a_console_is_drawn_on_with_what_its_font_has(console: pytest.MonkeyPatch) -> None:
    with_font(console, bytes(range(128, 256)).decode("cp437") + "•")
    assert screen_symbols() is BLOCKS
    with_font(console, "".join(BOXES.besides) + "▸")
    assert screen_symbols() is BOXES


def test_a_console_that_cannot_be_asked_gets_what_every_font_has(
    console: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> bytes:
        raise OSError

    console.setattr("fcntl.ioctl", refuse)
    assert screen_symbols() is BOXES
    console.setenv("LC_ALL", "C")
    assert screen_symbols() is ASCII
    console.setenv("LC_ALL", "C.UTF-8")
    console.setenv("TERM", "xterm")
    assert screen_symbols() is UNICODE


def test_boxes_are_in_code_page_437() -> None:
    page = set(bytes(range(128, 256)).decode("cp437") + "•")  # which it has at 7
    assert BLOCKS.besides <= page


def test_letters_are_spelled_and_boxes_are_not() -> None:
    assert BOXES.text("Θ¹ · η") == "Theta1 · eta"
    assert ASCII.text("Θ¹ · η") == "Theta1 - eta"
    assert BOXES.can_show("─│·")
    assert not BOXES.can_show("Θ")
