/** A remark is written where one looks: what it is about and the picture are there already. */
import { useRef, useState } from "react";
import { idempotencyKey } from "@/api/idempotency";
import type { Frame, NewRemark, Remark } from "@/api/types";
import { Button } from "@/ui/button";
import { Field, INPUT, Trouble } from "@/ui/fields";
import { Problem } from "@/vocabulary/problem";
import { CATEGORIES, type Category, inDays } from "@/vocabulary/remarks";
import { useWords } from "@/vocabulary/use-words";
import { useRoutinePurpose, useServerNow } from "@/world/hooks";
import { useClauses } from "./clauses";
import { Deadline } from "./Deadline";
import { FrameTaker } from "./FrameTaker";
import { usePlanOf } from "./layouts";
import { useWrite } from "./remarks";

export const LONGEST_TEXT = 4_000;
const LONGEST_CLAUSE = 300;
const USUAL_DAYS = 30;

export interface About {
  school: string;
  target: NewRemark["target"];
  /** What one reads: the camera, the zone, the plan, the school. */
  title: string;
  /** ISO 8601: the instant of the archive that is being looked at. */
  at?: string;
  /** The kind of zone, for clauses of the norm. */
  zoneKind?: string;
}

export function WriteForm({ about, onDone }: { about: About; onDone: (remark: Remark) => void }) {
  const { t } = useWords();
  const purpose = useRoutinePurpose();
  const now = useServerNow(60_000);
  const write = useWrite();
  const clauses = useClauses(about.zoneKind);
  const keys = useRef({ said: "", key: "" });
  const [category, setCategory] = useState<Category>(about.target.kind === "camera" ? "place" : "other");
  const [text, setText] = useState("");
  const [clause, setClause] = useState("");
  const [deadline, setDeadline] = useState<string | null>(() => inDays(USUAL_DAYS, now));
  const [frame, setFrame] = useState<Frame | null>(null);
  const [tried, setTried] = useState(false);
  const camera = about.target.camera ?? null;
  const drawn = usePlanOf(about.school, camera);

  const send = (issue: boolean) => {
    setTried(true);
    if (text.trim() === "" || (issue && deadline === null)) return;
    const { school } = about;
    const target = { ...about.target, ...drawn.data };
    const wish = { school, target, category, text, clause, deadline, frame: frame?.id ?? null, issue };
    const said = JSON.stringify(wish);
    if (keys.current.said !== said) keys.current = { said, key: idempotencyKey() };
    write.mutate({ wish, key: keys.current.key }, { onSuccess: onDone });
  };
  return (
    <form
      className="space-y-4 p-4"
      data-testid="write-remark"
      onSubmit={(event) => {
        event.preventDefault();
        send(true);
      }}
    >
      <p className="font-medium" data-testid="write-about">
        {about.title}
      </p>
      {camera !== null && purpose !== null && (
        <FrameTaker camera={camera} purpose={purpose} frame={frame} onFrame={setFrame} at={about.at} eager />
      )}
      <CategoryChoice value={category} onChoose={setCategory} />
      <Field label={t("remark.text")}>
        <textarea
          autoFocus
          rows={4}
          maxLength={LONGEST_TEXT}
          value={text}
          onChange={(event) => setText(event.target.value)}
          aria-invalid={tried && text.trim() === ""}
          placeholder={t("remark.text_hint")}
          className={`${INPUT} h-auto py-1.5`}
          data-testid="write-text"
        />
        <Trouble>{tried && text.trim() === "" && t("remark.lack.words")}</Trouble>
      </Field>
      <Field label={t("remark.clause")} hint={t("remark.clause_hint")}>
        <input
          list="remark-clauses"
          maxLength={LONGEST_CLAUSE}
          value={clause}
          onChange={(event) => setClause(event.target.value)}
          className={INPUT}
          data-testid="write-clause"
        />
        <datalist id="remark-clauses">
          {clauses.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      </Field>
      <Deadline value={deadline} onChange={setDeadline} label={t("remark.deadline")} />
      <Problem error={write.error} testId="write-problem" />
      <div className="flex flex-wrap gap-2">
        <Button
          type="submit"
          look="primary"
          disabled={write.isPending || drawn.isLoading}
          data-testid="write-issue"
        >
          {t("remark.deed.issue")}
        </Button>
        <Button
          disabled={write.isPending || drawn.isLoading}
          onClick={() => send(false)}
          data-testid="write-draft"
        >
          {t("remark.keep_draft")}
        </Button>
      </div>
    </form>
  );
}

export function CategoryChoice({
  value,
  onChoose,
}: {
  value: Category;
  onChoose: (category: Category) => void;
}) {
  const { t } = useWords();
  return (
    <fieldset>
      <legend className="mb-1 text-sm text-ink-2">{t("remark.category_is")}</legend>
      <div className="flex flex-wrap gap-1">
        {CATEGORIES.map((one) => (
          <Button
            key={one}
            small
            aria-pressed={one === value}
            className="aria-pressed:border-accent aria-pressed:text-accent"
            onClick={() => onChoose(one)}
            data-testid={`category-${one}`}
          >
            {t(`remark.category.${one}`)}
          </Button>
        ))}
      </div>
    </fieldset>
  );
}
