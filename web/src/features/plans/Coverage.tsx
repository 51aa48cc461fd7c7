/** What a plan's cameras achieve: density as colours, blind spots outlined, and beside it every zone, the worst first. */
import { Cctv, CircleCheck, EyeOff, TriangleAlert } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Button } from "@/ui/button";
import { INPUT } from "@/ui/fields";
import { Notice, Segmented, Skeleton } from "@/ui/surfaces";
import { number, problemText } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { pointsOf, Sheet, useZoneWords } from "./Ground";
import { measuredSize, pixels } from "./LensForm";
import type { Named } from "./marks";
import {
  type Coverage,
  type DensityScale,
  HEIGHTS_M,
  type Norms,
  otherThanMeasured,
  ruleOf,
  useCoverage,
  useNorms,
  type ZoneReport,
} from "./places";
import type { Plan, Zone } from "./plans";
import type { Frame } from "./Viewport";

export interface Asked {
  /** Not known before the norms are. */
  scale: string | undefined;
  height: number;
}

/** Owns which scale and which height are asked, and what the centre answers. */
export function useAsked(plan: Plan) {
  const norms = useNorms();
  const [wish, setWish] = useState<Asked | null>(null);
  const asked = wish ?? { scale: norms.data?.scales[0]?.key, height: HEIGHTS_M[0] };
  const answer = useCoverage(plan, asked.scale, asked.height);
  const scale = norms.data?.scales.find(({ key }) => key === asked.scale);
  return { norms, asked, ask: setWish, answer, coverage: answer.data, scale };
}

export type Asking = ReturnType<typeof useAsked>;

/** Over the drawing: the map of densities, and the blind spots. `chosen`: the zone that is looked at. */
export function DensityLayer({
  frame,
  coverage,
  chosen,
}: {
  frame: Frame;
  coverage: Coverage | undefined;
  chosen: string | null;
}) {
  const [broken, setBroken] = useState<string | null>(null);
  const { t } = useWords();
  if (coverage === undefined) return null;
  const [from, to] = [frame.place({ x: 0, y: 0 }), frame.place({ x: 1, y: 1 })];
  const { map } = coverage;
  return (
    <>
      {map !== null && (
        <img
          src={map}
          alt=""
          draggable={false}
          onError={() => setBroken(map)}
          className={`pointer-events-none absolute max-w-none ${broken === map ? "invisible" : ""}`}
          style={{ left: from.left, top: from.top, width: to.left - from.left, height: to.top - from.top }}
          data-testid="density-map"
        />
      )}
      {map !== null && broken === map && (
        <p
          className="absolute inset-x-2 top-2 rounded-sm bg-surface px-2 py-1 text-sm text-caution"
          role="alert"
        >
          {t("coverage.no_map")}
        </p>
      )}
      <Sheet testId="blind-spots">
        {coverage.zones.flatMap(({ zone, cameras, blind_spots }) =>
          blind_spots.map(({ outline }, index) => (
            <polygon
              key={`${zone} ${index}`}
              points={pointsOf(frame, outline)}
              className={cameras === "must" ? "text-alarm" : "text-caution"}
              fill="currentColor"
              fillOpacity={zone === chosen ? 0.25 : 0}
              stroke="currentColor"
              strokeWidth={zone === chosen ? 2.5 : 1.5}
              strokeDasharray="5 3"
              data-testid="blind-spot"
              data-zone={zone}
            />
          )),
        )}
      </Sheet>
    </>
  );
}

/** Which colour is which class, with its words and numbers beside it. */
function Legend({ scale }: { scale: DensityScale }) {
  const { t, name } = useWords();
  return (
    <details open className="rounded-md border bg-surface px-2 py-1 text-sm" data-testid="density-legend">
      <summary className="font-medium">{t("coverage.legend")}</summary>
      <ol className="mt-1 space-y-0.5">
        {scale.classes.map(({ key, title, px_m, colour }) => (
          <li key={key} className="flex items-center gap-2" data-testid="density-class" data-key={key}>
            <span
              aria-hidden
              className="size-3.5 shrink-0 rounded-sm border"
              style={{ background: colour }}
            />
            <span className="min-w-0 flex-1">{name(title)}</span>
            <span className="text-ink-3">{t("coverage.from", { density: number(px_m) })}</span>
          </li>
        ))}
      </ol>
      <p className="mt-1 text-xs text-balance text-ink-3">
        {scale.standard}
        {scale.status !== "verified" && ` · ${t(`place.status.${scale.status}`)}`}
      </p>
    </details>
  );
}

interface PanelProps {
  plan: Plan;
  asking: Asking;
  named: readonly Named[];
  chosen: string | null;
  onZone: (zone: string | null) => void;
  /** Absent for who may not draw. */
  onEdit: ((point?: string) => void) | null;
}

export function CoveragePanel({ plan, asking, named, chosen, onZone, onEdit }: PanelProps) {
  const { t, name } = useWords();
  const { norms, asked, ask, answer, coverage, scale } = asking;
  const error = norms.error ?? answer.error;
  return (
    <div className="space-y-3 p-3" data-testid="plan-coverage" data-asked={coverage?.scale}>
      <div className="space-y-2">
        <select
          aria-label={t("coverage.scale")}
          className={INPUT}
          value={asked.scale ?? ""}
          onChange={(event) => ask({ ...asked, scale: event.target.value })}
          data-testid="coverage-scale"
        >
          {norms.data?.scales.map(({ key, title }) => (
            <option key={key} value={key}>
              {name(title)}
            </option>
          ))}
        </select>
        <Segmented
          label={t("coverage.height")}
          value={String(asked.height)}
          onChoose={(height) => ask({ ...asked, height: Number(height) })}
          choices={HEIGHTS_M.map((height) => ({
            value: String(height),
            label: t(height === 0 ? "coverage.floor" : height === 1 ? "coverage.one_metre" : "coverage.face"),
          }))}
          testId="coverage-height"
        />
      </div>
      {error !== null && (
        <Notice
          icon={<TriangleAlert size={24} />}
          title={problemText(t, error)}
          action={
            <Button small onClick={() => void (norms.error === null ? answer.refetch() : norms.refetch())}>
              {t("app.again")}
            </Button>
          }
          data-testid="coverage-failed"
        />
      )}
      {error === null && coverage === undefined && <Skeleton className="h-48" />}
      {coverage !== undefined && (
        <>
          {coverage.missing.includes("scale") && (
            <Todo
              words={t("coverage.no_scale")}
              action={onEdit && { words: t("coverage.set_scale"), act: () => onEdit() }}
              testId="coverage-no-scale"
            />
          )}
          <Refused plan={plan} coverage={coverage} named={named} norms={norms.data} />
          <Unmeasured coverage={coverage} named={named} onEdit={onEdit} />
          <OtherPixels named={named} onEdit={onEdit} />
          {scale !== undefined && coverage.map !== null && <Legend scale={scale} />}
          <Zones
            plan={plan}
            coverage={coverage}
            norms={norms.data}
            scale={scale}
            chosen={chosen}
            onZone={onZone}
            onEdit={onEdit}
          />
          <Absent coverage={coverage} norms={norms.data} />
          <Overlaps plan={plan} coverage={coverage} norms={norms.data} />
        </>
      )}
    </div>
  );
}

function Todo({
  words,
  action,
  testId,
}: {
  words: string;
  action: { words: string; act: () => void } | null;
  testId: string;
}) {
  return (
    <div className="space-y-2 rounded-md border border-caution bg-surface p-3" data-testid={testId}>
      <p className="text-sm text-balance">{words}</p>
      {action !== null && (
        <Button small look="primary" onClick={action.act}>
          {action.words}
        </Button>
      )}
    </div>
  );
}

function Part({ title, children, testId }: { title: ReactNode; children: ReactNode; testId: string }) {
  return (
    <section data-testid={testId}>
      <h3 className="mb-1 text-sm font-medium text-ink-3">{title}</h3>
      {children}
    </section>
  );
}

/** Cameras that see into a toilet or a changing room: before everything else. */
function Refused({
  plan,
  coverage,
  named,
  norms,
}: {
  plan: Plan;
  coverage: Coverage;
  named: readonly Named[];
  norms: Norms | undefined;
}) {
  const { t } = useWords();
  const words = useZoneWords(norms);
  if (coverage.refusals.length === 0) return null;
  return (
    <section
      className="space-y-1 rounded-md bg-alarm p-3 text-on-alarm"
      role="alert"
      data-testid="coverage-refused"
    >
      <h3 className="font-semibold">{t("coverage.refused")}</h3>
      <ul className="text-sm">
        {coverage.refusals.map(({ camera, zone, how }) => {
          const place = plan.zones.find(({ key }) => key === zone);
          return (
            <li key={`${camera} ${zone}`}>
              {t(`coverage.how.${how}`, {
                camera: wordsOf(named, camera),
                zone: place === undefined ? "" : words(place),
              })}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

const wordsOf = (named: readonly Named[], key: string) =>
  named.find(({ point }) => point.key === key)?.words ?? "";

function Unmeasured({
  coverage,
  named,
  onEdit,
}: {
  coverage: Coverage;
  named: readonly Named[];
  onEdit: PanelProps["onEdit"];
}) {
  const { t } = useWords();
  if (coverage.unmeasured.length === 0) return null;
  return (
    <Part
      title={t("coverage.unmeasured", { count: coverage.unmeasured.length })}
      testId="coverage-unmeasured"
    >
      <p className="mb-1 text-sm text-balance text-ink-2">{t("coverage.unmeasured_detail")}</p>
      <ul className="space-y-1">
        {coverage.unmeasured.map((key) => (
          <li key={key} className="flex items-center gap-2">
            <Cctv size={15} aria-hidden className="shrink-0 text-caution" />
            <span className="min-w-0 flex-1">{wordsOf(named, key)}</span>
            {onEdit !== null && (
              <Button small onClick={() => onEdit(key)} data-testid="coverage-give-lens" data-key={key}>
                {t("lens.give_short")}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Part>
  );
}

/** Cameras with which the plan counts otherwise than their streams are measured. */
function OtherPixels({ named, onEdit }: { named: readonly Named[]; onEdit: PanelProps["onEdit"] }) {
  const { t } = useWords();
  const others = named.flatMap(({ point, camera, words }) => {
    const [{ lens }, measured] = [point, measuredSize(camera)];
    return lens !== null && otherThanMeasured(lens, measured)
      ? [{ key: point.key, words, lens, measured }]
      : [];
  });
  if (others.length === 0) return null;
  return (
    <Part title={t("coverage.differs")} testId="coverage-differs">
      <ul className="space-y-1">
        {others.map(({ key, words, lens, measured }) => (
          <li key={key} className="flex items-center gap-2">
            <Cctv size={15} aria-hidden className="shrink-0 text-caution" />
            <span className="min-w-0 flex-1">
              {words}
              <span className="block text-xs text-ink-3">
                {t("coverage.differs_of", {
                  planned: pixels(lens.width_px, lens.height_px),
                  measured: pixels(measured.width, measured.height),
                })}
              </span>
            </span>
            {onEdit !== null && (
              <Button small onClick={() => onEdit(key)} data-testid="coverage-mend-lens" data-key={key}>
                {t("lens.give_short")}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Part>
  );
}

/** Those that lack what they must have first and worst first, then the others by their share. */
export function inOrder(coverage: Pick<Coverage, "zones" | "lacking">): ZoneReport[] {
  const rank = ({ zone }: ZoneReport) => {
    const place = coverage.lacking.indexOf(zone);
    return place < 0 ? coverage.lacking.length : place;
  };
  return coverage.zones.toSorted(
    (one, other) => rank(one) - rank(other) || one.with_class - other.with_class,
  );
}

function Zones({
  plan,
  coverage,
  norms,
  scale,
  chosen,
  onZone,
  onEdit,
}: {
  plan: Plan;
  coverage: Coverage;
  norms: Norms | undefined;
  scale: DensityScale | undefined;
  chosen: string | null;
  onZone: PanelProps["onZone"];
  onEdit: PanelProps["onEdit"];
}) {
  const { t } = useWords();
  if (plan.zones.length === 0)
    return (
      <Todo
        words={t(onEdit === null ? "coverage.no_zones_ask" : "coverage.no_zones")}
        action={onEdit && { words: t("plan.edit"), act: () => onEdit() }}
        testId="coverage-empty"
      />
    );
  if (coverage.missing.includes("scale")) return null;
  const reports = inOrder(coverage);
  const closed = plan.zones.filter(({ kind }) => ruleOf(norms, kind)?.cameras === "must_not").length;
  return (
    <Part title={t("coverage.zones")} testId="coverage-zones">
      <ul className="space-y-1">
        {reports.map((report) => {
          const zone = plan.zones.find(({ key }) => key === report.zone);
          return (
            zone !== undefined && (
              <li key={report.zone}>
                <Report
                  report={report}
                  zone={zone}
                  norms={norms}
                  scale={scale}
                  chosen={chosen === report.zone}
                  onChoose={() => onZone(chosen === report.zone ? null : report.zone)}
                />
              </li>
            )
          );
        })}
      </ul>
      {closed > 0 && (
        <p className="mt-2 flex items-center gap-2 text-sm text-ink-3">
          <EyeOff size={15} aria-hidden /> {t("coverage.closed", { count: closed })}
        </p>
      )}
    </Part>
  );
}

function Report({
  report,
  zone,
  norms,
  scale,
  chosen,
  onChoose,
}: {
  report: ZoneReport;
  zone: Zone;
  norms: Norms | undefined;
  scale: DensityScale | undefined;
  chosen: boolean;
  onChoose: () => void;
}) {
  const { t, name } = useWords();
  const words = useZoneWords(norms)(zone);
  const { enough, cameras, with_class, seen, required, needs_px_m, blind_spots } = report;
  const title = scale?.classes.find(({ key }) => key === required)?.title;
  const needed = norms?.needed_share ?? 0;
  const bad = !enough && cameras === "must";
  const otherScale = zone.required !== null && zone.required !== required;
  return (
    <button
      type="button"
      aria-pressed={chosen}
      onClick={onChoose}
      className="w-full rounded-md border border-line-2 px-2 py-1.5 text-left hover:border-ink-3 aria-pressed:border-accent aria-pressed:bg-raised"
      data-testid="coverage-zone"
      data-key={zone.key}
      data-enough={enough}
    >
      <span className="flex items-center gap-2">
        {enough ? (
          <CircleCheck size={15} aria-hidden className="shrink-0 text-accent" />
        ) : (
          <TriangleAlert
            size={15}
            aria-hidden
            className={`shrink-0 ${bad ? "text-alarm" : "text-caution"}`}
          />
        )}
        <span className="min-w-0 flex-1">{words}</span>
        <span className={`font-medium ${bad ? "text-alarm" : ""}`}>
          {t("coverage.share", { share: Math.floor(with_class * 100) })}
        </span>
      </span>
      <span aria-hidden className="relative mt-1 block h-1.5 rounded-full bg-raised">
        <span
          className={`absolute inset-y-0 left-0 rounded-full ${enough ? "bg-accent" : bad ? "bg-alarm" : "bg-caution"}`}
          style={{ width: `${with_class * 100}%` }}
        />
        <span className="absolute -inset-y-0.5 w-0.5 bg-ink" style={{ left: `${needed * 100}%` }} />
      </span>
      <span className="mt-1 block text-xs text-ink-3">
        {t(title === undefined ? "coverage.needs_any" : "coverage.needs", {
          name: title === undefined ? "" : name(title),
          density: number(needs_px_m),
          share: Math.round(needed * 100),
        })}
        {" · "}
        {t("coverage.seen", { share: Math.floor(seen * 100) })}
        {blind_spots.length > 0 && ` · ${t("coverage.blind", { count: blind_spots.length })}`}
        {otherScale && <span className="block text-caution">{t("coverage.other_scale")}</span>}
      </span>
    </button>
  );
}

function Absent({ coverage, norms }: { coverage: Coverage; norms: Norms | undefined }) {
  const { t, name } = useWords();
  if (coverage.absent.length === 0) return null;
  return (
    <Part title={t("coverage.absent")} testId="coverage-absent">
      <p className="text-sm text-balance text-ink-2">
        {coverage.absent
          .map((kind) => {
            const rule = ruleOf(norms, kind);
            return rule === undefined ? kind : name(rule.title);
          })
          .join(", ")}
      </p>
      <p className="text-xs text-balance text-ink-3">{t("coverage.absent_detail")}</p>
    </Part>
  );
}

function Overlaps({ plan, coverage, norms }: { plan: Plan; coverage: Coverage; norms: Norms | undefined }) {
  const { t } = useWords();
  const words = useZoneWords(norms);
  const of = (key: string) => {
    const zone = plan.zones.find((one) => one.key === key);
    return zone === undefined ? key : words(zone);
  };
  if (coverage.overlaps.length === 0) return null;
  return (
    <Part title={t("coverage.overlaps")} testId="coverage-overlaps">
      <ul className="text-sm text-ink-2">
        {coverage.overlaps.map(({ first, second, area_m2 }) => (
          <li key={`${first} ${second}`}>
            {t("coverage.overlap", {
              first: of(first),
              second: of(second),
              area: number(Math.round(area_m2 * 10) / 10),
            })}
          </li>
        ))}
      </ul>
    </Part>
  );
}
