/** What the norms ask of one school: what fails today, or failed on a day one chooses. */
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Today } from "@/features/norms/Today";
import { Day } from "@/features/norms/Day";
import { buttonClass } from "@/ui/button";
import { Notice, Skeleton } from "@/ui/surfaces";
import { useWords } from "@/vocabulary/use-words";
import { useConnection, useSchool, useSession } from "@/world/hooks";
import { useWays } from "./mending";
import { askedOf, type NormsPlace } from "./places";

export function SchoolNormsPage() {
  const { t, name } = useWords();
  const { id } = useParams({ from: "/schools/$id/norms" });
  const place = useSearch({ from: "/schools/$id/norms" });
  const navigate = useNavigate({ from: "/schools/$id/norms" });
  const { rights } = useSession();
  const school = useSchool(id);
  const loading = useConnection().state === "loading";
  const ways = useWays(id, place);
  const move = (change: Partial<NormsPlace>) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  if (school === undefined)
    return loading ? (
      <Skeleton className="m-4 h-64" />
    ) : (
      <Notice title={t("school.not_found")} detail={t("school.not_found_detail")} data-testid="no-right" />
    );
  return (
    <div className="mx-auto max-w-[1100px] p-3 sm:p-4" data-testid="school-norms" data-school={id}>
      <header className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <h1 className="text-xl font-semibold">{t("norms.today")}</h1>
        <Link to="/schools/$id" params={{ id }} className="text-accent">
          {name(school.name)}
        </Link>
        <span className="grow" />
        {rights.includes("attestation.read") && (
          <Link to="/attestation" className={buttonClass("plain", true)} data-testid="to-attestation">
            {t("attestation.title")}
          </Link>
        )}
        <Link to="/schools/$id/documents" params={{ id }} className={buttonClass("plain", true)}>
          {t("norms.documents")}
        </Link>
        <Link to="/schools/$id/site" params={{ id }} className={buttonClass("plain", true)}>
          {t("norms.site")}
        </Link>
      </header>
      <Day day={place.day} today={place.today === true} onDay={move} />
      <section className="mt-3 rounded-md border bg-surface">
        <Today school={id} asked={askedOf(place)} ways={ways} />
      </section>
    </div>
  );
}
