/** Whether alarms would come through: faults that are open, and the proof of every button. */
import { FaultList } from "@/features/supervision/FaultList";
import { PlanList, TestList } from "@/features/supervision/TestList";
import { Notice } from "@/ui/surfaces";
import { useWords } from "@/vocabulary/use-words";
import { useSession } from "@/world/hooks";

export function SupervisionPage() {
  const { t } = useWords();
  const { rights } = useSession();
  if (!rights.includes("faults.read"))
    return <Notice title={t("supervision.no_right")} data-testid="no-right" />;
  return (
    <div className="mx-auto flex max-w-[1800px] flex-col gap-4 p-3 sm:p-4" data-testid="supervision-page">
      <h1 className="text-xl font-semibold">{t("supervision.title")}</h1>
      <FaultList />
      <PlanList />
      <TestList />
    </div>
  );
}
