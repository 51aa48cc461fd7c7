/** Picture quality: cameras with the worst first, or how districts stand. */
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Districts } from "@/features/quality/Districts";
import { QualityWall } from "@/features/quality/QualityWall";
import { Segmented } from "@/ui/surfaces";
import { useWords } from "@/vocabulary/use-words";
import type { QualityPlace } from "./places";

export function QualityPage() {
  const { t } = useWords();
  const place = useSearch({ from: "/quality" });
  const navigate = useNavigate({ from: "/quality" });
  const move = (change: Partial<QualityPlace>) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  return (
    <div className="flex h-full min-h-0 flex-col" data-testid="quality-page">
      <header className="flex min-h-11 shrink-0 flex-wrap items-center gap-x-4 gap-y-1 border-b px-3 py-1">
        <h1 className="text-lg font-semibold">{t("quality.title")}</h1>
        <Segmented
          label={t("quality.title")}
          value={place.view ?? "cameras"}
          onChoose={(view) => move({ view: view === "districts" ? view : undefined })}
          choices={(["cameras", "districts"] as const).map((value) => ({
            value,
            label: t(`quality.shown.${value}`),
          }))}
          testId="quality-view"
        />
      </header>
      {place.view === "districts" ? (
        <Districts onDistrict={(district) => move({ view: undefined, district })} />
      ) : (
        <QualityWall
          filter={{ fault: place.fault, verdict: place.verdict, district: place.district }}
          onFilter={move}
          link={(camera, className, children) => (
            <Link to="/cameras/$id/quality" params={{ id: camera }} className={className}>
              {children}
            </Link>
          )}
        />
      )}
    </div>
  );
}
