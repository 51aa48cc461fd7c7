import { WifiOff } from "lucide-react";
import { counter } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useConnection, useServerNow } from "@/world/hooks";

/** While the events' connection is down, everything shown is as old as this banner says. */
export function OfflineBanner() {
  const { state } = useConnection();
  return state === "down" ? <Banner /> : null;
}

function Banner() {
  const { t } = useWords();
  const { heardAt } = useConnection();
  const now = useServerNow();
  const age = heardAt === null ? null : counter(now - heardAt);
  return (
    <div
      role="alert"
      className="flex items-center gap-3 bg-caution px-3 py-1.5 font-medium text-on-caution"
      data-testid="offline"
      data-since={heardAt ?? ""}
    >
      <WifiOff size={16} aria-hidden className="shrink-0" />
      <span>{age === null ? t("offline.never") : t("offline.since", { age })}</span>
    </div>
  );
}
