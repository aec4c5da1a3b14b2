"""The quality filter and the choice under MaxFaces, on made faces."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineament.domain.attributes import Attributes
from lineament.domain.faces import DetectedFace, Matrix, Pose, Quality, RatioBox
from lineament.domain.quality import (
    BARS,
    QualityLevel,
    Selection,
    largest_passing,
    passing_faces,
    quality_reasons,
    quality_score,
    select_faces,
)

WIDTH, HEIGHT = 1000, 500
LEVELS = list(QualityLevel)
GOOD = DetectedFace(
    box=RatioBox(0.1, 0.1, 0.2, 0.5),
    confidence=92.0,
    landmarks=(),
    pose=Pose(roll=5.0, yaw=-8.0, pitch=-6.0),
    quality=Quality(brightness=55.0, sharpness=78.0),
)


def turned(yaw: float = 0.0, pitch: float = 0.0) -> DetectedFace:
    return replace(GOOD, pose=Pose(roll=0.0, yaw=yaw, pitch=pitch))


def lit(brightness: float, sharpness: float = 78.0, width: float = 0.2) -> DetectedFace:
    box = RatioBox(0.1, 0.1, width, 2.5 * width)
    return replace(GOOD, box=box, quality=Quality(brightness, sharpness))


@dataclass
class Made:
    """An ImageFaces whose recogniser answers as told, and that notes what it was asked."""

    faces: tuple[DetectedFace, ...]
    shown: Sequence[float] | None = None
    width: int = WIDTH
    height: int = HEIGHT
    asked: list[int] = field(default_factory=list)

    def recognisability(
        self, indices: Sequence[int], recogniser: str = ""
    ) -> Sequence[float] | None:
        assert recogniser == "of-the-collection"
        self.asked += indices
        return None if self.shown is None else [self.shown[index] for index in indices]

    def embed(self, indices: Sequence[int], recogniser: str = "") -> Matrix:
        raise NotImplementedError

    def describe(self, indices: Sequence[int], wanted: frozenset[str]) -> list[Attributes]:
        raise NotImplementedError


def select(
    faces: Sequence[DetectedFace],
    level: str,
    max_faces: int,
    shown: Sequence[float] | None = None,
) -> Selection:
    return select_faces(Made(tuple(faces), shown), level, max_faces, "of-the-collection")


def reasons(face: DetectedFace, level: str) -> tuple[str, ...]:
    return quality_reasons(face, WIDTH, HEIGHT, level)


FACES = st.builds(
    DetectedFace,
    box=st.builds(
        RatioBox, st.floats(-0.2, 1), st.floats(-0.2, 1), st.floats(0.01, 0.5), st.floats(0.01, 0.9)
    ),
    confidence=st.floats(40, 100),
    landmarks=st.just(()),
    pose=st.builds(Pose, st.floats(-180, 180), st.floats(-100, 100), st.floats(-100, 100)),
    quality=st.builds(Quality, st.floats(0, 100), st.floats(0, 100)),
)


@pytest.mark.parametrize("level", LEVELS)
def test_a_good_face_passes_every_level(level: str) -> None:
    """Else ordinary portraits are not indexed."""
    assert reasons(GOOD, level) == ()


@pytest.mark.parametrize(
    ("face", "reason"),
    [
        (turned(yaw=78), "EXTREME_POSE"),
        (turned(yaw=-78), "EXTREME_POSE"),
        (turned(pitch=50), "EXTREME_POSE"),
        (turned(pitch=-50), "EXTREME_POSE"),
        (lit(brightness=10), "LOW_BRIGHTNESS"),
        (lit(brightness=55, sharpness=25), "LOW_SHARPNESS"),
        (replace(GOOD, confidence=55.0), "LOW_CONFIDENCE"),
        (lit(brightness=55, width=0.03), "SMALL_BOUNDING_BOX"),
    ],
)
def test_ix09_each_fault_is_named(face: DetectedFace, reason: str) -> None:
    """The caller must learn what to do better: light, focus, angle or distance."""
    assert reasons(face, "AUTO") == (reason,)
    assert reason in reasons(face, "HIGH")
    assert reasons(face, "LOW") == ()
    assert reasons(face, "NONE") == ()


def test_several_faults_are_all_named() -> None:
    """Mending one fault after the other would take a call each."""
    face = replace(lit(brightness=3, sharpness=3, width=0.02), confidence=51.0)
    assert reasons(face, "AUTO") == (
        "LOW_BRIGHTNESS",
        "LOW_SHARPNESS",
        "LOW_CONFIDENCE",
        "SMALL_BOUNDING_BOX",
        "LOW_FACE_QUALITY",
    )


def test_many_small_faults_are_low_face_quality() -> None:
    """A face that only just gets by in every respect matches badly though nothing condemns it."""
    bar = BARS[QualityLevel.AUTO]
    face = replace(
        turned(yaw=bar.yaw, pitch=bar.pitch_up),
        confidence=bar.confidence,
        quality=Quality(bar.brightness, bar.sharpness),
    )
    assert reasons(face, "AUTO") == ("LOW_FACE_QUALITY",)


def test_roll_is_not_judged() -> None:
    """A phone held askew is no fault of the face: alignment undoes it."""
    assert reasons(replace(GOOD, pose=Pose(roll=170.0, yaw=0.0, pitch=0.0)), "HIGH") == ()


def test_an_unknown_level_is_an_error() -> None:
    """A mistyped level must not pass every face."""
    with pytest.raises(ValueError, match="BOGUS"):
        reasons(GOOD, "BOGUS")


def test_ix10_no_bar_eases_from_level_to_level() -> None:
    """The table itself must keep HIGH within MEDIUM within AUTO within LOW."""
    bars = [BARS[level] for level in LEVELS if level is not QualityLevel.NONE]
    for easier, harder in pairwise(bars):
        for name in ("yaw", "pitch_up", "pitch_down"):
            assert getattr(harder, name) <= getattr(easier, name)
        for name in ("brightness", "sharpness", "confidence", "pixels", "score", "recognisability"):
            assert getattr(harder, name) >= getattr(easier, name)


@given(FACES)
def test_ix10_a_stricter_level_names_at_least_the_same_reasons(face: DetectedFace) -> None:
    """Raising the level must never bring a face back."""
    named = [set(reasons(face, level)) for level in LEVELS]
    assert all(easier <= harder for easier, harder in pairwise(named))


@given(FACES, st.floats(0, 30), st.floats(0, 30), st.floats(0, 30))
def test_a_better_face_never_scores_less(
    face: DetectedFace, sharper: float, brighter: float, surer: float
) -> None:
    """Else MaxFaces would keep the worse of two faces."""
    better = replace(
        face,
        confidence=face.confidence + surer,
        quality=Quality(
            # More light is better up to where it burns faces out.
            max(face.quality.brightness, min(face.quality.brightness + brighter, 80)),
            face.quality.sharpness + sharper,
        ),
    )
    assert 0 <= quality_score(face) <= quality_score(better) <= 100
    straight = replace(face, pose=Pose(0.0, face.pose.yaw / 2, face.pose.pitch / 2))
    assert quality_score(face) <= quality_score(straight)


def test_ix14_a_big_blurred_face_goes_before_a_small_sharp_one() -> None:
    """MaxFaces=1 must keep the face that can be recognised."""
    faces = [lit(55, sharpness=14, width=0.3), lit(55, sharpness=80, width=0.06)]
    selection = select(faces, "NONE", 1)
    assert selection.kept == (1,)
    assert selection.dropped == ((0, ("EXCEEDS_MAX_FACES",)),)


def test_ix14_of_comparable_faces_the_smaller_goes() -> None:
    """A hair's breadth of sharpness must not make the face in front lose to one far behind."""
    faces = [
        lit(55, sharpness=61, width=0.3),
        lit(60, sharpness=64, width=0.2),
        lit(70, sharpness=95, width=0.1),
    ]
    selection = select(faces, "AUTO", 2)
    assert selection.kept == (0, 1)
    assert selection.dropped == ((2, ("EXCEEDS_MAX_FACES",)),)


def test_ix06_a_filtered_face_takes_no_place() -> None:
    """The filter comes first: MaxFaces counts the faces that pass."""
    faces = [lit(10, width=0.3), GOOD, lit(55, width=0.1)]
    selection = select(faces, "AUTO", 1)
    assert selection.kept == (1,)
    assert selection.dropped == ((0, ("LOW_BRIGHTNESS",)), (2, ("EXCEEDS_MAX_FACES",)))


@given(st.lists(FACES, max_size=12), st.sampled_from(LEVELS), st.integers(1, 12))
def test_ix06_every_face_is_kept_or_dropped_with_a_reason(
    faces: list[DetectedFace], level: str, max_faces: int
) -> None:
    """A face that is in neither list is lost without a trace."""
    selection = select(faces, level, max_faces)
    indices = [index for index, _ in selection.dropped]
    assert sorted([*selection.kept, *indices]) == list(range(len(faces)))
    assert list(selection.kept) == sorted(selection.kept)
    assert indices == sorted(indices)
    assert len(selection.kept) <= max_faces
    assert all(why for _, why in selection.dropped)
    passing = sum(not reasons(face, level) for face in faces)
    assert len(selection.kept) == min(passing, max_faces)
    if level is QualityLevel.NONE:
        assert {reason for _, why in selection.dropped for reason in why} <= {"EXCEEDS_MAX_FACES"}


@given(st.lists(FACES, max_size=12), st.integers(1, 12))
def test_a_kept_face_is_not_much_worse_than_one_that_made_room(
    faces: list[DetectedFace], max_faces: int
) -> None:
    """Lowest quality goes first: what was dropped for room is at most one band better."""
    selection = select(faces, "NONE", max_faces)
    kept = [quality_score(faces[index]) for index in selection.kept]
    gone = [quality_score(faces[index]) for index, _ in selection.dropped]
    assert not gone or max(gone) <= min(kept) + 20


SHOWN = st.lists(st.floats(0, 100), min_size=12, max_size=12)


def test_a_face_that_shows_too_little_is_of_low_quality() -> None:
    """A face behind a mask or a hand is sharp, bright and straight, and matches strangers."""
    selection = select([GOOD, lit(55, width=0.1)], "AUTO", 5, [90.0, 3.0])
    assert selection.kept == (0,)
    assert selection.dropped == ((1, ("LOW_FACE_QUALITY",)),)


def test_a_recogniser_that_does_not_tell_drops_nobody() -> None:
    """DeepFace's models give no such figure; a filter that needs it would empty the answer."""
    assert select([GOOD], "HIGH", 1, None).kept == (0,)


def test_only_faces_that_may_be_kept_are_shown_to_the_recogniser() -> None:
    """Of a crowd with MaxFaces=1, a hundred embeddings would be made for one."""
    crowd = (lit(1, width=0.3), GOOD, *(lit(55, width=0.1 - 0.001 * n) for n in range(50)))
    picture = Made(crowd, [100.0] * len(crowd))
    assert select_faces(picture, "AUTO", 1, "of-the-collection").kept == (1,)
    assert picture.asked == [1]
    assert largest_passing(picture, "AUTO", "of-the-collection") == 1
    assert picture.asked == [1, 1]
    select_faces(picture, "NONE", 1, "of-the-collection")
    assert picture.asked == [1, 1]


def test_the_place_of_a_face_that_shows_too_little_goes_to_the_next() -> None:
    """MaxFaces counts faces that pass, whichever question turned the others away."""
    faces = [GOOD, lit(55, width=0.15), lit(55, width=0.1)]
    selection = select(faces, "AUTO", 1, [0.0, 100.0, 100.0])
    assert selection.kept == (1,)
    assert selection.dropped == ((0, ("LOW_FACE_QUALITY",)), (2, ("EXCEEDS_MAX_FACES",)))


@given(st.lists(FACES, max_size=12), SHOWN)
def test_ix10_levels_are_nested_with_the_recogniser_as_well(
    faces: list[DetectedFace], shown: list[float]
) -> None:
    """A face that a stricter level keeps must not be lost by a milder one."""
    picture = Made(tuple(faces), shown)
    kept = [set(passing_faces(picture, level, "of-the-collection")) for level in LEVELS]
    assert all(easier >= harder for easier, harder in pairwise(kept))
    for level, passing in zip(LEVELS, kept, strict=True):
        assert largest_passing(picture, level, "of-the-collection") == min(passing, default=None)
        assert set(select(faces, level, 12, shown).kept) == passing


def test_glare_costs_quality() -> None:
    """A face burnt out to white matches nobody, and sharpness and brightness both look fine."""
    assert quality_score(lit(78)) == 100
    assert 0 < quality_score(lit(94)) < quality_score(lit(90)) < 100
    assert quality_score(lit(100)) == 0
