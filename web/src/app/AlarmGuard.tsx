/** Wherever an officer is: sound, a new P1 brings the desk to the front, and what they own stays theirs. */
import { useNavigate, useRouterState } from "@tanstack/react-router";
import { useEffect } from "react";
import { useLeases } from "@/features/alarms/leases";
import { SoundGuard } from "@/features/alarms/SoundGuard";
import { useTakeover } from "./desk/takeover";

export function AlarmGuard() {
  const navigate = useNavigate();
  const onDesk = useRouterState({ select: (state) => state.location.pathname === "/desk" });
  const { alarm } = useTakeover();
  useLeases();
  useEffect(() => {
    if (alarm === undefined || onDesk) return;
    void navigate({ to: "/desk", search: { alarm: alarm.id, school: alarm.school } });
  }, [alarm, onDesk, navigate]);
  return <SoundGuard />;
}
