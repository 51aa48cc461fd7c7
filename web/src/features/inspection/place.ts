/** Where the phone is, asked once and only by a press. */
import type { Place } from "./record";

export type PlaceProblem = "denied" | "unknown";

const LONGEST_MS = 30_000;
const AS_OLD_AS_MS = 60_000;
const MOST_METRES = 100_000;

export function hereNow(): Promise<Place | PlaceProblem> {
  if (!("geolocation" in navigator)) return Promise.resolve("unknown");
  return new Promise((resolve) =>
    navigator.geolocation.getCurrentPosition(
      ({ coords }) =>
        resolve({
          lat: coords.latitude,
          lon: coords.longitude,
          accuracy_m: Math.min(MOST_METRES, coords.accuracy),
        }),
      (error) => resolve(error.code === error.PERMISSION_DENIED ? "denied" : "unknown"),
      { enableHighAccuracy: true, timeout: LONGEST_MS, maximumAge: AS_OLD_AS_MS },
    ),
  );
}
