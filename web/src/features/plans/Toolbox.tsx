/** What can be put on a plan: the school's cameras and ways in, those that stand nowhere yet first; exits, doors, posts. */
import { Check } from "lucide-react";
import { useMemo } from "react";
import type { School } from "@/api/types";
import { wordFor } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { useWorld } from "@/world/hooks";
import type { NewPoint } from "./drafts";
import { ICONS } from "./marks";
import { type Plan, type PlanPoint, type PointKind, useWays } from "./plans";

/** What lists and drags carry. */
export const CARRIED = "application/x-qorgan-point";

export interface Item {
  id: string;
  words: string;
  detail: string;
  what: NewPoint;
  /** The point that stands for it on this plan already. */
  here: PlanPoint | null;
  /** Another plan on which it stands. */
  elsewhere: string | null;
}

const OTHERS: readonly PointKind[] = ["exit", "door", "guard_post", "assembly_point"];

/** What the sign of a way in is, by what kind of thing it is. */
export function kindOfWay(kind: string): PointKind {
  if (kind === "contact") return "contact";
  return kind.startsWith("panel") ? "panel_zone" : "button";
}

/** Those that stand nowhere first, then by name. */
export function byNeed(one: Item, other: Item): number {
  const rank = (item: Item) => (item.here !== null ? 2 : item.elsewhere !== null ? 1 : 0);
  return rank(one) - rank(other) || one.words.localeCompare(other.words);
}

function useItems(school: School, plan: Plan, plans: readonly Plan[], points: readonly PlanPoint[]) {
  const { name, t } = useWords();
  const cameras = useWorld((world) => world.cameras);
  const ways = useWays(school.id);
  const items = useMemo(() => {
    const others = plans.filter(({ id }) => id !== plan.id);
    const where = (is: (point: PlanPoint) => boolean) => ({
      here: points.find(is) ?? null,
      elsewhere: others.find((other) => other.points.some(is))?.name ?? null,
    });
    return {
      cameras: [...cameras.values()]
        .filter((camera) => camera.school === school.id)
        .map((camera): Item => ({
          id: camera.id,
          words: name(camera.name),
          detail: wordFor(t, "zone", camera.zone),
          what: { kind: "camera", camera: camera.id, way: null, label: "" },
          ...where((point) => point.camera === camera.id),
        }))
        .sort(byNeed),
      ways: (ways.data?.items ?? [])
        .map((way): Item => ({
          id: way.key,
          words: name(way.place),
          detail: `${wordFor(t, "source", way.kind)} · ${way.key}`,
          what: { kind: kindOfWay(way.kind), camera: null, way: way.key, label: "" },
          ...where((point) => point.way === way.key),
        }))
        .sort(byNeed),
    };
  }, [cameras, ways.data, plans, plan.id, points, school.id, name, t]);
  return { ...items, error: ways.error };
}

interface Props {
  school: School;
  plan: Plan;
  plans: readonly Plan[];
  points: readonly PlanPoint[];
  armed: NewPoint | null;
  /** `at_once`: it was chosen by the keyboard, and goes into the middle of what is in sight. */
  onArm: (what: NewPoint, atOnce: boolean) => void;
  onSelect: (key: string) => void;
}

export function Toolbox({ school, plan, plans, points, armed, onArm, onSelect }: Props) {
  const { t } = useWords();
  const { cameras, ways } = useItems(school, plan, plans, points);
  const group = (title: string, items: readonly Item[], empty: string) => (
    <section>
      <h3 className="mb-1 text-sm font-medium text-ink-3">{title}</h3>
      {items.length === 0 && <p className="text-sm text-ink-3">{empty}</p>}
      <ul className="space-y-1">
        {items.map((item) => (
          <li key={item.id}>
            <Entry item={item} armed={same(armed, item.what)} onArm={onArm} onSelect={onSelect} />
          </li>
        ))}
      </ul>
    </section>
  );
  return (
    <div className="space-y-4" data-testid="plan-toolbox">
      <p className="text-sm text-balance text-ink-2">{t("plan.how_to_place")}</p>
      {group(t("ways.title"), ways, t("ways.none"))}
      {group(t("panel.cameras"), cameras, t("school.no_cameras"))}
      <section>
        <h3 className="mb-1 text-sm font-medium text-ink-3">{t("plan.others")}</h3>
        <div className="grid grid-cols-2 gap-1">
          {OTHERS.map((kind) => {
            const what: NewPoint = { kind, camera: null, way: null, label: "" };
            const item = {
              id: kind,
              words: wordFor(t, "plan_point", kind),
              detail: "",
              what,
              here: null,
              elsewhere: null,
            };
            return (
              <Entry key={kind} item={item} armed={same(armed, what)} onArm={onArm} onSelect={onSelect} />
            );
          })}
        </div>
      </section>
    </div>
  );
}

const same = (one: NewPoint | null, other: NewPoint) =>
  one !== null && one.kind === other.kind && one.camera === other.camera && one.way === other.way;

function Entry({
  item,
  armed,
  onArm,
  onSelect,
}: {
  item: Item;
  armed: boolean;
  onArm: Props["onArm"];
  onSelect: Props["onSelect"];
}) {
  const { t } = useWords();
  const { here, elsewhere, what } = item;
  const Icon = ICONS[what.kind];
  return (
    <button
      type="button"
      aria-pressed={armed}
      draggable={here === null}
      onDragStart={(event) => event.dataTransfer.setData(CARRIED, JSON.stringify(what))}
      onClick={(event) => (here === null ? onArm(what, event.detail === 0) : onSelect(here.key))}
      className={`flex min-h-9 w-full items-center gap-2 rounded-md border px-2 py-1 text-left hover:border-ink-3 aria-pressed:border-accent aria-pressed:bg-raised ${here === null ? "border-line-2" : "border-line text-ink-3"}`}
      data-testid="plan-item"
      data-kind={what.kind}
      data-here={here !== null}
    >
      <Icon size={15} aria-hidden className="shrink-0" />
      <span className="min-w-0 flex-1">
        <span className="block leading-4.5">{item.words}</span>
        {item.detail !== "" && <span className="block text-xs text-ink-3">{item.detail}</span>}
        {here === null && elsewhere !== null && (
          <span className="block text-xs text-ink-3">{t("plan.elsewhere", { name: elsewhere })}</span>
        )}
      </span>
      {here !== null && <Check size={15} aria-label={t("plan.is_here")} className="shrink-0 text-accent" />}
    </button>
  );
}
