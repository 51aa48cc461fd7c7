/** Somebody calls the centre instead of pressing: the officer raises the alarm for them, like any other way in. */
import { useMutation } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { api, taken } from "@/api/client";
import { idempotencyKey } from "@/api/idempotency";
import type { Alarm, Level, School } from "@/api/types";
import { Button, Kbd } from "@/ui/button";
import { Dialog } from "@/ui/overlays";
import { Segmented } from "@/ui/surfaces";
import { Problem } from "@/vocabulary/problem";
import { useWords } from "@/vocabulary/use-words";
import { useWorld } from "@/world/hooks";
import { matching } from "./matching";

interface Props {
  open: boolean;
  school: string | undefined;
  onClose: () => void;
  onRaised: (alarm: Alarm) => void;
}

export function RaiseForCaller({ open, ...rest }: Props) {
  const { t } = useWords();
  return (
    <Dialog open={open} onClose={rest.onClose} title={t("caller.title")}>
      <Form {...rest} />
    </Dialog>
  );
}

/** What a caller can say in one breath; the level follows from it and may be changed. */
const MEANINGS = [
  { meaning: "panic", level: "P1" },
  { meaning: "hold_up", level: "P1" },
  { meaning: "suspicion", level: "P1" },
  { meaning: "fire", level: "P2" },
  { meaning: "medical", level: "P2" },
  { meaning: "assist", level: "P2" },
] as const;
const LEVELS: readonly Level[] = ["P1", "P2", "P3"];

interface Said {
  school: string;
  place: string;
  level: Level;
  meaning: string;
  note: string;
}

function useRaise(onRaised: (alarm: Alarm) => void) {
  return useMutation({
    mutationFn: (said: Said) =>
      taken(
        api.POST("/api/alarms", {
          params: { header: { "Idempotency-Key": idempotencyKey() } },
          body: { ...said, kind: "real", duress: false },
        }),
      ),
    onSuccess: onRaised,
  });
}

function Form({ school, onClose, onRaised }: Omit<Props, "open">) {
  const { t } = useWords();
  const [chosen, setChosen] = useState(school);
  const [meaning, setMeaning] = useState<(typeof MEANINGS)[number]["meaning"]>("panic");
  const [level, setLevel] = useState<Level>("P1");
  const [place, setPlace] = useState("");
  const [note, setNote] = useState("");
  const raise = useRaise(onRaised);
  const ready = chosen !== undefined && place.trim() !== "";
  const pick = (entry: (typeof MEANINGS)[number]) => {
    setMeaning(entry.meaning);
    setLevel(entry.level);
  };
  return (
    <form
      className="flex flex-col gap-3 p-4"
      data-testid="raise-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (chosen !== undefined && ready) raise.mutate({ school: chosen, place, level, meaning, note });
      }}
    >
      <SchoolField chosen={chosen} onChoose={setChosen} />
      <fieldset>
        <legend className="mb-1 text-sm text-ink-2">{t("caller.what")}</legend>
        <div className="grid grid-cols-1 gap-1 sm:grid-cols-2">
          {MEANINGS.map((entry) => (
            <label
              key={entry.meaning}
              className="flex cursor-pointer items-center gap-2 rounded-md border px-2 py-1.5 has-checked:border-accent has-checked:bg-raised"
            >
              <input
                type="radio"
                name="meaning"
                className="accent-(--q-accent)"
                checked={entry.meaning === meaning}
                onChange={() => pick(entry)}
                data-testid={`meaning-${entry.meaning}`}
              />
              {t(`meaning.${entry.meaning}`)}
            </label>
          ))}
        </div>
      </fieldset>
      <div>
        <Segmented
          label={t("caller.level")}
          value={level}
          onChoose={setLevel}
          choices={LEVELS.map((value) => ({ value, label: value }))}
          testId="level"
        />
      </div>
      <Field
        label={t("caller.place")}
        value={place}
        onChange={setPlace}
        focus={school !== undefined}
        testId="raise-place"
      />
      <Field label={t("caller.note")} value={note} onChange={setNote} testId="raise-note" />
      <Problem error={raise.error} />
      <div className="flex flex-wrap justify-end gap-2">
        <Button look="quiet" onClick={onClose}>
          {t("action_word.cancel")}
          <Kbd>Esc</Kbd>
        </Button>
        <Button type="submit" look="alarm" disabled={!ready || raise.isPending} data-testid="raise">
          {t("caller.raise")}
          <Kbd>↵</Kbd>
        </Button>
      </div>
    </form>
  );
}

const SHOWN_SCHOOLS = 6;

/** Type a part of the name, choose with the arrows of the list; the school chosen at the desk is there already. */
function SchoolField({
  chosen,
  onChoose,
}: {
  chosen: string | undefined;
  onChoose: (id: string | undefined) => void;
}) {
  const { t, name } = useWords();
  const schools = useWorld((world) => world.schools);
  const [typed, setTyped] = useState("");
  const found = useMemo(() => matching(typed, schools.values()).slice(0, SHOWN_SCHOOLS), [typed, schools]);
  const current = chosen === undefined ? undefined : schools.get(chosen);
  const shown: readonly School[] = current === undefined || typed !== "" ? found : [current];
  return (
    <fieldset>
      <legend className="mb-1 text-sm text-ink-2">{t("caller.school")}</legend>
      <input
        autoFocus={current === undefined}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          onChoose(matching(event.target.value, schools.values())[0]?.id);
        }}
        placeholder={t("caller.find_school")}
        aria-label={t("caller.find_school")}
        className={FIELD}
        data-testid="raise-school"
      />
      <div className="mt-1 divide-y rounded-md border">
        {shown.map((school) => (
          <label
            key={school.id}
            className="flex cursor-pointer items-center gap-2 px-2 py-1.5 has-checked:bg-raised"
          >
            <input
              type="radio"
              name="raise-school"
              className="accent-(--q-accent)"
              checked={school.id === chosen}
              onChange={() => onChoose(school.id)}
            />
            <span className="min-w-0 flex-1">
              {name(school.name)}
              <span className="ml-2 text-sm text-ink-3">{name(school.address)}</span>
            </span>
          </label>
        ))}
        {shown.length === 0 && <p className="px-2 py-1.5 text-sm text-ink-2">{t("search.nothing")}</p>}
      </div>
    </fieldset>
  );
}

const FIELD = "h-9 w-full rounded-md border border-line-2 bg-ground px-2 placeholder:text-ink-3";

function Field({
  label,
  value,
  onChange,
  testId,
  focus = false,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  testId: string;
  focus?: boolean;
}) {
  return (
    <label className="block">
      <span className="mb-1 block text-sm text-ink-2">{label}</span>
      <input
        autoFocus={focus}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        maxLength={200}
        className={FIELD}
        data-testid={testId}
      />
    </label>
  );
}
