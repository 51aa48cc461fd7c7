/** Campaigns of attestation, and the way to a school's assessment. */
import { Link } from "@tanstack/react-router";
import { Campaigns } from "@/features/attestation/Campaigns";
import { Notice } from "@/ui/surfaces";
import { useWords } from "@/vocabulary/use-words";
import { useSession } from "@/world/hooks";

export function AttestationPage() {
  const { t } = useWords();
  const { rights, role, school } = useSession();
  if (!rights.includes("attestation.read"))
    return <Notice title={t("attestation.no_right")} data-testid="no-right" />;
  return (
    <div className="mx-auto max-w-[1100px] space-y-3 p-3 sm:p-4" data-testid="attestation-page">
      <h1 className="text-xl font-semibold">{t("attestation.title")}</h1>
      <Campaigns
        own={role === "head" ? school : null}
        link={(which, words) => (
          <Link to="/attestation/$campaign/$school" params={which} className="text-accent">
            {words}
          </Link>
        )}
      />
    </div>
  );
}
