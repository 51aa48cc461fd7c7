/** The points of a plan in words, for those who read rather than look, and for paper. */
import { CameraStateWords } from "@/vocabulary/schools";
import { wordFor } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { ICONS, type Named, stateOf } from "./marks";
import type { PointKind } from "./plans";

export const KINDS: readonly PointKind[] = [
  "button",
  "contact",
  "panel_zone",
  "camera",
  "guard_post",
  "exit",
  "door",
  "assembly_point",
];

/** `numbers`: of points that stand on the plan with a number in place of their name. */
export function PointList({
  named,
  numbers,
}: {
  named: readonly Named[];
  numbers?: ReadonlyMap<string, number>;
}) {
  const { t } = useWords();
  if (named.length === 0) return <p className="p-3 text-sm text-ink-2">{t("plan.no_points")}</p>;
  const groups = KINDS.map((kind) => ({ kind, items: named.filter(({ point }) => point.kind === kind) }));
  return (
    <div className="space-y-3 p-3" data-testid="plan-points">
      {groups
        .filter(({ items }) => items.length > 0)
        .map(({ kind, items }) => (
          <section key={kind} className="break-inside-avoid">
            <h3 className="mb-1 text-sm font-medium text-ink-3">{wordFor(t, "plan_points", kind)}</h3>
            <ul className="space-y-1">
              {items.map((one) => (
                <Row key={one.point.key} one={one} number={numbers?.get(one.point.key)} />
              ))}
            </ul>
          </section>
        ))}
    </div>
  );
}

function Row({ one: { point, camera, words }, number }: { one: Named; number: number | undefined }) {
  const { t } = useWords();
  const Icon = ICONS[point.kind];
  const live = point.kind !== "camera" || stateOf(camera) === "live";
  return (
    <li className="flex items-start gap-2" data-testid="plan-point" data-key={point.key}>
      <Icon size={14} aria-hidden className={`mt-0.5 shrink-0 ${live ? "text-ink-3" : "text-caution"}`} />
      <span className="min-w-0 flex-1">
        {number !== undefined && <span className="font-semibold">{number}. </span>}
        {words}
      </span>
      {point.kind === "camera" && (
        <span className={`text-sm ${live ? "text-ink-3" : "text-caution"}`}>
          {camera === undefined ? t("camera.state.unknown") : <CameraStateWords camera={camera} />}
        </span>
      )}
    </li>
  );
}
