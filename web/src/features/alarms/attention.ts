/** Beyond the tab: its title, and the desktop's own notices while the tab is not in front. */
import { useEffect } from "react";
import type { Alarm } from "@/api/types";

export type NoticeRight = "granted" | "denied" | "default" | "unsupported";

/** The browser gives notices to secure pages alone; asking is possible from a click. */
export function noticeRight(): NoticeRight {
  return "Notification" in window ? Notification.permission : "unsupported";
}

/** Shows a notice while the tab is hidden. One per alarm: a repeated press takes its place. */
export function notify(alarm: Alarm, title: string, body: string): void {
  if (!document.hidden || noticeRight() !== "granted") return;
  const notice = new Notification(title, {
    body,
    tag: alarm.id,
    requireInteraction: alarm.level === "P1" && alarm.kind === "real",
  });
  notice.onclick = () => {
    window.focus();
    notice.close();
  };
}

const FLASH_MS = 1_000;

/** Two titles in turn while something waits; the tab's own one otherwise. */
export function useTitle(waiting: string | null): void {
  useEffect(() => {
    if (waiting === null) return;
    const own = document.title;
    let shown = false;
    const turn = () => {
      shown = !shown;
      document.title = shown ? waiting : own;
    };
    turn();
    const timer = setInterval(turn, FLASH_MS);
    return () => {
      clearInterval(timer);
      document.title = own;
    };
  }, [waiting]);
}
