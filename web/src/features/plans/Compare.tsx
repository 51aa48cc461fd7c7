/** Two versions of a plan, one over the other: what was added, moved, changed and taken away, drawn and in words. */
import { Skeleton } from "@/ui/surfaces";
import { problemText, wordFor } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { type Difference, differences, draftOf } from "./drafts";
import { pointsOf, Sheet, useZoneWords } from "./Ground";
import { AT, ICONS, placeStyle, useNamed } from "./marks";
import { type Norms, useNorms } from "./places";
import { type Plan, type PlanPoint, useRevision, useWays, type Zone } from "./plans";
import { type Frame, Viewport } from "./Viewport";
import type { Spot } from "./view";

/** What happened to a thing, as one sees it: a change of place is told from any other change. */
export type Deed = "added" | "moved" | "changed" | "removed";

export type Told = Difference & { deed: Deed; before: Difference };

const COLOURS: Record<Deed, string> = {
  added: "text-accent",
  moved: "text-drill",
  changed: "text-caution",
  removed: "text-alarm",
};
const DEEDS: readonly Deed[] = ["added", "moved", "changed", "removed"];

const shapeOf = (one: Difference): string =>
  JSON.stringify(
    one.of === "point"
      ? [one.point.x, one.point.y]
      : one.of === "zone"
        ? one.zone.outline.map(({ x, y }) => [x, y])
        : one.key,
  );

/** What became of `then` until `now`. Each with how it was before: itself where it is new. */
export function told(then: Plan, now: Plan): Told[] {
  const back = new Map(differences(draftOf(now), draftOf(then)).map((one) => [`${one.of} ${one.key}`, one]));
  return differences(draftOf(then), draftOf(now)).map((one) => {
    const before = back.get(`${one.of} ${one.key}`) ?? one;
    const deed = one.what === "changed" ? (shapeOf(one) === shapeOf(before) ? "changed" : "moved") : one.what;
    return { ...one, deed, before };
  });
}

export function Compare({ plan, number }: { plan: Plan; number: number }) {
  const { t } = useWords();
  const { data: then, error } = useRevision(plan.id, number);
  if (error !== null) return <p className="p-4 text-caution">{problemText(t, error)}</p>;
  if (then === undefined) return <Skeleton className="m-4 h-64" />;
  return <Shown plan={plan} then={then} />;
}

function Shown({ plan, then }: { plan: Plan; then: Plan }) {
  const { t } = useWords();
  const norms = useNorms().data;
  const found = told(then, plan);
  const words = useThingWords(plan, found, norms);
  return (
    <div
      className="space-y-3 p-4"
      data-testid="plan-compare"
      data-from={then.revision}
      data-to={plan.revision}
    >
      <p className="text-sm text-ink-2">{t("compare.of", { then: then.revision, now: plan.revision })}</p>
      {then.image !== plan.image && <p className="text-sm text-caution">{t("compare.other_drawing")}</p>}
      {found.length === 0 ? (
        <p data-testid="compare-nothing">{t("compare.nothing")}</p>
      ) : (
        <>
          <div className="h-[44vh] overflow-hidden rounded-md border">
            <Viewport plan={plan} label={t("compare.title")} keys={false}>
              {(frame) => <Drawn found={found} frame={frame} />}
            </Viewport>
          </div>
          <div className="grid gap-x-6 gap-y-2 sm:grid-cols-2">
            {DEEDS.map((deed) => {
              const of = found.filter((one) => one.deed === deed);
              return (
                of.length > 0 && (
                  <section key={deed} data-testid="compare-part" data-deed={deed}>
                    <h3 className={`font-medium ${COLOURS[deed]}`}>
                      {t(`compare.${deed}`)} · {of.length}
                    </h3>
                    <ul className="text-sm text-ink-2">
                      {[...counted(of.map(words))].map(([what, times]) => (
                        <li key={what}>
                          {what}
                          {times > 1 && ` × ${times}`}
                        </li>
                      ))}
                    </ul>
                  </section>
                )
              );
            })}
          </div>
        </>
      )}
    </div>
  );
}

/** How often each of these words is there, in the order of their first. */
function counted(words: readonly string[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const word of words) times.set(word, (times.get(word) ?? 0) + 1);
  return times;
}

function useThingWords(plan: Plan, found: readonly Told[], norms: Norms | undefined): (one: Told) => string {
  const { t } = useWords();
  const named = useNamed(
    found.flatMap((one) => (one.of === "point" ? [one.point] : [])),
    useWays(plan.school).data?.items,
  );
  const zone = useZoneWords(norms);
  return (one) => {
    if (one.of === "wall") return t("place.a_wall");
    if (one.of === "zone") return zone(one.zone);
    const words = named.find(({ point }) => point.key === one.key)?.words ?? "";
    const kind = wordFor(t, "plan_point", one.point.kind);
    return words === kind ? kind : `${kind}: ${words}`;
  };
}

function Drawn({ found, frame }: { found: readonly Told[]; frame: Frame }) {
  return (
    <>
      <Sheet>
        {found.map((one) => (
          <g
            key={`${one.of} ${one.key}`}
            className={COLOURS[one.deed]}
            data-testid="compare-thing"
            data-deed={one.deed}
          >
            {one.of === "zone" && <Outline zone={one.zone} frame={frame} gone={one.deed === "removed"} />}
            {one.of === "zone" && one.deed === "moved" && one.before.of === "zone" && (
              <Outline zone={one.before.zone} frame={frame} gone />
            )}
            {one.of === "wall" && (
              <Line from={one.wall.a} to={one.wall.b} frame={frame} gone={one.deed === "removed"} />
            )}
            {one.of === "point" && one.deed === "moved" && one.before.of === "point" && (
              <Line from={one.before.point} to={one.point} frame={frame} gone />
            )}
          </g>
        ))}
      </Sheet>
      {found.map(
        (one) =>
          one.of === "point" && <Point key={one.key} point={one.point} deed={one.deed} frame={frame} />,
      )}
    </>
  );
}

function Outline({ zone, frame, gone }: { zone: Zone; frame: Frame; gone: boolean }) {
  return (
    <polygon
      points={pointsOf(frame, zone.outline)}
      fill="currentColor"
      fillOpacity={gone ? 0.05 : 0.18}
      stroke="currentColor"
      strokeWidth={2}
      strokeDasharray={gone ? "5 4" : undefined}
    />
  );
}

function Line({ from, to, frame, gone }: { from: Spot; to: Spot; frame: Frame; gone: boolean }) {
  return (
    <polyline
      points={pointsOf(frame, [from, to])}
      fill="none"
      stroke="currentColor"
      strokeWidth={gone ? 1.5 : 3}
      strokeDasharray={gone ? "5 4" : undefined}
    />
  );
}

function Point({ point, deed, frame }: { point: PlanPoint; deed: Deed; frame: Frame }) {
  const Icon = ICONS[point.kind];
  return (
    <div className={`${AT} pointer-events-none`} style={placeStyle(frame.place(point))}>
      <span
        className={`absolute inline-flex size-6 -translate-x-1/2 -translate-y-1/2 items-center justify-center rounded-full border-2 border-current bg-surface ${COLOURS[deed]} ${deed === "removed" ? "border-dashed" : ""}`}
      >
        <Icon size={13} aria-hidden />
      </span>
    </div>
  );
}
