/** What kind of a place a school is: it decides which norms concern it. What is not known stays not known. */
import { useState } from "react";
import { Button } from "@/ui/button";
import { Field, INPUT, Trouble } from "@/ui/fields";
import { Skeleton } from "@/ui/surfaces";
import { Problem } from "@/vocabulary/problem";
import { wordFor } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { useSite, usePutSite, type Site } from "./norms";
import {
  type ChoiceKey,
  CHOICES,
  chosen,
  draftOf,
  FLAGS,
  lackOf,
  NUMBERS,
  type SiteDraft,
  wishOf,
} from "./site";

export function SiteForm({ school }: { school: string }) {
  const { data, error } = useSite(school);
  if (data === undefined)
    return error === null ? <Skeleton className="h-48" /> : <Problem error={error} testId="site-problem" />;
  return <Form school={school} site={data} />;
}

function Form({ school, site }: { school: string; site: Site }) {
  const { t } = useWords();
  const put = usePutSite(school);
  const [draft, setDraft] = useState<SiteDraft>(() => draftOf(site));
  const [tried, setTried] = useState(false);
  const lack = lackOf(draft);
  const set = (change: Partial<SiteDraft>) => {
    put.reset();
    setDraft((before) => ({ ...before, ...change }));
  };
  return (
    <form
      className="grid gap-3 sm:grid-cols-2"
      data-testid="site-form"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (lack === null) put.mutate(wishOf(draft));
      }}
    >
      {(Object.keys(CHOICES) as ChoiceKey[]).map((key) => (
        <Field key={key} label={t(`norms.site_field.${key}`)}>
          <select
            value={draft[key]}
            disabled={!site.may_edit}
            onChange={(event) => set(chosen(key, event.target.value))}
            className={INPUT}
            data-testid={`site-${key}`}
          >
            <option value="">{t("norms.not_known_yet")}</option>
            {CHOICES[key].map((value) => (
              <option key={value} value={value}>
                {wordFor(t, "norms.option", value)}
              </option>
            ))}
          </select>
        </Field>
      ))}
      {NUMBERS.map((key) => (
        <Field
          key={key}
          label={t(`norms.site_field.${key}`)}
          hint={key === "peak_people" ? t("norms.peak_hint") : undefined}
        >
          <input
            inputMode="numeric"
            value={draft[key]}
            disabled={!site.may_edit}
            maxLength={6}
            onChange={(event) => set({ [key]: event.target.value })}
            aria-invalid={tried && lack === key}
            className={INPUT}
            data-testid={`site-${key}`}
          />
        </Field>
      ))}
      {FLAGS.map((key) => (
        <Field key={key} label={t(`norms.site_field.${key}`)}>
          <select
            value={draft[key]}
            disabled={!site.may_edit}
            onChange={(event) => set({ [key]: event.target.value as SiteDraft[typeof key] })}
            className={INPUT}
            data-testid={`site-${key}`}
          >
            <option value="">{t("norms.not_known_yet")}</option>
            <option value="yes">{t("norms.yes")}</option>
            <option value="no">{t("norms.no")}</option>
          </select>
        </Field>
      ))}
      <p className="text-sm text-ink-3 sm:col-span-2">{t("norms.site_detail")}</p>
      {site.may_edit && (
        <div className="flex flex-wrap items-center gap-3 sm:col-span-2">
          <Button type="submit" look="primary" disabled={put.isPending} data-testid="site-save">
            {t("norms.save")}
          </Button>
          {put.isSuccess && (
            <span role="status" className="text-sm text-ink-2">
              {t("norms.saved")}
            </span>
          )}
          <Trouble testId="site-lack">{tried && lack !== null && t("norms.lack.number")}</Trouble>
          <Problem error={put.error} testId="site-refused" />
        </div>
      )}
    </form>
  );
}
