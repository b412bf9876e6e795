"""What a frame costs on its way into a movie: planes as whole pictures and in bands, ProRes with and without search.

    python tests/benchmarks/encoding.py [--size 1080x1920] [--frames 8]

Processor time (all threads of the process) and elapsed time a frame, before and after in one run, the two interleaved.
ProRes is compared by its size and by the PSNR of its luma after decoding, on a picture with film grain.
"""

import argparse
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame

from tinct.runtime.media import ColourTags, PlateInfo, ResultFrame
from tinct.runtime.media.movie_planes import fill_planes
from tinct.runtime.media.movie_stream import MovieStream
from tinct.runtime.media.prores_encoder import ProResEncoder
from tinct.runtime.media.ycbcr import chroma_codes, luma_codes, subsample, to_ycbcr


def picture(number: int, height: int, width: int, grain: float) -> ResultFrame:
    """Shapes that move, in colour, with ``grain`` as the standard deviation of the luma's noise."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    luma = 0.5 + 0.35 * np.sin((x + 5 * number) / 90) * np.cos(y / 70) + 0.1 * ((x // 64 + y // 64) % 2)
    luma += np.random.default_rng(number).normal(0, grain, luma.shape).astype(np.float32)
    tint = 0.1 * np.sin(x / 300)
    return ResultFrame(number, np.dstack([luma + tint, luma, luma - tint]).astype(np.float32))


def whole_planes(result: ResultFrame) -> list[np.ndarray]:
    """Planes as they were made before there were bands."""
    rgb = result.rgb
    if not np.isfinite(rgb).all():
        rgb = np.nan_to_num(rgb)
    luma, *chroma = to_ycbcr(rgb, ColourTags().luma_weights)
    return [
        luma_codes(luma, 10, full_range=False),
        *(chroma_codes(subsample(plane, "422"), 10, full_range=False) for plane in chroma),
    ]


class Timer:
    """Processor and elapsed milliseconds a call."""

    def __init__(self) -> None:
        self.processor = self.elapsed = 0.0
        self.calls = 0

    def __call__(self, work: Callable[[], object]) -> object:
        before = time.process_time(), time.perf_counter()
        result = work()
        self.processor += time.process_time() - before[0]
        self.elapsed += time.perf_counter() - before[1]
        self.calls += 1
        return result

    def __str__(self) -> str:
        return f"{1000 * self.processor / self.calls:.1f} | {1000 * self.elapsed / self.calls:.1f}"


def searching_encoder(stream: MovieStream) -> Callable[[VideoFrame], bytes]:
    """prores_ks as it is by default."""
    context = av.CodecContext.create("prores_ks", "w")
    context.width, context.height, context.pix_fmt = stream.width, stream.height, stream.pixels.name
    context.time_base, context.options = 1 / stream.rate, dict(stream.codec.options)

    def encode(frame: VideoFrame) -> bytes:
        (packet,) = context.encode(frame)
        return bytes(packet)

    return encode


def decoded_luma(data: bytes) -> np.ndarray:
    """The luma plane of a ProRes frame."""
    (frame,) = av.CodecContext.create("prores", "r").decode(av.Packet(data))
    plane = frame.planes[0]
    return np.frombuffer(plane, "<u2").reshape(plane.height, -1)[:, : frame.width].astype(np.float64)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="1080x1920", metavar="HEIGHTxWIDTH")
    parser.add_argument("--frames", type=int, default=8)
    options = parser.parse_args()
    height, width = map(int, options.size.split("x"))
    info = PlateInfo(Path("none"), width, height, tuple(range(options.frames)), 10, frame_rate=Fraction(24))
    stream = MovieStream.of(Path("out.mov"), info, None)
    print("| step | processor ms | elapsed ms | kB a frame | PSNR dB |\n|---|---|---|---|---|")  # noqa: T201
    for grain in (0.0, 0.01):
        container = av.open("none.mov", "w", format="null")
        target = stream.add_to(container)
        quick, search = ProResEncoder(stream), searching_encoder(stream)
        timers = {
            name: Timer() for name in ("planes, whole", "planes, bands", "prores, search", "prores, one quantiser")
        }
        sizes: dict[str, list[int]] = {"prores, search": [], "prores, one quantiser": []}
        errors: dict[str, list[float]] = {name: [] for name in sizes}
        for number in range(options.frames):
            result = picture(number, height, width, grain)
            frame = stream.new_frame()
            frame.pts = number
            planes = timers["planes, whole"](lambda result=result: whole_planes(result))
            timers["planes, bands"](
                lambda frame=frame, result=result: fill_planes(frame, result, stream.pixels, info.colour)
            )
            packets = {
                "prores, search": timers["prores, search"](lambda frame=frame, search=search: search(frame)),
                "prores, one quantiser": timers["prores, one quantiser"](
                    lambda frame=frame, quick=quick, target=target: bytes(quick.encode(frame, target))
                ),
            }
            for name, packet in packets.items():
                sizes[name].append(len(packet))
                errors[name].append(float(np.mean((decoded_luma(packet) - planes[0]) ** 2)))
        for name, timer in timers.items():
            row = f"| {name}, grain {grain} | {timer} |"
            if name in sizes:
                row += f" {np.mean(sizes[name]) / 1000:.0f} | {10 * np.log10(1023**2 / np.mean(errors[name])):.2f} |"
            print(row if name in sizes else row + " | |")  # noqa: T201


if __name__ == "__main__":
    main()
