/** Country → region → district → school: the same numbers at every step. */
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { Standing } from "@/features/norms/Standing";
import { usePlaceNames } from "@/features/schools/places";
import { useWords } from "@/vocabulary/use-words";
import { useSession } from "@/world/hooks";
import type { StandingPlace } from "./places";

export function StandingPage() {
  const { t } = useWords();
  const { rights } = useSession();
  const place = useSearch({ from: "/standing" });
  const navigate = useNavigate({ from: "/standing" });
  const { districtName: placeName } = usePlaceNames();
  const { region, district } = place;
  const level = district !== undefined ? "district" : region !== undefined ? "region" : "country";
  const move = (change: Partial<StandingPlace>) =>
    void navigate({ search: (before) => ({ ...before, ...change }) });
  return (
    <div className="flex h-full min-h-0 flex-col" data-testid="standing-page">
      <header className="flex min-h-11 shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-b px-3 py-1">
        <h1 className="text-lg font-semibold">{t("norms.standing")}</h1>
        <nav className="flex flex-wrap items-center gap-1" aria-label={t("norms.where")}>
          {level === "country" ? (
            <span aria-current="page">{t("norms.country")}</span>
          ) : (
            <button
              type="button"
              className="text-accent"
              onClick={() => move({ region: undefined, district: undefined })}
            >
              {t("norms.country")}
            </button>
          )}
          {region !== undefined && (
            <>
              <ChevronRight size={14} aria-hidden />
              {level === "region" ? (
                <span aria-current="page">{placeName(region)}</span>
              ) : (
                <button type="button" className="text-accent" onClick={() => move({ district: undefined })}>
                  {placeName(region)}
                </button>
              )}
            </>
          )}
          {district !== undefined && (
            <>
              <ChevronRight size={14} aria-hidden />
              <span aria-current="page">{placeName(district)}</span>
            </>
          )}
        </nav>
        <span className="grow" />
        {rights.includes("attestation.read") && (
          <Link to="/attestation" className="text-accent" data-testid="to-attestation">
            {t("attestation.title")}
          </Link>
        )}
      </header>
      <Standing
        key={`${region} ${district}`}
        place={{
          level,
          of: district ?? region,
          pack: place.pack,
          view: place.view ?? "table",
          measure: place.measure ?? "compliant",
        }}
        onMove={(change) => {
          if (change.level === "region") move({ region: change.of, district: undefined });
          else if (change.level === "district") move({ district: change.of });
          else if (change.view !== undefined) move({ view: change.view === "map" ? "map" : undefined });
          else if (change.measure !== undefined) move({ measure: change.measure });
        }}
        school={(id, className, children) => (
          <Link to="/schools/$id/norms" params={{ id }} className={className}>
            {children}
          </Link>
        )}
      />
    </div>
  );
}
