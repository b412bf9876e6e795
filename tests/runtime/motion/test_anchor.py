"""Anchors: a still's own colours, however long ago the still was."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from tinct.runtime.motion import create_motion
from tinct.runtime.motion.anchor import SEARCH_EVERY, Anchor
from tinct.runtime.motion.base import Motion
from tinct.runtime.motion.trust import trusted_motion
from tinct.runtime.motion.warp import warp

HEIGHT, WIDTH, COUNT = 96, 160, 16
INNER = np.s_[8:-8, 48:-8]


@pytest.fixture(scope="module")
def pan():
    """Lab pictures of a still scene over which the camera pans by 2.5 pixels a frame; its chroma is finer than its
    lightness."""
    rng = np.random.default_rng(3)
    wide = WIDTH + 3 * COUNT
    light = cv2.GaussianBlur(rng.random((HEIGHT, wide)).astype(np.float32), (0, 0), 3)
    light = cv2.normalize(light, None, 5, 95, cv2.NORM_MINMAX)
    ab = cv2.GaussianBlur(rng.normal(0, 60, (HEIGHT, wide, 2)).astype(np.float32), (0, 0), 1.5)
    scene = np.dstack([light, ab])
    shift = [np.array([[1, 0, 2.5 * k], [0, 1, 0]], np.float32) for k in range(COUNT)]
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return [np.ascontiguousarray(cv2.warpAffine(scene, one, (WIDTH, HEIGHT), flags=flags)) for one in shift]


@pytest.fixture(scope="module")
def source():
    return create_motion("dis")


def light(picture):
    return np.ascontiguousarray(picture[..., 0])


def follow(pictures, source, *, search=True):
    """The anchor of the last picture in the first, and the first one's colours moved from picture to picture."""
    still, anchor, moved = pictures[0], None, pictures[0][..., 1:]
    for before, now in pairwise(pictures):
        motion = trusted_motion(light(before), light(now), source)
        moved = warp(np.ascontiguousarray(moved), motion.flow)
        anchor = Anchor.begun(0, motion) if anchor is None else anchor.carried(motion)
        if search and anchor.age >= SEARCH_EVERY:
            anchor = anchor.searched(light(still), light(now), source)
    return anchor, moved


def error(ab, picture, where=INNER):
    return float(np.abs(ab - picture[..., 1:])[where].mean())


def test_the_stills_colours_keep_the_detail_that_moving_loses(pan, source):
    anchor, moved = follow(pan, source)
    ab, trust = anchor.read(pan[0], light(pan[-1]))
    assert trust[INNER].mean() > 0.6
    assert error(ab, pan[-1], trust > 0.5) < 0.6 * error(moved, pan[-1], trust > 0.5)
    assert trust[:, -8:].max() < 0.2  # the still does not show what came in there


def test_searching_restores_the_trust_and_corrects_what_drifted(pan, source):
    composed, _ = follow(pan, source, search=False)
    found, _ = follow(pan, source)
    assert found.trust[INNER].mean() > composed.trust[INNER].mean()
    rest = Motion(np.zeros((HEIGHT, WIDTH, 2), np.float32) + np.float32(1.2), np.full((HEIGHT, WIDTH), 0.5, np.float32))
    drifted = Anchor.begun(0, rest)
    corrected = drifted.searched(light(pan[0]), light(pan[0]), source)
    assert corrected.age == 0
    assert np.abs(corrected.flow[INNER]).mean() < 0.15 * np.abs(drifted.flow[INNER]).mean()
    assert corrected.trust[INNER].mean() > 0.8


def test_what_the_still_does_not_show_is_not_read_from_it(pan, source):
    frame = pan[1].copy()
    frame[30:60, 70:100, 0] = 100 - frame[30:60, 70:100, 0]
    anchor = Anchor.begun(0, Motion(np.zeros((HEIGHT, WIDTH, 2), np.float32), np.ones((HEIGHT, WIDTH), np.float32)))
    _, trust = anchor.read(pan[1], light(frame))
    assert trust[36:54, 76:94].max() < 0.1
    assert trust[:20].min() > 0.99


def test_what_a_hint_has_overruled_stays_so(pan, source):
    anchor, _ = follow(pan[:4], source)
    ab, validity = anchor.read(pan[0], light(pan[3]))
    hinted = ab.copy()
    hinted[40:60, 80:110] += np.float32(30)
    before = anchor.overruled(hinted, ab, validity)
    assert np.array_equal(anchor.overruled(hinted, ab, 0 * validity).trust, anchor.trust)
    assert (before.trust >= 0).mean() > 0.9
    for earlier, now in pairwise(pan[3:]):
        before = before.carried(trusted_motion(light(earlier), light(now), source))
        before = before.searched(light(pan[0]), light(now), source)
    _, trust = before.read(pan[0], light(pan[-1]))
    gone = int(2.5 * (COUNT - 4))
    assert trust[42:58, 84 - gone : 106 - gone].max() == 0
    assert trust[10:30, 84 - gone : 106 - gone].mean() > 0.6
