/** The registry from a file: first a dry run with every change and every wrong row, then all of it or nothing. */
import { FileSpreadsheet } from "lucide-react";
import { useRef, useState } from "react";
import { Button } from "@/ui/button";
import { Notice, Panel, Segmented, Skeleton } from "@/ui/surfaces";
import { Problem } from "@/vocabulary/problem";
import { Trouble } from "@/ui/fields";
import { number } from "@/vocabulary/text";
import { dayAndClock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { type RegistryImport as Import, useApplyImport, useImport, useUploadRegistry } from "./registry";

const MOST_BYTES = 20_000_000;
/** As the centre names them; `site` is the only one that must be there. */
const COLUMNS = [
  "site",
  "kind",
  "name_kk",
  "name_ru",
  "name_en",
  "address_kk",
  "address_ru",
  "address_en",
  "head_name",
  "phone",
  "district",
  "lat",
  "lon",
] as const;
const FORMATS = ".csv,.xlsx";

export function RegistryImport({
  id,
  onUploaded,
}: {
  id: string | undefined;
  onUploaded: (id: string) => void;
}) {
  const { t } = useWords();
  return (
    <div className="space-y-3" data-testid="registry-import">
      <p className="max-w-prose text-ink-2">{t("norms.import_detail")}</p>
      <p className="max-w-prose text-sm text-ink-2">
        {t("norms.import_columns")} <code>{COLUMNS.join(", ")}</code>
      </p>
      <Choose onUploaded={onUploaded} />
      {id !== undefined && <DryRun id={id} />}
    </div>
  );
}

function Choose({ onUploaded }: { onUploaded: (id: string) => void }) {
  const { t } = useWords();
  const upload = useUploadRegistry();
  const input = useRef<HTMLInputElement>(null);
  const [tooBig, setTooBig] = useState(false);
  const take = (file: File | undefined) => {
    if (file === undefined) return;
    setTooBig(file.size > MOST_BYTES);
    if (file.size <= MOST_BYTES) upload.mutate(file, { onSuccess: (made) => onUploaded(made.id) });
    if (input.current !== null) input.current.value = "";
  };
  return (
    <div className="flex flex-wrap items-center gap-3">
      <Button look="primary" disabled={upload.isPending} onClick={() => input.current?.click()}>
        <FileSpreadsheet size={16} aria-hidden />{" "}
        {t(upload.isPending ? "norms.uploading" : "norms.choose_file")}
      </Button>
      <input
        ref={input}
        type="file"
        accept={FORMATS}
        className="sr-only"
        tabIndex={-1}
        aria-label={t("norms.choose_file")}
        onChange={(event) => take(event.target.files?.[0])}
        data-testid="registry-file"
      />
      <span className="text-sm text-ink-3">{t("norms.file_limits")}</span>
      <Trouble testId="registry-too-big">{tooBig && t("norms.too_big")}</Trouble>
      <Problem error={upload.error} testId="registry-refused" />
    </div>
  );
}

function DryRun({ id }: { id: string }) {
  const { t } = useWords();
  const { data, error } = useImport(id);
  if (data === undefined)
    return error === null ? <Skeleton className="h-48" /> : <Problem error={error} testId="import-problem" />;
  return (
    <section className="space-y-3" data-testid="import" data-state={data.state}>
      <h2 className="font-semibold">
        {data.file_name} · {t(`norms.import_state.${data.state}`)}
      </h2>
      <Counts data={data} />
      {data.state !== "applied" && <Apply data={data} />}
      {data.applied_at !== null && (
        <p role="status">{t("norms.applied_at", { time: dayAndClock(Date.parse(data.applied_at)) })}</p>
      )}
      <Tables key={data.state} data={data} />
    </section>
  );
}

function Counts({ data }: { data: Import }) {
  const { t } = useWords();
  return (
    <dl className="flex flex-wrap gap-x-6 gap-y-1">
      {(["rows", "added", "changed", "unchanged", "errors"] as const).map((key) => (
        <div key={key} className="flex gap-1.5">
          <dt className="text-ink-2">{t(`norms.import_count.${key}`)}</dt>
          <dd className="font-semibold" data-testid={`import-${key}`}>
            {number(key === "errors" ? data.errors_count : data[key])}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** All or nothing: while one row is wrong there is nothing to press. */
function Apply({ data }: { data: Import }) {
  const { t } = useWords();
  const apply = useApplyImport(data.id);
  if (data.errors_count > 0)
    return (
      <p className="text-caution" data-testid="import-blocked">
        {t("norms.import_blocked", { count: data.errors_count })}
      </p>
    );
  return (
    <div className="flex flex-wrap items-center gap-3">
      <Button
        look="primary"
        disabled={apply.isPending || data.added + data.changed === 0}
        onClick={() => apply.mutate()}
        data-testid="import-apply"
      >
        {t("norms.import_apply", { count: data.added + data.changed })}
      </Button>
      <Problem error={apply.error} testId="import-apply-refused" />
    </div>
  );
}

type Sheet = "errors" | "changes";

function Tables({ data }: { data: Import }) {
  const { t } = useWords();
  const [sheet, setSheet] = useState<Sheet>(data.errors_count > 0 ? "errors" : "changes");
  return (
    <Panel
      title={t(`norms.sheet.${sheet}`)}
      actions={
        <Segmented
          label={t("norms.shown_as")}
          value={sheet}
          onChoose={setSheet}
          choices={(["errors", "changes"] as const).map((value) => ({
            value,
            label: t(`norms.sheet.${value}`),
          }))}
          testId="import-sheet"
        />
      }
    >
      {sheet === "errors" ? <Errors data={data} /> : <Changes data={data} />}
    </Panel>
  );
}

function Errors({ data }: { data: Import }) {
  const { t } = useWords();
  if (data.errors.length === 0) return <Notice title={t("norms.no_errors")} />;
  return (
    <div className="max-h-[60vh] overflow-auto">
      <table className="w-full text-left" data-testid="import-errors">
        <thead className="sticky top-0 bg-surface text-sm text-ink-2">
          <tr>
            {(["row", "column", "value", "error"] as const).map((key) => (
              <th key={key} scope="col" className="px-3 py-2 font-medium">
                {t(`norms.error_column.${key}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y">
          {data.errors.map((one, at) => (
            <tr key={at} data-testid="import-error" data-row={one.row}>
              <td className="px-3 py-1">{number(one.row)}</td>
              <td className="px-3 py-1">{one.column}</td>
              <td className="max-w-64 truncate px-3 py-1 text-ink-2" title={one.value}>
                {one.value}
              </td>
              <td className="px-3 py-1">{t(`norms.row_error.${one.code}`)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {data.errors.length < data.errors_count && (
        <p className="px-3 py-2 text-sm text-ink-3">
          {t("norms.first_of", { shown: number(data.errors.length), all: number(data.errors_count) })}
        </p>
      )}
    </div>
  );
}

function Changes({ data }: { data: Import }) {
  const { t } = useWords();
  if (data.changes.length === 0) return <Notice title={t("norms.no_changes")} />;
  return (
    <div className="max-h-[60vh] overflow-auto">
      <table className="w-full text-left" data-testid="import-changes">
        <thead className="sticky top-0 bg-surface text-sm text-ink-2">
          <tr>
            {(["row", "site", "field", "before", "after"] as const).map((key) => (
              <th key={key} scope="col" className="px-3 py-2 font-medium">
                {t(`norms.change_column.${key}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y">
          {data.changes.flatMap((change) =>
            change.fields.map((field) => (
              <tr key={`${change.row} ${field.field}`} data-testid="import-change" data-kind={change.kind}>
                <td className="px-3 py-1">{number(change.row)}</td>
                <td className="px-3 py-1">
                  {change.site}
                  {change.kind === "added" && <span className="text-ink-2"> {t("norms.is_new")}</span>}
                </td>
                <td className="px-3 py-1">{field.field}</td>
                <td className="px-3 py-1 text-ink-2">{field.before}</td>
                <td className="px-3 py-1">{field.after}</td>
              </tr>
            )),
          )}
        </tbody>
      </table>
      {data.changes.length < data.added + data.changed && (
        <p className="px-3 py-2 text-sm text-ink-3">
          {t("norms.first_of", {
            shown: number(data.changes.length),
            all: number(data.added + data.changed),
          })}
        </p>
      )}
    </div>
  );
}
