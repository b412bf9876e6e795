"""Small media, made on the fly."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import OpenImageIO as oiio
import pytest

MovieMaker = Callable[..., Path]
ImageMaker = Callable[..., Path]


def luma_codes(number: int, width: int, height: int, bits: int) -> np.ndarray:
    """A picture whose codes are different in every frame, within legal range."""
    rows, columns = np.mgrid[:height, :width]
    ramp = (rows * 3 + columns * 2 + number * 11) % 200 + 20
    return (ramp * 2 ** (bits - 8)).astype(np.uint16 if bits > 8 else np.uint8)


def _bits(pixel_format: str) -> int:
    for bits in (16, 14, 12, 10, 9):
        if pixel_format.endswith((f"p{bits}le", f"gray{bits}le")):
            return bits
    return 8


@pytest.fixture
def make_movie(tmp_path: Path) -> MovieMaker:
    """Return a function that writes a grey movie and returns its path."""

    def make(
        name: str = "plate.mov",
        codec: str = "ffv1",
        pixel_format: str = "yuv420p",
        *,
        size: tuple[int, int] = (64, 48),
        count: int = 8,
        rate: Fraction = Fraction(24),
        times: Sequence[int] | None = None,
        options: dict[str, str] | None = None,
        full_range: bool = False,
        tags: tuple[int, int, int] = (1, 1, 1),
        aspect: Fraction | None = None,
        timecode: str | None = None,
        rotation: int = 0,
        chroma: int | None = None,
        audio: str | None = None,
    ) -> Path:
        path = tmp_path / name
        width, height = size
        bits = _bits(pixel_format)
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=rate, options=options or {})
            stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
            context = stream.codec_context
            context.time_base = 1 / rate
            context.color_range = 2 if full_range else 1
            context.colorspace, context.color_primaries, context.color_trc = tags
            if aspect is not None:
                context.sample_aspect_ratio = aspect
            if timecode is not None:
                stream.metadata["timecode"] = timecode
            if rotation:
                stream.set_display_rotation(rotation)
            sound = container.add_stream(audio, rate=48000, layout="mono") if audio else None
            if sound is not None:
                sound.codec_context.format = "s16" if audio and audio.startswith("pcm") else "fltp"
            for index in range(count):
                frame = av.VideoFrame(width, height, pixel_format)
                for number, plane in enumerate(frame.planes):
                    dtype = np.uint8 if bits == 8 else np.dtype("<u2")
                    array = np.frombuffer(plane, dtype).reshape(plane.height, -1)
                    neutral = 2 ** (bits - 1) if chroma is None else chroma
                    array[:] = neutral
                    if number in (0, 3):
                        array[:height, :width] = luma_codes(index + number, width, height, bits)
                frame.pts = index if times is None else times[index]
                frame.time_base = 1 / rate
                frame.colorspace, frame.color_primaries, frame.color_trc = tags
                frame.color_range = 2 if full_range else 1
                container.mux(stream.encode(frame))
                if sound is not None:
                    container.mux(sound.encode(_tone(index, rate, sound.codec_context.format.name)))
            container.mux(stream.encode(None))
            if sound is not None:
                container.mux(sound.encode(None))
        return path

    return make


def _tone(index: int, rate: Fraction, sample_format: str) -> av.AudioFrame:
    """The sound of one picture: a ramp that tells which picture it belongs to."""
    begin, end = round(48000 * index / rate), round(48000 * (index + 1) / rate)
    values = np.arange(begin, end, dtype=np.float32) % 30000
    samples = values.astype(np.int16) if sample_format == "s16" else values / 32768
    frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format=sample_format, layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = 48000, begin, Fraction(1, 48000)
    return frame


@pytest.fixture
def make_image(tmp_path: Path) -> ImageMaker:
    """Return a function that writes one image file of given pixels and returns its path."""

    def make(
        name: str, pixels: np.ndarray, *, bits: int | None = None, channels: Sequence[str] = (), **attributes: Any
    ) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        stored = pixels if pixels.ndim == 3 else pixels[..., np.newaxis]
        sample = {"float16": "half", "float32": "float"}.get(str(stored.dtype), str(stored.dtype))
        spec = oiio.ImageSpec(stored.shape[1], stored.shape[0], stored.shape[2], sample)
        if channels:
            spec.channelnames = tuple(channels)
        if bits is not None:
            spec.attribute("oiio:BitsPerSample", bits)
            if 8 < bits < 16:
                stored = (stored << (16 - bits)) | (stored >> (2 * bits - 16))
        for key, value in attributes.items():
            key = key.replace("__", ":")
            if isinstance(value, tuple):
                spec.attribute(key, oiio.TypeDesc(value[0]), value[1])
            else:
                spec.attribute(key, value)
        output = oiio.ImageOutput.create(str(path))
        assert output.open(str(path), spec), output.geterror()
        assert output.write_image(np.ascontiguousarray(stored)), output.geterror()
        assert output.close()
        return path

    return make
