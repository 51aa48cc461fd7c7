/** Deadlines that run on the server's clock. */
import { useServerNow } from "@/world/hooks";

/** Whole seconds until an instant, by the server's clock; negative once it has passed. Null without one. */
export function useSecondsLeft(until: string | null | undefined): number | null {
  const now = useServerNow();
  return until === null || until === undefined ? null : Math.ceil((Date.parse(until) - now) / 1000);
}
