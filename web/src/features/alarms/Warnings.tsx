/** What an officer must know before doing anything: threat, an owner who fell silent, what the school says since. */
import { HandMetal, OctagonAlert, PhoneOff, RotateCcw, Undo2, Wrench } from "lucide-react";
import type { ReactNode } from "react";
import type { Alarm } from "@/api/types";
import { wentBack } from "@/vocabulary/alarms";
import { wordFor } from "@/vocabulary/text";
import { clock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";

export function Warnings({ alarm }: { alarm: Alarm }) {
  const { t } = useWords();
  const duress = alarm.duress || alarm.claims.some((claim) => claim.duress);
  return (
    <>
      {duress && (
        <Band grave icon={<PhoneOff size={18} aria-hidden />} testId="duress">
          <strong>{t("duress.title")}</strong> {t("duress.detail")}
        </Band>
      )}
      {wentBack(alarm) && (
        <Band grave icon={<RotateCcw size={18} aria-hidden />} testId="went-back">
          <strong>{t("alarm.went_back")}</strong> {t("alarm.went_back_detail")}
        </Band>
      )}
      {alarm.claims
        .filter((claim) => claim.claim !== "again")
        .map((claim, index) => (
          <Band key={index} icon={claimIcon(claim.claim)} testId={`claim-${claim.claim}`}>
            <strong>{wordFor(t, "claim", claim.claim)}</strong> {clock(Date.parse(claim.at))}
            {claim.by !== "" && ` · ${claim.by}`}. {t("claim.verify")}
          </Band>
        ))}
      {alarm.point_out_of_service && (
        <Band icon={<Wrench size={18} aria-hidden />} testId="point-out">
          {t("out.raised")}
        </Band>
      )}
      {alarm.note !== "" && (
        <Band icon={<OctagonAlert size={18} aria-hidden />} testId="alarm-note">
          {alarm.note}
        </Band>
      )}
    </>
  );
}

function claimIcon(claim: string): ReactNode {
  return claim === "returned" ? <Undo2 size={18} aria-hidden /> : <HandMetal size={18} aria-hidden />;
}

function Band({
  icon,
  grave = false,
  testId,
  children,
}: {
  icon: ReactNode;
  grave?: boolean;
  testId: string;
  children: ReactNode;
}) {
  return (
    <div
      role={grave ? "alert" : "status"}
      className={`flex items-start gap-2 border-b px-4 py-1.5 ${grave ? "border-caution bg-caution text-on-caution" : "border-caution/50 bg-surface text-caution"}`}
      data-testid={testId}
    >
      <span className="mt-px shrink-0">{icon}</span>
      <p className="min-w-0">{children}</p>
    </div>
  );
}
