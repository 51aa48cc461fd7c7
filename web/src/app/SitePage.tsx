/** What kind of a place a school is. */
import { useParams } from "@tanstack/react-router";
import { SiteForm } from "@/features/norms/SiteForm";
import { useWords } from "@/vocabulary/use-words";
import { SchoolPaper } from "./SchoolPaper";

export function SitePage() {
  const { t } = useWords();
  const { id } = useParams({ from: "/schools/$id/site" });
  return (
    <SchoolPaper school={id} title={t("norms.site")}>
      <SiteForm school={id} />
    </SchoolPaper>
  );
}
