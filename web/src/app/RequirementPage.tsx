/** One requirement at one school, with the way back to all of them. */
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { Requirement } from "@/features/norms/Requirement";
import { useWords } from "@/vocabulary/use-words";
import { useSchool } from "@/world/hooks";
import { useLinks, useMending } from "./mending";
import { askedOf } from "./places";

export function RequirementPage() {
  const { t, name } = useWords();
  const { id, requirement } = useParams({ from: "/schools/$id/norms/$requirement" });
  const place = useSearch({ from: "/schools/$id/norms/$requirement" });
  const school = useSchool(id);
  const mend = useMending(id);
  const links = useLinks(id);
  return (
    <div className="mx-auto max-w-[1000px] space-y-3 p-3 sm:p-4">
      <p className="flex flex-wrap gap-x-4">
        <Link to="/schools/$id/norms" params={{ id }} search={place} className="text-accent">
          {t("norms.back")}
        </Link>
        {school !== undefined && <span className="text-ink-2">{name(school.name)}</span>}
      </p>
      <Requirement school={id} requirement={requirement} asked={askedOf(place)} links={links} mend={mend} />
    </div>
  );
}
