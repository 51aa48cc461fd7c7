/** A school's documents with their ends. */
import { useParams } from "@tanstack/react-router";
import { Documents } from "@/features/norms/Documents";
import { useWords } from "@/vocabulary/use-words";
import { SchoolPaper } from "./SchoolPaper";

export function DocumentsPage() {
  const { t } = useWords();
  const { id } = useParams({ from: "/schools/$id/documents" });
  return (
    <SchoolPaper school={id} title={t("norms.documents")}>
      <Documents school={id} />
    </SchoolPaper>
  );
}
