/** The registry of organisations from a file. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { RegistryImport } from "@/features/norms/RegistryImport";
import { Notice } from "@/ui/surfaces";
import { useWords } from "@/vocabulary/use-words";
import { useSession } from "@/world/hooks";

export function RegistryPage() {
  const { t } = useWords();
  const { rights } = useSession();
  const place = useSearch({ from: "/registry" });
  const navigate = useNavigate({ from: "/registry" });
  if (!rights.includes("registry.edit"))
    return (
      <Notice title={t("norms.no_import")} detail={t("norms.no_import_detail")} data-testid="no-right" />
    );
  return (
    <div className="mx-auto max-w-[1200px] space-y-3 p-3 sm:p-4">
      <h1 className="text-xl font-semibold">{t("norms.import")}</h1>
      <RegistryImport id={place.import} onUploaded={(id) => void navigate({ search: { import: id } })} />
    </div>
  );
}
