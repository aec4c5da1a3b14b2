"""What the levels of QualityFilter are worth on photos made worse."""

from lineament.cli.measuring.quality_curve import draw_errors, draw_passing, lines, measure
from lineament.cli.vision_bench.part import Context, Part
from lineament.vision.profiles import read_profile

_SAME_PERSON = 80.0


def run(context: Context) -> Part:
    """Run the curve with the default profile; a match is Similarity 80."""
    threshold = read_profile("default").model.calibration.cosine(_SAME_PERSON)
    curve = measure(context.engine, context.require_folder(), threshold)
    return Part(
        lines(curve),
        curve.figures(),
        [lambda axes: draw_errors(axes, curve), lambda axes: draw_passing(axes, curve)],
    )
