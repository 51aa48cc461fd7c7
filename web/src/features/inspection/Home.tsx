/** What lies on this phone: inspections with where they are, schools taken along, and the way to take another. */
import { CloudOff, Download, Play, RefreshCw, Trash2 } from "lucide-react";
import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { api, taken as answered } from "@/api/client";
import { Button } from "@/ui/button";
import { Panel, Skeleton } from "@/ui/surfaces";
import { Problem } from "@/vocabulary/problem";
import { wordFor } from "@/vocabulary/text";
import { dayAndClock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import type { Taken } from "./keep";
import type { Phone } from "./phone";
import { type Inspection, progress, where } from "./record";
import { StateWords } from "./StateWords";
import { subjectsOf } from "./wire";

interface Props {
  phone: Phone;
  online: boolean;
  onOpen: (inspection: string) => void;
  /** A school that is to be taken along at once: one comes from its page. */
  wanted: string | null;
}

export function Home({ phone, online, onOpen, wanted }: Props) {
  const { t } = useWords();
  const { inspections, taken } = phone.lying;
  return (
    <div className="space-y-4" data-testid="inspect-home">
      <Panel title={t("inspection.mine")}>
        {inspections.length === 0 ? (
          <p className="p-3 text-ink-2">{t("inspection.none")}</p>
        ) : (
          <ul className="divide-y">
            {inspections.map((one) => (
              <Line key={one.id} inspection={one} phone={phone} onOpen={onOpen} />
            ))}
          </ul>
        )}
      </Panel>
      <Panel title={t("inspection.taken")}>
        {taken.length === 0 ? (
          <p className="p-3 text-ink-2">{t("inspection.none_taken")}</p>
        ) : (
          <ul className="divide-y">
            {taken.map((one) => (
              <School key={one.school} taken={one} phone={phone} online={online} onOpen={onOpen} />
            ))}
          </ul>
        )}
      </Panel>
      <Take phone={phone} online={online} wanted={wanted} />
    </div>
  );
}

function Line({
  inspection,
  phone,
  onOpen,
}: {
  inspection: Inspection;
  phone: Phone;
  onOpen: Props["onOpen"];
}) {
  const { t } = useWords();
  const { seen, all, remarks, photos } = progress(inspection);
  return (
    <li
      className="flex flex-wrap items-center gap-x-3 gap-y-2 p-3"
      data-testid="inspection-line"
      data-inspection={inspection.id}
      data-where={where(inspection)}
    >
      <button
        type="button"
        onClick={() => onOpen(inspection.id)}
        className="min-w-0 flex-1 basis-56 text-left"
      >
        <span className="block font-medium">{inspection.schoolName}</span>
        <span className="block text-sm text-ink-2">
          {dayAndClock(Date.parse(inspection.startedAt))} · {t("inspection.seen_of", { count: seen, all })} ·{" "}
          {t("inspection.remarks", { count: remarks })} · {t("inspection.photos", { count: photos })}
        </span>
        <StateWords inspection={inspection} sync={phone.sync} />
      </button>
      {where(inspection) === "sent" && (
        <Button
          small
          look="quiet"
          className="min-h-11"
          onClick={() => void phone.remove(inspection.id)}
          data-testid="inspection-clear"
        >
          <Trash2 size={16} aria-hidden /> {t("inspection.clear")}
        </Button>
      )}
    </li>
  );
}

function School({
  taken,
  phone,
  online,
  onOpen,
}: {
  taken: Taken;
  phone: Phone;
  online: boolean;
  onOpen: Props["onOpen"];
}) {
  const { t, name } = useWords();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Error | null>(null);
  const { pack } = taken;
  const school = name(pack.school.name);
  const deed = (what: () => Promise<unknown>) => () => {
    setBusy(true);
    setProblem(null);
    what()
      .catch((error: unknown) => setProblem(error as Error))
      .finally(() => setBusy(false));
  };
  const begin = async () => {
    const words = {
      name,
      zone: (kind: string) => wordFor(t, "zone", kind),
      point: (kind: string) => wordFor(t, "plan_point", kind),
    };
    const made = await phone.begin(taken, subjectsOf(pack, words), school);
    onOpen(made.id);
  };
  return (
    <li className="space-y-2 p-3" data-testid="taken" data-school={taken.school}>
      <p className="font-medium">{school}</p>
      <p className="text-sm text-ink-2">
        {name(pack.school.address)} · {t("inspection.cameras", { count: pack.cameras.length })} ·{" "}
        {t("inspection.plans", { count: pack.plans.length })} ·{" "}
        {t("inspection.open_remarks", { count: pack.remarks.length })}
        <span className="block">
          {t("inspection.taken_at", { time: dayAndClock(Date.parse(taken.takenAt)) })}
        </span>
      </p>
      <div className="flex flex-wrap gap-2">
        <Button
          look="primary"
          className="min-h-11"
          disabled={busy}
          onClick={deed(begin)}
          data-testid="inspection-begin"
        >
          <Play size={16} aria-hidden /> {t("inspection.begin")}
        </Button>
        <Button
          className="min-h-11"
          disabled={busy || !online}
          onClick={deed(() => phone.take(taken.school))}
          data-testid="take-again"
        >
          <RefreshCw size={16} aria-hidden /> {t("inspection.take_again")}
        </Button>
        <Button
          look="quiet"
          className="min-h-11"
          disabled={busy}
          onClick={deed(() => phone.forget(taken.school))}
          data-testid="forget"
        >
          <Trash2 size={16} aria-hidden /> {t("inspection.forget")}
        </Button>
      </div>
      <Problem error={problem} />
    </li>
  );
}

const FOUND = 20;

function Take({ phone, online, wanted }: { phone: Phone; online: boolean; wanted: string | null }) {
  const { t, name } = useWords();
  const [q, setQ] = useState("");
  const [busy, setBusy] = useState<string | null>(null);
  const [problem, setProblem] = useState<Error | null>(null);
  const asked = useQuery({
    queryKey: ["inspect-schools", q],
    queryFn: () => answered(api.GET("/api/schools", { params: { query: { q, limit: FOUND } } })),
    enabled: online,
    placeholderData: (before) => before,
  });
  const here = new Set(phone.lying.taken.map(({ school }) => school));
  const take = (school: string) => {
    setBusy(school);
    setProblem(null);
    phone
      .take(school)
      .catch((error: unknown) => setProblem(error as Error))
      .finally(() => setBusy(null));
  };
  if (!online) {
    return (
      <p className="flex items-center gap-2 text-ink-2" data-testid="take-offline">
        <CloudOff size={18} aria-hidden className="shrink-0" /> {t("inspection.take_offline")}
      </p>
    );
  }
  const schools = (asked.data?.items ?? [])
    .filter(({ id }) => !here.has(id))
    .sort((one, other) => Number(other.id === wanted) - Number(one.id === wanted));
  return (
    <Panel title={t("inspection.take_title")}>
      <div className="space-y-3 p-3">
        <p className="text-sm text-ink-2">{t("inspection.take_means")}</p>
        <input
          type="search"
          value={q}
          onChange={(event) => setQ(event.target.value)}
          placeholder={t("inspection.school_search")}
          aria-label={t("inspection.school_search")}
          maxLength={100}
          className="h-11 w-full rounded-md border border-line-2 bg-ground px-3 placeholder:text-ink-3"
          data-testid="school-search"
        />
        <Problem error={problem ?? asked.error} testId="take-problem" />
        {asked.isPending && <Skeleton className="h-24" />}
        {asked.data?.items.length === 0 && <p className="text-ink-2">{t("inspection.no_school")}</p>}
        <ul className="divide-y">
          {schools.map((school) => (
            <li key={school.id} className="flex items-center gap-3 py-2">
              <span className="min-w-0 flex-1">
                <span className="block font-medium">{name(school.name)}</span>
                <span className="block text-sm text-ink-2">{name(school.address)}</span>
              </span>
              <Button
                look={school.id === wanted ? "primary" : "plain"}
                className="min-h-11"
                disabled={busy !== null}
                onClick={() => take(school.id)}
                data-testid="take"
                data-school={school.id}
              >
                <Download size={16} aria-hidden />{" "}
                {t(busy === school.id ? "inspection.taking" : "inspection.take")}
              </Button>
            </li>
          ))}
        </ul>
      </div>
    </Panel>
  );
}
