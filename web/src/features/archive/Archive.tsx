/** Recordings of one camera, or of up to nine of a school in step; the day as a bar; the keys of a cutting table. */
import { Archive as Archived, Cctv, Download } from "lucide-react";
import { type CSSProperties, useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Camera, StreamName } from "@/api/types";
import { ArchivePicture, useArchiveTransport } from "@/player/ArchivePicture";
import { ArchiveSoundButton } from "@/player/ArchiveSoundButton";
import { MOST_CAMERAS } from "@/player/archive-transport";
import { Button, Kbd } from "@/ui/button";
import { useKeys } from "@/ui/keys";
import { Menu, MenuCheck, MenuLabel } from "@/ui/overlays";
import { Notice, Segmented } from "@/ui/surfaces";
import { streamOf, wallStream } from "@/vocabulary/schools";
import { problemText } from "@/vocabulary/text";
import { clock, clockExact, dayStart } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow, useSession } from "@/world/hooks";
import { Calendar } from "./Calendar";
import { ExportDialog } from "./Export";
import { HoldDialog } from "./Hold";
import { DAY_MS, type Marks, marked, pan, stretchOf, type View } from "./geometry";
import { Lane } from "./Lane";
import { useThumbnail } from "./Thumbnail";
import { TimelineBar } from "./TimelineBar";
import { JUMP_MS, SpeedChoice, TransportButtons } from "./Transport";
import { daysAround, useCoverage } from "./use-timeline";

/** How far before now to begin when no time was asked for: the newest seconds are still being written. */
const BEFORE_NOW_MS = 60_000;

export interface ArchiveProps {
  /** The first one's day is the bar; the others have a lane each. */
  cameras: readonly Camera[];
  /** What else of the school could be shown beside them. */
  others: readonly Camera[];
  purpose: string;
  /** Of a single camera; several are shown by the streams that walls use. */
  stream: StreamName;
  /** Epoch ms; undefined opens a minute ago. */
  at: number | undefined;
  /** The place changed by the user: keep it in the URL. */
  onPlace: (at: number) => void;
  onStream: (stream: StreamName) => void;
  /** Ids of the cameras to show beside the first one. */
  onBeside: (cameras: string[]) => void;
}

function dayOf(at: number): View {
  return { from: dayStart(at), to: dayStart(at) + DAY_MS };
}

function gridStyle(count: number): CSSProperties {
  const columns = Math.ceil(Math.sqrt(count));
  const rows = Math.ceil(count / columns);
  return {
    gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
    gridTemplateRows: `repeat(${rows}, minmax(0, 1fr))`,
  };
}

export function Archive(props: ArchiveProps) {
  const { cameras, others, purpose, stream, at, onPlace, onStream, onBeside } = props;
  const { t, name } = useWords();
  const { rights } = useSession();
  const now = useServerNow();
  const [first] = cameras as [Camera, ...Camera[]];
  const several = cameras.length > 1;
  const [opened] = useState(() => at ?? now - BEFORE_NOW_MS);
  const [view, setView] = useState<View>(() => dayOf(opened));
  const [marks, setMarks] = useState<Marks>({});
  const [exporting, setExporting] = useState(false);
  const [holding, setHolding] = useState(false);
  const asked = daysAround(view, dayStart, Math.floor(now / 10_000) * 10_000);
  const { coverage, error, refetch } = useCoverage(first.id, asked, now);
  const requests = useMemo(
    () =>
      cameras.map((camera) => ({
        camera: camera.id,
        stream: several ? wallStream(camera) : stream,
        purpose,
      })),
    [cameras, several, stream, purpose],
  );
  const playing = useArchiveTransport(requests);
  const { transport, view: played } = playing;
  const streamShown = requests[0]?.stream ?? stream;
  const recorded = coverage?.[streamShown] ?? null;
  const fps = streamOf(first, streamShown)?.frames_per_s || 25;
  const thumbnail = useThumbnail(first, purpose);

  useEffect(() => {
    if (recorded !== null) transport?.setRecorded(first.id, recorded);
  }, [transport, recorded, first.id]);

  const sought = useRef<{ transport: typeof transport; at: number } | null>(null);
  const lastSeen = useRef(opened);
  const target = at ?? opened;
  useEffect(() => {
    if (transport === null) return;
    const before = sought.current;
    if (before?.transport === transport && Math.abs(before.at - target) < 1) return; // `go` below wrote it
    // A transport made anew (another stream, other cameras) goes on where the last one stood
    const to = before !== null && Math.abs(before.at - target) < 1 ? lastSeen.current : target;
    sought.current = { transport, at: target };
    transport.seek(to);
    transport.play();
  }, [transport, target]);
  const position = played.positionMs;
  useEffect(() => {
    if (position !== null) lastSeen.current = position;
  }, [position]);

  const go = useCallback(
    (to: number) => {
      const whole = Math.round(to);
      sought.current = { transport, at: whole };
      transport?.seek(whole);
      onPlace(whole);
    },
    [transport, onPlace],
  );
  const jump = (byMs: number) => transport !== null && go(transport.position() + byMs);
  const mark = (edge: "from" | "to") => {
    if (transport !== null) setMarks((before) => marked(before, edge, Math.round(transport.position())));
  };
  const mayExport = rights.includes("archive.export");
  useKeys({
    Space: () => transport?.toggle(),
    KeyK: () => transport?.pause(),
    KeyJ: () => transport?.shuttle(-1),
    KeyL: () => transport?.shuttle(1),
    Comma: () => transport?.step(-1, fps),
    Period: () => transport?.step(1, fps),
    ArrowLeft: (event) => jump(event.shiftKey ? -JUMP_MS : -1_000),
    ArrowRight: (event) => jump(event.shiftKey ? JUMP_MS : 1_000),
    BracketLeft: () => mark("from"),
    BracketRight: () => mark("to"),
    KeyE: () => mayExport && setExporting(true),
    ...(marks.from === undefined && marks.to === undefined ? {} : { Escape: () => setMarks({}) }),
  });

  return (
    <div className="flex h-full min-h-0 flex-col" data-testid="archive" data-cameras={cameras.length}>
      <div className="grid min-h-48 flex-1 gap-0.5 bg-ground" style={gridStyle(cameras.length)}>
        {cameras.map((camera, index) => (
          <ArchivePicture
            key={camera.id}
            playing={playing}
            index={index}
            name={several ? name(camera.name) : undefined}
          />
        ))}
      </div>
      <div className="shrink-0 border-t bg-surface px-3 pt-2 pb-2">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
          <TransportButtons transport={transport} view={played} fps={fps} onJump={jump} />
          <output
            className="min-w-28 text-lg font-semibold"
            data-testid="position"
            data-ms={position === null ? "" : Math.round(position)}
            data-speed={played.speed}
          >
            {position !== null && (played.playing ? clock(position) : clockExact(position))}
          </output>
          <SpeedChoice transport={transport} view={played} />
          <ArchiveSoundButton transport={transport} view={played} camera={first} request={requests[0]} />
          <span className="grow" />
          {!several && first.has_sub && (
            <Segmented
              label={t("stream.label")}
              value={stream}
              choices={[
                { value: "main", label: t("stream.main") },
                { value: "sub", label: t("stream.sub") },
              ]}
              onChoose={onStream}
              testId="stream"
            />
          )}
          {others.length > 0 && (
            <BesideMenu
              beside={cameras.slice(1).map(({ id }) => id)}
              choice={[...cameras.slice(1), ...others]}
              onBeside={onBeside}
            />
          )}
          {mayExport && (
            <Button onClick={() => setExporting(true)} data-testid="export">
              <Download size={16} aria-hidden /> {t("archive.export.open")} <Kbd>E</Kbd>
            </Button>
          )}
          {rights.includes("evidence.hold") && (
            <Button onClick={() => setHolding(true)} data-testid="hold-open">
              <Archived size={16} aria-hidden /> {t("hold.open")}
            </Button>
          )}
          <Calendar
            at={position ?? opened}
            now={now}
            onGo={(to) => {
              setView(dayOf(to));
              go(to);
            }}
            onDay={(days) => setView((before) => pan(dayOf((before.from + before.to) / 2), days * DAY_MS))}
          />
        </div>
        <div className="mt-3">
          {error !== null && coverage === null ? (
            <Notice
              title={problemText(t, error)}
              detail={t("archive.no_timeline")}
              action={<Button onClick={() => void refetch()}>{t("app.again")}</Button>}
              data-testid="no-timeline"
            />
          ) : (
            <TimelineBar
              view={view}
              coverage={coverage}
              positionMs={position}
              now={now}
              marks={marks}
              onView={setView}
              onSeek={go}
              thumbnail={thumbnail}
            />
          )}
          {cameras.slice(1).map((camera) => (
            <Lane
              key={camera.id}
              camera={camera}
              view={view}
              asked={asked}
              now={now}
              stream={wallStream(camera)}
              transport={transport}
            />
          ))}
        </div>
      </div>
      {holding && (
        <HoldDialog
          cameras={cameras}
          purpose={purpose}
          stretch={stretchOf(marks, transport?.position() ?? opened, now)}
          now={now}
          onClose={() => setHolding(false)}
        />
      )}
      {exporting && (
        <ExportDialog
          cameras={cameras}
          purpose={purpose}
          stream={stream}
          stretch={stretchOf(marks, transport?.position() ?? opened, now)}
          now={now}
          onClose={() => setExporting(false)}
        />
      )}
    </div>
  );
}

function BesideMenu({
  beside,
  choice,
  onBeside,
}: {
  beside: readonly string[];
  choice: readonly Camera[];
  onBeside: (cameras: string[]) => void;
}) {
  const { t, name } = useWords();
  const full = beside.length + 1 >= MOST_CAMERAS;
  const sorted = [...choice].sort((a, b) => a.key.localeCompare(b.key));
  return (
    <Menu
      trigger={
        <Button data-testid="beside">
          <Cctv size={16} aria-hidden /> {t("archive.beside", { count: beside.length + 1 })}
        </Button>
      }
    >
      <MenuLabel>{t("archive.beside_title", { most: MOST_CAMERAS })}</MenuLabel>
      {sorted.map((camera) => {
        const checked = beside.includes(camera.id);
        return (
          <MenuCheck
            key={camera.id}
            checked={checked}
            onChange={() => {
              if (checked) onBeside(beside.filter((id) => id !== camera.id));
              else if (!full) onBeside([...beside, camera.id]);
            }}
            testId="beside-camera"
          >
            {name(camera.name)}
          </MenuCheck>
        );
      })}
    </Menu>
  );
}
