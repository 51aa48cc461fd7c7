/** What fails at a school now, worst first, each with its reason and since when. */
import { CircleCheck } from "lucide-react";
import { useMemo } from "react";
import type { Camera, School, Stream } from "@/api/types";
import { isWrong, roughly } from "@/vocabulary/clocks";
import { CameraMark, SchoolMark } from "@/vocabulary/schools";
import { wordFor } from "@/vocabulary/text";
import { clockOrDay } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow, useWorld } from "@/world/hooks";

interface Failing {
  camera: Camera;
  stream: Stream;
}

const WORST: Record<Stream["state"], number> = {
  failed: 0,
  stalled: 1,
  connecting: 2,
  unknown: 3,
  disabled: 4,
  live: 5,
};

export function failing(cameras: Iterable<Camera>, school: string): Failing[] {
  return [...cameras]
    .filter((camera) => camera.school === school)
    .flatMap((camera) =>
      camera.streams.filter(({ state }) => state !== "live").map((stream) => ({ camera, stream })),
    )
    .sort(
      (a, b) =>
        WORST[a.stream.state] - WORST[b.stream.state] ||
        (a.stream.since ?? "").localeCompare(b.stream.since ?? ""),
    );
}

interface Flaw {
  key: string;
  title: string;
  detail: string;
}

/** What is wrong besides pictures: the node itself, clocks, and events and contacts that do not reach us. */
function useFlaws(school: School, cameras: ReadonlyMap<string, Camera>): Flaw[] {
  const { t, name } = useWords();
  return useMemo(() => {
    const { faults, clock_offset_s } = school.node;
    const flaws: Flaw[] = faults.map((code) => ({
      key: code,
      title: wordFor(t, "node_fault", code),
      detail: "",
    }));
    if (isWrong(clock_offset_s)) {
      const words = clock_offset_s > 0 ? "clock.node_ahead" : "clock.node_behind";
      flaws.push({
        key: "clock",
        title: t(words, { time: roughly(t, clock_offset_s) }),
        detail: t("clock.node_detail"),
      });
    }
    for (const camera of cameras.values()) {
      if (camera.school !== school.id) continue;
      if (camera.onvif !== "" && camera.onvif !== "ok") {
        const why = wordFor(t, "problem", camera.onvif);
        flaws.push({
          key: `onvif-${camera.id}`,
          title: `${name(camera.name)} · ${t("onvif.title")}`,
          detail: t("onvif.detail", { why }),
        });
      }
      if (isWrong(camera.clock_offset_s)) {
        const words = camera.clock_offset_s > 0 ? "clock.ahead" : "clock.behind";
        flaws.push({
          key: `clock-${camera.id}`,
          title: `${name(camera.name)} · ${t(words, { time: roughly(t, camera.clock_offset_s) })}`,
          detail: t("clock.detail"),
        });
      }
    }
    return flaws;
  }, [school, cameras, t, name]);
}

export function Fails({ school }: { school: School }) {
  const { t } = useWords();
  const cameras = useWorld((world) => world.cameras);
  const list = useMemo(() => failing(cameras.values(), school.id), [cameras, school.id]);
  const nodeFails = school.node.state !== "online";
  const flaws = useFlaws(school, cameras);
  if (!nodeFails && list.length === 0 && flaws.length === 0) {
    return (
      <p className="flex items-center gap-2 p-3 text-ink-2" data-testid="nothing-fails">
        <CircleCheck size={16} aria-hidden />
        {t("school.nothing_fails", { count: school.cameras_total })}
      </p>
    );
  }
  return (
    <ul className="max-h-72 divide-y overflow-y-auto" data-testid="fails">
      {nodeFails && <NodeFails school={school} />}
      {(nodeFails ? [] : list).map(({ camera, stream }) => (
        <StreamFails key={camera.id + stream.stream} camera={camera} stream={stream} />
      ))}
      {(nodeFails ? [] : flaws).map(({ key, title, detail }) => (
        <li key={key} className="flex items-center gap-3 px-3 py-2" data-testid="flaw" data-flaw={key}>
          <SchoolMark state="partial" />
          <span className="min-w-0 flex-1">
            <span className="block font-medium">{title}</span>
            {detail !== "" && <span className="block text-sm text-ink-2">{detail}</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Since({ at }: { at: string | null }) {
  const { t } = useWords();
  const now = useServerNow(60_000);
  if (at === null) return null;
  return (
    <span className="text-sm whitespace-nowrap text-ink-3">
      {t("school.since", { time: clockOrDay(Date.parse(at), now) })}
    </span>
  );
}

function NodeFails({ school }: { school: School }) {
  const { t } = useWords();
  const silent = school.node.state === "silent";
  return (
    <li className="flex items-center gap-3 px-3 py-2" data-testid="fail-node">
      <SchoolMark state={silent ? "silent" : "never"} />
      <span className="min-w-0 flex-1">
        <span className="block font-medium">
          {silent ? t("school.state.silent") : t("school.state.never")}
        </span>
        <span className="block text-sm text-ink-2">
          {silent ? t("school.silent_detail") : t("school.never_detail")}
        </span>
      </span>
      <Since at={school.node.last_pulse_at} />
    </li>
  );
}

function StreamFails({ camera, stream }: Failing) {
  const { t, name } = useWords();
  const why =
    stream.reason === "none" ? t(`camera.state.${stream.state}`) : wordFor(t, "reason", stream.reason);
  return (
    <li className="flex items-center gap-3 px-3 py-2" data-testid="fail">
      <CameraMark state={stream.state} />
      <span className="min-w-0 flex-1">
        <span className="block font-medium">
          {name(camera.name)} · {t(`stream.${stream.stream}`)}
        </span>
        <span className="block text-sm text-ink-2">{why}</span>
      </span>
      <Since at={stream.since} />
    </li>
  );
}
