/** A school's papers: what there is and until when, and a form for one more. Of the passport only that it exists. */
import { useState } from "react";
import { Button } from "@/ui/button";
import { Field, INPUT, Trouble } from "@/ui/fields";
import { Notice, Panel, Skeleton } from "@/ui/surfaces";
import { Problem } from "@/vocabulary/problem";
import { dayOf } from "@/vocabulary/remarks";
import { isoDay } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow } from "@/world/hooks";
import { type Draft, EMPTY, lackOf, ordered, wishOf } from "./documents";
import {
  type DocumentKind,
  type SchoolDocument,
  useAddDocument,
  useDocuments,
  useWithdrawDocument,
} from "./norms";
import { capital, DueWords } from "./words";

export function Documents({ school }: { school: string }) {
  const { t, name } = useWords();
  const { data, error } = useDocuments(school);
  if (data === undefined)
    return error === null ? (
      <Skeleton className="h-48" />
    ) : (
      <Problem error={error} testId="documents-problem" />
    );
  const titleOf = (kind: string): string => {
    const known = data.kinds.find((one) => one.kind === kind);
    return known === undefined ? kind : capital(name(known.title));
  };
  return (
    <div className="space-y-3" data-testid="documents">
      <p className="max-w-prose text-sm text-ink-2">{t("norms.documents_detail")}</p>
      <Panel title={t("norms.documents_there")}>
        {data.items.length === 0 ? (
          <Notice
            title={t("norms.no_documents")}
            detail={t("norms.no_documents_detail")}
            data-testid="documents-none"
          />
        ) : (
          <ul className="divide-y">
            {ordered(data.items).map((one) => (
              <Line
                key={one.id}
                school={school}
                document={one}
                title={titleOf(one.kind)}
                mayEdit={data.may_edit}
              />
            ))}
          </ul>
        )}
      </Panel>
      {data.may_edit && (
        <Panel title={t("norms.document_new")}>
          <Form school={school} kinds={data.kinds} />
        </Panel>
      )}
    </div>
  );
}

function Line({
  school,
  document,
  title,
  mayEdit,
}: {
  school: string;
  document: SchoolDocument;
  title: string;
  mayEdit: boolean;
}) {
  const { t } = useWords();
  const now = useServerNow(60_000);
  const withdraw = useWithdrawDocument(school);
  const [asking, setAsking] = useState(false);
  return (
    <li className="space-y-1 px-3 py-2" data-testid="document" data-kind={document.kind}>
      <div className="flex flex-wrap items-baseline gap-x-4 gap-y-1">
        <span className="min-w-0 flex-1 basis-64 font-medium">
          {title}
          {document.number !== "" && <span className="font-normal text-ink-2"> № {document.number}</span>}
        </span>
        {document.withdrawn_at !== null ? (
          <span className="text-ink-3">{t("norms.withdrawn")}</span>
        ) : document.valid_to === null ? (
          <span className="text-ink-2">{t("norms.no_end")}</span>
        ) : (
          <DueWords due={document.valid_to} now={now} />
        )}
        {mayEdit && document.withdrawn_at === null && !asking && (
          <Button small look="quiet" onClick={() => setAsking(true)} data-testid="document-withdraw">
            {t("norms.withdraw")}
          </Button>
        )}
      </div>
      <p className="text-sm text-ink-2">
        {t("norms.issued_on", { day: dayOf(document.issued) })}
        {document.issuer !== "" && `, ${document.issuer}`}
      </p>
      {asking && document.withdrawn_at === null && (
        <div className="flex flex-wrap items-center gap-2">
          <span className="text-sm">{t("norms.withdraw_means")}</span>
          <Button
            small
            disabled={withdraw.isPending}
            onClick={() => withdraw.mutate(document.id)}
            data-testid="document-withdraw-yes"
          >
            {t("norms.withdraw_yes")}
          </Button>
          <Button small look="quiet" onClick={() => setAsking(false)}>
            {t("norms.keep")}
          </Button>
        </div>
      )}
      <Problem error={withdraw.error} />
    </li>
  );
}

function Form({ school, kinds }: { school: string; kinds: readonly DocumentKind[] }) {
  const { t, name } = useWords();
  const add = useAddDocument(school);
  const now = useServerNow(60_000);
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const [tried, setTried] = useState(false);
  const ends = kinds.find(({ kind }) => kind === draft.kind)?.ends ?? false;
  const lack = lackOf(draft, isoDay(now), ends);
  const set = (change: Partial<Draft>) => setDraft((before) => ({ ...before, ...change }));
  return (
    <form
      className="grid gap-3 p-3 sm:grid-cols-2"
      data-testid="document-form"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (lack !== null) return;
        add.mutate(wishOf(draft), {
          onSuccess: () => {
            setDraft(EMPTY);
            setTried(false);
          },
        });
      }}
    >
      <Field label={t("norms.kind")}>
        <select
          value={draft.kind}
          onChange={(event) => set({ kind: event.target.value })}
          aria-invalid={tried && lack === "kind"}
          className={INPUT}
          data-testid="document-kind"
        >
          <option value="">{t("norms.choose")}</option>
          {kinds.map(({ kind, title }) => (
            <option key={kind} value={kind}>
              {capital(name(title))}
            </option>
          ))}
        </select>
      </Field>
      <Field label={t("norms.number")}>
        <input
          value={draft.number}
          maxLength={100}
          onChange={(event) => set({ number: event.target.value })}
          className={INPUT}
          data-testid="document-number"
        />
      </Field>
      <Field label={t("norms.issued")}>
        <input
          type="date"
          value={draft.issued}
          max={isoDay(now)}
          onChange={(event) => set({ issued: event.target.value })}
          aria-invalid={tried && (lack === "issued" || lack === "future")}
          className={INPUT}
          data-testid="document-issued"
        />
      </Field>
      <Field label={t("norms.valid_to")} hint={ends ? undefined : t("norms.valid_to_hint")}>
        <input
          type="date"
          value={draft.valid_to}
          onChange={(event) => set({ valid_to: event.target.value })}
          aria-invalid={tried && (lack === "order" || lack === "end")}
          className={INPUT}
          data-testid="document-valid-to"
        />
      </Field>
      <Field label={t("norms.issuer")}>
        <input
          value={draft.issuer}
          maxLength={200}
          onChange={(event) => set({ issuer: event.target.value })}
          className={INPUT}
          data-testid="document-issuer"
        />
      </Field>
      <div className="flex flex-wrap items-center gap-3 sm:col-span-2">
        <Button type="submit" look="primary" disabled={add.isPending} data-testid="document-add">
          {t("norms.document_add")}
        </Button>
        <Trouble testId="document-lack">{tried && lack !== null && t(`norms.lack.${lack}`)}</Trouble>
        <Problem error={add.error} testId="document-problem" />
      </div>
    </form>
  );
}
