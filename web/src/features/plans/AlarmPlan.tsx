/** On an alarm's screen: the plan of the pressed place. Loaded when the alarm itself has been painted, never before. */
import { Expand, Map as MapIcon, Shrink } from "lucide-react";
import { useMemo } from "react";
import type { Alarm } from "@/api/types";
import { Button } from "@/ui/button";
import { useKeys } from "@/ui/keys";
import { problemText } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { Layer } from "./Layer";
import { Pressed, useNamed } from "./marks";
import { type Plan, usePlace } from "./plans";
import { PlanTool, Viewport } from "./Viewport";

export interface AlarmPlanProps {
  alarm: Alarm;
  /** The camera whose picture is the large one. */
  shown: string | undefined;
  /** Absent when whoever looks may see no pictures. */
  onCamera?: (camera: string) => void;
  large: boolean;
  onLarge: () => void;
}

export default function AlarmPlan(props: AlarmPlanProps) {
  const { t } = useWords();
  const { data, error, refetch } = usePlace(props.alarm.id);
  if (error !== null && data === undefined) {
    return (
      <Quiet testId="plan-failed">
        {t("plan.failed")} {problemText(t, error)}{" "}
        <Button small look="quiet" onClick={() => void refetch()}>
          {t("app.again")}
        </Button>
      </Quiet>
    );
  }
  if (data === undefined) return <div className="size-full bg-ground" aria-busy />;
  if (data.plan === null) return <Quiet testId="plan-none">{t("plan.none_here")}</Quiet>;
  return <Shown key={data.plan.id} plan={data.plan} point={data.point} {...props} />;
}

function Quiet({ children, testId }: { children: React.ReactNode; testId: string }) {
  return (
    <p
      className="flex size-full items-center justify-center gap-2 bg-ground p-3 text-center text-sm text-balance text-ink-3"
      data-testid={testId}
    >
      <span>{children}</span>
    </p>
  );
}

function Shown({
  plan,
  point,
  alarm,
  shown,
  onCamera,
  large,
  onLarge,
}: AlarmPlanProps & { plan: Plan; point: string | null }) {
  const { t, name } = useWords();
  useKeys({ KeyZ: onLarge });
  const pressed = plan.points.find(({ key }) => key === point);
  const nearest = plan.points.find(({ camera }) => camera !== null && camera === alarm.cameras[0]);
  const others = useMemo(() => plan.points.filter(({ key }) => key !== point), [plan.points, point]);
  const named = useNamed(others);
  const Icon = large ? Shrink : Expand;
  return (
    <section className="flex size-full flex-col" data-testid="alarm-plan" data-point={point ?? ""}>
      <div className="min-h-0 flex-1">
        <Viewport
          plan={plan}
          label={t("plan.of", { name: plan.name })}
          start={[pressed, pressed && nearest].filter((spot) => spot !== undefined)}
          tools={
            <PlanTool
              label={t(large ? "plan.smaller" : "plan.larger")}
              onClick={onLarge}
              pressed={large}
              testId="plan-large"
            >
              <Icon size={14} aria-hidden />
            </PlanTool>
          }
        >
          {(frame) => (
            <>
              <Layer
                named={named}
                frame={frame}
                chosen={shown}
                onCamera={onCamera}
                pressed={pressed === undefined ? null : { spot: pressed, words: name(alarm.place) }}
              />
              {pressed !== undefined && (
                <Pressed alarm={alarm} words={name(alarm.place)} at={frame.place(pressed)} />
              )}
            </>
          )}
        </Viewport>
      </div>
      <p className="flex h-6 shrink-0 items-center gap-2 bg-surface px-2 text-xs text-ink-2">
        <MapIcon size={12} aria-hidden className="shrink-0 text-ink-3" />
        <span className="min-w-0 flex-1 truncate text-ink" title={plan.name}>
          {plan.name}
        </span>
        {pressed === undefined && (
          <span className="truncate text-caution" title={t("plan.not_drawn")} data-testid="plan-not-drawn">
            {t("plan.not_drawn")}
          </span>
        )}
      </p>
    </section>
  );
}
