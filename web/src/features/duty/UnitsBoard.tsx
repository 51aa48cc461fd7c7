/** Every patrol unit by its state, live; what is out of service says why and since when. */
import { useMutation } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { api, taken } from "@/api/client";
import type { Alarm, Unit } from "@/api/types";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/surfaces";
import { Problem } from "@/vocabulary/problem";
import { clockOrDay } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow, useSession, useWorld, useWorldStore } from "@/world/hooks";

export const UNIT_STATES = [
  "free",
  "offered",
  "dispatched",
  "en_route",
  "on_scene",
  "out_of_service",
] as const satisfies readonly Unit["state"][];

export function byState(units: Iterable<Unit>): Map<Unit["state"], Unit[]> {
  const columns = new Map<Unit["state"], Unit[]>(UNIT_STATES.map((state) => [state, []]));
  for (const unit of units) columns.get(unit.state)?.push(unit);
  return columns;
}

export function UnitsBoard() {
  const { t } = useWords();
  const units = useWorld((world) => world.units);
  const columns = useMemo(() => byState(units.values()), [units]);
  if (units.size === 0) return <Notice title={t("steps.no_units")} data-testid="no-units" />;
  return (
    <div
      className="grid grid-cols-1 gap-2 sm:grid-cols-2 lg:grid-cols-3 2xl:grid-cols-6"
      data-testid="units-board"
    >
      {[...columns].map(([state, list]) => (
        <section key={state} className="rounded-md border bg-surface" data-testid={`units-${state}`}>
          <h3 className="flex justify-between border-b px-3 py-1.5 font-medium">
            {t(`unit.${state}`)}
            <span className="text-ink-3">{list.length}</span>
          </h3>
          <ul className="divide-y">
            {list.map((unit) => (
              <li key={unit.id}>
                <Card unit={unit} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function alarmOf(alarms: ReadonlyMap<string, Alarm>, unit: Unit): Alarm | undefined {
  for (const alarm of alarms.values()) if (alarm.unit?.id === unit.id) return alarm;
  return undefined;
}

function Card({ unit }: { unit: Unit }) {
  const { t, name } = useWords();
  const now = useServerNow(60_000);
  const alarms = useWorld((world) => world.alarms);
  const mayEdit = useSession().rights.includes("units.edit");
  const alarm = unit.state === "free" ? undefined : alarmOf(alarms, unit);
  return (
    <div className="px-3 py-2" data-testid="unit-card" data-state={unit.state}>
      <p className="font-medium">{name(unit.name)}</p>
      {alarm !== undefined && <p className="text-sm text-ink-2">{name(alarm.school_name)}</p>}
      {unit.reason !== "" && <p className="text-sm text-ink-2">{unit.reason}</p>}
      {unit.since !== null && (
        <p className="text-sm text-ink-3">
          {t("school.since", { time: clockOrDay(Date.parse(unit.since), now) })}
        </p>
      )}
      {mayEdit && (unit.state === "free" || unit.state === "out_of_service") && <Service unit={unit} />}
    </div>
  );
}

function useService(unit: Unit) {
  const store = useWorldStore();
  const path = { unit_id: unit.id };
  return useMutation({
    mutationFn: (reason: string | null) =>
      reason === null
        ? taken(api.DELETE("/api/units/{unit_id}/out-of-service", { params: { path } }))
        : taken(api.PUT("/api/units/{unit_id}/out-of-service", { params: { path }, body: { reason } })),
    onSuccess: (data) =>
      store.learn({ type: "event", topic: "unit", data, at: new Date(store.now()).toISOString() }),
  });
}

/** Out of service with a reason; back without one. */
function Service({ unit }: { unit: Unit }) {
  const { t } = useWords();
  const service = useService(unit);
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  if (unit.state === "out_of_service") {
    return (
      <Button small className="mt-1.5" disabled={service.isPending} onClick={() => service.mutate(null)}>
        {t("units.back")}
      </Button>
    );
  }
  if (!asking) {
    return (
      <Button small look="quiet" className="mt-1" onClick={() => setAsking(true)} data-testid="unit-out">
        {t("units.out")}
      </Button>
    );
  }
  return (
    <form
      className="mt-1.5 flex gap-1.5"
      onSubmit={(event) => {
        event.preventDefault();
        if (reason.trim() !== "") service.mutate(reason.trim());
      }}
    >
      <input
        autoFocus
        value={reason}
        onChange={(event) => setReason(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.preventDefault();
          setAsking(false);
        }}
        maxLength={300}
        placeholder={t("shelf.reason")}
        aria-label={t("shelf.reason")}
        className="h-7 min-w-0 flex-1 rounded-sm border border-line-2 bg-ground px-2 placeholder:text-ink-3"
        data-testid="unit-reason"
      />
      <Button small type="submit" disabled={reason.trim() === "" || service.isPending}>
        {t("units.take_out")}
      </Button>
      <Problem error={service.error} />
    </form>
  );
}
