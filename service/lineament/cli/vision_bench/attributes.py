"""Every attribute on faces that were labelled by hand and that no fit has seen.

The bars lie below what was measured when the attributes were fitted, by about the width of the
intervals: they tell when a change of a model, a crop or a fit loses something.
"""

from lineament.cli.figures import Figure
from lineament.cli.measuring import (
    attributes_appearance,
    attributes_demographics,
    attributes_geometry,
)
from lineament.cli.measuring.attributes_appearance import AttributeFigures
from lineament.cli.measuring.attributes_demographics import DemographicFigures
from lineament.cli.measuring.attributes_geometry import GeometryFigures
from lineament.cli.vision_bench.part import Context, Part

_PERCENT = 100.0


def run(context: Context) -> Part:
    """Measure the attributes that are true or false, the sensitive ones, and the geometry."""
    appearance = attributes_appearance.measure(context.require_folder(), context.model_dir)
    people = attributes_demographics.measure(context.require_folder(), context.model_dir)
    geometry = attributes_geometry.measure(context.require_folder(), context.engine)
    heads = f"{'balanced %':>12}{'wrongly yes, of':>18}{'wrongly no, of':>18}{'calibration':>13}"
    table = [f"{'':14}{'AUC':>6}{heads}"]
    table += [
        f"{row.member:14}{row.auc:6.3f}{row.balanced_accuracy * _PERCENT:12.1f}"
        f"{f'{row.false_positives.hits} / {row.false_positives.cases}':>18}"
        f"{f'{row.false_negatives.hits} / {row.false_negatives.cases}':>18}"
        f"{row.calibration_error:13.3f}"
        for row in appearance
    ]
    return Part(
        [*table, *attributes_demographics.lines(people), *geometry.lines()],
        [*_appearance(appearance), *_people(people), *_geometry(geometry)],
    )


def _appearance(rows: list[AttributeFigures]) -> list[Figure]:
    """Return both figures; the area has the bar, since one rare face moves the accuracy by 3 %."""
    return [
        figure
        for row in rows
        for figure in (
            Figure.at_least(f"{row.member.lower()}_auc", row.auc, 0.92),
            Figure.plain(
                f"{row.member.lower()}_balanced_accuracy_percent",
                row.balanced_accuracy * _PERCENT,
            ),
        )
    ]


def _people(found: DemographicFigures) -> list[Figure]:
    everybody = found.ages[0]
    return [
        Figure.at_most("age_error_years", everybody.error, 7.0),
        Figure.at_least("age_range_holds_percent", everybody.covered.value * _PERCENT, 75.0),
        Figure.at_least("gender_female_percent", found.female.value * _PERCENT, 95.0),
        Figure.at_least("gender_male_percent", found.male.value * _PERCENT, 97.0),
        Figure.at_least("expression_clear_percent", found.clear.value * _PERCENT, 84.0),
    ]


def _geometry(found: GeometryFigures) -> list[Figure]:
    return [
        Figure.at_most("pupil_error_eye_distances", found.pupil_error, 0.025),
        Figure.at_least("gaze_left_right_auc", found.left_right, 0.9),
        Figure.at_most("pose_mirror_change_degrees", max(found.mirrored), 1.5),
        Figure.at_most("pose_turn_change_degrees", max(found.turned), 2.0),
    ]
