"""What does it cost to record a camera? Ours, `ffmpeg -c copy` per camera, and the bare recv+write floor.

N simulated cameras of 1080p25 at about 4 Mbit/s over RTSP/TCP on loopback; every contender records the same cameras,
one contender at a time, interleaved over the rounds (ABC ABC …).
Ours writes fMP4 with fragments of at most 1 s, a SHA-256
per file, `syncfs` and the index each second; ffmpeg writes fragmented MP4 and makes nothing durable; the floor parses
nothing. Each simulated frame carries its number in an SEI, so a lost frame is seen in the files.

Processor time: /proc/<pid>/stat of the contender's process tree, after the start has settled. Memory: PSS of the tree.
"""

import argparse
import itertools
import json
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks._measure import Report, cpu_seconds, pss_mb, say
from qorgan.edge.recorder.entries import unpack_fragments
from qorgan.edge.recorder.index import Index
from qorgan.protocols.fmp4.reader import parse_fragment
from qorgan.sim.scenes import Scene

SEI_UUID = bytes.fromhex("5d5a0c1e7f5b4e0e9b1f71a0c0de5eed")
SETTLE_S = 4.0
FFMPEG_MOST = 100  # cameras: with more, its processes would want more than two cores, and measure each other


@dataclass
class Town:
    """The simulated cameras, in their own process."""

    process: subprocess.Popen[str]
    urls: list[str]

    @classmethod
    def start(cls, cameras: int, kind: str = "") -> "Town":
        """`kind`: what each camera's table in the town's file says beside its place, for example `codec = "h265"`."""
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as plan:
            for number, scene in zip(range(cameras), itertools.cycle(Scene), strict=False):
                plan.write(f'[[cameras]]\nsite = "bench"\nkey = "cam-{number:03d}"\nscene = "{scene}"\n{kind}\n')
            plan.flush()
            command = [sys.executable, "-m", "qorgan.sim", "town", plan.name, "--port", "0", "--control-port", "0"]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
        return cls(process, [camera["main"] for camera in ready["cameras"]])

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


@dataclass
class Cost:
    cpu_percent: float
    pss_mb: float


def measure(pids: list[int], seconds: float) -> Cost:
    """Per cent of one core over `seconds`, and memory at their end."""
    before, began = cpu_seconds(pids), time.monotonic()
    time.sleep(seconds)
    used, elapsed = cpu_seconds(pids) - before, time.monotonic() - began
    return Cost(100 * used / elapsed, pss_mb(pids))


def start_recorder(urls: list[str], folder: Path, storage: str = "") -> subprocess.Popen[bytes]:
    """Our recorder on these cameras. `storage`: further lines of that table of its configuration."""
    config = folder / "edge.toml"
    lines = ['[site]\nid = "bench"\nname = { kk = "Өлшеу" }\n']
    lines += [f'[storage]\ndata = "data"\narchive = "archive"\n{storage}\n']
    lines += [f'[[cameras]]\nkey = "c{n}"\nname = {{ kk = "C" }}\nmain = "{url}"\n' for n, url in enumerate(urls)]
    config.write_text("".join(lines), "utf-8")
    with (folder / "recorder.log").open("w") as log:
        return subprocess.Popen([sys.executable, "-m", "qorgan.edge.recorder", "--config", str(config)], stderr=log)


def run_ours(urls: list[str], folder: Path, seconds: float) -> Cost:
    process = start_recorder(urls, folder)
    try:
        time.sleep(SETTLE_S)
        return measure([process.pid], seconds)
    finally:
        process.terminate()
        process.wait()


def run_ffmpeg(urls: list[str], folder: Path, seconds: float) -> Cost:
    flags = "+frag_keyframe+empty_moov+default_base_moof"
    copy = ["-c", "copy", "-f", "mp4", "-movflags", flags, "-frag_duration", "1000000", "-y"]
    source = ["ffmpeg", "-v", "error", "-nostdin", "-rtsp_transport", "tcp", "-i"]
    processes = [subprocess.Popen([*source, url, *copy, str(folder / f"{n}.mp4")]) for n, url in enumerate(urls)]
    try:
        time.sleep(SETTLE_S + len(urls) * 0.05)
        return measure([process.pid for process in processes], seconds)
    finally:
        for process in processes:
            process.kill()
            process.wait()


def run_floor(urls: list[str], folder: Path, seconds: float) -> Cost:
    command = [sys.executable, "-m", "benchmarks._floor", str(folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.write("\n".join(urls))
        process.stdin.close()
        process.stdout.readline()
        time.sleep(1.0)
        return measure([process.pid], seconds)
    finally:
        process.kill()
        process.wait()


def count_frames(archive: Path) -> tuple[int, int]:
    """Frames that were sent between the first and the last one kept of each camera, and those missing in between."""
    index = Index(archive / "index.db", readonly=True)
    kept: dict[str, list[int]] = {}
    for row in index.all_segments():
        kept.setdefault(row.camera, []).extend(frame_numbers(archive / row.path, row.fragments))
    index.close()
    sent = sum(max(numbers) - min(numbers) + 1 for numbers in kept.values())
    return sent, sent - sum(len(set(numbers)) for numbers in kept.values())


def frame_numbers(path: Path, fragments: bytes | bytearray) -> list[int]:
    """The numbers in the SEI of each frame of a file."""
    data, numbers = path.read_bytes(), []
    for entry in unpack_fragments(fragments):
        fragment = parse_fragment(data[entry.offset : entry.offset + entry.size])
        at = entry.offset + fragment.data_offset
        for size in fragment.sizes:
            found = data.find(SEI_UUID, at, at + min(size, 400))
            if found >= 0:
                plain = data[found : found + 40].replace(b"\0\0\3", b"\0\0")
                numbers.append(struct.unpack_from(">Q", plain, 16)[0])
            at += size
    return numbers


def run_size(report: Report, cameras: int, rounds: int, seconds: float, codec: str = "h264", audio: str = "") -> None:
    context = {"cameras": cameras, "codec": codec} | ({"audio": audio} if audio else {}) | {"mbit_per_s": 4.0}
    say(f"{cameras} cameras, {codec} {audio}: {rounds} rounds of {seconds:.0f} s for each contender")
    contenders = {"ours": run_ours, "floor": run_floor}
    if cameras <= FFMPEG_MOST:
        contenders["ffmpeg"] = run_ffmpeg
    costs: dict[str, list[Cost]] = {name: [] for name in contenders}
    sent = lost = 0
    town = Town.start(cameras, f'codec = "{codec}"\n' + (f'audio = "{audio}"' if audio else ""))
    try:
        for number in range(rounds):
            for name, run in contenders.items():
                folder = Path(tempfile.mkdtemp(prefix="qorgan-bench-"))
                try:
                    cost = run(town.urls, folder, seconds)
                    costs[name].append(cost)
                    if name == "ours":
                        round_sent, round_lost = count_frames(folder / "archive")
                        sent, lost = sent + round_sent, lost + round_lost
                finally:
                    shutil.rmtree(folder)
                each = cost.cpu_percent / cameras
                say(f"  round {number + 1} {name:7} {each:.4f} % of a core, {cost.pss_mb / cameras:.2f} MB per camera")
    finally:
        town.stop()
    add_results(report, context, costs, sent, lost)


def add_results(report: Report, context: dict[str, Any], costs: dict[str, list[Cost]], sent: int, lost: int) -> None:
    cpu = {name: [cost.cpu_percent / context["cameras"] for cost in each] for name, each in costs.items()}
    report.add("cpu_percent_per_camera", cpu["ours"], "% of one core", goal=0.15, **context)
    report.add("floor_cpu_percent_per_camera", cpu["floor"], "% of one core", **context)
    above = [mine / max(bare, 1e-3) for mine, bare in zip(cpu["ours"], cpu["floor"], strict=True)]
    report.add("ours_over_floor", above, "×", goal=4, digits=2, **context)
    if "ffmpeg" in cpu:
        report.add("ffmpeg_cpu_percent_per_camera", cpu["ffmpeg"], "% of one core", **context)
        ratios = [theirs / mine for theirs, mine in zip(cpu["ffmpeg"], cpu["ours"], strict=True)]
        report.add("ffmpeg_over_ours", ratios, "×", goal=8, better="higher", digits=2, **context)
    for name, label in (("ours", "pss_mb_per_camera"), ("ffmpeg", "ffmpeg_pss_mb_per_camera")):
        if name in costs:
            report.add(label, [cost.pss_mb / context["cameras"] for cost in costs[name]], "MB", digits=2, **context)
    report.add("frames_sent", [sent], "frames", better="higher", **context)
    report.add("frames_lost", [lost], "frames", goal=0, **context)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="10 cameras, short rounds: at most 50 s")
    parser.add_argument("--cameras", type=int, nargs="+", default=[10, 50, 100, 200], help="sizes of the town")
    parser.add_argument("--sound-alone", action="store_true", help="only the row of H.265 with sound")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10.0, help="measured time per contender and round")
    arguments = parser.parse_args()
    report = Report("recorder", arguments.quick)
    if arguments.quick:
        run_size(report, 10, 3, 3.0)
    else:
        for cameras in () if arguments.sound_alone else arguments.cameras:
            run_size(report, cameras, arguments.rounds, arguments.seconds)
        run_size(report, 50, arguments.rounds, arguments.seconds, "h265", "aac")
    report.print()


if __name__ == "__main__":
    main()
