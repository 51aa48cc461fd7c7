"""A town of simulated cameras: one simulator and its remote control, from a TOML file or made up."""

import asyncio
import contextlib
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from qorgan.kernel.errors import Invalid
from qorgan.sim.cameras import SimCamera
from qorgan.sim.chip import SimChip
from qorgan.sim.control import Control
from qorgan.sim.onvif import OnvifSimulator
from qorgan.sim.outputs import SimOutput, SimOutputs
from qorgan.sim.panel import PanelPlan
from qorgan.sim.scenes import Scene
from qorgan.sim.server import RtspSimulator


class TownPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A town's file: `[[cameras]]` with the fields of `SimCamera`, and the ports (0: any free one).

    Without `onvif_port` the cameras speak RTSP alone; without `discovery_port` (3702 is the real one) none is found.
    With `tls_port` they speak RTSPS as well. `chip`: the Unix socket of a simulated GPIO chip whose lines `chip_closed`
    are closed at first; `outputs` are served by the remote control; `panels` call receivers that schools have.
    """

    cameras: list[SimCamera]
    port: int = 0
    control_port: int = 0
    tls_port: int | None = None
    onvif_port: int | None = None
    discovery_port: int | None = None
    chip: Path | None = None
    chip_closed: tuple[int, ...] = ()
    outputs: list[SimOutput] = []
    panels: list[PanelPlan] = []


def _paths(kind: type, value: object) -> Path:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError(kind)


def read_plan(file: Path) -> TownPlan:
    """Raises `Invalid`, naming the file and the field."""
    try:
        return msgspec.toml.decode(file.read_bytes(), type=TownPlan, dec_hook=_paths)
    except OSError as error:
        raise Invalid(f"{file}: cannot be read: {error.strerror}") from error
    except (msgspec.MsgspecError, ValueError) as error:
        raise Invalid(f"{file}: {error}") from error


def made_up(count: int, *, site: str, scenes: Sequence[Scene] = tuple(Scene)) -> list[SimCamera]:
    """`count` cameras `cam-001`, `cam-002`, … of one school, the scenes taking turns."""
    return [
        SimCamera(site=site, key=f"cam-{n:03d}", scene=scene)
        for n, scene in zip(range(1, count + 1), cycle(scenes), strict=False)
    ]


class SimTown:
    """Use with `async with`; inside, `simulator` and `control` are running, and `onvif` if the plan has a port."""

    def __init__(self, plan: TownPlan, *, cache: Path, host: str = "127.0.0.1") -> None:
        self.simulator = RtspSimulator(plan.cameras, cache=cache, host=host, port=plan.port, tls_port=plan.tls_port)
        self.onvif = self._onvif(plan, host)
        self.outputs = SimOutputs(plan.outputs)
        self.chip = None if plan.chip is None else SimChip(plan.chip)
        for line in plan.chip_closed:
            if self.chip is not None:
                self.chip.set(line, True)
        more = [*(self.onvif.routes() if self.onvif else ()), *self.outputs.routes()]
        self.control = Control(self.simulator, port=plan.control_port, more=more)
        self._panels = plan.panels
        self._open = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as opening:
            await opening.enter_async_context(self.simulator)
            if self.onvif is not None:
                await opening.enter_async_context(self.onvif)
            if self.chip is not None:
                await opening.enter_async_context(self.chip)
            await opening.enter_async_context(self.control)
            group = await opening.enter_async_context(asyncio.TaskGroup())
            calling = [group.create_task(panel.live(), name=f"panel:{panel.account}") for panel in self._panels]
            for task in calling:
                opening.callback(task.cancel)
            self._open = opening.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.__aexit__(kind, error, trace)

    def _onvif(self, plan: TownPlan, host: str) -> OnvifSimulator | None:
        if plan.onvif_port is None:
            return None
        url = self.simulator.url
        return OnvifSimulator(plan.cameras, url, host=host, port=plan.onvif_port, discovery_port=plan.discovery_port)

    def ready(self) -> dict[str, object]:
        """What a program that started this town needs to know."""
        urls = [
            {"site": c.site, "key": c.key}
            | ({"onvif": self.onvif.url(c.site, c.key)} if self.onvif else {})
            | {s.stream.value: self.simulator.url(c.site, c.key, s.stream) for s in c.streams}
            for c in self.simulator.status()
        ]
        certificate = self.simulator.certificate
        secure = {"rtsps_port": self.simulator.tls_port, "tls_sha256": certificate.sha256} if certificate else {}
        return {
            "ready": True,
            "rtsp_port": self.simulator.port,
            **secure,
            "control_port": self.control.port,
            "control": self.control.url,
            "cameras": urls,
        }
