"""What the recorder last said about cameras and disks, and for how long that may be believed."""

from collections.abc import Sequence

import msgspec

from qorgan.domain.cameras import CameraState, StreamName
from qorgan.edge.config import Camera
from qorgan.kernel.clock import Clock
from qorgan.protocols.link.messages import CameraHealth, DiskHealth, StreamHealth

BELIEVED_FOR_S = 10.0  # the recorder speaks every 2 s
CONNECTS_WITHIN_S = 30.0  # a camera that restarts its event service is no fault yet


class CameraBoard:
    """Owner of the last health report. Cameras that nobody speaks about are `unknown`, never shown as working."""

    def __init__(self, cameras: Sequence[Camera], clock: Clock) -> None:
        self._cameras, self._clock = tuple(cameras), clock
        self._told: dict[str, CameraHealth] = {}
        self._onvif: dict[str, tuple[str, float | None]] = {}
        self._not_heard_since = {str(camera.key): clock.monotonic() for camera in cameras if camera.onvif}
        self._told_at = float("-inf")
        self._disks: tuple[DiskHealth, ...] = ()

    def told_storage(self, disks: tuple[DiskHealth, ...]) -> None:
        """How the disks are now, as long as the recorder is not silent."""
        self._disks = disks

    @property
    def disks(self) -> tuple[DiskHealth, ...]:
        """The archive's disks; none while the recorder is silent."""
        return () if self.recorder_silent else self._disks

    def told(self, report: Sequence[CameraHealth]) -> None:
        """The recorder's newest report replaces the last one."""
        self._told = {health.key: health for health in report}
        self._told_at = self._clock.monotonic()

    def told_onvif(self, camera: str, state: str, clock_offset_s: float | None) -> None:
        """How a camera's ONVIF side is now; core's own watch says so, and is not silent while core is not."""
        self._onvif[camera] = (state, clock_offset_s)
        if state == "ok":
            self._not_heard_since.pop(camera, None)
        else:
            self._not_heard_since.setdefault(camera, self._clock.monotonic())

    def events_lost(self, camera: str) -> bool:
        """Whether a camera's events do not reach us: for longer than it takes to connect anew."""
        since = self._not_heard_since.get(camera)
        return since is not None and self._clock.monotonic() - since > CONNECTS_WITHIN_S

    @property
    def recorder_silent(self) -> bool:
        return self._clock.monotonic() - self._told_at > BELIEVED_FOR_S

    def snapshot(self) -> tuple[CameraHealth, ...]:
        """Every configured camera in the order of the configuration."""
        told = {} if self.recorder_silent else self._told
        return tuple(self._with_onvif(told.get(camera.key) or _unknown(camera)) for camera in self._cameras)

    def _with_onvif(self, health: CameraHealth) -> CameraHealth:
        if health.key not in self._onvif:
            return health
        state, offset_s = self._onvif[health.key]
        return msgspec.structs.replace(health, onvif=state, clock_offset_s=offset_s)


def _unknown(camera: Camera) -> CameraHealth:
    names = [StreamName.MAIN] + ([StreamName.SUB] if camera.sub else [])
    return CameraHealth(
        key=camera.key, streams=tuple(StreamHealth(stream=name, state=CameraState.UNKNOWN) for name in names)
    )
