/** The wall: 1, 4, 9 or 16 live tiles edge to edge. Its layout is in the URL, which its owner keeps. */
import { ChevronLeft, ChevronRight, History, Maximize2, Minimize2, VideoOff } from "lucide-react";
import { type CSSProperties, type ReactNode, useMemo } from "react";
import type { Camera } from "@/api/types";
import { shownStream } from "@/player/codecs";
import { LivePicture } from "@/player/LivePicture";
import { Button } from "@/ui/button";
import { useKeys } from "@/ui/keys";
import { Notice, Segmented } from "@/ui/surfaces";
import { wallStream } from "@/vocabulary/schools";
import { PictureFaults } from "@/vocabulary/quality";
import { useWords } from "@/vocabulary/use-words";
import { useRoutinePurpose, useWorld } from "@/world/hooks";
import { isTileCount, pageOf, TILE_COUNTS, type TileCount, wallCameras } from "./places";

export interface WallPlace {
  tiles: TileCount;
  page: number;
  school?: string;
  cams?: string[];
  /** The camera that fills the wall. */
  big?: string;
}

/** The widest 16:9 tile, with its bar of 24 px, of which so many by so many fit: video edge to edge, no black borders. */
function gridStyle(tiles: TileCount): CSSProperties {
  const side = Math.sqrt(tiles);
  const gaps = `${(side - 1) * 2}px`;
  const width = `min((100cqw - ${gaps}) / ${side}, ((100cqh - ${gaps}) / ${side} - 24px) * 16 / 9)`;
  return {
    gridTemplateColumns: `repeat(${side}, ${width})`,
    gridAutoRows: `calc(${width} * 9 / 16 + 24px)`,
    placeContent: "center",
  };
}

export function Wall({
  place,
  onMove,
  onArchive,
  more,
  tools,
}: {
  place: WallPlace;
  onMove: (change: Partial<WallPlace>) => void;
  onArchive: (camera: Camera) => void;
  /** What else can be done from a tile. */
  more?: (camera: Camera) => ReactNode;
  tools?: ReactNode;
}) {
  const { t } = useWords();
  const purpose = useRoutinePurpose();
  const cameras = useWorld((world) => world.cameras);
  const schools = useWorld((world) => world.schools);
  const { school, cams } = place;
  const all = useMemo(
    () => wallCameras(cameras, schools, { school, cams }),
    [cameras, schools, school, cams],
  );
  const { items, page, pages } = pageOf(all, place.tiles, place.page);
  const big = place.big === undefined ? undefined : cameras.get(place.big);
  const digits = Object.fromEntries(
    items.slice(0, 9).map((camera, index) => [`Digit${index + 1}`, () => onMove({ big: camera.id })]),
  );
  useKeys({
    ...digits,
    Escape: () => onMove({ big: undefined }),
    ArrowRight: () => page + 1 < pages && onMove({ page: page + 1 }),
    ArrowLeft: () => page > 0 && onMove({ page: page - 1 }),
  });

  if (purpose === null)
    return (
      <Notice icon={<VideoOff size={28} />} title={t("wall.no_right")} detail={t("wall.no_right_detail")} />
    );
  const shown = big === undefined ? items : [big];
  return (
    <div className="flex h-full min-h-0 flex-col" data-testid="wall" data-tiles={place.tiles}>
      <div className="flex h-10 shrink-0 items-center gap-2 border-b px-2">
        <Segmented
          label={t("wall.tiles")}
          value={String(place.tiles)}
          choices={TILE_COUNTS.map((count) => ({ value: String(count), label: String(count) }))}
          onChoose={(value) =>
            isTileCount(Number(value)) &&
            onMove({ tiles: Number(value) as TileCount, page: 0, big: undefined })
          }
          testId="wall-tiles"
        />
        {pages > 1 && big === undefined && (
          <Pages page={page} pages={pages} onMove={(next) => onMove({ page: next })} />
        )}
        <span className="grow" />
        {tools}
      </div>
      {shown.length === 0 ? (
        <Notice
          icon={<VideoOff size={28} />}
          title={t("wall.empty")}
          detail={t("wall.empty_detail")}
          data-testid="wall-empty"
        />
      ) : (
        <div className="@container-[size] min-h-0 flex-1 bg-ground">
          <div className="grid size-full gap-0.5" style={gridStyle(big === undefined ? place.tiles : 1)}>
            {shown.map((camera, index) => (
              <Tile
                key={camera.id}
                camera={camera}
                purpose={purpose}
                index={index}
                big={camera === big}
                whose={school === undefined}
                onBig={() => onMove({ big: camera === big ? undefined : camera.id })}
                onArchive={() => onArchive(camera)}
                more={more?.(camera)}
              />
            ))}
          </div>
        </div>
      )}
    </div>
  );
}

function Tile({
  camera,
  purpose,
  index,
  big,
  whose,
  onBig,
  onArchive,
  more,
}: {
  camera: Camera;
  purpose: string;
  index: number;
  big: boolean;
  whose: boolean;
  onBig: () => void;
  onArchive: () => void;
  more?: ReactNode;
}) {
  const { t, name } = useWords();
  const school = useWorld((world) => world.schools.get(camera.school));
  const words =
    whose && school !== undefined ? `${name(school.name)} · ${name(camera.name)}` : name(camera.name);
  const Icon = big ? Minimize2 : Maximize2;
  const { stream, insteadOf } = shownStream(camera, big ? "main" : wallStream(camera));
  const controls = (
    <>
      {more}
      <TileButton label={t("wall.archive")} onClick={onArchive} testId="tile-archive">
        <History size={15} aria-hidden />
      </TileButton>
      <TileButton label={big ? t("wall.smaller") : t("wall.bigger")} onClick={onBig} testId="tile-enlarge">
        <Icon size={15} aria-hidden />
      </TileButton>
    </>
  );
  return (
    <div
      className="min-h-0 min-w-0"
      role="group"
      aria-label={words}
      tabIndex={0}
      onDoubleClick={onBig}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || event.target !== event.currentTarget) return;
        event.preventDefault();
        onBig();
      }}
      data-testid="wall-tile"
    >
      <LivePicture
        camera={camera.id}
        stream={stream}
        insteadOf={insteadOf}
        purpose={purpose}
        name={words}
        mark={index < 9 && !big && <span className="text-ink-3">{index + 1}</span>}
        controls={controls}
        note={<PictureFaults picture={camera.picture} testId="tile-faults" />}
      />
    </div>
  );
}

function TileButton({
  label,
  onClick,
  children,
  testId,
}: {
  label: string;
  onClick: () => void;
  children: ReactNode;
  testId: string;
}) {
  return (
    <button
      type="button"
      title={label}
      aria-label={label}
      onClick={onClick}
      className="inline-flex size-7 items-center justify-center rounded-sm bg-veil text-on-video hover:brightness-150"
      data-testid={testId}
    >
      {children}
    </button>
  );
}

function Pages({ page, pages, onMove }: { page: number; pages: number; onMove: (page: number) => void }) {
  const { t } = useWords();
  return (
    <div className="flex items-center gap-1 text-sm text-ink-2">
      <Button
        small
        look="quiet"
        aria-label={t("wall.page_back")}
        disabled={page === 0}
        onClick={() => onMove(page - 1)}
      >
        <ChevronLeft size={16} aria-hidden />
      </Button>
      <span data-testid="wall-page">{t("wall.page", { page: page + 1, pages })}</span>
      <Button
        small
        look="quiet"
        aria-label={t("wall.page_on")}
        disabled={page + 1 >= pages}
        onClick={() => onMove(page + 1)}
        data-testid="wall-page-next"
      >
        <ChevronRight size={16} aria-hidden />
      </Button>
    </div>
  );
}
