/** The frame of a school's forms: whose they are, and the way back to what the norms ask. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Notice, Skeleton } from "@/ui/surfaces";
import { useWords } from "@/vocabulary/use-words";
import { useConnection, useSchool } from "@/world/hooks";

export function SchoolPaper({
  school: id,
  title,
  children,
}: {
  school: string;
  title: string;
  children: ReactNode;
}) {
  const { t, name } = useWords();
  const school = useSchool(id);
  const loading = useConnection().state === "loading";
  if (school === undefined)
    return loading ? (
      <Skeleton className="m-4 h-64" />
    ) : (
      <Notice title={t("school.not_found")} detail={t("school.not_found_detail")} data-testid="no-right" />
    );
  return (
    <div className="mx-auto max-w-[900px] space-y-3 p-3 sm:p-4">
      <header className="flex flex-wrap items-baseline gap-x-4 gap-y-1">
        <h1 className="text-xl font-semibold">{title}</h1>
        <Link to="/schools/$id" params={{ id }} className="text-accent">
          {name(school.name)}
        </Link>
        <span className="grow" />
        <Link to="/schools/$id/norms" params={{ id }} className="text-accent">
          {t("norms.back")}
        </Link>
      </header>
      {children}
    </div>
  );
}
