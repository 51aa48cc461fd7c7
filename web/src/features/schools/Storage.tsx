/** How long a school's disks keep recordings, and when that would be less than the norm wants. */
import { useQuery } from "@tanstack/react-query";
import { HardDrive } from "lucide-react";
import { api, taken } from "@/api/client";
import type { components } from "@/api/schema";
import { Skeleton } from "@/ui/surfaces";
import { number, problemText, wordFor } from "@/vocabulary/text";
import { day } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";

type Disk = components["schemas"]["Disk"];

const EVERY_MS = 60_000;

export function useStorage(school: string) {
  return useQuery({
    queryKey: ["storage", school],
    queryFn: () =>
      taken(api.GET("/api/schools/{school_id}/storage", { params: { path: { school_id: school } } })),
    refetchInterval: EVERY_MS,
  });
}

export function Storage({ school }: { school: string }) {
  const { t } = useWords();
  const { data, error } = useStorage(school);
  if (error !== null) return <p className="p-3 text-caution">{problemText(t, error)}</p>;
  if (data === undefined) return <Skeleton className="m-3 h-16" />;
  if (data.items.length === 0) return <p className="p-3 text-ink-2">{t("storage.empty")}</p>;
  return (
    <div data-testid="storage">
      {!data.heard && <p className="px-3 pt-2 text-sm text-ink-3">{t("storage.old")}</p>}
      <ul className="divide-y">
        {data.items.map((disk) => (
          <OneDisk key={disk.id} disk={disk} />
        ))}
      </ul>
    </div>
  );
}

const gigabytes = (bytes: number) => number(Math.round(bytes / 1e8) / 10);

function OneDisk({ disk }: { disk: Disk }) {
  const { t } = useWords();
  const share = disk.budget_bytes > 0 ? Math.min(1, disk.used_bytes / disk.budget_bytes) : 0;
  const sizes = t("storage.used", {
    used: gigabytes(disk.used_bytes),
    budget: gigabytes(disk.budget_bytes),
  });
  return (
    <li className="space-y-1 px-3 py-2" data-testid="disk" data-state={disk.state}>
      <p className="flex flex-wrap items-baseline gap-x-2">
        <HardDrive size={14} aria-hidden className="self-center text-ink-3" />
        <span className="font-medium break-all">{disk.name}</span>
        <span className={disk.state === "ready" ? "text-sm text-ink-3" : "text-sm text-caution"}>
          {wordFor(t, "storage.state", disk.state)}
        </span>
        <span className="grow" />
        <span className="text-sm text-ink-2">
          {disk.days_kept === null
            ? t("storage.unmeasured")
            : t("storage.keeps", { days: number(Math.floor(disk.days_kept * 10) / 10) })}
          {disk.min_days !== null && ` · ${t("storage.norm", { days: number(disk.min_days) })}`}
        </span>
      </p>
      <div className="h-1 overflow-hidden rounded-sm bg-ground" role="img" aria-label={sizes}>
        <div className="h-full bg-line-2" style={{ width: `${share * 100}%` }} />
      </div>
      <p className="flex flex-wrap gap-x-3 text-sm text-ink-3">
        <span>{sizes}</span>
        {disk.bytes_per_day !== null && (
          <span>{t("storage.per_day", { gbyte: gigabytes(disk.bytes_per_day) })}</span>
        )}
        {disk.held_bytes > 0 && <span>{t("storage.held", { held: gigabytes(disk.held_bytes) })}</span>}
      </p>
      {(disk.broken || disk.breaks_at !== null) && (
        <p className="text-sm text-caution" data-testid="disk-breaks">
          {disk.broken || disk.breaks_at === null
            ? t("storage.broken")
            : t("storage.breaks", { day: day(Date.parse(disk.breaks_at)) })}
          {". "}
          {t("storage.what_to_do")}
        </p>
      )}
    </li>
  );
}
