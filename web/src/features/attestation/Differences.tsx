/** Beside a record: what a later norm asks otherwise. The record itself stays what it is. */
import type { Verdict } from "@/vocabulary/norms";
import { VerdictWords } from "@/vocabulary/norms";
import { useWords } from "@/vocabulary/use-words";
import type { Difference } from "./assessment";

export function Differences({ items }: { items: readonly Difference[] }) {
  const { t, name } = useWords();
  if (items.length === 0)
    return (
      <p className="px-3 py-2 text-ink-2" data-testid="differences-none">
        {t("attestation.no_delta")}
      </p>
    );
  return (
    <ul className="divide-y" data-testid="differences">
      {items.map((one) => (
        <li
          key={one.requirement}
          className="grid gap-x-4 gap-y-0.5 px-3 py-2 sm:grid-cols-[minmax(0,1fr)_160px_160px]"
          data-testid="difference"
          data-change={one.change}
        >
          <span className="space-y-0.5">
            <span className="block">{name(one.title)}</span>
            <span className="block text-sm text-ink-2">{t(`attestation.change.${one.change}`)}</span>
          </span>
          <Then label={t("attestation.then")} verdict={one.counted} />
          <Then label={t("attestation.by_new_norm")} verdict={one.now} />
        </li>
      ))}
    </ul>
  );
}

function Then({ label, verdict }: { label: string; verdict: Verdict | null }) {
  const { t } = useWords();
  return (
    <span className="space-y-0.5">
      <span className="block text-sm text-ink-3">{label}</span>
      {verdict === null ? t("attestation.not_asked") : <VerdictWords verdict={verdict} />}
    </span>
  );
}
