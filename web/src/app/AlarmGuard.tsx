/** Wherever an officer is: sound, a new P1 brings the desk to the front, and what they own stays theirs. */
import { useNavigate, useRouter, useRouterState } from "@tanstack/react-router";
import { useEffect } from "react";
import { useLeases } from "@/features/alarms/leases";
import { pathOf } from "@/features/notices/push";
import { ShiftStrip } from "@/features/duty/ShiftStrip";
import { SoundGuard } from "@/features/alarms/SoundGuard";
import { useTakeover } from "./desk/takeover";

export function AlarmGuard() {
  const navigate = useNavigate();
  const place = useRouterState({ select: (state) => state.location.pathname });
  const onDesk = place === "/desk";
  const { alarm } = useTakeover();
  useLeases();
  useClickedNotice();
  useEffect(() => {
    if (alarm === undefined || onDesk) return;
    void navigate({ to: "/desk", search: { alarm: alarm.id, school: alarm.school } });
  }, [alarm, onDesk, navigate]);
  return (
    <>
      <SoundGuard />
      {place !== "/duty" && <ShiftStrip onBegin={() => void navigate({ to: "/duty" })} />}
    </>
  );
}

/** A notice was clicked: the service worker has brought this window to the front and says where to go. */
function useClickedNotice(): void {
  const { history } = useRouter();
  useEffect(() => {
    const worker = "serviceWorker" in navigator ? navigator.serviceWorker : null;
    const hear = ({ data }: MessageEvent<unknown>) => {
      const path = pathOf(data);
      if (path !== null) history.push(path);
    };
    worker?.addEventListener("message", hear);
    return () => worker?.removeEventListener("message", hear);
  }, [history]);
}
