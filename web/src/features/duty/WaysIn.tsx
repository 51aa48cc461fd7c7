/** The ways in of a school's alarms: how each does, when it was proved, and taking one out of service for a time. */
import { Wrench } from "lucide-react";
import { useState } from "react";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/fields";
import { Dialog } from "@/ui/overlays";
import { Segmented, Skeleton } from "@/ui/surfaces";
import { Problem } from "@/vocabulary/problem";
import { problemText, wordFor } from "@/vocabulary/text";
import { clockOrDay } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow, useSession, useWorldStore } from "@/world/hooks";
import { LENGTHS, type Length, useOutOfService, useTakeOut, useWaysIn, type WayIn } from "./out-of-service";
import { Point } from "./OutOfServiceList";

export function WaysIn({ school }: { school: string }) {
  const { t } = useWords();
  const ways = useWaysIn(school);
  const out = useOutOfService(school);
  const [taking, setTaking] = useState<WayIn | null>(null);
  const error = ways.error ?? out.error;
  if (error !== null) return <p className="p-3 text-caution">{problemText(t, error)}</p>;
  if (ways.data === undefined || out.data === undefined) return <Skeleton className="m-3 h-16" />;
  const known = new Set(ways.data.items.map((way) => way.key));
  const others = out.data.items.filter((point) => !known.has(point.key));
  if (known.size + others.length === 0) return <p className="p-3 text-ink-2">{t("ways.none")}</p>;
  return (
    <>
      <ul className="divide-y" data-testid="ways-in">
        {ways.data.items.map((way) => {
          const point = out.data.items.find(({ key }) => key === way.key);
          return (
            <li key={way.id} data-testid="way-in" data-key={way.key} data-out={point !== undefined}>
              <Way way={way} onTakeOut={point === undefined ? () => setTaking(way) : null} />
              {point !== undefined && <Point point={point} />}
            </li>
          );
        })}
        {others.map((point) => (
          <li key={point.id}>
            <Point point={point} />
          </li>
        ))}
      </ul>
      <Dialog open={taking !== null} onClose={() => setTaking(null)} title={t("out.take")}>
        {taking !== null && <TakeOut way={taking} onDone={() => setTaking(null)} />}
      </Dialog>
    </>
  );
}

function Way({ way, onTakeOut }: { way: WayIn; onTakeOut: (() => void) | null }) {
  const { t, name } = useWords();
  const now = useServerNow(60_000);
  const mayEdit = useSession().rights.includes("point.out_of_service");
  const wrong = way.state !== "ok";
  const tested = way.last_test === null ? null : Date.parse(way.last_test.at);
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2">
      <span className="min-w-40 flex-1">
        <span className="block font-medium">
          {name(way.place)} <span className="font-normal text-ink-3">{way.key}</span>
        </span>
        <span className={`block text-sm ${wrong ? "text-caution" : "text-ink-2"}`}>
          {wordFor(t, "way_state", way.state)} · {wordFor(t, "way_proof", way.proof)}
          {tested !== null && ` · ${clockOrDay(tested, now)}`}
        </span>
      </span>
      {onTakeOut === null ? (
        <span className="inline-flex items-center gap-1.5 rounded-sm bg-caution px-1.5 text-sm font-medium text-on-caution">
          <Wrench size={13} aria-hidden />
          {t("out.is_out")}
        </span>
      ) : (
        mayEdit && (
          <Button small onClick={onTakeOut} data-testid="take-out">
            {t("out.take_short")}
          </Button>
        )
      )}
    </div>
  );
}

/** The reason and the end are asked for; both stand beside the point until somebody puts it back. */
function TakeOut({ way, onDone }: { way: WayIn; onDone: () => void }) {
  const { t, name } = useWords();
  const store = useWorldStore();
  const [reason, setReason] = useState("");
  const [length, setLength] = useState<Length>("1d");
  const take = useTakeOut(way);
  const ready = reason.trim() !== "" && !take.isPending;
  return (
    <form
      className="flex flex-col gap-3 p-4"
      data-testid="take-out-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (!ready) return;
        const until = new Date(store.now() + LENGTHS[length]).toISOString();
        take.mutate({ reason: reason.trim(), until }, { onSuccess: onDone });
      }}
    >
      <p className="font-medium">
        {name(way.place)} <span className="font-normal text-ink-3">{way.key}</span>
      </p>
      <p className="text-sm text-ink-2">{t("out.explain")}</p>
      <Segmented
        label={t("out.how_long")}
        value={length}
        onChoose={setLength}
        choices={(Object.keys(LENGTHS) as Length[]).map((value) => ({ value, label: t(`out.for.${value}`) }))}
        testId="take-out-for"
      />
      <TextField
        focus
        label={t("out.reason")}
        value={reason}
        onChange={setReason}
        maxLength={300}
        testId="take-out-reason"
      />
      <Problem error={take.error} testId="take-out-problem" />
      <Button type="submit" look="primary" disabled={!ready} data-testid="take-out-now">
        {t("out.take")}
      </Button>
    </form>
  );
}
