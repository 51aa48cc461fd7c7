/** The plans of one school: its grounds and floors as tabs, with live state; from here they are uploaded and drawn. */
import { History, Map as MapIcon, Pencil, Printer, Trash2, Upload } from "lucide-react";
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
import { Editor } from "./Editor";
import { Layer } from "./Layer";
import { useNamed } from "./marks";
import { type Plan, useBringBack, usePlans, useRemoved, useTakeAway, useWays } from "./plans";
import { PointList } from "./PointList";
import { PrintSheet } from "./PrintSheet";
import { Revisions } from "./Revisions";
import { UploadForm } from "./UploadForm";
import { Viewport } from "./Viewport";

export interface PlanBoardProps {
  school: School;
  /** From the address. */
  plan: string | undefined;
  editing: boolean;
  onPlace: (place: { plan?: string; edit?: boolean }) => void;
  /** The editor holds what has not been saved. */
  onUnsaved: (unsaved: boolean) => void;
}

export function PlanBoard({ school, plan: wanted, editing, onPlace, onUnsaved }: PlanBoardProps) {
  const { t } = useWords();
  const asked = usePlans(school.id);
  const mayDraw = useSession().rights.includes("plans.edit");
  const [uploading, setUploading] = useState(false);
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
          onEdit={mayDraw ? () => onPlace({ plan: plan.id, edit: true }) : null}
          upload={upload}
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

function Looking({
  plan,
  plans,
  school,
  onPlan,
  onEdit,
  upload,
}: {
  plan: Plan;
  plans: readonly Plan[];
  school: School;
  onPlan: (id: string) => void;
  onEdit: (() => void) | null;
  upload: ReactNode;
}) {
  const { t, name } = useWords();
  const ways = useWays(school.id).data?.items;
  const named = useNamed(plan.points, ways);
  const purpose = useRoutinePurpose();
  const [watched, setWatched] = useState<string>();
  const [history, setHistory] = useState(false);
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
        <span className="grow" />
        <span className="text-sm text-ink-3">
          {t("plan.changed", { time: dayAndClock(Date.parse(plan.changed_at)), name: plan.changed_by })}
        </span>
        <Button small look="quiet" onClick={() => setHistory(true)} data-testid="plan-history">
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
              disabled={away.isPending}
              onClick={() => away.mutate(plan.id)}
              data-testid="plan-take-away"
            >
              <Trash2 size={15} aria-hidden /> {t("plan.take_away")}
            </Button>
            {upload}
            <Button small look="primary" onClick={onEdit} data-testid="plan-edit">
              <Pencil size={15} aria-hidden /> {t("plan.edit")}
            </Button>
          </>
        )}
      </div>
      <Problem error={away.error} className="px-3 py-1" />
      <div className="grid min-h-0 flex-1 grid-rows-[minmax(320px,1fr)_auto] lg:grid-cols-[minmax(0,1fr)_320px] lg:grid-rows-1 print:hidden">
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
        <aside className="min-h-0 overflow-y-auto border-l max-lg:border-t max-lg:border-l-0">
          {watched !== undefined && purpose !== null && <Watched id={watched} purpose={purpose} />}
          <PointList named={named} />
        </aside>
      </div>
      <PrintSheet plan={plan} named={named} school={name(school.name)} />
      <Dialog open={history} onClose={() => setHistory(false)} title={t("plan.history")}>
        <Revisions plan={plan} mayRestore={onEdit !== null} onDone={() => setHistory(false)} />
      </Dialog>
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
