"""SMPTE timecode: its text form, counting frames in it, and the 32-bit word of EXR and DPX headers."""

import re
from fractions import Fraction

_TEXT = re.compile(r"(\d\d):(\d\d):(\d\d)([:;.])(\d\d)")


def parse_timecode(text: str) -> str | None:
    """Return ``text`` as ``HH:MM:SS:FF`` (``HH:MM:SS;FF`` for drop frame), or None when it is not a timecode."""
    match = _TEXT.fullmatch(text.strip())
    if match is None:
        return None
    hours, minutes, seconds, separator, frames = match.groups()
    if int(hours) > 23 or int(minutes) > 59 or int(seconds) > 59:
        return None
    return f"{hours}:{minutes}:{seconds}{':' if separator == ':' else ';'}{frames}"


def advance_timecode(timecode: str, frames: int, rate: Fraction) -> str:
    """Return the timecode ``frames`` frames later (earlier when negative), wrapping at midnight.

    Drop-frame counting (SMPTE ST 12-1:2014, section 5.2.2): at 30000/1001 frames/s the numbers 0 and 1 are left out at
    the start of each minute but every tenth; at 60000/1001 the numbers 0 to 3.
    """
    base, drop = _base_and_drop(timecode, rate)
    per_minute, per_ten_minutes = 60 * base - drop, 600 * base - 9 * drop
    count = (count_timecode(timecode, rate) + frames) % (per_ten_minutes * 6 * 24)
    if drop:
        tens, rest = divmod(count, per_ten_minutes)
        count += drop * (9 * tens + max(0, (rest - drop) // per_minute))
    seconds, number = divmod(count, base)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{';' if ';' in timecode else ':'}{number:02d}"


def count_timecode(timecode: str, rate: Fraction) -> int:
    """Frames from midnight to ``timecode``, drop-frame counting as in `advance_timecode`."""
    base, drop = _base_and_drop(timecode, rate)
    hours, minutes, seconds, number = (int(part) for part in re.split("[:;]", timecode))
    total_minutes = hours * 60 + minutes
    return (total_minutes * 60 + seconds) * base + number - drop * (total_minutes - total_minutes // 10)


def _base_and_drop(timecode: str, rate: Fraction) -> tuple[int, int]:
    """Numbers in a second of timecode, and how many of them are left out at the start of a minute."""
    base = round(rate)
    return base, base // 15 if ";" in timecode and base in (30, 60) else 0


def timecode_to_word(timecode: str) -> int | None:
    """Return the SMPTE ST 12-1 word (binary-coded decimal, bit 6 = drop frame), or None when FF is above 39.

    EXR stores the same layout (``Imf::TimeCode``, TV60 packing); it has two bits only for the tens of frames.
    """
    hours, minutes, seconds, frames = (int(part) for part in re.split("[:;]", timecode))
    if frames > 39:
        return None
    word = 0
    for value in (hours, minutes, seconds, frames):
        word = word << 8 | (value // 10) << 4 | value % 10
    return word | 0x40 if ";" in timecode else word


def timecode_from_word(word: int) -> str | None:
    """Return the text of an SMPTE ST 12-1 word, or None when its digits are not a time of day."""
    digits = []
    for shift, tens_mask in ((24, 0x3), (16, 0x7), (8, 0x7), (0, 0x3)):
        byte = word >> shift & 0xFF
        if byte & 0xF > 9:
            return None
        digits.append((byte >> 4 & tens_mask) * 10 + (byte & 0xF))
    separator = ";" if word & 0x40 else ":"
    return parse_timecode(f"{digits[0]:02d}:{digits[1]:02d}:{digits[2]:02d}{separator}{digits[3]:02d}")
