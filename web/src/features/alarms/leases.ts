/** Ownership is a lease: while the owner's screen lives it says so, and an owner who falls silent loses the alarm. */
import { useEffect, useEffectEvent, useMemo } from "react";
import type { Alarm } from "@/api/types";
import { useSession, useWorld } from "@/world/hooks";
import { api, ApiProblem, taken } from "@/api/client";
import { useLearnAlarm } from "./actions";

const RENEW_MS = 20_000;

/** Renews all that this officer owns, on whichever screen they are. A refusal is seen by the alarm's own state. */
export function useLeases(): void {
  const { user } = useSession();
  const alarms = useWorld((world) => world.alarms);
  const learn = useLearnAlarm();
  const mine = useMemo(() => ownedBy(alarms.values(), user.id), [alarms, user.id]);
  const renewAll = useEffectEvent(() => mine.forEach((id) => void renew(id, learn)));
  const owns = mine.length > 0;
  useEffect(() => {
    if (!owns) return;
    const timer = setInterval(() => renewAll(), RENEW_MS);
    return () => clearInterval(timer);
  }, [owns]);
}

export function ownedBy(alarms: Iterable<Alarm>, user: string): string[] {
  return [...alarms]
    .filter((alarm) => alarm.owner?.id === user && alarm.lease_until !== null)
    .map((alarm) => alarm.id);
}

/** A renewal that is refused or lost is no news here: the lease on the screen runs out, and the alarm says whose it is. */
async function renew(alarm_id: string, learn: (alarm: Alarm) => void): Promise<void> {
  try {
    learn(
      await taken(api.POST("/api/alarms/{alarm_id}/lease", { params: { path: { alarm_id } }, body: {} })),
    );
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
  }
}
