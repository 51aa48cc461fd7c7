/** The plans of one school: its grounds and floors as tabs, with live state; from here they are uploaded and drawn. */
import { History, ImageUp, Map as MapIcon, Pencil, Printer, Trash2, Upload } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { School } from "@/api/types";
import { LivePicture } from "@/player/LivePicture";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/overlays";
import { Notice, Panel, Segmented, Skeleton } from "@/ui/surfaces";
import { Problem } from "@/vocabulary/problem";
import { wallStream } from "@/vocabulary/schools";
import { problemText } from "@/vocabulary/text";
import { dayAndClock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useCamera, useRoutinePurpose, useSession } from "@/world/hooks";
import { Compare } from "./Compare";
import { CoveragePanel, DensityLayer, useAsked } from "./Coverage";
import { Editor } from "./Editor";
import { Ground, useZoneWords } from "./Ground";
import { Layer } from "./Layer";
import { type Named, useNamed } from "./marks";
import { type Plan, useBringBack, usePlans, useRemoved, useTakeAway, useWays } from "./plans";
import { PointList } from "./PointList";
import { PrintSheet } from "./PrintSheet";
import { Revisions } from "./Revisions";
import { ReplaceForm, UploadForm } from "./UploadForm";
import { Viewport } from "./Viewport";

export interface PlanBoardProps {
  school: School;
  /** From the address. */
  plan: string | undefined;
  editing: boolean;
  onPlace: (place: { plan?: string; edit?: boolean }) => void;
  /** The editor holds what has not been saved. */
  onUnsaved: (unsaved: boolean) => void;
  /** What else can be done with a plan as a whole, or with the zone that was chosen on it. */
  deeds?: PlanDeeds;
}

export type PlanDeeds = (plan: Plan, zone: { key: string; kind: string; title: string } | null) => ReactNode;

export function PlanBoard({ school, plan: wanted, editing, onPlace, onUnsaved, deeds }: PlanBoardProps) {
  const { t } = useWords();
  const asked = usePlans(school.id);
  const mayDraw = useSession().rights.includes("plans.edit");
  const [uploading, setUploading] = useState(false);
  const [start, setStart] = useState<string>();
  const removed = useRemoved(school.id, mayDraw);
  if (asked.error !== null && asked.data === undefined)
    return <Notice title={problemText(t, asked.error)} data-testid="plans-failed" />;
  if (asked.data === undefined) return <Skeleton className="h-full min-h-96" />;
  const plans = asked.data;
  const plan = plans.find(({ id }) => id === wanted) ?? plans[0];
  const upload = mayDraw && (
    <Button small={plan !== undefined} onClick={() => setUploading(true)} data-testid="plan-upload-open">
      <Upload size={15} aria-hidden /> {t("plan.upload")}
    </Button>
  );
  return (
    <div className="flex h-full min-h-0 flex-col" data-testid="plan-board">
      {mayDraw && !editing && <Removed plans={removed.data ?? []} onBack={(id) => onPlace({ plan: id })} />}
      {plan === undefined ? (
        <Notice
          icon={<MapIcon size={28} />}
          title={t("plan.empty")}
          detail={t(mayDraw ? "plan.empty_draw" : "plan.empty_ask")}
          action={upload}
          data-testid="plans-empty"
        />
      ) : editing && mayDraw ? (
        <Editor
          key={plan.id}
          plan={plan}
          plans={plans}
          school={school}
          start={start}
          onDone={() => onPlace({ plan: plan.id })}
          onUnsaved={onUnsaved}
        />
      ) : (
        <Looking
          key={plan.id}
          plan={plan}
          plans={plans}
          school={school}
          onPlan={(id) => onPlace({ plan: id })}
          onEdit={
            mayDraw
              ? (point) => {
                  setStart(point);
                  onPlace({ plan: plan.id, edit: true });
                }
              : null
          }
          upload={upload}
          deeds={deeds}
        />
      )}
      <Dialog open={uploading} onClose={() => setUploading(false)} title={t("plan.upload")}>
        <UploadForm
          school={school.id}
          onDone={(made) => {
            setUploading(false);
            onPlace({ plan: made.id, edit: true });
          }}
        />
      </Dialog>
    </div>
  );
}

/** Undo in place of "are you sure": what was taken away stands here until it is brought back. */
function Removed({ plans, onBack }: { plans: readonly Plan[]; onBack: (id: string) => void }) {
  const { t } = useWords();
  const [all, setAll] = useState(false);
  const [first, ...others] = plans;
  if (first === undefined) return null;
  return (
    <div className="border-b bg-surface px-3 py-1 print:hidden" role="status" data-testid="plans-gone">
      {(all ? plans : [first]).map((plan) => (
        <Gone key={plan.id} plan={plan} onBack={onBack} />
      ))}
      {others.length > 0 && !all && (
        <Button small look="quiet" onClick={() => setAll(true)}>
          {t("plan.more_gone", { count: others.length })}
        </Button>
      )}
    </div>
  );
}

function Gone({ plan, onBack }: { plan: Plan; onBack: (id: string) => void }) {
  const { t } = useWords();
  const back = useBringBack(plan.school);
  return (
    <div className="flex flex-wrap items-center gap-3 py-0.5 text-sm text-ink-2" data-testid="plan-gone">
      <span>{t("plan.gone", { name: plan.name })}</span>
      <Button
        small
        disabled={back.isPending}
        onClick={() => back.mutate(plan.id, { onSuccess: () => onBack(plan.id) })}
        data-testid="plan-bring-back"
      >
        {t("plan.bring_back")}
      </Button>
      <Problem error={back.error} />
    </div>
  );
}

type Room = "state" | "coverage";
type Window = { what: "history" } | { what: "replace" } | { what: "compare"; revision: number };

function Looking({
  plan,
  plans,
  school,
  onPlan,
  onEdit,
  upload,
  deeds,
}: {
  plan: Plan;
  plans: readonly Plan[];
  school: School;
  onPlan: (id: string) => void;
  /** `point`: which one to begin with. */
  onEdit: ((point?: string) => void) | null;
  upload: ReactNode;
  deeds: PlanDeeds | undefined;
}) {
  const { t, name } = useWords();
  const ways = useWays(school.id).data?.items;
  const named = useNamed(plan.points, ways);
  const [room, setRoom] = useState<Room>("state");
  const [open, setOpen] = useState<Window | null>(null);
  const close = () => setOpen(null);
  const away = useTakeAway(school.id);
  return (
    <>
      <div className="flex flex-wrap items-center gap-2 border-b px-3 py-2 print:hidden">
        <Segmented
          label={t("plan.plans")}
          value={plan.id}
          onChoose={onPlan}
          choices={plans.map(({ id, name }) => ({ value: id, label: name }))}
          testId="plan-tab"
        />
        <Segmented
          label={t("coverage.room")}
          value={room}
          onChoose={setRoom}
          choices={[
            { value: "state", label: t("coverage.state") },
            { value: "coverage", label: t("coverage.title") },
          ]}
          testId="plan-room"
        />
        <span className="grow" />
        <span className="text-sm text-ink-3">
          {t("plan.changed", { time: dayAndClock(Date.parse(plan.changed_at)), name: plan.changed_by })}
        </span>
        {deeds?.(plan, null)}
        <Button small look="quiet" onClick={() => setOpen({ what: "history" })} data-testid="plan-history">
          <History size={15} aria-hidden /> {t("plan.history")}
        </Button>
        <Button small look="quiet" onClick={() => window.print()} data-testid="plan-print-now">
          <Printer size={15} aria-hidden /> {t("report.print")}
        </Button>
        {onEdit !== null && (
          <>
            <Button
              small
              look="quiet"
              onClick={() => setOpen({ what: "replace" })}
              data-testid="plan-replace-open"
            >
              <ImageUp size={15} aria-hidden /> {t("plan.replace")}
            </Button>
            <Button
              small
              look="quiet"
              disabled={away.isPending}
              onClick={() => away.mutate(plan.id)}
              data-testid="plan-take-away"
            >
              <Trash2 size={15} aria-hidden /> {t("plan.take_away")}
            </Button>
            {upload}
            <Button small look="primary" onClick={() => onEdit()} data-testid="plan-edit">
              <Pencil size={15} aria-hidden /> {t("plan.edit")}
            </Button>
          </>
        )}
      </div>
      <Problem error={away.error} className="px-3 py-1" />
      {room === "state" ? (
        <StateRoom plan={plan} named={named} school={name(school.name)} />
      ) : (
        <CoverageRoom plan={plan} named={named} school={name(school.name)} onEdit={onEdit} deeds={deeds} />
      )}
      <Dialog open={open?.what === "history"} onClose={close} title={t("plan.history")}>
        <Revisions
          plan={plan}
          mayRestore={onEdit !== null}
          onCompare={(revision) => setOpen({ what: "compare", revision })}
          onDone={close}
        />
      </Dialog>
      <Dialog open={open?.what === "compare"} onClose={close} title={t("compare.title")} wide>
        {open?.what === "compare" && <Compare plan={plan} number={open.revision} />}
      </Dialog>
      <Dialog open={open?.what === "replace"} onClose={close} title={t("plan.replace")}>
        <ReplaceForm plan={plan} onDone={close} />
      </Dialog>
    </>
  );
}

const ROOM =
  "grid min-h-0 flex-1 grid-rows-[minmax(320px,1fr)_auto] lg:grid-cols-[minmax(0,1fr)_340px] lg:grid-rows-1 print:hidden";
const BESIDE = "min-h-0 overflow-y-auto border-l max-lg:border-t max-lg:border-l-0";

/** What stands on the plan and whether it lives. */
function StateRoom({ plan, named, school }: { plan: Plan; named: readonly Named[]; school: string }) {
  const { t } = useWords();
  const purpose = useRoutinePurpose();
  const [watched, setWatched] = useState<string>();
  return (
    <>
      <div className={ROOM}>
        <div className="min-h-0 min-w-0">
          <Viewport plan={plan} label={t("plan.of", { name: plan.name })}>
            {(frame) => (
              <Layer
                named={named}
                frame={frame}
                chosen={watched}
                onCamera={purpose === null ? undefined : (id) => setWatched(id === watched ? undefined : id)}
              />
            )}
          </Viewport>
        </div>
        <aside className={BESIDE}>
          {watched !== undefined && purpose !== null && <Watched id={watched} purpose={purpose} />}
          <PointList named={named} />
        </aside>
      </div>
      <PrintSheet plan={plan} named={named} school={school} />
    </>
  );
}

/** How finely its cameras see it, and what that lacks. */
function CoverageRoom({
  plan,
  named,
  school,
  onEdit,
  deeds,
}: {
  plan: Plan;
  named: readonly Named[];
  school: string;
  onEdit: ((point?: string) => void) | null;
  deeds: PlanDeeds | undefined;
}) {
  const { t } = useWords();
  const asking = useAsked(plan);
  const [zone, setZone] = useState<string | null>(null);
  const words = useZoneWords(asking.norms.data);
  const chosen = plan.zones.find(({ key }) => key === zone);
  const cameras = named.filter(({ point }) => point.kind === "camera");
  const refused = new Set(asking.coverage?.refusals.map((one) => one.zone));
  return (
    <>
      <div className={ROOM}>
        <div className="min-h-0 min-w-0">
          <Viewport plan={plan} label={t("plan.of", { name: plan.name })}>
            {(frame) => (
              <>
                <DensityLayer frame={frame} coverage={asking.coverage} chosen={zone} />
                <Ground
                  frame={frame}
                  zones={plan.zones}
                  walls={plan.walls}
                  norms={asking.norms.data}
                  chosen={zone}
                  faulty={refused}
                  bare={(asking.coverage?.map ?? null) !== null}
                />
                <Layer named={cameras} frame={frame} />
              </>
            )}
          </Viewport>
        </div>
        <aside className={BESIDE}>
          {chosen !== undefined && deeds !== undefined && (
            <div className="px-3 pt-3">
              {deeds(plan, { key: chosen.key, kind: chosen.kind, title: words(chosen) })}
            </div>
          )}
          <CoveragePanel
            plan={plan}
            asking={asking}
            named={named}
            chosen={zone}
            onZone={setZone}
            onEdit={onEdit}
          />
        </aside>
      </div>
      <PrintSheet
        plan={plan}
        named={named}
        school={school}
        density={{ coverage: asking.coverage, scale: asking.scale }}
      />
    </>
  );
}

function Watched({ id, purpose }: { id: string; purpose: string }) {
  const { name } = useWords();
  const camera = useCamera(id);
  if (camera === undefined) return null;
  return (
    <Panel className="m-3 overflow-hidden">
      <div className="relative box-content aspect-video pb-6 *:absolute *:inset-0" data-testid="plan-watched">
        <LivePicture
          key={camera.id}
          camera={camera.id}
          stream={wallStream(camera)}
          purpose={purpose}
          name={name(camera.name)}
        />
      </div>
    </Panel>
  );
}
