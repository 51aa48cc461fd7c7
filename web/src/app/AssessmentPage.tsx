/** A school's assessment in a campaign. */
import { Link, useParams } from "@tanstack/react-router";
import { Assessment } from "@/features/attestation/Assessment";
import { useWords } from "@/vocabulary/use-words";
import { useSession } from "@/world/hooks";
import { SchoolPaper } from "./SchoolPaper";

export function AssessmentPage() {
  const { t } = useWords();
  const { rights } = useSession();
  const which = useParams({ from: "/attestation/$campaign/$school" });
  return (
    <SchoolPaper school={which.school} title={t("attestation.assessment")}>
      <Link to="/attestation" className="text-accent">
        {t("attestation.title")}
      </Link>
      <Assessment
        which={which}
        mayRecord={rights.includes("attestation.decide")}
        why={({ requirement }, className, children) => (
          <Link
            to="/schools/$id/norms/$requirement"
            params={{ id: which.school, requirement }}
            className={className}
          >
            {children}
          </Link>
        )}
      />
    </SchoolPaper>
  );
}
