/** All schools in sight, as a table or on the map. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Map as MapIcon, Table } from "lucide-react";
import type { School } from "@/api/types";
import { SchoolsTable } from "@/features/schools/SchoolsTable";
import { Segmented } from "@/ui/surfaces";
import { SCHOOL_STATES } from "@/vocabulary/schools";
import { useWords } from "@/vocabulary/use-words";
import { MapOfSchools } from "./desk/Desk";

const KINDS: readonly School["kind"][] = ["school", "kindergarten", "college"];

export function SchoolsPage() {
  const { t } = useWords();
  const place = useSearch({ from: "/schools" });
  const navigate = useNavigate({ from: "/schools" });
  const open = (id: string) => void navigate({ to: "/schools/$id", params: { id } });
  const tabs = (
    <Segmented
      label={t("desk.view")}
      value={place.view ?? "table"}
      onChoose={(view) =>
        void navigate({
          search: (before) => ({ ...before, view: view === "map" ? "map" : undefined }),
          replace: true,
        })
      }
      choices={[
        {
          value: "table",
          label: (
            <>
              <Table size={15} aria-hidden /> {t("schools.table")}
            </>
          ),
        },
        {
          value: "map",
          label: (
            <>
              <MapIcon size={15} aria-hidden /> {t("desk.map")}
            </>
          ),
        },
      ]}
      testId="schools-view"
    />
  );
  if (place.view === "map") {
    return (
      <div className="flex h-full flex-col">
        <div className="flex h-11 shrink-0 items-center justify-end border-b px-3">{tabs}</div>
        <div className="min-h-0 flex-1">
          <MapOfSchools chosen={undefined} onChoose={open} />
        </div>
      </div>
    );
  }
  return (
    <SchoolsTable
      place={{
        q: place.q ?? "",
        state: SCHOOL_STATES.find((state) => state === place.state),
        kind: KINDS.find((kind) => kind === place.kind),
        region: place.region,
        sort: place.sort,
        hide: place.hide,
      }}
      onMove={({ q, ...change }) =>
        void navigate({
          search: (before) => ({ ...before, ...change, ...(q === undefined ? {} : { q: q || undefined }) }),
          replace: true,
        })
      }
      onOpen={(school) => open(school.id)}
      tools={tabs}
    />
  );
}
