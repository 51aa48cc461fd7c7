/** A draft of one's own: changed, issued, or thrown away. Nobody else sees it. */
import { Trash2 } from "lucide-react";
import { useState } from "react";
import type { Remark } from "@/api/types";
import { Button } from "@/ui/button";
import { Field, INPUT } from "@/ui/fields";
import { Panel } from "@/ui/surfaces";
import { Problem } from "@/vocabulary/problem";
import { useWords } from "@/vocabulary/use-words";
import { Deadline } from "./Deadline";
import { useChange, useDeed, useDeleteDraft } from "./remarks";
import { CategoryChoice, LONGEST_TEXT } from "./WriteForm";

export function DraftForm({ remark, onDeleted }: { remark: Remark; onDeleted: () => void }) {
  const { t } = useWords();
  const change = useChange(remark);
  const deed = useDeed(remark);
  const away = useDeleteDraft(remark);
  const [category, setCategory] = useState(remark.category);
  const [text, setText] = useState(remark.text);
  const [clause, setClause] = useState(remark.clause);
  const [deadline, setDeadline] = useState(remark.deadline);
  const busy = change.isPending || deed.isPending || away.isPending;
  const wish = { category, text, clause, deadline };
  const changed = (["category", "text", "clause", "deadline"] as const).some(
    (field) => wish[field] !== remark[field],
  );
  const issue = async () => {
    const saved = changed ? await change.mutateAsync(wish) : remark;
    await deed.mutateAsync({ deed: "issue", version: saved.version });
  };
  return (
    <Panel title={t("remark.draft_title")} data-testid="draft">
      <form
        className="space-y-3 p-3"
        onSubmit={(event) => {
          event.preventDefault();
          issue().catch(() => undefined); // shown below, by whoever refused
        }}
      >
        <p className="text-sm text-ink-2">{t("remark.now.draft")}</p>
        <CategoryChoice value={category} onChoose={setCategory} />
        <Field label={t("remark.text")}>
          <textarea
            rows={4}
            maxLength={LONGEST_TEXT}
            value={text}
            onChange={(event) => setText(event.target.value)}
            className={`${INPUT} h-auto py-1.5`}
            data-testid="draft-text"
          />
        </Field>
        <Field label={t("remark.clause")}>
          <input
            value={clause}
            maxLength={300}
            onChange={(event) => setClause(event.target.value)}
            className={INPUT}
          />
        </Field>
        <Deadline value={deadline} onChange={setDeadline} label={t("remark.deadline")} />
        <Problem error={change.error ?? deed.error ?? away.error} testId="draft-problem" />
        <div className="flex flex-wrap gap-2">
          <Button
            type="submit"
            look="primary"
            disabled={busy || text.trim() === "" || deadline === null}
            data-testid="draft-issue"
          >
            {t("remark.deed.issue")}
          </Button>
          <Button
            disabled={busy || !changed || text.trim() === ""}
            onClick={() => change.mutate(wish)}
            data-testid="draft-save"
          >
            {t("remark.save_draft")}
          </Button>
          <Button
            look="quiet"
            disabled={busy}
            onClick={() => away.mutate(undefined, { onSuccess: onDeleted })}
            data-testid="draft-delete"
          >
            <Trash2 size={15} aria-hidden /> {t("remark.delete_draft")}
          </Button>
        </div>
      </form>
    </Panel>
  );
}
