/** Taking a recording away as a file. It leaves the building, so it is held to confirm and stands in the ledger. */
import { type ReactNode, useEffect, useRef, useState } from "react";
import type { Camera, StreamName } from "@/api/types";
import { isG711, useMayListen } from "@/player/SoundButton";
import { Button, HoldButton } from "@/ui/button";
import { Dialog } from "@/ui/overlays";
import { Segmented } from "@/ui/surfaces";
import { streamOf } from "@/vocabulary/schools";
import { number, problemText } from "@/vocabulary/text";
import { clock, counter, day, fromLocal } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { download, LONGEST_MS, type Progress } from "./download";
import type { Stretch } from "./geometry";
import { Moment } from "./Moment";
import { PlayerLink } from "./PlayerLink";

type Way =
  | { kind: "choosing" }
  | { kind: "fetching"; progress: Progress }
  | { kind: "saved"; name: string }
  | { kind: "failed"; error: unknown };

export function ExportDialog({
  cameras,
  purpose,
  stream: usual,
  stretch,
  now,
  onClose,
}: {
  cameras: readonly Camera[];
  purpose: string;
  stream: StreamName;
  stretch: Stretch;
  now: number;
  onClose: () => void;
}) {
  const { t, name } = useWords();
  const [first] = cameras as [Camera, ...Camera[]];
  const [camera, setCamera] = useState(first.id);
  const [stream, setStream] = useState(usual);
  const [from, setFrom] = useState({ date: day(stretch.start), time: clock(stretch.start) });
  const [to, setTo] = useState(() => {
    const end = Math.ceil(stretch.end / 1000) * 1000; // what was marked is in the file, to its last picture
    return { date: day(end), time: clock(end) };
  });
  const [audio, setAudio] = useState(false);
  const chosen = cameras.find(({ id }) => id === camera);
  const sound = (chosen === undefined ? "" : streamOf(chosen, stream)?.audio) ?? "";
  const mayHear = useMayListen(purpose) && sound !== "";
  const [way, setWay] = useState<Way>({ kind: "choosing" });
  const fetching = useRef<AbortController | null>(null);
  useEffect(() => () => fetching.current?.abort(), []);

  const start = fromLocal(from.date, from.time);
  const end = fromLocal(to.date, to.time);
  const trouble = troubleWith(start, end, now);
  const begin = () => {
    if (start === null || end === null || trouble !== null) return;
    const asking = new AbortController();
    fetching.current = asking;
    setWay({ kind: "fetching", progress: { bytes: 0, total: null } });
    download(
      { camera, stream, purpose, start, end, audio: audio && mayHear },
      (progress) => setWay({ kind: "fetching", progress }),
      asking.signal,
    ).then(
      (file) => setWay({ kind: "saved", name: file }),
      (error: unknown) => {
        if (!asking.signal.aborted) setWay({ kind: "failed", error });
      },
    );
  };
  const cancel = () => {
    fetching.current?.abort();
    setWay({ kind: "choosing" });
  };
  return (
    <Dialog open onClose={onClose} title={t("archive.export.title")}>
      <div className="space-y-3 p-4" data-testid="export-dialog" data-state={way.kind}>
        {cameras.length > 1 && (
          <select
            value={camera}
            aria-label={t("archive.export.camera")}
            onChange={(event) => setCamera(event.target.value)}
            className="h-9 w-full rounded-md border border-line-2 bg-ground px-2 text-ink"
          >
            {cameras.map(({ id, name: words }) => (
              <option key={id} value={id}>
                {name(words)}
              </option>
            ))}
          </select>
        )}
        <Moment
          label={t("archive.export.from")}
          value={from}
          onChange={setFrom}
          wrong={start === null}
          testId="export-from"
        />
        <Moment
          label={t("archive.export.to")}
          value={to}
          onChange={setTo}
          wrong={end === null}
          testId="export-to"
        />
        {first.has_sub && (
          <Segmented
            label={t("stream.label")}
            value={stream}
            choices={[
              { value: "main", label: t("stream.main") },
              { value: "sub", label: t("stream.sub") },
            ]}
            onChoose={setStream}
            testId="export-stream"
          />
        )}
        <p className={trouble === null ? "text-sm text-ink-2" : "text-sm text-caution"} role="status">
          {trouble !== null
            ? t(`archive.export.${trouble}`)
            : start !== null && end !== null && t("archive.export.length", { length: counter(end - start) })}
        </p>
        {mayHear && (
          <label className="flex items-center gap-2 text-sm">
            <input
              type="checkbox"
              checked={audio}
              onChange={(event) => setAudio(event.target.checked)}
              data-testid="export-audio"
            />
            {t("sound_of.in_file")}
          </label>
        )}
        {mayHear && audio && isG711(sound) && (
          <p className="text-sm text-balance text-ink-2" data-testid="export-g711">
            {t("sound_of.g711_in_file")}
          </p>
        )}
        <p className="text-sm text-balance text-ink-2">{t("archive.export.ledger")}</p>
        <Doing way={way}>
          <HoldButton onHeld={begin} disabled={trouble !== null} data-testid="export-begin">
            {t("archive.export.hold")}
          </HoldButton>
          {way.kind === "fetching" && (
            <Button className="w-full" onClick={cancel} data-testid="export-cancel">
              {t("archive.export.cancel")}
            </Button>
          )}
        </Doing>
        <PlayerLink
          wish={
            trouble === null && start !== null && end !== null
              ? { camera, stream, purpose, start, end }
              : null
          }
        />
      </div>
    </Dialog>
  );
}

type Trouble = "no_time" | "not_after" | "future" | "too_long";

function troubleWith(start: number | null, end: number | null, now: number): Trouble | null {
  if (start === null || end === null) return "no_time";
  if (end <= start) return "not_after";
  if (end > now) return "future";
  return end - start > LONGEST_MS ? "too_long" : null;
}

/** How far it is, and what came of it. The first child begins anew, the second is there while something is fetched. */
function Doing({ way, children }: { way: Way; children: [ReactNode, ReactNode] }) {
  const { t } = useWords();
  const [begin, cancel] = children;
  if (way.kind === "fetching") {
    const { bytes, total } = way.progress;
    return (
      <>
        <div className="space-y-1" data-testid="export-progress" data-bytes={bytes}>
          <progress className="h-2 w-full accent-accent" value={bytes} max={total ?? undefined} />
          <p className="text-sm text-ink-2">
            {t("archive.export.progress", { done: megabytes(bytes), total: megabytes(total ?? bytes) })}
          </p>
        </div>
        {cancel}
      </>
    );
  }
  return (
    <>
      {way.kind === "saved" && (
        <p role="status" data-testid="export-saved">
          {t("archive.export.saved", { name: way.name })}
        </p>
      )}
      {way.kind === "failed" && (
        <p role="alert" className="text-caution" data-testid="export-failed">
          {problemText(t, way.error)}
        </p>
      )}
      {begin}
    </>
  );
}

const megabytes = (bytes: number): string => number(Math.round(bytes / 100_000) / 10);
