"""Coloured files on the timeline: on a track of their own, as a take, or in place of the plate.

Reports of real versions do not agree on whether ``endFrame`` is the last frame or one past it, nor on whether a
sequence's frames are given by their numbers. So whatever is placed is read back, and placed in another way if it is not
what was wanted; a way that held is tried first the next time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

from tinct.plugin.resolve.api import Item, OpenProject, PoolItem, Timeline
from tinct.plugin.resolve.errors import ClipChanged, PlacementError
from tinct.plugin.resolve.job import Job
from tinct.plugin.resolve.media_path import media_key, parse_media_path
from tinct.plugin.resolve.plan import Planned, Run
from tinct.plugin.resolve.pool_import import import_result, suit
from tinct.plugin.resolve.snapshot import Origin, Refused, Shot, plate_offset, read_shot
from tinct.plugin.resolve.standing import Standing, read_standing, stand

VIDEO_ONLY = 1


class Way(NamedTuple):
    """How frames are named. ``numbered``: from a sequence's first number. ``more``: added to the one past the last."""

    numbered: bool
    more: int


class Placer:
    """Places the results of one job on one timeline."""

    def __init__(
        self,
        project: OpenProject,
        timeline: Timeline,
        job: Job,
        origins: Mapping[str, Origin],
        placed: dict[str, str],
    ) -> None:
        """On ``timeline`` of ``project``, its current one.

        ``origins`` tell coloured clips from others; ``placed``: coloured clips by those they were placed for, to which
        those placed now are added.
        """
        self._project, self._timeline, self._job, self._origins = project, timeline, job, origins
        self._placed = placed
        self._held: Way | None = None
        self._replaced: set[str] = set()
        self._standing = read_standing(timeline)

    def place(self, planned: Planned, shot: Shot) -> bool:
        """Put the result of ``planned`` where ``shot`` is; False if it stood there already.

        Raises:
            ClipChanged: the clip is not there any more, or is another one.
            PlacementError: Resolve does not do it.
        """
        found, now = self._look_again(shot, planned.run)
        pool_item = import_result(self._project.GetMediaPool(), planned.run.result, now.rate, now.properties)
        if self._job.result == "take":
            return self._as_take(found.item, now, planned.run, pool_item)
        if self._job.result == "replacement":
            return self._as_replacement(found.item, now, planned.run)
        return self._on_track(found, now, planned.run, pool_item)

    def _look_again(self, shot: Shot, run: Run) -> tuple[Standing, Shot]:
        """The clip as it is now: it may have been moved or trimmed since the snapshot."""
        for found in self._standing:
            if found.identity != shot.item_id:
                continue
            now = read_shot(found.item, found.track, self._timeline, self._origins, {})
            if isinstance(now, Refused):
                raise ClipChanged(f"{shot.name} has changed since: {now.reason}")
            if now.spelled != shot.spelled or now.first < run.first or now.last > run.last:
                raise ClipChanged(f"{shot.name} shows other frames than were coloured; colour it again")
            return found, now
        raise ClipChanged(f"{shot.name} is not on the timeline any more; its result is {run.result}")

    # on a track

    def _on_track(self, found: Standing, shot: Shot, run: Run, pool_item: PoolItem) -> bool:
        if found.key in self._origins:  # the clip that was chosen is a coloured one itself
            others = [found]
        else:
            others = [one for one in self._coloured(shot) if one.track != found.track]
        for one in others:
            if one.key == media_key(run.result) and self._is_right(one.item, shot, self._wanted(shot, run)):
                self._placed[shot.item_id] = one.identity
                return False
        if others and not self._remove(others):
            raise PlacementError(
                f"Resolve does not remove the earlier result of {shot.name}; is track {others[0].track} locked?"
            )
        stays = others and self._is_free(others[0].track, shot)
        track = others[0].track if stays else self._free_track(shot)
        made = self._append(shot, run, pool_item, track)
        for name, value in (found.item.GetProperty() or {}).items():
            made.SetProperty(name, value)
        self._placed[shot.item_id] = str(made.GetUniqueId())
        return True

    def _coloured(self, shot: Shot) -> list[Standing]:
        """Results of the same plate that stand over ``shot``, or were placed for it when it stood elsewhere."""
        return [
            one
            for one in self._standing
            if (origin := self._origins.get(one.key)) is not None
            and origin.spelled == shot.spelled
            and (
                (one.start, one.duration) == (shot.start, shot.duration)
                or one.identity == self._placed.get(shot.item_id)
            )
        ]

    def _free_track(self, shot: Shot) -> int:
        """A track of our name above the clip with nothing in the way; a new one if there is none."""
        timeline = self._timeline
        for track in range(shot.track + 1, timeline.GetTrackCount("video") + 1):
            if timeline.GetTrackName("video", track) != self._job.track_name or timeline.GetIsTrackLocked(
                "video", track
            ):
                continue
            if self._is_free(track, shot):
                return track
        if not timeline.AddTrack("video"):
            raise PlacementError(
                f"Resolve does not add a track to {timeline.GetName()}; add one named {self._job.track_name}"
            )
        track = timeline.GetTrackCount("video")
        timeline.SetTrackName("video", track, self._job.track_name)
        return track

    def _is_free(self, track: int, shot: Shot) -> bool:
        end = shot.start + shot.duration
        return not any(one.track == track and one.start < end and shot.start < one.end for one in self._standing)

    def _append(self, shot: Shot, run: Run, pool_item: PoolItem, track: int) -> Item:
        wanted, got = self._wanted(shot, run), "nothing"
        for way in self._ways(run, shot.rate / shot.timeline_rate):
            start, end = self._frames(shot, run, way)
            if end <= start:
                continue
            info = {
                "mediaPoolItem": pool_item, "startFrame": start, "endFrame": end, "mediaType": VIDEO_ONLY,
                "trackIndex": track, "recordFrame": shot.start,
            }  # fmt: skip
            items = self._project.GetMediaPool().AppendToTimeline([info]) or []
            made = items[0] if items else None
            if made is None:
                continue
            self._standing.append(stand(made, track))
            if self._is_right(made, shot, wanted):
                self._held = way
                return made
            got = _described(made)
            if not self._remove([self._standing[-1]]):
                raise PlacementError(f"Resolve placed {got} for {shot.name}, and does not remove it; remove it by hand")
        raise PlacementError(
            f"Resolve does not place {run.result} on track {track} at {shot.start} with {shot.duration} frames "
            f"(it gave {got}); place it by hand, from its frame {float(wanted):g} on"
        )

    def _remove(self, gone: list[Standing]) -> bool:
        """Take items off the timeline. Real versions sometimes say no at first and do it when asked again."""
        items = [one.item for one in gone]
        if not self._timeline.DeleteClips(items, False) and not self._timeline.DeleteClips(items, False):
            return False
        named = {one.identity for one in gone}
        self._standing = [one for one in self._standing if one.identity not in named]
        return True

    # as a take

    def _as_take(self, item: Item, shot: Shot, run: Run, pool_item: PoolItem) -> bool:
        earlier = [
            (index, path)
            for index in range(1, int(item.GetTakesCount()) + 1)
            if (path := media_key(_take_path(item, index))) in self._origins
        ]
        for index, path in earlier:
            if path == media_key(run.result):
                if item.GetSelectedTakeIndex() == index:
                    return False
                item.SelectTakeByIndex(index)
                return True
        self._add_take(item, shot, run, pool_item)
        for index, _ in reversed(earlier):
            item.DeleteTakeByIndex(index)
        return True

    def _add_take(self, item: Item, shot: Shot, run: Run, pool_item: PoolItem) -> None:
        wanted, before, got = self._wanted(shot, run), int(item.GetSelectedTakeIndex()), "nothing"
        for way in self._ways(run, shot.rate / shot.timeline_rate):
            start, end = self._frames(shot, run, way)
            if end <= start or not item.AddTake(pool_item, start, end):
                continue
            index = int(item.GetTakesCount())
            if item.SelectTakeByIndex(index) and self._is_right(item, shot, wanted):
                self._held = way
                return
            got = _described(item)
            item.SelectTakeByIndex(max(1, before))
            item.DeleteTakeByIndex(index)
        raise PlacementError(
            f"Resolve does not add {run.result} as a take of {shot.name} (it gave {got}); have results placed "
            "in another way (result in the settings)"
        )

    # in place of the plate

    def _as_replacement(self, item: Item, shot: Shot, run: Run) -> bool:
        pool_item, wanted = item.GetMediaPoolItem(), media_key(run.result)
        assert pool_item is not None  # it was read as a clip with a file
        if media_key(str(pool_item.GetClipProperty("File Path"))) == wanted:
            return str(item.GetUniqueId()) in self._replaced
        earlier = stand(item, 0).key
        shown = [one.identity for one in self._standing if one.key == earlier]
        media = parse_media_path(run.result)
        taken = pool_item.ReplaceClip(media.files()[0])
        if not taken or media_key(str(pool_item.GetClipProperty("File Path"))) != wanted:
            raise PlacementError(f"Resolve does not replace {shot.name} by {run.result}; use Relink in the media pool")
        suit(pool_item, shot.rate, shot.properties)
        self._replaced.update(shown)
        return True

    # both

    def _wanted(self, shot: Shot, run: Run) -> Fraction:
        """Where in the result the clip begins, in its frames: the file begins at the run's first frame."""
        return shot.offset - run.first

    def _is_right(self, item: Item, shot: Shot, wanted: Fraction) -> bool:
        ratio = shot.rate / shot.timeline_rate
        slack = 0 if ratio == 1 else max(2, ceil(ratio))
        return (
            int(item.GetStart()) == shot.start
            and int(item.GetDuration()) == shot.duration
            and abs(plate_offset(item, ratio) - wanted) <= slack
        )

    def _ways(self, run: Run, ratio: Fraction) -> Iterator[Way]:
        """Ways to name the frames, the one that held before first."""
        numbers = [False, True] if parse_media_path(run.result).first else [False]
        more = [0, -1] if ratio == 1 else [0, 1, -1, 2, -2]
        ways = [Way(numbered, count) for count in more for numbered in numbers]
        if self._held is not None and self._held in ways:
            yield self._held
        yield from (way for way in ways if way != self._held)

    def _frames(self, shot: Shot, run: Run, way: Way) -> tuple[int, int]:
        """Start and end for Resolve, in the result's frames."""
        ratio = shot.rate / shot.timeline_rate
        base = parse_media_path(run.result).first if way.numbered else 0
        begin = self._wanted(shot, run)
        return base + floor(begin), base + ceil(begin + shot.duration * ratio) + way.more


def _take_path(item: Item, index: int) -> str:
    media = (item.GetTakeByIndex(index) or {}).get("mediaPoolItem")
    return "" if media is None else str(media.GetClipProperty("File Path"))


def _described(item: Item) -> str:
    return f"{item.GetDuration():g} frames at {item.GetStart():g} from {item.GetLeftOffset():g} on"
