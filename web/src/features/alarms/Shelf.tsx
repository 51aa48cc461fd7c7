/** Putting an alarm aside for a while: one person asks with a reason, another one agrees. It comes back by itself. */
import { Archive } from "lucide-react";
import { useState } from "react";
import type { Alarm } from "@/api/types";
import { Button, Kbd } from "@/ui/button";
import { TextField } from "@/ui/fields";
import { useKeys } from "@/ui/keys";
import { Dialog } from "@/ui/overlays";
import { Segmented } from "@/ui/surfaces";
import { clock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useWorldStore } from "@/world/hooks";
import type { Act } from "./actions";
import type { StepName } from "./rules";

interface Props {
  alarm: Alarm;
  allowed: Record<StepName, boolean>;
  onAct: (act: Act) => void;
}

const MINUTES = ["15", "60", "240"] as const;

export function Shelf({ alarm, allowed, onAct }: Props) {
  const { t } = useWords();
  const [open, setOpen] = useState(false);
  const shelved = alarm.shelf !== null;
  useKeys({ KeyS: () => (allowed.shelve || shelved) && setOpen(true) });
  if (alarm.closed_at !== null) return null;
  return (
    <>
      <Button
        small
        look={allowed.confirm_shelf ? "plain" : "quiet"}
        disabled={!allowed.shelve && !shelved}
        onClick={() => setOpen(true)}
        data-testid="shelf"
      >
        <Archive size={15} aria-hidden />
        {shelved ? t("shelf.shelved") : t("shelf.open")}
        <Kbd>S</Kbd>
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={t("shelf.title")}>
        {alarm.shelf === null ? (
          <Ask onAct={onAct} onDone={() => setOpen(false)} />
        ) : (
          <Standing shelf={alarm.shelf} allowed={allowed} onAct={onAct} onDone={() => setOpen(false)} />
        )}
      </Dialog>
    </>
  );
}

function Ask({ onAct, onDone }: { onAct: (act: Act) => void; onDone: () => void }) {
  const { t } = useWords();
  const store = useWorldStore();
  const [reason, setReason] = useState("");
  const [minutes, setMinutes] = useState<(typeof MINUTES)[number]>("60");
  return (
    <form
      className="flex flex-col gap-3 p-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (reason.trim() === "") return;
        const until = new Date(store.now() + Number(minutes) * 60_000).toISOString();
        onAct({ step: "shelve", until, reason: reason.trim() });
        onDone();
      }}
    >
      <p className="text-sm text-ink-2">{t("shelf.explain")}</p>
      <Segmented
        label={t("shelf.how_long")}
        value={minutes}
        onChoose={setMinutes}
        choices={MINUTES.map((value) => ({ value, label: t("shelf.minutes", { count: Number(value) }) }))}
      />
      <TextField
        focus
        label={t("shelf.reason")}
        value={reason}
        onChange={setReason}
        maxLength={300}
        testId="shelf-reason"
      />
      <Button type="submit" disabled={reason.trim() === ""} data-testid="ask-shelf">
        {t("shelf.ask")}
        <Kbd>↵</Kbd>
      </Button>
    </form>
  );
}

function Standing({
  shelf,
  allowed,
  onAct,
  onDone,
}: Omit<Props, "alarm"> & { shelf: NonNullable<Alarm["shelf"]>; onDone: () => void }) {
  const { t } = useWords();
  const act = (what: Act) => {
    onAct(what);
    onDone();
  };
  return (
    <div className="flex flex-col gap-3 p-4" data-testid="shelf-standing">
      <p>
        {t("shelf.asked_by", { who: shelf.by.name, time: clock(Date.parse(shelf.until)) })}
        <span className="mt-1 block rounded-md border bg-ground px-2 py-1.5">{shelf.reason}</span>
      </p>
      {shelf.confirmed_by !== null && <p>{t("shelf.agreed", { who: shelf.confirmed_by.name })}</p>}
      {shelf.confirmed_by === null && !allowed.confirm_shelf && (
        <p className="text-sm font-medium text-caution">{t("shelf.waits")}</p>
      )}
      <div className="flex flex-wrap gap-2">
        {allowed.confirm_shelf && (
          <Button look="primary" onClick={() => act({ step: "confirm_shelf" })} data-testid="agree-shelf">
            {t("shelf.agree")}
          </Button>
        )}
        {allowed.unshelve && (
          <Button onClick={() => act({ step: "unshelve" })} data-testid="unshelve">
            {t("shelf.take_back")}
          </Button>
        )}
      </div>
    </div>
  );
}
