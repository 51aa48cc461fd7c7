/** Inspections on site, for those who read remarks; whoever inspects begins one from here. */
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { InspectionList } from "@/features/inspection/InspectionList";
import { buttonClass } from "@/ui/button";
import { Notice } from "@/ui/surfaces";
import { useWords } from "@/vocabulary/use-words";
import { useSchool, useSession } from "@/world/hooks";

export function InspectionsPage() {
  const { t, name } = useWords();
  const { rights } = useSession();
  const place = useSearch({ from: "/inspections" });
  const navigate = useNavigate({ from: "/inspections" });
  const school = useSchool(place.school);
  if (!rights.includes("remarks.read")) return <Notice title={t("remark.no_right")} data-testid="no-right" />;
  const mayInspect = rights.includes("remarks.write");
  return (
    <div className="flex h-full min-h-0 flex-col" data-testid="inspections-page">
      <header className="flex min-h-11 shrink-0 flex-wrap items-center gap-x-4 gap-y-1 border-b px-3 py-1">
        <Link to="/remarks" className="text-accent">
          {t("remark.title")}
        </Link>
        <h1 className="text-lg font-semibold">{t("inspection.list.title")}</h1>
        {school !== undefined && (
          <span className="flex items-center gap-2 text-ink-2">
            {name(school.name)}
            <Link to="/inspections" search={{ ...place, school: undefined }} className="text-sm text-accent">
              {t("remark.all_schools")}
            </Link>
          </span>
        )}
        <span className="grow" />
        {mayInspect && (
          <a href="/inspect/" className={buttonClass("plain", true)} data-testid="inspect-open">
            {t("inspection.title")}
          </a>
        )}
      </header>
      <InspectionList
        filter={place}
        onFilter={(change) =>
          void navigate({ search: (before) => ({ ...before, ...change }), replace: true })
        }
        mayInspect={mayInspect}
        remarksOf={(id, words) => (
          <Link to="/remarks" search={{ school: id, whose: "all" }} className="text-accent">
            {words}
          </Link>
        )}
      />
    </div>
  );
}
