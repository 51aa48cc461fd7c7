/** Names of files that a person takes away. */
import { clock, isoDay } from "@/vocabulary/time";

/** `hall_2026-11-22_14-05-07.jpg`, in the users' own time. */
export function fileName(key: string, at: number): string {
  return `${key.replaceAll(/[^a-z0-9-]/g, "-")}_${isoDay(at)}_${clock(at).replaceAll(":", "-")}.jpg`;
}
