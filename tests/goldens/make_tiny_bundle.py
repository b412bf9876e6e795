"""Makes tests/goldens/tiny_bundle: the smallest networks that keep the whole tensor contract of a bundle.

Attention over lightness at stride 8, blended with the moved previous colour and overruled by hints; no weights.
Run: python tests/goldens/make_tiny_bundle.py
"""

from pathlib import Path

import onnx
from onnx import parser

from tinct.runtime.bundle import ColourScale, GraphSpec, Manifest, digest_files, write_manifest

# key (2 s L, -s L^2) times query (L, 1) is -s (Lq - Lk)^2 but for a term of the query, which the softmax cancels
REFERENCE = """
<ir_version: 8, opset_import: ["": 17]>
reference (float[1, 3, H, W] still) => (float[1, N, 2] key8, float[1, N, 2] value8)
<int64[1] zero = {0}, int64[1] one = {1}, int64[1] three = {3}, int64[3] rows = {1, 3, -1}, float sharp = {40},
 float two = {2}>
{
  cells = AveragePool <kernel_shape = [8, 8], strides = [8, 8]> (still)
  flat = Reshape (cells, rows)
  tokens = Transpose <perm = [0, 2, 1]> (flat)
  axis = Constant <value = int64[1] {2}> ()
  light = Slice (tokens, zero, one, axis)
  value8 = Slice (tokens, one, three, axis)
  scaled = Mul (light, sharp)
  linear = Mul (scaled, two)
  product = Mul (scaled, light)
  square = Neg (product)
  key8 = Concat <axis = 2> (linear, square)
}
"""

FRAME = """
<ir_version: 8, opset_import: ["": 17]>
frame (float[1, 1, H, W] luminance, float[1, 2, H, W] warped_ab, float[1, 1, H, W] warped_validity,
       float[1, 3, H, W] hints, float[1, N, 2] key8, float[1, N, 2] value8, float[1, N] bank_bias)
  => (float[1, 2, H, W] ab, float[1, 1, H, W] confidence)
<int64[1] zero = {0}, int64[1] one = {1}, int64[1] two = {2}, int64[1] three = {3}, int64[1] four = {4},
 int64[3] column = {1, -1, 1}, int64[2] colours = {1, 2}, int64[2] plane = {1, 1}, float unit = {1},
 float trust = {0.75}, float[4] scales = {1, 1, 8, 8}>
{
  cells = AveragePool <kernel_shape = [8, 8], strides = [8, 8]> (luminance)
  shape = Shape (cells)
  extent = Slice (shape, two, four)
  light = Reshape (cells, column)
  nothing = Sub (light, light)
  ones = Add (nothing, unit)
  query = Concat <axis = 2> (light, ones)
  keys = Transpose <perm = [0, 2, 1]> (key8)
  raw = MatMul (query, keys)
  bias = Unsqueeze (bank_bias, one)
  logits = Add (raw, bias)
  probability = Softmax <axis = 2> (logits)
  copied = MatMul (probability, value8)
  channels = Transpose <perm = [0, 2, 1]> (copied)
  copy_shape = Concat <axis = 0> (colours, extent)
  small = Reshape (channels, copy_shape)
  large = Resize <mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor">
    (small, , scales)
  peak = ReduceMax <axes = [2]> (probability)
  peak_shape = Concat <axis = 0> (plane, extent)
  small_peak = Reshape (peak, peak_shape)
  sure = Resize <mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor">
    (small_peak, , scales)
  weight = Mul (warped_validity, trust)
  confidence = Max (sure, weight)
  change = Sub (warped_ab, large)
  part = Mul (weight, change)
  blended = Add (large, part)
  wanted = Slice (hints, zero, two, one)
  mask = Slice (hints, two, three, one)
  miss = Sub (wanted, blended)
  correction = Mul (mask, miss)
  ab = Add (blended, correction)
}
"""


def main() -> None:
    folder = Path(__file__).parent / "tiny_bundle"
    folder.mkdir(exist_ok=True)
    for name, text in (("reference.onnx", REFERENCE), ("frame.onnx", FRAME)):
        model = parser.parse_model(text)
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, folder / name)
    frame_inputs = ("luminance", "warped_ab", "warped_validity", "hints", "key8", "value8", "bank_bias")
    manifest = Manifest(
        name="tiny",
        version="1",
        variant="tiny",
        colour=ColourScale(l_mean=50.0, l_scale=50.0, ab_scale=110.0),
        reference_graph=GraphSpec("reference.onnx", ("still",), ("key8", "value8")),
        frame_graph=GraphSpec("frame.onnx", frame_inputs, ("ab", "confidence")),
        bank=("key8", "value8"),
        files=digest_files(folder, ("reference.onnx", "frame.onnx")),
        working_size=64,
        licence="Apache-2.0",
    )
    write_manifest(folder, manifest)


if __name__ == "__main__":
    main()
