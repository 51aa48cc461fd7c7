/** The duty desk: the queue on the left, map or wall or the alarm in the centre, the chosen school on the right. */
import { Navigate, useNavigate, useSearch } from "@tanstack/react-router";
import { ExternalLink, Map as MapIcon, LayoutGrid } from "lucide-react";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import type { Alarm } from "@/api/types";
import { RaiseForCaller } from "@/features/actions/RaiseForCaller";
import { useLearnAlarm } from "@/features/alarms/actions";
import { Queue } from "@/features/alarms/Queue";
import { Wall, type WallPlace } from "@/features/live/Wall";
import { useAfterPaint } from "@/ui/after-paint";
import { useKeys } from "@/ui/keys";
import { Notice, Segmented, Skeleton } from "@/ui/surfaces";
import { useTheme } from "@/ui/theme";
import { useWords } from "@/vocabulary/use-words";
import { useAlarm, useConnection, useSession, useWorld } from "@/world/hooks";
import type { DeskPlace } from "../places";
import { TileRemark } from "../TileRemark";
import { AlarmDesk } from "./AlarmDesk";
import { SchoolPanel } from "./SchoolPanel";
import { useTakeover } from "./takeover";

const SchoolMap = lazy(() => import("@/features/map/SchoolMap"));

export function Desk() {
  const { role } = useSession();
  return role === "duty_officer" ? <OfficersDesk /> : <Navigate to="/" replace />;
}

const THREE = "lg:grid-cols-[272px_minmax(0,1fr)_300px] 2xl:grid-cols-[320px_minmax(0,1fr)_400px]";
const WIDE = "lg:grid-cols-[272px_minmax(0,1fr)] 2xl:grid-cols-[320px_minmax(0,1fr)]";

type Pane = "queue" | "centre" | "school";

function useDeskPlace() {
  const place = useSearch({ from: "/desk" });
  const navigate = useNavigate({ from: "/desk" });
  const move = (change: Partial<DeskPlace>, replace = false) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace });
  return { place, move };
}

function OfficersDesk() {
  const { place, move } = useDeskPlace();
  const takeover = useTakeover();
  const [pane, setPane] = useState<Pane>("centre");
  // An open alarm keeps the screen; one that is over, like none at all, gives way to one that waits, in its first paint.
  const handling = useAlarm(place.alarm) !== undefined;
  const taken = handling ? undefined : takeover.alarm;
  const alarm = taken?.id ?? place.alarm;
  const learn = useLearnAlarm();
  const alarmSchool = useAlarm(alarm)?.school;
  const school = taken?.school ?? place.school ?? alarmSchool;

  useEffect(() => {
    if (taken === undefined) return;
    move({ alarm: taken.id, school: taken.school }, true);
    setPane("centre");
  }, [taken?.id]); // eslint-disable-line react-hooks/exhaustive-deps -- `move` is new in each render; the alarm decides

  const chooseAlarm = (chosen: Alarm) => {
    if (chosen.closed_at !== null && alarm !== undefined) takeover.putAside(alarm);
    move({ alarm: chosen.id, school: chosen.school });
    setPane("centre");
  };
  const leaveAlarm = () => {
    if (alarm !== undefined) takeover.putAside(alarm);
    move({ alarm: undefined });
  };
  const chooseSchool = (id: string) => {
    move({ school: id, page: undefined, cams: undefined, big: undefined });
    setPane("school");
  };
  // A wall of all schools needs the width more than an empty panel does.
  const wide = alarm === undefined && place.view === "wall" && school === undefined;
  return (
    <div className="flex h-full min-h-0 flex-col" data-testid="desk">
      <PaneSwitch pane={pane} onChoose={setPane} />
      <div className={`grid min-h-0 flex-1 ${wide ? WIDE : THREE}`}>
        <Column shown={pane === "queue"} className="border-r">
          <Queue chosen={alarm} onChoose={chooseAlarm} />
        </Column>
        <Column shown={pane === "centre"}>
          <MapOrWall school={school} onSchool={chooseSchool} covered={alarm !== undefined} />
          {alarm !== undefined && <AlarmDesk id={alarm} onChoose={chooseAlarm} onLeave={leaveAlarm} />}
        </Column>
        <Column shown={pane === "school"} className={wide ? "lg:hidden" : "border-l"}>
          <SchoolPanel
            school={school}
            onWall={(id) => {
              move({
                school: id,
                view: "wall",
                alarm: undefined,
                page: undefined,
                cams: undefined,
                big: undefined,
              });
              setPane("centre");
            }}
            onForget={() => move({ school: undefined, page: undefined, big: undefined })}
            onAlarm={chooseAlarm}
            forAlarm={alarm !== undefined}
          />
        </Column>
      </div>
      <RaiseForCaller
        open={place.raise === true}
        school={place.school}
        onClose={() => move({ raise: undefined }, true)}
        onRaised={(raised) => {
          learn(raised);
          move({ raise: undefined, alarm: raised.id, school: raised.school });
          setPane("centre");
        }}
      />
    </div>
  );
}

function Column({
  shown,
  className = "",
  children,
}: {
  shown: boolean;
  className?: string;
  children: ReactNode;
}) {
  return (
    <div className={`relative min-h-0 min-w-0 overflow-hidden ${shown ? "" : "max-lg:hidden"} ${className}`}>
      {children}
    </div>
  );
}

/** On a narrow screen the three columns take turns. */
function PaneSwitch({ pane, onChoose }: { pane: Pane; onChoose: (pane: Pane) => void }) {
  const { t } = useWords();
  const waiting = useWorld((world) => world.alarms).size;
  return (
    <div className="flex justify-center border-b bg-surface p-1.5 lg:hidden">
      <Segmented
        label={t("desk.panes")}
        value={pane}
        onChoose={onChoose}
        choices={[
          { value: "queue", label: `${t("queue.title")} ${waiting}` },
          { value: "centre", label: t("desk.centre") },
          { value: "school", label: t("desk.school") },
        ]}
        testId="pane"
      />
    </div>
  );
}

/** Under an alarm, once that is painted, the wall gives its streams back; the map only stands still. */
function MapOrWall({
  school,
  onSchool,
  covered,
}: {
  school: string | undefined;
  onSchool: (id: string) => void;
  covered: boolean;
}) {
  const { t } = useWords();
  const { place, move } = useDeskPlace();
  const navigate = useNavigate();
  const view = place.view ?? "map";
  const painted = useAfterPaint(covered);
  const show = (next: "map" | "wall") => move({ view: next === "wall" ? "wall" : undefined, big: undefined });
  useKeys({ KeyM: () => !covered && show("map"), KeyW: () => !covered && show("wall") });
  const tabs = (
    <Segmented
      label={t("desk.view")}
      value={view}
      onChoose={show}
      choices={[
        {
          value: "map",
          label: (
            <>
              <MapIcon size={15} aria-hidden /> {t("desk.map")}
            </>
          ),
        },
        {
          value: "wall",
          label: (
            <>
              <LayoutGrid size={15} aria-hidden /> {t("desk.wall")}
            </>
          ),
        },
      ]}
      testId="view"
    />
  );
  if (view === "map") {
    return (
      <div className={`flex flex-col ${covered ? "invisible absolute inset-0" : "h-full"}`} inert={covered}>
        <div className="flex h-10 shrink-0 items-center justify-end border-b px-2">{tabs}</div>
        <div className="min-h-0 flex-1">
          <MapOfSchools chosen={school} onChoose={onSchool} active={!covered} />
        </div>
      </div>
    );
  }
  if (covered && painted) return null;
  const wall: WallPlace = {
    tiles: place.tiles ?? 9,
    page: place.page ?? 0,
    school: place.school,
    cams: place.cams?.split(","),
    big: place.big,
  };
  const own = `/wall?${new URLSearchParams({ tiles: String(wall.tiles), ...(place.school === undefined ? {} : { school: place.school }) })}`;
  const tiles = (
    <Wall
      place={wall}
      onMove={({ cams, ...change }) =>
        move({ ...change, ...(cams === undefined ? {} : { cams: cams.join(",") }) })
      }
      onArchive={(camera) => void navigate({ to: "/cameras/$id", params: { id: camera.id } })}
      more={(camera) => <TileRemark camera={camera} />}
      tools={
        <>
          <a
            href={own}
            target="_blank"
            rel="noreferrer"
            title={t("wall.own_window")}
            aria-label={t("wall.own_window")}
            className="inline-flex size-7 items-center justify-center rounded-sm text-ink-2 hover:bg-raised hover:text-ink"
          >
            <ExternalLink size={16} aria-hidden />
          </a>
          {tabs}
        </>
      }
    />
  );
  return (
    <div className={covered ? "invisible absolute inset-0" : "h-full"} inert={covered}>
      {tiles}
    </div>
  );
}

export function MapOfSchools({
  active = true,
  chosen,
  onChoose,
}: {
  active?: boolean;
  chosen: string | undefined;
  onChoose: (id: string) => void;
}) {
  const { t } = useWords();
  const schools = useWorld((world) => world.schools);
  const connection = useConnection();
  const theme = useTheme();
  if (connection.state === "loading") return <Skeleton className="h-full" />;
  if (schools.size === 0)
    return (
      <Notice title={t("desk.no_schools")} detail={t("desk.no_schools_detail")} data-testid="no-schools" />
    );
  return (
    <Suspense fallback={<Skeleton className="h-full" />}>
      <SchoolMap schools={schools} chosen={chosen} onChoose={onChoose} theme={theme} active={active} />
    </Suspense>
  );
}
