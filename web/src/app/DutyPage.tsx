/** The shift: who sits at which desk, units by state, what is out of service. */
import { useNavigate } from "@tanstack/react-router";
import { Desks } from "@/features/duty/Desks";
import { OutOfServiceList } from "@/features/duty/OutOfServiceList";
import { UnitsBoard } from "@/features/duty/UnitsBoard";
import { PushPanel } from "@/features/notices/PushPanel";
import { useKeys } from "@/ui/keys";
import { Notice } from "@/ui/surfaces";
import { useWords } from "@/vocabulary/use-words";
import { useSession } from "@/world/hooks";

export function DutyPage() {
  const { t } = useWords();
  const { rights } = useSession();
  const navigate = useNavigate();
  useKeys({ Escape: () => void navigate({ to: "/desk" }) });
  if (!rights.includes("duty.read"))
    return <Notice title={t("duty.no_right")} detail={t("duty.no_right_detail")} data-testid="no-right" />;
  return (
    <div className="mx-auto flex max-w-[1800px] flex-col gap-4 p-3 sm:p-4" data-testid="duty-page">
      <h1 className="text-xl font-semibold">{t("duty.title")}</h1>
      <Desks onHandover={(id) => void navigate({ to: "/duty/handover/$id", params: { id } })} />
      <section>
        <h2 className="mb-2 font-semibold">{t("units.title")}</h2>
        <UnitsBoard />
      </section>
      <OutOfServiceList />
      <PushPanel />
    </div>
  );
}
