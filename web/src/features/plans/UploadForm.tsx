/** A new plan from a picture or a page of a PDF. */
import { useState } from "react";
import { Button, buttonClass } from "@/ui/button";
import { Field, INPUT } from "@/ui/fields";
import { Segmented } from "@/ui/surfaces";
import { Problem } from "@/vocabulary/problem";
import { useWords } from "@/vocabulary/use-words";
import { type Plan, useReplace, useUpload } from "./plans";

const KINDS_OF_PLAN = ["floor", "site"] as const;
const ACCEPTED = "image/png,image/jpeg,image/webp,application/pdf";
const MOST_NAME = 120;

/** Whole numbers of floors, cellars below zero; null is no number. */
export function floorOf(text: string): number | null {
  return /^-?\d{1,2}$/.test(text.trim()) ? Number(text) : null;
}

export function UploadForm({ school, onDone }: { school: string; onDone: (made: Plan) => void }) {
  const { t } = useWords();
  const [file, setFile] = useState<File | null>(null);
  const [kind, setKind] = useState<Plan["kind"]>("floor");
  const [name, setName] = useState("");
  const [floor, setFloor] = useState("1");
  const [page, setPage] = useState("1");
  const [share, setShare] = useState(0);
  const upload = useUpload(school, setShare);
  const level = kind === "floor" ? floorOf(floor) : null;
  const pdf = isPdf(file);
  const words =
    name.trim() || (kind === "site" ? t("plan.site") : t("plan.floor_of", { floor: floor.trim() }));
  const ready =
    file !== null && (kind === "site" || level !== null) && Number(page) >= 1 && !upload.isPending;
  return (
    <form
      className="space-y-3 p-4"
      data-testid="plan-upload"
      onSubmit={(event) => {
        event.preventDefault();
        if (!ready) return;
        setShare(0);
        upload.mutate(
          { file, kind, name: words, floor: level, page: pdf ? Number(page) : 1 },
          { onSuccess: onDone },
        );
      }}
    >
      <FileField file={file} onChoose={setFile} />
      <Segmented
        label={t("plan.kind")}
        value={kind}
        onChoose={setKind}
        choices={KINDS_OF_PLAN.map((value) => ({ value, label: t(`plan.kinds.${value}`) }))}
        testId="plan-kind"
      />
      <div className="grid grid-cols-2 gap-3">
        {kind === "floor" && (
          <Field label={t("plan.floor")}>
            <input
              className={INPUT}
              inputMode="numeric"
              value={floor}
              aria-invalid={level === null}
              onChange={(event) => setFloor(event.target.value)}
              data-testid="plan-floor"
            />
          </Field>
        )}
        {pdf && <PageField page={page} onChange={setPage} />}
      </div>
      <Field label={t("plan.name")}>
        <input
          className={INPUT}
          value={name}
          maxLength={MOST_NAME}
          placeholder={words}
          onChange={(event) => setName(event.target.value)}
          data-testid="plan-name"
        />
      </Field>
      <Problem error={upload.error} testId="plan-upload-problem" />
      {upload.isPending && <Sending share={share} />}
      <Button type="submit" look="primary" disabled={!ready} data-testid="plan-upload-now">
        {t("plan.upload")}
      </Button>
    </form>
  );
}

/** Another drawing of the same floor: what stands on the plan stays where it is. */
export function ReplaceForm({ plan, onDone }: { plan: Plan; onDone: () => void }) {
  const { t } = useWords();
  const [file, setFile] = useState<File | null>(null);
  const [page, setPage] = useState("1");
  const [share, setShare] = useState(0);
  const replace = useReplace(plan, setShare);
  const ready = file !== null && Number(page) >= 1 && !replace.isPending;
  return (
    <form
      className="space-y-3 p-4"
      data-testid="plan-replace"
      onSubmit={(event) => {
        event.preventDefault();
        if (!ready) return;
        setShare(0);
        replace.mutate({ file, page: isPdf(file) ? Number(page) : 1 }, { onSuccess: onDone });
      }}
    >
      <p className="text-sm text-balance text-ink-2">{t("plan.replace_detail")}</p>
      <FileField file={file} onChoose={setFile} />
      {isPdf(file) && <PageField page={page} onChange={setPage} />}
      <Problem error={replace.error} testId="plan-replace-problem" />
      {replace.isPending && <Sending share={share} />}
      <Button type="submit" look="primary" disabled={!ready} data-testid="plan-replace-now">
        {t("plan.replace")}
      </Button>
    </form>
  );
}

function isPdf(file: File | null): boolean {
  return file !== null && (file.type === "application/pdf" || file.name.toLowerCase().endsWith(".pdf"));
}

function PageField({ page, onChange }: { page: string; onChange: (page: string) => void }) {
  const { t } = useWords();
  return (
    <Field label={t("plan.page")}>
      <input
        className={INPUT}
        type="number"
        min={1}
        value={page}
        onChange={(event) => onChange(event.target.value)}
        data-testid="plan-page"
      />
    </Field>
  );
}

function Sending({ share }: { share: number }) {
  const { t } = useWords();
  return (
    <div role="status" className="space-y-1 text-sm text-ink-2">
      <progress className="h-1.5 w-full accent-accent" max={1} value={share} aria-label={t("plan.sending")} />
      <p>{t(share < 1 ? "plan.sending" : "plan.reading")}</p>
    </div>
  );
}

/** The browser's own words beside a file field are in the browser's language: ours stand in their place. */
function FileField({ file, onChoose }: { file: File | null; onChoose: (file: File | null) => void }) {
  const { t } = useWords();
  return (
    <label className="block space-y-1">
      <span className="block text-sm text-ink-2">{t("plan.file")}</span>
      <input
        type="file"
        accept={ACCEPTED}
        onChange={(event) => onChoose(event.target.files?.[0] ?? null)}
        className="peer sr-only"
        data-testid="plan-file"
      />
      <span className="flex cursor-pointer items-center gap-3 rounded-md peer-focus-visible:outline-2 peer-focus-visible:outline-offset-1 peer-focus-visible:outline-accent">
        <span className={buttonClass()}>{t("plan.choose_file")}</span>
        <span className="min-w-0 flex-1 truncate text-sm text-ink-2">{file?.name ?? ""}</span>
      </span>
      <span className="block text-sm text-balance text-ink-3">{t("plan.file_hint")}</span>
    </label>
  );
}
