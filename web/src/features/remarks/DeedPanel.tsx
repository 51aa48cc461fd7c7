/** What may be done with a remark now: the way forward in front, the others beside, each with what it asks for. */
import { useState } from "react";
import type { Frame, Remark } from "@/api/types";
import { Button } from "@/ui/button";
import { Field, INPUT, Trouble } from "@/ui/fields";
import { Panel } from "@/ui/surfaces";
import { Problem } from "@/vocabulary/problem";
import { useWords } from "@/vocabulary/use-words";
import { useRoutinePurpose } from "@/world/hooks";
import { Deadline } from "./Deadline";
import { type DeedName, lacking, NEEDS, ordered, type Said } from "./deeds";
import { FrameTaker } from "./FrameTaker";
import { useDeed } from "./remarks";
import { LONGEST_TEXT } from "./WriteForm";

export function DeedPanel({ remark }: { remark: Remark }) {
  const { t } = useWords();
  const [chosen, setChosen] = useState<DeedName | null>(null);
  const deed = useDeed(remark);
  const { next, others } = ordered(remark.rights);
  const open = chosen !== null && remark.rights.includes(chosen) ? chosen : null;
  if (remark.rights.length === 0) return null;
  const choose = (name: DeedName) => {
    deed.reset();
    if (name === "undo") deed.mutate({ deed: name });
    else setChosen(open === name ? null : name);
  };
  return (
    <Panel title={t("remark.what_now")} data-testid="deeds">
      <div className="space-y-3 p-3">
        <p className="text-sm text-ink-2">{t(`remark.now.${remark.state}`)}</p>
        <div className="flex flex-wrap gap-2">
          {[...(next === null ? [] : [next]), ...others].map((name) => (
            <Button
              key={name}
              look={name === next ? "primary" : "plain"}
              aria-pressed={name === open}
              className={name === next ? "" : "aria-pressed:border-accent"}
              disabled={deed.isPending}
              onClick={() => choose(name)}
              data-testid={`deed-${name}`}
            >
              {t(`remark.deed.${name}`)}
            </Button>
          ))}
        </div>
        {open !== null && (
          <Form
            key={open}
            name={open}
            remark={remark}
            busy={deed.isPending}
            onSay={(said) => deed.mutate({ deed: open, ...said }, { onSuccess: () => setChosen(null) })}
          />
        )}
        <Problem error={deed.error} testId="deed-problem" />
      </div>
    </Panel>
  );
}

function Form({
  name,
  remark,
  busy,
  onSay,
}: {
  name: DeedName;
  remark: Remark;
  busy: boolean;
  onSay: (said: Said) => void;
}) {
  const { t } = useWords();
  const purpose = useRoutinePurpose();
  const needs = NEEDS[name];
  const [text, setText] = useState("");
  const [deadline, setDeadline] = useState<string | null>(null);
  const [frame, setFrame] = useState<Frame | null>(null);
  const [tried, setTried] = useState(false);
  const said: Said = { text: text.trim(), deadline, frame: frame?.id ?? null };
  const lack = lacking(name, said, remark);
  const camera = remark.target.camera ?? null;
  return (
    <form
      className="space-y-3 border-t pt-3"
      data-testid="deed-form"
      data-deed={name}
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (lack === null) onSay(said);
      }}
    >
      <p className="text-sm text-ink-2">{t(`remark.means.${name}`)}</p>
      {needs.frame && camera !== null && purpose !== null && (
        <FrameTaker camera={camera} purpose={purpose} frame={frame} onFrame={setFrame} />
      )}
      {needs.mayWords && (
        <Field label={t(needs.words ? "remark.say_why" : "remark.say")}>
          <textarea
            autoFocus
            rows={3}
            maxLength={LONGEST_TEXT}
            value={text}
            onChange={(event) => setText(event.target.value)}
            className={`${INPUT} h-auto py-1.5`}
            data-testid="deed-text"
          />
        </Field>
      )}
      {needs.day !== null && (
        <Deadline
          value={deadline ?? (name === "issue" ? remark.deadline : null)}
          onChange={setDeadline}
          label={t(needs.day === "must" ? "remark.deadline" : "remark.deadline_new")}
        />
      )}
      <Trouble testId="deed-lack">{tried && lack !== null && t(`remark.lack.${lack}`)}</Trouble>
      <Button type="submit" look="primary" disabled={busy} data-testid="deed-do">
        {t(`remark.deed.${name}`)}
      </Button>
    </form>
  );
}
